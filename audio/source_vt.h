/* A source from inside: what a microphone and a file do each in their own way. */
#ifndef MOIM_AUDIO_SOURCE_VT_H
#define MOIM_AUDIO_SOURCE_VT_H

#include "audio/level.h"
#include "audio/source.h"

struct moim_source {
    void *impl;
    const char *name; /* lives as long as impl */
    double duration;
    int channels; /* 0: one */
    uint64_t delivered, lost;
    bool paused;
    struct moim_level level;
    bool parts_tell; /* what it is made of tells about the level */
    int warnings;    /* of audio/level.h, not yet handed out */
    /* Sound into b (kind, pcm, n) or an event (kind, missing, text); the caller sets at. */
    int (*next)(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err);
    void (*close)(struct moim_source *s);
};

void moim_source_sleep(double seconds);

#endif
