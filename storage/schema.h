/* The schema as a list of steps: step i takes a store from version i to i + 1. A published step is never
 * changed. */
#ifndef MOIM_STORAGE_SCHEMA_H
#define MOIM_STORAGE_SCHEMA_H

extern const char *const moim_schema_steps[];

#endif
