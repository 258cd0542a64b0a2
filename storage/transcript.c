#include "storage/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS                                                                                              \
    "g.id, g.start, g.\"end\", g.speaker, coalesce(p.name, ''), g.text, g.first_pass, g.words, g.language, " \
    "g.confidence, g.edited"
#define FROM_SEGMENTS                                                                                        \
    " FROM segments g LEFT JOIN speakers p ON p.meeting = g.meeting AND p.number = g.speaker "

static int read_segment(struct moim_store *s, sqlite3_stmt *st, struct moim_segment *g, struct moim_err *err)
{
    *g = (struct moim_segment){
        sqlite3_column_int64(st, 0),  sqlite3_column_double(st, 1),   sqlite3_column_double(st, 2),
        sqlite3_column_int(st, 3),    moim_sql_text(st, 4),           moim_sql_text(st, 5),
        moim_sql_text(st, 6),         moim_sql_text(st, 7),           moim_sql_text(st, 8),
        sqlite3_column_double(st, 9), sqlite3_column_int(st, 10) != 0};
    if (g->speaker_name && g->text && g->first_pass && g->words && g->language) return MOIM_OK;
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

void moim_segments_free(struct moim_segment *list, int n)
{
    for (int i = 0; i < n; i++) {
        free(list[i].speaker_name);
        free(list[i].text);
        free(list[i].first_pass);
        free(list[i].words);
        free(list[i].language);
    }
    free(list);
}

struct moim_kept {
    double start, end;
    int speaker;
};

/* The user's correction that stands over more than half of the shorter of the two, or NULL. */
static const struct moim_segment *edited_over(const struct moim_segment *old, int n,
                                              const struct moim_segment *g)
{
    for (int i = 0; i < n; i++) {
        double from = old[i].start > g->start ? old[i].start : g->start,
               to = old[i].end < g->end ? old[i].end : g->end;
        double a = old[i].end - old[i].start, b = g->end - g->start;
        if (old[i].edited && to - from > (a < b ? a : b) / 2) return &old[i];
    }
    return NULL;
}

/* Recognising again knows no speakers: who the user said spoke then still did. */
static int keep_set_speakers(struct moim_store *s, int64_t meeting, const struct moim_kept *kept, int n,
                             struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < n; i++)
        rc =
            moim_sql_done(s,
                          moim_sql(s, err,
                                   "UPDATE segments SET speaker = ?1, speaker_set = 1 WHERE meeting = ?2 AND "
                                   "min(\"end\", ?4) - max(start, ?3) > (\"end\" - start) / 2",
                                   "iidd", (int64_t)kept[i].speaker, meeting, kept[i].start, kept[i].end),
                          err);
    return rc;
}

static int find_set_speakers(struct moim_store *s, int64_t meeting, struct moim_kept **kept, int *n,
                             struct moim_err *err)
{
    *kept = NULL;
    *n = 0;
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT start, \"end\", speaker FROM segments WHERE meeting = ? AND speaker_set",
                 "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_kept *k = moim_list_push((void **)kept, n, sizeof *k);
        if (!k) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *k = (struct moim_kept){sqlite3_column_double(st, 0), sqlite3_column_double(st, 1),
                                sqlite3_column_int(st, 2)};
    }
    sqlite3_finalize(st);
    return rc;
}

static int put_all(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                   const struct moim_segment *old, int n_old, struct moim_err *err)
{
    int rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM segments WHERE meeting = ?", "i", meeting), err);
    const struct moim_segment *last = NULL;
    for (int i = 0; !rc && i < n; i++) {
        const struct moim_segment *g = &list[i], *kept = edited_over(old, n_old, g);
        /* One correction over several new segments stands once, over the first. */
        if (kept && kept == last) continue;
        last = kept;
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "INSERT INTO segments(meeting, start, \"end\", speaker, text, "
                                    "first_pass, words, language, confidence,"
                                    " edited) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                    "iddittttdi", meeting, kept ? kept->start : g->start,
                                    kept ? kept->end : g->end, (int64_t)g->speaker,
                                    kept ? kept->text : g->text, g->first_pass, g->words ? g->words : "[]",
                                    g->language, g->confidence, (int64_t)(kept != NULL)),
                           err);
    }
    return rc;
}

int moim_segments_put(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                      const char *language, enum moim_state state, struct moim_err *err)
{
    struct moim_segment *old;
    int n_old;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    struct moim_kept *kept = NULL;
    int n_kept = 0;
    rc = moim_segments_get(s, meeting, &old, &n_old, err);
    if (!rc) rc = find_set_speakers(s, meeting, &kept, &n_kept, err);
    if (!rc) rc = put_all(s, meeting, list, n, old, n_old, err);
    if (!rc) rc = keep_set_speakers(s, meeting, kept, n_kept, err);
    free(kept);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "UPDATE meetings SET state = ?, language = ?, error = '' WHERE id = ?",
                                    "iti", (int64_t)state, language, meeting),
                           err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "no meeting %lld in %s", (long long)meeting, s->path);
    moim_segments_free(old, n_old);
    return moim_end(s, rc, err);
}

static int no_segment(struct moim_store *s, int64_t segment, struct moim_err *err)
{
    return moim_fail(err, MOIM_ENOENT, "no segment %lld in %s", (long long)segment, s->path);
}

int moim_segment_edit(struct moim_store *s, int64_t segment, const char *text, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s,
                       moim_sql(s, err,
                                "INSERT INTO edits(segment, before, was_edited, at) SELECT id, text, edited, "
                                "? FROM segments WHERE id = ?",
                                "ii", (int64_t)time(NULL), segment),
                       err);
    if (!rc && !sqlite3_changes(s->db)) rc = no_segment(s, segment, err);
    if (!rc)
        rc = moim_sql_done(
            s, moim_sql(s, err, "UPDATE segments SET text = ?, edited = 1 WHERE id = ?", "ti", text, segment),
            err);
    return moim_end(s, rc, err);
}

int moim_segment_undo(struct moim_store *s, int64_t segment, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s,
                       moim_sql(s, err,
                                "UPDATE segments SET (text, edited) = (SELECT before, was_edited FROM edits "
                                "WHERE segment = ?1 ORDER BY id DESC"
                                " LIMIT 1) WHERE id = ?1 AND EXISTS(SELECT 1 FROM edits WHERE segment = ?1)",
                                "i", segment),
                       err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "segment %lld has no edit to undo", (long long)segment);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "DELETE FROM edits WHERE id = (SELECT max(id) FROM edits WHERE segment = ?)",
                     "i", segment),
            err);
    return moim_end(s, rc, err);
}

int moim_segments_set_speakers(struct moim_store *s, int64_t meeting, const int *speaker, int n,
                               enum moim_state state, struct moim_err *err)
{
    struct moim_segment *list;
    int have, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_segments_get(s, meeting, &list, &have, err);
    if (!rc && have != n)
        rc = moim_fail(err, MOIM_EINVAL, "meeting %lld has %d segments, not %d", (long long)meeting, have, n);
    for (int i = 0; !rc && i < n; i++)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE segments SET speaker = ? WHERE id = ?", "ii",
                                    (int64_t)speaker[i], list[i].id),
                           err);
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err, "UPDATE meetings SET state = ?, error = '' WHERE id = ?", "ii",
                                    (int64_t)state, meeting),
                           err);
    moim_segments_free(list, have);
    return moim_end(s, rc, err);
}

int moim_speaker_rename(struct moim_store *s, int64_t meeting, int speaker, const char *name,
                        struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s,
                       moim_sql(s, err,
                                "INSERT OR REPLACE INTO speakers(meeting, number, name) SELECT DISTINCT "
                                "meeting, speaker, ? FROM segments"
                                " WHERE meeting = ? AND speaker = ?",
                                "tii", name, meeting, (int64_t)speaker),
                       err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "no speaker %d in meeting %lld", speaker, (long long)meeting);
    return moim_end(s, rc, err);
}

int moim_speaker_merge(struct moim_store *s, int64_t meeting, int from, int into, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s,
                       moim_sql(s, err,
                                "UPDATE segments SET speaker = ?, speaker_set = 1 WHERE meeting = ? AND "
                                "speaker = ?",
                                "iii", (int64_t)into, meeting, (int64_t)from),
                       err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail(err, MOIM_ENOENT, "no speaker %d in meeting %lld", from, (long long)meeting);
    static const char *const forget[] = {"DELETE FROM speakers WHERE meeting = ? AND number = ?",
                                         "DELETE FROM offers WHERE meeting = ? AND number = ?"};
    for (int i = 0; !rc && i < 2; i++)
        rc = moim_sql_done(s, moim_sql(s, err, forget[i], "ii", meeting, (int64_t)from), err);
    return moim_end(s, rc, err);
}

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
