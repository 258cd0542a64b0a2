/* The turn that answers a question by itself, quoted: it is about all that was asked, and holds the kind of thing that was asked for
 * (an amount in the unit asked for, a day or hour, a reason). No model takes part. */
#ifndef MOIM_SUMMARIZE_ANSWER_EXTRACT_H
#define MOIM_SUMMARIZE_ANSWER_EXTRACT_H

#include "summarize/answer_check.h"

/* match: 0..1, the share of the question that the turn contains; if no turn answers, the text is "" and
 * nothing is cited. */
void moim_answer_extract(const struct moim_answer_basis *b, struct moim_answer *out, double *match);

#endif
