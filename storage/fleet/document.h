/* A meeting of the store as one JSON text, as the fleet archives it (migrations/002_archive.sql takes it apart). */
#ifndef MOIM_STORAGE_FLEET_DOCUMENT_H
#define MOIM_STORAGE_FLEET_DOCUMENT_H

#include "storage/store.h"

#define MOIM_FLEET_DIGEST 65

/* A meeting that is ready for the archive, and the sound it has. */
struct moim_fleet_entry {
    int64_t id;
    char *audio;
};
/* Meetings that are transcribed and that no job waits for, in the order of their numbers; and all numbers that there
 * are. */
int moim_fleet_finished(struct moim_store *s, struct moim_fleet_entry **list, int *n, struct moim_err *err);
void moim_fleet_entries_free(struct moim_fleet_entry *list, int n);
int moim_fleet_has(struct moim_store *s, int64_t id, bool *there, struct moim_err *err);

/* The highest number that the store ever gave to a meeting: it only grows. */
int moim_fleet_highest(struct moim_store *s, int64_t *id, struct moim_err *err);

/* json: all but the words' times; words: an array of PostgreSQL's, for each line its word times as JSON. digest: BLAKE2b
 * of both as hex, equal for equal meetings. */
struct moim_fleet_text {
    char *json, *words, digest[MOIM_FLEET_DIGEST];
};
/* MOIM_ENOENT. Release with moim_fleet_text_free. */
int moim_fleet_document(struct moim_store *s, int64_t id, struct moim_fleet_text *out, struct moim_err *err);
void moim_fleet_text_free(struct moim_fleet_text *t);

#endif
