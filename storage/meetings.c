#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_name[MOIM_STATE_COUNT] = {"recorded", "transcribed", "rescored", "diarized",
                                                         "summarized"};

const char *moim_state_name(enum moim_state s)
{
    return (unsigned)s < MOIM_STATE_COUNT ? state_name[s] : "unknown";
}

int moim_meeting_add(struct moim_store *s, const struct moim_meeting *m, int64_t *id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s,
        moim_sql(s, err,
                 "INSERT INTO meetings(title, started_at, duration, language, state, audio, source)"
                 " VALUES(?, ?, ?, ?, ?, ?, ?)",
                 "tidtitt", m->title, m->started_at, m->duration, m->language, (int64_t)m->state, m->audio,
                 m->source),
        err);
    *id = sqlite3_last_insert_rowid(s->db);
    return moim_end(s, rc, err);
}

int moim_meeting_read(struct moim_store *s, sqlite3_stmt *st, struct moim_meeting *m, struct moim_err *err)
{
    *m = (struct moim_meeting){.id = sqlite3_column_int64(st, 0),
                               .title = moim_sql_name(st, 1),
                               .started_at = moim_sql_instant(st, 2),
                               .duration = moim_sql_seconds(st, 3),
                               .language = moim_sql_language(st, 4),
                               .state = (enum moim_state)sqlite3_column_int(st, 5),
                               .audio = moim_sql_sound(st, 6),
                               .source = moim_sql_name(st, 7),
                               .error = moim_sql_text(st, 8),
                               .trashed_at = moim_sql_instant(st, 9),
                               .titled = sqlite3_column_int(st, 10) != 0,
                               .no_minutes = sqlite3_column_int(st, 11) != 0,
                               .speakers_expected = sqlite3_column_int(st, 12)};
    if (m->title && m->language && m->audio && m->source && m->error) return MOIM_OK;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

int moim_meeting_get(struct moim_store *s, int64_t id, struct moim_meeting *m, struct moim_err *err)
{
    memset(m, 0, sizeof *m);
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT " MOIM_MEETING_COLUMNS " FROM meetings WHERE id = ?", "i", id);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0)
        rc = moim_meeting_read(s, st, m, err);
    else if (!rc)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)id, s->path);
    sqlite3_finalize(st);
    if (rc) moim_meeting_clear(m);
    return rc;
}

bool moim_meeting_unfinished(const struct moim_meeting *m)
{
    enum moim_state last = m->no_minutes ? MOIM_DIARIZED : MOIM_SUMMARIZED;
    return !m->trashed_at && m->state < last;
}

bool moim_meeting_draft(const struct moim_meeting *m, int n_lines)
{
    return m->state < MOIM_TRANSCRIBED && n_lines > 0;
}

void moim_meeting_clear(struct moim_meeting *m)
{
    free(m->title);
    free(m->language);
    free(m->audio);
    free(m->source);
    free(m->error);
    memset(m, 0, sizeof *m);
}

int moim_meeting_list(struct moim_store *s, struct moim_meeting **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT " MOIM_MEETING_COLUMNS " FROM meetings ORDER BY started_at DESC, id DESC", "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_meeting *m = moim_list_push((void **)list, n, sizeof *m);
        rc = m ? moim_meeting_read(s, st, m, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
        if (rc) break;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_meeting_list_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_meeting_list_free(struct moim_meeting *list, int n)
{
    for (int i = 0; i < n; i++) moim_meeting_clear(&list[i]);
    free(list);
}

/* Runs an update of one meeting; nothing updated means there is no such meeting. */
static int change(struct moim_store *s, int64_t id, struct moim_err *err, const char *sql, const char *format,
                  ...)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    va_list ap;
    va_start(ap, format);
    rc = moim_sql_done(s, moim_sql_list(s, err, sql, format, ap), err);
    va_end(ap);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)id, s->path);
    return moim_end(s, rc, err);
}

int moim_meeting_owns(struct moim_store *s, const char *name, bool *owned, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, "SELECT 1 FROM meetings WHERE audio = ?", "t", name);
    int rc = moim_sql_row(s, st, err);
    *owned = rc > 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

int moim_meeting_set_title(struct moim_store *s, int64_t id, const char *title, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET title = ?, titled = 1 WHERE id = ?", "ti", title, id);
}

int moim_meeting_set_auto_title(struct moim_store *s, int64_t id, const char *title, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET title = iif(titled, title, ?) WHERE id = ?", "ti", title,
                  id);
}

int moim_meeting_set_wishes(struct moim_store *s, int64_t id, bool no_minutes, int speakers_expected,
                            struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET no_minutes = ?, speakers_expected = ? WHERE id = ?", "iii",
                  (int64_t)no_minutes, (int64_t)speakers_expected, id);
}

int moim_meeting_set_trashed(struct moim_store *s, int64_t id, int64_t at, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = change(s, id, err, "UPDATE meetings SET trashed_at = ? WHERE id = ?", "ii", at, id);
    if (!rc && at)
        rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM jobs WHERE meeting = ?", "i", id), err);
    return moim_end(s, rc, err);
}

int moim_meeting_set_state(struct moim_store *s, int64_t id, enum moim_state state, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET state = ?, error = '' WHERE id = ?", "ii", (int64_t)state,
                  id);
}

int moim_meeting_set_time(struct moim_store *s, int64_t id, int64_t started_at, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET started_at = ? WHERE id = ?", "ii", started_at, id);
}

int moim_meeting_set_audio(struct moim_store *s, int64_t id, const char *audio, double seconds,
                           struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET audio = ?, duration = ?, state = ? WHERE id = ?", "tdii",
                  audio, seconds, (int64_t)MOIM_RECORDED, id);
}

int moim_meeting_forget_audio(struct moim_store *s, int64_t id, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET audio = '' WHERE id = ?", "i", id);
}

int moim_meeting_set_error(struct moim_store *s, int64_t id, const char *error, struct moim_err *err)
{
    return change(s, id, err, "UPDATE meetings SET error = ? WHERE id = ?", "ti", error, id);
}

int moim_meeting_recorded(struct moim_store *s, int64_t id, double seconds, const struct moim_bookmark *marks,
                          int n, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s,
        moim_sql(s, err, "UPDATE meetings SET duration = ? WHERE id = ? AND duration = 0", "di", seconds, id),
        err);
    bool first = !rc && sqlite3_changes(s->db);
    for (int i = 0; !rc && first && i < n; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "INSERT INTO bookmarks(meeting, at, note) VALUES(?, ?, ?)", "idt",
                                    id, marks[i].at, marks[i].note),
                           err);
    return moim_end(s, rc, err);
}

int moim_meeting_delete(struct moim_store *s, int64_t id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = change(s, id, err, "DELETE FROM meetings WHERE id = ?", "i", id);
    /* FTS5 only marks deleted terms until its b-trees are merged, and the WAL still holds old pages. */
    if (!rc)
        rc = moim_sql_exec(s,
                           "INSERT INTO segments_fts(segments_fts) VALUES('optimize');"
                           "INSERT INTO items_fts(items_fts) VALUES('optimize')",
                           err);
    rc = moim_end(s, rc, err);
    if (!rc) sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return rc;
}

/* ---- bookmarks and vocabulary ---- */

int moim_bookmark_add(struct moim_store *s, int64_t meeting, double at, const char *note,
                      struct moim_err *err)
{
    /* SELECT ... WHERE makes "no such meeting" an insert of nothing instead of a constraint's message. */
    return change(s, meeting, err,
                  "INSERT INTO bookmarks(meeting, at, note) SELECT id, ?, ? FROM meetings WHERE id = ?",
                  "dti", at, note, meeting);
}

int moim_bookmark_list(struct moim_store *s, int64_t meeting, struct moim_bookmark **list, int *n,
                       struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT id, at, note FROM bookmarks WHERE meeting = ? ORDER BY at, id", "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_bookmark *b = moim_list_push((void **)list, n, sizeof *b);
        if (b)
            *b = (struct moim_bookmark){sqlite3_column_int64(st, 0), moim_sql_seconds(st, 1),
                                        moim_sql_text(st, 2)};
        if (!b || !b->note) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_bookmarks_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

int moim_bookmark_remove(struct moim_store *s, int64_t meeting, int64_t id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(
        s, moim_sql(s, err, "DELETE FROM bookmarks WHERE id = ? AND meeting = ?", "ii", id, meeting), err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "meeting %lld has no bookmark %lld", (long long)meeting,
                       (long long)id);
    return moim_end(s, rc, err);
}

void moim_bookmarks_free(struct moim_bookmark *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].note);
    free(list);
}

int moim_vocab_add(struct moim_store *s, const char *word, const char *sounds_like, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s,
                       moim_sql(s, err, "INSERT OR REPLACE INTO vocabulary(word, sounds_like) VALUES(?, ?)",
                                "tt", word, sounds_like),
                       err);
    return moim_end(s, rc, err);
}

int moim_vocab_remove(struct moim_store *s, const char *word, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM vocabulary WHERE word = ?", "t", word), err);
    if (!rc && !sqlite3_changes(s->db)) rc = moim_fail(err, MOIM_ENOENT, "%s: not in the vocabulary", word);
    return moim_end(s, rc, err);
}

int moim_vocab_list(struct moim_store *s, struct moim_vocab_row **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT word, sounds_like FROM vocabulary ORDER BY word", "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_vocab_row *v = moim_list_push((void **)list, n, sizeof *v);
        if (v) *v = (struct moim_vocab_row){moim_sql_text(st, 0), moim_sql_text(st, 1)};
        if (!v || !v->word || !v->sounds_like) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    }
    sqlite3_finalize(st);
    if (!rc) return MOIM_OK;
    moim_vocab_free(*list, *n);
    *list = NULL;
    *n = 0;
    return rc;
}

void moim_vocab_free(struct moim_vocab_row *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].word);
        free(list[i].sounds_like);
    }
    free(list);
}
