/* Questions that were asked, with their answers and the places these rest on. A question goes for good with any meeting that
 * it was asked of or that its answer rests on. */
#ifndef MOIM_STORAGE_QUESTIONS_H
#define MOIM_STORAGE_QUESTIONS_H

#include "storage/store.h"

/* A place is kept by its time: what stands there is read anew, with every correction since. */
struct moim_source {
    int64_t meeting, segment; /* segment 0: nothing is said there any more */
    int64_t started_at;       /* of the meeting */
    double start;
    char *title, *speaker, *text; /* speaker: name or label, "" unknown */
};

struct moim_question {
    int64_t id, asked_at;
    int64_t meeting;            /* it was asked of; 0: of all */
    char *title;                /* of that meeting, "" without one; not needed to add */
    char *text, *answer;        /* answer "": the store does not say */
    struct moim_source *source; /* [n_sources] */
    int n_sources;
};

/* asked_at 0: now. Of a source meeting and start are kept. MOIM_ENOENT: a meeting is not there. */
int moim_question_add(struct moim_store *s, const struct moim_question *q, int64_t *id, struct moim_err *err);
/* Newest first, at most limit; meeting 0: of all, and those asked of one. Without what rests on a meeting in the trash. */
int moim_question_list(struct moim_store *s, int64_t meeting, int limit, struct moim_question **list, int *n,
                       struct moim_err *err);
int moim_question_get(struct moim_store *s, int64_t id, struct moim_question *q,
                      struct moim_err *err); /* MOIM_ENOENT */
void moim_question_clear(struct moim_question *q);
void moim_questions_free(struct moim_question *list, int n);
int moim_question_remove(struct moim_store *s, int64_t id, struct moim_err *err); /* MOIM_ENOENT */
/* All of them; meeting 0: of every meeting. */
int moim_questions_forget(struct moim_store *s, int64_t meeting, struct moim_err *err);

#endif
