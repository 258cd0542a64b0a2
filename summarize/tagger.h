/* The meeting tagger: what each turn of a meeting does, and which earlier turn it belongs to. Two learned stages
 * (docs/models/tagger.md): sums of n-gram weights over a turn and the two on either side, then
 * convolutions over the turns of the whole meeting, which also see the states that a sentence encoder has of each turn, where the
 * request brings them. Some milliseconds for an hour of talk, the encoder aside. */
#ifndef MOIM_SUMMARIZE_TAGGER_H
#define MOIM_SUMMARIZE_TAGGER_H

#include "summarize/tagger_features.h"

/* What a turn does. The first eleven are parts of items; the last three say that an item begins or is settled
 * here which still stands at the end. */
enum moim_tag {
    MOIM_TAG_PROPOSES,
    MOIM_TAG_SETTLES,
    MOIM_TAG_GIVES, /* a request */
    MOIM_TAG_TAKES, /* promises unasked */
    MOIM_TAG_ACCEPTS,
    MOIM_TAG_DATES, /* day or owner of what another turn began */
    MOIM_TAG_REFUSES,
    MOIM_TAG_RETRACTS,
    MOIM_TAG_PUTS_OFF,
    MOIM_TAG_CONDITION,
    MOIM_TAG_ASKS, /* unanswered */
    MOIM_TAG_DECISION,
    MOIM_TAG_TASK,
    MOIM_TAG_QUESTION,
    MOIM_TAGS
};

/* How a turn belongs to an earlier one. */
enum moim_link {
    MOIM_LINK_SETTLES, /* the proposal */
    MOIM_LINK_ACCEPTS, /* the request */
    MOIM_LINK_DATES,   /* the task */
    MOIM_LINK_DROPS,   /* refused or withdrawn */
    MOIM_LINK_PUTS_OFF,
    MOIM_LINK_CONDITION,
    MOIM_LINK_REPEATS, /* the same task said before */
    MOIM_LINKS
};

struct moim_tagger;

struct moim_tagging {
    int n_turns;
    float (*tag)[MOIM_TAGS]; /* [n_turns] probabilities 0..1 */
    float (
        *link)[MOIM_TAGGER_REACH + 1][MOIM_LINKS]; /* [n_turns] log-probabilities: [d - 1] the turn d before,
                                                          [MOIM_TAGGER_REACH] none */
    float (
        *unit)[MOIM_TAGS]; /* [n_units] how much a sentence by itself speaks for it; to compare in one turn */
};

/* Reads weights; bytes must outlive the tagger. MOIM_EFORMAT when damaged, MOIM_EVERSION, MOIM_ENOMEM. */
int moim_tagger_open(struct moim_tagger **out, const void *bytes, size_t size, struct moim_err *err);
void moim_tagger_close(struct moim_tagger *t);
/* MOIM_ENOMEM. */
int moim_tagger_run(const struct moim_tagger *t, const struct moim_tagger_input *in, struct moim_tagging *out,
                    struct moim_err *err);
void moim_tagging_free(struct moim_tagging *t);
/* The least probability (as in tag) at which a decision, task or question (k = 0, 1, 2) of such a meeting is shown, the least at
 * which it is asserted, and the probability made honest. */
void moim_tagger_limits(const struct moim_tagger *t, const struct moim_minutes_request *req, int k,
                        float *shown, float *asserted);
float moim_tagger_calibrated(const struct moim_tagger *t, const struct moim_minutes_request *req, int k,
                             float p);

/* The weights in the program (tagger_weights.c). */
extern const unsigned char moim_tagger_weights[], moim_tagger_weights_end[];

#endif
