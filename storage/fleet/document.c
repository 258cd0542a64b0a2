#include "storage/fleet/document.h"
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

/* One statement sees one state of the store. Words that are no JSON (a damaged row) are left out. */
static const char whole[] =
    /* In the trash: its words leave the archive, and come back when it does. */
    "SELECT CASE WHEN trashed_at THEN json_object('id', m.id, 'title', '', 'started_at', started_at, 'duration', duration,"
    " 'language', '', 'state', state, 'trashed', 1, 'segments', json('[]'), 'speakers', json('[]'), 'items', json('[]'),"
    " 'tags', json('[]'), 'bookmarks', json('[]'), 'passages', json('[]'), 'edits', json('[]')) ELSE"
    " json_object('id', m.id, 'title', title, 'started_at', started_at, 'duration', duration, 'language', language,"
    " 'state', state, 'trashed', 0, 'audio', audio,"
    " 'segments', (SELECT json_group_array(json_object('id', id, 'start', start, 'end', \"end\", 'speaker', speaker, 'text', text,"
    "   'first_pass', first_pass, 'words', json(CASE WHEN json_valid(words) THEN words ELSE '[]' END), 'language', language,"
    "   'confidence', confidence, 'edited', edited)) FROM (SELECT * FROM segments WHERE meeting = ?1 ORDER BY start, id)),"
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
    "   (SELECT e.* FROM edits e JOIN segments g ON g.id = e.segment WHERE g.meeting = ?1 ORDER BY e.id))) END"
    " FROM meetings m WHERE m.id = ?1";

static void digest_of(const char *json, char out[MOIM_FLEET_DIGEST])
{
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)json, strlen(json), NULL, 0);
    sodium_bin2hex(out, MOIM_FLEET_DIGEST, hash, sizeof hash);
}

int moim_fleet_document(struct moim_store *s, int64_t id, char **json, char digest[MOIM_FLEET_DIGEST],
                        struct moim_err *err)
{
    *json = NULL;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    if (!s->db || sqlite3_create_function(s->db, "signs", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, signs,
                                          NULL, NULL))
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
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
    if (!row) digest_of(*json, digest);
    return row;
}
