/* Finding again: meetings get vectors by the embedding model, and a query is looked up by its words and its
 * vector. */
#ifndef MOIM_FIRMWARE_PIPELINE_SEMANTIC_INDEX_H
#define MOIM_FIRMWARE_PIPELINE_SEMANTIC_INDEX_H

#include "firmware/pipeline/transcribe.h"
#include "storage/search.h"

/* Gives a meeting's passages the vectors that they lack. MOIM_ENOENT when the model is not installed: search
 * then finds words alone. progress may be NULL. */
int moim_embed_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                       void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

/* As moim_embed_meeting for every meeting that waits, newest first, until `seconds` have passed (<= 0: no
 * limit). *left: how many still wait. */
int moim_embed_waiting(struct moim_engine *e, struct moim_store *s, double seconds,
                       void (*progress)(void *arg, double done), void *arg, int *left, struct moim_err *err);

/* After a correction: the meeting's new passages at once, if that can be done. What cannot waits for the next
 * import or `doctor --repair`. */
void moim_embed_again(struct moim_store *s, int64_t meeting);

/* moim_search_run with the query's vector, where there is a model and it is the one that the store's vectors
 * are by; else by words alone. e may be NULL: by words. q->vector is not read. */
int moim_find(struct moim_engine *e, struct moim_store *s, const struct moim_search_query *q,
              struct moim_hit **hits, int *n, struct moim_err *err);

struct cJSON;
/* meeting, segment (but for minutes), title, started_at, start, end, speaker, text, where ("transcript" or
 * "minutes"), found (["words", "meaning"]), score, similarity, highlights ([[from, to], ...], code points of
 * text). NULL when memory runs out. */
struct cJSON *moim_hit_json(const struct moim_hit *h, const char *query);

#endif
