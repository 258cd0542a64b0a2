/* Kaldi's log-mel filter bank, which speaker networks are trained on: frames of 25 ms every 10 ms that lie
 * wholly inside the signal, mean removed, pre-emphasis 0.97, Povey window, power spectrum of 512 points,
 * triangles on the mel scale from 20 Hz to 8 kHz, natural logarithm. No dither. 16 kHz only.
 * Povey et al., "The Kaldi Speech Recognition Toolkit", 2011; feat/feature-window.cc,
 * feat/mel-computations.cc.
 */
#ifndef MOIM_AUDIO_FBANK_H
#define MOIM_AUDIO_FBANK_H

#include "base/status.h"
#include <stddef.h>

#define MOIM_FBANK_WINDOW 400
#define MOIM_FBANK_HOP 160

struct moim_fbank;

int moim_fbank_new(struct moim_fbank **out, int bands, struct moim_err *err);
void moim_fbank_free(struct moim_fbank *f);

/* 1 + (n - 400) / 160, 0 for less than a frame. */
size_t moim_fbank_frames(size_t n);

/* pcm[n] in [-1, 1] -> out[moim_fbank_frames(n)][bands]. Allocates nothing. */
void moim_fbank_run(struct moim_fbank *f, const float *pcm, size_t n, float *out);

#endif
