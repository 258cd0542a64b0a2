#include "storage/lines.h"
#include "storage/corrections.h"
#include "storage/speakers.h"
#include "storage/store_int.h"
#include "storage/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The meeting's lines and which of them is meant; released with moim_segments_free. */
static int find(struct moim_store *s, int64_t meeting, int64_t segment, struct moim_segment **list, int *n,
                int *at, struct moim_err *err)
{
    int rc = moim_segments_get(s, meeting, list, n, err);
    for (*at = 0; !rc && *at < *n && (*list)[*at].id != segment;) ++*at;
    if (!rc && *at == *n)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_segment", "meeting %lld has no segment %lld",
                           (long long)meeting, (long long)segment);
    return rc;
}

static int no_memory(struct moim_store *s, struct moim_err *err)
{
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

/* ---- cutting ---- */

static size_t bytes_before(const char *text, int characters)
{
    size_t i = 0;
    while (text[i] && characters > 0) {
        i++;
        while (((unsigned char)text[i] & 0xc0) == 0x80) i++;
        characters--;
    }
    return i;
}

/* Half of a line: its words, its text between two bytes without blanks around, its confidence. */
struct half {
    char *text;
    struct moim_word *words;
    int n;
    double start, end, confidence;
};

static void half_clear(struct half *h)
{
    free(h->text);
    moim_words_free(h->words, h->n);
}

static int take_half(struct half *h, const struct moim_line_words *w, const char *text, int first, int last,
                     size_t from, size_t to)
{
    while (from < to && text[from] == ' ') from++;
    while (to > from && text[to - 1] == ' ') to--;
    h->n = last - first;
    for (int i = first; i < last; i++) h->confidence += w->list[i].confidence / h->n;
    h->text = strndup(text + from, to - from);
    int rc = moim_line_words_cut(w, text, first, last, h->start, h->end, &h->words);
    return h->text ? rc : MOIM_ENOMEM;
}

/* Words 0 ... k - 1 of a line, and the others. */
static int cut(const struct moim_segment *g, const struct moim_line_words *w, int k, struct half half[2])
{
    double at = fmin(fmax(w->list[k].start, g->start), g->end), before = w->list[k - 1].end;
    half[0] = (struct half){.start = g->start, .end = before > g->start && before < at ? before : at};
    half[1] = (struct half){.start = at, .end = g->end};
    int rc = take_half(&half[0], w, g->text, 0, k, 0, w->list[k].from);
    return rc ? rc : take_half(&half[1], w, g->text, k, w->n, w->list[k].from, strlen(g->text));
}

static int put_halves(struct moim_store *s, const struct moim_segment *g, const struct half half[2],
                      int64_t *second, struct moim_err *err)
{
    int rc = moim_sql_done(
        s,
        moim_sql(
            s, err,
            "INSERT INTO segments(meeting, start, \"end\", speaker, text, words, language, confidence, edited,"
            " speaker_set, speaker_certainty) SELECT meeting, ?, ?, speaker, ?, ?, language, ?, edited, speaker_set, speaker_certainty FROM segments WHERE"
            " id = ?",
            "ddtwdi", half[1].start, half[1].end, half[1].text, half[1].words, half[1].n, half[1].confidence,
            g->id),
        err);
    *second = sqlite3_last_insert_rowid(s->db);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(
                s, err,
                "UPDATE segments SET start = ?, \"end\" = ?, text = ?, words = ?, confidence = ?, first_pass = ''"
                " WHERE id = ?",
                "ddtwdi", half[0].start, half[0].end, half[0].text, half[0].words, half[0].n,
                half[0].confidence, g->id),
            err);
    if (rc) return rc;
    return moim_sql_done(
        s,
        moim_sql(s, err, "INSERT INTO evidence(item, segment) SELECT item, ? FROM evidence WHERE segment = ?",
                 "ii", *second, g->id),
        err);
}

/* What is heard below a corrected line goes with the half at whose time it was said; a heard line that lies across is below
 * both, cut between words. */
static int cut_heard(struct moim_store *s, sqlite3_stmt *st, double at, int64_t second, struct moim_err *err)
{
    int64_t id = sqlite3_column_int64(st, 0);
    struct moim_segment g = {
        .start = moim_sql_seconds(st, 1), .end = moim_sql_seconds(st, 2), .text = moim_sql_text(st, 3)};
    struct moim_line_words w = {0};
    struct half half[2] = {{0}, {0}};
    int k = 0, rc = moim_sql_words(st, 4, &g.words, &g.n_words);
    if (!rc && g.text)
        rc = moim_line_words_read(&w, g.text, g.words, g.n_words, (struct moim_line_span){g.start, g.end, 1});
    while (!rc && g.text && k < w.n && (w.list[k].start + w.list[k].end) / 2 < at) k++;
    bool across = k > 0 && k < w.n;
    if (!rc && g.text && across) rc = cut(&g, &w, k, half);
    if (rc || !g.text) rc = no_memory(s, err);
    if (!rc && across)
        rc = moim_sql_done(
            s,
            moim_sql(
                s, err,
                "INSERT INTO heard(segment, start, \"end\", text, words, language, confidence, speaker) SELECT ?, ?, ?,"
                " ?, ?, language, ?, speaker FROM heard WHERE id = ?",
                "iddtwdi", second, half[1].start, half[1].end, half[1].text, half[1].words, half[1].n,
                half[1].confidence, id),
            err);
    if (!rc && across)
        rc = moim_sql_done(
            s,
            moim_sql(s, err,
                     "UPDATE heard SET \"end\" = ?, text = ?, words = ?, first_pass = '' WHERE id = ?",
                     "dtwi", half[0].end, half[0].text, half[0].words, half[0].n, id),
            err);
    if (!rc && !across && (w.n ? k == 0 : (g.start + g.end) / 2 >= at))
        rc = moim_sql_done(s, moim_sql(s, err, "UPDATE heard SET segment = ? WHERE id = ?", "ii", second, id),
                           err);
    half_clear(&half[0]);
    half_clear(&half[1]);
    moim_line_words_free(&w);
    moim_words_free(g.words, g.n_words);
    free(g.text);
    return rc;
}

/* A corrected line has one step back from here on: to what is heard below it, else to its own words. */
static int one_step(struct moim_store *s, int64_t segment, struct moim_err *err)
{
    int rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM edits WHERE segment = ?", "i", segment), err);
    if (rc) return rc;
    return moim_sql_done(
        s,
        moim_sql(
            s, err,
            "INSERT INTO edits(segment, before, was_edited, at) SELECT id, coalesce((SELECT group_concat(text, ' ') FROM"
            " (SELECT text FROM heard WHERE segment = ?1 ORDER BY start, id)), text), 0, ?2 FROM segments WHERE id ="
            " ?1",
            "ii", segment, (int64_t)time(NULL)),
        err);
}

static int split_history(struct moim_store *s, int64_t segment, double at, int64_t second,
                         struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT id, start, \"end\", text, words FROM heard WHERE segment = ? ORDER BY id",
                 "i", segment);
    int rc = MOIM_OK, more;
    while ((more = moim_sql_row(s, st, err)) > 0 && !(rc = cut_heard(s, st, at, second, err))) {
    }
    sqlite3_finalize(st);
    if (!rc && more < 0) rc = more;
    if (!rc) rc = one_step(s, segment, err);
    return rc ? rc : one_step(s, second, err);
}

static int split(struct moim_store *s, const struct moim_segment *g, int at, int64_t *second,
                 struct moim_err *err)
{
    struct moim_line_words w;
    struct half half[2] = {{0}, {0}};
    size_t byte = bytes_before(g->text, at);
    int k = 0, rc = moim_line_words_read(&w, g->text, g->words, g->n_words,
                                         (struct moim_line_span){g->start, g->end, g->confidence});
    if (rc) return no_memory(s, err);
    while (k < w.n && w.list[k].to <= byte) k++;
    if (k < 1 || k >= w.n) rc = moim_fail(err, MOIM_EINVAL, "a line is cut between two of its words");
    if (!rc && cut(g, &w, k, half)) rc = no_memory(s, err);
    if (!rc) rc = put_halves(s, g, half, second, err);
    if (!rc && g->edited) rc = split_history(s, g->id, half[1].start, *second, err);
    half_clear(&half[0]);
    half_clear(&half[1]);
    moim_line_words_free(&w);
    return rc;
}

int moim_segment_split(struct moim_store *s, int64_t meeting, int64_t segment, int at, int64_t *second,
                       struct moim_err *err)
{
    struct moim_segment *list = NULL;
    int n = 0, i, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = find(s, meeting, segment, &list, &n, &i, err);
    if (!rc) rc = split(s, &list[i], at, second, err);
    moim_segments_free(list, n);
    return moim_end(s, rc, err);
}

/* ---- joining ---- */

/* Both lines' words, each with its own time. */
static int words_of(const struct moim_segment *g, struct moim_word **all, int *n)
{
    struct moim_word *own = NULL, *grown;
    int k = 0, rc = moim_line_words_fit(g->text, g->words, g->n_words,
                                        (struct moim_line_span){g->start, g->end, g->confidence}, &own, &k);
    if (rc || !k) return rc;
    grown = realloc(*all, (size_t)(*n + k) * sizeof *grown);
    if (!grown) {
        moim_words_free(own, k);
        return MOIM_ENOMEM;
    }
    memcpy(grown + *n, own, (size_t)k * sizeof *grown);
    free(own);
    *all = grown;
    *n += k;
    return MOIM_OK;
}

static int join_history(struct moim_store *s, const struct moim_segment *a, const struct moim_segment *b,
                        struct moim_err *err)
{
    int rc = a->edited ? MOIM_OK : moim_correction_keep_heard(s, a->id, err);
    if (!rc && !b->edited) rc = moim_correction_keep_heard(s, b->id, err);
    return rc ? rc
              : moim_sql_done(
                    s, moim_sql(s, err, "UPDATE heard SET segment = ? WHERE segment = ?", "ii", a->id, b->id),
                    err);
}

/* As sure as the less sure of the two; one by another speaker says nothing about this one. */
static double certainty_joined(const struct moim_segment *a, const struct moim_segment *b)
{
    bool both = a->speaker == b->speaker && a->speaker_certainty > 0 && b->speaker_certainty > 0;
    return both ? fmin(a->speaker_certainty, b->speaker_certainty) : a->speaker_certainty;
}

static int put_joined(struct moim_store *s, const struct moim_segment *a, const struct moim_segment *b,
                      struct moim_err *err)
{
    struct moim_word *words = NULL;
    char *text = NULL;
    int n = 0, rc = words_of(a, &words, &n);
    if (!rc) rc = words_of(b, &words, &n);
    if (!rc && asprintf(&text, "%s %s", a->text, b->text) < 0) text = NULL, rc = MOIM_ENOMEM;
    double own = fmax(a->end - a->start, 0), more = fmax(b->end - b->start, 0);
    double confidence =
        own + more > 0 ? (a->confidence * own + b->confidence * more) / (own + more) : a->confidence;
    rc = rc ? no_memory(s, err)
            : moim_sql_done(
                  s,
                  moim_sql(s, err,
                           "UPDATE segments SET \"end\" = ?, text = ?, words = ?, confidence = ?, edited = ?,"
                           " first_pass = '', speaker_certainty = nullif(?, 0) WHERE id = ?",
                           "dtwdidi", fmax(a->end, b->end), text, words, n, confidence,
                           (int64_t)(a->edited || b->edited), certainty_joined(a, b), a->id),
                  err);
    moim_words_free(words, n);
    free(text);
    return rc;
}

static int join(struct moim_store *s, int64_t meeting, const struct moim_segment *a,
                const struct moim_segment *b, struct moim_err *err)
{
    int rc = MOIM_OK;
    if (a->speaker > 0 && a->speaker != b->speaker)
        rc = moim_segment_set_speaker(s, meeting, b->id, a->speaker, err);
    if (!rc && (a->edited || b->edited)) rc = join_history(s, a, b, err);
    if (!rc) rc = put_joined(s, a, b, err);
    if (!rc && (a->edited || b->edited)) rc = one_step(s, a->id, err);
    static const char *const move[] = {
        "INSERT OR IGNORE INTO evidence(item, segment) SELECT item, ?1 FROM evidence WHERE segment = ?2",
        "DELETE FROM segments WHERE id = ?2 AND ?1 <> ?2"};
    for (int i = 0; !rc && i < 2; i++)
        rc = moim_sql_done(s, moim_sql(s, err, move[i], "ii", a->id, b->id), err);
    return rc;
}

int moim_segment_join(struct moim_store *s, int64_t meeting, int64_t segment, struct moim_err *err)
{
    struct moim_segment *list = NULL;
    int n = 0, i, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = find(s, meeting, segment, &list, &n, &i, err);
    if (!rc && i + 1 == n) rc = moim_fail(err, MOIM_EINVAL, "no line follows the last one");
    if (!rc) rc = join(s, meeting, &list[i], &list[i + 1], err);
    moim_segments_free(list, n);
    return moim_end(s, rc, err);
}

/* ---- highlighting ---- */

/* Takes [start, end] out of what is highlighted. */
static int clear_time(struct moim_store *s, int64_t meeting, double start, double end, struct moim_err *err)
{
    static const char *const steps[] = {
        ("INSERT INTO highlights(meeting, start, \"end\") SELECT meeting, ?3, \"end\" FROM highlights WHERE meeting = ?1 AND"
         " start < ?2 AND \"end\" > ?3"),
        "UPDATE highlights SET \"end\" = ?2 WHERE meeting = ?1 AND start < ?2 AND \"end\" > ?2 AND ?3 >= ?2",
        "UPDATE highlights SET start = ?3 WHERE meeting = ?1 AND start < ?3 AND \"end\" > ?3 AND start >= ?2",
        "DELETE FROM highlights WHERE meeting = ?1 AND start >= ?2 AND \"end\" <= ?3"};
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < 4; i++)
        rc = moim_sql_done(s, moim_sql(s, err, steps[i], "idd", meeting, start, end), err);
    return rc;
}

int moim_segment_highlight(struct moim_store *s, int64_t meeting, int64_t segment, bool on,
                           struct moim_err *err)
{
    struct moim_segment *list = NULL;
    int n = 0, i, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = find(s, meeting, segment, &list, &n, &i, err);
    double start = rc ? 0 : list[i].start, end = rc ? 0 : fmax(list[i].end, list[i].start + 0.01);
    if (!rc) rc = clear_time(s, meeting, start, end, err);
    if (!rc && on)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "INSERT INTO highlights(meeting, start, \"end\") VALUES(?, ?, ?)",
                                    "idd", meeting, start, end),
                           err);
    moim_segments_free(list, n);
    return moim_end(s, rc, err);
}
