/* Stretches of up to 12 seconds of speech, each with a vector that says what it is about (lm/embed.h makes
 * them; the store only keeps and compares them). A passage goes when a segment in it is changed or removed,
 * and its meeting then waits in the table `unembedded` for new ones. */
#ifndef MOIM_STORAGE_PASSAGES_H
#define MOIM_STORAGE_PASSAGES_H

#include "storage/store.h"

#define MOIM_VECTOR_DIM 384

struct moim_passage {
    double start, last, end; /* of its first segment; when its last one starts; when that ends */
    char *text;              /* of its segments, with spaces between */
};

/* Meetings that lack vectors, newest first. *ids is malloc'ed, NULL when there are none. */
int moim_unembedded(struct moim_store *s, int64_t **ids, int *n, struct moim_err *err);

/* The stretches of a meeting that have no vector, in time order. */
int moim_passages_missing(struct moim_store *s, int64_t meeting, struct moim_passage **list, int *n,
                          struct moim_err *err);
void moim_passages_free(struct moim_passage *list, int n);

/* Stores unit vectors [n][MOIM_VECTOR_DIM] for passages as moim_passages_missing gave them; one transaction.
 * A passage whose words have changed since is left out, and its meeting stays on the list. */
int moim_passages_put(struct moim_store *s, int64_t meeting, const struct moim_passage *list,
                      const float *vectors, int n, struct moim_err *err);

/* How close the passages of a meeting are to a unit vector, in time order; *list is malloc'ed, NULL when it has none. */
struct moim_passage_cosine {
    double start, last; /* of its first and its last segment, when they start */
    float cosine;
};
int moim_passages_compare(struct moim_store *s, int64_t meeting, const float *v,
                          struct moim_passage_cosine **list, int *n, struct moim_err *err);

/* What the reader of answers keeps of a meeting's turns (summarize/turn_reading.h); the store only keeps it, until a word of the
 * meeting changes. get: *bytes is malloc'ed, NULL when there is none. */
int moim_passages_put_reading(struct moim_store *s, int64_t meeting, const void *bytes, size_t size,
                              struct moim_err *err);
/* Meetings that have one, newest first, of those that began at or after since and before until (0: any), have the tag (NULL: any) and
 * are that one (0: any); none from the trash. *ids is malloc'ed, NULL when there are none. */
int moim_passages_read_meetings(struct moim_store *s, int64_t since, int64_t until, const char *tag,
                                int64_t meeting, int64_t **ids, int *n, struct moim_err *err);
int moim_passages_reading(struct moim_store *s, int64_t meeting, uint8_t **bytes, size_t *size,
                          struct moim_err *err);

/* Vectors of two models cannot be compared. Says by which model the store's are, "" for none; setting another
 * one drops them all and puts every meeting on the list. */
int moim_passages_model(struct moim_store *s, char *name, size_t cap, struct moim_err *err);
int moim_passages_use_model(struct moim_store *s, const char *name, struct moim_err *err);

#endif
