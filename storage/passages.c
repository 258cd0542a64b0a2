#include "storage/passages.h"
#include "storage/search_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 12.0   /* seconds of speech in a passage: a few sentences, seldom about two things */
#define MOST_BYTES 250 /* of text: about 80 Korean characters */

/* The numbers that a statement gives, into *ids; takes st. */
static int list_ids(struct moim_store *s, sqlite3_stmt *st, int64_t **ids, int *n, struct moim_err *err)
{
    *ids = NULL;
    *n = 0;
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        int64_t *id = moim_list_push((void **)ids, n, sizeof *id);
        if (!id) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *id = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    if (rc) {
        free(*ids);
        *ids = NULL;
        *n = 0;
    }
    return rc;
}

int moim_unembedded(struct moim_store *s, int64_t **ids, int *n, struct moim_err *err)
{
    return list_ids(s, moim_sql(s, err, "SELECT meeting FROM unembedded ORDER BY meeting DESC", ""), ids, n,
                    err);
}

int moim_passages_read_meetings(struct moim_store *s, int64_t since, int64_t until, const char *tag,
                                int64_t meeting, int64_t **ids, int *n, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT id FROM meetings WHERE " MOIM_MEETINGS_WANTED
                                " AND id IN (SELECT meeting FROM readings) ORDER BY started_at DESC, id DESC",
                                "iiti", since, until, tag ? tag : "", meeting);
    return list_ids(s, st, ids, n, err);
}

/* Adds a segment to the passage that grows, or begins the next one. */
static bool take(struct moim_passage **list, int *n, bool follows, double start, double end, const char *text)
{
    struct moim_passage *p = *n ? &(*list)[*n - 1] : NULL;
    bool fits = p && follows && end - p->start <= LONGEST && strlen(p->text) + strlen(text) < MOST_BYTES;
    char *joined;
    if (!fits) {
        p = moim_list_push((void **)list, n, sizeof *p);
        if (!p || !(p->text = strdup(text))) return false;
        p->start = start;
    } else {
        if (asprintf(&joined, "%s %s", p->text, text) < 0) return false;
        free(p->text);
        p->text = joined;
    }
    p->last = start;
    p->end = end > p->end ? end : p->end;
    return true;
}

int moim_passages_missing(struct moim_store *s, int64_t meeting, struct moim_passage **list, int *n,
                          struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT g.start, g.\"end\", g.text, EXISTS(SELECT 1 FROM passages p WHERE "
                                "p.meeting = g.meeting AND g.start BETWEEN p.start AND p.last)"
                                " FROM segments g WHERE g.meeting = ? ORDER BY g.start, g.id",
                                "i", meeting);
    int rc;
    bool follows = false;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        const char *text = moim_sql_peek(st, 2);
        bool has_one = sqlite3_column_int(st, 3);
        if (!text || (!has_one && !take(list, n, follows, sqlite3_column_double(st, 0),
                                        sqlite3_column_double(st, 1), text))) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        follows = !has_one;
    }
    sqlite3_finalize(st);
    if (rc) {
        moim_passages_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

void moim_passages_free(struct moim_passage *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].text);
    free(list);
}

/* A vector as it is stored: f32 scale, then bytes. */
void moim_vector_pack(const float *v, uint8_t out[MOIM_VECTOR_BYTES])
{
    float most = 0;
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) most = fmaxf(most, fabsf(v[i]));
    float scale = most / 127;
    memcpy(out, &scale, sizeof scale);
    for (int i = 0; i < MOIM_VECTOR_DIM; i++)
        out[4 + i] = (uint8_t)(int8_t)(most > 0 ? lrintf(v[i] / scale) : 0);
}

float moim_vector_dot(const float *v, const uint8_t stored[MOIM_VECTOR_BYTES])
{
    float scale, sum = 0;
    memcpy(&scale, stored, sizeof scale);
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) sum += v[i] * (float)(int8_t)stored[4 + i];
    return scale * sum;
}

int moim_passages_compare(struct moim_store *s, int64_t meeting, const float *v,
                          struct moim_passage_cosine **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    sqlite3_stmt *st = moim_sql(
        s, err, "SELECT start, last, vector FROM passages WHERE meeting = ? ORDER BY start", "i", meeting);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        if (sqlite3_column_bytes(st, 2) != MOIM_VECTOR_BYTES) continue; /* damaged */
        struct moim_passage_cosine *p = moim_list_push((void **)list, n, sizeof *p);
        if (!p) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        *p = (struct moim_passage_cosine){sqlite3_column_double(st, 0), sqlite3_column_double(st, 1),
                                          moim_vector_dot(v, sqlite3_column_blob(st, 2))};
    }
    sqlite3_finalize(st);
    if (rc) {
        free(*list);
        *list = NULL;
        *n = 0;
    }
    return rc;
}

/* One bit a component, its sign: vectors that lie close agree in most of them. */
void moim_code_of(const uint8_t stored[MOIM_VECTOR_BYTES], uint64_t code[MOIM_CODE_WORDS])
{
    memset(code, 0, sizeof(uint64_t) * MOIM_CODE_WORDS);
    for (int i = 0; i < MOIM_VECTOR_DIM; i++)
        if ((int8_t)stored[4 + i] > 0) code[i / 64] |= (uint64_t)1 << i % 64;
}

/* Whether the passage's segments still say what its vector was made from. */
static int unchanged(struct moim_store *s, int64_t meeting, const struct moim_passage *p, bool *same,
                     struct moim_err *err)
{
    sqlite3_stmt *st =
        moim_sql(s, err,
                 "SELECT group_concat(text, ' ') FROM (SELECT text FROM segments WHERE meeting "
                 "= ? AND start BETWEEN ? AND ? ORDER BY start, id)",
                 "idd", meeting, p->start, p->last);
    int rc = moim_sql_row(s, st, err);
    const char *now = rc > 0 ? (const char *)sqlite3_column_text(st, 0) : NULL;
    *same = now && !strcmp(now, p->text);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

static int put_one(struct moim_store *s, int64_t meeting, const struct moim_passage *p, const float *vector,
                   struct moim_err *err)
{
    uint8_t stored[MOIM_VECTOR_BYTES];
    moim_vector_pack(vector, stored);
    int rc = moim_sql_done(
        s, moim_sql(s, err, "DELETE FROM passages WHERE meeting = ? AND start = ?", "id", meeting, p->start),
        err);
    if (rc) return rc;
    return moim_sql_done(
        s,
        moim_sql(s, err, "INSERT INTO passages(meeting, start, last, \"end\", vector) VALUES(?, ?, ?, ?, ?)",
                 "idddb", meeting, p->start, p->last, p->end, stored, (int64_t)sizeof stored),
        err);
}

/* The digest that search reads instead of every vector: 8 bytes of id and the code, passage after passage. */
static int write_codes(struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    struct moim_code *codes = NULL;
    int n = 0, rc;
    sqlite3_stmt *st =
        moim_sql(s, err, "SELECT id, vector FROM passages WHERE meeting = ? ORDER BY start", "i", meeting);
    while ((rc = moim_sql_row(s, st, err)) > 0) {
        if (sqlite3_column_bytes(st, 1) != MOIM_VECTOR_BYTES) continue;
        struct moim_code *c = moim_list_push((void **)&codes, &n, sizeof *c);
        if (!c) {
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
            break;
        }
        c->id = sqlite3_column_int64(st, 0);
        moim_code_of(sqlite3_column_blob(st, 1), c->bits);
    }
    sqlite3_finalize(st);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "INSERT OR REPLACE INTO passage_codes(meeting, codes) VALUES(?, ?)", "ib",
                     meeting, codes ? (const void *)codes : "", (int64_t)n * (int64_t)sizeof *codes),
            err);
    free(codes);
    return rc;
}

int moim_passages_put(struct moim_store *s, int64_t meeting, const struct moim_passage *list,
                      const float *vectors, int n, struct moim_err *err)
{
    bool all = true;
    int rc = moim_begin(s, err);
    if (rc) return rc;
    for (int i = 0; !rc && i < n; i++) {
        bool same = false;
        rc = unchanged(s, meeting, &list[i], &same, err);
        if (!rc && same) rc = put_one(s, meeting, &list[i], vectors + (size_t)i * MOIM_VECTOR_DIM, err);
        all = all && same;
    }
    if (!rc) rc = write_codes(s, meeting, err);
    if (!rc && all)
        rc =
            moim_sql_done(s, moim_sql(s, err, "DELETE FROM unembedded WHERE meeting = ?", "i", meeting), err);
    return moim_end(s, rc, err);
}

int moim_passages_put_reading(struct moim_store *s, int64_t meeting, const void *bytes, size_t size,
                              struct moim_err *err)
{
    return moim_sql_done(s,
                         moim_sql(s, err, "INSERT OR REPLACE INTO readings(meeting, reading) VALUES(?, ?)",
                                  "ib", meeting, bytes, (int64_t)size),
                         err);
}

int moim_passages_reading(struct moim_store *s, int64_t meeting, uint8_t **bytes, size_t *size,
                          struct moim_err *err)
{
    *bytes = NULL;
    *size = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT reading FROM readings WHERE meeting = ?", "i", meeting);
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) {
        const void *blob = sqlite3_column_blob(st, 0);
        *size = (size_t)sqlite3_column_bytes(st, 0);
        *bytes = malloc(*size + 1);
        if (blob && *bytes) memcpy(*bytes, blob, *size);
        if (!*bytes) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

int moim_passages_model(struct moim_store *s, char *name, size_t cap, struct moim_err *err)
{
    *name = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT value FROM settings WHERE key = 'vectors'", "");
    int rc = moim_sql_row(s, st, err);
    const char *value = rc > 0 ? moim_sql_peek(st, 0) : "";
    if (value) snprintf(name, cap, "%s", value);
    if (!value) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

int moim_passages_use_model(struct moim_store *s, const char *name, struct moim_err *err)
{
    char now[256];
    int rc = moim_passages_model(s, now, sizeof now, err);
    if (rc || !strcmp(now, name)) return rc;
    rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_exec(s,
                       "DELETE FROM passages; DELETE FROM passage_codes; DELETE FROM readings;"
                       "INSERT OR IGNORE INTO unembedded SELECT DISTINCT meeting FROM segments",
                       err);
    if (!rc)
        rc = moim_sql_done(
            s,
            moim_sql(s, err, "INSERT OR REPLACE INTO settings(key, value) VALUES('vectors', ?)", "t", name),
            err);
    return moim_end(s, rc, err);
}
