/* A second device's sound on the clock of a first one. Each device counts seconds by a crystal of its own; two differ by
 * some 10 to 200 parts in a million, which is most of a second in an hour.
 *
 *     counts of each device at the times when they came  ->  a line for each (least squares, old ones forgotten)
 *     second device's samples  ->  FIFO  ->  soxr at a variable rate  ->  as many as the first device gave
 *
 * The rate is the lines' ratio, corrected by how far the sound that is given out is from where the lines say that it should
 * be: LEAD behind the newest, so that a late block leaves no hole. What is missing is silence. One thread. */
#ifndef MOIM_AUDIO_DRIFT_H
#define MOIM_AUDIO_DRIFT_H

#include "base/status.h"
#include <stddef.h>
#include <stdint.h>

#define MOIM_DRIFT_LEAD 0.2 /* seconds that the second device's sound waits */

struct moim_drift;

int moim_drift_new(struct moim_drift **out, struct moim_err *err);
void moim_drift_free(struct moim_drift *d);

/* The first device has given n samples (16 kHz), the last of them at time t (seconds of any steady clock). */
void moim_drift_first(struct moim_drift *d, double t, size_t n);
/* So has the second. More than 16 s that wait are dropped, the oldest first. */
void moim_drift_second(struct moim_drift *d, double t, const float *pcm, size_t n);
/* The second device's next n samples, for the first one's; returns how many of them are silence for want of sound. */
size_t moim_drift_take(struct moim_drift *d, float *out, size_t n);

/* Samples that the first device should have given by time t, of those that were not taken yet; 0 where nothing is known. */
size_t moim_drift_due(const struct moim_drift *d, double t);
/* Sound of the first (second) device from here on has nothing to do with what it gave before: it was away, or paused. */
void moim_drift_restart_first(struct moim_drift *d);
void moim_drift_restart_second(struct moim_drift *d);
/* How much faster the second device's clock is, in parts of a million; 0 at first. */
double moim_drift_ppm(const struct moim_drift *d);

#endif
