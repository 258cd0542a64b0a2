/* Shared by the files of storage/: the handle, and statements with less ceremony. */
#ifndef MOIM_STORAGE_STORE_INT_H
#define MOIM_STORAGE_STORE_INT_H

#include "storage/store.h"

#include <sqlite3.h>

struct moim_store {
    sqlite3 *db;
    char *path;
    bool read_only;
    bool disk_full; /* when it was opened: it can be read only */
};

/* The message SQLite left, as a moim status. */
int moim_sql_fail(struct moim_store *s, struct moim_err *err);
int moim_sql_exec(struct moim_store *s, const char *sql, struct moim_err *err);

/* Prepares sql and binds arguments by format: i int64, d double, t text (copied), b bytes
 * and their int64 number (copied). NULL on failure, with err
 * filled. */
sqlite3_stmt *moim_sql(struct moim_store *s, struct moim_err *err, const char *sql, const char *format, ...);
/* Steps a statement that returns no rows and releases it; a NULL statement is its own failure. */
int moim_sql_done(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err);
/* Steps to the next row: 1 row, 0 end, negative status. */
int moim_sql_row(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err);
/* A copy of a text column, "" for NULL; NULL when memory runs out. */
char *moim_sql_text(sqlite3_stmt *st, int column);

int moim_begin(struct moim_store *s, struct moim_err *err);
/* Commits when rc is MOIM_OK, else rolls back; returns rc or the commit's failure. */
int moim_end(struct moim_store *s, int rc, struct moim_err *err);

/* Grows *list by one element of size; NULL when memory runs out. The element is zeroed. */
void *moim_list_push(void **list, int *n, size_t size);

#endif
