/* Where a document may be written. */
#ifndef MOIM_FIRMWARE_LIBRARY_EXPORT_TARGET_H
#define MOIM_FIRMWARE_LIBRARY_EXPORT_TARGET_H

#include "storage/store.h"

/* MOIM_EINVAL for a path that leads onto the store's own files, whatever links are on the way: the database and what
 * stands beside it under its name, and everything in the folder of recordings. A folder that is not there is left to who
 * writes. */
int moim_output_allowed(const struct moim_store *s, const char *path, struct moim_err *err);

#endif
