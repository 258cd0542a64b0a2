/* The Conformer on a stream: chunk by chunk, attention over cached keys and values of the frames before and a
 * little sound ahead. The net was trained on whole utterances; how much each number costs in accuracy is in
 * docs/experiments.md. */
#ifndef MOIM_ASR_CONFORMER_STREAM_H
#define MOIM_ASR_CONFORMER_STREAM_H

#include "asr/conformer.h"
#include <stdbool.h>

struct moim_conformer_stream_params {
    int chunk; /* output frames (20 ms) between results */
    int ahead; /* a frame becomes final when so many behind it have been heard; until then it is preliminary
                */
    int left;  /* final frames that attention looks back at */
};
extern const struct moim_conformer_stream_params moim_conformer_stream_defaults;

struct moim_conformer_stream;

/* params NULL: the defaults. All memory is taken here, about 10 MB. */
int moim_conformer_stream_open(struct moim_conformer_stream **out, const char *path,
                               const struct moim_conformer_stream_params *params, struct moim_pool *pool,
                               struct moim_err *err);
void moim_conformer_stream_close(struct moim_conformer_stream *s);

/* Forgets everything: another utterance begins. */
void moim_conformer_stream_begin(struct moim_conformer_stream *s);

/* Takes as many of the n samples as bring it to its next chunk; returns how many. */
size_t moim_conformer_stream_push(struct moim_conformer_stream *s, const float *pcm, size_t n);
/* Nothing more comes: what is left becomes the last chunk. */
void moim_conformer_stream_end(struct moim_conformer_stream *s);

/* What push or end worked out: logprob[*n][191] that are final, then *ahead more frames that are preliminary,
 * at the beginning those alone. Valid until the next call of push, end or begin; false when there is nothing,
 * or it was taken. */
bool moim_conformer_stream_next(struct moim_conformer_stream *s, const float **logprob, int *n, int *ahead);

#endif
