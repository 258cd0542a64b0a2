/* How much a language model can be trusted with, measured on a few snippets of talk that no corpus holds, and the stages of
 * minutes that this opens. The table is docs/minutes.md, "What a model may do". */
#ifndef MOIM_SUMMARIZE_STRENGTH_H
#define MOIM_SUMMARIZE_STRENGTH_H

#include "summarize/minutes.h"

/* What a strength opens, by MOIM_STRENGTH_*. */
struct moim_stages {
    const char *name;
    bool writes;   /* title and summary are worded by the model */
    bool lines;    /* so are lines of findings */
    bool judges;   /* doubtful findings are put to it by multiple choice: what it calls none is dropped */
    bool points;   /* it reads whole topics and words their points */
    bool proposes; /* it reads whole topics and proposes findings in addition to the tagger's */
};
extern const struct moim_stages moim_stages[MOIM_STRENGTHS];

/* What the test counts, and the gates: worded and judged of MOIM_TEST_*; false lines among the worded ones. */
struct moim_strength_result {
    enum moim_strength strength;
    int judged, judged_right, worded, worded_true, planted, proposed_right, proposed_wrong;
};

/* Exactly one of model and script is not NULL.
 * MOIM_ECANCEL, MOIM_ENOMEM; MOIM_EINVAL when the model's context is too small. */
int moim_strength_measure(struct moim_llm *model, const struct moim_script *script,
                          const volatile int *cancel, struct moim_strength_result *out, struct moim_err *err);

/* "none", "quotes", "writes", "reads"; false: no such name. */
bool moim_strength_parse(const char *name, enum moim_strength *out);

#endif
