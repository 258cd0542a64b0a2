/* Questions answered from the store. Words and meaning lead to a few meetings; a learned score finds the turn that answers
 * (summarize/answer_rank.h), and it is quoted with what belongs to it. Where that leaves a doubt, a model reads the places.
 * Or nothing is known. */
#ifndef MOIM_FIRMWARE_PIPELINE_ASK_H
#define MOIM_FIRMWARE_PIPELINE_ASK_H

#include "firmware/pipeline/semantic_index.h"
#include "summarize/answer.h"
#include "summarize/question_fit.h"

struct moim_citation {
    int64_t meeting, segment, started_at;
    double start;
    char *title, *speaker, *text;
};

#define MOIM_ASK_NEAR 3 /* places */
#define MOIM_ASK_NEAR_TURNS (MOIM_ASK_NEAR * MOIM_ANSWER_REFS)

struct moim_reply {
    char text[MOIM_ANSWER_MAX]; /* "" when nothing in the store surely answers the question */
    struct moim_citation cite[MOIM_ANSWER_REFS];
    int n;
    struct moim_citation
        near[MOIM_ASK_NEAR_TURNS]; /* then the places that come closest to it, best first: no answers */
    int n_near;
};

struct moim_weighed {
    const char *title; /* of the meeting */
    const struct moim_turn_text *said;
    const float *features; /* summarize/answer_rank.h */
    int turn;
    bool fits;         /* its form could answer */
    unsigned answered; /* which kinds (summarize/inquiry.h) */
    double score;
};

struct moim_ask_filter {
    int64_t since, until;
    const char *tag;
    int64_t meeting;   /* only in that one; 0: any */
    const char *model; /* name, role or file; NULL: the model that writes minutes; "none": no model */
    void (*progress)(void *arg, const char *stage, double done); /* "finding", "answering"; may be NULL */
    void *arg;
    /* Told of each turn that was weighed, for scoring and training; may be NULL. */
    void (*weighed)(void *arg, const struct moim_weighed *w);
    /* Told of each place that a small model read, likeliest first, and what would be quoted of it; likewise. */
    void (*placed)(void *arg, const char *title, const char *text, const struct moim_place *place);
};

/* MOIM_OK also when nothing is known, and without any model. */
int moim_ask(struct moim_engine *e, struct moim_store *s, const char *question,
             const struct moim_ask_filter *filter, struct moim_reply *out, struct moim_err *err);
/* What to show for it: the answer, or in the question's language that none was found. */
const char *moim_reply_text(const struct moim_reply *r, const char *question);
/* What stands above the places that come closest, in the question's language. */
const char *moim_reply_near_text(const char *question);
void moim_reply_clear(struct moim_reply *r);

#endif
