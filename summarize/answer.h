/* An answer to a question from turns of meetings, or none: the model must name the turns that it rests on. Whether
 * they support it says moim_answer_verify (summarize/answer_check.h). */
#ifndef MOIM_SUMMARIZE_ANSWER_H
#define MOIM_SUMMARIZE_ANSWER_H

#include "summarize/minutes.h"

#define MOIM_ANSWER_REFS 5
#define MOIM_ANSWER_MAX 4096

struct moim_answer_request {
    const char *question;
    const struct moim_turn_text *turns; /* excerpts, in the order they are shown */
    const char *const *heading;         /* [n_turns] the excerpt that starts with this turn, else NULL */
    int n_turns;
    const struct moim_script *script; /* answers in the model's place, or NULL */
    const volatile int *cancel;       /* may be NULL */
};

struct moim_answer {
    char text[MOIM_ANSWER_MAX]; /* "" when the turns do not answer the question */
    int refs[MOIM_ANSWER_REFS]; /* indices of turns, ascending */
    int n_refs;
};

/* The question's language is the answer's. Greedy: the same question gets the same answer. MOIM_EINVAL when
 * the turns do not fit the model's context. */
int moim_answer_write(struct moim_llm *model, const struct moim_answer_request *req, struct moim_answer *out,
                      struct moim_err *err);

/* Whether a sentence can answer the question at all: one that asks itself does not, nor one without day or
 * hour "when", without number "how many". */
bool moim_answer_fits(const char *question, const char *answer);

/* The content words of a question, without particles, endings and words that only ask: each is written to
 * word[i], at most cap of them. Returns their number. */
int moim_question_words(const char *question, char word[][64], int cap);

#endif
