#include "storage/store_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16

/* A query split at white space: words of three characters and more go to the trigram index, shorter ones are
 * scanned for. */
struct query {
    char *copy;
    char *match; /* FTS5 expression, "" when no word is long enough */
    char *word[MAX_WORDS];
    int n_words;
};

static int characters(const char *s)
{
    int n = 0;
    for (; *s; s++) n += (*s & 0xc0) != 0x80;
    return n;
}

/* Appends a word as an FTS5 string: quoted, quotes doubled, so that no operator of the user's text takes
 * effect. */
static void append_quoted(char *to, const char *word)
{
    to += strlen(to);
    *to++ = '"';
    for (; *word; word++) {
        if (*word == '"') *to++ = '"';
        *to++ = *word;
    }
    strcpy(to, "\" ");
}

static bool parse_query(struct query *q, const char *text)
{
    memset(q, 0, sizeof *q);
    q->copy = strdup(text);
    q->match = calloc(2, 2 * strlen(text) + 64);
    if (!q->copy || !q->match) return false;
    char *save = NULL;
    for (char *w = strtok_r(q->copy, " \t\r\n", &save); w && q->n_words < MAX_WORDS;
         w = strtok_r(NULL, " \t\r\n", &save)) {
        if (characters(w) >= 3) append_quoted(q->match, w);
        q->word[q->n_words++] = w;
    }
    return true;
}

static void free_query(struct query *q)
{
    free(q->copy);
    free(q->match);
}

/* ASCII letters match either case, everything else to the byte: the same as SQLite's LIKE, without its
 * wildcards. */
static bool contains(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (!strncasecmp(text, word, n)) return true;
    return false;
}

static bool all_words_in(const struct query *q, const char *text)
{
    for (int i = 0; i < q->n_words; i++)
        if (!contains(text, q->word[i])) return false;
    return true;
}

static int read_hit(struct moim_store *s, sqlite3_stmt *st, struct moim_hit **hits, int *n,
                    struct moim_err *err)
{
    struct moim_hit *h = moim_list_push((void **)hits, n, sizeof *h);
    if (h)
        *h = (struct moim_hit){
            sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),  moim_sql_text(st, 2),
            sqlite3_column_int64(st, 3), sqlite3_column_double(st, 4), sqlite3_column_int(st, 5),
            moim_sql_text(st, 6),        moim_sql_text(st, 7),         sqlite3_column_double(st, 8)};
    if (h && h->title && h->speaker_name && h->text) return MOIM_OK;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

#define SEGMENT_COLUMNS "m.id, g.id, m.title, m.started_at, g.start, g.speaker, coalesce(p.name, ''), g.text"
#define SEGMENT_JOINS                                                                                        \
    " JOIN meetings m ON m.id = g.meeting LEFT JOIN speakers p ON p.meeting = g.meeting AND p.number = "     \
    "g.speaker "
#define ITEM_COLUMNS "m.id, 0, m.title, m.started_at, i.start, 0, '', i.text"
#define ITEM_JOINS " JOIN minutes n ON n.id = i.minutes AND n.current JOIN meetings m ON m.id = n.meeting "

static int collect(struct moim_store *s, sqlite3_stmt *st, const struct query *q, int limit,
                   struct moim_hit **hits, int *n, struct moim_err *err)
{
    int rc = 0;
    while (*n < limit && (rc = moim_sql_row(s, st, err)) > 0) {
        const char *text = (const char *)sqlite3_column_text(st, 7);
        if (text && all_words_in(q, text) && (rc = read_hit(s, st, hits, n, err)) < 0) break;
    }
    if (*n >= limit) rc = 0;
    sqlite3_finalize(st);
    return rc;
}

int moim_search(struct moim_store *s, const char *query, int limit, struct moim_hit **hits, int *n,
                struct moim_err *err)
{
    *hits = NULL;
    *n = 0;
    struct query q;
    if (!parse_query(&q, query)) {
        free_query(&q);
        return moim_fail(err, MOIM_ENOMEM, "search: out of memory");
    }
    if (!q.n_words) {
        free_query(&q);
        return moim_fail(err, MOIM_EINVAL, "search: no word to look for");
    }
    bool indexed = *q.match;
    sqlite3_stmt *st =
        indexed ? moim_sql(s, err,
                           "SELECT " SEGMENT_COLUMNS
                           ", f.rank FROM segments_fts f JOIN segments g ON g.id = f.rowid" SEGMENT_JOINS
                           "WHERE segments_fts MATCH ?1 UNION ALL SELECT " ITEM_COLUMNS
                           ", f.rank FROM items_fts f JOIN items i ON i.id = f.rowid" ITEM_JOINS
                           "WHERE items_fts MATCH ?1 ORDER BY 9",
                           "t", q.match)
                : moim_sql(s, err,
                           "SELECT " SEGMENT_COLUMNS ", 0 FROM segments g" SEGMENT_JOINS
                           "WHERE instr(lower(g.text), lower(?1)) UNION ALL SELECT " ITEM_COLUMNS
                           ", 0 FROM items i" ITEM_JOINS
                           "WHERE instr(lower(i.text), lower(?1)) ORDER BY 4 DESC, 5",
                           "t", q.word[0]);
    int rc = st ? collect(s, st, &q, limit, hits, n, err) : err->code;
    free_query(&q);
    if (rc) {
        moim_hits_free(*hits, *n);
        *hits = NULL;
        *n = 0;
    }
    return rc;
}

void moim_hits_free(struct moim_hit *hits, int n)
{
    for (int i = 0; i < n; i++) {
        free(hits[i].title);
        free(hits[i].speaker_name);
        free(hits[i].text);
    }
    free(hits);
}
