/* Voices: telling the speakers of a meeting apart again, remembering one with consent, and forgetting it. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/library/removal.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/diarize_stage.h"
#include "storage/speakers.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of_voice(const struct moim_known_voice *known, int n, int64_t id)
{
    for (int i = 0; i < n; i++)
        if (known[i].id == id) return known[i].name;
    return NULL;
}

int moim_add_offers(struct moim_store *s, int64_t meeting, cJSON *speakers, struct moim_err *err)
{
    struct moim_offer *offers;
    struct moim_known_voice *known = NULL;
    cJSON *o;
    int n, n_known = 0, rc = moim_offers_get(s, meeting, &offers, &n, err);
    if (!rc && n) rc = moim_voices_list(s, &known, &n_known, err);
    for (int i = 0; !rc && i < n; i++) {
        const char *name = name_of_voice(known, n_known, offers[i].voice);
        cJSON_ArrayForEach(o, speakers)
        {
            const cJSON *number = cJSON_GetObjectItem(o, "number"), *now = cJSON_GetObjectItem(o, "name");
            if (!name || number->valuedouble != offers[i].speaker || !strcmp(now->valuestring, name))
                continue;
            cJSON_AddStringToObject(o, "sounds_like", name);
            cJSON_AddNumberToObject(o, "similarity", (double)(long)(offers[i].similarity * 1000) / 1000);
        }
    }
    free(known);
    free(offers);
    return rc;
}

/* ---- what needs the sound and the models ---- */

/* A meeting's work in this request: the models, and the meeting held. */
struct hold {
    struct moim_engine *e;
    struct moim_store *s;
    struct moim_meeting_lock lock;
};

static int take(struct moim_serve *sv, int64_t meeting, struct hold *h, struct moim_err *err)
{
    struct moim_meeting m;
    h->e = sv->jobs ? moim_jobs_engine(sv->jobs, err) : NULL;
    if (!h->e)
        return sv->jobs ? err->code : moim_fail(err, MOIM_ECANCEL, "the job queue does not accept jobs");
    int rc = moim_meeting_lock(h->s, meeting, &h->lock, &m, err);
    if (!rc) moim_meeting_clear(&m);
    return rc;
}

static void finding(void *jobs, double done)
{
    moim_jobs_progress(jobs, "telling speakers apart", done);
}

/* A model is missing, not what was asked for. */
static void answer(struct moim_serve *sv, struct moim_store *s, int64_t meeting, int rc, struct moim_err *err,
                   struct moim_http_answer *an)
{
    if (rc == MOIM_ENOENT && !err->why) err->code = MOIM_EUNSUP;
    if (rc) {
        moim_answer_fail(an, err);
        return;
    }
    moim_answer_speakers(s, meeting, an);
    moim_tell_meeting(sv, meeting, "changed");
}

static void handle_find(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long count = 0;
    int64_t meeting = rq->id[0];
    struct moim_err err = {0};
    if (!moim_http_int(rq, an, "count", 0, MOIM_DIARIZE_SPEAKERS, false, &count)) return;
    struct hold h = {.s = moim_serve_store(sv, an)};
    if (!h.s) return;
    int rc = take(sv, meeting, &h, &err);
    if (!rc) {
        finding(sv->jobs, 0);
        rc = moim_diarize_meeting(h.e, h.s, meeting, (int)count, finding, sv->jobs, &err);
        moim_meeting_unlock(&h.lock);
    }
    answer(sv, h.s, meeting, rc, &err, an);
    moim_serve_store_back(sv, h.s);
}

static void handle_split(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    int number;
    int64_t meeting = rq->id[0];
    struct moim_err err = {0};
    struct hold h = {.s = moim_serve_store(sv, an)};
    if (!h.s) return;
    int rc = take(sv, meeting, &h, &err);
    if (!rc) {
        finding(sv->jobs, 0);
        rc = moim_speaker_split(h.e, h.s, meeting, (int)rq->id[1], &number, &err);
        moim_meeting_unlock(&h.lock);
    }
    answer(sv, h.s, meeting, rc, &err, an);
    moim_serve_store_back(sv, h.s);
}

/* *name: malloc'ed. */
static int given_name(struct moim_store *s, int64_t meeting, int64_t speaker, char **name,
                      struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = moim_segments_get(s, meeting, &list, &n, err);
    bool found = false;
    *name = NULL;
    for (int i = 0; !rc && i < n; i++) {
        found |= list[i].speaker == speaker;
        if (!*name && list[i].speaker == speaker && *list[i].speaker_name)
            *name = strdup(list[i].speaker_name);
    }
    moim_segments_free(list, n);
    if (!rc && !found)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_speaker", "meeting %lld has no speaker %lld",
                           (long long)meeting, (long long)speaker);
    if (!rc && !*name)
        rc = moim_fail_why(err, MOIM_ESTATE, "no_name", "a voice is remembered by a name: give one first");
    return rc;
}

static int remember(struct hold *h, const struct moim_http_request *rq, const char *name,
                    struct moim_err *err)
{
    float voice[MOIM_SPEAKER_DIM];
    int rc = moim_voice_of(h->e, h->s, rq->id[0], (int)rq->id[1], voice, err);
    return rc ? rc : moim_voices_remember(h->s, name, voice, err);
}

static void handle_remember(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    bool consent = false;
    char *name = NULL;
    struct moim_err err = {0};
    if (!moim_http_bool(rq, an, "consent", &consent)) return;
    if (!consent) {
        moim_answer_field(an, "consent", "must be true: a voice is remembered only if its owner agrees");
        return;
    }
    struct hold h = {.s = moim_serve_store(sv, an)};
    if (!h.s) return;
    int rc = given_name(h.s, rq->id[0], rq->id[1], &name, &err);
    if (!rc) rc = take(sv, rq->id[0], &h, &err);
    if (!rc) {
        moim_jobs_progress(sv->jobs, "remembering a voice", 0);
        rc = remember(&h, rq, name, &err);
        moim_meeting_unlock(&h.lock);
    }
    free(name);
    answer(sv, h.s, rq->id[0], rc, &err, an);
    moim_serve_store_back(sv, h.s);
}

/* ---- those that are kept ---- */

static int answer_voices(struct moim_store *s, struct moim_http_answer *an, struct moim_err *err)
{
    struct moim_known_voice *list;
    int n, rc = moim_voices_list(s, &list, &n, err);
    if (rc) return rc;
    cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "voices");
    for (int i = 0; i < n; i++) {
        cJSON *v = cJSON_CreateObject();
        cJSON_AddStringToObject(v, "name", list[i].name);
        moim_json_append(all, v);
    }
    free(list);
    moim_answer_json(an, 200, o);
    return MOIM_OK;
}

static void voices(struct moim_serve *sv, struct moim_http_answer *an, const char *forget)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = forget ? moim_voices_forget(s, forget, &err) : MOIM_OK;
    if (!rc) rc = answer_voices(s, an, &err);
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

static void handle_voices(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    voices(sv, an, NULL);
}

static void handle_forget(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name;
    if (!moim_http_query_text(rq, an, "name", MOIM_VOICE_NAME, &name)) return;
    if (name && *name)
        voices(sv, an, name);
    else
        moim_answer_field(an, "name", "is missing");
}

const struct moim_http_route moim_routes_voices[] = {
    {"POST", "api/v1/meetings/#/speakers/find", handle_find, MOIM_ROUTE_MODELS | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/speakers/#/split", handle_split, MOIM_ROUTE_MODELS | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/speakers/#/remember", handle_remember, MOIM_ROUTE_MODELS | MOIM_ROUTE_JSON},
    {"GET", "api/v1/voices", handle_voices, MOIM_ROUTE_STORE},
    {"DELETE", "api/v1/voices", handle_forget, MOIM_ROUTE_STORE},
    {0},
};
