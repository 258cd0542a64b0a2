/* Lines that a reader cuts, joins and highlights, and a stretch that is recognised again. */
#include "tests/storage/scratch.h"

#include "storage/lines.h"
#include "storage/speakers.h"

static int64_t meeting;

static struct moim_word word(const char *text, double start, double end)
{
    return (struct moim_word){
        .text = (char *)(uintptr_t)text, .start = start, .end = end, .confidence = 0.9f};
}

static void fill(void)
{
    struct moim_meeting m = {.title = (char *)"t",
                             .started_at = 1700000000,
                             .language = (char *)"en",
                             .audio = (char *)"",
                             .source = (char *)""};
    struct moim_word a[] = {word("we", 1, 1.2), word("ship", 1.2, 1.6), word("on", 2.0, 2.2),
                            word("Friday", 2.2, 3)};
    struct moim_word b[] = {word("fine", 4, 4.5), word("then", 4.5, 5)};
    struct moim_segment list[] = {
        {.start = 1,
         .end = 3,
         .speaker = 1,
         .text = (char *)"we ship on Friday",
         .first_pass = (char *)"",
         .words = a,
         .n_words = 4,
         .language = (char *)"en",
         .speaker_name = (char *)"",
         .confidence = 0.9},
        {.start = 4,
         .end = 5,
         .speaker = 2,
         .text = (char *)"fine then",
         .first_pass = (char *)"",
         .words = b,
         .n_words = 2,
         .language = (char *)"en",
         .speaker_name = (char *)"",
         .confidence = 0.9},
    };
    assert_ok(moim_meeting_add(store, &m, &meeting, &err), err);
    assert_ok(moim_segments_put(store, meeting, list, 2, "en", MOIM_DIARIZED, &err), err);
}

static struct moim_segment *lines;
static int n_lines;

static const struct moim_segment *line(int i)
{
    moim_segments_free(lines, n_lines);
    assert_ok(moim_segments_get(store, meeting, &lines, &n_lines, &err), err);
    assert_true(i < n_lines);
    return &lines[i];
}

static int count(void)
{
    line(0);
    return n_lines;
}

static int done(void **state)
{
    moim_segments_free(lines, n_lines);
    lines = NULL;
    n_lines = 0;
    return teardown(state);
}

/* A statement of the minutes that rests on the first line. */
static void rest_on_first(void)
{
    int64_t evidence = line(0)->id;
    struct moim_item it = {.kind = (char *)"decision",
                           .text = (char *)"Friday",
                           .owner = (char *)"",
                           .due_text = (char *)"",
                           .due_date = (char *)"",
                           .start = 1,
                           .end = 3,
                           .evidence = &evidence,
                           .n_evidence = 1};
    assert_ok(moim_minutes_put(store, meeting, "none", "plain", &it, 1, &err), err);
}

static int evidence_of_minutes(void)
{
    struct moim_item *list;
    int n;
    assert_ok(moim_minutes_get(store, meeting, &list, &n, &err), err);
    assert_int_equal(n, 1);
    int k = list[0].n_evidence;
    moim_items_free(list, n);
    return k;
}

static void a_line_is_cut_between_words_and_joined_again(void **state)
{
    (void)state;
    int64_t second = 0;
    fill();
    rest_on_first();
    int64_t first = line(0)->id;
    assert_ok(moim_segment_split(store, meeting, first, 9, &second, &err), err); /* in "on": before it */
    assert_int_equal(count(), 3);
    assert_string_equal(line(0)->text, "we ship");
    assert_int_equal(line(0)->id, first);
    assert_true(line(0)->end > 1.59 && line(0)->end < 1.61 && line(0)->n_words == 2);
    assert_string_equal(line(1)->text, "on Friday");
    assert_int_equal(line(1)->id, second);
    assert_true(line(1)->start > 1.99 && line(1)->end > 2.99 && line(1)->speaker == 1 &&
                line(1)->n_words == 2);
    assert_int_equal(evidence_of_minutes(), 2);
    assert_ok(moim_segment_join(store, meeting, first, &err), err);
    assert_int_equal(count(), 2);
    assert_string_equal(line(0)->text, "we ship on Friday");
    assert_true(line(0)->n_words == 4 && line(0)->words[2].start > 1.99 && line(0)->end > 2.99);
    assert_int_equal(evidence_of_minutes(), 1);
    assert_ok(moim_store_check(store, &err), err);
}

static void what_cannot_be_cut_or_joined_is_refused(void **state)
{
    (void)state;
    int64_t second = 0;
    fill();
    assert_int_equal(moim_segment_split(store, meeting, line(0)->id, 1, &second, &err), MOIM_EINVAL);
    assert_int_equal(moim_segment_split(store, meeting, line(0)->id, 500, &second, &err), MOIM_EINVAL);
    assert_int_equal(moim_segment_split(store, meeting + 1, line(0)->id, 9, &second, &err), MOIM_ENOENT);
    assert_int_equal(moim_segment_join(store, meeting, line(1)->id, &err), MOIM_EINVAL);
    assert_int_equal(moim_segment_join(store, meeting, 999, &err), MOIM_ENOENT);
    assert_int_equal(count(), 2);
}

static void corrections_keep_their_way_back(void **state)
{
    (void)state;
    int64_t second = 0;
    fill();
    assert_ok(moim_segment_edit(store, line(0)->id, "we will ship on Monday", &err), err);
    assert_ok(moim_segment_split(store, meeting, line(0)->id, 13, &second, &err), err);
    assert_string_equal(line(0)->text, "we will ship");
    assert_string_equal(line(1)->text, "on Monday");
    assert_true(line(0)->edited && line(1)->edited);
    assert_ok(moim_segment_undo(store, line(1)->id, &err), err);
    assert_string_equal(line(1)->text, "on Friday");
    assert_true(line(0)->edited && !line(1)->edited);
    assert_ok(moim_segment_join(store, meeting, line(0)->id, &err), err);
    assert_string_equal(line(0)->text, "we will ship on Friday");
    assert_true(line(0)->edited);
    assert_ok(moim_segment_undo(store, line(0)->id, &err), err);
    assert_string_equal(line(0)->text, "we ship");
    assert_string_equal(line(1)->text, "on Friday");
    assert_int_equal(count(), 3);
    assert_ok(moim_store_check(store, &err), err);
}

/* A line that is cut has two as sure as it was, and joined lines are as sure as the less sure one; what another speaker's
 * line was sure of says nothing. */
static void halves_and_joined_lines_stay_as_sure_of_their_speaker(void **state)
{
    (void)state;
    int64_t second;
    fill();
    struct moim_segment part[] = {{.id = line(0)->id, .speaker = 1, .speaker_certainty = 0.8},
                                  {.id = line(1)->id, .speaker = 2, .speaker_certainty = 0.3}};
    assert_ok(moim_speakers_put(store, meeting, part, 2, MOIM_DIARIZED, &err), err);
    assert_ok(moim_segment_split(store, meeting, line(0)->id, 9, &second, &err), err);
    assert_true(line(0)->speaker_certainty == 0.8 && line(1)->speaker_certainty == 0.8);
    part[0] = (struct moim_segment){.id = second, .speaker = 1, .speaker_certainty = 0.6};
    assert_ok(moim_speakers_put(store, meeting, part, 1, MOIM_DIARIZED, &err), err);
    assert_ok(moim_segment_join(store, meeting, line(0)->id, &err), err);
    assert_true(line(0)->speaker_certainty == 0.6);
    assert_ok(moim_segment_join(store, meeting, line(0)->id, &err), err); /* with speaker 2 */
    assert_true(line(0)->speaker_certainty == 0.6);
}

static void who_joins_lines_says_who_speaks(void **state)
{
    (void)state;
    fill();
    assert_ok(moim_segment_join(store, meeting, line(0)->id, &err), err);
    assert_int_equal(count(), 1);
    assert_string_equal(line(0)->text, "we ship on Friday fine then");
    assert_true(line(0)->speaker == 1 && line(0)->end > 4.99);
}

static void a_highlight_outlives_recognising_again(void **state)
{
    (void)state;
    int64_t second = 0;
    struct moim_word w[] = {word("We'll", 1.1, 1.5), word("ship", 1.5, 2), word("Friday", 2.2, 2.9)};
    struct moim_segment again = {.start = 1.1,
                                 .end = 2.9,
                                 .text = (char *)"We'll ship Friday",
                                 .first_pass = (char *)"",
                                 .words = w,
                                 .n_words = 3,
                                 .language = (char *)"en",
                                 .speaker_name = (char *)""};
    fill();
    assert_ok(moim_segment_highlight(store, meeting, line(0)->id, true, &err), err);
    assert_ok(moim_segment_highlight(store, meeting, line(0)->id, true, &err), err);
    assert_true(line(0)->highlighted && !line(1)->highlighted);
    assert_ok(moim_segments_put(store, meeting, &again, 1, "en", MOIM_RESCORED, &err), err);
    assert_true(line(0)->highlighted);
    /* Half of it is taken back. */
    assert_ok(moim_segment_split(store, meeting, line(0)->id, 6, &second, &err), err);
    assert_true(line(0)->highlighted && line(1)->highlighted);
    assert_ok(moim_segment_highlight(store, meeting, line(0)->id, false, &err), err);
    assert_true(!line(0)->highlighted && line(1)->highlighted);
    assert_ok(moim_segment_highlight(store, meeting, line(1)->id, false, &err), err);
    assert_true(!line(0)->highlighted && !line(1)->highlighted);
    assert_ok(moim_store_check(store, &err), err);
}

static void one_stretch_is_recognised_again(void **state)
{
    (void)state;
    struct moim_word w[] = {word("we", 1, 1.2), word("shipped", 1.2, 1.9), word("on", 2.0, 2.2),
                            word("Sunday", 2.2, 3)};
    struct moim_segment again = {.start = 1,
                                 .end = 3,
                                 .text = (char *)"we shipped on Sunday",
                                 .first_pass = (char *)"",
                                 .words = w,
                                 .n_words = 4,
                                 .language = (char *)"en",
                                 .speaker_name = (char *)""};
    fill();
    rest_on_first();
    int64_t other = line(1)->id;
    assert_ok(moim_segments_put_part(store, meeting, &again, 1, 1, 3, &err), err);
    assert_int_equal(count(), 2);
    assert_string_equal(line(0)->text, "we shipped on Sunday");
    assert_int_equal(line(0)->speaker, 1);
    assert_int_equal(line(1)->id, other);
    assert_int_equal(evidence_of_minutes(), 1);
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, meeting, &m, &err), err);
    assert_int_equal(m.state, MOIM_SUMMARIZED);
    moim_meeting_clear(&m);
    /* A corrected line stays, what is heard there now lies below it. */
    assert_ok(moim_segment_edit(store, line(0)->id, "mine", &err), err);
    again.text = (char *)"we shipped on Sunday";
    assert_ok(moim_segments_put_part(store, meeting, &again, 1, 1, 3, &err), err);
    assert_string_equal(line(0)->text, "mine");
    assert_ok(moim_segment_undo(store, line(0)->id, &err), err);
    assert_string_equal(line(0)->text, "we shipped on Sunday");
    assert_ok(moim_store_check(store, &err), err);
}

int main(void)
{
#define T(x) cmocka_unit_test_setup_teardown(x, setup, done)
    const struct CMUnitTest tests[] = {
        T(a_line_is_cut_between_words_and_joined_again),
        T(what_cannot_be_cut_or_joined_is_refused),
        T(corrections_keep_their_way_back),
        T(halves_and_joined_lines_stay_as_sure_of_their_speaker),
        T(who_joins_lines_says_who_speaks),
        T(a_highlight_outlives_recognising_again),
        T(one_stretch_is_recognised_again),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
