/* Audio files of a store: their paths, creation and locks. Deletion: removal.h. */
#ifndef MOIM_FIRMWARE_LIBRARY_AUDIO_FILES_H
#define MOIM_FIRMWARE_LIBRARY_AUDIO_FILES_H

#include "storage/store.h"
#include <stdbool.h>
#include <stddef.h>

/* A recording's file below the directory of the recordings that belong to a store, "audio" beside its file;
 * name "": the directory, with a slash at its end. MOIM_EFORMAT for a name that could lead elsewhere
 * (moim_is_sound_name): what a store says is not trusted. */
int moim_audio_path(const struct moim_store *s, const char *name, char *out, size_t cap,
                    struct moim_err *err);

/* A new audio file, locked while fd is open. Without a row and a lock it is the remains of a crash, which the
 * doctor removes. */
int moim_sound_create(struct moim_store *s, char *audio, size_t cap, int *fd, struct moim_err *err);
/* Fills it from a recording of a store, whose channels are parties. */
int moim_sound_convert(const char *from, const char *audio, int fd, struct moim_err *err);
/* Locks a meeting's audio for recording or processing; closing the descriptor unlocks it. -1 with MOIM_ESTATE
 * if another process holds it (or with another error); -1 with MOIM_OK if there is no audio file. */
int moim_sound_lock(const char *audio, int *fd, struct moim_err *err);
/* A recording's file, its marks file, and what repair kept of both. */
int moim_remove_sound(const char *audio, struct moim_err *err);

/* The default title of a meeting from that file: its base name without extension, cleaned (base/text.h).
 * Malloc'ed. */
char *moim_title_of(const char *path);

#endif
