/* Minutes: read, edit lines, versions. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "storage/export.h"
#include "storage/minutes_lines.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVIDENCE_MOST 64
#define KINDS "title|summary|topic|key_point|decision|action|question|to_confirm|suggestion"

/* ---- what has been changed meanwhile ---- */

bool moim_tag_matches(const struct moim_http_request *rq, const char *tag)
{
    const char *want = moim_http_header(rq, "If-Match");
    if (!want || !strcmp(want, "*")) return true;
    if (!strncmp(want, "W/", 2)) want += 2;
    size_t n = strlen(tag), quoted = *want == '"';
    return !strncmp(want + quoted, tag, n) && !strcmp(want + quoted + n, quoted ? "\"" : "");
}

void moim_answer_changed(struct moim_http_answer *an, cJSON *current)
{
    cJSON *o = cJSON_CreateObject(), *e = cJSON_AddObjectToObject(o, "error");
    cJSON_AddStringToObject(e, "code", "changed");
    cJSON_AddStringToObject(e, "message", "it was changed meanwhile; current is how it stands now");
    cJSON_AddStringToObject(e, "type", "invalid_request_error");
    moim_json_set(o, "current", current);
    moim_answer_json(an, 409, o);
}

/* ---- reading ---- */

/* The version and its etag. */
int moim_minutes_add_head(struct moim_store *s, int64_t meeting, cJSON *o, struct moim_err *err)
{
    struct moim_minutes_head h;
    char tag[40];
    int rc = moim_minutes_head(s, meeting, &h, err);
    if (rc || !h.number) return rc;
    snprintf(tag, sizeof tag, "%d.%d", h.number, h.revision);
    cJSON_AddNumberToObject(o, "version", h.number);
    cJSON_AddStringToObject(o, "etag", tag);
    cJSON_AddStringToObject(o, "author", h.author);
    cJSON_AddStringToObject(o, "template", h.template_name);
    cJSON_AddStringToObject(o, "model", h.model);
    moim_json_instant(o, "written_at", h.created_at);
    moim_json_instant(o, "changed_at", h.changed_at);
    moim_minutes_head_clear(&h);
    return MOIM_OK;
}

static int check_meeting(struct moim_store *s, int64_t id, struct moim_err *err)
{
    struct moim_meeting m;
    int rc = moim_meeting_get(s, id, &m, err);
    if (!rc) moim_meeting_clear(&m);
    return rc;
}

/* version 0: the current one. */
static int answer_minutes(struct moim_store *s, int64_t meeting, int version, int status,
                          struct moim_http_answer *an, struct moim_err *err)
{
    struct moim_item *items;
    int n, rc = check_meeting(s, meeting, err);
    if (rc) return rc;
    rc = version ? moim_minutes_get_version(s, meeting, version, &items, &n, err)
                 : moim_minutes_get(s, meeting, &items, &n, err);
    struct moim_minutes_head h = {0};
    if (!rc && !version) rc = moim_minutes_head(s, meeting, &h, err);
    if (!rc && !version && !h.number)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_minutes", "meeting %lld has no minutes yet",
                           (long long)meeting);
    moim_minutes_head_clear(&h);
    if (rc) return rc;
    cJSON *o = moim_minutes_json(items, n);
    moim_items_free(items, n);
    if (version)
        cJSON_AddNumberToObject(o, "version", version);
    else
        rc = moim_minutes_add_head(s, meeting, o, err);
    if (rc)
        cJSON_Delete(o);
    else
        moim_answer_json(an, status, o);
    return rc;
}

static void handle_minutes(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    long long version;
    if (!moim_http_query_int(rq, an, "version", 1, 1000000, 0, &version)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (answer_minutes(s, rq->id[0], (int)version, 200, an, &err)) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* ---- versions ---- */

static cJSON *version_json(const struct moim_minutes_version *v)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "version", v->number);
    cJSON_AddBoolToObject(o, "current", v->current);
    cJSON_AddStringToObject(o, "author", v->author);
    cJSON_AddStringToObject(o, "template", v->template_name);
    cJSON_AddStringToObject(o, "model", v->model);
    moim_json_instant(o, "written_at", v->created_at);
    moim_json_instant(o, "changed_at", v->changed_at);
    cJSON_AddNumberToObject(o, "lines", v->lines);
    return o;
}

static void handle_versions(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_minutes_version *list;
    struct moim_err err;
    int n;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = check_meeting(s, rq->id[0], &err);
    if (!rc) rc = moim_minutes_versions(s, rq->id[0], &list, &n, &err);
    if (rc) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *all = cJSON_CreateArray();
        for (int i = 0; i < n; i++) moim_json_append(all, version_json(&list[i]));
        moim_minutes_versions_free(list, n);
        moim_answer_json(an, 200, all);
    }
    moim_serve_store_back(sv, s);
}

static void handle_version_restore(struct moim_serve *sv, struct moim_http_request *rq,
                                   struct moim_http_answer *an)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = rq->id[1] > 1000000 ? moim_fail_why(&err, MOIM_ENOENT, "no_version", "no such version")
                                 : moim_minutes_restore(s, rq->id[0], (int)rq->id[1], &err);
    if (!rc) rc = answer_minutes(s, rq->id[0], 0, 200, an, &err);
    if (rc)
        moim_answer_fail(an, &err);
    else
        moim_tell_meeting(sv, rq->id[0], "changed");
    moim_serve_store_back(sv, s);
}

static cJSON *diff_json(const struct moim_line_diff *d, int n)
{
    static const char *const what[] = {"same", "changed", "added", "removed"};
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        const struct moim_item *any = d[i].after ? d[i].after : d[i].before;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "change", what[d[i].what]);
        cJSON_AddNumberToObject(o, "line", (double)any->line);
        cJSON_AddStringToObject(o, "kind", any->kind);
        if (d[i].before) moim_json_set(o, "before", moim_item_json(d[i].before));
        if (d[i].after) moim_json_set(o, "after", moim_item_json(d[i].after));
        moim_json_append(all, o);
    }
    return all;
}

static void handle_diff(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    long long from, to;
    struct moim_item *a = NULL, *b = NULL;
    struct moim_line_diff *d = NULL;
    struct moim_err err;
    int n_a = 0, n_b = 0, n = 0;
    if (!moim_http_query_int(rq, an, "from", 1, 1000000, 1, &from) ||
        !moim_http_query_int(rq, an, "to", 1, 1000000, 0, &to))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_minutes_get_version(s, rq->id[0], (int)from, &a, &n_a, &err);
    if (!rc)
        rc = to ? moim_minutes_get_version(s, rq->id[0], (int)to, &b, &n_b, &err)
                : moim_minutes_get(s, rq->id[0], &b, &n_b, &err);
    if (!rc && (n = moim_lines_diff(a, n_a, b, n_b, &d)) < 0) rc = moim_fail(&err, n, "out of memory");
    if (rc)
        moim_answer_fail(an, &err);
    else
        moim_answer_json(an, 200, diff_json(d, n));
    free(d);
    moim_items_free(a, n_a);
    moim_items_free(b, n_b);
    moim_serve_store_back(sv, s);
}

/* ---- lines ---- */

static bool there(const struct moim_http_request *rq, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(rq->json, key) != NULL;
}

static bool read_evidence(const struct moim_http_request *rq, struct moim_http_answer *an,
                          struct moim_line_change *c, int64_t list[EVIDENCE_MOST])
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(rq->json, "evidence"), *x;
    if (!all) return true;
    bool ok = cJSON_IsArray(all) && cJSON_GetArraySize(all) <= EVIDENCE_MOST;
    if (ok) {
        cJSON_ArrayForEach(x, all)
        {
            ok = ok && cJSON_IsNumber(x) && x->valuedouble >= 1 && x->valuedouble < 1e15;
            if (ok) list[c->n_evidence++] = (int64_t)x->valuedouble;
        }
    }
    c->evidence = list;
    if (!ok) moim_answer_field(an, "evidence", "must be a list of at most %d ids of segments", EVIDENCE_MOST);
    return ok;
}

static bool read_change(const struct moim_http_request *rq, struct moim_http_answer *an, bool add,
                        struct moim_line_change *c, int64_t evidence[EVIDENCE_MOST])
{
    const char *verdict = NULL;
    long long after = -1;
    bool done = false, removed = false;
    *c = MOIM_LINE_CHANGE;
    if (!moim_http_has_body(rq, an) || !moim_http_text(rq, an, "text", 1, 4000, add, &c->text) ||
        !moim_http_choice(rq, an, "kind", KINDS, &c->kind) ||
        !moim_http_text(rq, an, "owner", 0, 100, false, &c->owner) ||
        !moim_http_text(rq, an, "due", 0, 200, false, &c->due_text) ||
        !moim_http_text(rq, an, "due_date", 0, 10, false, &c->due_date) ||
        !moim_http_bool(rq, an, "done", &done) || !moim_http_bool(rq, an, "removed", &removed) ||
        !moim_http_choice(rq, an, "verdict", "accepted|rejected|none", &verdict) ||
        !moim_http_int(rq, an, "after", 0, 1000000000000000LL, false, &after) ||
        !read_evidence(rq, an, c, evidence))
        return false;
    if (add && !c->kind) {
        moim_answer_field(an, "kind", "is missing");
        return false;
    }
    if (c->text && !c->text[strspn(c->text, " \t\n")]) {
        moim_answer_field(an, "text", "must not be empty");
        return false;
    }
    if (c->due_date && *c->due_date && !moim_is_date(c->due_date)) {
        moim_answer_field(an, "due_date", "must be a date such as 2026-11-25");
        return false;
    }
    if (there(rq, "done")) c->done = done;
    if (there(rq, "removed")) c->removed = removed;
    if (verdict) c->verdict = *verdict == 'a' ? 1 : *verdict == 'r' ? -1 : 0;
    c->after = after;
    return true;
}

/* Changes a line if the client's tag is current; otherwise *current is the line as it is. */
static int change_line(struct moim_store *s, const struct moim_http_request *rq, int64_t meeting,
                       int64_t line, const struct moim_line_change *c, cJSON **current, struct moim_err *err)
{
    struct moim_item it;
    bool removed;
    char tag[16];
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = moim_line_get(s, meeting, line, &it, &removed, err);
    if (rc) return moim_store_end(s, rc, err);
    snprintf(tag, sizeof tag, "%08x", moim_item_tag(&it));
    if (!moim_tag_matches(rq, tag)) *current = moim_item_json(&it);
    moim_item_clear(&it);
    if (!*current) rc = moim_line_change(s, meeting, line, c, err);
    return moim_store_end(s, rc, err);
}

static void change_and_answer(struct moim_serve *sv, struct moim_http_request *rq,
                              struct moim_http_answer *an, const struct moim_line_change *c)
{
    struct moim_err err;
    cJSON *current = NULL;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = change_line(s, rq, rq->id[0], rq->id[1], c, &current, &err);
    if (!rc && !current) rc = answer_minutes(s, rq->id[0], 0, 200, an, &err);
    if (current)
        moim_answer_changed(an, current);
    else if (rc)
        moim_answer_fail(an, &err);
    else
        moim_tell_meeting(sv, rq->id[0], "changed");
    moim_serve_store_back(sv, s);
}

void moim_answer_line_change(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_line_change c;
    int64_t evidence[EVIDENCE_MOST];
    if (read_change(rq, an, false, &c, evidence)) change_and_answer(sv, rq, an, &c);
}

static void handle_line_remove(struct moim_serve *sv, struct moim_http_request *rq,
                               struct moim_http_answer *an)
{
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.removed = 1;
    change_and_answer(sv, rq, an, &c);
}

static void handle_line_add(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_line_change c;
    struct moim_err err;
    int64_t evidence[EVIDENCE_MOST], line;
    if (!read_change(rq, an, true, &c, evidence)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_line_add(s, rq->id[0], &c, &line, &err);
    if (!rc) rc = answer_minutes(s, rq->id[0], 0, 201, an, &err);
    if (rc) {
        moim_answer_fail(an, &err);
    } else {
        moim_answer_header(an, "Location", "/api/v1/meetings/%lld/minutes/lines/%lld", (long long)rq->id[0],
                           (long long)line);
        moim_tell_meeting(sv, rq->id[0], "changed");
    }
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_minutes[] = {
    {"GET", "api/v1/meetings/#/minutes", handle_minutes, MOIM_ROUTE_STORE},
    {"GET", "api/v1/meetings/#/minutes/versions", handle_versions, MOIM_ROUTE_STORE},
    {"POST", "api/v1/meetings/#/minutes/versions/#/restore", handle_version_restore,
     MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"GET", "api/v1/meetings/#/minutes/diff", handle_diff, MOIM_ROUTE_STORE},
    {"POST", "api/v1/meetings/#/minutes/lines", handle_line_add, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"PATCH", "api/v1/meetings/#/minutes/lines/#", moim_answer_line_change,
     MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"DELETE", "api/v1/meetings/#/minutes/lines/#", handle_line_remove, MOIM_ROUTE_STORE},
    {0},
};
