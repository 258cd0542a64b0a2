/* Level meter and the two warnings a person at a microphone needs: it clips, or nothing is heard. Works on
 * 16 kHz mono as it is recorded. Levels are dBFS: 0 is full scale, -120 the floor of the scale. */
#ifndef MOIM_AUDIO_LEVEL_H
#define MOIM_AUDIO_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_LEVEL_CLIP 0.999f /* magnitude from which a sample counts as full scale */
#define MOIM_LEVEL_CLIP_RUN 3  /* so many in a row are clipping: a single one may be an honest peak */
#define MOIM_LEVEL_SILENCE_DB                                                                                \
    (-65.0f)                       /* RMS of 100 ms below this is nothing heard; a quiet room is above       \
                                    */
#define MOIM_LEVEL_SILENCE_S 30.0  /* of it before the warning */
#define MOIM_LEVEL_CLIP_HOLD_S 5.0 /* clipping is told at most so often */

enum { MOIM_LEVEL_CLIPPED = 1, MOIM_LEVEL_SILENT = 2, MOIM_LEVEL_HEARD = 4 };

/* Plain struct, no allocation; zero it, or moim_level_reset, before use. */
struct moim_level {
    float peak_db, rms_db; /* of the last whole 100 ms */
    uint64_t clips;        /* clippings so far */
    /* the rest is its own */
    uint64_t samples, clip_told, quiet;
    double energy;
    float peak;
    int run;
    size_t filled;
    bool silent, told_clip;
};

void moim_level_reset(struct moim_level *l);

/* Takes n samples; returns which warnings begin in them: CLIPPED (at most every 5 s), SILENT once after 30 s
 * without sound, HEARD when sound comes back after that. */
int moim_level_push(struct moim_level *l, const float *pcm, size_t n);

/* Runs of full-scale samples in one channel of interleaved frames, with *run carried from call to call. Used
 * before channels are mixed, because a mix hides the clipping of one. */
uint64_t moim_level_count_clips(const float *frames, size_t n, int channels, int channel, int *run);

#endif
