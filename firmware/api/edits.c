/* Edits of a meeting: text, speakers, bookmarks. */
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/library/meeting_document.h"
#include "firmware/recording/recorder.h"
#include "storage/export.h"
#include "storage/lines.h"
#include "storage/speaker_steps.h"
#include "storage/speakers.h"
#include "storage/transcript_json.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The current segment; not found if it belongs to another meeting. */
static int find_segment(struct moim_store *s, int64_t meeting, int64_t segment, cJSON **json, uint32_t *tag,
                        struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_segment *list, *found = NULL;
    int n, rc = moim_meeting_get(s, meeting, &m, err);
    if (rc) return rc;
    rc = moim_segments_get(s, meeting, &list, &n, err);
    for (int i = 0; !rc && i < n; i++)
        if (list[i].id == segment) found = &list[i];
    if (!rc && !found)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_segment", "meeting %lld has no segment %lld",
                           (long long)meeting, (long long)segment);
    if (!rc) rc = moim_clean_beside(found, 1, m.language, err);
    if (!rc) {
        char *text = moim_segment_json(found, m.language);
        *tag = moim_segment_tag(found);
        *json = text ? cJSON_CreateRaw(text) : NULL;
        if (!*json) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        free(text);
    }
    moim_segments_free(list, n);
    moim_meeting_clear(&m);
    return rc;
}

struct segment_change {
    const char *text;  /* NULL: stays */
    long long speaker; /* 0: a new one; -1: stays */
    int highlight;     /* 1 or 0; -1: stays */
    int split;         /* characters before the cut; 0: not cut */
    bool undo, join;
};

static int apply_change(struct moim_store *s, const struct moim_http_request *rq,
                        const struct segment_change *c, struct moim_err *err)
{
    int64_t meeting = rq->id[0], segment = rq->id[1];
    int number = (int)c->speaker, rc = MOIM_OK;
    int64_t second;
    if (c->undo) return moim_segment_undo(s, segment, err);
    if (c->join) return moim_segment_join(s, meeting, segment, err);
    if (c->split) return moim_segment_split(s, meeting, segment, c->split, &second, err);
    if (c->text) rc = moim_segment_edit(s, segment, c->text, err);
    if (!rc && !number) rc = moim_speaker_next(s, meeting, &number, err);
    if (!rc && number > 0) rc = moim_segment_set_speaker(s, meeting, segment, number, err);
    if (!rc && c->highlight >= 0) rc = moim_segment_highlight(s, meeting, segment, c->highlight, err);
    return rc;
}

/* Changes the segment if the client's tag is current; *json is the segment after the change, or as it is if
 * refused. */
static int change_as_seen(struct moim_store *s, const struct moim_http_request *rq,
                          const struct segment_change *c, cJSON **json, bool *stale, struct moim_err *err)
{
    uint32_t tag;
    char text[16];
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = find_segment(s, rq->id[0], rq->id[1], json, &tag, err);
    if (rc) return moim_store_end(s, rc, err);
    snprintf(text, sizeof text, "%08x", tag);
    *stale = !moim_tag_matches(rq, text);
    if (!*stale) {
        cJSON_Delete(*json);
        *json = NULL;
        rc = apply_change(s, rq, c, err);
        if (!rc) rc = find_segment(s, rq->id[0], rq->id[1], json, &tag, err);
    }
    return moim_store_end(s, rc, err);
}

static void change_segment(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an,
                           const struct segment_change *c)
{
    struct moim_err err;
    cJSON *json = NULL;
    bool stale = false;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = change_as_seen(s, rq, c, &json, &stale, &err);
    if (rc) {
        cJSON_Delete(json);
        moim_answer_fail(an, &err);
    } else if (stale) {
        moim_answer_changed(an, json);
    } else {
        moim_answer_json(an, 200, json);
        moim_tell_meeting(sv, rq->id[0], "changed");
    }
    moim_serve_store_back(sv, s);
}

static void handle_segment(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct segment_change c = {.speaker = -1, .highlight = -1};
    bool highlighted = false;
    if (!moim_http_text(rq, an, "text", 0, 20000, false, &c.text) ||
        !moim_http_int(rq, an, "speaker", 0, 1000, false, &c.speaker) ||
        !moim_http_bool(rq, an, "highlighted", &highlighted))
        return;
    if (cJSON_HasObjectItem(rq->json, "highlighted")) c.highlight = highlighted;
    if (c.text || c.speaker >= 0 || c.highlight >= 0)
        change_segment(sv, rq, an, &c);
    else
        moim_answer_field(an, "text", "is missing");
}

static void handle_undo(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    change_segment(sv, rq, an, &(struct segment_change){.speaker = -1, .highlight = -1, .undo = true});
}

static void handle_split(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long at = 0;
    if (!moim_http_int(rq, an, "at", 1, 20000, true, &at)) return;
    change_segment(sv, rq, an, &(struct segment_change){.speaker = -1, .highlight = -1, .split = (int)at});
}

static void handle_join(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    change_segment(sv, rq, an, &(struct segment_change){.speaker = -1, .highlight = -1, .join = true});
}

static bool has_speaker(struct moim_store *s, int64_t meeting, int64_t number, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_segment *list;
    int n, rc = moim_meeting_get(s, meeting, &m, err);
    bool found = false;
    if (rc) return false;
    moim_meeting_clear(&m);
    if (moim_segments_get(s, meeting, &list, &n, err)) return false;
    for (int i = 0; i < n; i++) found |= list[i].speaker == number;
    moim_segments_free(list, n);
    if (!found)
        moim_fail_why(err, MOIM_ENOENT, "no_speaker", "meeting %lld has no speaker %lld", (long long)meeting,
                      (long long)number);
    return found;
}

/* Answers all speakers after a change. */
static void answer_change(struct moim_serve *sv, struct moim_store *s, int64_t meeting, int rc,
                          const struct moim_err *err, struct moim_http_answer *an)
{
    if (rc) {
        moim_answer_fail(an, err);
        return;
    }
    moim_answer_speakers(s, meeting, an);
    moim_tell_meeting(sv, meeting, "changed");
}

#define LINES_MOST 20000

/* Ids of segments: malloc'ed *list[*n]; false: refused. */
static bool read_segments(const struct moim_http_request *rq, struct moim_http_answer *an, int64_t **list,
                          int *n)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(rq->json, "segments"), *x;
    int size = cJSON_IsArray(all) ? cJSON_GetArraySize(all) : 0, k = 0;
    bool ok = size > 0 && size <= LINES_MOST;
    int64_t *ids = ok ? calloc((size_t)size, sizeof *ids) : NULL;
    if (ok && !ids) {
        moim_answer_error(an, 503, "out of memory");
        return false;
    }
    if (ok) {
        cJSON_ArrayForEach(x, all)
        {
            ok = ok && cJSON_IsNumber(x) && x->valuedouble >= 1 && x->valuedouble < 1e15;
            if (ok) ids[k++] = (int64_t)x->valuedouble;
        }
    }
    if (!ok) {
        free(ids);
        moim_answer_field(an, "segments", "must be a list of 1 to %d ids of segments", LINES_MOST);
        return false;
    }
    *n = k;
    *list = ids;
    return true;
}

/* number 0: somebody new. */
static int give_segments(struct moim_store *s, int64_t meeting, const int64_t *list, int n, int number,
                         struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    if (!number) rc = moim_speaker_next(s, meeting, &number, err);
    if (!rc) rc = moim_segments_give(s, meeting, list, n, number, err);
    return moim_store_end(s, rc, err);
}

static void handle_segments_speaker(struct moim_serve *sv, struct moim_http_request *rq,
                                    struct moim_http_answer *an)
{
    long long number = 0;
    int64_t *list;
    int n;
    struct moim_err err = {0};
    if (!moim_http_int(rq, an, "speaker", 0, 1000, true, &number) || !read_segments(rq, an, &list, &n))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (s) {
        int rc = give_segments(s, rq->id[0], list, n, (int)number, &err);
        answer_change(sv, s, rq->id[0], rc, &err, an);
        moim_serve_store_back(sv, s);
    }
    free(list);
}

/* The tag of a speaker's name ("" if unnamed) and number: what a rename replaces. */
static int speaker_tag(struct moim_store *s, int64_t meeting, int64_t number, char tag[16],
                       struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = moim_segments_get(s, meeting, &list, &n, err);
    const char *name = "";
    if (rc) return rc;
    for (int i = 0; i < n; i++)
        if (list[i].speaker == number && list[i].speaker_name) name = list[i].speaker_name;
    snprintf(tag, 16, "%08x", moim_tag_text(MOIM_TAG, name));
    moim_segments_free(list, n);
    return MOIM_OK;
}

static int name_speaker(struct moim_store *s, const struct moim_http_request *rq, const char *name,
                        bool *stale, struct moim_err *err)
{
    char tag[16];
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    if (!has_speaker(s, rq->id[0], rq->id[1], err)) rc = err->code;
    if (!rc) rc = speaker_tag(s, rq->id[0], rq->id[1], tag, err);
    *stale = !rc && !moim_tag_matches(rq, tag);
    if (!rc && !*stale) rc = moim_speaker_rename(s, rq->id[0], (int)rq->id[1], name, err);
    return moim_store_end(s, rc, err);
}

static void handle_speaker(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name = NULL;
    struct moim_err err = {0};
    bool stale = false;
    if (!moim_http_text(rq, an, "name", 0, 100, true, &name)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = name_speaker(s, rq, name, &stale, &err);
    if (stale)
        moim_answer_changed(an, moim_speakers_json(s, rq->id[0], &err));
    else
        answer_change(sv, s, rq->id[0], rc, &err, an);
    moim_serve_store_back(sv, s);
}

static void handle_speaker_undo(struct moim_serve *sv, struct moim_http_request *rq,
                                struct moim_http_answer *an)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    answer_change(sv, s, rq->id[0], moim_speaker_undo(s, rq->id[0], &err), &err, an);
    moim_serve_store_back(sv, s);
}

static void handle_merge(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long into = 0;
    struct moim_err err = {0};
    if (!moim_http_int(rq, an, "into", 1, 1000, true, &into)) return;
    if (into == rq->id[1]) {
        moim_answer_field(an, "into", "must be another speaker");
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = has_speaker(s, rq->id[0], rq->id[1], &err) && has_speaker(s, rq->id[0], into, &err)
                 ? moim_speaker_merge(s, rq->id[0], (int)rq->id[1], (int)into, &err)
                 : err.code;
    answer_change(sv, s, rq->id[0], rc, &err, an);
    moim_serve_store_back(sv, s);
}

static int answer_bookmarks(struct moim_store *s, int64_t meeting, struct moim_http_answer *an,
                            struct moim_err *err)
{
    struct moim_bookmark *list;
    int n, rc = moim_bookmark_list(s, meeting, &list, &n, err);
    if (rc) return rc;
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "id", (double)list[i].id);
        cJSON_AddNumberToObject(o, "at", list[i].at);
        cJSON_AddStringToObject(o, "note", list[i].note);
        moim_json_append(all, o);
    }
    moim_bookmarks_free(list, n);
    moim_answer_json(an, 201, all);
    return MOIM_OK;
}

static void handle_bookmark(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    double at = 0;
    const char *text = "";
    struct moim_err err;
    if (!moim_http_number(rq, an, "at", 0, 1e6, true, &at) ||
        !moim_http_text(rq, an, "note", 0, MOIM_NOTE_CHARACTERS, false, &text))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_bookmark_add(s, rq->id[0], at, text, &err);
    if (!rc) rc = answer_bookmarks(s, rq->id[0], an, &err);
    if (rc)
        moim_answer_fail(an, &err);
    else
        moim_tell_meeting(sv, rq->id[0], "changed");
    moim_serve_store_back(sv, s);
}

static void handle_bookmark_delete(struct moim_serve *sv, struct moim_http_request *rq,
                                   struct moim_http_answer *an)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_bookmark_remove(s, rq->id[0], rq->id[1], &err)) {
        moim_answer_fail(an, &err);
    } else {
        moim_answer_text(an, 204, NULL, NULL, 0);
        moim_tell_meeting(sv, rq->id[0], "changed");
    }
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_edits[] = {
    {"PATCH", "api/v1/meetings/#/segments/#", handle_segment, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/segments/#/undo", handle_undo, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/segments/#/split", handle_split, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/segments/#/join", handle_join, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/segments/speaker", handle_segments_speaker,
     MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"PATCH", "api/v1/meetings/#/speakers/#", handle_speaker, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/speakers/#/merge", handle_merge, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/speakers/undo", handle_speaker_undo, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/bookmarks", handle_bookmark, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"DELETE", "api/v1/meetings/#/bookmarks/#", handle_bookmark_delete, MOIM_ROUTE_STORE},
    {0},
};
