/* Stretches of a recording that mean something to the user: corrected, or given to a speaker. Internal to
 * storage/ but for moim_assigned_get. */
#ifndef MOIM_STORAGE_SPANS_H
#define MOIM_STORAGE_SPANS_H

#include "storage/store.h"

struct moim_span {
    double start, end; /* seconds; end itself is outside, unless the span is empty */
    double reach;      /* the latest end up to here: an earlier span may end later */
    int64_t value;
};

struct moim_spans {
    struct moim_span *list; /* [n] by start; released with free */
    int n;
};

/* Appends; starts must not decrease. False when memory runs out. */
bool moim_spans_add(struct moim_spans *s, double start, double end, int64_t value);
/* How many begin at t or before. */
int moim_spans_before(const struct moim_spans *s, double t);
/* The span that t lies in, -1 for none. */
int moim_spans_at(const struct moim_spans *s, double t);

/* The times that the user gave to speakers; value: the speaker's number. Released with free(spans->list). */
int moim_assigned_get(struct moim_store *s, int64_t meeting, struct moim_spans *spans, struct moim_err *err);
/* From start to end the user says that speaker speaks, whatever was said before. In a transaction. */
int moim_assign_time(struct moim_store *s, int64_t meeting, double start, double end, int speaker,
                     struct moim_err *err);

#endif
