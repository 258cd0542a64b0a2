#include "storage/corrections.h"
#include "storage/spans.h"
#include "storage/store_int.h"
#include "storage/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                              \
    "g.id, g.start, g.\"end\", g.speaker, coalesce(p.name, ''), g.text, g.first_pass, g.words, g.language, " \
    "g.confidence, g.edited, EXISTS(SELECT 1 FROM highlights h WHERE h.meeting = g.meeting AND h.start <="   \
    " (g.start + g.\"end\") / 2 AND h.\"end\" > (g.start + g.\"end\") / 2), g.speaker_certainty"
#define FROM_SEGMENTS                                                                                        \
    " FROM segments g LEFT JOIN speakers p ON p.meeting = g.meeting AND p.number = g.speaker "

static int read_segment(struct moim_store *s, sqlite3_stmt *st, struct moim_segment *g, struct moim_err *err)
{
    *g = (struct moim_segment){.id = sqlite3_column_int64(st, 0),
                               .start = moim_sql_seconds(st, 1),
                               .end = moim_sql_seconds(st, 2),
                               .speaker = sqlite3_column_int(st, 3),
                               .speaker_name = moim_sql_name(st, 4),
                               .text = moim_sql_text(st, 5),
                               .first_pass = moim_sql_text(st, 6),
                               .language = moim_sql_language(st, 8),
                               .confidence = moim_sql_seconds(st, 9),
                               .edited = sqlite3_column_int(st, 10) != 0,
                               .highlighted = sqlite3_column_int(st, 11) != 0,
                               .speaker_certainty = moim_sql_seconds(st, 12)};
    int rc = moim_sql_words(st, 7, &g->words, &g->n_words);
    if (!rc && g->speaker_name && g->text && g->first_pass && g->language) return MOIM_OK;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

int moim_segments_get(struct moim_store *s, int64_t meeting, struct moim_segment **list, int *n,
                      struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT " COLUMNS FROM_SEGMENTS "WHERE g.meeting = ? ORDER BY g.start, g.id", "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_segment *g = moim_list_push((void **)list, n, sizeof *g);
        rc = g ? read_segment(s, st, g, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (rc) break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_segments_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

/* ---- a new transcript around what the user wrote ---- */

struct around {
    struct moim_store *s;
    int64_t meeting;
    struct moim_err *err;
    const struct moim_segment *old; /* [n_old] the transcript so far, by time */
    int n_old;
    struct moim_spans kept;     /* corrected segments; value: the id */
    struct moim_spans assigned; /* speakers that the user set; value: the number */
};

/* Where a word is among the user's decisions. A line is cut wherever that changes. */
struct place {
    int below;    /* the correction that stands there, -1 none */
    int after;    /* corrections that begin before it */
    int assigned; /* the time given to a speaker that it lies in, -1 none */
};

static struct place place_of(const struct around *a, double start, double end)
{
    double middle = (start + end) / 2;
    return (struct place){moim_spans_at(&a->kept, middle), moim_spans_before(&a->kept, middle),
                          moim_spans_at(&a->assigned, middle)};
}

static bool same_place(struct place a, struct place b)
{
    return a.below == b.below && a.after == b.after && a.assigned == b.assigned;
}

/* The old line of a speaker that [start, end] shares most time with, NULL for none. */
static const struct moim_segment *spoken_before(const struct around *a, double start, double end)
{
    double most = 0;
    const struct moim_segment *found = NULL;
    for (int i = 0; i < a->n_old; i++) {
        const struct moim_segment *o = &a->old[i];
        if (o->start >= end) break;
        double shared = (o->end < end ? o->end : end) - (o->start > start ? o->start : start);
        if (o->speaker > 0 && shared > most) {
            most = shared;
            found = o;
        }
    }
    return found;
}

static int put_below(const struct around *a, const struct moim_segment *g, struct place at)
{
    int64_t speaker = at.assigned >= 0 ? a->assigned.list[at.assigned].value : 0;
    return moim_sql_done(
        a->s,
        moim_sql(a->s, a->err,
                 "INSERT INTO heard(segment, start, \"end\", text, first_pass, words, language, confidence, "
                 "speaker) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "iddttwtdi", a->kept.list[at.below].value, g->start, g->end, g->text, g->first_pass,
                 g->words, g->n_words, g->language, g->confidence, speaker),
        a->err);
}

static int put_outside(const struct around *a, const struct moim_segment *g, int assigned)
{
    const struct moim_segment *by = g->speaker ? g : spoken_before(a, g->start, g->end);
    int64_t speaker = assigned >= 0 ? a->assigned.list[assigned].value : by ? by->speaker : 0;
    return moim_sql_done(
        a->s,
        moim_sql(
            a->s, a->err,
            "INSERT INTO segments(meeting, start, \"end\", speaker, text, first_pass, words, language, "
            "confidence, speaker_set, speaker_certainty) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
            "iddittwtdid", a->meeting, g->start, g->end, speaker, g->text, g->first_pass, g->words,
            g->n_words, g->language, g->confidence, (int64_t)(assigned >= 0),
            assigned < 0 && by ? by->speaker_certainty : 0.0),
        a->err);
}

/* Keeps [*start, *end] below its correction, or between the corrections around it. */
static void clamp_to(const struct around *a, struct place at, double *start, double *end)
{
    double least = -INFINITY, most = INFINITY;
    if (at.below >= 0) {
        least = a->kept.list[at.below].start;
        most = a->kept.list[at.below].end;
    } else {
        if (at.after > 0) least = a->kept.list[at.after - 1].reach;
        if (at.after < a->kept.n) most = a->kept.list[at.after].start;
    }
    *start = fmin(fmax(*start, least), fmax(most, least));
    *end = fmax(*start, fmin(*end, most));
}

/* Words first ... last - 1 of a line, whose text lies between bytes from and to. */
static int put_part(const struct around *a, const struct moim_segment *g, const struct moim_line_words *w,
                    int first, int last, size_t from, size_t to, struct place at)
{
    bool whole = !first && last == w->n;
    struct moim_segment part = *g;
    if (first) part.start = w->list[first].start;
    if (last < w->n) part.end = w->list[last - 1].end;
    clamp_to(a, at, &part.start, &part.end);
    while (from < to && g->text[from] == ' ') from++;
    while (to > from && g->text[to - 1] == ' ') to--;
    for (int i = first; !whole && i < last; i++)
        part.confidence = (i == first ? 0 : part.confidence) + w->list[i].confidence / (last - first);
    /* A line that is not cut keeps its words as they came, also those that do not follow its text. */
    bool moved = part.start > g->start || part.end < g->end;
    part.text = strndup(g->text + from, to - from);
    part.first_pass = whole ? g->first_pass : NULL;
    int rc = !part.text ? MOIM_ENOMEM : MOIM_OK;
    bool cut = !whole || moved;
    if (cut) part.n_words = last - first;
    if (!rc && cut) rc = moim_line_words_cut(w, g->text, first, last, part.start, part.end, &part.words);
    if (rc)
        moim_fail(a->err, rc, "%s: out of memory", a->s->path);
    else
        rc = at.below >= 0 ? put_below(a, &part, at) : put_outside(a, &part, at.assigned);
    free(part.text);
    if (cut && part.words != g->words) moim_words_free(part.words, part.n_words);
    return rc;
}

static int put_line(const struct around *a, const struct moim_segment *g)
{
    struct moim_line_words w;
    int rc = moim_line_words_read(&w, g->text, g->words, g->n_words,
                                  (struct moim_line_span){g->start, g->end, g->confidence});
    if (rc) return moim_fail(a->err, rc, "%s: out of memory", a->s->path);
    size_t from = 0, whole = strlen(g->text);
    if (!w.n) rc = put_part(a, g, &w, 0, 0, 0, whole, place_of(a, g->start, g->end));
    for (int first = 0, last; !rc && first < w.n; first = last) {
        struct place at = place_of(a, w.list[first].start, w.list[first].end);
        for (last = first + 1; last < w.n; last++)
            if (!same_place(at, place_of(a, w.list[last].start, w.list[last].end))) break;
        size_t to = last < w.n ? w.list[last - 1].to : whole;
        rc = put_part(a, g, &w, first, last, from, to, at);
        from = to;
    }
    moim_line_words_free(&w);
    return rc;
}

/* The times of the user's words follow what is heard below them now. */
static int fit_kept(const struct around *a)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < a->n_old; i++)
        if (a->old[i].edited) rc = moim_correction_fit(a->s, &a->old[i], a->err);
    return rc;
}

static int load_around(struct around *a, struct moim_segment **old)
{
    int rc = moim_segments_get(a->s, a->meeting, old, &a->n_old, a->err);
    a->old = *old;
    for (int i = 0; !rc && i < a->n_old; i++)
        if ((*old)[i].edited && !moim_spans_add(&a->kept, (*old)[i].start, (*old)[i].end, (*old)[i].id))
            rc = moim_fail(a->err, MOIM_ENOMEM, "%s: out of memory", a->s->path);
    return rc ? rc : moim_assigned_get(a->s, a->meeting, &a->assigned, a->err);
}

static int last_heard(const struct around *a, int64_t *id)
{
    sqlite3_stmt *st = moim_sql(a->s, a->err, "SELECT max(id) FROM heard", "");
    int rc = moim_sql_row(a->s, st, a->err);
    if (rc > 0) *id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

/* The new lines around what stays, once the old ones are gone. */
static int put_new(const struct around *a, const struct moim_segment *list, int n)
{
    int64_t last = 0;
    int rc = last_heard(a, &last);
    /* Passages that a corrected segment shared with a line of before have gone. */
    if (!rc)
        rc = moim_sql_done(
            a->s,
            moim_sql(
                a->s, a->err,
                "INSERT OR IGNORE INTO unembedded SELECT DISTINCT meeting FROM segments WHERE meeting = ?",
                "i", a->meeting),
            a->err);
    for (int i = 0; !rc && i < n; i++) rc = put_line(a, &list[i]);
    /* Where nothing is heard now, what was heard last stays below a correction. */
    if (!rc)
        rc = moim_sql_done(
            a->s,
            moim_sql(a->s, a->err,
                     "DELETE FROM heard WHERE id <= ?2 AND segment IN (SELECT n.segment FROM heard n JOIN "
                     "segments g ON g.id = n.segment WHERE g.meeting = ?1 AND n.id > ?2)",
                     "ii", a->meeting, last),
            a->err);
    return rc ? rc : fit_kept(a);
}

static int put_all(const struct around *a, const struct moim_segment *list, int n)
{
    int rc = moim_sql_done(
        a->s,
        moim_sql(a->s, a->err, "DELETE FROM segments WHERE meeting = ? AND NOT edited", "i", a->meeting),
        a->err);
    return rc ? rc : put_new(a, list, n);
}

int moim_segments_put(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                      const char *language, enum moim_state state, struct moim_err *err)
{
    struct moim_segment *old = NULL;
    struct around a = {.s = s, .meeting = meeting, .err = err};
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = load_around(&a, &old);
    if (!rc) rc = put_all(&a, list, n);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "UPDATE meetings SET state = ?, language = ?, error = '' WHERE id = ?",
                                    "iti", (int64_t)state, language, meeting),
                           err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)meeting,
                           s->path);
    moim_segments_free(old, a.n_old);
    free(a.kept.list);
    free(a.assigned.list);
    return moim_end(s, rc, err);
}

/* ---- one stretch ---- */

struct rest { /* a statement of the minutes and the time of a line that it rests on */
    int64_t item;
    double start, end;
};

static int take_rests(struct moim_store *s, int64_t meeting, double from, double to, struct rest **list,
                      int *n, struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT e.item, g.start, g.\"end\" FROM evidence e JOIN segments g ON g.id = e.segment"
                 " WHERE g.meeting = ? AND NOT g.edited AND (g.start + g.\"end\") / 2 >= ? AND"
                 " (g.start + g.\"end\") / 2 < ?",
                 "idd", meeting, from, to);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct rest *r = moim_list_push((void **)list, n, sizeof *r);
        if (r)
            *r = (struct rest){sqlite3_column_int64(st, 0), moim_sql_seconds(st, 1), moim_sql_seconds(st, 2)};
        if (r) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    return rc;
}

/* What rested on a line that is gone rests on those that stand at its time. */
static int put_rests(struct moim_store *s, int64_t meeting, const struct rest *list, int n,
                     struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++)
        rc = moim_sql_done(
            s,
            moim_sql(s, err,
                     "INSERT OR IGNORE INTO evidence(item, segment) SELECT ?, id FROM segments WHERE"
                     " meeting = ? AND start < ? AND \"end\" > ?",
                     "iidd", list[i].item, meeting, list[i].end, list[i].start),
            err);
    return rc;
}

int moim_segments_put_part(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                           double from, double to, struct moim_err *err)
{
    struct moim_segment *old = NULL;
    struct rest *rest = NULL;
    struct around a = {.s = s, .meeting = meeting, .err = err};
    int rests = 0, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = load_around(&a, &old);
    if (!rc) rc = take_rests(s, meeting, from, to, &rest, &rests, err);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err,
                     "DELETE FROM segments WHERE meeting = ? AND NOT edited AND (start + \"end\") / 2 >= ?"
                     " AND (start + \"end\") / 2 < ?",
                     "idd", meeting, from, to),
            err);
    if (!rc) rc = put_new(&a, list, n);
    if (!rc) rc = put_rests(s, meeting, rest, rests, err);
    moim_segments_free(old, a.n_old);
    free(rest);
    free(a.kept.list);
    free(a.assigned.list);
    return moim_end(s, rc, err);
}
