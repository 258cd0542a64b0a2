#include "storage/words.h"
#include "base/json.h"
#include "base/status.h"
#include "base/text.h"

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

static void take_times(struct moim_line_word *w, const struct moim_word *heard)
{
    w->start = heard->start;
    w->end = fmax(heard->start, heard->end);
    w->confidence = (double)heard->confidence;
    w->heard = heard;
}

/* The recognised words one after another are the text, with nothing but blanks between. */
static bool read_exact(struct moim_line_words *w, const char *text, const struct moim_word *heard, int n)
{
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        const char *said = heard[i].text;
        size_t len = strlen(said);
        while (is_blank(text[at])) at++;
        if (!len || strncmp(text + at, said, len)) return false;
        w->list[i] = (struct moim_line_word){.from = at, .to = at + len};
        take_times(&w->list[i], &heard[i]);
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
    const struct moim_word *known;
};

static bool same_at(const struct match *m, int i, int j)
{
    const struct moim_line_word *w = &m->w->list[i];
    return same_word(m->text + w->from, w->to - w->from, m->known[j].text);
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
            take_times(&m->w->list[a + i++], &m->known[c + j++]);
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
    for (; a < b && a < d && same_at(m, a, a); a++) take_times(&m->w->list[a], &m->known[a]);
    for (; b > a && d > a && same_at(m, b - 1, d - 1); b--, d--)
        take_times(&m->w->list[b - 1], &m->known[d - 1]);
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

static void fill_gaps(struct moim_line_words *w, struct moim_line_span s)
{
    for (int i = 0; i < w->n; i++) {
        if (w->list[i].heard) continue;
        int last = i;
        while (last < w->n && !w->list[last].heard) last++;
        share_time(w, i, last, i ? w->list[i - 1].end : s.start, last < w->n ? w->list[last].start : s.end,
                   s.confidence);
        i = last;
    }
}

int moim_line_words_read(struct moim_line_words *w, const char *text, const struct moim_word *heard,
                         int n_heard, struct moim_line_span span)
{
    *w = (struct moim_line_words){.list = calloc(strlen(text) / 2 + (size_t)n_heard + 2, sizeof *w->list)};
    if (!w->list) return MOIM_ENOMEM;
    if (n_heard && read_exact(w, text, heard, n_heard)) return MOIM_OK;
    split_text(w, text);
    int rc = match_words(&(struct match){w, text, heard}, n_heard);
    if (rc)
        moim_line_words_free(w);
    else
        fill_gaps(w, span);
    return rc;
}

void moim_line_words_free(struct moim_line_words *w)
{
    free(w->list);
    *w = (struct moim_line_words){0};
}

/* A time in milliseconds, within the line. */
static double time_within(double t, double start, double end)
{
    t = round(t * 1000) / 1000;
    return t < start ? start : t > end ? end : t;
}

int moim_line_words_cut(const struct moim_line_words *w, const char *text, int first, int last, double start,
                        double end, struct moim_word **out)
{
    *out = last > first ? calloc((size_t)(last - first), sizeof **out) : NULL;
    if (last > first && !*out) return MOIM_ENOMEM;
    for (int i = first; i < last; i++) {
        const struct moim_line_word *x = &w->list[i];
        const char *spoken = x->heard ? x->heard->spoken : NULL;
        struct moim_word *o = &(*out)[i - first];
        *o = (struct moim_word){.text = strndup(text + x->from, x->to - x->from),
                                .spoken = spoken ? strdup(spoken) : NULL,
                                .start = time_within(x->start, start, end),
                                .end = time_within(x->end, start, end),
                                .confidence = (float)x->confidence,
                                .space_before = x->from && is_blank(text[x->from - 1])};
        if (o->text && !o->spoken == !spoken) continue;
        moim_words_free(*out, i + 1 - first);
        *out = NULL;
        return MOIM_ENOMEM;
    }
    return MOIM_OK;
}

int moim_line_words_fit(const char *text, const struct moim_word *heard, int n_heard,
                        struct moim_line_span span, struct moim_word **out, int *n)
{
    struct moim_line_words w;
    *n = 0;
    int rc = moim_line_words_read(&w, text, heard, n_heard, span);
    if (rc) return rc;
    rc = moim_line_words_cut(&w, text, 0, w.n, span.start, span.end, out);
    if (!rc) *n = w.n;
    moim_line_words_free(&w);
    return rc;
}

/* ---- as the store keeps them ---- */

static bool add_number(cJSON *list, double v)
{
    return moim_json_append(list, cJSON_CreateNumber(isfinite(v) ? v : 0));
}

static bool add_word(cJSON *all, const struct moim_word *w)
{
    cJSON *x = cJSON_CreateArray();
    if (!moim_json_append(all, x)) return false;
    return add_number(x, w->start) && add_number(x, w->end) &&
           add_number(x, round((double)w->confidence * 1000) / 1000) &&
           moim_json_append(x, cJSON_CreateString(w->text)) &&
           (!w->spoken || moim_json_append(x, cJSON_CreateString(w->spoken)));
}

char *moim_words_encode(const struct moim_word *words, int n)
{
    cJSON *all = cJSON_CreateArray();
    bool ok = all != NULL;
    for (int i = 0; ok && i < n; i++) ok = add_word(all, &words[i]);
    char *json = moim_json_text(ok ? all : NULL, false);
    cJSON_Delete(all);
    return json;
}

static bool is_time(const cJSON *v)
{
    return cJSON_IsNumber(v) && isfinite(v->valuedouble);
}

/* False when x is no word; *rc tells whether memory ran out. */
static bool read_word(const cJSON *x, struct moim_word *w, int *rc)
{
    const cJSON *start = cJSON_GetArrayItem(x, 0), *end = cJSON_GetArrayItem(x, 1),
                *confidence = cJSON_GetArrayItem(x, 2), *text = cJSON_GetArrayItem(x, 3),
                *spoken = cJSON_GetArrayItem(x, 4);
    if (!cJSON_IsArray(x) || !is_time(start) || !is_time(end) || !is_time(confidence) ||
        !cJSON_IsString(text))
        return false;
    *w = (struct moim_word){.text = moim_text_clean(text->valuestring, false),
                            .spoken =
                                cJSON_IsString(spoken) ? moim_text_clean(spoken->valuestring, false) : NULL,
                            .start = start->valuedouble,
                            .end = end->valuedouble,
                            .confidence = (float)confidence->valuedouble,
                            .space_before = true};
    if (!w->text || (cJSON_IsString(spoken) && !w->spoken)) *rc = MOIM_ENOMEM;
    return true;
}

int moim_words_decode(const char *json, struct moim_word **words, int *n)
{
    cJSON *all;
    *words = NULL;
    *n = 0;
    if (moim_json_parse(&all, json ? json : "[]", SIZE_MAX, false) == MOIM_ENOMEM) return MOIM_ENOMEM;
    int count = cJSON_IsArray(all) ? cJSON_GetArraySize(all) : 0, rc = MOIM_OK;
    bool ok = true;
    *n = 0;
    *words = count ? calloc((size_t)count, sizeof **words) : NULL;
    if (count && !*words) rc = MOIM_ENOMEM;
    for (const cJSON *x = rc || !count ? NULL : all->child; x && ok && !rc; x = x->next)
        if ((ok = read_word(x, &(*words)[*n], &rc))) ++*n;
    cJSON_Delete(all);
    if (!rc && ok) return MOIM_OK;
    moim_words_free(*words, *n);
    *words = NULL;
    *n = 0;
    return rc;
}
