/* The streaming recogniser's acoustic model: Conformer-CTC (Gulati et al., "Conformer", 2020; Graves et al.,
 * "Connectionist Temporal Classification", 2006) with the weights of hama's asr_waveform.hama.
 * docs/models/conformer.md describes it whole. Samples at 16 kHz in, log-probabilities of 191 symbols every
 * 20 ms out. */
#ifndef MOIM_ASR_CONFORMER_H
#define MOIM_ASR_CONFORMER_H

#include "base/status.h"
#include "nn/pool.h"
#include <stddef.h>

#define MOIM_CONFORMER_SYMBOLS 191
#define MOIM_CONFORMER_HOP 320 /* samples per output frame: 20 ms */
#define MOIM_CONFORMER_SECONDS 0.02

struct moim_conformer;

/* max_frames: the longest run, in output frames (1500 is 30 s); all memory for it is taken here. */
int moim_conformer_open(struct moim_conformer **out, const char *path, int max_frames, struct moim_pool *pool,
                        struct moim_err *err);
void moim_conformer_close(struct moim_conformer *c);

/* Output frames of n samples. */
int moim_conformer_frames(size_t n);

/* pcm[n] as one utterance -> logprob[T][191], natural logs, T = moim_conformer_frames(n). MOIM_EINVAL when T
 * > max_frames. Attention sees the whole utterance. */
int moim_conformer_run(struct moim_conformer *c, const float *pcm, size_t n, float *logprob,
                       struct moim_err *err);

#endif
