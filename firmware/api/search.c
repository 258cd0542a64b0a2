/* Search, tags, vocabulary. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/context.h"
#include "firmware/library/vocab_suggestions.h"
#include "firmware/pipeline/semantic_index.h"
#include "storage/overview.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- search ---- */

/* "YYYY-MM-DD" as the start of that day in local time; 0 if the parameter is missing. */
static bool query_date(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                       int plus, int64_t *when)
{
    const char *text = moim_http_query(rq, name);
    int y, m, d, used = 0;
    *when = 0;
    if (!text || !*text) return true;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 || text[used] || y < 1 || m < 1 || m > 12 ||
        d < 1 || d > 31) {
        moim_answer_field(an, name, "must be a date such as 2026-11-25");
        return false;
    }
    struct tm tm = {.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d + plus, .tm_isdst = -1};
    *when = (int64_t)mktime(&tm);
    if (*when < 1) *when = 1; /* before all meetings; 0 would be any time */
    return true;
}

/* The embedding model stays loaded for a while after a search, and is unloaded when idle. */
struct moim_finder {
    pthread_mutex_t lock;
    struct moim_engine *engine;
    double used;
};
#define FINDER_SECONDS 60

struct moim_finder *moim_finder_new(void)
{
    struct moim_finder *f = calloc(1, sizeof *f);
    if (f) pthread_mutex_init(&f->lock, NULL);
    return f;
}

void moim_finder_free(struct moim_finder *f)
{
    if (!f) return;
    moim_engine_free(f->engine);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void moim_finder_poll(struct moim_finder *f)
{
    /* A busy model is not idle: do not wait for it. */
    if (pthread_mutex_trylock(&f->lock)) return;
    if (f->engine && moim_monotonic() - f->used > FINDER_SECONDS) {
        moim_engine_free(f->engine);
        f->engine = NULL;
        malloc_trim(0);
    }
    pthread_mutex_unlock(&f->lock);
}

static int find(struct moim_serve *sv, struct moim_store *s, const struct moim_search_query *q, bool words,
                struct moim_hit **hits, int *n, struct moim_err *err)
{
    struct moim_finder *f = sv->finder;
    struct moim_err ignored;
    if (words) return moim_find(NULL, s, q, hits, n, err);
    pthread_mutex_lock(&f->lock);
    /* One thread: waking others costs more than embedding a dozen words. Without a model the search is by
     * words only. */
    if (!f->engine) moim_engine_new(&f->engine, 1, &ignored);
    int rc = moim_find(f->engine, s, q, hits, n, err);
    f->used = moim_monotonic();
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static void handle_search(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_search_query q = {.names = true};
    const char *order = moim_http_query(rq, "order");
    long long limit, offset, words, meeting;
    int total = 0;
    struct moim_hit *hits;
    struct moim_err err;
    int n;
    if (!moim_http_query_text(rq, an, "q", 500, &q.text) ||
        !moim_http_query_int(rq, an, "limit", 1, 1000, 50, &limit) ||
        !moim_http_query_int(rq, an, "offset", 0, MOIM_SEARCH_MOST, 0, &offset) ||
        !moim_http_query_int(rq, an, "words", 0, 1, 0, &words) || !query_date(rq, an, "from", 0, &q.since) ||
        !query_date(rq, an, "to", 1, &q.until) || !moim_http_query_text(rq, an, "speaker", 100, &q.speaker) ||
        !moim_http_query_text(rq, an, "tag", 100, &q.tag) ||
        !moim_http_query_int(rq, an, "meeting", 0, 1000000000000000, 0, &meeting))
        return;
    if (order && !moim_choice_in("best|meeting", order)) {
        moim_answer_field(an, "order", "must be one of best|meeting");
        return;
    }
    bool empty = !q.text || !q.text[strspn(q.text, " \t\n")];
    if (empty && !(q.speaker && *q.speaker)) {
        moim_answer_field(an, "q", "must not be empty");
        return;
    }
    q.limit = (int)limit;
    q.meeting = meeting;
    q.offset = (int)offset;
    q.by_meeting = order && *order == 'm';
    q.total = &total;
    if (empty) q.text = "";
    if (q.speaker && !*q.speaker) q.speaker = NULL;
    if (q.tag && !*q.tag) q.tag = NULL;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (find(sv, s, &q, words || empty, &hits, &n, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "hits");
        for (int i = 0; i < n; i++) moim_json_append(all, moim_hit_json(&hits[i], q.text));
        cJSON_AddNumberToObject(o, "total", total);
        cJSON_AddBoolToObject(o, "more", total >= MOIM_SEARCH_MOST);
        moim_hits_free(hits, n);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

/* ---- tags ---- */

static void handle_tags(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_tag_count *list;
    struct moim_err err;
    int n;
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    if (moim_tags_list(s, &list, &n, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *all = cJSON_CreateArray();
        for (int i = 0; i < n; i++) {
            cJSON *o = cJSON_CreateObject();
            cJSON_AddStringToObject(o, "tag", list[i].tag);
            cJSON_AddNumberToObject(o, "meetings", list[i].meetings);
            moim_json_append(all, o);
        }
        moim_tags_free(list, n);
        moim_answer_json(an, 200, all);
    }
    moim_serve_store_back(sv, s);
}

/* ---- vocabulary ---- */

/* Dismissed suggestions: a setting, one word a line. */
static bool dismissed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strcspn(p, "\n") == n && !strncmp(p, word, n)) return true;
    return false;
}

static int dismiss(struct moim_store *s, const char *word, struct moim_err *err)
{
    char *list, *longer = NULL;
    int rc = moim_setting_get(s, "dismissed_words", "", &list, err);
    if (rc) return rc;
    if (!dismissed(list, word)) {
        if (asprintf(&longer, "%s%s\n", list, word) < 0)
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        else
            rc = moim_setting_set(s, "dismissed_words", longer, err);
        free(longer);
    }
    free(list);
    return rc;
}

/* Suggestions from corrections; none if the store is busy. */
static void add_suggestions(struct moim_store *s, cJSON *all)
{
    struct moim_suggestion *list;
    char *never;
    int n;
    if (moim_setting_get(s, "dismissed_words", "", &never, NULL)) return;
    if (!moim_suggest(s, &list, &n, NULL)) {
        for (int i = 0; i < n; i++) {
            if (dismissed(never, list[i].word)) continue;
            cJSON *o = cJSON_CreateObject();
            cJSON_AddStringToObject(o, "word", list[i].word);
            cJSON_AddStringToObject(o, "instead_of", list[i].heard);
            cJSON_AddNumberToObject(o, "times", list[i].count);
            moim_json_append(all, o);
        }
        moim_suggestions_free(list, n);
    }
    free(never);
}

static int answer_vocabulary(struct moim_store *s, struct moim_http_answer *an, struct moim_err *err)
{
    struct moim_vocab_row *rows;
    int n, rc = moim_vocab_list(s, &rows, &n, err);
    if (rc) return rc;
    cJSON *o = cJSON_CreateObject(), *words = cJSON_AddArrayToObject(o, "words");
    for (int i = 0; i < n; i++) {
        cJSON *w = cJSON_CreateObject();
        cJSON_AddStringToObject(w, "word", rows[i].word);
        cJSON_AddStringToObject(w, "sounds_like", rows[i].sounds_like);
        moim_json_append(words, w);
    }
    moim_vocab_free(rows, n);
    add_suggestions(s, cJSON_AddArrayToObject(o, "suggestions"));
    moim_answer_json(an, 200, o);
    return MOIM_OK;
}

enum vocabulary { SHOW, ADD, REMOVE, DISMISS };

static void vocabulary(struct moim_serve *sv, struct moim_http_answer *an, enum vocabulary what,
                       const char *word, const char *sounds)
{
    struct moim_err err;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = what == ADD       ? moim_vocab_add(s, word, sounds, &err)
             : what == REMOVE  ? moim_vocab_remove(s, word, &err)
             : what == DISMISS ? dismiss(s, word, &err)
                               : MOIM_OK;
    if (!rc) rc = answer_vocabulary(s, an, &err);
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* A single line that is not blank. */
static bool is_word(const char *word, struct moim_http_answer *an)
{
    if (word && word[strspn(word, " ")] && !strpbrk(word, "\n\t")) return true;
    moim_answer_field(an, "word", "must be one line of text");
    return false;
}

static void handle_vocabulary(struct moim_serve *sv, struct moim_http_request *rq,
                              struct moim_http_answer *an)
{
    (void)rq;
    vocabulary(sv, an, SHOW, NULL, NULL);
}

static void handle_vocabulary_add(struct moim_serve *sv, struct moim_http_request *rq,
                                  struct moim_http_answer *an)
{
    const char *word = NULL, *sounds = "";
    if (moim_http_text(rq, an, "word", 1, 100, true, &word) &&
        moim_http_text(rq, an, "sounds_like", 0, 200, false, &sounds) && is_word(word, an))
        vocabulary(sv, an, ADD, word, sounds);
}

static void handle_vocabulary_remove(struct moim_serve *sv, struct moim_http_request *rq,
                                     struct moim_http_answer *an)
{
    const char *word;
    if (moim_http_query_text(rq, an, "word", 100, &word) && is_word(word, an))
        vocabulary(sv, an, REMOVE, word, NULL);
}

static void handle_vocabulary_dismiss(struct moim_serve *sv, struct moim_http_request *rq,
                                      struct moim_http_answer *an)
{
    const char *word = NULL;
    if (moim_http_text(rq, an, "word", 1, 100, true, &word) && is_word(word, an))
        vocabulary(sv, an, DISMISS, word, NULL);
}

const struct moim_http_route moim_routes_search[] = {
    {"GET", "api/v1/search", handle_search, MOIM_ROUTE_SLOW},
    {"GET", "api/v1/tags", handle_tags, MOIM_ROUTE_STORE},
    {"GET", "api/v1/vocabulary", handle_vocabulary, MOIM_ROUTE_STORE},
    {"POST", "api/v1/vocabulary", handle_vocabulary_add, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {"DELETE", "api/v1/vocabulary", handle_vocabulary_remove, MOIM_ROUTE_STORE},
    {"POST", "api/v1/vocabulary/dismiss", handle_vocabulary_dismiss, MOIM_ROUTE_STORE | MOIM_ROUTE_JSON},
    {0},
};
