/* Tasks of all meetings: JSON list, CSV, iCalendar; marking them done. */
#include "storage/tasks.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "storage/export.h"
#include "storage/minutes_lines.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static bool query_day(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                      const char **day)
{
    *day = moim_http_query(rq, name);
    if (*day && !**day) *day = NULL;
    if (!*day || moim_is_date(*day)) return true;
    moim_answer_field(an, name, "must be a date such as 2026-11-25");
    return false;
}

static bool read_query(const struct moim_http_request *rq, struct moim_http_answer *an,
                       struct moim_task_query *q, const char **format)
{
    long long limit, offset, meeting;
    const char *state = moim_http_query(rq, "state");
    *format = moim_http_query(rq, "format");
    if (!*format) *format = "json";
    *q = (struct moim_task_query){0};
    if (!moim_http_query_text(rq, an, "owner", 100, &q->owner) ||
        !moim_http_query_text(rq, an, "q", 500, &q->text) || !query_day(rq, an, "due_from", &q->due_from) ||
        !query_day(rq, an, "due_until", &q->due_until) ||
        !moim_http_query_int(rq, an, "limit", 1, 10000, 200, &limit) ||
        !moim_http_query_int(rq, an, "offset", 0, 1000000000, 0, &offset) ||
        !moim_http_query_int(rq, an, "meeting", 0, 1000000000000LL, 0, &meeting))
        return false;
    if (state && !moim_choice_in("open|done|all", state)) {
        moim_answer_field(an, "state", "must be one of open|done|all");
        return false;
    }
    if (!moim_choice_in("json|csv|ics", *format)) {
        moim_answer_field(an, "format", "must be one of json|csv|ics");
        return false;
    }
    q->nobody = q->owner && !strcmp(q->owner, "-");
    if (q->nobody) q->owner = NULL;
    q->state = !state || *state == 'a' ? MOIM_TASKS_ALL : *state == 'o' ? MOIM_TASKS_OPEN : MOIM_TASKS_DONE;
    q->limit = strcmp(*format, "json") ? 0 : (int)limit; /* a file has all of them */
    q->offset = (int)offset;
    q->meeting = meeting;
    return true;
}

static cJSON *task_json(const struct moim_task *t)
{
    cJSON *o = moim_item_json(&t->item);
    cJSON_AddNumberToObject(o, "meeting", (double)t->meeting.id);
    cJSON_AddStringToObject(o, "title", t->meeting.title);
    moim_json_instant(o, "started_at", t->meeting.started_at);
    return o;
}

static int answer_list(struct moim_store *s, const struct moim_task *list, int n, int total,
                       struct moim_http_answer *an, struct moim_err *err)
{
    struct moim_task_owner *owner;
    int n_owners, rc = moim_task_owners(s, &owner, &n_owners, err);
    if (rc) return rc;
    cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "tasks");
    for (int i = 0; i < n; i++) moim_json_append(all, task_json(&list[i]));
    cJSON_AddNumberToObject(o, "total", total);
    all = cJSON_AddArrayToObject(o, "owners");
    for (int i = 0; i < n_owners; i++) {
        cJSON *x = cJSON_CreateObject();
        cJSON_AddStringToObject(x, "owner", owner[i].owner);
        cJSON_AddNumberToObject(x, "open", owner[i].open);
        moim_json_append(all, x);
    }
    moim_task_owners_free(owner, n_owners);
    moim_answer_json(an, 200, o);
    return MOIM_OK;
}

static int answer_file(const struct moim_task *list, int n, bool csv, struct moim_http_answer *an,
                       struct moim_err *err)
{
    char *text = NULL;
    size_t size = 0;
    bool korean = n && !strcmp(list[0].meeting.language, "ko");
    FILE *out = open_memstream(&text, &size);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = csv ? moim_tasks_csv(out, list, n, korean) : moim_tasks_ics(out, list, n);
    if (!moim_stream_end(out, &text)) rc = MOIM_ENOMEM;
    if (rc) {
        free(text);
        return moim_fail(err, rc, "out of memory");
    }
    moim_answer_text(an, 200, csv ? "text/csv; charset=utf-8" : "text/calendar; charset=utf-8", text, size);
    moim_answer_header(an, "Content-Disposition", "attachment; filename=\"tasks.%s\"", csv ? "csv" : "ics");
    return MOIM_OK;
}

static void handle_tasks(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_task_query q;
    struct moim_task *list;
    struct moim_err err;
    const char *format;
    int n, total;
    if (!read_query(rq, an, &q, &format)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_tasks(s, &q, &list, &n, &total, &err);
    if (!rc) {
        rc = *format == 'j' ? answer_list(s, list, n, total, an, &err)
                            : answer_file(list, n, *format == 'c', an, &err);
        moim_tasks_free(list, n);
    }
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* A task is a line of its meeting's minutes: the same change under another path. */
static void handle_task(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    int64_t meeting;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_line_meeting(s, rq->id[0], &meeting, &err);
    moim_serve_store_back(sv, s);
    if (rc) {
        moim_answer_fail(an, &err);
        return;
    }
    rq->id[1] = rq->id[0];
    rq->id[0] = meeting;
    moim_answer_line_change(sv, rq, an);
}

const struct moim_http_route moim_routes_tasks[] = {
    {"GET", "api/v1/tasks", handle_tasks, MOIM_ROUTE_STORE},
    {"PATCH", "api/v1/tasks/#", handle_task, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {0},
};
