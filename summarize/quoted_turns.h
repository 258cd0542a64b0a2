/* Which turns a line about a finding quotes: those that a reader who was not there needs, and none about another matter. A logistic
 * regression over the turns around the finding's own, learnt from what readers chose (summarize/training/quotes.py). */
#ifndef MOIM_SUMMARIZE_QUOTED_TURNS_H
#define MOIM_SUMMARIZE_QUOTED_TURNS_H

#include "summarize/minutes_int.h"

#define MOIM_QUOTED_BEFORE 14 /* turns around the finding's own that may be quoted */
#define MOIM_QUOTED_AFTER 8
#define MOIM_QUOTED_FEATURES 55
enum moim_quoted_side { MOIM_QUOTED_EARLIER, MOIM_QUOTED_OWN, MOIM_QUOTED_LATER, MOIM_QUOTED_SIDES };

/* Fills mean_state, once before anything is measured. */
void moim_quoted_open(struct moim_job *j);
/* What tells whether turn t of the meeting is quoted for finding f. Subjects are known. */
void moim_quoted_measure(const struct moim_job *j, const struct moim_finding *f, int t,
                         double out[MOIM_QUOTED_FEATURES]);
enum moim_quoted_side moim_quoted_side(const struct moim_finding *f, int t);

#endif
