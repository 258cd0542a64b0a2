/* How well some turns fit a question: a language model that has read what answers a question expects its words. Asked "does this
 * answer it?", small models say yes and no at random; how probable the question's own words become they tell well, even those of
 * 270 million parameters. The fit is the gain in ln p of the question's words over reading the meeting's title alone. */
#ifndef MOIM_SUMMARIZE_QUESTION_FIT_H
#define MOIM_SUMMARIZE_QUESTION_FIT_H

#include "lm/llm.h"
#include "summarize/minutes.h"

/* Some turns of a meeting that may answer, the first and the last counted in. */
struct moim_place {
    int from, to;
    double score; /* moim_answer_score() of the turn in the middle */
    bool fits;    /* the form of that turn can answer */
    bool form;    /* a turn that would be shown has the form that is asked for */
    double gain;  /* set by moim_question_fit(), nats */
    double alone; /* likewise: ln p of the question behind the meeting's title alone */
    int words;    /* likewise: tokens of the question */
};

/* The model's cache is overwritten. MOIM_ENOMEM; MOIM_EINVAL when the question leaves no room for turns; MOIM_ECANCEL. */
int moim_question_fit(struct moim_llm *m, const char *question, const char *title,
                      const struct moim_turn_text *turns, struct moim_place *place, int n,
                      const volatile int *cancel, struct moim_err *err);

/* Whether one of them could be chosen, whatever they gain: else no model need be asked. */
bool moim_places_may_answer(const struct moim_place *place, int n);
/* Which place answers, by gain and form; -1: none does surely enough. It must be far ahead of the others, or the best score of a
 * turn whose form can answer high by itself. */
int moim_place_choose(const struct moim_place *place, int n);

/* The same where the reader of answers has read every turn (summarize/answer_reader.h): how likely a place is beside others, and
 * the log-odds that the likeliest one answers. */
double moim_place_worth(const struct moim_place *place);
double moim_place_answers(const struct moim_place *place);

#endif
