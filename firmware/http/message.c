#include "firmware/http/message.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/platform/event_hub.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- what the request says ---- */

static const char *find(const struct moim_http_field *f, int n, const char *name, bool any_case)
{
    for (int i = 0; i < n; i++)
        if (any_case ? !strcasecmp(f[i].name, name) : !strcmp(f[i].name, name)) return f[i].value;
    return NULL;
}

bool moim_http_send_now(struct moim_http_request *rq)
{
    if (!rq->send) return false;
    rq->send(rq);
    return true;
}

const char *moim_http_header(const struct moim_http_request *rq, const char *name)
{
    return find(rq->header, rq->n_headers, name, true);
}
const char *moim_http_query(const struct moim_http_request *rq, const char *name)
{
    return find(rq->query, rq->n_query, name, false);
}
const char *moim_http_form(const struct moim_http_request *rq, const char *name)
{
    return find(rq->form, rq->n_form, name, false);
}

static bool parse_int(const char *text, long long min, long long max, long long *value)
{
    char *end;
    if (strspn(text, "-0123456789") != strlen(text) || !*text || strlen(text) > 18) return false;
    *value = strtoll(text, &end, 10);
    return !*end && *value >= min && *value <= max;
}

bool moim_http_query_int(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                         long long min, long long max, long long fallback, long long *value)
{
    const char *text = moim_http_query(rq, name);
    *value = fallback;
    if (!text || parse_int(text, min, max, value)) return true;
    moim_answer_field(an, name, "must be a whole number from %lld to %lld", min, max);
    return false;
}

static bool check_text(struct moim_http_answer *an, const char *name, const char *text, int min, int max)
{
    int n;
    if (!moim_text_ok(text, &n))
        moim_answer_field(an, name, "not valid UTF-8");
    else if (n < min)
        moim_answer_field(an, name, "must not be empty");
    else if (n > max)
        moim_answer_field(an, name, "longer than %d characters", max);
    else
        return true;
    return false;
}

bool moim_http_query_text(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                          int max, const char **value)
{
    *value = moim_http_query(rq, name);
    return !*value || check_text(an, name, *value, 0, max);
}

/* ---- JSON bodies ---- */

bool moim_http_json(struct moim_http_request *rq, struct moim_http_answer *an, bool may_be_empty)
{
    if (!rq->json && rq->body && rq->n_body) {
        int rc = moim_json_parse(&rq->json, rq->body, rq->n_body, true);
        if (rc == MOIM_ENOMEM) moim_answer_error(an, 500, "out of memory");
        if (rc == MOIM_EFORMAT) moim_answer_error(an, 400, "the body is not JSON");
        if (rc) return false;
    } else if (!rq->json && may_be_empty) {
        rq->json = cJSON_CreateObject();
    }
    if (cJSON_IsObject(rq->json)) return true;
    moim_answer_error(an, 400, "the body must be a JSON object");
    return false;
}

bool moim_http_has_body(const struct moim_http_request *rq, struct moim_http_answer *an)
{
    if (!rq->n_body) moim_answer_error(an, 400, "the body must be a JSON object");
    return rq->n_body > 0;
}

static const cJSON *member(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                           bool need, bool *ok)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(rq->json, key);
    *ok = v || !need;
    if (!*ok) moim_answer_field(an, key, "is missing");
    return v;
}

bool moim_http_text(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key, int min,
                    int max, bool need, const char **value)
{
    bool ok;
    const cJSON *v = member(rq, an, key, need, &ok);
    if (!v) return ok;
    if (!cJSON_IsString(v)) {
        moim_answer_field(an, key, "must be text");
        return false;
    }
    if (!check_text(an, key, v->valuestring, min, max)) return false;
    *value = v->valuestring;
    return true;
}

bool moim_http_number(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                      double min, double max, bool need, double *value)
{
    bool ok;
    const cJSON *v = member(rq, an, key, need, &ok);
    if (!v) return ok;
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= min && v->valuedouble <= max)) {
        moim_answer_field(an, key, "must be a number from %g to %g", min, max);
        return false;
    }
    *value = v->valuedouble;
    return true;
}

bool moim_http_int(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                   long long min, long long max, bool need, long long *value)
{
    double d = (double)*value;
    if (!moim_http_number(rq, an, key, (double)min, (double)max, need, &d)) return false;
    if (d != floor(d)) {
        moim_answer_field(an, key, "must be a whole number");
        return false;
    }
    *value = (long long)d;
    return true;
}

bool moim_http_bool(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                    bool *value)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(rq->json, key);
    if (!v) return true;
    if (!cJSON_IsBool(v)) {
        moim_answer_field(an, key, "must be true or false");
        return false;
    }
    *value = cJSON_IsTrue(v);
    return true;
}

bool moim_http_choice(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                      const char *choices, const char **value)
{
    const char *text = NULL;
    if (!moim_http_text(rq, an, key, 0, 100, false, &text)) return false;
    if (!text) return true;
    if (!moim_choice_in(choices, text)) {
        moim_answer_field(an, key, "must be one of %s", choices);
        return false;
    }
    *value = text;
    return true;
}

/* ---- answers ---- */

void moim_answer_text(struct moim_http_answer *an, int status, const char *type, char *body, size_t n)
{
    free(an->body);
    an->status = status;
    an->type = type;
    an->body = body;
    an->n = body ? n : 0;
}

void moim_answer_json(struct moim_http_answer *an, int status, cJSON *json)
{
    char *text = moim_json_text(json, false);
    cJSON_Delete(json);
    if (text)
        moim_answer_text(an, status, "application/json", text, strlen(text));
    else
        moim_answer_error(an, 500, "out of memory");
}

static const char *code_of(int status)
{
    static const struct {
        int status;
        const char *code;
    } list[] = {{400, "invalid"},     {401, "not_paired"}, {403, "forbidden"},   {404, "not_found"},
                {405, "method"},      {408, "too_slow"},   {409, "conflict"},    {413, "too_large"},
                {415, "unsupported"}, {416, "range"},      {421, "misdirected"}, {422, "damaged"},
                {429, "limited"},     {500, "internal"},   {501, "unavailable"}, {503, "busy"},
                {507, "disk_full"}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].status == status) return list[i].code;
    return "error";
}

/* code NULL: the status's default; field NULL: none. */
static void put_error(struct moim_http_answer *an, int status, const char *code, const char *field,
                      char text[600])
{
    moim_text_clean_in(text, 600, false);
    cJSON *o = cJSON_CreateObject(), *e = cJSON_AddObjectToObject(o, "error");
    cJSON_AddStringToObject(e, "code", code ? code : code_of(status));
    cJSON_AddStringToObject(e, "message", text);
    cJSON_AddStringToObject(e, "type", status < 500 ? "invalid_request_error" : "server_error");
    if (field) cJSON_AddStringToObject(e, "field", field);
    char *body = moim_json_text(o, false);
    cJSON_Delete(o);
    if (!body)
        body = strdup(
            "{\"error\":{\"code\":\"internal\",\"message\":\"out of memory\",\"type\":\"server_error\"}}");
    moim_answer_text(an, status, "application/json", body, body ? strlen(body) : 0);
}

void moim_answer_error(struct moim_http_answer *an, int status, const char *message, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, message);
    vsnprintf(text, sizeof text, message, ap);
    va_end(ap);
    put_error(an, status, NULL, NULL, text);
}

void moim_answer_why(struct moim_http_answer *an, int status, const char *code, const char *message, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, message);
    vsnprintf(text, sizeof text, message, ap);
    va_end(ap);
    put_error(an, status, code, NULL, text);
}

void moim_answer_field(struct moim_http_answer *an, const char *field, const char *message, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, message);
    int n = snprintf(text, sizeof text, "%s: ", field);
    vsnprintf(text + n, sizeof text - (size_t)n, message, ap);
    va_end(ap);
    put_error(an, 400, NULL, field, text);
}

static int http_status(int code)
{
    static const struct {
        int status, http;
    } list[] = {{MOIM_EINVAL, 400}, {MOIM_ENOENT, 404},  {MOIM_EFORMAT, 422},
                {MOIM_ESTATE, 409}, {MOIM_ENOSPC, 507},  {MOIM_EACCES, 500},
                {MOIM_EUNSUP, 501}, {MOIM_ECANCEL, 503}, {MOIM_EVERSION, 500}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].status == code) return list[i].http;
    return 500;
}

void moim_answer_fail(struct moim_http_answer *an, const struct moim_err *err)
{
    if (err->why)
        moim_answer_why(an, http_status(err->code), err->why, "%s", err->msg);
    else
        moim_answer_error(an, http_status(err->code), "%s", err->msg);
}

void moim_answer_header(struct moim_http_answer *an, const char *name, const char *format, ...)
{
    if (an->n_headers == MOIM_HTTP_HEADERS) return;
    va_list ap;
    va_start(ap, format);
    vsnprintf(an->header[an->n_headers].value, sizeof an->header[0].value, format, ap);
    va_end(ap);
    /* A line break in a value would allow header injection. */
    for (char *c = an->header[an->n_headers].value; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) *c = ' ';
    snprintf(an->header[an->n_headers++].name, sizeof an->header[0].name, "%s", name);
}

void moim_http_request_drop_upload(struct moim_http_request *rq)
{
    if (rq->upload) unlink(rq->upload);
    free(rq->upload);
    rq->upload = NULL;
}

void moim_http_request_clear(struct moim_http_request *rq)
{
    moim_http_request_drop_upload(rq);
    free(rq->body);
    cJSON_Delete(rq->json);
    rq->body = NULL;
    rq->json = NULL;
}

void moim_http_answer_clear(struct moim_http_answer *an)
{
    free(an->body);
    an->body = NULL;
    if (an->fd >= 0) close(an->fd);
    an->fd = -1;
    if (an->stream) moim_event_client_free(an->stream);
    an->stream = NULL;
}
