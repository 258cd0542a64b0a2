/* How several channels, or tracks, become one: weights from their energy and their coherence, and whether each is a
 * party of its own.
 *
 * With P the power of a channel and r the correlation of two, channel i weighs
 *
 *     w[i] = +-P[i] / sum over j of |r[i][j]| P[j]
 *
 * Channels that carry the same sound share its level, each by its power; channels that have nothing in common are
 * added, each at its level; a mix and what it was mixed from give the mix again. The sign turns a channel that is
 * in opposite phase to the strongest one that it resembles. Channels 45 dB under the strongest weigh nothing.
 *
 * Parties: of any two channels one is 12 dB louder, each by its own loudness, in half of the time in which somebody
 * speaks, now this and now that, and they do not resemble each other. Two microphones in one room hear everybody. */
#ifndef MOIM_AUDIO_MIX_H
#define MOIM_AUDIO_MIX_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct moim_mix;

/* rate: frames a second. NULL: out of memory. */
struct moim_mix *moim_mix_new(int channels, int rate);
void moim_mix_free(struct moim_mix *m);
int moim_mix_channels(const struct moim_mix *m);

/* n frames of interleaved samples. What is no number counts as silence. */
int moim_mix_add(struct moim_mix *m, const float *frames, size_t n);

struct moim_mix_verdict {
    int live;       /* channels that hold sound; 0: all are silent */
    int turned;     /* a channel that is turned about, from 1; 0: none */
    int weak;       /* one that carries the same as a louder one, from 1; 0: none */
    double weak_db; /* by how much it is quieter */
};
/* weight[channels]; of a silent recording the plain mean. */
void moim_mix_weights(const struct moim_mix *m, float *weight, struct moim_mix_verdict *verdict);

/* party[channels]: whether the channel is a party of its own. Returns how many are: none, or two and more. A
 * channel that is the sum of others (a recorder's mix) is none. */
int moim_mix_parties(const struct moim_mix *m, bool *party);

#endif
