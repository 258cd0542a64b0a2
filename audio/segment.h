/* Cuts a stream of sound into stretches of speech for the recognisers: silence never becomes a stretch, cuts
 * fall into pauses, and no stretch is longer than max_seconds. One pass, memory for one stretch only. */
#ifndef MOIM_AUDIO_SEGMENT_H
#define MOIM_AUDIO_SEGMENT_H

#include "audio/vad.h"
#include <stdbool.h>
#include <stdint.h>

struct moim_segment_params {
    float on, off;     /* speech begins at probability on, and goes on while it is at least off */
    double pad;        /* seconds kept before and after */
    double lead;       /* as far as a voice may be, and at most, where no stretch ended shortly before */
    double min_speech; /* less voiced time than this is a click or a cough */
    double pause;      /* a pause this long ends a stretch */
    double target;     /* once a stretch is this long, a pause of short_pause ends it, */
    double speech;     /* ... or once it holds this much speech */
    double short_pause;
    double max; /* a stretch this long is cut at its least speech-like moment */
};
extern const struct moim_segment_params moim_segment_defaults;
extern const struct moim_segment_params moim_segment_whole;  /* with moim_segmenter_told */
extern const struct moim_segment_params moim_segment_packed; /* speech of up to 28 s with its pauses */

struct moim_segmenter;

/* vad is used, not owned. params NULL: the defaults. All memory is taken here. */
int moim_segmenter_new(struct moim_segmenter **out, struct moim_vad *vad,
                       const struct moim_segment_params *params, struct moim_err *err);
void moim_segmenter_free(struct moim_segmenter *s);

/* Takes up to MOIM_VAD_WINDOW samples at a time, returns how many it took: n, or 0 while a finished stretch
 * waits. */
size_t moim_segmenter_push(struct moim_segmenter *s, const float *pcm, size_t n);
/* Tells that no more comes: what is open becomes a stretch. */
void moim_segmenter_end(struct moim_segmenter *s);

/* The next finished stretch: *pcm[*n] that begins at sample *start of the recording. Valid until the next
 * push or end. */
bool moim_segmenter_next(struct moim_segmenter *s, const float **pcm, size_t *n, uint64_t *start);

/* Mean probability of speech in the stretch that moim_segmenter_next gave last, until the next push or end. */
float moim_segmenter_speech(const struct moim_segmenter *s);
/* After _next, of a stretch that was cut in speech because it grew too long: how many samples from its start
 * are there (more than n); 0 if it ended at a pause. */
size_t moim_segmenter_beyond(struct moim_segmenter *s);
/* ... the next stretch begins `told` samples after its start instead, where the recogniser ended a sentence.
 */
void moim_segmenter_told(struct moim_segmenter *s, size_t told);
/* After _next, seconds of speech between two samples counted from the stretch's start. */
double moim_segmenter_voiced(const struct moim_segmenter *s, size_t from, size_t to);

/* After _next, where a stretch by the packed parameters ends that begins at sample `from` of it or later, and where the
 * next may begin; false if it goes on until sample n. */
bool moim_segmenter_pause(const struct moim_segmenter *s, size_t from, size_t n, size_t *end, size_t *next);

/* The stretch that is still open, for captions: samples so far, 0 in silence. */
size_t moim_segmenter_open(const struct moim_segmenter *s, const float **pcm, uint64_t *start);

#endif
