/* Voice activity by Silero VAD v6 from whisper.cpp's container of its weights. docs/models/silero-vad.md has
 * the network. One probability of speech for each 512 samples (32 ms) of 16 kHz mono; state is carried from
 * window to window. */
#ifndef MOIM_AUDIO_VAD_H
#define MOIM_AUDIO_VAD_H

#include "base/status.h"
#include <stddef.h>

#define MOIM_VAD_WINDOW 512

struct moim_vad;

int moim_vad_open(struct moim_vad **out, const char *path, struct moim_err *err);
void moim_vad_close(struct moim_vad *v);
void moim_vad_reset(struct moim_vad *v); /* before another recording */

/* pcm[512] -> probability in [0, 1]. Allocates nothing. */
float moim_vad_window(struct moim_vad *v, const float *pcm);

#endif
