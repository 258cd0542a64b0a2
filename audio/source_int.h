/* What the two decoders of audio/decode.c look like from inside. */
#ifndef MOIM_AUDIO_SOURCE_INT_H
#define MOIM_AUDIO_SOURCE_INT_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

/* Interleaved f32 frames at the source's own rate. */
struct moim_decoder {
    void *impl;
    int rate, channels;
    double duration; /* seconds, 0 unknown */
    bool damaged;    /* it broke off, or a part could not be decoded */
    bool judged;     /* the decoder itself tells whether the file holds what it promised */
    long (*read)(struct moim_decoder *d, float *frames, size_t n); /* frames read, 0 at the end */
    void (*close)(struct moim_decoder *d);
};

/* MOIM_EUNSUP when the library does not know the format: the next one may. */
int moim_sndfile_open(struct moim_decoder *d, const char *path, struct moim_err *err);
int moim_ffmpeg_open(struct moim_decoder *d, const char *path, struct moim_err *err);

#endif
