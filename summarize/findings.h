/* What was settled, taken on and left open in a meeting, by its cues (summarize/cues.h) and by who speaks to
 * whom: a request belongs to who is addressed, a promise to its speaker, a day named in the answer to the
 * task that was asked about. No model takes part; what a sentence does not say itself ("그건 제가 할게요") is
 * marked and what it answers is kept beside it. */
#ifndef MOIM_SUMMARIZE_FINDINGS_H
#define MOIM_SUMMARIZE_FINDINGS_H

#include "summarize/cues.h"
#include "summarize/minutes.h"

#define MOIM_FINDING_TURNS 8

enum moim_finding_kind { MOIM_FOUND_DECISION, MOIM_FOUND_ACTION, MOIM_FOUND_QUESTION };

struct moim_finding {
    enum moim_finding_kind kind;
    char *text;     /* in the style of notes */
    char *source;   /* the sentence it was made from */
    char *context;  /* the sentence that it answers, or "" */
    char owner[96]; /* a speaker's label, a name that occurs, or "" */
    char due_text[96];
    char due_date[11];
    bool vague; /* text alone does not say what about: it holds a topic taken from the context */
    int turns[MOIM_FINDING_TURNS]; /* ascending */
    int n_turns;
};

struct moim_findings {
    struct moim_finding *list;
    int n;
};

/* MOIM_ENOMEM. Only turns, language and date of the request are read. */
int moim_findings_get(const struct moim_minutes_request *req, struct moim_findings *out,
                      struct moim_err *err);
void moim_findings_free(struct moim_findings *f);

#endif
