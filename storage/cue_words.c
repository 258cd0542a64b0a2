#include "storage/cue_words.h"
#include "storage/export_cues.h"
#include "storage/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes of the character at s, at most left. */
static size_t character(const char *s, size_t left)
{
    unsigned char c = (unsigned char)*s;
    size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (n > left) n = left;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80) n = i;
    return n;
}

int moim_columns(const char *s, size_t n)
{
    int columns = 0;
    for (size_t k; n; s += k, n -= k) {
        k = character(s, n);
        columns += k >= 3 ? 2 : 1;
    }
    return columns;
}

static bool has_wide(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 0xe1) return true;
    return false;
}

/* ---- where to part ---- */

static bool ends_with(const char *s, size_t n, const char *const *list)
{
    for (; *list; list++) {
        size_t k = strlen(*list);
        if (n >= k && !memcmp(s + n - k, *list, k)) return true;
    }
    return false;
}

static bool begins_with(const char *s, size_t n, const char *const *list)
{
    for (; *list; list++) {
        size_t k = strlen(*list);
        if (n >= k && !memcmp(s, *list, k)) return true;
    }
    return false;
}

static bool is_one_of(const char *s, size_t n, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(s, *list, n)) return true;
    return false;
}

/* Lower is better: the end of a sentence, of a clause, of a phrase, any words, words that belong together. */
static float parting(const struct moim_cue_unit *a, const struct moim_cue_unit *b)
{
    static const char *const full[] = {".", "?", "!", "…", "。", "？", "！", NULL};
    static const char *const comma[] = {",", ";", ":", "、", "，", NULL};
    static const char *const clause[] = {"고",   "며",   "면",   "서",     "니까", "는데", "은데", "지만",
                                         "려고", "다가", "도록", "거든요", "요",   "죠",   "다",   NULL};
    static const char *const phrase[] = {"은", "는", "을", "를", "에", "로", "도", "까지", "부터", NULL};
    static const char *const leans[] = {"것", "거", "수", "줄", "때문", "있", "없", "않", "못", "등", NULL};
    static const char *const opens[] = {"a",  "an",  "the", "of", "to",   "in", "on", "at", "for",
                                        "my", "and", "or",  "is", "with", "we", "i",  NULL};
    static const char *const joins[] = {"and",  "but",   "or",    "because", "so",
                                        "that", "which", "while", "if",      NULL};
    if (b->glued) return 40;
    float pause = (float)fmin(fmax(b->start - a->end, 0) / 0.3, 1) * 3;
    if (ends_with(a->s, a->n, full)) return 0;
    if (ends_with(a->s, a->n, comma)) return 1;
    if (begins_with(b->s, b->n, leans) || is_one_of(a->s, a->n, opens)) return 14 - pause;
    if (ends_with(a->s, a->n, clause)) return fmaxf(3 - pause, 1);
    if (is_one_of(b->s, b->n, joins)) return fmaxf(4 - pause, 1);
    return ends_with(a->s, a->n, phrase) ? fmaxf(6 - pause, 1) : 8 - pause;
}

/* ---- reading ---- */

static bool add(struct moim_cue_units *u, int *room, struct moim_cue_unit x)
{
    if (u->n == *room) {
        int more = *room ? 2 * *room : 64;
        struct moim_cue_unit *grown = realloc(u->list, (size_t)more * sizeof *grown);
        if (!grown) return false;
        u->list = grown;
        *room = more;
    }
    const struct moim_cue_unit *last = u->n ? &u->list[u->n - 1] : NULL;
    x.at = last ? last->at + last->width + !x.glued : 0;
    if (last && !(x.start >= last->start)) x.start = last->start;
    if (!(x.end >= x.start)) x.end = x.start;
    x.parting = last ? parting(last, &x) : 0;
    u->list[u->n++] = x;
    return true;
}

/* A word as one unit, or as many as it fills lines; its time is shared by their columns. */
static bool add_word(struct moim_cue_units *u, int *room, const char *s, size_t n, double start, double end)
{
    int all = moim_columns(s, n), done = 0;
    bool glued = false;
    while (n) {
        size_t k = 0;
        int width = 0;
        while (k < n) {
            size_t c = character(s + k, n - k);
            int w = c >= 3 ? 2 : 1;
            if (width + w > u->columns) break;
            width += w;
            k += c;
        }
        struct moim_cue_unit x = {.s = s, .n = k, .width = width, .glued = glued};
        x.start = start + (end - start) * done / all;
        x.end = start + (end - start) * (done + width) / all;
        if (!add(u, room, x)) return false;
        glued = true;
        done += width;
        s += k;
        n -= k;
    }
    return true;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* What stands in front takes no time. */
static bool add_first(struct moim_cue_units *u, int *room, const char *first, double at)
{
    while (*first) {
        size_t n = 0;
        while (first[n] && !is_blank(first[n])) n++;
        if (n && !add_word(u, room, first, n, at, at)) return false;
        first += n;
        while (*first && is_blank(*first)) first++;
    }
    return true;
}

static double within(double t, const struct moim_segment *g)
{
    double end = g->end > g->start ? g->end : g->start;
    return !(t >= g->start) ? g->start : t > end ? end : t;
}

int moim_cue_units_read(struct moim_cue_units *u, const struct moim_segment *g, const char *first)
{
    struct moim_line_words w;
    struct moim_line_span span = {g->start, within(g->end, g), g->confidence};
    int room = 0;
    *u = (struct moim_cue_units){.columns = has_wide(g->text) || has_wide(first) ? MOIM_CUE_COLUMNS_KO
                                                                                 : MOIM_CUE_COLUMNS};
    int rc = moim_line_words_read(&w, g->text, g->words, g->n_words, span);
    if (rc) return rc;
    bool ok = add_first(u, &room, first, w.n ? within(w.list[0].start, g) : g->start);
    for (int i = 0; ok && i < w.n; i++) {
        const struct moim_line_word *x = &w.list[i];
        size_t from = x->from, to = x->to;
        while (from < to && is_blank(g->text[from])) from++;
        while (to > from && is_blank(g->text[to - 1])) to--;
        if (to > from)
            ok = add_word(u, &room, g->text + from, to - from, within(x->start, g), within(x->end, g));
    }
    moim_line_words_free(&w);
    if (ok) return MOIM_OK;
    moim_cue_units_free(u);
    return MOIM_ENOMEM;
}

void moim_cue_units_free(struct moim_cue_units *u)
{
    free(u->list);
    *u = (struct moim_cue_units){0};
}
