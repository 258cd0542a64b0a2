/* What a person changes in a meeting: words, speakers, marks. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/library/meeting_document.h"
#include "firmware/recording/recorder.h"
#include "storage/export.h"
#include "storage/transcript_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* The segment as it is now, found among its meeting's: another meeting's is not there. */
static int answer_segment(struct moim_store *s, int64_t meeting, int64_t segment, bool only_check,
                          struct moim_http_answer *an, struct moim_err *err)
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
    if (!rc && !only_check) {
        char *text = moim_segment_json(found, m.language);
        moim_answer_json(an, 200, text ? cJSON_CreateRaw(text) : NULL);
        free(text);
    }
    moim_segments_free(list, n);
    moim_meeting_clear(&m);
    return rc;
}

static void change_segment(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an,
                           const char *text)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = answer_segment(s, rq->id[0], rq->id[1], true, an, &err);
    if (!rc) rc = text ? moim_segment_edit(s, rq->id[1], text, &err) : moim_segment_undo(s, rq->id[1], &err);
    if (!rc) rc = answer_segment(s, rq->id[0], rq->id[1], false, an, &err);
    if (rc)
        moim_answer_fail(an, &err);
    else
        moim_tell_meeting(sv, rq->id[0], "changed");
    moim_serve_store_back(sv, s);
}

void moim_h_segment(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *text = NULL;
    if (moim_http_text(rq, an, "text", 0, 20000, true, &text)) change_segment(sv, rq, an, text);
}

void moim_h_undo(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    change_segment(sv, rq, an, NULL);
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

void moim_h_speaker(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name = NULL;
    struct moim_err err = {0};
    if (!moim_http_text(rq, an, "name", 0, 100, true, &name)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (!has_speaker(s, rq->id[0], rq->id[1], &err) ||
        moim_speaker_rename(s, rq->id[0], (int)rq->id[1], name, &err)) {
        moim_answer_fail(an, &err);
    } else {
        moim_answer_speakers(s, rq->id[0], an);
        moim_tell_meeting(sv, rq->id[0], "changed");
    }
    moim_serve_store_back(sv, s);
}

void moim_h_merge(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
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
    if (!has_speaker(s, rq->id[0], rq->id[1], &err) || !has_speaker(s, rq->id[0], into, &err) ||
        moim_speaker_merge(s, rq->id[0], (int)rq->id[1], (int)into, &err)) {
        moim_answer_fail(an, &err);
    } else {
        moim_answer_speakers(s, rq->id[0], an);
        moim_tell_meeting(sv, rq->id[0], "changed");
    }
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

void moim_h_bookmark(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
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

void moim_h_bookmark_delete(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
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
