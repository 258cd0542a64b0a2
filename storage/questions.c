#include "storage/questions.h"
#include "storage/export.h"
#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int put_source(struct moim_store *s, int64_t question, int place, const struct moim_source *c,
                      struct moim_err *err)
{
    int rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "INSERT INTO sources(question, place, meeting, start) SELECT ?, ?, id, ?"
                                    " FROM meetings WHERE id = ?",
                                    "iidi", question, (int64_t)place, c->start, c->meeting),
                           err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)c->meeting,
                           s->path);
    return rc;
}

int moim_question_add(struct moim_store *s, const struct moim_question *q, int64_t *id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    int64_t at = q->asked_at ? q->asked_at : (int64_t)time(NULL);
    rc = moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO questions(asked_at, meeting, question, answer) SELECT ?1, nullif(?2, 0), ?3, ?4"
                 " WHERE ?2 = 0 OR EXISTS(SELECT 1 FROM meetings WHERE id = ?2)",
                 "iitt", at, q->meeting, q->text, q->answer),
        err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)q->meeting,
                           s->path);
    *id = sqlite3_last_insert_rowid(s->db);
    for (int i = 0; !rc && i < q->n_sources; i++) rc = put_source(s, *id, i, &q->source[i], err);
    return moim_end(s, rc, err);
}

/* ---- reading ---- */

static void source_clear(struct moim_source *c)
{
    free(c->title);
    free(c->speaker);
    free(c->text);
}

void moim_question_clear(struct moim_question *q)
{
    for (int i = 0; i < q->n_sources; i++) source_clear(&q->source[i]);
    free(q->source);
    free(q->title);
    free(q->text);
    free(q->answer);
    memset(q, 0, sizeof *q);
}

void moim_questions_free(struct moim_question *list, int n)
{
    for (int i = 0; i < n; i++) moim_question_clear(&list[i]);
    free(list);
}

static int read_source(sqlite3_stmt *st, struct moim_source *c)
{
    char own[MOIM_LABEL];
    char *name = moim_sql_name(st, 5), *language = moim_sql_language(st, 7);
    struct moim_segment g = {
        .id = sqlite3_column_int64(st, 1), .speaker = sqlite3_column_int(st, 6), .speaker_name = name};
    *c = (struct moim_source){.meeting = sqlite3_column_int64(st, 0),
                              .segment = g.id,
                              .started_at = moim_sql_instant(st, 3),
                              .start = moim_sql_seconds(st, 8),
                              .title = moim_sql_name(st, 2),
                              .text = moim_sql_text(st, 4)};
    if (name && language) c->speaker = strdup(g.id ? moim_speaker_label(own, &g, language) : "");
    free(name);
    free(language);
    return c->title && c->speaker && c->text ? MOIM_OK : MOIM_ENOMEM;
}

static int read_sources(struct moim_store *s, struct moim_question *q, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(
        s, err,
        "SELECT c.meeting, g.id, m.title, m.started_at, g.text, p.name, g.speaker, m.language, c.start FROM sources c"
        " JOIN meetings m ON m.id = c.meeting LEFT JOIN segments g ON g.id = (SELECT id FROM segments WHERE meeting ="
        " c.meeting AND start <= c.start + 0.05 AND \"end\" > c.start - 0.05 ORDER BY start DESC, id LIMIT 1)"
        " LEFT JOIN speakers p ON p.meeting = g.meeting AND p.number = g.speaker WHERE c.question = ? ORDER BY c.place",
        "i", q->id);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_source *c = moim_list_push((void **)&q->source, &q->n_sources, sizeof *c);
        if (c && !read_source(st, c)) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    return rc;
}

/* The rows of a statement that begins with COLUMNS. */
static int read_all(struct moim_store *s, sqlite3_stmt *st, struct moim_question **list, int *n,
                    struct moim_err *err)
{
    int rc;
    *list = NULL;
    *n = 0;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_question *q = moim_list_push((void **)list, n, sizeof *q);
        if (q)
            *q = (struct moim_question){.id = sqlite3_column_int64(st, 0),
                                        .asked_at = moim_sql_instant(st, 1),
                                        .meeting = sqlite3_column_int64(st, 2),
                                        .text = moim_sql_text(st, 3),
                                        .answer = moim_sql_text(st, 4),
                                        .title = moim_sql_name(st, 5)};
        if (q && q->text && q->answer && q->title) continue;
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        break;
    }
    sqlite3_finalize(st);
    for (int i = 0; !rc && i < *n; i++) rc = read_sources(s, &(*list)[i], err);
    if (!rc) return MOIM_OK;
    moim_questions_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

#define COLUMNS                                                                                              \
    "SELECT id, asked_at, meeting, question, answer, (SELECT title FROM meetings m WHERE m.id = q.meeting)"  \
    " FROM questions q "

int moim_question_list(struct moim_store *s, int64_t meeting, int limit, struct moim_question **list, int *n,
                       struct moim_err *err)
{
    return read_all(
        s,
        moim_sql(s, err,
                 COLUMNS
                 "WHERE (?1 = 0 OR meeting = ?1) AND NOT EXISTS(SELECT 1 FROM meetings m WHERE m.trashed_at"
                 " > 0 AND (m.id = q.meeting OR m.id IN (SELECT meeting FROM sources WHERE question = q.id)))"
                 " ORDER BY id DESC LIMIT ?2",
                 "ii", meeting, (int64_t)limit),
        list, n, err);
}

int moim_question_get(struct moim_store *s, int64_t id, struct moim_question *q, struct moim_err *err)
{
    struct moim_question *list;
    int n, rc = read_all(s, moim_sql(s, err, COLUMNS "WHERE id = ?", "i", id), &list, &n, err);
    memset(q, 0, sizeof *q);
    if (rc) return rc;
    if (!n) return moim_fail(err, MOIM_ENOENT, "no question %lld in %s", (long long)id, s->path);
    *q = list[0];
    free(list);
    return MOIM_OK;
}

/* ---- forgetting ---- */

int moim_question_remove(struct moim_store *s, int64_t id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM questions WHERE id = ?", "i", id), err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "no question %lld in %s", (long long)id, s->path);
    return moim_end(s, rc, err);
}

int moim_questions_forget(struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s, moim_sql(s, err, "DELETE FROM questions WHERE ?1 = 0 OR meeting = ?1", "i", meeting), err);
    return moim_end(s, rc, err);
}
