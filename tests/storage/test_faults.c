/* What can fail below the store fails here, one after another: every allocation of SQLite's, every read,
 * write and sync, once or for good, a disk that is full, a write that is torn by a power cut. Each time the
 * call says so, nothing crashes, and the file that is left passes every check and holds each change whole or
 * not at all. */
#include "testing.h"

#include "storage/overview.h"
#include "storage/passages.h"
#include "storage/search.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <unistd.h>

/* ---- allocations ---- */

static sqlite3_mem_methods real_mem;
static long mem_left = -1; /* allocations until one fails; < 0: none does */
static bool mem_for_good;

static bool mem_fails(void)
{
    if (mem_left < 0) return false;
    if (mem_left > 0) {
        mem_left--;
        return false;
    }
    if (!mem_for_good) mem_left = -2; /* happened */
    return true;
}

static void *mem_malloc(int n)
{
    return mem_fails() ? NULL : real_mem.xMalloc(n);
}

static void *mem_realloc(void *p, int n)
{
    return mem_fails() ? NULL : real_mem.xRealloc(p, n);
}

/* ---- files ---- */

enum mode { ONCE, FOR_GOOD, DISK_FULL, TORN };
static long io_left = -1;
static enum mode io_mode;
static bool io_dead; /* after a power cut nothing works any more */

struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)(void *)f)->real;
}

/* SQLITE_OK, or what this operation fails with. */
static int io_fails(int code, bool writes)
{
    if (io_dead) return code;
    if (io_left < 0 || (io_mode == DISK_FULL && !writes)) return SQLITE_OK;
    if (io_left > 0) {
        io_left--;
        return SQLITE_OK;
    }
    if (io_mode == ONCE) io_left = -2;
    if (io_mode == TORN) io_dead = true;
    return io_mode == DISK_FULL ? SQLITE_FULL : code;
}

static int f_close(sqlite3_file *f)
{
    int rc = real_of(f)->pMethods->xClose(real_of(f));
    sqlite3_free(real_of(f));
    return rc;
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    int rc = io_fails(SQLITE_IOERR_READ, false);
    return rc ? rc : real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    bool alive = !io_dead;
    int rc = io_fails(SQLITE_IOERR_WRITE, true);
    if (rc && io_mode == TORN && alive) real_of(f)->pMethods->xWrite(real_of(f), p, n / 2, at);
    return rc ? rc : real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = io_fails(SQLITE_IOERR_TRUNCATE, true);
    return rc ? rc : real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int f_sync(sqlite3_file *f, int flags)
{
    int rc = io_fails(SQLITE_IOERR_FSYNC, true);
    (void)flags; /* the test's own disk need not be waited for */
    (void)f;
    return rc;
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int f_lock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int f_unlock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int f_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int f_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int f_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int f_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}
static void f_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int f_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
    2,         f_close,  f_read,   f_write, f_truncate, f_sync,    f_size,  f_lock, f_unlock, f_reserved,
    f_control, f_sector, f_device, f_map,   f_shm_lock, f_barrier, f_unmap, NULL,   NULL};
static sqlite3_vfs *real_vfs, shim;

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
    struct file *mine = (struct file *)(void *)f;
    (void)v;
    mine->base.pMethods = NULL;
    mine->real = sqlite3_malloc(real_vfs->szOsFile);
    if (!mine->real) return SQLITE_NOMEM;
    memset(mine->real, 0, (size_t)real_vfs->szOsFile);
    int rc = real_vfs->xOpen(real_vfs, name, mine->real, flags, out);
    if (rc)
        sqlite3_free(mine->real);
    else
        mine->base.pMethods = &methods;
    return rc;
}

/* ---- what is done to the store ---- */

static char path[64];

static void quiet(void)
{
    mem_left = io_left = -1;
    io_dead = false;
}

static int run_all(int *steps)
{
    struct moim_store *s = NULL;
    struct moim_err err = {0};
    int64_t id = 0;
    *steps = 0;
    int rc = moim_store_open(&s, path, &err);
    struct moim_meeting m = {
        .title = "시험", .started_at = 1, .duration = 50, .language = "ko", .audio = "", .source = ""};
    if (!rc) rc = moim_meeting_add(s, &m, &id, &err);
    if (!rc) *steps = 1;
    struct moim_segment g[5] = {0};
    for (int i = 0; i < 5; i++)
        g[i] = (struct moim_segment){.start = i * 10,
                                     .end = i * 10 + 9,
                                     .speaker = 1,
                                     .text = (char *)"예산을 승인합니다",
                                     .first_pass = "",
                                     .language = "ko",
                                     .confidence = 1};
    if (!rc) rc = moim_segments_put(s, id, g, 5, "ko", MOIM_DIARIZED, &err);
    if (!rc) *steps = 2;
    struct moim_item items[2] = {
        {.kind = "summary", .text = "승인", .owner = "", .due_text = "", .due_date = "", .n_evidence = 0},
        {.kind = "decision",
         .text = "예산 승인",
         .owner = "",
         .due_text = "",
         .due_date = "",
         .n_evidence = 0}};
    if (!rc) rc = moim_minutes_put(s, id, "m", "plain", items, 2, &err);
    if (!rc) *steps = 3;
    struct moim_passage *list = NULL;
    static float v[8 * MOIM_VECTOR_DIM];
    int n = 0;
    for (int i = 0; i < 8 * MOIM_VECTOR_DIM; i++) v[i] = (float)(i % 7) - 3;
    if (!rc) rc = moim_passages_missing(s, id, &list, &n, &err);
    if (!rc) rc = moim_passages_put(s, id, list, v, n, &err);
    moim_passages_free(list, n);
    if (!rc) *steps = 4;
    if (!rc) rc = moim_tags_set(s, id, (const char *[]){"하나", "둘"}, 2, &err);
    if (!rc) rc = moim_segment_edit(s, 2, "고친 말", &err);
    if (!rc) *steps = 5;
    struct moim_hit *hits;
    struct moim_search_query q = {.text = "예산", .vector = v, .least = 0.01f, .limit = 10};
    if (!rc && !(rc = moim_search_run(s, &q, &hits, &n, &err))) moim_hits_free(hits, n);
    if (!rc) rc = moim_meeting_delete(s, id, &err);
    if (!rc) *steps = 6;
    if (rc && !*err.msg) fail_msg("code %d without a message", rc);
    moim_store_close(s);
    return rc;
}

static int number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL)) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int n = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
    sqlite3_finalize(st);
    return n;
}

/* The store opens, passes its checks, and each change is in it whole or not at all, and those that were
 * confirmed are. */
static void check_whole(int steps, const char *what, long k)
{
    struct moim_store *s;
    struct moim_err err = {0};
    if (moim_store_open(&s, path, &err) || moim_store_check(s, &err))
        fail_msg("%s %ld: %s", what, k, err.msg);
    moim_store_close(s);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int meetings = number(db, "SELECT count(*) FROM meetings"),
        segments = number(db, "SELECT count(*) FROM segments"),
        n_items = number(db, "SELECT count(*) FROM items"), tags = number(db, "SELECT count(*) FROM tags"),
        passages = number(db, "SELECT count(*) FROM passages"),
        codes = number(db, "SELECT count(*) FROM passage_codes"),
        edits = number(db, "SELECT count(*) FROM edits"),
        edited = number(db, "SELECT count(*) FROM segments WHERE edited");
    if (sqlite3_exec(db,
                     "INSERT INTO segments_fts(segments_fts, rank) VALUES('integrity-check', 1);"
                     "INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)",
                     NULL, NULL, NULL))
        fail_msg("%s %ld: full text: %s", what, k, sqlite3_errmsg(db));
    sqlite3_close(db);
    bool whole = (segments == 0 || segments == 5) && (n_items == 0 || n_items == 2) &&
                 (tags == 0 || tags == 2) && (codes == (passages > 0) || (edited && passages >= 4)) &&
                 edits == edited && meetings <= 1;
    bool gone = !meetings && !segments && !n_items && !tags && !passages && !edits;
    bool kept = meetings >= (steps >= 1 && steps < 5) && (steps < 2 || steps > 4 || segments == 5) &&
                (steps < 3 || steps > 4 || n_items == 2) && (steps < 4 || steps > 4 || codes == 1);
    if (!whole || (!gone && !kept) || (steps == 6 && !gone))
        fail_msg("%s %ld after step %d: %d meetings, %d segments, %d items, %d tags, %d passages, %d codes, "
                 "%d edits",
                 what, k, steps, meetings, segments, n_items, tags, passages, codes, edits);
}

static void remove_store(void)
{
    static const char *const tail[] = {"", "-wal", "-shm", "-journal", ".lock"};
    for (int i = 0; i < 5; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, tail[i]);
        unlink(name);
    }
}

/* Lets the k-th operation fail, for k = first, first + stride, ... until everything passes. Returns how many
 * failed. */
static int loop(const char *what, long *left, long stride)
{
    const char *every = getenv("MOIM_FAULT_STRIDE"); /* 1: each operation, as make torture does */
    int failed = 0, steps;
    if (every) stride = atol(every);
    for (long k = 0;; k += stride) {
        remove_store();
        quiet();
        *left = k;
        int rc = run_all(&steps);
        bool reached = *left == -2 || *left == 0;
        quiet();
        check_whole(steps, what, k);
        failed += rc != 0;
        if (!reached) {
            if (rc) fail_msg("%s %ld: fails with %d though nothing was made to", what, k, rc);
            break;
        }
    }
    print_message("%s: %d calls failed\n", what, failed);
    return failed;
}

static void memory_runs_out_once(void **state)
{
    (void)state;
    mem_for_good = false;
    assert_true(loop("allocation", &mem_left, 211) > 10);
}

static void memory_runs_out_for_good(void **state)
{
    (void)state;
    mem_for_good = true;
    assert_true(loop("allocation and all later", &mem_left, 251) > 10);
}

static void a_disk_operation_fails_once(void **state)
{
    (void)state;
    io_mode = ONCE;
    assert_true(loop("operation", &io_left, 3) > 5);
}

static void a_disk_fails_for_good(void **state)
{
    (void)state;
    io_mode = FOR_GOOD;
    assert_true(loop("operation and all later", &io_left, 5) > 10);
}

static void the_disk_is_full(void **state)
{
    (void)state;
    io_mode = DISK_FULL;
    assert_true(loop("write on a full disk", &io_left, 5) > 10);
}

static void the_power_is_cut_in_the_middle_of_a_write(void **state)
{
    (void)state;
    io_mode = TORN;
    assert_true(loop("torn write", &io_left, 5) > 10);
}

static int prepare(void **state)
{
    (void)state;
    /* In memory, where there is such a place: thousands of stores are made. */
    strcpy(path, access("/dev/shm", W_OK) ? "/tmp/moim-faults-XXXXXX" : "/dev/shm/moim-faults-XXXXXX");
    if (!mkdtemp(path)) return 1;
    strcat(path, "/moim.db");
    return 0;
}

static int clean(void **state)
{
    (void)state;
    quiet();
    remove_store();
    *strrchr(path, '/') = 0;
    return rmdir(path);
}

int main(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_mem);
    sqlite3_mem_methods mem = real_mem;
    mem.xMalloc = mem_malloc;
    mem.xRealloc = mem_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &mem);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* every allocation goes through the ones above */
    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "faulty";
    shim.szOsFile = (int)sizeof(struct file);
    shim.xOpen = v_open;
    shim.pNext = NULL;
    sqlite3_vfs_register(&shim, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_runs_out_once),
        cmocka_unit_test(memory_runs_out_for_good),
        cmocka_unit_test(a_disk_operation_fails_once),
        cmocka_unit_test(a_disk_fails_for_good),
        cmocka_unit_test(the_disk_is_full),
        cmocka_unit_test(the_power_is_cut_in_the_middle_of_a_write),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
