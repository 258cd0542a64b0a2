/* Who speaks when, within ten seconds, by pyannote's segmentation 3.0: SincNet, four bidirectional LSTMs and
 * a classifier over the sets of at most two of three local speakers (Bredin, "pyannote.audio 2.1 speaker
 * diarization pipeline", 2023; Plaquet and Bredin, "Powerset multi-class cross entropy loss for neural
 * speaker diarization", 2023). It gives speech, changes of speaker and overlap at once.
 * docs/models/segmentation.md describes the network. */
#ifndef MOIM_ASR_SEGMENTATION_H
#define MOIM_ASR_SEGMENTATION_H

#include "base/status.h"
#include "nn/pool.h"
#include <stddef.h>

#define MOIM_SEGMENT_SAMPLES 160000 /* 10 s at 16 kHz */
#define MOIM_SEGMENT_FRAMES 589
#define MOIM_SEGMENT_STEP 270  /* samples from one frame to the next, 16.875 ms */
#define MOIM_SEGMENT_SIGHT 991 /* samples that a frame sees; frame i begins at i * 270 */
#define MOIM_SEGMENT_CLASSES 7 /* {}, {1}, {2}, {3}, {1,2}, {1,3}, {2,3} */
#define MOIM_SEGMENT_LOCAL 3
#define MOIM_SEGMENT_BATCH 8 /* chunks at once */

struct moim_segmentation;

/* Loads the weights, a PyTorch state under "state_dict". pool may be NULL and must outlive the model. */
int moim_segmentation_open(struct moim_segmentation **out, const char *path, struct moim_pool *pool,
                           struct moim_err *err);
void moim_segmentation_close(struct moim_segmentation *s);

/* pcm[count][160000] (count <= MOIM_SEGMENT_BATCH) -> log probabilities out[count][589][7]. Allocates
 * nothing.
 */
void moim_segmentation_run(struct moim_segmentation *s, const float *pcm, int count, float *out);

/* The local speakers of a class as bits. */
extern const unsigned char moim_segmentation_set[MOIM_SEGMENT_CLASSES];
/* The class of a frame: logp has one value for each. */
int moim_segmentation_likeliest(const float *logp);

#endif
