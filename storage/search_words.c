/* Search by words. FTS5's trigram index yields rows newest first, so that a word that is everywhere costs no
 * more than one that is rare: the first few hundred are looked at and ranked here, and nothing is counted
 * over the whole store. A word of one or two characters has no trigram; the terms that begin with it stand in
 * its place. */
#include "base/text.h"
#include "storage/search_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_ROWS 4000 /* scanned first for a short word: a frequent one is found there */
#define MOST_TERMS 400   /* that may stand for a short word */
#define FEW_MEETINGS 64  /* so many are searched one after another, by their range of rows */

struct source {
    const char *rows;   /* of the index: match, first row, last row */
    const char *row;    /* one row by its id */
    const char *terms;  /* from ... below */
    const char *recent; /* rows that hold ?1 among the newest ?2 */
    const char *range;  /* first and last row of a meeting; NULL: only as a whole */
};

static const struct source segments = {
    "SELECT rowid FROM segments_fts WHERE segments_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid "
    "DESC",
    "SELECT " MOIM_HIT_COLUMNS " FROM segments g" MOIM_HIT_JOINS "WHERE g.id = ? AND m.trashed_at = 0",
    "SELECT term FROM segments_terms WHERE term >= ?1 AND term < ?2 LIMIT ?3",
    "SELECT g.id FROM segments g WHERE g.id > (SELECT max(id) FROM segments) - ?2 AND instr(lower(g.text), "
    "lower(?1)) ORDER BY g.id DESC",
    "SELECT min(id), max(id) FROM segments WHERE meeting = ?"};

static const struct source items = {
    "SELECT rowid FROM items_fts WHERE items_fts MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
    "SELECT m.id, 0, m.title, m.started_at, i.start, i.\"end\", 0, i.owner, i.text, m.language FROM items i"
    " JOIN minutes n ON n.id = i.minutes AND n.current JOIN meetings m ON m.id = n.meeting AND m.trashed_at = 0 WHERE i.id = ? AND NOT i.removed",
    "SELECT term FROM items_terms WHERE term >= ?1 AND term < ?2 LIMIT ?3",
    "SELECT i.id FROM items i WHERE i.id > (SELECT max(id) FROM items) - ?2 AND instr(lower(i.text), "
    "lower(?1))"
    " ORDER BY i.id DESC",
    NULL};

static int characters(const char *s)
{
    int n = 0;
    for (; *s; s++) n += (*s & 0xc0) != 0x80;
    return n;
}

const char *moim_find_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (!strncasecmp(text, word, n)) return text;
    return NULL;
}

static bool holds_all(const struct moim_finder *f, const char *text)
{
    for (int i = 0; i < f->words.n; i++)
        if (!moim_find_word(text, f->words.word[i])) return false;
    return true;
}

/* Quoted, quotes doubled, so that no operator of FTS5 in the user's text takes effect. */
static void put_quoted(FILE *out, const char *word)
{
    fputc('"', out);
    for (; *word; word++) {
        if (*word == '"') fputc('"', out);
        fputc(*word, out);
    }
    fputc('"', out);
}

/* The terms that begin with a short word, as (a OR b ...). *how: 1 written, 0 too many, -1 there is none. */
static int put_terms(struct moim_finder *f, const struct source *src, FILE *out, const char *word, int *how)
{
    char low[64], high[64];
    snprintf(low, sizeof low, "%s", word);
    for (char *p = low; *p; p++) *p = (char)tolower((unsigned char)*p); /* the index folds case */
    snprintf(high, sizeof high, "%s", low);
    /* Terms are compared as bytes: the first that is past every one that begins with the word. */
    high[strlen(high) - 1]++;
    sqlite3_stmt *st = moim_sql(f->s, f->err, src->terms, "tti", low, high, (int64_t)MOST_TERMS + 1);
    char *group = NULL;
    size_t size;
    FILE *g = open_memstream(&group, &size);
    int n = 0, rc = g ? 0 : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    while (!rc && (rc = moim_sql_row(f->s, st, f->err)) > 0) {
        fputs(n++ ? " OR " : "(", g);
        const char *term = moim_sql_peek(st, 0);
        if (term) put_quoted(g, term);
        rc = term ? 0 : moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    }
    sqlite3_finalize(st);
    if (g && !moim_stream_end(g, &group) && !rc) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    *how = n == 0 ? -1 : n > MOST_TERMS ? 0 : 1;
    if (!rc && *how == 1) fprintf(out, "%s)", group);
    free(group);
    return rc;
}

/* The FTS5 expression of a query, "" when no word narrows it, NULL when a word occurs nowhere. */
static int build_match(struct moim_finder *f, const struct source *src, char **match)
{
    size_t size;
    FILE *out = open_memstream(match, &size);
    if (!out) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    int rc = 0, parts = 0;
    bool nowhere = false;
    for (int i = 0; !rc && !nowhere && i < f->words.n; i++) {
        const char *w = f->words.word[i];
        long before = ftell(out);
        int how = 1;
        if (characters(w) >= 3) {
            if (parts) fputs(" AND ", out);
            put_quoted(out, w);
        } else {
            char *group = NULL;
            FILE *g = open_memstream(&group, &size);
            if (!g) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
            if (g) rc = put_terms(f, src, g, w, &how);
            if (g && !moim_stream_end(g, &group) && !rc)
                rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
            nowhere = !rc && how < 0;
            if (!rc && how > 0) fprintf(out, "%s%s", parts ? " AND " : "", group);
            free(group);
        }
        parts += ftell(out) > before;
    }
    if (!moim_stream_end(out, match) && !rc) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    if (rc || nowhere) {
        free(*match);
        *match = NULL;
    }
    return rc;
}

/* Looks at one row; takes it when everything fits. */
static int look(struct moim_finder *f, sqlite3_stmt *row, int64_t id)
{
    sqlite3_reset(row);
    sqlite3_bind_int64(row, 1, id);
    int rc = moim_sql_row(f->s, row, f->err);
    if (rc <= 0) return rc;
    const char *text = moim_sql_peek(row, 8), *name = moim_sql_peek(row, 7);
    if (!text || !name) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    if (!moim_finder_takes(f, sqlite3_column_int64(row, 0)) ||
        !moim_finder_speaker(f, sqlite3_column_int(row, 6), name) || !holds_all(f, text))
        return 0;
    struct moim_hit *h = moim_list_push((void **)&f->hits, &f->n, sizeof *h);
    if (!h) return moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
    rc = moim_read_hit(f->s, row, h, f->err);
    if (!rc && !h->segment) *h->speaker_name = 0; /* an owner is not who spoke */
    return rc;
}

/* Takes rows of a list of ids until there are enough hits. */
static int drain(struct moim_finder *f, sqlite3_stmt *ids, sqlite3_stmt *row, int enough)
{
    int rc = 0;
    while (f->n < enough && (rc = moim_sql_row(f->s, ids, f->err)) > 0)
        if ((rc = look(f, row, sqlite3_column_int64(ids, 0))) < 0) break;
    return rc > 0 ? 0 : rc;
}

static int by_index(struct moim_finder *f, const struct source *src, const char *match, sqlite3_stmt *row,
                    int64_t first, int64_t last, int enough)
{
    sqlite3_stmt *ids = moim_sql(f->s, f->err, src->rows, "tii", match, first, last);
    if (!ids) return f->err->code;
    int rc = drain(f, ids, row, enough);
    sqlite3_finalize(ids);
    return rc;
}

/* A few meetings are asked one by one, newest first: each is a narrow range of rows. */
static int by_meeting(struct moim_finder *f, const struct source *src, const char *match, sqlite3_stmt *row,
                      int enough)
{
    int rc = 0;
    for (int i = f->n_meetings - 1; !rc && i >= 0 && f->n < enough; i--) {
        sqlite3_stmt *st = moim_sql(f->s, f->err, src->range, "i", f->meetings[i]);
        rc = moim_sql_row(f->s, st, f->err);
        int64_t first = rc > 0 ? sqlite3_column_int64(st, 0) : 0,
                last = rc > 0 ? sqlite3_column_int64(st, 1) : 0;
        sqlite3_finalize(st);
        if (rc > 0) rc = 0;
        if (!rc && last) rc = by_index(f, src, match, row, first, last, enough);
    }
    return rc;
}

/* Rows that hold the first word, read one after another. */
static int by_reading(struct moim_finder *f, const struct source *src, sqlite3_stmt *row, int64_t rows,
                      int enough)
{
    sqlite3_stmt *ids = moim_sql(f->s, f->err, src->recent, "ti", f->words.word[0], rows);
    if (!ids) return f->err->code;
    int rc = drain(f, ids, row, enough);
    sqlite3_finalize(ids);
    return rc;
}

static void forget(struct moim_finder *f)
{
    moim_hits_free(f->hits, f->n);
    f->hits = NULL;
    f->n = 0;
}

static int search_source(struct moim_finder *f, const struct source *src, int enough)
{
    sqlite3_stmt *row = moim_sql(f->s, f->err, src->row, "");
    if (!row) return f->err->code;
    bool few = src->range && f->meetings && f->n_meetings <= FEW_MEETINGS, all_short = true;
    for (int i = 0; i < f->words.n; i++) all_short = all_short && characters(f->words.word[i]) < 3;
    int rc = all_short && !few ? by_reading(f, src, row, RECENT_ROWS, enough) : MOIM_OK;
    char *match = NULL;
    if (!rc && f->n < enough) {
        forget(f); /* what the newest rows gave is among all of them */
        rc = build_match(f, src, &match);
        if (!rc && match && !*match) /* one character: there are more terms than can be named */
            rc = by_reading(f, src, row, INT64_MAX / 2, enough);
        else if (!rc && match)
            rc = few ? by_meeting(f, src, match, row, enough)
                     : by_index(f, src, match, row, INT64_MIN, INT64_MAX, enough);
    }
    sqlite3_finalize(row);
    free(match);
    return rc;
}

/* How well a text answers: a word that stands at the beginning of one counts more than inside, several times
 * more than once, and a short text more than a long one. */
static double quality(const struct moim_finder *f, const char *text)
{
    double sum = 0;
    for (int i = 0; i < f->words.n; i++) {
        double best = 0;
        int times = 0;
        for (const char *p = text; (p = moim_find_word(p, f->words.word[i])); p++, times++) {
            unsigned char before = p > text ? (unsigned char)p[-1] : ' ';
            double here = before < 0x80 && !isalnum(before) ? 1 : 0.6;
            if (here > best) best = here;
        }
        sum += best + 0.1 * (times > 4 ? 3 : times - 1);
    }
    size_t n = strlen(text);
    return sum / f->words.n + (*f->q->text && moim_find_word(text, f->q->text) ? 0.3 : 0) -
           0.1 * (double)n / (double)(n + 300);
}

static int by_quality(const void *a, const void *b)
{
    const struct moim_hit *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    if (x->started_at != y->started_at) return x->started_at < y->started_at ? 1 : -1;
    return (x->start > y->start) - (x->start < y->start);
}

int moim_search_words(struct moim_finder *f, int most)
{
    int rc = search_source(f, &segments, most);
    struct moim_hit *kept = f->hits;
    int n = f->n;
    f->hits = NULL;
    f->n = 0;
    if (!rc) rc = search_source(f, &items, most);
    for (int i = 0; !rc && i < f->n; i++) {
        struct moim_hit *h = moim_list_push((void **)&kept, &n, sizeof *h);
        if (!h) rc = moim_fail(f->err, MOIM_ENOMEM, "search: out of memory");
        if (h) *h = f->hits[i];
        memset(&f->hits[i], 0, h ? sizeof *h : 0);
    }
    moim_hits_free(f->hits, f->n);
    f->hits = kept;
    f->n = n;
    for (int i = 0; !rc && i < n; i++) {
        f->hits[i].score = quality(f, f->hits[i].text);
        f->hits[i].found = MOIM_FOUND_WORDS;
    }
    if (!rc && n) qsort(f->hits, (size_t)n, sizeof *f->hits, by_quality);
    return rc;
}
