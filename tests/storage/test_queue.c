#include "tests/storage/scratch.h"

#include "storage/overview.h"
#include "storage/queue.h"
#include "storage/schema.h"

#include "storage/store_int.h"

#include <sqlite3.h>
#include <unistd.h>

static int64_t add_meeting(const char *title, int64_t at)
{
    struct moim_meeting m = {
        .title = (char *)(uintptr_t)title, .started_at = at, .language = "ko", .audio = "a", .source = "x"};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    return id;
}

static void pages_come_newest_first_with_speakers_preview_and_tags(void **state)
{
    (void)state;
    int64_t a = add_meeting("a", 100), b = add_meeting("b", 300), c = add_meeting("c", 200);
    struct moim_segment g[3] = {
        {.start = 0, .end = 1, .speaker = 1, .text = "첫 문장", .first_pass = "", .language = "ko"},
        {.start = 1, .end = 2, .speaker = 2, .text = "x", .first_pass = "", .language = "ko"},
        {.start = 2, .end = 3, .speaker = 1, .text = "y", .first_pass = "", .language = "ko"}};
    assert_ok(moim_segments_put(store, a, g, 3, "ko", MOIM_RESCORED, &err), err);
    const char *const tags[] = {"예산", "A팀", "예산"};
    assert_ok(moim_tags_set(store, a, tags, 3, &err), err);
    assert_ok(moim_tags_set(store, c, tags, 1, &err), err);

    struct moim_overview *o;
    int n, total;
    assert_ok(moim_overview_page(store, NULL, 2, 0, &o, &n, &total, &err), err);
    assert_int_equal(total, 3);
    assert_int_equal(n, 2);
    assert_int_equal(o[0].meeting.id, b);
    assert_int_equal(o[1].meeting.id, c);
    moim_overview_free(o, n);
    assert_ok(moim_overview_page(store, "예산", 10, 1, &o, &n, &total, &err), err);
    assert_int_equal(total, 2);
    assert_int_equal(n, 1);
    assert_int_equal(o[0].meeting.id, a);
    assert_int_equal(o[0].speakers, 2);
    assert_string_equal(o[0].preview, "첫 문장");
    assert_string_equal(o[0].tags, "A팀\n예산");
    moim_overview_free(o, n);

    struct moim_item it = {.kind = "summary", .text = "요약", .owner = "", .due_text = "", .due_date = ""};
    assert_ok(moim_minutes_put(store, a, "m", "plain", &it, 1, &err), err);
    struct moim_overview one;
    assert_ok(moim_overview_get(store, a, &one, &err), err);
    assert_string_equal(one.preview, "요약");
    moim_overview_clear(&one);
    assert_int_equal(moim_overview_get(store, 99, &one, &err), MOIM_ENOENT);
}

static void tags_are_replaced_whole_or_not_at_all(void **state)
{
    (void)state;
    int64_t a = add_meeting("a", 1);
    const char *const good[] = {"x", "y"}, *const bad[] = {"z", "two\nlines"};
    assert_ok(moim_tags_set(store, a, good, 2, &err), err);
    assert_int_equal(moim_tags_set(store, a, bad, 2, &err), MOIM_EINVAL);
    assert_int_equal(moim_tags_set(store, 99, good, 2, &err), MOIM_ENOENT);
    struct moim_tag_count *t;
    int n;
    assert_ok(moim_tags_list(store, &t, &n, &err), err);
    assert_int_equal(n, 2);
    assert_string_equal(t[0].tag, "x");
    assert_int_equal(t[0].meetings, 1);
    moim_tags_free(t, n);
    assert_ok(moim_meeting_delete(store, a, &err), err);
    assert_ok(moim_tags_list(store, &t, &n, &err), err);
    assert_int_equal(n, 0);
    moim_tags_free(t, n);
}

static void a_job_waits_once_and_goes_with_its_meeting(void **state)
{
    (void)state;
    int64_t a = add_meeting("a", 1), id, same, other;
    bool fresh;
    struct moim_job_row j = {
        .meeting = a, .kind = "process", .language = "", .model = "", .template_name = ""};
    assert_ok(moim_job_add(store, &j, 0, &id, &fresh, &err), err);
    assert_true(fresh);
    assert_ok(moim_job_add(store, &j, 0, &same, &fresh, &err), err);
    assert_false(fresh);
    assert_int_equal(same, id);
    /* One that has begun does not know what changed since: its like is another. */
    assert_ok(moim_job_add(store, &j, id, &other, &fresh, &err), err);
    assert_true(fresh && other != id);
    assert_ok(moim_job_add(store, &j, id, &same, &fresh, &err), err);
    assert_true(!fresh && same == other);
    assert_ok(moim_job_remove(store, other, &err), err);
    j.template_name = "weekly";
    j.kind = "minutes";
    assert_ok(moim_job_add(store, &j, 0, &other, &fresh, &err), err);
    assert_true(fresh && other != id);
    j.meeting = 99;
    assert_int_equal(moim_job_add(store, &j, 0, &same, &fresh, &err), MOIM_ENOENT);

    struct moim_job_row *list;
    int n;
    assert_ok(moim_job_remove(store, id, &err), err);
    assert_ok(moim_job_list(store, &list, &n, &err), err);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].template_name, "weekly");
    moim_job_free(list, n);
    assert_ok(moim_meeting_delete(store, a, &err), err);
    assert_ok(moim_job_list(store, &list, &n, &err), err);
    assert_int_equal(n, 0);
    moim_job_free(list, n);
}

static void settings_fall_back_and_stay(void **state)
{
    (void)state;
    char *v;
    assert_ok(moim_setting_get(store, "theme", "auto", &v, &err), err);
    assert_string_equal(v, "auto");
    free(v);
    assert_ok(moim_setting_set(store, "theme", "dark", &err), err);
    assert_ok(moim_setting_get(store, "theme", "auto", &v, &err), err);
    assert_string_equal(v, "dark");
    free(v);
}

static void bookmarks_are_removed_from_their_own_meeting_only(void **state)
{
    (void)state;
    int64_t a = add_meeting("a", 1), b = add_meeting("b", 2);
    assert_ok(moim_bookmark_add(store, a, 3, "note", &err), err);
    struct moim_bookmark *list;
    int n;
    assert_ok(moim_bookmark_list(store, a, &list, &n, &err), err);
    int64_t id = list[0].id;
    moim_bookmarks_free(list, n);
    assert_int_equal(moim_bookmark_remove(store, b, id, &err), MOIM_ENOENT);
    assert_ok(moim_bookmark_remove(store, a, id, &err), err);
    assert_int_equal(moim_bookmark_remove(store, a, id, &err), MOIM_ENOENT);
}

/* A store as version 1 made it, from the step that was published then. */
static void a_version_1_store_migrates_with_its_meetings(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%.22s/old.db", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, moim_schema_steps[0], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA application_id = 1836018029; PRAGMA user_version = 1;"
                                  "INSERT INTO meetings(title, started_at, duration) VALUES('old', 1, 2)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    moim_store_close(store);
    assert_ok(moim_store_open(&store, old, &err), err);
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, 1, &m, &err), err);
    assert_string_equal(m.title, "old");
    moim_meeting_clear(&m);
    assert_ok(moim_setting_set(store, "theme", "dark", &err), err);
    assert_ok(moim_store_check(store, &err), err);
}

/* Who spoke was told apart before anybody asked how sure that is. */
static void lines_of_version_5_have_speakers_of_unknown_certainty(void **state)
{
    (void)state;
    char old[80];
    snprintf(old, sizeof old, "%.22s/old.db", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    for (int v = 0; v < 5; v++)
        assert_int_equal(sqlite3_exec(db, moim_schema_steps[v], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA application_id = 1836018029; PRAGMA user_version = 5;"
                     "INSERT INTO meetings(title, started_at, duration) VALUES('old', 1, 2);"
                     "INSERT INTO segments(meeting, start, \"end\", speaker, text) VALUES(1, 0, 1, 2, 'a')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    moim_store_close(store);
    assert_ok(moim_store_open(&store, old, &err), err);
    assert_ok(moim_store_check(store, &err), err);
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(store, 1, &g, &n, &err), err);
    assert_int_equal(n, 1);
    assert_int_equal(g[0].speaker, 2);
    assert_true(g[0].speaker_certainty == 0);
    moim_segments_free(g, n);
    sqlite3_stmt *st = moim_sql(store, &err, "SELECT speaker_certainty IS NULL FROM segments", "");
    assert_int_equal(moim_sql_row(store, st, &err), 1);
    assert_int_equal(sqlite3_column_int(st, 0), 1);
    sqlite3_finalize(st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_come_newest_first_with_speakers_preview_and_tags, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(tags_are_replaced_whole_or_not_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_job_waits_once_and_goes_with_its_meeting, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_fall_back_and_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(bookmarks_are_removed_from_their_own_meeting_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_version_1_store_migrates_with_its_meetings, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_version_5_have_speakers_of_unknown_certainty, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
