/* Meetings: list, details, title and tags, deletion, minutes, processing. */
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/trash.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/models.h"
#include "firmware/pipeline/process.h"
#include "storage/overview.h"
#include "storage/queue.h"
#include "storage/speaker_steps.h"
#include "summarize/languages.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void moim_tell_meeting(struct moim_serve *sv, int64_t id, const char *change)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", (double)id);
    cJSON_AddStringToObject(o, "change", change);
    moim_events_publish(sv->events, "meeting", o);
}

bool moim_read_instant(const char *text, int64_t *when)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!end || *end || tm.tm_year < -1899 || tm.tm_year > 8099) return false;
    *when = (int64_t)timegm(&tm);
    return true;
}

static bool is_recording(struct moim_serve *sv, int64_t id)
{
    return sv->mic && moim_mic_meeting(sv->mic) == id;
}

static void add_tags(cJSON *o, const char *tags)
{
    cJSON *list = cJSON_AddArrayToObject(o, "tags");
    while (*tags) {
        size_t n = strcspn(tags, "\n");
        char tag[1024];
        snprintf(tag, sizeof tag, "%.*s", (int)n, tags);
        moim_json_append(list, cJSON_CreateString(tag));
        tags += n + (tags[n] == '\n');
    }
}

/* A preview of at most 200 characters, cut between characters. */
static void add_preview(cJSON *o, const char *text)
{
    char cut[820];
    size_t n = 0;
    for (int characters = 0; n < sizeof cut - 4 && text[n]; n++)
        if ((text[n] & 0xc0) != 0x80 && ++characters > 200) break;
    while (n && text[n] && (text[n] & 0xc0) == 0x80) n--;
    snprintf(cut, sizeof cut, "%.*s", (int)n, text);
    cJSON_AddStringToObject(o, "preview", cut);
}

/* The etag of title, tags and time. */
static void row_tag(const struct moim_overview *row, char tag[16])
{
    char when[32];
    snprintf(when, sizeof when, "%lld", (long long)row->meeting.started_at);
    snprintf(tag, 16, "%08x",
             moim_tag_text(moim_tag_text(moim_tag_text(MOIM_TAG, row->meeting.title), row->tags), when));
}

/* When it was moved to the trash, and when it will be deleted. */
static void add_trash(cJSON *o, const struct moim_meeting *m)
{
    if (!m->trashed_at) return;
    moim_json_instant(o, "trashed_at", m->trashed_at);
    moim_json_instant(o, "deleted_at", m->trashed_at + MOIM_TRASH_DAYS * 86400);
}

cJSON *moim_row_json(struct moim_serve *sv, const struct moim_overview *row)
{
    char tag[16];
    cJSON *o = moim_meeting_json(&row->meeting);
    row_tag(row, tag);
    cJSON_AddStringToObject(o, "etag", tag);
    cJSON_AddBoolToObject(o, "recording", is_recording(sv, row->meeting.id));
    cJSON_AddBoolToObject(o, "has_audio", *row->meeting.audio != 0);
    add_tags(o, row->tags);
    cJSON_AddNumberToObject(o, "speakers", row->speakers);
    add_trash(o, &row->meeting);
    if (row->meeting.no_minutes) cJSON_AddBoolToObject(o, "no_minutes", true);
    add_preview(o, row->preview);
    return o;
}

void moim_answer_row(struct moim_serve *sv, struct moim_store *s, int64_t id, int status,
                     struct moim_http_answer *an)
{
    struct moim_overview row;
    struct moim_err err;
    if (moim_overview_get(s, id, &row, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    moim_answer_json(an, status, moim_row_json(sv, &row));
    moim_overview_clear(&row);
}

static void handle_meetings(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long limit, offset;
    const char *tag;
    struct moim_overview *list;
    struct moim_err err;
    int n, total;
    if (!moim_http_query_int(rq, an, "limit", 1, 1000, 100, &limit) ||
        !moim_http_query_int(rq, an, "offset", 0, 1000000000, 0, &offset) ||
        !moim_http_query_text(rq, an, "tag", 100, &tag))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_overview_page(s, tag, (int)limit, (int)offset, &list, &n, &total, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "meetings");
        for (int i = 0; i < n; i++) moim_json_append(all, moim_row_json(sv, &list[i]));
        cJSON_AddNumberToObject(o, "total", total);
        moim_overview_free(list, n);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

static cJSON *speakers_json(const struct moim_segment *list, int n, const char *lang)
{
    struct moim_share *share;
    char tag[16];
    int k = moim_shares(list, n, lang, &share);
    if (k < 0) return NULL;
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < k; i++) {
        if (!share[i].number) continue; /* unknown speaker */
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "number", share[i].number);
        cJSON_AddStringToObject(o, "name", share[i].label);
        cJSON_AddBoolToObject(o, "named", share[i].named);
        snprintf(tag, sizeof tag, "%08x", moim_tag_text(MOIM_TAG, share[i].named ? share[i].label : ""));
        cJSON_AddStringToObject(o, "etag", tag);
        cJSON_AddNumberToObject(o, "seconds", (double)(long long)(share[i].seconds * 1000) / 1000);
        cJSON_AddBoolToObject(o, "can_split", moim_speaker_can_split(list, n, share[i].number));
        moim_json_append(all, o);
    }
    free(share);
    return all;
}

cJSON *moim_speakers_json(struct moim_store *s, int64_t id, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_segment *list;
    cJSON *all = NULL;
    int n;
    if (moim_meeting_get(s, id, &m, err)) return NULL;
    if (!moim_segments_get(s, id, &list, &n, err)) {
        all = speakers_json(list, n, m.language);
        if (!all) moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (all && moim_add_offers(s, id, all, err)) {
            cJSON_Delete(all);
            all = NULL;
        }
        moim_segments_free(list, n);
    }
    moim_meeting_clear(&m);
    return all;
}

void moim_answer_speakers(struct moim_store *s, int64_t id, struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *all = moim_speakers_json(s, id, &err);
    if (all)
        moim_answer_json(an, 200, all);
    else
        moim_answer_fail(an, &err);
}

/* The last speaker edit, which can be undone. */
static int add_step(struct moim_store *s, int64_t id, cJSON *o, struct moim_err *err)
{
    struct moim_speaker_step step;
    int rc = moim_speaker_last_step(s, id, &step, err);
    if (rc || !step.kind) return rc;
    cJSON *u = cJSON_AddObjectToObject(o, "speaker_undo");
    cJSON_AddStringToObject(u, "kind", step.kind);
    cJSON_AddNumberToObject(u, "number", step.number);
    if (step.other) cJSON_AddNumberToObject(u, "other", step.other);
    if (*step.name) cJSON_AddStringToObject(u, "name", step.name);
    moim_speaker_step_clear(&step);
    return MOIM_OK;
}

static cJSON *meeting_json(struct moim_serve *sv, const struct moim_whole *w, const struct moim_overview *row)
{
    char tag[16];
    cJSON *o = moim_document_json(&w->doc);
    row_tag(row, tag);
    cJSON_AddStringToObject(o, "etag", tag);
    if (!cJSON_GetObjectItem(o, "bookmarks")) cJSON_AddArrayToObject(o, "bookmarks");
    moim_json_set(o, "speakers", speakers_json(w->segments, w->doc.n_segments, w->meeting.language));
    add_tags(o, row->tags);
    cJSON_AddBoolToObject(o, "recording", is_recording(sv, w->meeting.id));
    cJSON_AddBoolToObject(o, "has_audio", *w->meeting.audio != 0);
    add_trash(o, &w->meeting);
    return o;
}

static void handle_meeting(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_whole w;
    struct moim_overview row;
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_overview_get(s, rq->id[0], &row, &err);
    if (!rc) {
        rc = moim_whole_load(s, rq->id[0], &w, &err);
        if (!rc) {
            rc = moim_clean_beside(w.segments, w.doc.n_segments, w.meeting.language, &err);
            cJSON *o = meeting_json(sv, &w, &row), *minutes = cJSON_GetObjectItem(o, "minutes");
            if (!rc && minutes) rc = moim_minutes_add_head(s, rq->id[0], minutes, &err);
            if (!rc) rc = moim_add_offers(s, rq->id[0], cJSON_GetObjectItem(o, "speakers"), &err);
            if (!rc) rc = add_step(s, rq->id[0], o, &err);
            if (rc)
                cJSON_Delete(o);
            else
                moim_answer_json(an, 200, o);
            moim_whole_free(&w);
        }
        moim_overview_clear(&row);
    }
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* Reads the body's tags into list[]; *n stays -1 if it has none. */
bool moim_read_tags(const struct moim_http_request *rq, struct moim_http_answer *an, const char *list[32],
                    int *n)
{
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(rq->json, "tags"), *t;
    int characters;
    *n = -1;
    if (!tags) return true;
    if (!cJSON_IsArray(tags) || cJSON_GetArraySize(tags) > 32) {
        moim_answer_field(an, "tags", "must be a list of at most 32");
        return false;
    }
    *n = 0;
    cJSON_ArrayForEach(t, tags)
    {
        if (!cJSON_IsString(t) || !moim_text_ok(t->valuestring, &characters) || characters < 1 ||
            characters > 60 || strpbrk(t->valuestring, "\n\t")) {
            moim_answer_field(an, "tags", "each must be one line of 1 to 60 characters");
            return false;
        }
        list[(*n)++] = t->valuestring;
    }
    return true;
}

/* The start time of the body, if present: ISO 8601, UTC. */
static bool read_start(const struct moim_http_request *rq, struct moim_http_answer *an, int64_t *start)
{
    const char *text = NULL;
    if (!moim_http_text(rq, an, "started_at", 1, 40, false, &text)) return false;
    if (!text || moim_read_instant(text, start)) return true;
    moim_answer_field(an, "started_at", "must be an instant such as 2026-11-25T09:30:00Z");
    return false;
}

static int as_seen(struct moim_store *s, const struct moim_http_request *rq, bool *stale,
                   struct moim_err *err)
{
    struct moim_overview row;
    char tag[16];
    int rc = moim_overview_get(s, rq->id[0], &row, err);
    if (rc) return rc;
    row_tag(&row, tag);
    *stale = !moim_tag_matches(rq, tag);
    moim_overview_clear(&row);
    return MOIM_OK;
}

static void answer_stale(struct moim_serve *sv, struct moim_store *s, int64_t id, struct moim_http_answer *an)
{
    struct moim_overview row;
    struct moim_err err;
    if (moim_overview_get(s, id, &row, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    moim_answer_changed(an, moim_row_json(sv, &row));
    moim_overview_clear(&row);
}

static void handle_meeting_change(struct moim_serve *sv, struct moim_http_request *rq,
                                  struct moim_http_answer *an)
{
    const char *title = NULL, *tags[32];
    struct moim_err err;
    int64_t start = INT64_MIN;
    int n;
    if (!moim_http_has_body(rq, an) || !moim_http_text(rq, an, "title", 1, 500, false, &title) ||
        !moim_read_tags(rq, an, tags, &n) || !read_start(rq, an, &start))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    bool stale = false;
    int rc = moim_store_begin(s, &err);
    if (!rc) {
        rc = as_seen(s, rq, &stale, &err);
        if (!rc && !stale && title) rc = moim_meeting_set_title(s, rq->id[0], title, &err);
        if (!rc && !stale && n >= 0) rc = moim_tags_set(s, rq->id[0], tags, n, &err);
        if (!rc && !stale && start != INT64_MIN) rc = moim_meeting_set_time(s, rq->id[0], start, &err);
        rc = moim_store_end(s, rc, &err);
    }
    if (rc) {
        moim_answer_fail(an, &err);
    } else if (stale) {
        answer_stale(sv, s, rq->id[0], an);
    } else {
        moim_answer_row(sv, s, rq->id[0], 200, an);
        if (an->status == 200) moim_tell_meeting(sv, rq->id[0], "changed");
    }
    moim_serve_store_back(sv, s);
}

void moim_answer_job(struct moim_serve *sv, struct moim_store *s, const struct moim_job_row *row,
                     struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *job;
    if (!sv->jobs)
        moim_answer_error(an, 503, "the job queue does not accept jobs");
    else if (moim_jobs_add(sv->jobs, s, row, &job, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_json(an, 202, job);
}

/* Accepts names of minutes models only, never a path. */
static bool minutes_model_ok(const char *name, struct moim_http_answer *an)
{
    struct moim_models m;
    bool ok = !*name || !strcmp(name, "none");
    if (!ok && !moim_models_load(&m, NULL)) {
        ok = moim_models_named(&m, name, "minutes") != NULL;
        moim_models_free(&m);
    }
    if (!ok) moim_answer_field(an, "model", "no minutes model has that name");
    return ok;
}

static void handle_minutes_again(struct moim_serve *sv, struct moim_http_request *rq,
                                 struct moim_http_answer *an)
{
    const char *template_name = "", *model = "", *lang = "";
    if (!moim_http_text(rq, an, "template", 0, 60, false, &template_name) ||
        !moim_template_ok(sv, "template", template_name, an) ||
        !moim_http_choice(rq, an, "language", MOIM_LANGUAGE_CODES, &lang) ||
        !moim_http_text(rq, an, "model", 0, 60, false, &model) || !minutes_model_ok(model, an))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    struct moim_job_row row = {.meeting = rq->id[0],
                               .kind = "minutes",
                               .language = (char *)(uintptr_t)lang,
                               .model = (char *)(uintptr_t)model,
                               .template_name = (char *)(uintptr_t)template_name};
    moim_answer_job(sv, s, &row, an);
    moim_serve_store_back(sv, s);
}

static bool may_be_heard_again(struct moim_store *s, int64_t id, struct moim_http_answer *an)
{
    struct moim_meeting m;
    struct moim_err err;
    int rc = moim_meeting_get(s, id, &m, &err);
    if (!rc && !moim_has_sound(s, &m))
        rc = moim_fail_why(&err, MOIM_ESTATE, "no_audio",
                           "meeting %lld has no sound: it cannot be recognised again", (long long)id);
    moim_meeting_clear(&m);
    if (rc) moim_answer_fail(an, &err);
    return !rc;
}

static void handle_process(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *lang = "", *recogniser = "";
    bool again = false;
    double from = 0, to = 0;
    if (!moim_http_bool(rq, an, "again", &again) ||
        !moim_http_choice(rq, an, "language", "auto|ko|en", &lang) ||
        !moim_http_number(rq, an, "from", 0, 1e6, false, &from) ||
        !moim_http_number(rq, an, "to", 0, 1e6, false, &to) ||
        !moim_http_choice(rq, an, "recogniser", "whisper|conformer", &recogniser))
        return;
    if ((from > 0 || *recogniser) && to <= 0) {
        moim_answer_field(an, "to", "is missing: only a part can be recognised with a model of its own");
        return;
    }
    if (to > 0 && to <= from) {
        moim_answer_field(an, "to", "must be after \"from\"");
        return;
    }
    again = again || to > 0;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    struct moim_job_row row = {.meeting = rq->id[0],
                               .kind = "process",
                               .again = again,
                               .language = (char *)(uintptr_t)lang,
                               .model = (char *)(uintptr_t)recogniser,
                               .template_name = "",
                               .start = from,
                               .end = to};
    if (is_recording(sv, rq->id[0]))
        moim_answer_why(an, 409, "being_recorded", "meeting %lld is being recorded", (long long)rq->id[0]);
    else if (!again || may_be_heard_again(s, rq->id[0], an))
        moim_answer_job(sv, s, &row, an);
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_meetings[] = {
    {"GET", "api/v1/meetings", handle_meetings, MOIM_ROUTE_STORE},
    {"GET", "api/v1/meetings/#", handle_meeting, MOIM_ROUTE_STORE},
    {"PATCH", "api/v1/meetings/#", handle_meeting_change, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/minutes", handle_minutes_again, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/process", handle_process, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {0},
};
