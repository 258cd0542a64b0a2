/* Which turn before a finding says what it is about. */
#ifndef MOIM_SUMMARIZE_WHAT_ABOUT_H
#define MOIM_SUMMARIZE_WHAT_ABOUT_H

#include "summarize/minutes_int.h"

#define MOIM_CONTEXT_TURNS 10 /* before the finding's own, of which one may say it */
#define MOIM_CONTEXT_BEFORE 17
#define MOIM_CONTEXT_SELF 7

/* Fills mean_state, once before contexts are measured. */
void moim_context_open(struct moim_job *j);

/* What the choice rests on: of the finding's own turn, and of each of those before it, the nearest first; kind as enum
 * moim_finding_kind. Subjects are known. */
void moim_context_measure(const struct moim_job *j, int head, int kind, double self[MOIM_CONTEXT_SELF],
                          double before[MOIM_CONTEXT_TURNS][MOIM_CONTEXT_BEFORE]);

#endif
