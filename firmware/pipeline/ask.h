/* Questions answered from the store: excerpts are found by words and by meaning, a model reads them and
 * answers with the segments it rests on, or nothing is known. */
#ifndef MOIM_FIRMWARE_PIPELINE_ASK_H
#define MOIM_FIRMWARE_PIPELINE_ASK_H

#include "firmware/pipeline/semantic_index.h"
#include "summarize/answer.h"

struct moim_citation {
    int64_t meeting, segment, started_at;
    double start;
    char *title, *speaker, *text;
};

struct moim_reply {
    char text[MOIM_ANSWER_MAX]; /* "" when nothing in the store answers the question */
    struct moim_citation cite[MOIM_ANSWER_REFS];
    int n;
};

struct moim_ask_filter {
    int64_t since, until;
    const char *tag;
    int64_t meeting;   /* only in that one; 0: any */
    const char *model; /* name, role or file; NULL: the model that writes minutes */
    void (*progress)(void *arg, const char *stage, double done); /* "finding", "answering"; may be NULL */
    void *arg;
};

/* MOIM_OK also when nothing is known. MOIM_ENOENT: it takes a model to answer, and there is none. */
int moim_ask(struct moim_engine *e, struct moim_store *s, const char *question,
             const struct moim_ask_filter *filter, struct moim_reply *out, struct moim_err *err);
void moim_reply_clear(struct moim_reply *r);

#endif
