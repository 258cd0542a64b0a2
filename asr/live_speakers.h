/* Who is speaking, while a recording goes on: each line of live captions gets its speakers when it is settled, and they may be
 * revised for two minutes.
 *
 *   a settled line -> segmentation (asr/segmentation.h) of the ten seconds that end with it: up to three local speakers
 *   -> a voice (asr/speaker.h) for each that speaks in the line, from where nobody else does
 *   -> clustering (asr/cluster.h) of the voices of the last two minutes, together with what is known of each speaker from before
 *   -> numbers: a group keeps the number of the speaker in it, or the one that most of its speech had
 *
 * What is older than two minutes stays as it is, and its voices become what is known of their speaker. All memory is taken by
 * moim_live_speakers_new. After Coria, Bredin, Ghannay and Rosset, "Overlap-aware low-latency online speaker diarization based on
 * end-to-end local segmentation", 2021. */
#ifndef MOIM_ASR_LIVE_SPEAKERS_H
#define MOIM_ASR_LIVE_SPEAKERS_H

#include "asr/segmentation.h"
#include "asr/speaker.h"

#include <stdbool.h>

#define MOIM_LIVE_WINDOW 120.0 /* seconds in which a line may be revised */
#define MOIM_LIVE_SPEAKERS 16  /* that are told apart; further ones are unknown */
#define MOIM_LIVE_PARTS 8      /* turns of a line; shorter ones join their neighbours */

struct moim_live_part {
    double start, end; /* seconds of the recording; a line's parts follow one another */
    int speaker;       /* 1, 2, ... by first appearance; 0 while unknown */
};

struct moim_live_line {
    int number; /* the caller's */
    struct moim_live_part part[MOIM_LIVE_PARTS];
    int n;
};

struct moim_live_speakers;

/* The networks are used, not owned. */
int moim_live_speakers_new(struct moim_live_speakers **out, struct moim_segmentation *segmentation,
                           struct moim_speaker_encoder *speaker, struct moim_err *err);
void moim_live_speakers_free(struct moim_live_speakers *l);

/* The next line, from start to end; pcm[n] (16 kHz, at most MOIM_SEGMENT_SAMPLES) begins at second `from` and holds the line and
 * what went before it. */
int moim_live_speakers_line(struct moim_live_speakers *l, int number, double start, double end,
                            const float *pcm, size_t n, double from, struct moim_err *err);
/* A line whose parts are new or changed since they were given out; false: none. Valid until the next call. */
bool moim_live_speakers_next(struct moim_live_speakers *l, const struct moim_live_line **line);
/* The mean voice of a speaker and the seconds that it rests on; false when there is none. */
bool moim_live_speakers_voice(const struct moim_live_speakers *l, int speaker, float voice[MOIM_SPEAKER_DIM],
                              float *seconds);

#endif
