#include "base/text.h"
#include "storage/schema.h"
#include "storage/store_int.h"
#include "storage/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 0x6d6f696d /* "moim": file(1) and we know our own */

/* What the system said below an error of SQLite's, where that tells more. */
static int code_of_system(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return MOIM_ENOSPC;
    case EROFS:
    case EACCES:
    case EPERM: return MOIM_EACCES;
    default: return MOIM_EIO;
    }
}

int moim_sql_fail(struct moim_store *s, struct moim_err *err)
{
    int code;
    if (!s->db) return moim_fail(err, MOIM_EIO, "%s: cannot be opened any more", s->path);
    switch (sqlite3_errcode(s->db) & 0xff) {
    case SQLITE_NOMEM: code = MOIM_ENOMEM; break;
    case SQLITE_FULL: code = MOIM_ENOSPC; break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: code = MOIM_EACCES; break;
    case SQLITE_CANTOPEN:
        code = code_of_system(sqlite3_system_errno(s->db));
        if (code != MOIM_ENOSPC && sqlite3_system_errno(s->db) != EIO) code = MOIM_EACCES;
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: code = MOIM_EFORMAT; break;
    case SQLITE_CONSTRAINT: code = MOIM_EINVAL; break;
    case SQLITE_IOERR: code = code_of_system(sqlite3_system_errno(s->db)); break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return moim_fail(err, MOIM_ESTATE, "%s: another program keeps the store busy", s->path);
    default: code = MOIM_EIO;
    }
    if (code == MOIM_ENOSPC) return moim_fail(err, code, "%s: the disk is full", s->path);
    return moim_fail(err, code, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

int moim_sql_exec(struct moim_store *s, const char *sql, struct moim_err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? MOIM_OK : moim_sql_fail(s, err);
}

sqlite3_stmt *moim_sql_list(struct moim_store *s, struct moim_err *err, const char *sql, const char *format,
                            va_list ap)
{
    sqlite3_stmt *st = NULL;
    if (!s->db || sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK) {
        moim_sql_fail(s, err);
        return NULL;
    }
    int rc = SQLITE_OK;
    for (int i = 1; *format && rc == SQLITE_OK; format++, i++) {
        if (*format == 'i') rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
        if (*format == 'd') rc = sqlite3_bind_double(st, i, va_arg(ap, double));
        if (*format == 't') {
            const char *text = va_arg(ap, const char *);
            char *clean = moim_text_clean(text ? text : "", true);
            rc = clean ? sqlite3_bind_text(st, i, clean, -1, free) : SQLITE_NOMEM;
        }
        if (*format == 'w') {
            const struct moim_word *words = va_arg(ap, const struct moim_word *);
            char *json = moim_words_encode(words, va_arg(ap, int));
            rc = json ? sqlite3_bind_text(st, i, json, -1, free) : SQLITE_NOMEM;
        }
        if (*format == 'p') {
            const char *name = va_arg(ap, const char *);
            rc = sqlite3_bind_text(st, i, name, -1, SQLITE_TRANSIENT);
        }
        if (*format == 'b') {
            const void *bytes = va_arg(ap, const void *);
            rc = sqlite3_bind_blob64(st, i, bytes, (sqlite3_uint64)va_arg(ap, int64_t), SQLITE_TRANSIENT);
        }
    }
    if (rc == SQLITE_OK) return st;
    if (rc == SQLITE_NOMEM)
        moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    else
        moim_sql_fail(s, err);
    sqlite3_finalize(st);
    return NULL;
}

sqlite3_stmt *moim_sql(struct moim_store *s, struct moim_err *err, const char *sql, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    sqlite3_stmt *st = moim_sql_list(s, err, sql, format, ap);
    va_end(ap);
    return st;
}

int moim_sql_row(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err)
{
    if (!st) return err && err->code ? err->code : MOIM_EIO;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) return 1;
    return rc == SQLITE_DONE ? 0 : moim_sql_fail(s, err);
}

int moim_sql_done(struct moim_store *s, sqlite3_stmt *st, struct moim_err *err)
{
    int rc = moim_sql_row(s, st, err);
    sqlite3_finalize(st);
    return rc > 0 ? MOIM_OK : rc;
}

const char *moim_sql_peek(sqlite3_stmt *st, int column)
{
    if (sqlite3_column_type(st, column) == SQLITE_NULL) return "";
    return (const char *)sqlite3_column_text(st, column);
}

char *moim_sql_text(sqlite3_stmt *st, int column)
{
    const char *t = moim_sql_peek(st, column);
    return t ? moim_text_clean(t, true) : NULL;
}

char *moim_sql_name(sqlite3_stmt *st, int column)
{
    const char *t = moim_sql_peek(st, column);
    return t ? moim_text_clean(t, false) : NULL;
}

int moim_sql_words(sqlite3_stmt *st, int column, struct moim_word **words, int *n)
{
    return moim_words_decode((const char *)sqlite3_column_text(st, column), words, n);
}

static int connect_again(struct moim_store *s, struct moim_err *err);

int moim_begin(struct moim_store *s, struct moim_err *err)
{
    if (s->depth) {
        s->depth++;
        return MOIM_OK;
    }
    int rc = s->how == MOIM_SHARED ? MOIM_OK : connect_again(s, err);
    if (!rc) rc = moim_sql_exec(s, "BEGIN IMMEDIATE", err);
    s->depth = !rc;
    return rc;
}

int moim_end(struct moim_store *s, int rc, struct moim_err *err)
{
    if (rc) s->failed = true;
    if (--s->depth) return rc;
    if (!rc && s->failed) rc = moim_fail(err, MOIM_EIO, "%s: a part of the change failed", s->path);
    s->failed = false;
    if (!rc) rc = moim_sql_exec(s, "COMMIT", err);
    if (rc && !sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int moim_store_begin(struct moim_store *s, struct moim_err *err)
{
    return moim_begin(s, err);
}

int moim_store_end(struct moim_store *s, int rc, struct moim_err *err)
{
    return moim_end(s, rc, err);
}

void *moim_list_push(void **list, int *n, size_t size)
{
    /* Doubling without a capacity field: room is a power of two. */
    if ((*n & (*n - 1)) == 0) {
        void *grown = realloc(*list, (size_t)(*n ? *n * 2 : 1) * size);
        if (!grown) return NULL;
        *list = grown;
    }
    void *e = (char *)*list + (size_t)*n * size;
    memset(e, 0, size);
    (*n)++;
    return e;
}

static int read_pragma(struct moim_store *s, const char *sql, int64_t *value, struct moim_err *err)
{
    sqlite3_stmt *st = moim_sql(s, err, sql, "");
    int rc = moim_sql_row(s, st, err);
    if (rc > 0) *value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc < 0 ? rc : MOIM_OK;
}

/* What the file is: its version, and whether anything is in it. A schema that is not ours is refused. */
static int look(struct moim_store *s, int64_t *version, int64_t *tables, struct moim_err *err)
{
    int64_t id = 0;
    int rc = read_pragma(s, "PRAGMA user_version", version, err);
    if (!rc) rc = read_pragma(s, "SELECT count(*) FROM sqlite_schema", tables, err);
    if (!rc) rc = read_pragma(s, "PRAGMA application_id", &id, err);
    if (rc) return rc;
    if ((*version || *tables) && id != APPLICATION_ID)
        return moim_fail(err, MOIM_EFORMAT, "%s: an SQLite database, but not a moim store", s->path);
    if (*version > MOIM_STORE_VERSION)
        return moim_fail(err, MOIM_EVERSION,
                         "%s: written by a newer moim (store version %lld, this program knows %d)", s->path,
                         (long long)*version, MOIM_STORE_VERSION);
    if (*version < 0) return moim_fail(err, MOIM_EFORMAT, "%s: damaged: no such version", s->path);
    return *version || *tables ? moim_schema_check(s, *version, err) : MOIM_OK;
}

static int migrate(struct moim_store *s, struct moim_err *err)
{
    int64_t version = 0, tables = 0;
    /* One look at one moment: another process may be migrating. */
    int rc = moim_sql_exec(s, "BEGIN", err);
    if (!rc) rc = look(s, &version, &tables, err);
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (rc || version == MOIM_STORE_VERSION) return rc;
    if (s->how == MOIM_READ_ONLY) return moim_fail(err, MOIM_EACCES, "%s: the store is read-only", s->path);
    rc = moim_sql_exec(s, "BEGIN IMMEDIATE", err);
    if (rc) return rc;
    s->depth = 1;
    /* Another process may have migrated while we waited for the lock. */
    rc = read_pragma(s, "PRAGMA user_version", &version, err);
    for (int64_t v = version; !rc && v < MOIM_STORE_VERSION; v++) {
        char set[96];
        rc = moim_sql_exec(s, moim_schema_steps[v], err);
        snprintf(set, sizeof set, "PRAGMA user_version = %lld; PRAGMA application_id = %d", (long long)v + 1,
                 APPLICATION_ID);
        if (!rc) rc = moim_sql_exec(s, set, err);
    }
    if (!rc) rc = tables ? moim_rows_check(s, err) : moim_schema_check(s, MOIM_STORE_VERSION, err);
    return moim_end(s, rc, err);
}

/* Two that create the same store change its journal mode at the same time, which SQLite does not wait for. */
static int set_wal(struct moim_store *s, struct moim_err *err)
{
    int rc;
    for (int i = 0; (rc = moim_sql_exec(s, "PRAGMA journal_mode = WAL", err)) == MOIM_ESTATE && i < 1000; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return rc;
}

/* WAL lets a reader go on while a recording writes; FULL makes a commit survive a power cut. */
static int configure(struct moim_store *s, struct moim_err *err)
{
    bool alone = s->how == MOIM_ALONE;
    sqlite3_busy_timeout(s->db, alone ? 5000 : 30000);
    int rc = moim_store_harden(s, err);
    if (!rc && alone) rc = moim_sql_exec(s, "PRAGMA locking_mode = EXCLUSIVE", err);
    if (!rc)
        rc = moim_sql_exec(
            s, "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL", err);
    int64_t tables = 0;
    if (!rc)
        rc = read_pragma(s, "SELECT count(*) FROM sqlite_schema", &tables,
                         err); /* fails on what is no database */
    if (!rc && s->how != MOIM_READ_ONLY) rc = set_wal(s, err);
    return rc ? rc : migrate(s, err);
}

static int make_parents(const char *path, struct moim_err *err)
{
    char dir[4096];
    if (snprintf(dir, sizeof dir, "%s", path) >= (int)sizeof dir)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    for (char *p = dir + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = 0;
        if (mkdir(dir, 0700) && errno != EEXIST) return moim_fail_errno(err, "%s", dir);
    }
    return MOIM_OK;
}

/* Creates the file private before SQLite sees it: its own default would follow the umask. By mknod, which
 * opens nothing: closing any descriptor of a database file drops all locks that the process holds on it. */
static int create(const char *path, struct moim_err *err)
{
    struct stat st;
    if (mknod(path, S_IFREG | 0600, 0) && errno != EEXIST) return moim_fail_errno(err, "%s", path);
    if (stat(path, &st)) return moim_fail_errno(err, "%s", path);
    if (S_ISDIR(st.st_mode)) return moim_fail(err, MOIM_EFORMAT, "%s: is a directory, not a store", path);
    return S_ISREG(st.st_mode) ? MOIM_OK
                               : moim_fail(err, MOIM_EFORMAT, "%s: is not a file, and no store", path);
}

static void disconnect(struct moim_store *s)
{
    sqlite3_close(s->db);
    s->db = NULL;
}

static int connect_as(struct moim_store *s, enum moim_connection how, const char *name, int flags,
                      struct moim_err *err)
{
    s->how = how;
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
                 ? MOIM_OK
                 : moim_sql_fail(s, err);
    /* What may not be written SQLite opens for reading. */
    if (!rc && sqlite3_db_readonly(s->db, "main") == 1) s->how = MOIM_READ_ONLY;
    if (!rc) rc = configure(s, err);
    if (rc) disconnect(s);
    return rc;
}

/* A WAL store where nothing can be written, not even the index of the WAL: read as a file that does not
 * change. Only when no change waits in its WAL, which would be missed. */
static int connect_fixed(struct moim_store *s, struct moim_err *err)
{
    char wal[4200], uri[3 * 4096];
    struct stat st;
    size_t n = (size_t)snprintf(uri, sizeof uri, "file:");
    snprintf(wal, sizeof wal, "%s-wal", s->path);
    if (!stat(wal, &st) && st.st_size > 0)
        return moim_fail(err, MOIM_EACCES, "%s: the store is read-only, and changes wait in %s", s->path,
                         wal);
    for (const char *p = s->path; *p && n + 16 < sizeof uri; p++)
        n +=
            (size_t)snprintf(uri + n, sizeof uri - n, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
    snprintf(uri + n, sizeof uri - n, "?immutable=1");
    return connect_as(s, MOIM_READ_ONLY, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
}

/* The best that can be had now. s->how says what it was. */
static int connect(struct moim_store *s, struct moim_err *err)
{
    int rc = connect_as(s, MOIM_SHARED, s->path, SQLITE_OPEN_READWRITE, err);
    bool read_only = s->how == MOIM_READ_ONLY, fails = rc == MOIM_EIO || rc == MOIM_ENOSPC;
    fails = fails || (rc == MOIM_EACCES && !read_only); /* a file beside it could not be created */
    struct moim_err again;
    /* A full disk has no room for the index of the WAL that readers share: who holds the store alone needs
     * none. */
    if (fails && !connect_as(s, MOIM_ALONE, s->path, SQLITE_OPEN_READWRITE, &again)) return MOIM_OK;
    if (fails && !connect_fixed(s, &again)) return MOIM_OK;
    return rc == MOIM_EACCES && read_only ? connect_fixed(s, err) : rc;
}

/* For a change, on a handle that could only read when it was opened: that was then. */
static int connect_again(struct moim_store *s, struct moim_err *err)
{
    disconnect(s);
    int rc = connect_as(s, MOIM_SHARED, s->path, SQLITE_OPEN_READWRITE, err);
    if (!rc && s->how == MOIM_SHARED) return MOIM_OK;
    struct moim_err ignored;
    if (!rc || (rc == MOIM_EACCES && s->how == MOIM_READ_ONLY))
        rc = moim_fail(err, MOIM_EACCES, "%s: the store is read-only", s->path);
    if (!s->db && connect(s, &ignored)) s->how = MOIM_READ_ONLY; /* the next change tries again */
    return rc;
}

int moim_store_open(struct moim_store **out, const char *path, struct moim_err *err)
{
    int lock;
    *out = NULL;
    int rc = make_parents(path, err);
    if (!rc) rc = moim_store_lock(path, false, &lock, err);
    if (rc) return rc;
    rc = moim_store_open_held(out, path, err);
    if (!rc)
        (*out)->lock = lock;
    else if (lock >= 0)
        close(lock);
    return rc;
}

int moim_store_open_held(struct moim_store **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_err local;
    if (!err) err = &local;
    int rc = create(path, err);
    if (rc) return rc;
    struct moim_store *s = calloc(1, sizeof *s);
    if (!s || !(s->path = strdup(path))) {
        free(s);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    s->lock = -1;
    rc = connect(s, err);
    if (rc) {
        moim_store_close(s);
        return rc;
    }
    *out = s;
    return MOIM_OK;
}

bool moim_store_hindered(const struct moim_store *s)
{
    return s->how != MOIM_SHARED;
}

void moim_store_close(struct moim_store *s)
{
    if (!s) return;
    sqlite3_close(s->db);
    if (s->lock >= 0) close(s->lock);
    free(s->path);
    free(s);
}

const char *moim_store_path(const struct moim_store *s)
{
    return s->path;
}

int moim_store_copy(struct moim_store *s, const char *path, struct moim_err *err)
{
    /* SQLite fills an empty file, and keeps its mode. */
    if (mknod(path, S_IFREG | 0600, 0))
        return errno == EEXIST ? moim_fail(err, MOIM_EINVAL, "%s: already exists", path)
                               : moim_fail_errno(err, "%s", path);
    int rc = moim_sql_done(s, moim_sql(s, err, "VACUUM INTO ?", "p", path), err);
    if (rc) unlink(path);
    return rc;
}

bool moim_store_owns(const struct moim_store *s, const char *path)
{
    struct stat a, b;
    return !stat(s->path, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
