/* Trash and restore, for one meeting or many. */
#include "firmware/library/trash.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/library/removal.h"
#include "storage/overview.h"
#include "storage/queue.h"
#include "summarize/languages.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BULK_MOST 500 /* meetings in one request */

static int trash_one(struct moim_serve *sv, struct moim_store *s, int64_t id, bool forever,
                     struct moim_err *err)
{
    int rc = forever ? moim_delete(s, id, err) : moim_trash(s, id, (int64_t)time(NULL), err);
    if (rc == MOIM_ENOSPC && !forever)
        return moim_fail(err, rc, "the disk is full; deleting for good makes room (forever=1)");
    if (rc) return rc;
    if (sv->jobs) moim_jobs_forget(sv->jobs, id);
    moim_tell_meeting(sv, id, "deleted");
    return MOIM_OK;
}

static void handle_meeting_delete(struct moim_serve *sv, struct moim_http_request *rq,
                                  struct moim_http_answer *an)
{
    struct moim_err err;
    long long forever;
    if (!moim_http_query_int(rq, an, "forever", 0, 1, 0, &forever)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (trash_one(sv, s, rq->id[0], forever, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_text(an, 204, NULL, NULL, 0);
    moim_serve_store_back(sv, s);
}

static void handle_restore(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_trash_restore(s, rq->id[0], &err)) {
        moim_answer_fail(an, &err);
    } else {
        moim_answer_row(sv, s, rq->id[0], 200, an);
        moim_tell_meeting(sv, rq->id[0], "added");
    }
    moim_serve_store_back(sv, s);
}

static void handle_trash(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_overview *list;
    struct moim_err err;
    int n;
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_overview_trash(s, &list, &n, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "meetings");
        for (int i = 0; i < n; i++) moim_json_append(all, moim_row_json(sv, &list[i]));
        cJSON_AddNumberToObject(o, "total", n);
        cJSON_AddNumberToObject(o, "days", MOIM_TRASH_DAYS);
        moim_overview_free(list, n);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

static void handle_trash_empty(struct moim_serve *sv, struct moim_http_request *rq,
                               struct moim_http_answer *an)
{
    struct moim_err err;
    int deleted;
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_trash_empty(s, 0, (int64_t)time(NULL), &deleted, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "deleted", deleted);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

/* ---- many at once ---- */

struct bulk {
    const char *action, *template_name, *language;
    const char *tags[32];
    int n_tags;
    int64_t id[BULK_MOST];
    int n;
    bool again;
};

static bool read_ids(const struct moim_http_request *rq, struct moim_http_answer *an, struct bulk *b)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(rq->json, "ids"), *x;
    bool ok = cJSON_IsArray(all) && cJSON_GetArraySize(all) && cJSON_GetArraySize(all) <= BULK_MOST;
    if (ok) {
        cJSON_ArrayForEach(x, all)
        {
            ok = ok && cJSON_IsNumber(x) && x->valuedouble >= 1 && x->valuedouble < 1e15;
            if (ok) b->id[b->n++] = (int64_t)x->valuedouble;
        }
    }
    if (!ok) moim_answer_field(an, "ids", "must be a list of 1 to %d ids of meetings", BULK_MOST);
    return ok;
}

/* The meeting's tags with b's tags added or removed. */
static int change_tags(struct moim_store *s, int64_t id, const struct bulk *b, bool add, struct moim_err *err)
{
    struct moim_overview row;
    const char *all[64];
    char *save = NULL;
    int n = 0, rc = moim_overview_get(s, id, &row, err);
    if (rc) return rc;
    for (char *t = strtok_r(row.tags, "\n", &save); t && n < 32; t = strtok_r(NULL, "\n", &save)) {
        bool named = false;
        for (int i = 0; i < b->n_tags; i++) named |= !strcmp(t, b->tags[i]);
        if (!named) all[n++] = t;
    }
    for (int i = 0; add && i < b->n_tags; i++) all[n++] = b->tags[i];
    rc = n > 32 ? moim_fail(err, MOIM_EINVAL, "a meeting has 32 tags at most")
                : moim_tags_set(s, id, all, n, err);
    moim_overview_clear(&row);
    return rc;
}

static int queue_one(struct moim_serve *sv, struct moim_store *s, int64_t id, const struct bulk *b,
                     struct moim_err *err)
{
    struct moim_job_row row = {.meeting = id,
                               .kind = (char *)(uintptr_t)b->action,
                               .again = b->again && *b->action == 'p',
                               .language = (char *)(uintptr_t)b->language,
                               .model = "",
                               .template_name = (char *)(uintptr_t)b->template_name};
    if (!sv->jobs) return moim_fail(err, MOIM_ECANCEL, "no jobs are taken");
    return moim_jobs_add(sv->jobs, s, &row, NULL, err);
}

static int do_one(struct moim_serve *sv, struct moim_store *s, int64_t id, const struct bulk *b,
                  struct moim_err *err)
{
    if (!strcmp(b->action, "trash") || !strcmp(b->action, "delete"))
        return trash_one(sv, s, id, *b->action == 'd', err);
    int rc = !strcmp(b->action, "restore") ? moim_trash_restore(s, id, err)
             : !strcmp(b->action, "tag")   ? change_tags(s, id, b, true, err)
             : !strcmp(b->action, "untag") ? change_tags(s, id, b, false, err)
                                           : queue_one(sv, s, id, b, err);
    if (!rc) moim_tell_meeting(sv, id, *b->action == 'r' ? "added" : "changed");
    return rc;
}

static cJSON *run_bulk(struct moim_serve *sv, struct moim_store *s, const struct bulk *b)
{
    cJSON *o = cJSON_CreateObject(), *done = cJSON_AddArrayToObject(o, "done"),
          *failed = cJSON_AddArrayToObject(o, "failed");
    for (int i = 0; i < b->n; i++) {
        struct moim_err err = {0};
        if (!do_one(sv, s, b->id[i], b, &err)) {
            moim_json_append(done, cJSON_CreateNumber((double)b->id[i]));
            continue;
        }
        cJSON *x = cJSON_CreateObject();
        cJSON_AddNumberToObject(x, "id", (double)b->id[i]);
        cJSON_AddStringToObject(x, "code",
                                err.why                   ? err.why
                                : err.code == MOIM_ENOENT ? "not_found"
                                                          : "conflict");
        cJSON_AddStringToObject(x, "message", err.msg);
        moim_json_append(failed, x);
    }
    return o;
}

static void handle_bulk(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct bulk *b = calloc(1, sizeof *b);
    if (!b) {
        moim_answer_error(an, 500, "out of memory");
        return;
    }
    b->template_name = b->language = "";
    bool ok =
        read_ids(rq, an, b) &&
        moim_http_choice(rq, an, "action", "trash|restore|delete|tag|untag|process|minutes", &b->action) &&
        moim_http_text(rq, an, "template", 0, 60, false, &b->template_name) &&
        moim_template_ok(sv, "template", b->template_name, an) &&
        moim_http_choice(rq, an, "language", MOIM_LANGUAGE_CODES, &b->language) &&
        moim_http_bool(rq, an, "again", &b->again) && moim_read_tags(rq, an, b->tags, &b->n_tags);
    if (ok && !b->action) {
        moim_answer_field(an, "action", "is missing");
        ok = false;
    }
    struct moim_store *s = ok ? moim_serve_store(sv, an) : NULL;
    if (s) {
        moim_answer_json(an, 200, run_bulk(sv, s, b));
        moim_serve_store_back(sv, s);
    }
    free(b);
}

const struct moim_http_route moim_routes_trash[] = {
    {"DELETE", "api/v1/meetings/#", handle_meeting_delete, MOIM_ROUTE_SLOW},
    {"POST", "api/v1/meetings/#/restore", handle_restore, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/bulk", handle_bulk, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {"GET", "api/v1/trash", handle_trash, MOIM_ROUTE_STORE},
    {"DELETE", "api/v1/trash", handle_trash_empty, MOIM_ROUTE_SLOW},
    {0},
};
