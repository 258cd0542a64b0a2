/* The user's own kinds of minutes. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "storage/own_templates.h"
#include "storage/queue.h"
#include "summarize/template.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 1900 /* characters: the model's instructions hold no more */

bool moim_template_ok(struct moim_serve *sv, const char *field, const char *name, struct moim_http_answer *an)
{
    struct moim_err err;
    char *text = NULL;
    if (!*name || moim_choice_in(MOIM_TEMPLATES, name)) return true;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return false;
    int rc = moim_own_template_get(s, name, &text, &err);
    free(text);
    if (rc == MOIM_ENOENT)
        moim_answer_field(an, field, "must be one of " MOIM_TEMPLATES ", or one of your own");
    else if (rc)
        moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
    return !rc;
}

static int answer_all(struct moim_store *s, struct moim_http_answer *an, struct moim_err *err)
{
    struct moim_own_template *list;
    int n, rc = moim_own_template_list(s, &list, &n, err);
    if (rc) return rc;
    cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "templates");
    for (int i = 0; i < n; i++) {
        cJSON *t = cJSON_CreateObject();
        cJSON_AddStringToObject(t, "name", list[i].name);
        cJSON_AddStringToObject(t, "text", list[i].text);
        moim_json_append(all, t);
    }
    moim_own_templates_free(list, n);
    moim_answer_json(an, 200, o);
    return MOIM_OK;
}

/* Whose kind is gone writes plain minutes by default. */
static int remove_template(struct moim_store *s, const char *name, struct moim_err *err)
{
    char *chosen = NULL;
    int rc = moim_own_template_remove(s, name, err);
    if (!rc) rc = moim_setting_get(s, "minutes_template", "plain", &chosen, err);
    if (!rc && !strcmp(chosen, name)) rc = moim_setting_set(s, "minutes_template", "plain", err);
    free(chosen);
    return rc;
}

static void handle_templates(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (answer_all(s, an, &err)) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

static void handle_put(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name = NULL, *text = NULL;
    struct moim_template parsed;
    struct moim_err err;
    if (!moim_http_text(rq, an, "name", 1, 60, true, &name) ||
        !moim_http_text(rq, an, "text", 1, TEXT_MOST, true, &text))
        return;
    if (strpbrk(name, "\n\t/") || !name[strspn(name, " ")] || moim_choice_in(MOIM_TEMPLATES "|none", name)) {
        moim_answer_field(an, "name", "must be one line without \"/\", and none of " MOIM_TEMPLATES);
        return;
    }
    if (moim_template_parse(&parsed, text, &err)) {
        moim_answer_field(an, "text", "%s", err.msg);
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_own_template_put(s, name, text, &err);
    if (!rc) rc = answer_all(s, an, &err);
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

static void handle_remove(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *name;
    struct moim_err err;
    if (!moim_http_query_text(rq, an, "name", 60, &name)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = remove_template(s, name ? name : "", &err);
    if (!rc) rc = answer_all(s, an, &err);
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_templates[] = {
    {"GET", "api/v1/templates", handle_templates, MOIM_ROUTE_STORE},
    {"POST", "api/v1/templates", handle_put, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"DELETE", "api/v1/templates", handle_remove, MOIM_ROUTE_STORE},
    {0},
};
