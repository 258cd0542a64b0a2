/* Words: search and questions, tags, vocabulary; and the settings. */
#include "firmware/serve.h"
#include "storage/overview.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- search ---- */

/* "YYYY-MM-DD" as the instant when that day begins here; 0 when it is not there. */
static bool query_date(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                       int plus, int64_t *when)
{
    const char *text = moim_http_query(rq, name);
    int y, m, d, used = 0;
    *when = 0;
    if (!text || !*text) return true;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 || text[used] || y < 1970 || m < 1 || m > 12 ||
        d < 1 || d > 31) {
        moim_answer_error(an, 400, "%s: a date such as 2026-11-25 is wanted", name);
        return false;
    }
    struct tm tm = {.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d + plus, .tm_isdst = -1};
    *when = (int64_t)mktime(&tm);
    return true;
}

static cJSON *hit_json(const struct moim_hit *h)
{
    cJSON *o = cJSON_CreateObject();
    char when[32];
    struct tm tm;
    time_t t = (time_t)h->started_at;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    cJSON_AddNumberToObject(o, "meeting", (double)h->meeting);
    if (h->segment) cJSON_AddNumberToObject(o, "segment", (double)h->segment);
    cJSON_AddStringToObject(o, "title", h->title);
    cJSON_AddStringToObject(o, "started_at", when);
    cJSON_AddNumberToObject(o, "start", h->start);
    if (*h->speaker_name) cJSON_AddStringToObject(o, "speaker", h->speaker_name);
    cJSON_AddStringToObject(o, "text", h->text);
    cJSON_AddStringToObject(o, "where", h->segment ? "transcript" : "minutes");
    return o;
}

static bool has_tag(struct moim_store *s, int64_t meeting, const char *tag)
{
    struct moim_overview row;
    size_t n = strlen(tag);
    bool found = false;
    if (moim_overview_get(s, meeting, &row, NULL)) return false;
    for (const char *t = row.tags; *t && !found; t += strcspn(t, "\n"), t += *t == '\n')
        found = strcspn(t, "\n") == n && !strncmp(t, tag, n);
    moim_overview_clear(&row);
    return found;
}

struct filter {
    int64_t from, to;
    const char *speaker, *tag;
};

static bool passes(struct moim_store *s, const struct moim_hit *h, const struct filter *f)
{
    if ((f->from && h->started_at < f->from) || (f->to && h->started_at >= f->to)) return false;
    if (f->speaker && *f->speaker && !strcasestr(h->speaker_name, f->speaker)) return false;
    return !f->tag || !*f->tag || has_tag(s, h->meeting, f->tag);
}

void moim_h_search(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *q;
    long long limit;
    struct filter f;
    struct moim_hit *hits;
    struct moim_err err;
    int n;
    if (!moim_http_query_text(rq, an, "q", 500, &q) ||
        !moim_http_query_int(rq, an, "limit", 1, 500, 50, &limit) ||
        !query_date(rq, an, "from", 0, &f.from) || !query_date(rq, an, "to", 1, &f.to) ||
        !moim_http_query_text(rq, an, "speaker", 100, &f.speaker) ||
        !moim_http_query_text(rq, an, "tag", 100, &f.tag))
        return;
    if (!q || !q[strspn(q, " \t\n")]) {
        moim_answer_error(an, 400, "q: words to look for are wanted");
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    bool filtered = f.from || f.to || f.speaker || f.tag;
    if (moim_search(s, q, filtered ? 2000 : (int)limit, &hits, &n, &err)) {
        moim_answer_fail(an, &err);
    } else {
        cJSON *o = cJSON_CreateObject(), *all = cJSON_AddArrayToObject(o, "hits");
        for (int i = 0, shown = 0; i < n && shown < limit; i++) {
            if (!passes(s, &hits[i], &f)) continue;
            cJSON_AddItemToArray(all, hit_json(&hits[i]));
            shown++;
        }
        moim_hits_free(hits, n);
        moim_answer_json(an, 200, o);
    }
    moim_serve_store_back(sv, s);
}

void moim_h_ask(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *question = NULL;
    (void)sv;
    if (!moim_http_text(rq, an, "question", 1, 1000, true, &question)) return;
    moim_answer_error(an, 501, "questions cannot be answered yet; search finds the words");
}

/* ---- tags ---- */

void moim_h_tags(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
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
            cJSON_AddItemToArray(all, o);
        }
        moim_tags_free(list, n);
        moim_answer_json(an, 200, all);
    }
    moim_serve_store_back(sv, s);
}

/* ---- vocabulary ---- */

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
        cJSON_AddItemToArray(words, w);
    }
    moim_vocab_free(rows, n);
    cJSON_AddArrayToObject(o, "suggestions");
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
    int rc = what == ADD      ? moim_vocab_add(s, word, sounds, &err)
             : what == REMOVE ? moim_vocab_remove(s, word, &err)
                              : MOIM_OK;
    if (!rc) rc = answer_vocabulary(s, an, &err);
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

/* One line, and not only blanks. */
static bool is_word(const char *word, struct moim_http_answer *an)
{
    if (word && word[strspn(word, " ")] && !strpbrk(word, "\n\t")) return true;
    moim_answer_error(an, 400, "word: one line of text is wanted");
    return false;
}

void moim_h_vocabulary(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    vocabulary(sv, an, SHOW, NULL, NULL);
}

void moim_h_vocabulary_add(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *word = NULL, *sounds = "";
    if (moim_http_text(rq, an, "word", 1, 100, true, &word) &&
        moim_http_text(rq, an, "sounds_like", 0, 200, false, &sounds) && is_word(word, an))
        vocabulary(sv, an, ADD, word, sounds);
}

void moim_h_vocabulary_remove(struct moim_serve *sv, struct moim_http_request *rq,
                              struct moim_http_answer *an)
{
    const char *word;
    if (moim_http_query_text(rq, an, "word", 100, &word) && is_word(word, an))
        vocabulary(sv, an, REMOVE, word, NULL);
}

void moim_h_vocabulary_dismiss(struct moim_serve *sv, struct moim_http_request *rq,
                               struct moim_http_answer *an)
{
    const char *word = NULL;
    if (moim_http_text(rq, an, "word", 1, 100, true, &word) && is_word(word, an))
        vocabulary(sv, an, DISMISS, word, NULL);
}

/* ---- settings ---- */

enum kind { TEXT, CHOICE, BOOL, NUMBER };
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
    {"minutes_template", CHOICE, "plain", "plain|weekly|one-on-one|interview|lecture|brainstorming", 0, 0},
    {"minutes_model", TEXT, "", NULL, 0, 60},
    {"keep_audio_days", NUMBER, "0", NULL, 0, 36500},
};
#define N_SETTINGS (sizeof setting / sizeof *setting)

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
            cJSON_AddNumberToObject(o, setting[i].key, strtod(v, NULL));
        else
            cJSON_AddStringToObject(o, setting[i].key, v);
        free(v);
    }
    return MOIM_OK;
}

/* Every one that the body names, as text; all are checked before any is set. */
static bool read_settings(const struct moim_http_request *rq, struct moim_http_answer *an, const char *text[],
                          char number[N_SETTINGS][16])
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

void moim_h_settings(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    answer_settings(sv, s, an);
    moim_serve_store_back(sv, s);
}

void moim_h_settings_change(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *text[N_SETTINGS];
    char number[N_SETTINGS][16];
    struct moim_err err;
    int rc = MOIM_OK;
    if (!read_settings(rq, an, text, number)) return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    for (size_t i = 0; !rc && i < N_SETTINGS; i++)
        if (text[i]) rc = moim_setting_set(s, setting[i].key, text[i], &err);
    if (rc)
        moim_answer_fail(an, &err);
    else
        answer_settings(sv, s, an);
    moim_serve_store_back(sv, s);
}
