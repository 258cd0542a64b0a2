/* The far side of a call taken out of the near side's microphone, for recognition: what the loudspeaker says there is heard
 * once, on its own channel. What is stored stays as it was.
 *
 *     far  ─► 16 s at a time: how late is its echo (GCC-PHAT over -0.5 ... 1 s)? ─► shifted ─┐
 *     near ──────────────────────────────────────────────────────────────────────────────────┴─► adaptive filter of 0.2 s
 *             (speexdsp's MDF) ─► what it left over, suppressed by its estimate (speexdsp's preprocessor) ─► near
 *
 * The first 16 s, and those in which the echo comes at another time than before, pass the filter once to teach it and once
 * to be heard. Where far is silent, near passes as it is. J.-M. Valin, "On Adjusting the Learning Rate in Frequency Domain Echo
 * Cancellation With Double-Talk" (2007). */
#ifndef MOIM_AUDIO_ECHO_H
#define MOIM_AUDIO_ECHO_H

#include "base/status.h"
#include <stddef.h>

struct moim_echo;

int moim_echo_new(struct moim_echo **out, struct moim_err *err);
void moim_echo_free(struct moim_echo *e);

#define MOIM_ECHO_CHUNK ((size_t)16 * 16000)
#define MOIM_ECHO_AHEAD ((size_t)9000) /* of far that is wanted beyond near */

/* near[n] becomes what was said there. far[n + MOIM_ECHO_AHEAD]: the other side's, at the same times and on (silence behind
 * its end). n is MOIM_ECHO_CHUNK, or less at the end alone. */
void moim_echo_remove(struct moim_echo *e, float *near, const float *far, size_t n);

/* Milliseconds by which the echo comes later than far (negative: earlier); 0 while none was found. */
double moim_echo_delay(const struct moim_echo *e);

#endif
