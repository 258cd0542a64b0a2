#include "storage/speakers.h"
#include "storage/spans.h"
#include "storage/speaker_steps.h"
#include "storage/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int update_part(struct moim_store *s, const struct moim_segment *p, bool whole, struct moim_err *err)
{
    if (whole)
        return moim_sql_done(
            s,
            moim_sql(
                s, err,
                "UPDATE segments SET speaker = ?, speaker_certainty = nullif(?, 0) WHERE id = ? AND NOT speaker_set",
                "idi", (int64_t)p->speaker, p->speaker_certainty, p->id),
            err);
    return moim_sql_done(
        s,
        moim_sql(
            s, err,
            "UPDATE segments SET speaker = CASE WHEN speaker_set THEN speaker ELSE ? END, speaker_certainty ="
            " CASE WHEN NOT speaker_set THEN nullif(?, 0) END, start = ?, "
            "\"end\" = ?, text = ?, words = ?, confidence = ? WHERE id = ?",
            "idddtwdi", (int64_t)p->speaker, p->speaker_certainty, p->start, p->end, p->text, p->words,
            p->n_words, p->confidence, p->id),
        err);
}

static int insert_part(struct moim_store *s, const struct moim_segment *p, struct moim_err *err)
{
    return moim_sql_done(
        s,
        moim_sql(
            s, err,
            "INSERT INTO segments(meeting, start, \"end\", speaker, text, first_pass, words, language, "
            "confidence, speaker_set, speaker_certainty) SELECT meeting, ?, ?, CASE WHEN speaker_set THEN speaker ELSE ? END, "
            "?, '', ?, language, ?, speaker_set, CASE WHEN NOT speaker_set THEN nullif(?, 0) END FROM segments WHERE id = ?",
            "dditwddi", p->start, p->end, (int64_t)p->speaker, p->text, p->words, p->n_words, p->confidence,
            p->speaker_certainty, p->id),
        err);
}

/* Is the segment of that meeting and free to be cut? 1, 0 (keep whole), -1 (not there), or a failure. */
static int may_cut(struct moim_store *s, int64_t meeting, int64_t id, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT edited OR speaker_set FROM segments WHERE id = ? AND meeting = ?", "ii", id, meeting);
    int rc = moim_sql_row(s, st, err), answer = rc > 0 ? !sqlite3_column_int(st, 0) : -1;
    sqlite3_finalize(st);
    return rc < 0 ? rc - 1 : answer;
}

int moim_speakers_put(struct moim_store *s, int64_t meeting, const struct moim_segment *parts, int n,
                      enum moim_state state, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    for (int i = 0, k; !rc && i < n; i += k) {
        for (k = 1; i + k < n && parts[i + k].id == parts[i].id; k++) {
        }
        int cut = may_cut(s, meeting, parts[i].id, err);
        if (cut < -1) rc = cut + 1;
        if (rc || cut < 0) continue;
        rc = update_part(s, &parts[i], k == 1 || !cut, err);
        for (int j = 1; !rc && cut && j < k; j++) rc = insert_part(s, &parts[i + j], err);
    }
    if (!rc)
        rc = moim_sql_done(s,
                           moim_sql(s, err,
                                    "UPDATE meetings SET state = max(state, ?), error = '' WHERE id = ?",
                                    "ii", (int64_t)state, meeting),
                           err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_meeting", "no meeting %lld in %s", (long long)meeting,
                           s->path);
    return moim_end(s, rc, err);
}

/* The times of segments that a condition on "segments" picks (?2 its parameter, as text) become speaker's. */
static int assign_times(struct moim_store *s, int64_t meeting, const char *sql, const char *value,
                        int speaker, int *n, struct moim_err *err)
{
    struct moim_spans times = {0};
    sqlite3_stmt *st = moim_sql(s, err, sql, "it", meeting, value);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0)
        if (!moim_spans_add(&times, sqlite3_column_double(st, 0), sqlite3_column_double(st, 1), 0)) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
    sqlite3_finalize(st);
    for (int i = 0; !rc && i < times.n; i++)
        rc = moim_assign_time(s, meeting, times.list[i].start, times.list[i].end, speaker, err);
    *n = times.n;
    free(times.list);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Ids as the JSON array that the statements below read, in order and each once, *n of them; malloc'ed, NULL when
 * memory runs out. */
static char *id_list(const int64_t *ids, int *n)
{
    const size_t digits = 21, size = (size_t)*n;
    char *list = malloc(size * digits + 3), *end = list;
    int64_t *sorted = malloc(size * sizeof *sorted);
    if (!list || !sorted) {
        free(list);
        free(sorted);
        return NULL;
    }
    memcpy(sorted, ids, size * sizeof *sorted);
    qsort(sorted, size, sizeof *sorted, by_number);
    *n = 0;
    *end++ = '[';
    for (size_t i = 0; i < size; i++)
        if (!i || sorted[i] != sorted[i - 1])
            end += sprintf(end, (*n)++ ? ",%lld" : "%lld", (long long)sorted[i]);
    strcpy(end, "]");
    free(sorted);
    return list;
}

/* Who says the first of the segments; 0 if it is not there. */
static int speaker_of(struct moim_store *s, int64_t segment, int *speaker, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, "SELECT speaker FROM segments WHERE id = ?", "i", segment);
    int rc = moim_sql_row(s, st, err);
    *speaker = rc > 0 ? sqlite3_column_int(st, 0) : 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

static int give(struct moim_store *s, int64_t meeting, const char *list, int n, int from, int speaker,
                struct moim_err *err)
{
    int64_t step;
    int found = 0, rc = moim_speaker_step_begin(s, meeting, "assign", from, speaker,
                                                "id IN (SELECT value FROM json_each(?2))", list, &step, err);
    if (!rc)
        rc =
            assign_times(s, meeting,
                         "SELECT start, \"end\" FROM segments WHERE meeting = ?1 AND id IN (SELECT value FROM"
                         " json_each(?2)) ORDER BY start",
                         list, speaker, &found, err);
    if (!rc && found < n)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_segment", "meeting %lld has not all of those segments",
                           (long long)meeting);
    static const char *const set[] = {
        "UPDATE segments SET speaker = ?, speaker_set = 1, speaker_certainty = NULL WHERE id IN (SELECT value FROM json_each(?))",
        "UPDATE heard SET speaker = ? WHERE segment IN (SELECT value FROM json_each(?))"};
    for (int i = 0; !rc && i < 2; i++)
        rc = moim_sql_done(s, moim_sql(s, err, set[i], "it", (int64_t)speaker, list), err);
    return rc;
}

int moim_segments_give(struct moim_store *s, int64_t meeting, const int64_t *segments, int n, int speaker,
                       struct moim_err *err)
{
    if (speaker < 1) return moim_fail(err, MOIM_EINVAL, "speakers are numbered from 1");
    if (n < 1) return moim_fail(err, MOIM_EINVAL, "no segments");
    char *list = id_list(segments, &n);
    if (!list) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    int from, rc = moim_begin(s, err);
    if (!rc) {
        rc = speaker_of(s, segments[0], &from, err);
        if (!rc) rc = give(s, meeting, list, n, from, speaker, err);
        rc = moim_end(s, rc, err);
    }
    free(list);
    return rc;
}

int moim_segment_set_speaker(struct moim_store *s, int64_t meeting, int64_t segment, int speaker,
                             struct moim_err *err)
{
    int rc = moim_segments_give(s, meeting, &segment, 1, speaker, err);
    if (rc == MOIM_ENOENT)
        moim_fail_why(err, MOIM_ENOENT, "no_segment", "meeting %lld has no segment %lld", (long long)meeting,
                      (long long)segment);
    return rc;
}

int moim_speaker_rename(struct moim_store *s, int64_t meeting, int speaker, const char *name,
                        struct moim_err *err)
{
    int64_t step;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT 1 FROM speakers WHERE meeting = ? AND number = ? AND name = ?", "iit",
                 meeting, (int64_t)speaker, name);
    rc = moim_sql_row(s, st, err);
    sqlite3_finalize(st);
    if (rc) return moim_end(s, rc > 0 ? MOIM_OK : rc, err); /* called so already */
    rc = moim_speaker_step_begin(s, meeting, "rename", speaker, 0, NULL, NULL, &step, err);
    if (!rc) rc = moim_speaker_step_names(s, meeting, step, speaker, name, 0, err);
    if (rc) return moim_end(s, rc, err);
    rc = moim_sql_done(s,
                       moim_sql(s, err,
                                "INSERT OR REPLACE INTO speakers(meeting, number, name) SELECT DISTINCT "
                                "meeting, speaker, ? FROM segments"
                                " WHERE meeting = ? AND speaker = ?",
                                "tii", name, meeting, (int64_t)speaker),
                       err);
    if (!rc && !sqlite3_changes(s->db))
        rc = moim_fail_why(err, MOIM_ENOENT, "no_speaker", "no speaker %d in meeting %lld", speaker,
                           (long long)meeting);
    return moim_end(s, rc, err);
}

int moim_speaker_merge(struct moim_store *s, int64_t meeting, int from, int into, struct moim_err *err)
{
    if (into < 1) return moim_fail(err, MOIM_EINVAL, "speakers are numbered from 1");
    int64_t step;
    char whose[16];
    snprintf(whose, sizeof whose, "%d", from);
    int n = 0, rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_speaker_step_begin(s, meeting, "merge", from, into, "speaker = CAST(?2 AS INTEGER)", whose,
                                 &step, err);
    if (!rc) rc = moim_speaker_step_names(s, meeting, step, from, NULL, into, err);
    if (rc) return moim_end(s, rc, err);
    rc = assign_times(
        s, meeting,
        "SELECT start, \"end\" FROM segments WHERE meeting = ?1 AND speaker = CAST(?2 AS INTEGER) ORDER BY start",
        whose, into, &n, err);
    if (!rc && !n)
        rc = moim_fail_why(err, MOIM_ENOENT, "no_speaker", "no speaker %d in meeting %lld", from,
                           (long long)meeting);
    static const char *const move[] = {
        "UPDATE heard SET speaker = ?1 WHERE segment IN (SELECT id FROM segments WHERE meeting = ?2 AND "
        "speaker = ?3)",
        "UPDATE heard SET speaker = ?1 WHERE speaker = ?3 AND segment IN (SELECT id FROM segments WHERE "
        "meeting = ?2)",
        "UPDATE segments SET speaker = ?1, speaker_set = 1, speaker_certainty = NULL WHERE meeting = ?2 AND speaker = ?3",
        "UPDATE assigned SET speaker = ?1 WHERE meeting = ?2 AND speaker = ?3"};
    for (int i = 0; !rc && i < 4; i++)
        rc = moim_sql_done(s, moim_sql(s, err, move[i], "iii", (int64_t)into, meeting, (int64_t)from), err);
    static const char *const forget[] = {"DELETE FROM speakers WHERE meeting = ? AND number = ?",
                                         "DELETE FROM offers WHERE meeting = ? AND number = ?"};
    for (int i = 0; !rc && i < 2; i++)
        rc = moim_sql_done(s, moim_sql(s, err, forget[i], "ii", meeting, (int64_t)from), err);
    return moim_end(s, rc, err);
}

int moim_speaker_next(struct moim_store *s, int64_t meeting, int *number, struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT 1 + max(coalesce((SELECT max(speaker) FROM segments WHERE meeting = ?1), "
                 "0), coalesce((SELECT max(number) FROM speakers WHERE meeting = ?1), 0), "
                 "coalesce((SELECT max(speaker) FROM assigned WHERE meeting = ?1), 0))",
                 "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *number = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

/* ---- remembered voices ---- */

int moim_voice_add(struct moim_store *s, const void *sealed, size_t n, int64_t *id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "INSERT INTO voices(sealed) VALUES(?)", "b", sealed, (int64_t)n),
                       err);
    *id = sqlite3_last_insert_rowid(s->db);
    return moim_end(s, rc, err);
}

int moim_voice_remove(struct moim_store *s, int64_t id, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM voices WHERE id = ?", "i", id), err);
    if (!rc && !sqlite3_changes(s->db)) rc = moim_fail(err, MOIM_ENOENT, "no such voice");
    return moim_end(s, rc, err);
}

int moim_voice_list(struct moim_store *s, struct moim_voice_row **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT id, sealed FROM voices ORDER BY id", "");
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_voice_row *v = moim_list_push((void **)list, n, sizeof *v);
        size_t size = (size_t)sqlite3_column_bytes(st, 1);
        const void *sealed = sqlite3_column_blob(st, 1);
        if (v) *v = (struct moim_voice_row){sqlite3_column_int64(st, 0), malloc(size + 1), size};
        if (!v || !v->sealed) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        if (size) memcpy(v->sealed, sealed, size);
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_voice_list_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_voice_list_free(struct moim_voice_row *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].sealed);
    free(list);
}

int moim_offers_put(struct moim_store *s, int64_t meeting, const struct moim_offer *list, int n,
                    struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_done(s, moim_sql(s, err, "DELETE FROM offers WHERE meeting = ?", "i", meeting), err);
    for (int i = 0; !rc && i < n; i++)
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "INSERT INTO offers(meeting, number, voice, similarity) VALUES(?, ?, ?, ?)",
                     "iiid", meeting, (int64_t)list[i].speaker, list[i].voice, list[i].similarity),
            err);
    return moim_end(s, rc, err);
}

int moim_offers_get(struct moim_store *s, int64_t meeting, struct moim_offer **list, int *n,
                    struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT number, voice, similarity FROM offers WHERE meeting = ? ORDER BY number",
                 "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        struct moim_offer *o = moim_list_push((void **)list, n, sizeof *o);
        if (!o) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *o = (struct moim_offer){sqlite3_column_int(st, 0), sqlite3_column_int64(st, 1),
                                 sqlite3_column_double(st, 2)};
    }
    sqlite3_finalize(st);
    return rc;
}
