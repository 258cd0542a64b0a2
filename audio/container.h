/* What the decoders read over without a word: whether a file is shorter than its own container says, whether
 * several files stand in one, and why a file without its beginning or its index cannot be opened. */
#ifndef MOIM_AUDIO_CONTAINER_H
#define MOIM_AUDIO_CONTAINER_H

#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>

/* True for a WAV, RF64, AIFF or AU file that ends before its sound does, and for an Ogg file whose last page
 * is torn or does not end the stream. False for what is whole, says no length (a stream), or is another
 * format. */
bool moim_container_cut(int fd);

/* Where the recordings begin that stand one after another in one file: the links of an Ogg chain (RFC 3533), WAV or
 * FLAC files that were joined. (*start)[*n], the first is 0; malloc'ed. */
int moim_container_links(int fd, int64_t size, int64_t **start, int *n);

/* The data chunk of a WAV file whose lengths a program never filled in: true and where it begins when its length is
 * said to be 0 though the file goes on. */
bool moim_container_unfilled(int fd, int64_t size, int64_t *length_at);

/* Why a file that no decoder opens is none, where its bytes say so; else NULL. */
const char *moim_container_fault(int fd, int64_t size);

#endif
