/* Shared by the files of storage/: the handle, and statements with less ceremony. */
#ifndef MOIM_STORAGE_STORE_INT_H
#define MOIM_STORAGE_STORE_INT_H

#include "storage/store.h"

#include <sqlite3.h>
#include <stdarg.h>

/* How the store could be opened. The last two serve one piece of work: a change tries to connect again, and
 * who keeps a handle closes it (moim_store_hindered). */
enum moim_connection {
    MOIM_SHARED, /* with others, for reading and writing */
    MOIM_READ_ONLY,
    MOIM_ALONE /* the disk had no room for what is shared with others: they wait */
};

struct moim_store {
    sqlite3 *db; /* NULL: it could not be opened again */
    char *path;
    enum moim_connection how;
    int depth;   /* of changes within one change */
    bool failed; /* one of them */
    int lock;    /* shared, on a file of its own; -1: none */
};

/* The message SQLite left, as a moim status. */
int moim_sql_fail(struct moim_store *s, struct moim_err *err);
int moim_sql_exec(struct moim_store *s, const char *sql, struct moim_err *err);

/* Prepares sql and binds arguments by format: i int64, d double, t text (copied, made valid UTF-8 without control
 * characters but tab and line feed, base/text.h), p a file's path (copied as it is), w words and their int number
 * (as JSON, storage/words.h), b bytes
 * and their int64 number (copied). NULL on failure, with err
 * filled. */
sqlite3_stmt *moim_sql(struct moim_store *s, struct moim_err *err, const char *sql, const char *format, ...);
sqlite3_stmt *moim_sql_list(struct moim_store *s, struct moim_err *err, const char *sql, const char *format,
                            va_list ap);
/* Steps a statement that returns no rows and releases it; a NULL statement is its own failure. */
int moim_sql_done(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err);
/* Steps to the next row: 1 row, 0 end, negative status. */
int moim_sql_row(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err);
/* A copy of a text column, "" for NULL, clean as above, whoever wrote it; NULL when memory runs out. */
/* "" for SQL's NULL; NULL when SQLite has no memory to show it. */
const char *moim_sql_peek(sqlite3_stmt *st, int column);
char *moim_sql_text(sqlite3_stmt *st, int column);
/* The same in one line: titles and names. */
char *moim_sql_name(sqlite3_stmt *st, int column);
/* A column of words (storage/words.h). MOIM_ENOMEM. */
int moim_sql_words(sqlite3_stmt *st, int column, struct moim_word **words, int *n);

/* Other columns as untrusted values (storage/values.c). A language, a sound's name: "" when it is none
 * (moim_store_check tells). Finite seconds; an instant that has a date. */
#define MOIM_INSTANT_MIN (-62135596800) /* the years 1 to 9999 */
#define MOIM_INSTANT_MAX 253402300799
char *moim_sql_language(sqlite3_stmt *st, int column);
char *moim_sql_sound(sqlite3_stmt *st, int column);
double moim_sql_seconds(sqlite3_stmt *st, int column);
int64_t moim_sql_instant(sqlite3_stmt *st, int column);

/* Before anything is read: the schema runs nothing that is not harmless, and cannot be edited. */
int moim_store_harden(struct moim_store *s, struct moim_err *err);
/* MOIM_EFORMAT unless the schema is exactly that of the version; then it is trusted. */
int moim_schema_check(struct moim_store *s, int64_t version, struct moim_err *err);
#define MOIM_SCHEMA_DIGEST 32 /* hex digits */
int moim_schema_digest(struct moim_store *s, char hex[MOIM_SCHEMA_DIGEST + 1], struct moim_err *err);
/* MOIM_EFORMAT when a row holds what moim never writes. */
int moim_rows_check(struct moim_store *s, struct moim_err *err);

/* Before a statement is prepared: it may connect again. Within another it is part of that. */
int moim_begin(struct moim_store *s, struct moim_err *err);
/* Commits when rc is MOIM_OK, else rolls back; returns rc or the commit's failure. */
int moim_end(struct moim_store *s, int rc, struct moim_err *err);

/* A row that begins with the columns of a meeting, or of an item of minutes (table i), with the segments that it rests
 * on; MOIM_ENOMEM, and what was read is still to be released. */
#define MOIM_MEETING_COLUMNS                                                                                  \
    "id, title, started_at, duration, language, state, audio, source, error, trashed_at, titled, no_minutes," \
    " speakers_expected"
#define MOIM_MEETING_COLUMNS_N 13
int moim_meeting_read(struct moim_store *s, sqlite3_stmt *st, struct moim_meeting *m, struct moim_err *err);
#define MOIM_ITEM_COLUMNS                                                                                    \
    "i.id, i.kind, i.text, i.owner, i.due_text, i.due_date, i.start, i.\"end\", i.line, i.done_at, i.own,"   \
    " i.verdict"
#define MOIM_ITEM_COLUMNS_N 12
int moim_item_read(struct moim_store *s, sqlite3_stmt *st, struct moim_item *it, struct moim_err *err);

/* Grows *list by one element of size; NULL when memory runs out. The element is zeroed. */
void *moim_list_push(void **list, int *n, size_t size);

/* Of meetings, those that began at or after ?1 and before ?2 (0: any), have the tag ?3 ('': any) and are number ?4 (0: any); none
 * from the trash. */
#define MOIM_MEETINGS_WANTED                                                                                 \
    "trashed_at = 0 AND started_at >= ?1 AND (?2 = 0 OR started_at < ?2)"                                    \
    " AND (?3 = '' OR id IN (SELECT meeting FROM tags WHERE tag = ?3)) AND (?4 = 0 OR id = ?4)"

#endif
