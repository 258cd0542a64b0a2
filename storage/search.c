#include "storage/search.h"
#include "base/text.h"
#include "storage/search_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 300 /* hits by words that are ranked */
#define NEAREST 40     /* passages by meaning that take part */
#define RANK_OFFSET 60 /* of reciprocal rank fusion, as its authors chose it */

int moim_read_hit(struct moim_store *s, sqlite3_stmt *st, struct moim_hit *h, struct moim_err *err)
{
    *h = (struct moim_hit){.meeting = sqlite3_column_int64(st, 0),
                           .segment = sqlite3_column_int64(st, 1),
                           .title = moim_sql_name(st, 2),
                           .started_at = moim_sql_instant(st, 3),
                           .start = moim_sql_seconds(st, 4),
                           .end = moim_sql_seconds(st, 5),
                           .speaker = sqlite3_column_int(st, 6),
                           .speaker_name = moim_sql_name(st, 7),
                           .text = moim_sql_text(st, 8),
                           .language = moim_sql_language(st, 9)};
    h->where = h->segment ? "transcript" : "minutes";
    h->found = MOIM_FOUND_WORDS;
    if (h->title && h->language && h->speaker_name && h->text) return MOIM_OK;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

static bool split(struct moim_query_words *w, const char *text)
{
    memset(w, 0, sizeof *w);
    if (!(w->copy = strdup(text))) return false;
    char *save = NULL;
    moim_hangul_compose(w->copy);
    for (char *p = strtok_r(w->copy, " \t\r\n", &save); p && w->n < MOIM_QUERY_WORDS;
         p = strtok_r(NULL, " \t\r\n", &save))
        w->word[w->n++] = p;
    return true;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool moim_finder_takes(const struct moim_finder *f, int64_t meeting)
{
    return !f->meetings ||
           (f->n_meetings && bsearch(&meeting, f->meetings, (size_t)f->n_meetings, sizeof meeting, by_value));
}

bool moim_finder_speaker(const struct moim_finder *f, int number, const char *name)
{
    const char *want = f->q->speaker;
    if (!want || !*want) return true;
    char *end;
    long n = strtol(want, &end, 10);
    if (!*end) return n == number;
    return *name && moim_find_word(name, want);
}

/* The meetings that date, tag and trash leave, ascending. */
static int filter(struct moim_finder *f)
{
    const struct moim_search_query *q = f->q;
    bool tag = q->tag && *q->tag;
    sqlite3_stmt *any = moim_sql(f->s, f->err, "SELECT 1 FROM meetings WHERE trashed_at > 0 LIMIT 1", "");
    int trash = moim_sql_row(f->s, any, f->err);
    sqlite3_finalize(any);
    if (trash < 0) return trash;
    if (!tag && !q->since && !q->until && !q->meeting && !trash) return MOIM_OK;
    f->meetings = malloc(sizeof *f->meetings);
    if (!f->meetings) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    sqlite3_stmt *st =
        moim_sql(f->s, f->err, "SELECT id FROM meetings WHERE " MOIM_MEETINGS_WANTED " ORDER BY id", "iiti",
                 q->since, q->until, tag ? q->tag : "", q->meeting);
    int rc, n = 0;
    while ((rc = moim_sql_row(f->s, st, f->err)) > 0) {
        if ((n & (n - 1)) == 0) {
            int64_t *grown = realloc(f->meetings, (size_t)(n ? 2 * n : 1) * sizeof *grown);
            if (!grown) {
                rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
                break;
            }
            f->meetings = grown;
        }
        f->meetings[n++] = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    f->n_meetings = n;
    return rc;
}

/* Whether one word of the query, or how many, stand in a text: which segment of a passage is shown first. */
static int words_in(const struct moim_finder *f, const char *text)
{
    int n = 0;
    for (int i = 0; i < f->words.n; i++) n += moim_find_word(text, f->words.word[i]) != NULL;
    return n;
}

/* A passage as a hit: the segment in it that comes closest to the query, and the words around it of the same speaker, who
 * is shown with them. */
static int read_passage(struct moim_finder *f, const struct moim_near *p, struct moim_hit *out, bool *takes)
{
    sqlite3_stmt *st = moim_sql(f->s, f->err,
                                "SELECT " MOIM_HIT_COLUMNS " FROM segments g" MOIM_HIT_JOINS
                                "WHERE g.meeting = ? AND g.start BETWEEN ? AND ? ORDER BY g.start, g.id",
                                "idd", p->meeting, p->start, p->last);
    char *text = NULL,
         *shown = NULL; /* of the run of one speaker's segments that is read; of the one with the hit */
    int rc, most = -1, speaker = -1;
    bool here = false; /* the hit stands in this run */
    memset(out, 0, sizeof *out);
    *takes = false;
    while ((rc = moim_sql_row(f->s, st, f->err)) > 0) {
        struct moim_hit h;
        char *joined = NULL;
        rc = moim_read_hit(f->s, st, &h, f->err);
        if (!rc && h.speaker != speaker) {
            free(text);
            text = NULL;
            here = false;
            speaker = h.speaker;
        }
        if (!rc && asprintf(&joined, "%s%s%s", text ? text : "", text ? " " : "", h.text) < 0)
            rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
        if (!rc) {
            free(text);
            text = joined;
        }
        int words = rc ? 0 : words_in(f, h.text);
        bool better = !rc && words > most && moim_finder_speaker(f, h.speaker, h.speaker_name);
        struct moim_hit *drop = better ? out : &h;
        moim_hit_clear(drop);
        if (better) *out = h, most = words, *takes = here = true;
        if (here && !rc) {
            char *copy = strdup(text);
            if (!copy) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
            free(shown);
            shown = copy;
        }
        if (rc) break;
    }
    sqlite3_finalize(st);
    free(text);
    if (!rc && *takes) {
        free(out->text);
        out->text = shown;
        return MOIM_OK;
    }
    free(shown);
    moim_hit_clear(out);
    return rc;
}

/* The hits by words that a passage holds share its rank; one that holds none becomes a hit itself. */
static int add_passage(struct moim_finder *f, const struct moim_near *p, double score)
{
    bool shared = false;
    for (int i = 0; i < f->n; i++) {
        struct moim_hit *h = &f->hits[i];
        if (h->meeting != p->meeting || !h->segment || h->start < p->start || h->start > p->last) continue;
        h->score += score;
        h->found |= MOIM_FOUND_MEANING;
        h->cosine = p->cosine;
        shared = true;
    }
    if (shared) return MOIM_OK;
    struct moim_hit h;
    bool takes;
    int rc = read_passage(f, p, &h, &takes);
    if (rc || !takes) return rc;
    struct moim_hit *at = moim_list_push((void **)&f->hits, &f->n, sizeof *at);
    if (!at) {
        moim_hit_clear(&h);
        return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    }
    *at = h;
    at->score = score;
    at->found = MOIM_FOUND_MEANING;
    at->cosine = p->cosine;
    return MOIM_OK;
}

static int by_score(const void *a, const void *b)
{
    const struct moim_hit *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    if (x->started_at != y->started_at) return x->started_at < y->started_at ? 1 : -1;
    return (x->start > y->start) - (x->start < y->start);
}

/* Letters and digits alone, lower case: minutes end a sentence without its full stop. */
static char *letters(const char *s)
{
    char *out = malloc(strlen(s) + 1), *to = out;
    for (; out && *s; s++)
        if ((*s & 0x80) || isalnum((unsigned char)*s)) *to++ = (char)tolower((unsigned char)*s);
    if (out) *to = 0;
    return out;
}

/* Whether minutes' line a only says again what hit b says: "For the next agenda: ..." too. */
static bool repeats(const char *a, const char *b, char *const *text, int i, int k, bool segment)
{
    const char *colon = strstr(a, ": ");
    char *rest = colon ? letters(colon + 2) : NULL;
    bool same = strstr(text[k], text[i]) && (segment || strlen(text[k]) > strlen(text[i]) || k < i);
    bool after = rest && *rest && strstr(text[k], rest) && (segment || !strstr(b, ": "));
    free(rest);
    return same || after;
}

static bool is_minutes(const struct moim_hit *h)
{
    return !strcmp(h->where, "minutes");
}

/* A line of minutes that repeats another hit of its meeting gives way to it, and its score too. */
static int drop_repeated(struct moim_finder *f)
{
    char **text = calloc((size_t)f->n + 1, sizeof *text);
    bool *gone = calloc((size_t)f->n + 1, sizeof *gone), ok = text && gone;
    for (int i = 0; ok && i < f->n; i++) ok = (text[i] = letters(f->hits[i].text)) != NULL;
    for (int i = 0; ok && i < f->n; i++) {
        struct moim_hit *h = &f->hits[i];
        for (int k = 0; is_minutes(h) && k < f->n && !gone[i]; k++) {
            struct moim_hit *other = &f->hits[k];
            if (k == i || gone[k] || other->meeting != h->meeting ||
                (!other->segment && !is_minutes(other)) ||
                !repeats(h->text, other->text, text, i, k, other->segment != 0))
                continue;
            gone[i] = true;
            if (h->score > other->score) other->score = h->score;
        }
    }
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        if (text) free(text[i]);
        if (ok && gone[i])
            moim_hit_clear(&f->hits[i]);
        else
            f->hits[n++] = f->hits[i];
    }
    f->n = n;
    free(text);
    free(gone);
    return ok ? MOIM_OK : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
}

static int by_meeting(const void *a, const void *b)
{
    const struct moim_hit *x = a, *y = b;
    if (x->meeting != y->meeting) return x->meeting < y->meeting ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->segment > y->segment) - (x->segment < y->segment);
}

/* Meetings in the order of their best hits, which come first in f; within one the order of time. */
static int group(struct moim_finder *f)
{
    struct moim_hit *all = calloc((size_t)f->n + 1, sizeof *all);
    if (!all) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        int from = n;
        int64_t meeting = f->hits[i].meeting;
        for (int k = i; meeting && k < f->n; k++)
            if (f->hits[k].meeting == meeting) {
                all[n++] = f->hits[k];
                f->hits[k].meeting = 0;
            }
        if (n > from) qsort(all + from, (size_t)(n - from), sizeof *all, by_meeting);
    }
    if (n) memcpy(f->hits, all, (size_t)n * sizeof *all);
    free(all);
    return MOIM_OK;
}

/* Leaves the page that is asked for. */
static void cut(struct moim_finder *f)
{
    int from = f->q->offset < f->n ? f->q->offset : f->n, n = f->n - from;
    if (n > f->q->limit) n = f->q->limit;
    for (int i = 0; i < f->n; i++)
        if (i < from || i >= from + n) moim_hit_clear(&f->hits[i]);
    if (n && f->hits) memmove(f->hits, f->hits + from, (size_t)n * sizeof *f->hits);
    f->n = n;
}

/* What holds the words: names first, then what was said and written. */
static int find_words(struct moim_finder *f, int most)
{
    int rc = moim_search_words(f, most), n = f->n;
    struct moim_hit *said = f->hits;
    f->hits = NULL;
    f->n = 0;
    if (!rc && f->q->names) rc = moim_search_names(f, most);
    for (int i = 0; i < n; i++) {
        struct moim_hit *h = rc ? NULL : moim_list_push((void **)&f->hits, &f->n, sizeof *h);
        if (!h && !rc) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
        if (h)
            *h = said[i];
        else
            moim_hit_clear(&said[i]);
    }
    free(said);
    return rc;
}

static int find(struct moim_finder *f)
{
    struct moim_near near[NEAREST];
    const struct moim_search_query *q = f->q;
    int most = q->total                            ? MOIM_SEARCH_MOST
               : q->offset + q->limit > CANDIDATES ? q->offset + q->limit
                                                   : CANDIDATES;
    int rc = filter(f), n = 0;
    if (!rc && f->words.n)
        rc = find_words(f, most);
    else if (!rc && !q->vector)
        rc = moim_search_spoken(f, most);
    for (int i = 0; i < f->n; i++) f->hits[i].score = 1.0 / (RANK_OFFSET + 1 + i);
    if (!rc && q->vector) {
        n = moim_search_meaning(f, near, NEAREST);
        if (n < 0) rc = n;
    }
    for (int i = 0; !rc && i < n; i++) rc = add_passage(f, &near[i], 1.0 / (RANK_OFFSET + 1 + i));
    if (!rc) rc = drop_repeated(f);
    if (rc) return rc;
    if (f->n && (f->words.n || q->vector)) qsort(f->hits, (size_t)f->n, sizeof *f->hits, by_score);
    if (q->by_meeting) rc = group(f);
    if (q->total) *q->total = f->n;
    if (!rc) cut(f);
    return rc;
}

int moim_search_run(struct moim_store *s, const struct moim_search_query *q, struct moim_hit **hits, int *n,
                    struct moim_err *err)
{
    struct moim_err local = {0};
    struct moim_finder f = {.s = s, .q = q, .err = err ? err : &local};
    *hits = NULL;
    *n = 0;
    int rc = split(&f.words, q->text) ? MOIM_OK : moim_fail(f.err, MOIM_ENOMEM, "search: out of memory");
    if (!rc && !f.words.n && !q->vector && (!q->speaker || !*q->speaker))
        rc = moim_fail(f.err, MOIM_EINVAL, "search: no word to look for");
    if (!rc) rc = find(&f);
    free(f.words.copy);
    free(f.meetings);
    if (rc) {
        moim_hits_free(f.hits, f.n);
        return rc;
    }
    *hits = f.hits;
    *n = f.n;
    return MOIM_OK;
}

int moim_search(struct moim_store *s, const char *query, int limit, struct moim_hit **hits, int *n,
                struct moim_err *err)
{
    return moim_search_run(s, &(struct moim_search_query){.text = query, .limit = limit}, hits, n, err);
}

void moim_hit_clear(struct moim_hit *h)
{
    free(h->title);
    free(h->language);
    free(h->speaker_name);
    free(h->text);
    memset(h, 0, sizeof *h);
}

void moim_hits_free(struct moim_hit *hits, int n)
{
    for (int i = 0; i < n; i++) moim_hit_clear(&hits[i]);
    free(hits);
}

static int by_place(const void *a, const void *b)
{
    const struct moim_highlight *x = a, *y = b;
    return x->from != y->from ? x->from - y->from : y->to - x->to;
}

static int characters(const char *from, const char *to)
{
    int n = 0;
    for (; from < to; from++) n += (*from & 0xc0) != 0x80;
    return n;
}

int moim_search_highlights(const char *query, const char *text, struct moim_highlight *marks, int cap)
{
    struct moim_query_words w;
    int n = 0, kept = 0;
    if (!split(&w, query)) return -1;
    for (int i = 0; i < w.n; i++)
        for (const char *p = text; n < cap && (p = moim_find_word(p, w.word[i])); p += strlen(w.word[i])) {
            int from = characters(text, p);
            marks[n++] = (struct moim_highlight){from, from + characters(p, p + strlen(w.word[i]))};
        }
    free(w.copy);
    if (n) qsort(marks, (size_t)n, sizeof *marks, by_place);
    for (int i = 0; i < n; i++) {
        if (kept && marks[i].from < marks[kept - 1].to) {
            if (marks[i].to > marks[kept - 1].to) marks[kept - 1].to = marks[i].to;
            continue;
        }
        marks[kept++] = marks[i];
    }
    return kept;
}
