/* Answers from a meeting's findings (summarize/findings.h): who does something, by when, what was decided;
 * else a turn that answers directly (summarize/answer_extract.h). No model: asker and assignee are never
 * confused. */
#ifndef MOIM_SUMMARIZE_ANSWER_FROM_FINDINGS_H
#define MOIM_SUMMARIZE_ANSWER_FROM_FINDINGS_H

#include "summarize/answer.h"

struct moim_recalled {
    struct moim_answer answer; /* text "" when no finding answers; refs are turns of the meeting */
    double match;              /* 0..1, how much of the question the finding is about */
};

/* Looks the question up in one meeting; its title may hold words of the question too. meeting->findings: what was found in it, or
 * NULL. noted: they are lines of the minutes as they stand, which the user may have changed, and are answered with as they are.
 * MOIM_ENOMEM. */
int moim_recall(const struct moim_minutes_request *meeting, bool noted, const char *title,
                const char *question, struct moim_recalled *out, struct moim_err *err);

#endif
