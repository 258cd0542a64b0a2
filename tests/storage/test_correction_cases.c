/* Corrections and speakers set by hand under lines that are recognised again: the cases that were reported, one by one, and
 * stores of version 2. Random sequences: test_corrections.c. */
#include "storage/scratch.h"

#include "firmware/pipeline/diarize_stage.h"
#include "storage/schema.h"
#include "storage/speakers.h"
#include "storage/words.h"

#include <sqlite3.h>

static int64_t meeting;
static struct moim_segment *line;
static int n_lines;

static void must(int rc, const char *what)
{
    if (rc) fail_msg("%s: %s", what, err.msg);
}

static void load(void)
{
    moim_segments_free(line, n_lines);
    line = NULL;
    n_lines = 0;
    must(moim_segments_get(store, meeting, &line, &n_lines, &err), "get");
}

#define OWNED 32
static struct {
    struct moim_word *words;
    int n;
} owned[OWNED];
static int n_owned;

/* The words are read from the store's form and belong to the test's list of them. */
static struct moim_segment plain(double start, double end, const char *text, const char *json)
{
    struct moim_word *words;
    int n;
    must(moim_words_decode(json, &words, &n), "words");
    assert_true(n_owned < OWNED);
    owned[n_owned].words = words;
    owned[n_owned++].n = n;
    return (struct moim_segment){.start = start,
                                 .end = end,
                                 .text = (char *)(uintptr_t)text,
                                 .words = words,
                                 .n_words = n,
                                 .first_pass = "",
                                 .language = "en",
                                 .confidence = 0.5};
}

static void begin(const struct moim_segment *list, int n)
{
    struct moim_meeting m = {.title = "m", .duration = 60, .language = "en", .audio = "", .source = ""};
    must(moim_meeting_add(store, &m, &meeting, &err), "add");
    must(moim_segments_put(store, meeting, list, n, "en", MOIM_RESCORED, &err), "put");
    load();
}

static void lines_are(const char *wanted)
{
    char all[2000] = "";
    load();
    for (int i = 0; i < n_lines; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%.1f-%.1f %s", i ? "; " : "", line[i].start,
                 line[i].end, line[i].text);
    assert_string_equal(all, wanted);
}

static const char twelve[] = "[[0,1,0.9,\"one\"],[1,3,0.9,\"two\"],[4,5,0.9,\"three\"],[5,6,0.9,\"four\"],"
                             "[8,9,0.9,\"five\"],[11,12,0.9,\"six\"]]";

static void two_corrections_under_one_new_line_stay(void **unused)
{
    (void)unused;
    struct moim_segment a[] = {plain(0, 3, "one too", "[]"), plain(4, 6, "tree for", "[]"),
                               plain(8, 12, "fife sick", "[]")};
    begin(a, 3);
    must(moim_segment_edit(store, line[0].id, "first", &err), "edit");
    must(moim_segment_edit(store, line[1].id, "second", &err), "edit");
    struct moim_segment b = plain(0, 12, "one two three four five six", twelve);
    must(moim_segments_put(store, meeting, &b, 1, "en", MOIM_RESCORED, &err), "put");
    lines_are("0.0-3.0 first; 4.0-6.0 second; 8.0-12.0 five six");
    /* Both can be taken back, to what is heard now. */
    must(moim_segment_undo(store, line[0].id, &err), "undo");
    must(moim_segment_undo(store, line[1].id, &err), "undo");
    lines_are("0.0-3.0 one two; 4.0-6.0 three four; 8.0-12.0 five six");
}

static void a_short_correction_leaves_the_rest_of_a_long_line(void **unused)
{
    (void)unused;
    struct moim_segment a = plain(4, 6, "tree for", "[[4,5,0.2,\"tree\"],[5,6,0.2,\"for\"]]");
    begin(&a, 1);
    int64_t id = line[0].id;
    must(moim_segment_edit(store, id, "three, really: for", &err), "edit");
    assert_int_equal(moim_segment_edit(store, id, "three four", &err), MOIM_OK);
    struct moim_segment b = plain(0, 12, "one two three four five six", twelve);
    must(moim_segments_put(store, meeting, &b, 1, "en", MOIM_RESCORED, &err), "put");
    lines_are("0.0-3.0 one two; 4.0-6.0 three four; 8.0-12.0 five six");
    assert_true(line[1].id == id && line[1].edited && !line[0].edited && !line[2].edited);
    /* The times of its words are those that are heard now. */
    char *json = moim_words_encode(line[1].words, line[1].n_words);
    assert_string_equal(json, "[[4,5,0.9,\"three\"],[5,6,0.9,\"four\"]]");
    free(json);
    struct moim_hit *hits;
    int n;
    must(moim_search(store, "five", 5, &hits, &n, &err), "search");
    bool found = false;
    for (int i = 0; i < n; i++) found |= hits[i].segment == line[2].id;
    assert_true(found);
    moim_hits_free(hits, n);
    must(moim_segment_undo(store, id, &err), "undo");
    lines_are("0.0-3.0 one two; 4.0-6.0 three, really: for; 8.0-12.0 five six");
    must(moim_segment_undo(store, id, &err), "undo");
    lines_are("0.0-3.0 one two; 4.0-6.0 three four; 8.0-12.0 five six");
    assert_int_equal(moim_segment_undo(store, id, &err), MOIM_ENOENT);
}

static void a_correction_stays_where_nothing_is_heard(void **unused)
{
    (void)unused;
    struct moim_segment a[] = {plain(0, 2, "hello", "[]"), plain(5, 7, "noise", "[]")};
    begin(a, 2);
    int64_t id = line[1].id;
    must(moim_segment_edit(store, id, "my words", &err), "edit");
    must(moim_segment_set_speaker(store, meeting, id, 4, &err), "move");
    must(moim_segments_put(store, meeting, a, 1, "en", MOIM_RESCORED, &err), "put");
    lines_are("0.0-2.0 hello; 5.0-7.0 my words");
    must(moim_segments_put(store, meeting, NULL, 0, "en", MOIM_RESCORED, &err), "put");
    lines_are("5.0-7.0 my words");
    must(moim_segment_undo(store, id, &err), "undo");
    lines_are("5.0-7.0 noise");
    /* Nothing is heard, then something: the speaker that was set is still there. */
    must(moim_segments_put(store, meeting, NULL, 0, "en", MOIM_RESCORED, &err), "put");
    lines_are("");
    must(moim_segments_put(store, meeting, a, 2, "en", MOIM_RESCORED, &err), "put");
    assert_int_equal((load(), line[0].speaker), 0);
    assert_int_equal(line[1].speaker, 4);
}

/* Merged by hand, told apart as two again: they stay one, and names stay with who speaks. */
static void merged_speakers_stay_one(void **unused)
{
    (void)unused;
    struct moim_segment a[] = {plain(0, 5, "a", "[]"), plain(5, 10, "b", "[]"), plain(10, 15, "c", "[]")};
    struct moim_turn turn[] = {{.start = 0, .end = 5, .speaker = 0},
                               {.start = 5, .end = 10, .speaker = 1},
                               {.start = 10, .end = 15, .speaker = 2}};
    struct moim_diarization d = {.turns = turn, .n = 3, .speakers = 3, .duration = 15};
    int number[MOIM_DIARIZE_SPEAKERS];
    begin(a, 3);
    must(moim_speakers_from(store, meeting, &d, number, &err), "speakers");
    must(moim_speaker_rename(store, meeting, 1, "Ann", &err), "name");
    must(moim_speaker_rename(store, meeting, 3, "Cho", &err), "name");
    must(moim_speaker_merge(store, meeting, 2, 1, &err), "merge");
    struct moim_segment b[] = {plain(0, 4, "a", "[]"), plain(4.5, 9, "b", "[]"), plain(10.5, 16, "c", "[]")};
    /* In another order of speakers, as may happen. */
    turn[0].speaker = 2, turn[1].speaker = 0, turn[2].speaker = 1;
    for (int again = 0; again < 2; again++) {
        must(moim_segments_put(store, meeting, b, 3, "en", MOIM_RESCORED, &err), "put");
        must(moim_speakers_from(store, meeting, &d, number, &err), "speakers");
        load();
        assert_int_equal(n_lines, 3);
        assert_string_equal(line[0].speaker_name, "Ann");
        assert_string_equal(line[1].speaker_name, "Ann");
        assert_string_equal(line[2].speaker_name, "Cho");
    }
}

/* ---- a store of version 2 ---- */

static void open_version_2(const char *old)
{
    static const char rows[] =
        "INSERT INTO meetings(id, title, started_at, duration, state) VALUES(1, 'm', 1, 60, 3);"
        "INSERT INTO segments(id, meeting, start, \"end\", speaker, text, words, edited, speaker_set) VALUES"
        "(1, 1, 0, 2, 1, 'hello there', '[[0,1,0.5,\"helo\"],[1,2,0.5,\"their\"]]', 1, 0),"
        "(2, 1, 2, 4, 1, 'kept over a new line', '[[2,3,0.5,\"kept\"],[3,4,0.5,\"ova\"]]', 1, 1),"
        "(3, 1, 4, 6, 2, 'imported', 'no JSON', 1, 0),"
        "(4, 1, 6, 8, 2, 'not touched', '[]', 0, 1);"
        "INSERT INTO edits(segment, before, was_edited, at) VALUES"
        "(1, 'helo their', 0, 1), (1, 'hello their', 1, 2), (2, 'once edited', 1, 3);";
    sqlite3 *db;
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    for (int i = 0; i < 2; i++)
        if (sqlite3_exec(db, moim_schema_steps[i], NULL, NULL, NULL)) fail_msg("%s", sqlite3_errmsg(db));
    if (sqlite3_exec(db, rows, NULL, NULL, NULL) ||
        sqlite3_exec(db, "PRAGMA user_version = 2; PRAGMA application_id = 0x6d6f696d", NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    assert_ok(moim_store_open(&store, old, &err), err);
    meeting = 1;
    load();
}

static void a_store_of_version_2_keeps_its_corrections(void **unused)
{
    (void)unused;
    char old[80];
    struct moim_store *kept = store;
    snprintf(old, sizeof old, "%s-2", path);
    open_version_2(old);
    /* Segment 2 was recognised again by version 2, which forgot what came before the correction. */
    for (int i = 0; i < 4; i++) must(moim_segment_undo(store, 1 + i / 2, &err), "undo");
    lines_are("0.0-2.0 helo their; 2.0-4.0 kept ova; 4.0-6.0 imported; 6.0-8.0 not touched");
    assert_int_equal(moim_segment_undo(store, 2, &err), MOIM_ENOENT);
    assert_int_equal(moim_segment_undo(store, 3, &err), MOIM_ENOENT); /* nobody knows what it was before */
    moim_store_close(store);
    unlink(old);
    open_version_2(old);
    struct moim_segment b = plain(0, 12, "one two three four five six", twelve);
    must(moim_segments_put(store, 1, &b, 1, "en", MOIM_RESCORED, &err), "put");
    lines_are("0.0-2.0 hello there; 2.0-4.0 kept over a new line; 4.0-6.0 imported; 8.0-12.0 five six");
    assert_int_equal(line[1].speaker, 1);
    must(moim_segment_undo(store, 1, &err), "undo");
    must(moim_segment_undo(store, 2, &err), "undo");
    lines_are("0.0-2.0 hello their; 2.0-4.0 once edited; 4.0-6.0 imported; 8.0-12.0 five six");
    must(moim_segment_undo(store, 1, &err), "undo");
    lines_are("0.0-1.0 one; 2.0-4.0 once edited; 4.0-6.0 imported; 8.0-12.0 five six");
    b = plain(6, 8, "heard again", "[]");
    must(moim_segments_put(store, 1, &b, 1, "en", MOIM_RESCORED, &err), "put");
    lines_are("2.0-4.0 once edited; 4.0-6.0 imported; 6.0-8.0 heard again");
    assert_int_equal(line[2].speaker, 2);
    must(moim_store_check(store, &err), "check");
    moim_store_close(store);
    store = kept;
    snprintf(old, sizeof old, "rm -f %s-2*", path);
    assert_int_equal(system(old), 0);
}

static int clean(void **unused)
{
    moim_segments_free(line, n_lines);
    for (int i = 0; i < n_owned; i++) moim_words_free(owned[i].words, owned[i].n);
    return teardown(unused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_corrections_under_one_new_line_stay),
        cmocka_unit_test(a_short_correction_leaves_the_rest_of_a_long_line),
        cmocka_unit_test(a_correction_stays_where_nothing_is_heard),
        cmocka_unit_test(merged_speakers_stay_one),
        cmocka_unit_test(a_store_of_version_2_keeps_its_corrections),
    };
    return cmocka_run_group_tests(tests, setup, clean);
}
