/* One meeting as one file, sealed with a passphrase (seal.h): a zip of its JSON export and its sound within. */
#ifndef MOIM_FIRMWARE_LIBRARY_SHARE_H
#define MOIM_FIRMWARE_LIBRARY_SHARE_H

#include "firmware/library/meeting_document.h"

/* Writes path whole or not at all. What is not sealed yet lies in the store's own folder, never beside path. with_audio
 * false: the sound stays here. */
int moim_share_write(struct moim_store *s, const struct moim_document *doc, const char *path,
                     const char *passphrase, bool with_audio, struct moim_err *err);
/* Takes such a file in as a new meeting. Untrusted: names in it lead nowhere, sizes are limited, sound is decoded and
 * written anew. MOIM_EACCES: another passphrase; MOIM_EFORMAT: damaged, or a sealed backup. */
int moim_share_read(struct moim_store *s, const char *path, const char *passphrase, int64_t *id,
                    struct moim_err *err);

#endif
