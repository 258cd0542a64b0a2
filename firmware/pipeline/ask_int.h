/* Shared by the files that answer questions: which meetings, what stands in one, who answers. */
#ifndef MOIM_FIRMWARE_PIPELINE_ASK_INT_H
#define MOIM_FIRMWARE_PIPELINE_ASK_INT_H

#include "firmware/pipeline/ask.h"
#include "storage/export.h"
#include "summarize/answer_rank.h"
#include "summarize/answer_reader.h"

/* The meetings that the question's words and meaning lead to, best first. */
int moim_ask_meetings(struct moim_engine *e, struct moim_store *s, const char *question,
                      const struct moim_ask_filter *f, int64_t *meeting, int cap, int *n,
                      struct moim_err *err);

bool moim_ask_has(const int64_t *list, int n, int64_t meeting);

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

/* The meeting and its turns alone. */
int moim_ask_talk_turns(struct moim_store *s, int64_t id, struct moim_ask_talk *t, struct moim_err *err);
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

/* ask_readings.c: what the reader keeps of t's turns, from the store; made and stored where the store has none of these words. */
int moim_ask_reading(struct moim_answer_reader *r, struct moim_store *s, const struct moim_ask_talk *t,
                     struct moim_reading *out, struct moim_err *err);
/* The meetings, of those that the store has readings of, in which a turn most probably answers what the reader was asked, best first; of
 * many, those that words and meaning lead to (said) and the newest ones are looked at. */
int moim_ask_read_meetings(struct moim_answer_reader *r, struct moim_store *s,
                           const struct moim_ask_filter *f, const int64_t *said, int n_said, int64_t *meeting,
                           int cap, int *n, struct moim_err *err);

/* ---- a question at work: ask.c, ask_fit.c ---- */

#define MOIM_ASK_MEETINGS 6 /* that are looked through */
#define MOIM_ASK_KEPT 40    /* turns that are kept of them, best first */

struct moim_ask_candidate {
    int talk, turn;
    double score, order; /* order: of the list that it stands in */
    bool fits;           /* its form can answer */
};

/* A question at work. */
struct moim_ask_search {
    struct moim_inquiry q;
    const struct moim_ask_filter *filter;
    struct moim_ask_talk talk[MOIM_ASK_MEETINGS];
    struct moim_answer_view view[MOIM_ASK_MEETINGS];
    int n_talks;
    float nearest;
    float *read[MOIM_ASK_MEETINGS]; /* what the reader says of its turns; NULL: nothing is read */
    struct moim_ask_candidate best[MOIM_ASK_KEPT], any[MOIM_ASK_KEPT]; /* whose form can answer; all */
    int n, n_any;
};

/* Whether a turn lies fewer than that many turns from one that was chosen. */
bool moim_ask_close(const struct moim_ask_candidate *chosen, int n, const struct moim_ask_candidate *c,
                    int turns);
/* What was said at a place, as it was said. MOIM_ENOMEM. */
int moim_ask_quote(const struct moim_ask_search *x, const struct moim_ask_candidate *c,
                   struct moim_reply *out, struct moim_err *err);
/* ask_fit.c: the small model of that file reads the likeliest places; the one that fits best is quoted, if it surely answers. */
int moim_ask_quote_fitting(struct moim_engine *e, struct moim_ask_search *x, const char *path,
                           struct moim_reply *out, struct moim_err *err);

#endif
