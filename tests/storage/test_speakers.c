/* Who spoke: parts written over segments, the user's word above all, voices as sealed bytes. */
#include "tests/storage/scratch.h"

#include "storage/speaker_steps.h"
#include "storage/speakers.h"
#include "storage/store_int.h"

#include <math.h>
#include <unistd.h>

static int64_t add_meeting(const char *const *text, int n)
{
    int64_t id;
    struct moim_meeting m = {.title = "m", .language = "en", .audio = "", .source = ""};
    struct moim_segment list[8] = {{0}};
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    for (int i = 0; i < n; i++)
        list[i] = (struct moim_segment){.start = i,
                                        .end = i + 1,
                                        .speaker_name = "",
                                        .text = (char *)(uintptr_t)text[i],
                                        .first_pass = "",
                                        .language = "en",
                                        .confidence = 1};
    assert_ok(moim_segments_put(store, id, list, n, "en", MOIM_RESCORED, &err), err);
    return id;
}

static void a_segment_is_cut_where_the_speaker_changes(void **state)
{
    (void)state;
    const char *text[] = {"yes no", "well"};
    int64_t id = add_meeting(text, 2);
    struct moim_segment *g;
    struct moim_meeting m;
    int n;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    int64_t first = g[0].id;
    struct moim_segment parts[] = {
        {.id = g[0].id, .start = 0, .end = 0.4, .speaker = 1, .text = "yes", .confidence = 0.5},
        {.id = g[0].id, .start = 0.5, .end = 1, .speaker = 2, .text = "no", .confidence = 0.7},
        {
            .id = g[1].id,
            .start = 1,
            .end = 2,
            .speaker = 1,
            .text = "well",
        }};
    moim_segments_free(g, n);
    assert_ok(moim_speakers_put(store, id, parts, 3, MOIM_DIARIZED, &err), err);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_int_equal(n, 3);
    assert_true(g[0].id == first && g[0].speaker == 1 && g[1].speaker == 2 && g[2].speaker == 1);
    assert_string_equal(g[0].text, "yes");
    assert_string_equal(g[1].text, "no");
    assert_string_equal(g[1].language, "en");
    moim_segments_free(g, n);
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_int_equal(m.state, MOIM_DIARIZED);
    moim_meeting_clear(&m);
    /* Found again by its words, and a meeting that is further on stays there. */
    struct moim_hit *hits;
    assert_ok(moim_search(store, "yes", 5, &hits, &n, &err), err);
    assert_int_equal(n, 1);
    moim_hits_free(hits, n);
    assert_ok(moim_meeting_set_state(store, id, MOIM_SUMMARIZED, &err), err);
    assert_ok(moim_speakers_put(store, id, parts, 1, MOIM_DIARIZED, &err), err);
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_int_equal(m.state, MOIM_SUMMARIZED);
    moim_meeting_clear(&m);
    assert_int_equal(moim_speakers_put(store, id + 1, parts, 1, MOIM_DIARIZED, &err), MOIM_ENOENT);
}

static void what_the_user_said_stays(void **state)
{
    (void)state;
    const char *text[] = {"a b", "c d", "e f"};
    int64_t id = add_meeting(text, 3);
    struct moim_segment *g;
    int n, next;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_ok(moim_segment_set_speaker(store, id, g[0].id, 5, &err), err);
    assert_ok(moim_segment_edit(store, g[1].id, "corrected", &err), err);
    assert_int_equal(moim_segment_set_speaker(store, id, 999, 1, &err), MOIM_ENOENT);
    assert_int_equal(moim_segment_set_speaker(store, id, g[0].id, 0, &err), MOIM_EINVAL);
    struct moim_segment parts[6];
    for (int i = 0; i < 6; i++)
        parts[i] = (struct moim_segment){
            .id = g[i / 2].id,
            .start = g[i / 2].start + i % 2 * 0.5,
            .end = g[i / 2].start + 0.5 + i % 2 * 0.5,
            .speaker = 1 + i % 2,
            .text = "x",
        };
    moim_segments_free(g, n);
    for (int again = 0; again < 2; again++) {
        assert_ok(moim_speakers_put(store, id, parts, again ? 4 : 6, MOIM_DIARIZED, &err), err);
        assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
        assert_int_equal(n, 4); /* only the third was ours to cut */
        assert_int_equal(g[0].speaker, 5);
        assert_string_equal(g[0].text, "a b");
        assert_int_equal(g[1].speaker, 1);
        assert_string_equal(g[1].text, "corrected");
        moim_segments_free(g, n);
    }
    assert_ok(moim_speaker_next(store, id, &next, &err), err);
    assert_int_equal(next, 6);
    /* Recognising again: the words are new, the speaker is still the user's. */
    struct moim_segment fresh = {
        .start = 0, .end = 0.9, .speaker_name = "", .text = "z", .first_pass = "", .language = "en"};
    assert_ok(moim_segments_put(store, id, &fresh, 1, "en", MOIM_RESCORED, &err), err);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_int_equal(n, 2);
    assert_int_equal(g[0].speaker, 5);
    assert_string_equal(g[0].text, "z");
    assert_string_equal(g[1].text, "corrected"); /* though nothing is heard there now */
    moim_segments_free(g, n);
}

static void certainties_are(int64_t id, const double *want, int n)
{
    struct moim_segment *g;
    int have;
    assert_ok(moim_segments_get(store, id, &g, &have, &err), err);
    assert_int_equal(have, n);
    for (int i = 0; i < n; i++)
        if (fabs(g[i].speaker_certainty - want[i]) > 1e-9)
            fail_msg("line %d: %.3f, not %.3f", i, g[i].speaker_certainty, want[i]);
    moim_segments_free(g, have);
}

/* Speakers told apart: the lines as they are, each as sure as said. */
static void put_sure(int64_t id, const double *sure, int n)
{
    struct moim_segment *g;
    int have;
    assert_ok(moim_segments_get(store, id, &g, &have, &err), err);
    assert_int_equal(have, n);
    for (int i = 0; i < n; i++) g[i].speaker = 1 + i % 2, g[i].speaker_certainty = sure[i];
    assert_ok(moim_speakers_put(store, id, g, n, MOIM_DIARIZED, &err), err);
    moim_segments_free(g, have);
}

static void how_sure_a_line_is_goes_where_the_user_says_who_speaks(void **state)
{
    (void)state;
    const char *text[] = {"a", "b", "c", "d"};
    const double sure[] = {0.9, 0.4, 0.75, 0.99}, none[] = {0, 0, 0, 0};
    int64_t id = add_meeting(text, 4);
    certainties_are(id, none, 4);
    put_sure(id, sure, 4);
    certainties_are(id, sure, 4);
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    assert_ok(moim_segment_set_speaker(store, id, g[1].id, 2, &err), err); /* the same: the user is sure */
    certainties_are(id, (double[]){0.9, 0, 0.75, 0.99}, 4);
    put_sure(id, (double[]){0.8, 0.4, 0.75, 0.99}, 4); /* told apart again */
    certainties_are(id, (double[]){0.8, 0, 0.75, 0.99}, 4);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    certainties_are(id, (double[]){0.8, 0.4, 0.75, 0.99}, 4);
    assert_ok(moim_speaker_merge(store, id, 2, 1, &err), err);
    certainties_are(id, (double[]){0.8, 0, 0.75, 0}, 4);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    certainties_are(id, (double[]){0.8, 0.4, 0.75, 0.99}, 4);
    assert_ok(moim_segment_edit(store, g[1].id, "other words", &err), err);
    certainties_are(id, (double[]){0.8, 0.4, 0.75, 0.99}, 4);
    assert_ok(moim_segment_undo(store, g[1].id, &err), err);
    certainties_are(id, (double[]){0.8, 0.4, 0.75, 0.99}, 4);
    moim_segments_free(g, n);
    assert_ok(moim_store_check(store, &err), err);
}

/* Words are new, speakers are those of the time: as sure as they were. */
static void recognising_again_keeps_how_sure_the_speaker_was(void **state)
{
    (void)state;
    const char *text[] = {"a", "b", "c", "d"};
    int64_t id = add_meeting(text, 4);
    put_sure(id, (double[]){0.9, 0.4, 0.75, 0.99}, 4);
    struct moim_segment fresh[] = {
        {.start = 0, .end = 0.9, .speaker_name = "", .text = "x", .first_pass = "", .language = "en"},
        {.start = 1, .end = 2.2, .speaker_name = "", .text = "y", .first_pass = "", .language = "en"}};
    assert_ok(moim_segments_put(store, id, fresh, 2, "en", MOIM_RESCORED, &err), err);
    certainties_are(id, (double[]){0.9, 0.4}, 2);
    assert_ok(moim_sql_exec(store, "UPDATE segments SET speaker_certainty = 1.5", &err), err);
    assert_int_equal(moim_store_check(store, &err), MOIM_EFORMAT);
}

static void several_lines_given_at_once_are_one_step(void **state)
{
    (void)state;
    const char *text[] = {"a", "b", "c", "d"};
    int64_t id = add_meeting(text, 4), ids[3];
    struct moim_segment *g;
    int n;
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) g[i].speaker = 1 + i % 2;
    assert_ok(moim_speakers_put(store, id, g, n, MOIM_DIARIZED, &err), err);
    for (int i = 0; i < 3; i++) ids[i] = g[i + 1].id;
    moim_segments_free(g, n);
    int64_t wrong[] = {ids[0], 999999};
    assert_int_equal(moim_segments_give(store, id, wrong, 2, 3, &err), MOIM_ENOENT);
    assert_int_equal(moim_segments_give(store, id, ids, 0, 3, &err), MOIM_EINVAL);
    ids[2] = ids[0]; /* named twice */
    assert_ok(moim_segments_give(store, id, ids, 3, 3, &err), err);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    ids[2] = ids[1] + 1;
    assert_ok(moim_segments_give(store, id, ids, 3, 3, &err), err);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) assert_int_equal(g[i].speaker, i ? 3 : 1);
    moim_segments_free(g, n);
    assert_ok(moim_store_check(store, &err), err);
    assert_ok(moim_speaker_undo(store, id, &err), err);
    assert_ok(moim_segments_get(store, id, &g, &n, &err), err);
    for (int i = 0; i < n; i++) assert_int_equal(g[i].speaker, 1 + i % 2);
    moim_segments_free(g, n);
    assert_int_equal(moim_speaker_undo(store, id, &err), MOIM_ENOENT);
}

static void offers_go_with_their_voice(void **state)
{
    (void)state;
    const char *text[] = {"a"};
    int64_t id = add_meeting(text, 1), first, second;
    struct moim_voice_row *rows;
    struct moim_offer *offers;
    int n;
    assert_ok(moim_voice_add(store, "sealed", 6, &first, &err), err);
    assert_ok(moim_voice_add(store, "\0\1\2", 3, &second, &err), err);
    assert_ok(moim_voice_list(store, &rows, &n, &err), err);
    assert_int_equal(n, 2);
    assert_true(rows[1].n == 3 && !memcmp(rows[1].sealed, "\0\1\2", 3));
    moim_voice_list_free(rows, n);
    struct moim_offer put[] = {{1, first, 0.8}, {2, second, 0.7}};
    assert_ok(moim_offers_put(store, id, put, 2, &err), err);
    assert_ok(moim_voice_remove(store, first, &err), err);
    assert_int_equal(moim_voice_remove(store, first, &err), MOIM_ENOENT);
    assert_ok(moim_offers_get(store, id, &offers, &n, &err), err);
    assert_int_equal(n, 1);
    assert_true(offers[0].speaker == 2 && offers[0].voice == second);
    free(offers);
    assert_ok(moim_offers_put(store, id, NULL, 0, &err), err);
    assert_ok(moim_offers_get(store, id, &offers, &n, &err), err);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_segment_is_cut_where_the_speaker_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_user_said_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(how_sure_a_line_is_goes_where_the_user_says_who_speaks, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(recognising_again_keeps_how_sure_the_speaker_was, setup, teardown),
        cmocka_unit_test_setup_teardown(several_lines_given_at_once_are_one_step, setup, teardown),
        cmocka_unit_test_setup_teardown(offers_go_with_their_voice, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
