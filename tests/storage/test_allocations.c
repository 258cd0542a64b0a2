/* Each allocation of the store's own code fails, one after another: the call says so, nothing leaks, and what
 * the user wrote is as it was or as it was to become. */
#include "tests/storage/scratch.h"

#include "failing_malloc.h"
#include "storage/export.h"
#include "storage/overview.h"
#include "storage/passages.h"
#include "storage/queue.h"
#include "storage/search.h"
#include "storage/speakers.h"

#include <cjson/cJSON.h>

static struct moim_word said[] = {{.text = "예산을", .end = 1, .confidence = 0.9f},
                                  {.text = "승인합니다", .start = 1, .end = 2, .confidence = 0.9f}};

static int64_t meeting, segment;

static void put(double shift, struct moim_segment g[4])
{
    for (int i = 0; i < 4; i++)
        g[i] = (struct moim_segment){.start = i * 10 + shift,
                                     .end = i * 10 + 8 + shift,
                                     .speaker = 1 + i % 2,
                                     .text = (char *)"예산을 승인합니다",
                                     .first_pass = "예산을 승인",
                                     .words = said,
                                     .n_words = 2,
                                     .language = "ko",
                                     .confidence = 1};
}

static int prepare(void **state)
{
    setup(state);
    struct moim_meeting m = {
        .title = "시험", .started_at = 1, .duration = 50, .language = "ko", .audio = "", .source = ""};
    assert_ok(moim_meeting_add(store, &m, &meeting, &err), err);
    struct moim_segment g[4], *list;
    int n;
    put(0, g);
    assert_ok(moim_segments_put(store, meeting, g, 4, "ko", MOIM_DIARIZED, &err), err);
    assert_ok(moim_segments_get(store, meeting, &list, &n, &err), err);
    segment = list[1].id;
    moim_segments_free(list, n);
    assert_ok(moim_segment_edit(store, segment, "예산을 다시 봅시다", &err), err);
    struct moim_item items[2] = {
        {.kind = "summary", .text = "승인", .owner = "", .due_text = "", .due_date = ""},
        {.kind = "decision", .text = "예산 승인", .owner = "Kim", .due_text = "", .due_date = ""}};
    assert_ok(moim_minutes_put(store, meeting, "m", "plain", items, 2, &err), err);
    assert_ok(moim_bookmark_add(store, meeting, 1.5, "여기", &err), err);
    return 0;
}

/* The corrected text is there, once. */
static void check_correction(const char *text)
{
    struct moim_segment *list;
    int n, found = 0;
    assert_ok(moim_segments_get(store, meeting, &list, &n, &err), err);
    for (int i = 0; i < n; i++) found += list[i].edited && !strcmp(list[i].text, text);
    moim_segments_free(list, n);
    assert_int_equal(found, 1);
    assert_ok(moim_store_check(store, &err), err);
}

static int recognise_again(struct moim_err *why)
{
    static double shift;
    struct moim_segment g[4];
    put(shift = shift < 3 ? shift + 0.7 : 0, g);
    return moim_segments_put(store, meeting, g, 4, "ko", MOIM_DIARIZED, why);
}

static void recognising_again_keeps_corrections(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(recognise_again) > 10);
    check_correction("예산을 다시 봅시다");
}

static int correct(struct moim_err *why)
{
    return moim_segment_edit(store, segment, "예산은 그대로 둡시다", why);
}

static int undo(struct moim_err *why)
{
    return moim_segment_undo(store, segment, why);
}

static void correcting_and_undoing(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(correct) > 0);
    check_correction("예산은 그대로 둡시다");
    assert_true(fail_each_allocation(undo) > 0);
    check_correction("예산을 다시 봅시다");
    assert_true(fail_each_allocation(undo) > 0);
}

static int speakers(struct moim_err *why)
{
    int rc = moim_speaker_rename(store, meeting, 1, "김민수", why);
    struct moim_segment *g = NULL;
    int n = 0;
    if (!rc) rc = moim_segments_get(store, meeting, &g, &n, why);
    for (int i = 0; !rc && i < n; i++) g[i].speaker = 1 + (i == 1 || i == 2);
    if (!rc) rc = moim_speakers_put(store, meeting, g, n, MOIM_DIARIZED, why);
    moim_segments_free(g, n);
    if (!rc) rc = moim_speaker_merge(store, meeting, 2, 1, why);
    return rc;
}

static void naming_and_merging(void **state)
{
    (void)state;
    fail_each_allocation(speakers);
    check_correction("예산을 다시 봅시다");
}

static int look(struct moim_err *why)
{
    struct moim_meeting m, *meetings;
    struct moim_segment *segments;
    struct moim_item *items;
    struct moim_bookmark *marks;
    struct moim_hit *hits;
    struct moim_correction *corrections;
    struct moim_vocab_row *words;
    int n, rc = moim_meeting_get(store, meeting, &m, why);
    if (!rc) moim_meeting_clear(&m);
    if (!rc && !(rc = moim_meeting_list(store, &meetings, &n, why))) moim_meeting_list_free(meetings, n);
    if (!rc && !(rc = moim_segments_get(store, meeting, &segments, &n, why))) moim_segments_free(segments, n);
    if (!rc && !(rc = moim_minutes_get(store, meeting, &items, &n, why))) moim_items_free(items, n);
    if (!rc && !(rc = moim_bookmark_list(store, meeting, &marks, &n, why))) moim_bookmarks_free(marks, n);
    if (!rc && !(rc = moim_search(store, "예산", 10, &hits, &n, why))) moim_hits_free(hits, n);
    if (!rc && !(rc = moim_corrections(store, &corrections, &n, why))) moim_corrections_free(corrections, n);
    if (!rc && !(rc = moim_vocab_list(store, &words, &n, why))) moim_vocab_free(words, n);
    return rc;
}

static void reading(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(look) > 10);
}

static struct moim_document doc;
static enum moim_format format;
static size_t whole[MOIM_FORMAT_COUNT];

static int write_out(struct moim_err *why)
{
    char file[96];
    snprintf(file, sizeof file, "%s/document", dir);
    int rc = moim_export_file(file, format, &doc, why);
    FILE *f = fopen(file, "rb");
    if (rc && f) fail_msg("format %d: a document was left by a failure", format);
    if (!rc) {
        assert_non_null(f);
        fseek(f, 0, SEEK_END);
        whole[format] = (size_t)ftell(f);
    }
    if (f) fclose(f);
    unlink(file);
    return rc;
}

/* The document that the last, unhindered try wrote has the length of every one that was said to be well. */
static int write_whole(struct moim_err *why)
{
    size_t want = whole[format];
    int rc = write_out(why);
    if (!rc && want != whole[format]) fail_msg("format %d: %zu bytes, not %zu", format, whole[format], want);
    return rc;
}

static void exports_are_whole(void **state)
{
    (void)state;
    struct moim_meeting m;
    struct moim_segment *segments;
    struct moim_item *items;
    struct moim_bookmark *marks;
    assert_ok(moim_meeting_get(store, meeting, &m, &err), err);
    doc.meeting = &m;
    assert_ok(moim_segments_get(store, meeting, &segments, &doc.n_segments, &err), err);
    assert_ok(moim_minutes_get(store, meeting, &items, &doc.n_items, &err), err);
    assert_ok(moim_bookmark_list(store, meeting, &marks, &doc.n_bookmarks, &err), err);
    doc.segments = segments;
    doc.items = items;
    doc.bookmarks = marks;
    for (format = 0; format < MOIM_FORMAT_COUNT; format++) {
        assert_ok(write_out(&err), err);
        fail_each_allocation(write_whole);
    }
    moim_segments_free(segments, doc.n_segments);
    moim_items_free(items, doc.n_items);
    moim_bookmarks_free(marks, doc.n_bookmarks);
    moim_meeting_clear(&m);
}

static int open_again(struct moim_err *why)
{
    struct moim_store *s;
    int rc = moim_store_open(&s, path, why);
    if (!rc) moim_store_close(s);
    return rc;
}

static void opening(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(open_again) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(recognising_again_keeps_corrections, prepare, teardown),
        cmocka_unit_test_setup_teardown(correcting_and_undoing, prepare, teardown),
        cmocka_unit_test_setup_teardown(naming_and_merging, prepare, teardown),
        cmocka_unit_test_setup_teardown(reading, prepare, teardown),
        cmocka_unit_test_setup_teardown(exports_are_whole, prepare, teardown),
        cmocka_unit_test_setup_teardown(opening, prepare, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
