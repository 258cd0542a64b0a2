/* How sure a stretch is of its speaker, by evidence that is written here; of real voices: test_speaker.c. */
#include "asr/certainty.h"
#include "testing.h"

#define SECONDS 9.99
#define STEPS 148 /* of MOIM_EVIDENCE_STEP */

static struct moim_evidence evidence[STEPS];

static struct moim_diarization heard(struct moim_evidence e)
{
    for (int i = 0; i < STEPS; i++) evidence[i] = e;
    return (struct moim_diarization){
        .speakers = 2, .duration = SECONDS, .evidence = evidence, .n_evidence = STEPS};
}

static const struct moim_evidence
    clear = {.speaker = {0, MOIM_NO_SPEAKER}, .vote = {100}, .count = 100, .own = {80}, .other = {20}},
    between = {.speaker = {0, 1}, .vote = {52, 48}, .count = 100, .own = {42, 41}, .other = {41, 42}},
    both = {.speaker = {0, 1}, .vote = {100, 90}, .count = 190, .own = {50, 45}, .other = {35, 40}};

static void a_clear_voice_is_sure_and_one_between_two_is_not(void **state)
{
    (void)state;
    struct moim_diarization d = heard(clear);
    double sure = moim_speaker_certainty(&d, 0, 2, 6), wrong = moim_speaker_certainty(&d, 1, 2, 6);
    d = heard(between);
    double doubt = moim_speaker_certainty(&d, 0, 2, 6);
    d = heard(both);
    double together = moim_speaker_certainty(&d, 0, 2, 6);
    print_message("clear %.3f, the other there %.3f, between two %.3f, two at once %.3f\n", sure, wrong,
                  doubt, together);
    assert_true(sure > 0.95 && sure < 1);
    assert_true(wrong > 0 && wrong < 0.3);
    assert_true(doubt < 0.7);
    assert_true(together < sure);
}

static void what_is_short_is_less_sure(void **state)
{
    (void)state;
    struct moim_evidence faint = clear;
    faint.own[0] = 40;
    struct moim_diarization d = heard(faint);
    double before = 0;
    for (int i = 1; i <= 8; i++) {
        double p = moim_speaker_certainty(&d, 0, 1, 1 + i * 0.4);
        assert_true(p > before);
        before = p;
    }
}

static void a_voice_more_like_its_speakers_is_surer(void **state)
{
    (void)state;
    double before = 0;
    for (signed char own = -10; own <= 60; own = (signed char)(own + 10)) {
        struct moim_evidence e = clear;
        e.own[0] = own;
        struct moim_diarization d = heard(e);
        double p = moim_speaker_certainty(&d, 0, 2, 3);
        assert_true(p > before);
        before = p;
    }
}

static void nothing_is_claimed_where_nothing_is_known(void **state)
{
    (void)state;
    struct moim_diarization d = heard(clear);
    assert_true(moim_speaker_certainty(&d, -1, 2, 5) == 0);
    assert_true(moim_speaker_certainty(&d, 0, SECONDS + 5, SECONDS + 6) < 0.5); /* nothing was heard there */
    assert_true(moim_speaker_certainty(&d, 0, -3, -2) < 0.5);
    d.evidence = NULL;
    assert_true(moim_speaker_certainty(&d, 0, 2, 5) == 0);
    d.evidence = evidence;
    d.one_known = true; /* by the user */
    assert_true(moim_speaker_certainty(&d, 0, 2, 5) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clear_voice_is_sure_and_one_between_two_is_not),
        cmocka_unit_test(what_is_short_is_less_sure),
        cmocka_unit_test(a_voice_more_like_its_speakers_is_surer),
        cmocka_unit_test(nothing_is_claimed_where_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
