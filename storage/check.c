/* A store is untrusted input until it has been looked at: its schema may hold foreign triggers, which are
 * code, and its rows what moim never writes. */
#include "storage/schema.h"
#include "storage/store_int.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int moim_store_harden(struct moim_store *s, struct moim_err *err)
{
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 256 << 20);
    /* SQLite would put what it cannot hold into /var/tmp: words that a deletion would not reach. */
    return moim_sql_exec(s, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY", err);
}

/* ---- the schema ---- */

/* sqlite_stat tables hold figures for the planner, not code. */
#define OBJECTS                                                                                              \
    "SELECT type || ' ' || name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema"                    \
    " WHERE name NOT GLOB 'sqlite_stat[1-4]' ORDER BY type, name, tbl_name, sql"

/* An empty store of a version, in memory: what the schema must look like. */
static int open_model(struct moim_store *m, const struct moim_store *s, int64_t version, struct moim_err *err)
{
    *m = (struct moim_store){.path = s->path};
    int rc =
        sqlite3_open_v2(":memory:", &m->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) == SQLITE_OK
            ? MOIM_OK
            : moim_sql_fail(m, err);
    for (int64_t v = 0; !rc && v < version; v++) rc = moim_sql_exec(m, moim_schema_steps[v], err);
    return rc;
}

static const char *column(sqlite3_stmt *st, int i)
{
    const unsigned char *t = sqlite3_column_text(st, i);
    return t ? (const char *)t : "";
}

static int compare(struct moim_store *s, struct moim_store *m, struct moim_err *err)
{
    sqlite3_stmt *a = moim_sql(s, err, OBJECTS, ""), *b = a ? moim_sql(m, err, OBJECTS, "") : NULL;
    int rc = a && b ? MOIM_OK : MOIM_EIO, have = 1, want = 1;
    while (!rc && (have || want)) {
        have = moim_sql_row(s, a, err);
        want = have < 0 ? 0 : moim_sql_row(m, b, err);
        if (have < 0 || want < 0)
            rc = have < 0 ? have : want;
        else if (have && (!want || strcmp(column(a, 0), column(b, 0)) || strcmp(column(a, 1), column(b, 1))))
            rc = moim_fail(err, MOIM_EFORMAT,
                           "%s: no store of moim's: it holds the %.100s, which is not moim's", s->path,
                           column(a, 0));
        else if (!have && want)
            rc = moim_fail(err, MOIM_EFORMAT, "%s: damaged: the %.100s is missing", s->path, column(b, 0));
    }
    sqlite3_finalize(a);
    sqlite3_finalize(b);
    return rc == MOIM_EIO && err && err->code ? err->code : rc;
}

/* Tables that belong to the full-text indexes: what they look like is the SQLite library's affair. */
#define SHADOW "(name GLOB 'segments_fts_*' OR name GLOB 'items_fts_*')"

int moim_schema_digest(struct moim_store *s, char hex[MOIM_SCHEMA_DIGEST + 1], struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err,
                                "SELECT type || ' ' || name, tbl_name || ' ' ||"
                                " CASE WHEN " SHADOW " THEN '' ELSE coalesce(sql, '') END FROM sqlite_schema"
                                " WHERE name NOT GLOB 'sqlite_stat[1-4]' ORDER BY type, name, tbl_name, sql",
                                "");
    crypto_generichash_state h;
    unsigned char sum[MOIM_SCHEMA_DIGEST / 2];
    crypto_generichash_init(&h, NULL, 0, sizeof sum);
    int rc;
    while ((rc = moim_sql_row(s, st, err)) > 0)
        for (int i = 0; i < 2; i++)
            crypto_generichash_update(&h, (const unsigned char *)column(st, i), strlen(column(st, i)) + 1);
    sqlite3_finalize(st);
    crypto_generichash_final(&h, sum, sizeof sum);
    sodium_bin2hex(hex, MOIM_SCHEMA_DIGEST + 1, sum, sizeof sum);
    return rc;
}

int moim_schema_check(struct moim_store *s, int64_t version, struct moim_err *err)
{
    char hex[MOIM_SCHEMA_DIGEST + 1];
    struct moim_store m;
    const char *known = version > 0 ? moim_schema_digests[version - 1] : NULL;
    int rc = moim_schema_digest(s, hex, err);
    if (!rc &&
        (!known || strcmp(hex, known))) { /* what differs is told, and a version without digest compared */
        rc = open_model(&m, s, version, err);
        if (!rc) rc = compare(s, &m, err);
        sqlite3_close(m.db);
    }
    /* Debian 12's FTS5 does not call itself harmless, and our own triggers write to it. */
    if (!rc) sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
    return rc;
}

/* ---- the rows ---- */

#define TEXT(c) "(typeof(" c ") = 'text' AND instr(" c ", char(0)) = 0 AND length(" c ") <= 1000000)"
#define WHOLE(c, low, high) "(typeof(" c ") = 'integer' AND " c " BETWEEN " low " AND " high ")"
#define REAL(c) "(typeof(" c ") IN ('real', 'integer') AND " c " BETWEEN -1e8 AND 1e8)"
#define LANGUAGE(c) "(" c " = '' OR (length(" c ") BETWEEN 2 AND 8 AND NOT " c " GLOB '*[^a-z-]*'))"
#define INDEX(c) WHOLE(c, "0", "1000000000000000")
#define INSTANT(c) WHOLE(c, "-62135596800", "253402300799")

/* What every row of a store that moim wrote fulfils. */
static const struct {
    const char *table, *must, *else_says;
} rule[] = {
    {"meetings",
     "audio = '' OR (length(audio) <= 200 AND audio NOT GLOB '.*' AND NOT audio GLOB '*[^A-Za-z0-9._-]*')",
     "the name of a meeting's sound is none that moim gives"},
    {"meetings", LANGUAGE("language"), "a meeting's language is none"},
    {"meetings",
     TEXT("title") " AND " TEXT("language") " AND " TEXT("audio") " AND " TEXT("source") " AND " TEXT(
         "error"),
     "a meeting holds what is no text"},
    {"meetings", INSTANT("started_at") " AND " REAL("duration") " AND " WHOLE("state", "0", "4"),
     "a meeting's time or state is out of range"},
    {"segments", LANGUAGE("language"), "a line's language is none"},
    {"segments", TEXT("text") " AND " TEXT("first_pass") " AND " TEXT("words") " AND " TEXT("language"),
     "a line holds what is no text"},
    {"segments",
     REAL("start") " AND " REAL("\"end\"") " AND " REAL("confidence") " AND " WHOLE("speaker", "0",
                                                                                    "1000000"),
     "a line's time or speaker is out of range"},
    {"segments",
     "(speaker_certainty IS NULL OR (" REAL("speaker_certainty") " AND speaker_certainty BETWEEN 0 AND 1))",
     "how sure a line is of its speaker is out of range"},
    {"heard",
     TEXT("text") " AND " TEXT("first_pass") " AND " TEXT("words") " AND " REAL("start") " AND " REAL(
         "\"end\"") " AND " LANGUAGE("language"),
     "what was heard at a corrected line is out of range"},
    {"assigned", REAL("start") " AND " REAL("\"end\"") " AND " WHOLE("speaker", "0", "1000000"),
     "a speaker that the user set is out of range"},
    {"speakers", TEXT("name") " AND " WHOLE("number", "0", "1000000"), "a speaker's name is no text"},
    {"edits", TEXT("before") " AND " INSTANT("at"), "an edit holds what is no text"},
    {"minutes", TEXT("model") " AND " TEXT("template") " AND " INSTANT("created_at"),
     "minutes hold what is no text"},
    {"items",
     TEXT("kind") " AND " TEXT("text") " AND " TEXT("owner") " AND " TEXT("due_text") " AND " TEXT(
         "due_date"),
     "the minutes hold what is no text"},
    {"minutes",
     TEXT("author") " AND " LANGUAGE("language") " AND " INSTANT("changed_at") " AND " INDEX("revision"),
     "minutes hold what is no text"},
    {"items",
     INDEX("line") " AND " INDEX("place") " AND " WHOLE("own", "0", "255") " AND " INSTANT(
         "done_at") " AND " WHOLE("verdict", "-1",
                                  "1") " AND " WHOLE("removed", "0",
                                                     "1") " AND " TEXT("written") " AND " TEXT("written_kind"),
     "what the user did to a line of the minutes is out of range"},
    {"speaker_steps",
     "kind IN ('rename', 'merge', 'assign') AND json_valid(times) AND json_valid(assigned) AND json_valid(items)"
     " AND " WHOLE("number", "0", "1000000") " AND " WHOLE("other", "0", "1000000") " AND " TEXT(
         "name") " AND " TEXT("other_name") " AND " INSTANT("at"),
     "what was done to a speaker is no step"},
    {"meetings",
     INSTANT("trashed_at") " AND " WHOLE("titled", "0", "1") " AND " WHOLE(
         "no_minutes", "0", "1") " AND " WHOLE("speakers_expected", "0", "1000"),
     "what was asked for a meeting is out of range"},
    {"items", REAL("start") " AND " REAL("\"end\""), "a time in the minutes is out of range"},
    {"bookmarks", TEXT("note") " AND " REAL("at"), "a bookmark is none"},
    {"vocabulary", TEXT("word") " AND " TEXT("sounds_like"), "a word is no text"},
    {"tags", TEXT("tag"), "a tag is no text"},
    {"settings", TEXT("key") " AND " TEXT("value"), "a setting is no text"},
    {"jobs", "kind IN ('process', 'minutes') AND " LANGUAGE("language"), "a job is none of moim's"},
    {"jobs", TEXT("model") " AND " TEXT("template") " AND " INSTANT("queued_at"),
     "a job holds what is no text"},
    {"jobs", REAL("start") " AND " REAL("\"end\""), "a job's time is out of range"},
    {"questions", TEXT("question") " AND " TEXT("answer") " AND " INSTANT("asked_at"),
     "a question holds what is no text"},
    {"sources", WHOLE("place", "0", "1000") " AND " REAL("start"), "where an answer stands is out of range"},
    {"highlights", REAL("start") " AND " REAL("\"end\""), "the time of a highlight is out of range"},
    {"templates", TEXT("name") " AND " TEXT("text"), "a kind of minutes is no text"},
    {"passages", "typeof(vector) = 'blob' AND length(vector) = 388 AND " REAL("start") " AND " REAL("last"),
     "a passage is none"},
    {"passage_codes", "typeof(codes) = 'blob' AND length(codes) % 56 = 0", "a meeting's passages are none"},
    {"readings", "typeof(reading) = 'blob'", "what a meeting's turns were read to is none"},
    {"voices", "typeof(sealed) = 'blob' AND length(sealed) < 10000", "a voice is none"},
};

static int find_one(struct moim_store *s, const char *sql, const char *says, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, sql, "");
    int rc = moim_sql_row(s, st, err);
    sqlite3_finalize(st);
    return rc > 0 ? moim_fail(err, MOIM_EFORMAT, "%s: damaged: %s", s->path, says) : rc;
}

int moim_rows_check(struct moim_store *s, struct moim_err *err)
{
    char sql[1600];
    int rc = MOIM_OK;
    for (size_t i = 0; !rc && i < sizeof rule / sizeof *rule; i++) {
        snprintf(sql, sizeof sql, "SELECT 1 FROM %s WHERE NOT (%s) LIMIT 1", rule[i].table, rule[i].must);
        rc = find_one(s, sql, rule[i].else_says, err);
    }
    if (rc) return rc;
    return find_one(s, "SELECT 1 FROM meetings WHERE audio <> '' GROUP BY audio HAVING count(*) > 1 LIMIT 1",
                    "two meetings have the same sound", err);
}

int moim_store_check(struct moim_store *s, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, "PRAGMA integrity_check(1)", "");
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) {
        const char *said = column(st, 0);
        rc = !strcmp(said, "ok") ? MOIM_OK : moim_fail(err, MOIM_EFORMAT, "%s: damaged: %s", s->path, said);
    }
    sqlite3_finalize(st);
    if (!rc) rc = find_one(s, "PRAGMA foreign_key_check", "a row belongs to nothing", err);
    return rc ? rc : moim_rows_check(s, err);
}

int moim_store_reindex(struct moim_store *s, struct moim_err *err)
{
    int rc = moim_begin(s, err);
    if (rc) return rc;
    rc = moim_sql_exec(s,
                       "INSERT INTO segments_fts(segments_fts) VALUES('rebuild');"
                       "INSERT INTO items_fts(items_fts) VALUES('rebuild')",
                       err);
    return moim_end(s, rc, err);
}
