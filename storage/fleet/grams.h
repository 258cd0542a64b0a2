/* What words are looked up by in the archive: pairs of letters within a word, and triples of letters before Korean's, as
 * numbers. migrations/005_bulk.sql has the same for what is looked for. */
#ifndef MOIM_STORAGE_FLEET_GRAMS_H
#define MOIM_STORAGE_FLEET_GRAMS_H

#include <sqlite3.h>

/* Gives the database SQL's grams(text): a JSON array of distinct numbers, ascending. A status of SQLite's. */
int moim_fleet_add_grams(sqlite3 *db);

#endif
