/* A meeting as JSON: the API's answers and the export. */
#include "base/json.h"
#include "storage/export.h"
#include "storage/minutes_lines.h"
#include "storage/transcript_json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds are enough, and 12.3 reads better than 12.300000190734863. */
static void add_seconds(cJSON *o, const char *key, double v)
{
    cJSON_AddNumberToObject(o, key, round(v * 1000) / 1000);
}

cJSON *moim_meeting_json(const struct moim_meeting *m)
{
    cJSON *o = cJSON_CreateObject();
    if (m->id) cJSON_AddNumberToObject(o, "id", (double)m->id);
    cJSON_AddStringToObject(o, "title", m->title);
    moim_json_instant(o, "started_at", m->started_at);
    add_seconds(o, "duration_s", m->duration);
    cJSON_AddStringToObject(o, "state", moim_state_name(m->state));
    cJSON_AddStringToObject(o, "language", m->language);
    if (m->error && *m->error) cJSON_AddStringToObject(o, "error", m->error);
    return o;
}

/* What the store keeps of a line besides its words. */
static void add_identity(cJSON *o, const struct moim_item *it)
{
    char tag[16];
    if (!it->line) return;
    snprintf(tag, sizeof tag, "%08x", moim_item_tag(it));
    cJSON_AddNumberToObject(o, "id", (double)it->line);
    cJSON_AddStringToObject(o, "etag", tag);
    cJSON_AddStringToObject(o, "kind", it->kind);
    if (!strcmp(it->kind, "action")) cJSON_AddBoolToObject(o, "done", it->done_at != 0);
    if (it->done_at) moim_json_instant(o, "done_at", it->done_at);
    if (it->own & MOIM_OWN_LINE) cJSON_AddBoolToObject(o, "own", true);
    if (it->own & ~MOIM_OWN_LINE) cJSON_AddBoolToObject(o, "edited", true);
    if (it->verdict) cJSON_AddStringToObject(o, "verdict", it->verdict > 0 ? "accepted" : "rejected");
}

cJSON *moim_item_json(const struct moim_item *it)
{
    cJSON *o = cJSON_CreateObject(), *evidence;
    add_identity(o, it);
    cJSON_AddStringToObject(o, "text", it->text);
    if (*it->owner) cJSON_AddStringToObject(o, "owner", it->owner);
    if (*it->due_text) cJSON_AddStringToObject(o, "due", it->due_text);
    if (*it->due_date) cJSON_AddStringToObject(o, "due_date", it->due_date);
    add_seconds(o, "start", it->start);
    add_seconds(o, "end", it->end);
    evidence = cJSON_AddArrayToObject(o, "evidence");
    for (int i = 0; i < it->n_evidence; i++)
        moim_json_append(evidence, cJSON_CreateNumber((double)it->evidence[i]));
    return o;
}

cJSON *moim_minutes_json(const struct moim_item *items, int n)
{
    static const char *const key[] = {"summary", "topics",    "key_points", "decisions",
                                      "actions", "questions", "to_confirm", "suggestions"};
    cJSON *o = cJSON_CreateObject();
    for (int i = 0; i < n; i++)
        if (!strcmp(items[i].kind, "title")) cJSON_AddStringToObject(o, "title", items[i].text);
    for (int k = 0; moim_kinds[k]; k++) {
        cJSON *list = cJSON_AddArrayToObject(o, key[k]);
        for (int i = 0; i < n; i++)
            if (!strcmp(items[i].kind, moim_kinds[k])) moim_json_append(list, moim_item_json(&items[i]));
    }
    return o;
}

cJSON *moim_document_json(const struct moim_document *doc)
{
    cJSON *o = moim_meeting_json(doc->meeting), *list;
    char *segments = doc->minutes_only
                         ? strdup("")
                         : moim_segments_json(doc->segments, doc->n_segments, doc->meeting->language);
    if (!segments) { /* out of memory: no document rather than one without its lines */
        cJSON_Delete(o);
        return NULL;
    }
    if (moim_meeting_draft(doc->meeting, doc->n_segments)) cJSON_AddBoolToObject(o, "draft", true);
    if (!doc->minutes_only) cJSON_AddRawToObject(o, "segments", segments);
    free(segments);
    if (doc->n_items) moim_json_set(o, "minutes", moim_minutes_json(doc->items, doc->n_items));
    if (doc->n_bookmarks) {
        list = cJSON_AddArrayToObject(o, "bookmarks");
        for (int i = 0; i < doc->n_bookmarks; i++) {
            cJSON *b = cJSON_CreateObject();
            if (doc->bookmarks[i].id) cJSON_AddNumberToObject(b, "id", (double)doc->bookmarks[i].id);
            add_seconds(b, "at", doc->bookmarks[i].at);
            cJSON_AddStringToObject(b, "note", doc->bookmarks[i].note);
            moim_json_append(list, b);
        }
    }
    return o;
}

int moim_export_json(FILE *out, const struct moim_document *doc)
{
    cJSON *o = moim_document_json(doc);
    char *text = moim_json_text(o, true);
    cJSON_Delete(o);
    if (!text) return MOIM_ENOMEM;
    fputs(text, out);
    fputc('\n', out);
    free(text);
    return MOIM_OK;
}
