/* Minutes as a document: what the user changes stays, whatever is written again; versions are compared and restored. */
#include "tests/storage/scratch.h"

#include "storage/minutes_lines.h"
#include "storage/person_names.h"
#include "storage/schema.h"
#include "storage/speaker_steps.h"
#include "storage/speakers.h"
#include "storage/store_int.h"

static int64_t add_meeting(void)
{
    struct moim_meeting m = {
        .title = "m", .started_at = 1700000000, .duration = 60, .language = "ko", .audio = "", .source = "x"};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    struct moim_segment g[4] = {0};
    for (int i = 0; i < 4; i++)
        g[i] = (struct moim_segment){.start = i * 10,
                                     .end = i * 10 + 9,
                                     .text = "말",
                                     .first_pass = "",
                                     .language = "ko",
                                     .speaker = 1 + i % 2};
    assert_ok(moim_segments_put(store, id, g, 4, "ko", MOIM_DIARIZED, &err), err);
    return id;
}

static struct moim_item item(const char *kind, const char *text, double start)
{
    return (struct moim_item){.kind = (char *)(uintptr_t)kind,
                              .text = (char *)(uintptr_t)text,
                              .owner = "",
                              .due_text = "",
                              .due_date = "",
                              .start = start,
                              .end = start + 9};
}

static void put(int64_t id, const struct moim_item *items, int n)
{
    assert_ok(moim_minutes_put(store, id, "model", "plain", items, n, &err), err);
}

static struct moim_item *get(int64_t id, int *n)
{
    struct moim_item *list;
    assert_ok(moim_minutes_get(store, id, &list, n, &err), err);
    return list;
}

static int64_t line_of(int64_t id, const char *text)
{
    int n;
    int64_t line = 0;
    struct moim_item *list = get(id, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].text, text)) line = list[i].line;
    moim_items_free(list, n);
    if (!line) fail_msg("no line '%s'", text);
    return line;
}

static bool has(int64_t id, const char *text)
{
    int n;
    bool found = false;
    struct moim_item *list = get(id, &n);
    for (int i = 0; i < n; i++) found |= !strcmp(list[i].text, text);
    moim_items_free(list, n);
    return found;
}

static int versions(int64_t id)
{
    struct moim_minutes_version *v;
    int n;
    assert_ok(moim_minutes_versions(store, id, &v, &n, &err), err);
    moim_minutes_versions_free(v, n);
    return n;
}

static void the_first_change_leaves_what_was_written_as_a_version(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    struct moim_item two[] = {item("summary", "첫째", 0), item("action", "보고서를 쓴다", 10)}, *old;
    int n;
    put(id, two, 2);
    int64_t line = line_of(id, "보고서를 쓴다");
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.text = "보고서를 낸다";
    c.owner = "김부장";
    c.due_date = "2026-12-01";
    c.done = 1;
    assert_ok(moim_line_change(store, id, line, &c, &err), err);
    assert_int_equal(versions(id), 2);
    c = MOIM_LINE_CHANGE;
    c.done = 0;
    assert_ok(moim_line_change(store, id, line, &c, &err), err);
    assert_int_equal(versions(id), 2); /* the user's version takes what follows */
    assert_true(line_of(id, "보고서를 낸다") == line);
    assert_ok(moim_minutes_get_version(store, id, 1, &old, &n, &err), err);
    assert_string_equal(old[1].text, "보고서를 쓴다");
    assert_string_equal(old[1].owner, "");
    moim_items_free(old, n);
    c = MOIM_LINE_CHANGE;
    c.due_date = "2026-02-30";
    assert_int_equal(moim_line_change(store, id, line, &c, &err), MOIM_EINVAL);
    c = MOIM_LINE_CHANGE;
    c.text = " ";
    assert_int_equal(moim_line_change(store, id, line, &c, &err), MOIM_EINVAL);
    assert_int_equal(moim_line_change(store, id + 1, line, &c, &err), MOIM_EINVAL);
    c.text = "x";
    assert_int_equal(moim_line_change(store, id + 1, line, &c, &err), MOIM_ENOENT);
}

static void what_the_user_did_outlives_minutes_that_are_written_again(void **state)
{
    (void)state;
    int64_t id = add_meeting(), own;
    struct moim_item first[] = {item("summary", "예산을 확정했다.", 0),
                                item("action", "보고서를 금요일까지 쓴다", 10),
                                item("action", "강당을 예약한다", 20), item("decision", "틀린 결정", 30)};
    put(id, first, 4);
    int64_t report = line_of(id, "보고서를 금요일까지 쓴다"), hall = line_of(id, "강당을 예약한다"),
            summary = line_of(id, "예산을 확정했다.");
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.owner = "이대리";
    c.done = 1;
    assert_ok(moim_line_change(store, id, report, &c, &err), err);
    c = MOIM_LINE_CHANGE;
    c.text = "대강당을 예약한다";
    assert_ok(moim_line_change(store, id, hall, &c, &err), err);
    c = MOIM_LINE_CHANGE;
    c.removed = 1;
    assert_ok(moim_line_change(store, id, line_of(id, "틀린 결정"), &c, &err), err);
    c = MOIM_LINE_CHANGE;
    c.kind = "action";
    c.text = "내가 적은 일";
    assert_ok(moim_line_add(store, id, &c, &own, &err), err);

    struct moim_item again[] = {item("summary", "예산을 확정했다", 0),
                                item("action", "금요일까지 보고서를 쓴다", 11),
                                item("action", "강당을 예약한다", 20), item("decision", "틀린 결정", 30),
                                item("question", "새 질문", 30)};
    put(id, again, 5);
    int n;
    struct moim_item *list = get(id, &n);
    assert_int_equal(n, 5); /* summary, report, hall, question, own; the decision stays away */
    for (int i = 0; i < n; i++) {
        if (list[i].line == report) {
            assert_string_equal(list[i].text, "금요일까지 보고서를 쓴다");
            assert_string_equal(list[i].owner, "이대리");
            assert_true(list[i].done_at > 0);
        }
        if (list[i].line == hall) assert_string_equal(list[i].text, "대강당을 예약한다");
    }
    moim_items_free(list, n);
    assert_true(line_of(id, "예산을 확정했다") == summary);
    assert_true(line_of(id, "내가 적은 일") == own);
    assert_false(has(id, "틀린 결정"));
    /* What came back unchanged a second time too. */
    put(id, again, 5);
    assert_true(has(id, "대강당을 예약한다") && has(id, "내가 적은 일") && !has(id, "틀린 결정"));
    assert_ok(moim_store_check(store, &err), err);
}

/* Who reads the minutes, changes words in them and puts them has changed them, the user's lines too. */
static void lines_that_are_put_as_they_were_read_stay_those_lines(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    struct moim_item two[] = {item("action", "강당을 예약한다", 0), item("summary", "틀린 말", 10)};
    put(id, two, 2);
    int64_t hall = line_of(id, "강당을 예약한다");
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.text = "대강당을 예약한다";
    c.done = 1;
    assert_ok(moim_line_change(store, id, hall, &c, &err), err);
    c = MOIM_LINE_CHANGE;
    c.removed = 1;
    assert_ok(moim_line_change(store, id, line_of(id, "틀린 말"), &c, &err), err);
    int n;
    struct moim_item *list = get(id, &n);
    char *kept = list[0].text;
    list[0].text = "소강당을 예약한다";
    put(id, list, n);
    list[0].text = kept;
    moim_items_free(list, n);
    list = get(id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].text, "소강당을 예약한다");
    assert_true(list[0].line == hall && list[0].done_at > 0 && list[0].own & MOIM_OWN_TEXT);
    moim_items_free(list, n);
    put(id, two, 2); /* what a model writes does not bring the old words back */
    assert_true(has(id, "소강당을 예약한다") && !has(id, "틀린 말"));
}

static void suggestions_are_accepted_or_rejected(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    struct moim_item two[] = {item("suggestion", "일정을 공유한다", 0),
                              item("suggestion", "회식을 한다", 10)};
    put(id, two, 2);
    int64_t share = line_of(id, "일정을 공유한다"), dinner = line_of(id, "회식을 한다");
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.verdict = 1;
    assert_ok(moim_line_change(store, id, share, &c, &err), err);
    c.verdict = -1;
    assert_ok(moim_line_change(store, id, dinner, &c, &err), err);
    int n;
    struct moim_item *list = get(id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].kind, "action");
    assert_int_equal(list[0].verdict, 1);
    moim_items_free(list, n);
    put(id, two, 2); /* they are not asked about again */
    list = get(id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].kind, "action");
    moim_items_free(list, n);
    c.verdict = 0;
    assert_ok(moim_line_change(store, id, dinner, &c, &err), err);
    assert_true(has(id, "회식을 한다"));
}

static void lines_are_ordered_and_versions_compared_and_restored(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    struct moim_item three[] = {item("decision", "하나", 0), item("decision", "둘", 10),
                                item("decision", "셋", 20)};
    put(id, three, 3);
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.after = 0;
    assert_ok(moim_line_change(store, id, line_of(id, "셋"), &c, &err), err);
    c.after = line_of(id, "둘");
    assert_ok(moim_line_change(store, id, line_of(id, "하나"), &c, &err), err);
    int n, m;
    struct moim_item *list = get(id, &n), *old;
    assert_string_equal(list[0].text, "셋");
    assert_string_equal(list[1].text, "둘");
    assert_string_equal(list[2].text, "하나");
    moim_items_free(list, n);
    c.after = 999;
    assert_int_equal(moim_line_change(store, id, line_of(id, "하나"), &c, &err), MOIM_ENOENT);
    c = MOIM_LINE_CHANGE;
    c.text = "둘째";
    assert_ok(moim_line_change(store, id, line_of(id, "둘"), &c, &err), err);
    c = MOIM_LINE_CHANGE;
    c.removed = 1;
    assert_ok(moim_line_change(store, id, line_of(id, "하나"), &c, &err), err);
    struct moim_line_diff *d;
    list = get(id, &n);
    assert_ok(moim_minutes_get_version(store, id, 1, &old, &m, &err), err);
    int k = moim_lines_diff(old, m, list, n, &d), count[4] = {0};
    for (int i = 0; i < k; i++) count[d[i].what]++;
    assert_int_equal(k, 3);
    assert_true(count[MOIM_LINE_SAME] == 1 && count[MOIM_LINE_CHANGED] == 1 && count[MOIM_LINE_REMOVED] == 1);
    free(d);
    moim_items_free(list, n);
    moim_items_free(old, m);
    assert_ok(moim_minutes_restore(store, id, 1, &err), err);
    assert_true(has(id, "하나") && has(id, "둘"));
    assert_int_equal(versions(id), 3);
    assert_int_equal(moim_minutes_restore(store, id, 9, &err), MOIM_ENOENT);
    struct moim_minutes_head h;
    assert_ok(moim_minutes_head(store, id, &h, &err), err);
    assert_int_equal(h.number, 3);
    assert_string_equal(h.author, "user");
    moim_minutes_head_clear(&h);
}

static void expect_name(const char *text, const char *old, const char *name, const char *want)
{
    bool changed;
    char *got = moim_name_replace(text, old, name, &changed);
    assert_non_null(got);
    assert_string_equal(got, want);
    assert_int_equal(changed, strcmp(text, want) != 0);
    free(got);
}

static void names_are_replaced_with_their_particles(void **state)
{
    (void)state;
    expect_name("참석자 2가 보고서를 쓴다", "참석자 2", "김부장", "김부장이 보고서를 쓴다");
    expect_name("참석자 2는 참석자 21과 만난다", "참석자 2", "민수", "민수는 참석자 21과 만난다");
    expect_name("이 일은 참석자 1에게, 참석자 1으로부터", "참석자 1", "영희", "이 일은 영희에게, 영희로부터");
    expect_name("김을 김님이 김치와 산다", "김", "박지수", "박지수를 박지수님이 김치와 산다");
    expect_name("민수와 서울로, 민수로", "민수", "한별", "한별과 서울로, 한별로");
    expect_name("Kim's plan; Kimchi; Kim: yes", "Kim", "Lee", "Lee's plan; Kimchi; Lee: yes");
    expect_name("참석자 2가 한다", "참석자 2", "Alex", "Alex가 한다");
    expect_name("", "x", "y", "");
}

static void a_speaker_who_is_named_has_the_name_in_the_minutes_and_undo_takes_it_back(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    struct moim_item two[] = {item("action", "참석자 2가 강당을 예약한다", 0),
                              item("decision", "참석자 1은 반대했다", 10)};
    two[0].owner = "참석자 2";
    put(id, two, 2);
    assert_ok(moim_speaker_rename(store, id, 2, "김부장", &err), err);
    int n;
    struct moim_item *list = get(id, &n);
    assert_string_equal(list[0].owner, "김부장");
    assert_string_equal(list[0].text, "김부장이 강당을 예약한다");
    moim_items_free(list, n);
    assert_ok(moim_speaker_rename(store, id, 2, "이수", &err), err);
    assert_true(has(id, "이수가 강당을 예약한다"));
    assert_ok(moim_speaker_merge(store, id, 1, 2, &err), err);
    assert_true(has(id, "이수는 반대했다"));
    struct moim_segment *g;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) assert_int_equal(g[i].speaker, 2);
    moim_segments_free(g, n);
    struct moim_speaker_step step;
    assert_ok(moim_speaker_last_step(store, id, &step, &err), err);
    assert_string_equal(step.kind, "merge");
    moim_speaker_step_clear(&step);
    assert_ok(moim_store_check(store, &err), err);
    for (int i = 0; i < 3; i++) assert_ok(moim_speaker_undo(store, id, &err), err);
    list = get(id, &n);
    assert_string_equal(list[0].owner, "참석자 2");
    assert_string_equal(list[0].text, "참석자 2가 강당을 예약한다");
    assert_string_equal(list[1].text, "참석자 1은 반대했다");
    moim_items_free(list, n);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) {
        assert_int_equal(g[i].speaker, 1 + i % 2);
        assert_true(!g[i].speaker_name || !*g[i].speaker_name);
    }
    moim_segments_free(g, n);
    assert_int_equal(moim_speaker_undo(store, id, &err), MOIM_ENOENT);
}

/* The lines are others after recognising again: what lay at their time goes back. */
static void a_merge_is_undone_after_recognising_again(void **state)
{
    (void)state;
    int64_t id = add_meeting();
    assert_ok(moim_speaker_merge(store, id, 2, 1, &err), err);
    struct moim_segment g[3] =
        {{.start = 0, .end = 9, .text = "가", .first_pass = "", .language = "ko", .speaker = 0},
         {.start = 10.2, .end = 18.7, .text = "나", .first_pass = "", .language = "ko", .speaker = 0},
         {.start = 20, .end = 39, .text = "다 라", .first_pass = "", .language = "ko", .speaker = 0}},
                        *list;
    assert_ok(moim_segments_put(store, id, g, 3, "ko", MOIM_DIARIZED, &err), err);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    int n;
    assert_ok(moim_segments_get(store, id, &list, &n, &err), err);
    bool two = false;
    for (int i = 0; i < n; i++) two |= list[i].start > 10 && list[i].end < 19 && list[i].speaker == 2;
    assert_true(two);
    assert_int_equal(list[0].speaker, 1);
    moim_segments_free(list, n);
    assert_ok(moim_store_check(store, &err), err);
}

/* A store of version 3, its minutes as they were. */
static void lines_of_version_3_are_taken_over(void **state)
{
    (void)state;
    sqlite3 *db;
    moim_store_close(store);
    store = NULL;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int v = 0; v < 3; v++)
        assert_int_equal(sqlite3_exec(db, moim_schema_steps[v], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "PRAGMA user_version = 3; PRAGMA application_id = 0x6d6f696d;"
            "INSERT INTO meetings(id, title, started_at, duration, language) VALUES(1, 't', 1700000000, 9, 'ko');"
            "INSERT INTO segments(meeting, start, \"end\", speaker, text) VALUES(1, 0, 9, 2, '말');"
            "INSERT INTO minutes(id, meeting, model, template, created_at, current) VALUES(1, 1, 'm', 'plain', 5, 0),"
            " (2, 1, 'm', 'plain', 6, 1);"
            "INSERT INTO items(minutes, kind, text) VALUES(1, 'summary', '옛'), (2, 'summary', '참석자 2가 말했다'),"
            " (2, 'action', '둘');",
            NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_ok(moim_store_open(&store, path, &err), err);
    assert_ok(moim_store_check(store, &err), err);
    int n;
    struct moim_item *list = get(1, &n);
    assert_int_equal(n, 2);
    assert_string_equal(list[1].text, "둘");
    assert_true(list[0].line > 0 && list[1].line > list[0].line);
    moim_items_free(list, n);
    assert_int_equal(versions(1), 2);
    assert_ok(moim_speaker_rename(store, 1, 2, "김", &err), err);
    assert_true(has(1, "김이 말했다"));
    struct moim_line_change c = MOIM_LINE_CHANGE;
    c.text = "새";
    assert_ok(moim_line_change(store, 1, line_of(1, "둘"), &c, &err), err);
    assert_true(has(1, "새"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_change_leaves_what_was_written_as_a_version, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_user_did_outlives_minutes_that_are_written_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lines_that_are_put_as_they_were_read_stay_those_lines, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(suggestions_are_accepted_or_rejected, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_ordered_and_versions_compared_and_restored, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lines_of_version_3_are_taken_over, setup, teardown),
        cmocka_unit_test(names_are_replaced_with_their_particles),
        cmocka_unit_test_setup_teardown(
            a_speaker_who_is_named_has_the_name_in_the_minutes_and_undo_takes_it_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_merge_is_undone_after_recognising_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
