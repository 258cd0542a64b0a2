#include "storage/words.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX (1 << 20) /* cells of the comparison; longer texts are compared at their ends only */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static double number_at(const cJSON *word, int i)
{
    const cJSON *v = cJSON_GetArrayItem(word, i);
    return cJSON_IsNumber(v) && isfinite(v->valuedouble) ? v->valuedouble : 0;
}

static const char *text_of(const cJSON *word)
{
    const cJSON *v = cJSON_GetArrayItem(word, 3);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static void take_times(struct moim_line_word *w, const cJSON *word)
{
    w->start = number_at(word, 0);
    w->end = fmax(w->start, number_at(word, 1));
    w->confidence = number_at(word, 2);
    w->stored = word;
}

/* The recognised words one after another are the text, with nothing but blanks between. */
static bool read_exact(struct moim_line_words *w, const char *text, int n)
{
    size_t at = 0;
    const cJSON *word = w->parsed->child;
    for (int i = 0; i < n; i++, word = word->next) {
        const char *said = text_of(word);
        size_t len = strlen(said);
        while (is_blank(text[at])) at++;
        if (!len || strncmp(text + at, said, len)) return false;
        w->list[i] = (struct moim_line_word){.from = at, .to = at + len};
        take_times(&w->list[i], word);
        at += len;
    }
    while (is_blank(text[at])) at++;
    w->n = n;
    return n && !text[at];
}

static int split_text(struct moim_line_words *w, const char *text)
{
    w->n = 0;
    for (size_t at = 0; text[at];) {
        while (is_blank(text[at])) at++;
        size_t from = at;
        while (text[at] && !is_blank(text[at])) at++;
        if (at > from) w->list[w->n++] = (struct moim_line_word){.from = from, .to = at};
    }
    return w->n;
}

/* The same word, whatever its case and the punctuation around it. */
static bool same_word(const char *a, size_t n, const char *b)
{
    size_t m = strlen(b);
    while (n && ispunct((unsigned char)*a)) a++, n--;
    while (n && ispunct((unsigned char)a[n - 1])) n--;
    while (m && ispunct((unsigned char)*b)) b++, m--;
    while (m && ispunct((unsigned char)b[m - 1])) m--;
    if (n != m || !n) return false;
    for (size_t i = 0; i < n; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i])) return false;
    return true;
}

struct match {
    struct moim_line_words *w;
    const char *text;
    const cJSON **known;
};

static bool same_at(const struct match *m, int i, int j)
{
    const struct moim_line_word *w = &m->w->list[i];
    return same_word(m->text + w->from, w->to - w->from, text_of(m->known[j]));
}

/* Longest common subsequence of words a ... b - 1 and known words c ... d - 1. */
static int match_middle(const struct match *m, int a, int b, int c, int d)
{
    int rows = b - a + 1, columns = d - c + 1;
    if (rows < 2 || columns < 2 || (size_t)rows * (size_t)columns > TABLE_MAX) return MOIM_OK;
    int *longest = calloc((size_t)rows * (size_t)columns, sizeof *longest);
    if (!longest) return MOIM_ENOMEM;
    for (int i = rows - 2; i >= 0; i--)
        for (int j = columns - 2; j >= 0; j--) {
            int *at = &longest[i * columns + j];
            *at = at[1] > at[columns] ? at[1] : at[columns];
            if (same_at(m, a + i, c + j) && at[columns + 1] + 1 > *at) *at = at[columns + 1] + 1;
        }
    for (int i = 0, j = 0; i < rows - 1 && j < columns - 1;) {
        const int *at = &longest[i * columns + j];
        if (same_at(m, a + i, c + j) && *at == at[columns + 1] + 1)
            take_times(&m->w->list[a + i++], m->known[c + j++]);
        else if (at[1] >= at[columns])
            j++;
        else
            i++;
    }
    free(longest);
    return MOIM_OK;
}

static int match_words(const struct match *m, int n_known)
{
    int a = 0, b = m->w->n, d = n_known;
    for (; a < b && a < d && same_at(m, a, a); a++) take_times(&m->w->list[a], m->known[a]);
    for (; b > a && d > a && same_at(m, b - 1, d - 1); b--, d--)
        take_times(&m->w->list[b - 1], m->known[d - 1]);
    return match_middle(m, a, b, a, d);
}

/* Words first ... last - 1, which the recogniser did not say, share the time from start to end. */
static void share_time(struct moim_line_words *w, int first, int last, double start, double end,
                       double confidence)
{
    double whole = 0, at = start;
    if (end < start) end = start;
    for (int i = first; i < last; i++) whole += (double)(w->list[i].to - w->list[i].from);
    for (int i = first; i < last; i++) {
        struct moim_line_word *x = &w->list[i];
        x->start = at;
        at += (end - start) * (double)(x->to - x->from) / whole;
        x->end = i + 1 == last ? end : at;
        x->confidence = confidence;
    }
}

static void fill_gaps(struct moim_line_words *w, double start, double end, double confidence)
{
    for (int i = 0; i < w->n; i++) {
        if (w->list[i].stored) continue;
        int last = i;
        while (last < w->n && !w->list[last].stored) last++;
        share_time(w, i, last, i ? w->list[i - 1].end : start, last < w->n ? w->list[last].start : end,
                   confidence);
        i = last;
    }
}

static int fit(struct moim_line_words *w, const char *text, int n_known)
{
    const cJSON **known = calloc((size_t)n_known + 1, sizeof *known);
    if (!known) return MOIM_ENOMEM;
    int n = 0;
    for (const cJSON *x = n_known ? w->parsed->child : NULL; x; x = x->next) known[n++] = x;
    split_text(w, text);
    int rc = match_words(&(struct match){w, text, known}, n);
    free(known);
    return rc;
}

int moim_line_words_read(struct moim_line_words *w, const char *text, const char *json, double start,
                         double end, double confidence)
{
    *w = (struct moim_line_words){0};
    if (moim_json_parse(&w->parsed, json ? json : "[]", SIZE_MAX, false) == MOIM_ENOMEM) return MOIM_ENOMEM;
    int n = cJSON_IsArray(w->parsed) ? cJSON_GetArraySize(w->parsed) : 0;
    w->list = calloc(strlen(text) / 2 + (size_t)n + 2, sizeof *w->list);
    if (!w->list) {
        moim_line_words_free(w);
        return MOIM_ENOMEM;
    }
    if (n && read_exact(w, text, n)) return MOIM_OK;
    int rc = fit(w, text, n);
    if (rc)
        moim_line_words_free(w);
    else
        fill_gaps(w, start, end, confidence);
    return rc;
}

void moim_line_words_free(struct moim_line_words *w)
{
    free(w->list);
    cJSON_Delete(w->parsed);
    *w = (struct moim_line_words){0};
}

/* A time in milliseconds, within the line. */
static cJSON *time_within(double t, double start, double end)
{
    t = round(t * 1000) / 1000;
    return cJSON_CreateNumber(t < start ? start : t > end ? end : t);
}

static cJSON *word_json(const struct moim_line_word *w, const char *text, double start, double end)
{
    cJSON *x = cJSON_CreateArray();
    char *said = strndup(text + w->from, w->to - w->from);
    const cJSON *spoken = w->stored ? cJSON_GetArrayItem(w->stored, 4) : NULL;
    bool ok = x && said && moim_json_append(x, time_within(w->start, start, end)) &&
              moim_json_append(x, time_within(w->end, start, end)) &&
              moim_json_append(x, cJSON_CreateNumber(round(w->confidence * 1000) / 1000)) &&
              moim_json_append(x, cJSON_CreateString(said)) &&
              (!spoken || moim_json_append(x, cJSON_Duplicate(spoken, 1)));
    free(said);
    if (ok) return x;
    cJSON_Delete(x);
    return NULL;
}

char *moim_line_words_json(const struct moim_line_words *w, const char *text, int first, int last,
                           double start, double end)
{
    cJSON *all = cJSON_CreateArray();
    bool ok = all != NULL;
    for (int i = first; ok && i < last; i++)
        ok = moim_json_append(all, word_json(&w->list[i], text, start, end));
    char *json = moim_json_text(ok ? all : NULL, false);
    cJSON_Delete(all);
    return json;
}

char *moim_line_words_fit(const char *text, const char *json, double start, double end, double confidence)
{
    struct moim_line_words w;
    if (moim_line_words_read(&w, text, json, start, end, confidence)) return NULL;
    char *fitted = moim_line_words_json(&w, text, 0, w.n, start, end);
    moim_line_words_free(&w);
    return fitted;
}
