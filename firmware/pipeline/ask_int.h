/* Shared by the files that answer questions: which meetings, what stands in one, who answers. */
#ifndef MOIM_FIRMWARE_PIPELINE_ASK_INT_H
#define MOIM_FIRMWARE_PIPELINE_ASK_INT_H

#include "firmware/pipeline/ask.h"
#include "storage/export.h"
#include "summarize/answer_rank.h"

/* The meetings that the question's words and meaning lead to, best first. */
int moim_ask_meetings(struct moim_engine *e, struct moim_store *s, const char *question,
                      const struct moim_ask_filter *f, int64_t *meeting, int cap, int *n,
                      struct moim_err *err);

/* A meeting as those that answer look at it. */
struct moim_ask_talk {
    struct moim_meeting m;
    struct moim_segment *seg;
    struct moim_turn_text *turn;
    char (*label)[MOIM_LABEL]; /* made for who has no name */
    float *cosine;             /* [n] of the passage around each turn with the question, NULL: unknown */
    float nearest;
    int n;
    bool noted; /* it has minutes: found holds their lines as they stand, not what the tagger finds */
    struct moim_findings found;
    struct moim_noted *note; /* of found, what is not doubtful */
    int n_notes;
    struct moim_tagging tags;
};

/* vector: of the question, or NULL. MOIM_ENOMEM, or the store's errors. */
int moim_ask_talk_load(struct moim_store *s, int64_t id, const float *vector, struct moim_ask_talk *t,
                       struct moim_err *err);
void moim_ask_talk_free(struct moim_ask_talk *t);
/* For those that read a meeting's turns and findings; borrows from t. */
struct moim_minutes_request moim_ask_request(const struct moim_ask_talk *t);

/* A turn as a citation; MOIM_ENOMEM. */
int moim_ask_cite(const struct moim_ask_talk *t, int turn, struct moim_citation *out, struct moim_err *err);
/* The answer and the segments of its turns become the reply. MOIM_ENOMEM. */
int moim_ask_give(const struct moim_ask_talk *t, const struct moim_answer *a, struct moim_reply *out,
                  struct moim_err *err);
/* Answers from what is noted, or by a turn that says it as it was asked: every part of the question, or nothing. */
int moim_ask_recall(const struct moim_ask_talk *talk, int n, const char *question, struct moim_reply *out,
                    struct moim_err *err);

#endif
