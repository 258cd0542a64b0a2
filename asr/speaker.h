/* Speaker embedding by GE2E (Wan, Wang, Papir and Lopez Moreno, "Generalized End-to-End Loss for Speaker
 * Verification", 2018), with the weights of Resemblyzer: 40 mel bands of power -> 3 x LSTM-256 -> linear 256
 * -> ReLU -> unit length. docs/models/ge2e.md describes the network. Voices are compared by the dot product
 * of their embeddings. */
#ifndef MOIM_ASR_SPEAKER_H
#define MOIM_ASR_SPEAKER_H

#include "nn/pool.h"
#include "nn/status.h"
#include <stddef.h>

#define MOIM_SPEAKER_DIM 256
#define MOIM_SPEAKER_MELS 40
#define MOIM_SPEAKER_FRAMES 160   /* of 10 ms: what the network was trained on */
#define MOIM_SPEAKER_WINDOW 25600 /* samples at 16 kHz, 1.6 s */

struct moim_speaker;

/* Loads the weights at path. pool may be NULL and must outlive the model. */
int moim_speaker_open(struct moim_speaker **out, const char *path, struct moim_pool *pool,
                      struct moim_err *err);
void moim_speaker_close(struct moim_speaker *s);

/* mel[count][frames][40] -> embedding[count][256], unit length (all zeros for a window without any energy).
 */
int moim_speaker_embed_mel(struct moim_speaker *s, const float *mel, int count, int frames, float *embedding,
                           struct moim_err *err);

/* One stretch of speech, pcm[n] at 16 kHz: a window of 1.6 s every hop seconds, the last one flush with the
 * end; a shorter stretch is one window, repeated to fill it. Quiet speech is raised to -30 dBFS first, as in
 * training. Writes at most cap windows: embedding[i][256] and the window's centre in seconds from the
 * stretch's start. Returns the number of windows or a negative status. */
int moim_speaker_embed(struct moim_speaker *s, const float *pcm, size_t n, double hop, float *embedding,
                       double *centre, int cap, struct moim_err *err);

#endif
