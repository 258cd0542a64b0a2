/* Lines are cut where the speaker changes; a moment of a sentence stays with the rest of it. */
#include "testing.h"

#include "firmware/pipeline/diarize_stage.h"

struct said {
    const char *text;
    double start, end;
};

#define MOST 8

/* The line's words, parted as the turns say; parts are written as "1: words | 2: words". */
static void parts_are(const struct said *said, int n, const struct moim_turn *turns, int n_turns,
                      const char *want)
{
    struct moim_word words[MOST] = {0};
    char text[200] = "", got[300] = "";
    for (int i = 0; i < n; i++) {
        words[i] = (struct moim_word){.text = (char *)(uintptr_t)said[i].text,
                                      .start = said[i].start,
                                      .end = said[i].end,
                                      .confidence = 1};
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", said[i].text);
    }
    struct moim_segment line = {.text = text,
                                .speaker_name = "",
                                .first_pass = "",
                                .language = "en",
                                .words = words,
                                .n_words = n,
                                .start = said[0].start,
                                .end = said[n - 1].end},
                        *out;
    struct moim_diarization d = {.turns = (struct moim_turn *)(uintptr_t)turns, .n = n_turns, .speakers = 2};
    struct moim_err err;
    int n_out;
    assert_ok(moim_lines_by_speaker(&d, &line, 1, &out, &n_out, &err), err);
    for (int i = 0; i < n_out; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%d: %s", i ? " | " : "", (int)out[i].speaker,
                 out[i].text);
    assert_string_equal(got, want);
    moim_segments_free(out, n_out);
}

static void a_change_within_a_sentence_moves_to_its_border(void **state)
{
    (void)state;
    static const struct said kid[] = {
        {"I", 3, 3.12}, {"can", 3.12, 3.3}, {"carry", 3.3, 3.7}, {"her.", 3.7, 4}};
    static const struct moim_turn late[] = {{0, 3.13, 0}, {3.13, 5, 1}};
    parts_are(kid, 4, late, 2, "2: I can carry her.");
    static const struct moim_turn early[] = {{0, 3.75, 0}, {3.75, 5, 1}};
    parts_are(kid, 4, early, 2, "1: I can carry her.");
}

static void a_change_between_sentences_stays(void **state)
{
    (void)state;
    static const struct said yes[] = {
        {"Yes.", 3, 3.3}, {"Who", 3.3, 3.5}, {"does", 3.5, 3.9}, {"it?", 3.9, 4.2}};
    static const struct moim_turn turns[] = {{0, 3.3, 0}, {3.3, 5, 1}};
    parts_are(yes, 4, turns, 2, "1: Yes. | 2: Who does it?");
    static const struct said go[] = {
        {"Go", 3, 3.2}, {"on.", 3.2, 3.7}, {"So", 3.7, 3.9}, {"I", 3.9, 4}, {"will.", 4, 4.4}};
    static const struct moim_turn late[] = {{0, 3.95, 0}, {3.95, 5, 1}}; /* two words too late */
    parts_are(go, 5, late, 2, "1: Go on. | 2: So I will.");
}

static void a_sentence_that_another_goes_on_with_is_cut(void **state)
{
    (void)state;
    static const struct said both[] = {{"we", 3, 3.3},    {"could", 3.3, 3.8}, {"ask", 3.8, 4.2},
                                       {"ask", 4.2, 4.5}, {"them", 4.5, 4.8},  {"now.", 4.8, 5.2}};
    static const struct moim_turn turns[] = {{0, 4.2, 0}, {4.2, 6, 1}};
    parts_are(both, 6, turns, 2, "1: we could ask | 2: ask them now.");
}

/* What the page asks before it offers to divide a speaker by voice. */
static void a_speaker_is_split_only_with_two_long_lines(void **state)
{
    (void)state;
    const struct moim_segment lines[] = {
        {.start = 0, .end = 4, .speaker = 1},
        {.start = 4, .end = 4.5, .speaker = 1},
        {.start = 5, .end = 9, .speaker = 2},
        {.start = 9, .end = 9.7, .speaker = 2},
        {.start = 10, .end = 15, .speaker = 3},
        {.start = 12, .end = 14, .speaker = 3}, /* within the other */
        {.start = 15, .end = 40, .speaker = 4},
        {.start = 22, .end = 24, .speaker = 4}, /* its first seconds are heard */
    };
    const int n = sizeof lines / sizeof *lines;
    assert_false(moim_speaker_can_split(lines, n, 1));
    assert_true(moim_speaker_can_split(lines, n, 2));
    assert_false(moim_speaker_can_split(lines, n, 3));
    assert_true(moim_speaker_can_split(lines, n, 4));
    assert_false(moim_speaker_can_split(lines, n, 5));
    assert_false(moim_speaker_can_split(lines, 3, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_within_a_sentence_moves_to_its_border),
        cmocka_unit_test(a_change_between_sentences_stays),
        cmocka_unit_test(a_sentence_that_another_goes_on_with_is_cut),
        cmocka_unit_test(a_speaker_is_split_only_with_two_long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
