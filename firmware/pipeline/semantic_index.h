/* Search: meetings get vectors from the embedding model; a query is matched by words and by vector. */
#ifndef MOIM_FIRMWARE_PIPELINE_SEMANTIC_INDEX_H
#define MOIM_FIRMWARE_PIPELINE_SEMANTIC_INDEX_H

#include "firmware/pipeline/transcribe.h"
#include "storage/search.h"

/* Embeds a meeting's passages that have no vector. MOIM_ENOENT without the model: search is then by words
 * only. progress may be NULL. */
int moim_embed_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                       void (*progress)(void *arg, double done), void *arg, struct moim_err *err);

/* As moim_embed_meeting for every meeting without vectors, newest first, for at most `seconds` (<= 0: no
 * limit). *left: how many remain. */
int moim_embed_waiting(struct moim_engine *e, struct moim_store *s, double seconds,
                       void (*progress)(void *arg, double done), void *arg, int *left, struct moim_err *err);

/* After a correction: embeds the changed passages at once, if possible; else the next import or `doctor
 * --repair` does. */
void moim_embed_again(struct moim_store *s, int64_t meeting);

/* The vector of a question, to compare with the store's; false when their model is not installed. */
bool moim_question_vector(struct moim_engine *e, struct moim_store *s, const char *question, float *v);

/* moim_search_run with the query's vector if the model of the store's vectors is installed, else by words
 * only, as with e NULL. q->vector is ignored. */
int moim_find(struct moim_engine *e, struct moim_store *s, const struct moim_search_query *q,
              struct moim_hit **hits, int *n, struct moim_err *err);

struct cJSON;
/* meeting, segment (but for minutes), title, started_at, start, end, speaker, text, where ("transcript" or
 * "minutes"), found (["words", "meaning"]), score, similarity, highlights ([[from, to], ...], code points of
 * text). NULL when memory runs out. */
struct cJSON *moim_hit_json(const struct moim_hit *h, const char *query);

#endif
