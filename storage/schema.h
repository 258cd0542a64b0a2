/* The schema as a list of steps: step i takes a store from version i to i + 1. A published step is never
 * changed. */
#ifndef MOIM_STORAGE_SCHEMA_H
#define MOIM_STORAGE_SCHEMA_H

extern const char *const moim_schema_steps[];
/* Of the schema of each version (moim_schema_digest): told at once, without making an empty store to compare
 * with. NULL: unknown. tests/storage/test_untrusted.c says what a new one must be. */
extern const char *const moim_schema_digests[];

#endif
