/* Imports any file: a recording or a transcript, by its name. */
#ifndef MOIM_FIRMWARE_LIBRARY_IMPORT_FILE_H
#define MOIM_FIRMWARE_LIBRARY_IMPORT_FILE_H

#include "firmware/library/import_sound.h"

/* language: of a transcript ("ko", "en", "auto" or NULL). o's title and time apply to both kinds. */
int moim_import_file(struct moim_store *s, const char *path, const char *language,
                     const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err);

#endif
