/* Text replacement: in a copy of the meeting (redact) or as corrections (replace). */
#include "firmware/library/redact.h"
#include "base/text.h"
#include "firmware/api/context.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#define PASSAGES_MAX 100
#define PASSAGE_CHARACTERS 500

/* "words": each is validated like any text. */
static bool read_words(struct moim_http_request *rq, struct moim_http_answer *an, const char **words, int *n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(rq->json, "words"), *x;
    *n = 0;
    if (!list) return true;
    bool ok = cJSON_IsArray(list) && cJSON_GetArraySize(list) <= PASSAGES_MAX;
    cJSON_ArrayForEach(x, list)
    {
        int characters = 0;
        ok = ok && cJSON_IsString(x) && moim_text_ok(x->valuestring, &characters) && characters > 0 &&
             characters <= PASSAGE_CHARACTERS;
        if (ok) words[(*n)++] = x->valuestring;
    }
    if (!ok)
        moim_answer_error(an, 400, "words: must be a list of at most %d texts of 1 to %d characters",
                          PASSAGES_MAX, PASSAGE_CHARACTERS);
    return ok;
}

static void handle_redact(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *words[PASSAGES_MAX];
    struct moim_redaction how = {.words = words};
    struct moim_redacted done;
    struct moim_err err;
    int64_t id;
    if (!read_words(rq, an, words, &how.n_words) || !moim_http_bool(rq, an, "names", &how.names) ||
        !moim_http_bool(rq, an, "numbers", &how.numbers) || !moim_http_bool(rq, an, "tone", &how.tone) ||
        !moim_http_number(rq, an, "from", 0, 1e7, false, &how.from) ||
        !moim_http_number(rq, an, "to", 0, 1e7, false, &how.to))
        return;
    if (!how.n_words && !how.names && !how.numbers && how.to <= how.from) {
        moim_answer_error(an, 400, "must name words, names, numbers or from and to");
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_redact(s, rq->id[0], &how, &id, &done, &err)) {
        moim_answer_fail(an, &err);
    } else {
        moim_tell_meeting(sv, id, "added");
        moim_answer_row(sv, s, id, 201, an);
    }
    moim_serve_store_back(sv, s);
}

/* In one meeting, or in all if the path names none. */
static void handle_replace(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *old = NULL, *with = NULL;
    struct moim_replaced done;
    struct moim_err err;
    if (!moim_http_text(rq, an, "old", 1, PASSAGE_CHARACTERS, true, &old) ||
        !moim_http_text(rq, an, "new", 0, PASSAGE_CHARACTERS, true, &with))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_replace(s, rq->id[0], old, with, &done, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "meetings", done.meetings);
        cJSON_AddNumberToObject(o, "lines", done.lines);
        cJSON_AddNumberToObject(o, "minutes", done.items);
        if (rq->id[0]) moim_tell_meeting(sv, rq->id[0], "changed");
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

const struct moim_http_route moim_routes_redact[] = {
    {"POST", "api/v1/meetings/#/redact", handle_redact, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {"POST", "api/v1/meetings/#/replace", handle_replace, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {"POST", "api/v1/replace", handle_replace, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {0},
};
