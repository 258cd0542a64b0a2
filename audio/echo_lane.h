/* A lane (audio/lane.h) without the echo of another one of the same sound. */
#ifndef MOIM_AUDIO_ECHO_LANE_H
#define MOIM_AUDIO_ECHO_LANE_H

#include "audio/lane.h"

struct moim_echo_lane;

/* far: the part whose echo goes. */
int moim_echo_lane_open(struct moim_echo_lane **out, const struct moim_sound *s, const struct moim_part *far,
                        struct moim_err *err);
void moim_echo_lane_close(struct moim_echo_lane *e);
/* Fills pcm[n] from near, which this function alone reads; less only at the end. */
long moim_echo_lane_read(struct moim_echo_lane *e, struct moim_lane *near, float *pcm, size_t n,
                         struct moim_err *err);

#endif
