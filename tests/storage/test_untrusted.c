/* What somebody else wrote into a store stays in it: foreign code is refused, foreign values are contained.
 */
#include "tests/storage/scratch.h"

#include "storage/schema.h"
#include "storage/store_int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static void run(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL)) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void the_digest_of_each_version_is_known(void **state)
{
    (void)state;
    for (int version = 1; version <= MOIM_STORE_VERSION; version++) {
        struct moim_store m = {.path = (char *)"memory"};
        char hex[MOIM_SCHEMA_DIGEST + 1];
        assert_int_equal(sqlite3_open(":memory:", &m.db), SQLITE_OK);
        for (int v = 0; v < version; v++) assert_ok(moim_sql_exec(&m, moim_schema_steps[v], &err), err);
        assert_ok(moim_schema_digest(&m, hex, &err), err);
        sqlite3_close(m.db);
        if (!moim_schema_digests[version - 1] || strcmp(moim_schema_digests[version - 1], hex))
            fail_msg("storage/schema.c: the digest of version %d is \"%s\"", version, hex);
    }
}

/* A trigger or a view is code that our own statements would run. */
static void a_foreign_schema_is_refused(void **state)
{
    (void)state;
    static const char *const change[] = {
        "CREATE TRIGGER evil AFTER INSERT ON meetings BEGIN DELETE FROM segments; END",
        "CREATE VIEW evil AS SELECT * FROM meetings",
        "CREATE TABLE evil(x)",
        "CREATE INDEX evil ON meetings(title)",
        "CREATE VIRTUAL TABLE evil USING fts5(x)",
        "DROP TRIGGER segments_in",
        "DROP INDEX jobs_of_meeting",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'audio TEXT', 'audio "
        "BLOB') WHERE "
        "name = 'meetings'",
        "DROP TRIGGER items_in; CREATE TRIGGER items_in AFTER INSERT ON items BEGIN SELECT 1; END",
        "ALTER TABLE tags ADD COLUMN more TEXT",
    };
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        char command[200];
        moim_store_close(store);
        store = NULL;
        snprintf(command, sizeof command, "rm -f %s/*", dir);
        assert_int_equal(system(command), 0);
        assert_ok(moim_store_open(&store, path, &err), err);
        moim_store_close(store);
        store = NULL;
        run(change[i]);
        int rc = moim_store_open(&store, path, &err);
        if (rc != MOIM_EFORMAT) fail_msg("%s: %d", change[i], rc);
        assert_non_null(strstr(err.msg, path));
    }
}

static void a_schema_is_checked_before_it_is_migrated(void **state)
{
    (void)state;
    moim_store_close(store);
    store = NULL;
    assert_int_equal(unlink(path), 0);
    run(moim_schema_steps[0]);
    run("PRAGMA user_version = 1; PRAGMA application_id = 0x6d6f696d");
    run("INSERT INTO meetings(id, title, started_at, duration) VALUES(1, 't', 0, 1)");
    run("CREATE TRIGGER evil AFTER INSERT ON segments BEGIN DELETE FROM meetings; END");
    assert_int_equal(moim_store_open(&store, path, &err), MOIM_EFORMAT);
    run("DROP TRIGGER evil; UPDATE meetings SET audio = '../x'");
    assert_int_equal(moim_store_open(&store, path, &err), MOIM_EFORMAT);
    run("UPDATE meetings SET audio = 'x'");
    assert_ok(moim_store_open(&store, path, &err), err);
}

static int64_t add(const char *audio)
{
    struct moim_meeting m = {.title = (char *)"t",
                             .started_at = 1700000000,
                             .duration = 1,
                             .language = "ko",
                             .audio = (char *)(uintptr_t)audio,
                             .source = "x"};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    return id;
}

static void values_are_brought_into_range(void **state)
{
    (void)state;
    int64_t id = add("1.flac");
    static const char *const sound[] = {"../../x", "/etc/passwd", "..",  ".", ".hidden",
                                        "a/b",     "a\\b",        "a b", "가"};
    struct moim_meeting m;
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "UPDATE meetings SET audio = '%s'", sound[i]);
        run(sql);
        assert_ok(moim_meeting_get(store, id, &m, &err), err);
        assert_string_equal(m.audio, "");
        moim_meeting_clear(&m);
        assert_int_equal(moim_store_check(store, &err), MOIM_EFORMAT);
    }
    run("UPDATE meetings SET audio = '1.flac', language = '\"><script>', title = 'a' || char(27) || char(7) "
        "||"
        " char(0x9b) || CAST(x'ff' AS TEXT) || '나', started_at = 9223372036854775807, duration = 9e999");
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_string_equal(m.language, "");
    assert_string_equal(m.title, "a\\x1b\\x07\\u009b\\xff나");
    assert_true(m.started_at == MOIM_INSTANT_MAX);
    assert_true(m.duration == 0);
    assert_string_equal(m.audio, "1.flac");
    moim_meeting_clear(&m);
    assert_int_equal(moim_store_check(store, &err), MOIM_EFORMAT);
}

static void two_meetings_with_one_sound_are_told(void **state)
{
    (void)state;
    add("1.flac");
    assert_ok(moim_store_check(store, &err), err);
    add("1.flac");
    assert_int_equal(moim_store_check(store, &err), MOIM_EFORMAT);
}

/* Everybody shares a store; who replaces it has it alone. */
static void a_store_is_shared_or_held_alone(void **state)
{
    (void)state;
    struct moim_store *other;
    int lock;
    assert_ok(moim_store_open(&other, path, &err), err);
    assert_int_equal(moim_store_lock(path, true, &lock, &err), MOIM_ESTATE);
    moim_store_close(other);
    assert_int_equal(moim_store_lock(path, true, &lock, &err), MOIM_ESTATE);
    moim_store_close(store);
    store = NULL;
    assert_ok(moim_store_lock(path, true, &lock, &err), err);
    assert_int_equal(moim_store_open(&store, path, &err), MOIM_ESTATE);
    close(lock);
    assert_ok(moim_store_open(&store, path, &err), err);
    char name[100];
    struct stat st;
    snprintf(name, sizeof name, "%s.lock", path);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_copy_is_private_and_replaces_nothing(void **state)
{
    (void)state;
    char name[100];
    struct stat st;
    mode_t before = umask(0);
    snprintf(name, sizeof name, "%s.copy", path);
    assert_ok(moim_store_copy(store, name, &err), err);
    umask(before);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(st.st_size > 0);
    assert_int_not_equal(moim_store_copy(store, name, &err), MOIM_OK);
    off_t size = st.st_size;
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_size, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_of_each_version_is_known),
        cmocka_unit_test_setup_teardown(a_foreign_schema_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_schema_is_checked_before_it_is_migrated, setup, teardown),
        cmocka_unit_test_setup_teardown(values_are_brought_into_range, setup, teardown),
        cmocka_unit_test_setup_teardown(two_meetings_with_one_sound_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_is_shared_or_held_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_private_and_replaces_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
