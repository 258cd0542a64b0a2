/* A gain that follows the level, so that voice activity and speaker segmentation, which take their level from the loudest
 * voice, hear the quiet ones, too: every 32 ms the level of 1.5 s before and behind is brought towards the
 * recording's loud parts. It only raises, by 10 dB at most, and never lifts the recording's noise to less than
 * 25 dB below its loud parts, so that noise stays noise. 16 kHz mono. For what decides where somebody speaks,
 * not for what tells words or voices. */
#ifndef MOIM_AUDIO_LEVELLER_H
#define MOIM_AUDIO_LEVELLER_H

#include <stddef.h>

#define MOIM_LEVELLER_BLOCK 512 /* samples that have one level */
#define MOIM_LEVELLER_BINS 128  /* of 1 dB, down from full scale */
#define MOIM_LEVELLER_MAX_DB 10.0f

/* Plain struct, no allocation; zero it before a recording. */
struct moim_leveller {
    long count[MOIM_LEVELLER_BINS]; /* blocks so far by level */
    long blocks;
};

/* Measures the next n samples of the recording; what is less than a block at their end is left out. */
void moim_leveller_hear(struct moim_leveller *l, const float *pcm, size_t n);

/* pcm[n] -> out[n] (another place) by what was measured so far. At both ends the level is that of the samples there are. */
void moim_leveller_apply(const struct moim_leveller *l, const float *pcm, size_t n, float *out);

#endif
