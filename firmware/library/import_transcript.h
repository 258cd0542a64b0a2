/* Imports a transcript as a meeting without audio. */
#ifndef MOIM_FIRMWARE_LIBRARY_IMPORT_TRANSCRIPT_H
#define MOIM_FIRMWARE_LIBRARY_IMPORT_TRANSCRIPT_H

#include "storage/store.h"

/* Takes a transcript file in (storage/transcript_file.h): a meeting without sound, its speakers named as in the
 * file, what else stands in it as bookmarks. language: "ko", "en", or NULL and "auto" for what the file says or its letters tell. */
int moim_import_text(struct moim_store *s, const char *path, const char *language, int64_t *id,
                     struct moim_err *err);

/* The same; shown: the sender's file name, whose extension selects the format; NULL: path. */
int moim_import_text_as(struct moim_store *s, const char *path, const char *shown, const char *language,
                        int64_t *id, struct moim_err *err);

#endif
