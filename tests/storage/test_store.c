#include "tests/storage/scratch.h"

#include "storage/speakers.h"
#include "storage/store.h"

#include <sys/stat.h>
#include <unistd.h>

/* One level deeper: parents are made. */
static int setup_below(void **state)
{
    (void)state;
    return open_scratch("sub/moim.db");
}

static int64_t add_meeting(const char *title)
{
    struct moim_meeting m = {.title = (char *)title,
                             .started_at = 1700000000,
                             .duration = 12.5,
                             .language = "ko",
                             .audio = "1.flac",
                             .source = "x"};
    int64_t id;
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    return id;
}

static void put_texts(int64_t id, const char *const *text, int n)
{
    struct moim_segment g[16] = {0};
    for (int i = 0; i < n; i++)
        g[i] = (struct moim_segment){.start = i * 10,
                                     .end = i * 10 + 9,
                                     .text = (char *)text[i],
                                     .first_pass = "f",
                                     .language = "ko",
                                     .confidence = 0.5};
    assert_ok(moim_segments_put(store, id, g, n, "ko", MOIM_TRANSCRIBED, &err), err);
}

static int hits_for(const char *query)
{
    struct moim_hit *h;
    int n;
    assert_ok(moim_search(store, query, 100, &h, &n, &err), err);
    moim_hits_free(h, n);
    return n;
}

static void a_store_is_private_and_reopens(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int64_t id = add_meeting("회의");
    moim_store_close(store);
    assert_ok(moim_store_open(&store, path, &err), err);
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_string_equal(m.title, "회의");
    assert_int_equal(m.state, MOIM_RECORDED);
    moim_meeting_clear(&m);
    assert_int_equal(moim_meeting_get(store, id + 1, &m, &err), MOIM_ENOENT);
    assert_ok(moim_store_check(store, &err), err);
}

/* Every stretch of two characters and more of a Korean text finds it, also one that no space surrounds. */
static void every_substring_of_korean_text_is_found(void **state)
{
    (void)state;
    const char *text[] = {"다음 주 금요일까지 예산안을 검토하기로 했습니다", "전혀 다른 문장입니다"};
    put_texts(add_meeting("주간"), text, 2);
    size_t n = strlen(text[0]);
    for (size_t from = 0; from < n; from++)
        for (size_t to = from + 1; to <= n; to++) {
            char q[128];
            if ((text[0][from] & 0xc0) == 0x80 || (to < n && (text[0][to] & 0xc0) == 0x80)) continue;
            snprintf(q, sizeof q, "%.*s", (int)(to - from), text[0] + from);
            if (strspn(q, " ") == strlen(q)) continue;
            if (hits_for(q) < 1) fail_msg("'%s' is not found", q);
        }
    assert_int_equal(hits_for("예산안 검토"), 1);
    assert_int_equal(hits_for("예산안 다른"), 0);
    assert_int_equal(hits_for("\" OR *"), 0); /* operators of FTS5 are words here */
}

static void an_edit_survives_a_better_transcript_and_undoes(void **state)
{
    (void)state;
    int64_t id = add_meeting("m");
    const char *first[] = {"one", "two", "three"}, *second[] = {"ONE", "TWO", "THREE"};
    struct moim_segment *g;
    int n;
    put_texts(id, first, 3);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_ok(moim_segment_edit(store, g[1].id, "my own words", &err), err);
    moim_segments_free(g, n);
    put_texts(id, second, 3);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_int_equal(n, 3);
    assert_string_equal(g[0].text, "ONE");
    assert_string_equal(g[1].text, "my own words");
    assert_true(g[1].edited);
    assert_ok(moim_segment_edit(store, g[1].id, "again", &err), err);
    assert_ok(moim_segment_undo(store, g[1].id, &err), err);
    moim_segments_free(g, n);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_string_equal(g[1].text, "my own words");
    assert_int_equal(hits_for("again"), 0);
    assert_int_equal(hits_for("own words"), 1);
    assert_ok(moim_segment_undo(store, g[1].id, &err), err);
    assert_int_equal(moim_segment_undo(store, g[1].id, &err), MOIM_ENOENT);
    moim_segments_free(g, n);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_string_equal(g[1].text, "TWO");
    assert_false(g[1].edited);
    assert_int_equal(hits_for("own words"), 0);
    assert_int_equal(hits_for("TWO"), 1);
    moim_segments_free(g, n);
}

static int occurs_in(const char *file, const char *needle)
{
    FILE *f = fopen(file, "rb");
    if (!f) return 0;
    static char buf[1 << 22];
    size_t n = fread(buf, 1, sizeof buf, f);
    fclose(f);
    return memmem(buf, n, needle, strlen(needle)) != NULL;
}

static void deleted_words_are_gone_from_the_file(void **state)
{
    (void)state;
    const char *text[] = {"the launch code is xylophone", "and nothing else"};
    int64_t keep = add_meeting("kept"), id = add_meeting("deleted");
    put_texts(keep, text + 1, 1);
    put_texts(id, text, 2);
    struct moim_item item = {
        .kind = "decision", .text = "xylophone it is", .owner = "", .due_text = "", .due_date = ""};
    assert_ok(moim_minutes_put(store, id, "m", "plain", &item, 1, &err), err);
    assert_int_equal(hits_for("xylophone"), 2);
    assert_ok(moim_meeting_delete(store, id, &err), err);
    assert_int_equal(hits_for("xylophone"), 0);
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_false(occurs_in(path, "xylophone"));
    assert_false(occurs_in(path, "xyl"));
    assert_false(occurs_in(wal, "xylophone"));
    assert_int_equal(hits_for("nothing"), 1);
}

static void minutes_keep_their_evidence_and_their_versions(void **state)
{
    (void)state;
    const char *text[] = {"a", "b"};
    int64_t id = add_meeting("m");
    put_texts(id, text, 2);
    struct moim_segment *g;
    int n, n_items;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    int64_t evidence[] = {g[0].id, g[1].id};
    struct moim_item item = {.kind = "action",
                             .text = "do it",
                             .owner = "김부장",
                             .due_text = "내일",
                             .due_date = "2026-11-25",
                             .start = 1,
                             .end = 2,
                             .evidence = evidence,
                             .n_evidence = 2},
                     *got;
    assert_ok(moim_minutes_put(store, id, "old", "plain", &item, 1, &err), err);
    item.text = "do it now";
    assert_ok(moim_minutes_put(store, id, "new", "plain", &item, 1, &err), err);
    assert_ok(moim_minutes_get(store, id, &got, &n_items, &err), err);
    assert_int_equal(n_items, 1);
    assert_string_equal(got[0].text, "do it now");
    assert_string_equal(got[0].due_date, "2026-11-25");
    assert_int_equal(got[0].n_evidence, 2);
    assert_int_equal(got[0].evidence[1], g[1].id);
    moim_items_free(got, n_items);
    moim_segments_free(g, n);
}

static void speakers_are_named_and_merged(void **state)
{
    (void)state;
    const char *text[] = {"a", "b", "c"};
    int64_t id = add_meeting("m");
    put_texts(id, text, 3);
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) g[i].speaker = i + 1;
    assert_ok(moim_speakers_put(store, id, g, n, MOIM_DIARIZED, &err), err);
    moim_segments_free(g, n);
    assert_ok(moim_speaker_rename(store, id, 2, "김부장", &err), err);
    assert_ok(moim_speaker_merge(store, id, 3, 2, &err), err);
    assert_int_equal(moim_speaker_rename(store, id, 9, "x", &err), MOIM_ENOENT);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_string_equal(g[2].speaker_name, "김부장");
    moim_segments_free(g, n);
}

static void what_is_no_store_is_refused_and_left_alone(void **state)
{
    (void)state;
    char other[128], command[512];
    struct moim_store *s;
    snprintf(other, sizeof other, "%.22s/other", path);
    FILE *f = fopen(other, "w");
    fputs("this is a letter, and long enough to be mistaken for a header of a database file, is it not? yes "
          "it is.",
          f);
    fclose(f);
    assert_int_equal(moim_store_open(&s, other, &err), MOIM_EFORMAT);
    snprintf(command, sizeof command, "rm %s; sqlite3 %s 'create table t(x)'", other, other);
    assert_int_equal(system(command), 0);
    assert_int_equal(moim_store_open(&s, other, &err), MOIM_EFORMAT);
    snprintf(command, sizeof command, "sqlite3 %s 'pragma user_version = 99'", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(moim_store_open(&s, path, &err), MOIM_EVERSION);
    assert_int_equal(moim_store_open(&s, "/proc/nowhere/moim.db", &err), MOIM_ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_is_private_and_reopens, setup_below, teardown),
        cmocka_unit_test_setup_teardown(every_substring_of_korean_text_is_found, setup_below, teardown),
        cmocka_unit_test_setup_teardown(an_edit_survives_a_better_transcript_and_undoes, setup_below,
                                        teardown),
        cmocka_unit_test_setup_teardown(deleted_words_are_gone_from_the_file, setup_below, teardown),
        cmocka_unit_test_setup_teardown(minutes_keep_their_evidence_and_their_versions, setup_below,
                                        teardown),
        cmocka_unit_test_setup_teardown(speakers_are_named_and_merged, setup_below, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_store_is_refused_and_left_alone, setup_below, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
