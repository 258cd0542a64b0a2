/* A microphone of another device, whose sound comes in chunks over the network (audio/source.h). Chunks are numbered by their
 * first sample: one that was heard already is passed over, one that leaves a hole is refused, so that a sender that repeats
 * what it was not told of loses and doubles nothing. A connection that is lost makes the recording wait, not end: what the
 * sender kept meanwhile follows. Pushing is any thread's; the rest is as of every source. */
#ifndef MOIM_AUDIO_SOURCE_REMOTE_H
#define MOIM_AUDIO_SOURCE_REMOTE_H

#include "audio/source.h"

#define MOIM_REMOTE_NAME "remote" /* its source's name */

struct moim_remote;

int moim_remote_new(struct moim_remote **out, struct moim_err *err);
/* After its source was closed. */
void moim_remote_free(struct moim_remote *r);

/* Takes samples at ... at + n, as many as there is room for (a minute of them may wait). *next: the sample that is wanted next,
 * whatever comes back. MOIM_EINVAL: sample `at` comes too early; MOIM_ESTATE: after the end. */
int moim_remote_push(struct moim_remote *r, uint64_t at, const int16_t *pcm, size_t n, uint64_t *next,
                     struct moim_err *err);
/* Nothing more comes: the source ends when all of it was given. */
void moim_remote_end(struct moim_remote *r);

/* One source of it; r outlives it. */
int moim_source_remote(struct moim_source **out, struct moim_remote *r, struct moim_err *err);

#endif
