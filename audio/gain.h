/* The level of a recording, and what brings it to where voice activity and recognisers expect speech: a recording that
 * is very quiet throughout is amplified, an offset is taken out, what was clipped is restored (audio/declip.h). What is
 * none of these stays as it is to the last bit. */
#ifndef MOIM_AUDIO_GAIN_H
#define MOIM_AUDIO_GAIN_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct moim_gain {
    float gain;           /* 1: none */
    float mean;           /* the offset that is being followed */
    bool offset;          /* there is one to take out */
    double seconds, loud; /* of the recording; root mean square of its loudest second, without the offset */
};

/* Applies it to the next n samples, in order from the recording's beginning. */
void moim_gain_apply(struct moim_gain *l, float *pcm, size_t n);

/* A sound, or a part of it, for recognisers: what is read is at its level. All of it is read once before. */
struct moim_sound;
struct moim_part;
struct moim_reader;
int moim_gain_reader(struct moim_reader **out, struct moim_sound *s, const struct moim_part *part,
                     struct moim_err *err);
/* The same of a file; a pipe, which can be read but once, stays as it is. */
int moim_gain_open(struct moim_reader **out, const char *path, struct moim_err *err);

#endif
