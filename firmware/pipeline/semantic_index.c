#include "firmware/pipeline/semantic_index.h"
#include "base/clock.h"
#include "base/json.h"
#include "firmware/pipeline/ask_int.h"
#include "firmware/pipeline/engine_int.h"
#include "storage/export.h"
#include "storage/passages.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(MOIM_VECTOR_DIM == MOIM_EMBED_DIM, "the store keeps what the model makes");

/* Embeds the missing passages and stores them in one transaction: a few seconds for a meeting. */
static int embed_list(struct moim_embed *m, struct moim_store *s, int64_t meeting,
                      const struct moim_passage *list, int n, void (*progress)(void *, double), void *arg,
                      struct moim_err *err)
{
    float *v = malloc(((size_t)n + 1) * MOIM_VECTOR_DIM * sizeof *v);
    int rc = v ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n; i++) {
        rc = moim_embed_topic(m, MOIM_EMBED_PASSAGE, list[i].text, v + (size_t)i * MOIM_VECTOR_DIM, err);
        if (progress) progress(arg, (double)(i + 1) / n);
    }
    if (!rc) rc = moim_passages_put(s, meeting, list, v, n, err);
    free(v);
    return rc;
}

/* What the reader of answers keeps of its turns; nothing where there is no reader. */
static int read_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    struct moim_answer_reader *r;
    struct moim_ask_talk t;
    struct moim_reading reading;
    int rc = moim_engine_answer_reader(e, &r, err);
    if (rc || !r) return rc;
    rc = moim_ask_talk_turns(s, meeting, &t, err);
    if (rc) return rc;
    rc = moim_ask_reading(r, s, &t, &reading, err);
    if (!rc) moim_reading_free(&reading);
    moim_ask_talk_free(&t);
    return rc;
}

int moim_embed_meeting(struct moim_engine *e, struct moim_store *s, int64_t meeting,
                       void (*progress)(void *arg, double done), void *arg, struct moim_err *err)
{
    struct moim_embed *m;
    struct moim_passage *list;
    const char *name;
    int n, rc = moim_engine_embed(e, &m, &name, err);
    if (!rc) rc = moim_passages_use_model(s, name, err);
    if (!rc) rc = moim_passages_missing(s, meeting, &list, &n, err);
    if (rc) return rc;
    rc = read_meeting(e, s, meeting, err);
    if (!rc) rc = embed_list(m, s, meeting, list, n, progress, arg, err);
    moim_passages_free(list, n);
    return rc;
}

int moim_embed_waiting(struct moim_engine *e, struct moim_store *s, double seconds,
                       void (*progress)(void *arg, double done), void *arg, int *left, struct moim_err *err)
{
    struct moim_embed *m;
    const char *name;
    int64_t *ids = NULL;
    int n = 0, done = 0;
    *left = 0;
    int rc = moim_engine_embed(e, &m, &name, err);
    if (!rc) rc = moim_passages_use_model(s, name, err);
    if (!rc) rc = moim_unembedded(s, &ids, &n, err);
    double until = moim_monotonic() + seconds;
    for (; !rc && done < n && (seconds <= 0 || moim_monotonic() < until); done++) {
        rc = moim_embed_meeting(e, s, ids[done], NULL, NULL, err);
        if (progress) progress(arg, (double)(done + 1) / n);
    }
    *left = n - done;
    free(ids);
    return rc;
}

void moim_embed_again(struct moim_store *s, int64_t meeting)
{
    struct moim_engine *e;
    struct moim_err ignored;
    if (moim_engine_new(&e, 1, &ignored)) return;
    moim_embed_meeting(e, s, meeting, NULL, NULL, &ignored);
    moim_engine_free(e);
}

bool moim_question_vector(struct moim_engine *e, struct moim_store *s, const char *question, float *v)
{
    struct moim_embed *m;
    const char *name;
    char stored[256];
    struct moim_err ignored;
    return e && *question && !moim_passages_model(s, stored, sizeof stored, &ignored) && *stored &&
           !moim_engine_embed(e, &m, &name, &ignored) && !strcmp(name, stored) &&
           !moim_embed_topic(m, MOIM_EMBED_QUERY, question, v, &ignored);
}

int moim_find(struct moim_engine *e, struct moim_store *s, const struct moim_search_query *q,
              struct moim_hit **hits, int *n, struct moim_err *err)
{
    struct moim_search_query with = *q;
    float v[MOIM_VECTOR_DIM];
    with.vector = moim_question_vector(e, s, q->text, v) ? v : NULL;
    return moim_search_run(s, &with, hits, n, err);
}

cJSON *moim_hit_json(const struct moim_hit *h, const char *query)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "meeting", (double)h->meeting);
    if (h->segment) cJSON_AddNumberToObject(o, "segment", (double)h->segment);
    cJSON_AddStringToObject(o, "title", h->title);
    moim_json_instant(o, "started_at", h->started_at);
    cJSON_AddNumberToObject(o, "start", round(h->start * 1000) / 1000);
    cJSON_AddNumberToObject(o, "end", round(h->end * 1000) / 1000);
    struct moim_segment who = {.speaker = h->speaker, .speaker_name = h->speaker_name};
    char own[MOIM_LABEL];
    const char *label = moim_speaker_label(own, &who, h->language);
    if (*label) cJSON_AddStringToObject(o, "speaker", label);
    cJSON_AddStringToObject(o, "text", h->text);
    cJSON_AddStringToObject(o, "where", h->where);
    if (h->found == MOIM_FOUND_MEANING) cJSON_AddBoolToObject(o, "guess", true);
    cJSON *found = cJSON_AddArrayToObject(o, "found");
    if (h->found & MOIM_FOUND_WORDS) moim_json_append(found, cJSON_CreateString("words"));
    if (h->found & MOIM_FOUND_MEANING) moim_json_append(found, cJSON_CreateString("meaning"));
    cJSON_AddNumberToObject(o, "score", round(h->score * 1e6) / 1e6);
    if (h->found & MOIM_FOUND_MEANING)
        cJSON_AddNumberToObject(o, "similarity", round((double)h->cosine * 1000) / 1000);
    cJSON *marks = cJSON_AddArrayToObject(o, "highlights");
    struct moim_highlight list[64];
    int n = moim_search_highlights(query, h->text, list, 64);
    if (n < 0) {
        cJSON_Delete(o);
        return NULL;
    }
    for (int i = 0; i < n; i++)
        moim_json_append(marks, cJSON_CreateIntArray((int[]){list[i].from, list[i].to}, 2));
    return o;
}
