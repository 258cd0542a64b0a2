/* Speaker embedding by CAM++ (Wang, Zheng, Chen, Cheng and Chen, "CAM++: A Fast and Efficient Network for
 * Speaker Verification Using Context-Aware Masking", 2023), with the weights that 3D-Speaker trained on
 * 200,000 Chinese and English speakers. 80 log-mel bands -> 192 values of unit length; voices are compared by
 * the dot product. docs/models/campplus.md describes the network. */
#ifndef MOIM_ASR_SPEAKER_H
#define MOIM_ASR_SPEAKER_H

#include "base/status.h"
#include <stddef.h>

#define MOIM_SPEAKER_DIM 192
#define MOIM_SPEAKER_BANDS 80
#define MOIM_SPEAKER_MIN_FRAMES 20   /* of 10 ms */
#define MOIM_SPEAKER_MAX_FRAMES 1024 /* what the buffers hold */

struct moim_speaker_encoder;

/* Loads the weights, a PyTorch state dict. */
int moim_speaker_encoder_open(struct moim_speaker_encoder **out, const char *path, struct moim_err *err);
void moim_speaker_encoder_close(struct moim_speaker_encoder *s);

/* fbank[frames][80] as audio/fbank.h makes it; its mean is taken away here. The frames may be picked from
 * several places, as long as one voice speaks in all. MOIM_EINVAL outside MIN ... MAX frames. Allocates
 * nothing. */
int moim_speaker_encoder_embed(struct moim_speaker_encoder *s, const float *fbank, int frames,
                               float embedding[MOIM_SPEAKER_DIM], struct moim_err *err);

float moim_speaker_similarity(const float *a, const float *b); /* -1 ... 1 */

#endif
