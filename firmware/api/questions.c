/* Questions: answered from the store, kept with their sources, forgotten when asked to. */
#include "storage/questions.h"
#include "base/json.h"
#include "firmware/api/answer_stream.h"
#include "firmware/api/context.h"
#include "firmware/pipeline/ask.h"
#include "firmware/pipeline/process.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MOST 200

/* A source as the Hit that it is in a search. */
static cJSON *source_json(const struct moim_source *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "meeting", (double)c->meeting);
    if (c->segment) cJSON_AddNumberToObject(o, "segment", (double)c->segment);
    cJSON_AddStringToObject(o, "title", c->title);
    moim_json_instant(o, "started_at", c->started_at);
    cJSON_AddNumberToObject(o, "start", c->start);
    if (*c->speaker) cJSON_AddStringToObject(o, "speaker", c->speaker);
    cJSON_AddStringToObject(o, "text", c->text);
    cJSON_AddStringToObject(o, "where", "transcript");
    return o;
}

static cJSON *question_json(const struct moim_question *q)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)q->id);
    moim_json_instant(o, "asked_at", q->asked_at);
    if (q->meeting) cJSON_AddNumberToObject(o, "meeting", (double)q->meeting);
    if (q->meeting) cJSON_AddStringToObject(o, "title", q->title);
    cJSON_AddStringToObject(o, "question", q->text);
    cJSON_AddStringToObject(o, "answer", q->answer);
    cJSON_AddBoolToObject(o, "known", q->n_sources > 0);
    cJSON *list = cJSON_AddArrayToObject(o, "citations");
    for (int i = 0; i < q->n_sources; i++) moim_json_append(list, source_json(&q->source[i]));
    return o;
}

/* ---- asking ---- */

struct asked {
    struct moim_serve *sv;
    struct moim_answer_stream stream;
    bool streams;
    char *question; /* a copy: a stream outlives its request */
    long long meeting;
};

static void progress(void *arg, const char *stage, double done)
{
    struct asked *a = arg;
    moim_jobs_progress(a->sv->jobs, stage, done);
    if (!a->streams) return;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "stage", stage);
    cJSON_AddNumberToObject(o, "progress", done);
    moim_answer_stream_send(&a->stream, "progress", o);
}

/* The places that come closest, where nothing is known: shown once and not kept. */
static void add_near(cJSON *o, const struct moim_reply *r)
{
    cJSON *list = cJSON_AddArrayToObject(o, "near");
    for (int i = 0; i < r->n_near; i++) {
        const struct moim_citation *c = &r->near[i];
        moim_json_append(list, source_json(&(struct moim_source){c->meeting, c->segment, c->started_at,
                                                                 c->start, c->title, c->speaker, c->text}));
    }
}

/* What was answered stays in the store, whether or not anybody still waits for it. */
static int keep(struct moim_store *s, const struct asked *a, const struct moim_reply *r, cJSON **json,
                struct moim_err *err)
{
    struct moim_source source[MOIM_ANSWER_REFS] = {{0}};
    struct moim_question q = {.meeting = a->meeting,
                              .text = a->question,
                              .answer = (char *)(uintptr_t)r->text,
                              .source = source,
                              .n_sources = r->n};
    struct moim_question kept;
    int64_t id;
    for (int i = 0; i < r->n; i++)
        source[i] = (struct moim_source){.meeting = r->cite[i].meeting, .start = r->cite[i].start};
    int rc = moim_question_add(s, &q, &id, err);
    if (!rc) rc = moim_question_get(s, id, &kept, err);
    if (rc) return rc;
    *json = question_json(&kept);
    add_near(*json, r);
    moim_question_clear(&kept);
    return MOIM_OK;
}

static int ask(struct asked *a, struct moim_engine *e, struct moim_store *s, cJSON **json,
               struct moim_err *err)
{
    struct moim_ask_filter filter = {.meeting = a->meeting, .progress = progress, .arg = a};
    struct moim_reply r = {0};
    struct moim_meeting m;
    char *model = NULL;
    int rc = a->meeting ? moim_meeting_get(s, a->meeting, &m, err) : MOIM_OK;
    if (rc) return rc;
    if (a->meeting) moim_meeting_clear(&m);
    if (!moim_setting_get(s, "minutes_model", "", &model, NULL) && *model) filter.model = model;
    rc = moim_minutes_names(s, moim_engine_models(e), filter.model, NULL, err);
    if (!rc) rc = moim_ask(e, s, a->question, &filter, &r, err);
    if (rc == MOIM_ENOENT && err->why) { /* no model to answer with */
        err->code = MOIM_EUNSUP;
        err->why = "no_minutes_model";
    }
    free(model);
    if (!rc) rc = keep(s, a, &r, json, err);
    moim_reply_clear(&r);
    return rc;
}

/* The error as its own answer would have it, as an event. */
static void send_error(struct moim_answer_stream *s, const struct moim_err *err)
{
    struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
    moim_answer_fail(&an, err);
    cJSON *o = cJSON_Parse(an.body);
    if (!o) o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "status", an.status);
    moim_http_answer_clear(&an);
    moim_answer_stream_send(s, "error", o);
}

static void answer(struct asked *a, struct moim_store *s, struct moim_engine *e, struct moim_http_answer *an)
{
    cJSON *json = NULL;
    struct moim_err err = {0};
    int rc = ask(a, e, s, &json, &err);
    bool begun = a->stream.hub != NULL;
    if (rc && !begun)
        moim_answer_fail(an, &err);
    else if (rc)
        send_error(&a->stream, &err);
    else if (a->streams)
        moim_answer_stream_send(&a->stream, "answer", json);
    else
        moim_answer_json(an, 200, json);
    moim_answer_stream_end(&a->stream);
}

static void handle_ask(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *question = NULL;
    struct asked a = {.sv = sv, .stream = {.rq = rq, .an = an}};
    struct moim_err err = {0};
    if (!moim_http_text(rq, an, "question", 1, 1000, true, &question) ||
        !moim_http_int(rq, an, "meeting", 1, 1000000000000000, false, &a.meeting) ||
        !moim_http_bool(rq, an, "stream", &a.streams))
        return;
    struct moim_engine *e = sv->jobs ? moim_jobs_engine(sv->jobs, &err) : NULL;
    if (!e) {
        moim_answer_error(an, 503, "%s", *err.msg ? err.msg : "too many questions are waiting");
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    a.question = strdup(question);
    if (a.question)
        answer(&a, s, e, an);
    else
        moim_answer_error(an, 500, "out of memory");
    free(a.question);
    moim_serve_store_back(sv, s);
}

/* ---- what was asked ---- */

static void handle_questions(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long meeting, limit;
    struct moim_question *list;
    struct moim_err err;
    int n;
    if (!moim_http_query_int(rq, an, "meeting", 0, 1000000000000000, 0, &meeting) ||
        !moim_http_query_int(rq, an, "limit", 1, LIST_MOST, 50, &limit))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_question_list(s, meeting, (int)limit, &list, &n, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "questions");
        for (int i = 0; i < n; i++) moim_json_append(all, question_json(&list[i]));
        moim_questions_free(list, n);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

static void forget(struct moim_serve *sv, struct moim_http_answer *an, int64_t id, int64_t meeting)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (id ? moim_question_remove(s, id, &err) : moim_questions_forget(s, meeting, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_text(an, 204, NULL, NULL, 0);
    moim_serve_store_back(sv, s);
}

static void handle_question_delete(struct moim_serve *sv, struct moim_http_request *rq,
                                   struct moim_http_answer *an)
{
    forget(sv, an, rq->id[0], 0);
}

static void handle_questions_delete(struct moim_serve *sv, struct moim_http_request *rq,
                                    struct moim_http_answer *an)
{
    long long meeting;
    if (moim_http_query_int(rq, an, "meeting", 0, 1000000000000000, 0, &meeting)) forget(sv, an, 0, meeting);
}

const struct moim_http_route moim_routes_questions[] = {
    {"POST", "api/v1/ask", handle_ask, MOIM_ROUTE_MODELS | MOIM_ROUTE_JSON},
    {"GET", "api/v1/questions", handle_questions, MOIM_ROUTE_STORE},
    {"DELETE", "api/v1/questions", handle_questions_delete, MOIM_ROUTE_STORE},
    {"DELETE", "api/v1/questions/#", handle_question_delete, MOIM_ROUTE_STORE},
    {0},
};
