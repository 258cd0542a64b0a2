#include "storage/corrections.h"
#include "storage/store_int.h"
#include "storage/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One row that a correction is made on or taken back from. */
struct row {
    double start, end, confidence;
    bool edited;
    char *text;
    struct moim_word *words; /* [n_words] */
    int n_words;
};

static void free_row(struct row *r)
{
    free(r->text);
    moim_words_free(r->words, r->n_words);
    *r = (struct row){0};
}

static int read_row(struct moim_store *s, int64_t segment, struct row *r, struct moim_err *err)
{
    *r = (struct row){0};
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT start, \"end\", confidence, edited, text, words FROM segments WHERE id = ?",
                 "i", segment);
    int rc = moim_sql_row(s, st, err), decoded = MOIM_OK;
    if (rc > 0) {
        *r = (struct row){sqlite3_column_double(st, 0),
                          sqlite3_column_double(st, 1),
                          sqlite3_column_double(st, 2),
                          sqlite3_column_int(st, 3) != 0,
                          moim_sql_text(st, 4),
                          NULL,
                          0};
        decoded = moim_sql_words(st, 5, &r->words, &r->n_words);
    }
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    if (!rc)
        return moim_fail_why(err, MOIM_ENOENT, "no_segment", "no segment %lld in %s", (long long)segment,
                             s->path);
    if (r->text && !decoded) return MOIM_OK;
    free_row(r);
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

struct heard {
    struct moim_word *words; /* [n] */
    int n;
    bool any; /* lines, with words or without */
};

/* Appends words, which it takes over. */
static int append_words(struct heard *h, struct moim_word *words, int n)
{
    h->any = true;
    if (!n) return MOIM_OK;
    struct moim_word *all = realloc(h->words, (size_t)(h->n + n) * sizeof *all);
    if (!all) {
        moim_words_free(words, n);
        return MOIM_ENOMEM;
    }
    memcpy(all + h->n, words, (size_t)n * sizeof *all);
    free(words);
    h->words = all;
    h->n += n;
    return MOIM_OK;
}

/* One line that is heard, its words fitted to its text. */
static int append_line(sqlite3_stmt *st, struct heard *h)
{
    char *text = moim_sql_text(st, 0);
    struct moim_word *stored = NULL, *own = NULL;
    int n_stored = 0, n_own = 0, rc = text ? moim_sql_words(st, 1, &stored, &n_stored) : MOIM_ENOMEM;
    struct moim_line_span span = {sqlite3_column_double(st, 2), sqlite3_column_double(st, 3),
                                  sqlite3_column_double(st, 4)};
    if (!rc) rc = moim_line_words_fit(text, stored, n_stored, span, &own, &n_own);
    if (!rc) rc = append_words(h, own, n_own);
    moim_words_free(stored, n_stored);
    free(text);
    return rc;
}

/* What the recogniser says below a segment; h is released by the caller, whatever comes back. */
static int heard_words(struct moim_store *s, int64_t segment, struct heard *h, struct moim_err *err)
{
    *h = (struct heard){0};
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT text, words, start, \"end\", confidence FROM heard WHERE segment = ? ORDER BY start, id", "i",
        segment);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        rc = append_line(st, h);
        if (!rc) continue;
        moim_fail(err, rc, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    return rc;
}

/* Writes a segment's text and times of its words by what is heard, or, where nothing is, by those it had. */
static int set_text(struct moim_store *s, int64_t segment, const struct row *r, const char *text, bool edited,
                    struct moim_err *err)
{
    struct heard h;
    struct moim_word *words = NULL;
    int n = 0, rc = heard_words(s, segment, &h, err);
    struct moim_line_span span = {r->start, r->end, edited ? 1 : r->confidence};
    if (!rc &&
        moim_line_words_fit(text, h.any ? h.words : r->words, h.any ? h.n : r->n_words, span, &words, &n))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    if (!rc)
        rc =
            moim_sql_done(s,
                          moim_sql(s, err, "UPDATE segments SET text = ?, words = ?, edited = ? WHERE id = ?",
                                   "twii", text, words, n, (int64_t)edited, segment),
                          err);
    moim_words_free(h.words, h.n);
    moim_words_free(words, n);
    return rc;
}

int moim_correction_fit(struct moim_store *s, const struct moim_segment *g, struct moim_err *err)
{
    struct heard h;
    struct moim_word *words = NULL;
    int n = 0, rc = heard_words(s, g->id, &h, err);
    if (!rc && h.any) { /* nothing is heard: the times stay as they are */
        rc = moim_line_words_fit(g->text, h.words, h.n, (struct moim_line_span){g->start, g->end, 1}, &words,
                                 &n);
        rc =
            rc ? moim_fail(err, rc, "%s: out of memory", s->path)
               : moim_sql_done(
                     s, moim_sql(s, err, "UPDATE segments SET words = ? WHERE id = ?", "wi", words, n, g->id),
                     err);
    }
    moim_words_free(h.words, h.n);
    moim_words_free(words, n);
    return rc;
}

/* ---- a step ---- */

int moim_correction_keep_heard(struct moim_store *s, int64_t segment, struct moim_err *err)
{
    return moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO heard(segment, start, \"end\", text, first_pass, words, language, confidence, "
                 "speaker) SELECT id, start, \"end\", text, first_pass, words, language, confidence, "
                 "CASE WHEN speaker_set THEN speaker ELSE 0 END FROM segments WHERE id = ?",
                 "i", segment),
        err);
}

int moim_segment_edit(struct moim_store *s, int64_t segment, const char *text, struct moim_err *err)
{
    struct row r;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = read_row(s, segment, &r, err);
    if (rc) return moim_end(s, rc, err);
    if (!r.edited) rc = moim_correction_keep_heard(s, segment, err);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "INSERT INTO edits(segment, before, was_edited, at) VALUES(?, ?, ?, ?)",
                                    "itii", segment, r.text, (int64_t)r.edited, (int64_t)time(NULL)),
                           err);
    if (!rc) rc = set_text(s, segment, &r, text, true, err);
    free_row(&r);
    return moim_end(s, rc, err);
}

/* ---- a step back ---- */

struct step {
    int64_t id;
    char *before;
    bool was_edited;
};

static int last_step(struct moim_store *s, int64_t segment, struct step *step, struct moim_err *err)
{
    *step = (struct step){0};
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT id, before, was_edited FROM edits WHERE segment = ? ORDER BY id DESC LIMIT 1", "i",
        segment);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0)
        *step =
            (struct step){sqlite3_column_int64(st, 0), moim_sql_text(st, 1), sqlite3_column_int(st, 2) != 0};
    sqlite3_finalize(st);
    if (rc < 0) return rc;
    if (!rc)
        return moim_fail_why(err, MOIM_ENOENT, "nothing_to_undo", "segment %lld has no edit to undo",
                             (long long)segment);
    return step->before ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

/* The segment becomes the first heard line below it, the others follow as segments of the same speaker. */
static int bring_up(struct moim_store *s, int64_t segment, bool *any, struct moim_err *err)
{
#define FIRST "(SELECT id FROM heard WHERE segment = ?1 ORDER BY start, id LIMIT 1)"
    static const char *const steps[] = {
        "INSERT INTO segments(meeting, start, \"end\", speaker, text, first_pass, words, language, "
        "confidence, speaker_set, speaker_certainty) SELECT g.meeting, h.start, h.\"end\", iif(h.speaker, h.speaker, "
        "g.speaker), "
        "h.text, h.first_pass, h.words, h.language, h.confidence, h.speaker <> 0, iif(h.speaker, NULL, g.speaker_certainty) FROM heard h JOIN segments "
        "g "
        "ON g.id = h.segment WHERE g.id = ?1 AND h.id <> " FIRST " ORDER BY h.start, h.id",
        "UPDATE segments SET (start, \"end\", text, first_pass, words, language, confidence, edited, "
        "speaker, "
        "speaker_set, speaker_certainty) = (SELECT h.start, h.\"end\", h.text, h.first_pass, h.words, h.language, h.confidence, "
        "0, "
        "iif(h.speaker, h.speaker, segments.speaker), h.speaker <> 0, iif(h.speaker, NULL, segments.speaker_certainty) FROM heard h WHERE h.id = " FIRST
        ") "
        "WHERE id = ?1 AND EXISTS(SELECT 1 FROM heard WHERE segment = ?1)",
        "DELETE FROM heard WHERE segment = ?1"};
#undef FIRST
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < 3; i++) {
        rc = moim_sql_done(s, moim_sql(s, err, steps[i], "i", segment), err);
        if (!rc && i == 1) *any = sqlite3_changes(s->db) > 0;
    }
    return rc;
}

int moim_segment_undo(struct moim_store *s, int64_t segment, struct moim_err *err)
{
    struct step step;
    struct row r = {0};
    bool heard = false;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = last_step(s, segment, &step, err);
    if (!rc) rc = read_row(s, segment, &r, err);
    if (!rc && !step.was_edited) rc = bring_up(s, segment, &heard, err);
    if (!rc && !heard) rc = set_text(s, segment, &r, step.before, step.was_edited, err);
    if (!rc) rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM edits WHERE id = ?", "i", step.id), err);
    free(step.before);
    free_row(&r);
    return moim_end(s, rc, err);
}

/* ---- for the vocabulary ---- */

int moim_corrections(struct moim_store *s, struct moim_correction **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT e.before, g.text FROM edits e JOIN segments g ON g.id = e.segment "
                                "WHERE e.id = (SELECT min(id) FROM edits WHERE segment = g.id) AND g.edited "
                                "ORDER BY e.id",
                                "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_correction *c = moim_list_push((void **)list, n, sizeof *c);
        if (c) *c = (struct moim_correction){moim_sql_text(st, 0), moim_sql_text(st, 1)};
        if (c && c->before && c->after) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_corrections_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

void moim_corrections_free(struct moim_correction *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].before);
        free(list[i].after);
    }
    free(list);
}
