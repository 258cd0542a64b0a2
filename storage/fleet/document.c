#include "storage/fleet/document.h"
#include "storage/fleet/grams.h"
#include "storage/passages.h"
#include "storage/store_int.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* SQL's signs(vector): of each value, as hex digits (docs/schema.md: f32 scale, then signed bytes). */
static void signs(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    unsigned char bits[MOIM_VECTOR_DIM / 8] = {0};
    char hex[sizeof bits * 2 + 1];
    const signed char *x = sqlite3_value_blob(v[0]);
    if (!x || sqlite3_value_bytes(v[0]) != 4 + MOIM_VECTOR_DIM) {
        sqlite3_result_null(c);
        return;
    }
    for (int i = 0; i < MOIM_VECTOR_DIM; i++)
        if (x[4 + i] >= 0) bits[i / 8] |= (unsigned char)(0x80 >> i % 8);
    sqlite3_result_text(c, sodium_bin2hex(hex, sizeof hex, bits, sizeof bits), -1, SQLITE_TRANSIENT);
}

int moim_fleet_finished(struct moim_store *s, struct moim_fleet_entry **list, int *n, struct moim_err *err)
{
    *list = NULL, *n = 0;
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT id, audio FROM meetings m WHERE state >= 1 AND NOT EXISTS "
                                "(SELECT 1 FROM jobs j WHERE j.meeting = m.id) ORDER BY id",
                                "");
    int row = st ? moim_sql_row(s, st, err) : err->code;
    for (; row == 1; row = moim_sql_row(s, st, err)) {
        struct moim_fleet_entry *e = moim_list_push((void **)list, n, sizeof *e);
        if (e) e->id = sqlite3_column_int64(st, 0), e->audio = moim_sql_sound(st, 1);
        if (!e || !e->audio) {
            row = moim_fail(err, MOIM_ENOMEM, "out of memory");
            break;
        }
    }
    sqlite3_finalize(st);
    if (row) moim_fleet_entries_free(*list, *n), *list = NULL, *n = 0;
    return row;
}

void moim_fleet_entries_free(struct moim_fleet_entry *list, int n)
{
    for (int i = 0; i < n; i++) free(list[i].audio);
    free(list);
}

int moim_fleet_has(struct moim_store *s, int64_t id, bool *there, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, "SELECT 1 FROM meetings WHERE id = ?1", "i", id);
    if (!st) return err->code;
    int row = moim_sql_row(s, st, err);
    *there = row == 1;
    sqlite3_finalize(st);
    return row < 0 ? row : MOIM_OK;
}

int moim_fleet_highest(struct moim_store *s, int64_t *id, struct moim_err *err)
{
    *id = 0;
    sqlite3_stmt *st = moim_sql(s, err, "SELECT seq FROM sqlite_sequence WHERE name = 'meetings'", "");
    if (!st) return err->code;
    int row = moim_sql_row(s, st, err);
    if (row == 1) *id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return row < 0 ? row : MOIM_OK;
}

/* An array of PostgreSQL's, of the texts of a column. */
struct array {
    char *text;
    size_t n, cap;
};

static bool append(struct array *a, const char *text, size_t n)
{
    if (!a->text || a->n + 2 * n + 4 > a->cap) {
        size_t cap = 2 * a->cap + 2 * n + 4096;
        char *grown = realloc(a->text, cap);
        if (!grown) return false;
        a->text = grown, a->cap = cap;
    }
    a->text[a->n] = a->n ? ',' : '{';
    a->n++;
    a->text[a->n++] = '"';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\') a->text[a->n++] = '\\';
        a->text[a->n++] = text[i];
    }
    a->text[a->n++] = '"';
    return true;
}

/* How sure a line is of its speaker is left out while not known: documents of before keep their digest. */
#define LINE                                                                                                            \
    "'id', id, 'start', start, 'end', \"end\", 'speaker', speaker, 'text', text, 'first_pass', first_pass, 'language'," \
    " language, 'confidence', confidence, 'edited', edited"

/* One statement sees one state of the store; the words' times are read in the same transaction. */
static const char whole[] =
    /* In the trash: its words leave the archive, and come back when it does. */
    "SELECT CASE WHEN trashed_at THEN json_object('id', m.id, 'title', '', 'started_at', started_at, 'duration', duration,"
    " 'language', '', 'state', state, 'trashed', 1, 'segments', json('[]'), 'speakers', json('[]'), 'items', json('[]'),"
    " 'tags', json('[]'), 'bookmarks', json('[]'), 'passages', json('[]'), 'edits', json('[]'), 'blocks', json('[]')) ELSE"
    " json_object('id', m.id, 'title', title, 'started_at', started_at, 'duration', duration, 'language', language,"
    " 'state', state, 'trashed', 0, 'audio', audio,"
    " 'segments', (SELECT json_group_array(CASE WHEN speaker_certainty IS NULL THEN json_object(" LINE
    ") ELSE json_object(" LINE
    ", 'speaker_certainty', speaker_certainty) END) FROM (SELECT * FROM segments WHERE meeting = ?1 ORDER BY start, id)),"
    " 'speakers', (SELECT json_group_array(json_object('number', number, 'name', name)) FROM"
    "   (SELECT * FROM speakers WHERE meeting = ?1 ORDER BY number)),"
    " 'items', (SELECT json_group_array(json_object('place', place, 'kind', kind, 'text', text, 'owner', owner, 'due_text', due_text,"
    "   'due_date', due_date, 'done_at', done_at, 'start', start, 'end', \"end\", 'evidence', json((SELECT json_group_array(segment)"
    "     FROM (SELECT segment FROM evidence WHERE item = i.id ORDER BY segment)))))"
    "   FROM (SELECT items.* FROM items JOIN minutes ON minutes.id = items.minutes WHERE minutes.meeting = ?1 AND current"
    "     AND NOT removed ORDER BY place, items.id) i),"
    " 'tags', (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE meeting = ?1 ORDER BY tag)),"
    " 'bookmarks', (SELECT json_group_array(json_object('id', id, 'at', at, 'note', note)) FROM"
    "   (SELECT * FROM bookmarks WHERE meeting = ?1 ORDER BY id)),"
    " 'passages', (SELECT json_group_array(json_object('start', start, 'last', last, 'end', \"end\", 'vector', hex(vector),"
    "   'code', signs(vector))) FROM (SELECT * FROM passages WHERE meeting = ?1 AND length(vector) = 388 ORDER BY start)),"
    " 'edits', (SELECT json_group_array(json_object('id', id, 'segment', segment, 'before', before, 'at', at)) FROM"
    "   (SELECT e.* FROM edits e JOIN segments g ON g.id = e.segment WHERE g.meeting = ?1 ORDER BY e.id)),"
    " 'blocks', (SELECT json_group_array(json_object('place', place, 'lines', json(lines), 'grams', json(grams(text)))) FROM"
    "   (SELECT n / 8 AS place, json_group_array(id) AS lines, group_concat(text, ' ') AS text FROM (SELECT id, text,"
    "     row_number() OVER (ORDER BY start, id) - 1 AS n FROM segments WHERE meeting = ?1 ORDER BY n) GROUP BY n / 8 ORDER BY 1))) END"
    " FROM meetings m WHERE m.id = ?1";

/* Words that are no JSON (a damaged row) are left out. */
static const char times[] =
    "SELECT CASE WHEN json_valid(g.words) THEN g.words ELSE '[]' END FROM segments g JOIN meetings m ON m.id = g.meeting"
    " WHERE m.id = ?1 AND NOT trashed_at ORDER BY g.start, g.id";

static void digest_of(struct moim_fleet_text *t)
{
    unsigned char hash[32];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof hash);
    crypto_generichash_update(&st, (const unsigned char *)t->json, strlen(t->json));
    crypto_generichash_update(&st, (const unsigned char *)t->words, strlen(t->words));
    crypto_generichash_final(&st, hash, sizeof hash);
    sodium_bin2hex(t->digest, sizeof t->digest, hash, sizeof hash);
}

static int read_json(struct moim_store *s, int64_t id, char **json, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, whole, "i", id);
    if (!st) return err->code;
    int row = moim_sql_row(s, st, err);
    if (row == 1) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        *json = text ? strdup(text) : NULL;
        row = *json ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    } else if (!row) {
        row = moim_fail(err, MOIM_ENOENT, "no meeting %lld", (long long)id);
    }
    sqlite3_finalize(st);
    return row;
}

static int read_words(struct moim_store *s, int64_t id, char **words, struct moim_err *err)
{
    struct array a = {0};
    sqlite3_stmt *st = moim_sql(s, err, times, "i", id);
    if (!st) return err->code;
    int row;
    while ((row = moim_sql_row(s, st, err)) == 1)
        if (!append(&a, (const char *)sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0))) {
            row = moim_fail(err, MOIM_ENOMEM, "out of memory");
            break;
        }
    sqlite3_finalize(st);
    if (!row && a.n) a.text[a.n] = '}', a.text[a.n + 1] = 0; /* append left room for both */
    if (!row && !a.n) a.text = strdup("{}");
    if (!row && !a.text) row = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (row) free(a.text), a.text = NULL;
    *words = a.text;
    return row;
}

static int add_functions(struct moim_store *s, struct moim_err *err)
{
    const int kind = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    if (!s->db || sqlite3_create_function(s->db, "signs", 1, kind, NULL, signs, NULL, NULL) ||
        moim_fleet_add_grams(s->db))
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    return MOIM_OK;
}

int moim_fleet_document(struct moim_store *s, int64_t id, struct moim_fleet_text *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    int rc = add_functions(s, err);
    if (!rc) rc = moim_sql_exec(s, "SAVEPOINT document", err);
    if (rc) return rc;
    rc = read_json(s, id, &out->json, err);
    if (!rc) rc = read_words(s, id, &out->words, err);
    int end = moim_sql_exec(s, "RELEASE document", rc ? NULL : err);
    if (!rc) rc = end;
    if (!rc) digest_of(out);
    if (rc) moim_fleet_text_free(out);
    return rc;
}

void moim_fleet_text_free(struct moim_fleet_text *t)
{
    free(t->json);
    free(t->words);
    memset(t, 0, sizeof *t);
}
