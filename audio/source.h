/* Where a recording comes from: a microphone (audio/capture.h) or a file, as one stream of 16 kHz mono blocks
 * with events between them. The caller's loop is the same for both:
 *
 *     while ((rc = moim_source_next(s, &b, 100, &err)) == MOIM_OK && b.kind != MOIM_BLOCK_END)
 *         b.kind == MOIM_BLOCK_SOUND ? journal and recognise b.pcm[b.n] : mark the event at b.at
 *
 * Sample numbers are those of the delivered stream, without gap: what was lost is in it as silence. */
#ifndef MOIM_AUDIO_SOURCE_H
#define MOIM_AUDIO_SOURCE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_EVENT_TEXT 512    /* a device's name and a sentence about it */
#define MOIM_SOURCE_BLOCK 1600 /* at most so many samples at once: 100 ms */

enum moim_block_kind {
    MOIM_BLOCK_NOTHING, /* the timeout passed: no sound yet, paused, or the device is away */
    MOIM_BLOCK_SOUND,
    MOIM_BLOCK_GAP,     /* the device lost sound; missing samples of silence follow */
    MOIM_BLOCK_OVERRUN, /* we did not fetch it in time; likewise */
    MOIM_BLOCK_DEVICE_LOST,
    MOIM_BLOCK_DEVICE_BACK, /* it, or another one; missing samples of silence follow */
    MOIM_BLOCK_CLIPPED,     /* a channel is at full scale; at most every 5 s */
    MOIM_BLOCK_SILENT,      /* nothing heard for 30 s */
    MOIM_BLOCK_HEARD,       /* and then something */
    MOIM_BLOCK_END          /* the file is at its end; a microphone never is */
};

struct moim_block {
    enum moim_block_kind kind;
    uint64_t at;      /* first sample of pcm, or where the event lies */
    const float *pcm; /* SOUND: n samples in [-1, 1], valid until the next call */
    const float *far; /* n samples of a call's far side (audio/call.h), else NULL */
    size_t n;
    uint64_t missing; /* GAP, OVERRUN, DEVICE_BACK: samples of silence that stand for the lost sound */
    char text[MOIM_EVENT_TEXT]; /* events: one line for a person */
};

struct moim_source;

/* Waits up to timeout_ms. One thread at a time. */
int moim_source_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err);

/* Paused, a microphone's sound is thrown away and a file's stays where it is. */
void moim_source_pause(struct moim_source *s, bool paused);

/* Levels of the last 100 ms delivered, in dBFS. */
void moim_source_level(const struct moim_source *s, float *peak_db, float *rms_db);

int moim_source_channels(const struct moim_source *s);     /* 2: both sides of a call, else 1 */
const char *moim_source_name(const struct moim_source *s); /* device or file */
uint64_t moim_source_samples(const struct moim_source *s); /* delivered */
uint64_t moim_source_lost(const struct moim_source *s);    /* of these, silence for lost sound */
double moim_source_duration(const struct moim_source *s);  /* seconds of a file, 0 unknown or a microphone */
void moim_source_close(struct moim_source *s);

/* A file of any format, at the speed of time or as fast as it is asked for. */
int moim_source_file(struct moim_source **out, const char *path, bool real_time, struct moim_err *err);

#endif
