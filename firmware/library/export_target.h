/* Checks the target of an export. */
#ifndef MOIM_FIRMWARE_LIBRARY_EXPORT_TARGET_H
#define MOIM_FIRMWARE_LIBRARY_EXPORT_TARGET_H

#include "storage/store.h"

/* MOIM_EINVAL if the path resolves to one of the store's files: the database, its side files, or anything in
 * the directory of recordings. A missing directory is left to the writer to report. */
int moim_output_allowed(const struct moim_store *s, const char *path, struct moim_err *err);

#endif
