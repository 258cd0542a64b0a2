/* The turn of a meeting that answers a question, by a learned score over what is asked, what was said, how close they are in meaning,
 * and what the turn does in the meeting. No language model takes part. */
#ifndef MOIM_SUMMARIZE_ANSWER_RANK_H
#define MOIM_SUMMARIZE_ANSWER_RANK_H

#include "summarize/findings.h"
#include "summarize/inquiry.h"
#include "summarize/tagger.h"

/* A line of the minutes: as it stands there, or a finding where there are none. */
struct moim_noted {
    enum moim_finding_kind kind;
    const char *text, *owner, *due; /* "" for none */
    const int *turns;               /* [n_turns] that it cites, ascending */
    int n_turns;
};

struct moim_answer_view {
    const struct moim_inquiry *q;
    const char *title;
    const struct moim_turn_text *turns;
    int n_turns;
    const float *cosine; /* [n_turns] of the passage around each turn with the question; NULL: unknown */
    float nearest;       /* the highest of any meeting */
    const struct moim_tagging *tags; /* NULL: unknown */
    const float *read; /* [n_turns] what the reader says (summarize/answer_reader.h); NULL: nothing is read */
    const struct moim_noted *note;
    int n_notes;
    struct moim_answer_words *words; /* which turn says which key, by moim_answer_view_open */
};

/* Looks the question's keys up in every turn, once. MOIM_ENOMEM. */
int moim_answer_view_open(struct moim_answer_view *v, struct moim_err *err);
void moim_answer_view_close(struct moim_answer_view *v);

/* What each turn does, by the program's own weights. MOIM_ENOMEM. Free with moim_tagging_free. */
int moim_tagging_of(const struct moim_minutes_request *req, struct moim_tagging *out, struct moim_err *err);

#define MOIM_ANSWER_FEATURES 54
/* What the score of turn t is made of; false: its form cannot answer, or, where nothing is read, nobody names what is asked for. */
bool moim_answer_features(const struct moim_answer_view *v, int t, float out[MOIM_ANSWER_FEATURES]);
/* Log-odds that a turn with these answers, against nothing answering at all. */
double moim_answer_score(const float f[MOIM_ANSWER_FEATURES]);
/* The same, where the turns of v were read with what the reader says, form and words that nobody says. */
double moim_answer_worth(const struct moim_answer_view *v, const float f[MOIM_ANSWER_FEATURES]);

#define MOIM_ANSWER_REACH 8
/* The turns that are shown when t answers: t and what belongs to it close by (what it replies to, what supplies a part that was
 * asked for, what settles it), none farther than MOIM_ANSWER_REACH turns: where it was read five at most, else three, of two kinds
 * asked four; ascending. */
int moim_answer_gather(const struct moim_answer_view *v, int t, int refs[MOIM_ANSWER_REFS]);
/* Their words, each with its speaker. */
void moim_answer_compose(const struct moim_answer_view *v, const int *refs, int n, char *out, size_t cap);

#endif
