/* A meeting's sound without what was said in stretches of it. */
#ifndef MOIM_FIRMWARE_LIBRARY_SOUND_MUTE_H
#define MOIM_FIRMWARE_LIBRARY_SOUND_MUTE_H

#include "base/status.h"
#include <stdbool.h>

struct moim_mute {
    double start, end; /* seconds */
};
struct moim_mutes {
    struct moim_mute *list; /* [n] */
    int n;
    bool tone; /* 1 kHz in their place, else silence */
};

/* Copies a FLAC of the store into fd, an empty file called audio, sample for sample, but for the stretches, which are
 * silent in every channel. On the disk when it returns MOIM_OK. */
int moim_sound_mute(const char *from, const char *audio, int fd, const struct moim_mutes *mutes,
                    struct moim_err *err);

#endif
