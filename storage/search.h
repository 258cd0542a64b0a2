/* Search in all meetings: by words (FTS5 trigrams: also inside words) and by meaning (vectors of passages),
 * joined by reciprocal rank fusion (Cormack, Clarke and Buettcher 2009). */
#ifndef MOIM_STORAGE_SEARCH_H
#define MOIM_STORAGE_SEARCH_H

#include "storage/store.h"

struct moim_search_query {
    const char *text;     /* words, all of which must occur; may be "" when there is a vector */
    const float *vector;  /* what is looked for, a unit vector as passages have; NULL: words alone */
    float least;          /* cosine below which a passage is not like the query; 0: 0.2 */
    int64_t since, until; /* meetings that began at or after since and before until; 0: any */
    const char *speaker;  /* a part of the name, or the number; NULL: anybody */
    const char *tag;      /* NULL: any */
    int64_t meeting;      /* only that one; 0: any */
    int limit, offset;
    bool names;      /* also in titles, people's names, tags and notes */
    bool by_meeting; /* meetings by their best hit, within one by time; else best first */
    int *
        total; /* receives how many there are, limit and offset aside, up to MOIM_SEARCH_MOST; NULL: only the limit counts */
};
#define MOIM_SEARCH_MOST 5000

/* Best first. Without words and vector, what the speaker said, the newest meetings first. MOIM_EINVAL: not even that. Release with moim_hits_free. */
int moim_search_run(struct moim_store *s, const struct moim_search_query *q, struct moim_hit **hits, int *n,
                    struct moim_err *err);

/* Where the query's words stand in a text: pairs of first character and the one after the last, in code
 * points, ascending, not overlapping. Returns the number of pairs, at most cap; -1 when memory runs out. */
struct moim_highlight {
    int from, to;
};
int moim_search_highlights(const char *query, const char *text, struct moim_highlight *marks, int cap);

#endif
