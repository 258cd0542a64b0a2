/* Clipped sound restored: what the converter cut off at full scale is filled in so that each short piece of sound
 * has as few frequencies as it can, goes through the samples that are whole and lies beyond the level where it
 * was cut where they are not. Analysis SPADE: Kitić, Bertin and Gribonval, "Sparsity and cosparsity for audio
 * declipping: a flexible non-convex approach", 2015. 16 kHz mono. */
#ifndef MOIM_AUDIO_DECLIP_H
#define MOIM_AUDIO_DECLIP_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define MOIM_DECLIP_HOP 512 /* samples that are taken in at once */

/* The level at which a recording is clipped, above and below. Plain struct, no allocation; zero it before use. */
struct moim_clip_side {
    float peak;     /* largest so far; full scale where a resampler overshoots it */
    double clipped; /* samples in flat tops there */
    float before;   /* the last sample */
    int run;        /* samples near the peak, up to the last one */
    bool steep;     /* the one before them was far below */
};
struct moim_clip_meter {
    struct moim_clip_side high, low; /* low: with the sign turned */
    double samples, sum;
};

void moim_clip_measure(struct moim_clip_meter *m, const float *pcm, size_t n);
/* Whether so much is clipped that words suffer. */
bool moim_clip_found(const struct moim_clip_meter *m);

struct moim_declip;

/* For a recording that was measured whole. All memory is taken here. */
int moim_declip_new(struct moim_declip **out, const struct moim_clip_meter *m, struct moim_err *err);
void moim_declip_free(struct moim_declip *d);

/* Takes the next n <= MOIM_DECLIP_HOP samples, fewer only at the recording's end, when everything that was ready
 * is taken. */
void moim_declip_push(struct moim_declip *d, const float *pcm, size_t n);
/* The next samples that are ready, at most n; returns how many. In all they are as many as were pushed. What
 * reaches beyond full scale is brought down with the rest. */
size_t moim_declip_take(struct moim_declip *d, float *pcm, size_t n);
/* Nothing more comes. False: everything was taken; else something is ready again. */
bool moim_declip_end(struct moim_declip *d);

#endif
