/* The recordings that belong to a store: where they lie, how they come in, who holds one. How they go: removal.h. */
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

/* A new file for sound, locked as long as fd is open: without a row and without a lock it is what a crash left, and
 * doctor removes it. */
int moim_sound_create(struct moim_store *s, char *audio, size_t cap, int *fd, struct moim_err *err);
/* Fills it from a recording of a store, whose channels are parties. */
int moim_sound_convert(const char *from, const char *audio, int fd, struct moim_err *err);
/* A meeting's sound belongs to whoever records or processes it: the descriptor of its lock, to be closed; -1
 * with MOIM_ESTATE when another has it (or the status of what went wrong): hands off. -1 with MOIM_OK when there is no
 * sound to lock. */
int moim_sound_lock(const char *audio, int *fd, struct moim_err *err);
/* A recording's file and its marks, where they are, and what repair kept of both. */
int moim_remove_sound(const char *audio, struct moim_err *err);

/* What a meeting from that file is called: the file's name without its folder and ending, clean (base/text.h).
 * Malloc'ed. */
char *moim_title_of(const char *path);

#endif
