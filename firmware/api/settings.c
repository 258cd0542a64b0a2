/* Settings and their valid values. */
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/pipeline/models.h"
#include "storage/queue.h"
#include "summarize/languages.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { TEXT, TEMPLATE, CHOICE, BOOL, NUMBER, MODEL };
static const struct {
    const char *key;
    enum kind kind;
    const char *fallback, *choices;
    int min, max;
} setting[] = {
    {"name", TEXT, "", NULL, 1, 60},
    {"ui_language", CHOICE, "auto", "auto|ko|en", 0, 0},
    {"theme", CHOICE, "auto", "auto|light|dark", 0, 0},
    {"speech_language", CHOICE, "auto", "auto|ko|en", 0, 0},
    {"captions", BOOL, "true", NULL, 0, 0},
    {"microphone", TEXT, "", NULL, 0, 200},
    {"call", TEXT, "", NULL, 0, 200},
    {"minutes_template", TEMPLATE, "plain", NULL, 1, 60},
    {"minutes_model", MODEL, "", "minutes", 0, 60}, /* choices: the model's role */
    {"minutes_language", CHOICE, "", MOIM_LANGUAGE_OR_NONE, 0, 0},
    {"keep_audio_days", NUMBER, "0", NULL, 0, 36500},
    {"setup_done", BOOL, "false", NULL, 0, 0},
};
#define N_SETTINGS (sizeof setting / sizeof *setting)

/* Stored values are validated, too: an invalid one reads as the default. */
static const char *as_stored(size_t i, const char *v)
{
    bool ok = setting[i].kind != CHOICE || moim_choice_in(setting[i].choices, v);
    return ok ? v : setting[i].fallback;
}

static double number_of(size_t i, const char *v)
{
    double x = strtod(v, NULL);
    return x >= setting[i].min && x <= setting[i].max ? floor(x) : strtod(setting[i].fallback, NULL);
}

static int settings_json(struct moim_store *s, cJSON *o, struct moim_err *err)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        char *v, host[64] = "moim";
        if (!strcmp(setting[i].key, "name")) gethostname(host, sizeof host - 1);
        int rc = moim_setting_get(s, setting[i].key, *setting[i].fallback || i ? setting[i].fallback : host,
                                  &v, err);
        if (rc) return rc;
        if (setting[i].kind == BOOL)
            cJSON_AddBoolToObject(o, setting[i].key, !strcmp(v, "true"));
        else if (setting[i].kind == NUMBER)
            cJSON_AddNumberToObject(o, setting[i].key, number_of(i, v));
        else
            cJSON_AddStringToObject(o, setting[i].key, as_stored(i, v));
        free(v);
    }
    return MOIM_OK;
}

/* By name, never by path: a client must not reach the file system. */
static bool is_installed(const char *name, const char *role, const char *key, struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_err err;
    if (!*name || (!strcmp(name, "none") && !strcmp(role, "minutes"))) return true;
    if (moim_models_load(&m, &err)) {
        moim_answer_fail(an, &err);
        return false;
    }
    const struct moim_model *x = moim_models_named(&m, name, role);
    bool ok = x && moim_model_installed(&m, x);
    if (!ok) moim_answer_field(an, key, "no installed model for this has that name");
    moim_models_free(&m);
    return ok;
}

/* All settings of the body as text; all are validated before any is stored. */
static bool read_settings(struct moim_serve *sv, const struct moim_http_request *rq,
                          struct moim_http_answer *an, const char *text[], char number[N_SETTINGS][16])
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *key = setting[i].key;
        bool on = false, there = cJSON_GetObjectItemCaseSensitive(rq->json, key) != NULL;
        long long n = 0;
        text[i] = NULL;
        if (!there) continue;
        switch (setting[i].kind) {
        case TEXT:
            if (!moim_http_text(rq, an, key, setting[i].min, setting[i].max, false, &text[i])) return false;
            break;
        case MODEL:
            if (!moim_http_text(rq, an, key, setting[i].min, setting[i].max, false, &text[i]) ||
                (text[i] && !is_installed(text[i], setting[i].choices, key, an)))
                return false;
            break;
        case TEMPLATE:
            if (!moim_http_text(rq, an, key, setting[i].min, setting[i].max, false, &text[i]) ||
                !moim_template_ok(sv, key, text[i], an))
                return false;
            break;
        case CHOICE:
            if (!moim_http_choice(rq, an, key, setting[i].choices, &text[i])) return false;
            break;
        case BOOL:
            if (!moim_http_bool(rq, an, key, &on)) return false;
            text[i] = on ? "true" : "false";
            break;
        case NUMBER:
            if (!moim_http_int(rq, an, key, setting[i].min, setting[i].max, false, &n)) return false;
            snprintf(number[i], sizeof number[i], "%lld", n);
            text[i] = number[i];
            break;
        }
    }
    return true;
}

static void answer_settings(struct moim_serve *sv, struct moim_store *s, struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *o = cJSON_CreateObject();
    (void)sv;
    if (settings_json(s, o, &err)) {
        cJSON_Delete(o);
        moim_answer_fail(an, &err);
    } else {
        moim_answer_json(an, 200, o);
    }
}

static void handle_settings(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    answer_settings(sv, s, an);
    moim_serve_store_back(sv, s);
}

static void handle_settings_change(struct moim_serve *sv, struct moim_http_request *rq,
                                   struct moim_http_answer *an)
{
    const char *text[N_SETTINGS];
    char number[N_SETTINGS][16];
    struct moim_err err;
    int rc = MOIM_OK;
    if (!moim_http_has_body(rq, an) || !read_settings(sv, rq, an, text, number)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    for (size_t i = 0; !rc && i < N_SETTINGS; i++)
        if (text[i]) rc = moim_setting_set(s, setting[i].key, text[i], &err);
    if (!rc && sv->mic && cJSON_GetObjectItemCaseSensitive(rq->json, "microphone")) moim_mic_look(sv->mic);
    if (rc)
        moim_answer_fail(an, &err);
    else
        answer_settings(sv, s, an);
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_settings[] = {
    {"GET", "api/v1/settings", handle_settings, MOIM_ROUTE_STORE},
    {"PATCH", "api/v1/settings", handle_settings_change, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {0},
};
