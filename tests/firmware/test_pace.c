/* How long processing will still take: nothing before anything is known, then by what was learnt and by what is done. */
#include "storage/scratch.h"

#include "firmware/pipeline/pace.h"
#include "storage/queue.h"

#include <math.h>

static const char *const stages[] = {"transcribing", "telling speakers apart", "indexing", "writing minutes"};

/* Processes a meeting whose stages take each[i] seconds a second; what is told half way through stage `at`, with what will be so. */
static double told(struct moim_pace *p, double sound, const double *each, int at, double *truth)
{
    struct moim_pace_run r;
    double now = 1000, answer = -2;
    *truth = 0;
    moim_pace_begin(&r, sound, MOIM_PACE_ALL);
    for (int k = 0; k < 4; k++) {
        moim_pace_report(p, &r, stages[k], 0, now);
        for (int i = 1; i <= 10; i++) {
            moim_pace_report(p, &r, stages[k], i / 10.0, now += each[k] * sound / 10);
            if (k == at && i == 5) answer = moim_pace_left(p, &r, now);
        }
        *truth += k > at ? each[k] * sound : k == at ? each[k] * sound / 2 : 0;
    }
    assert_true(moim_pace_end(p, &r, now));
    return answer;
}

static void within(double told, double truth, double share)
{
    if (!(fabs(told - truth) <= share * truth)) fail_msg("%.1f s told, %.1f s it is", told, truth);
}

static void nothing_is_told_before_anything_is_known(void **state)
{
    (void)state;
    struct moim_pace p = {0};
    struct moim_pace_run r;
    moim_pace_begin(&r, 600, MOIM_PACE_ALL);
    assert_true(moim_pace_left(&p, &r, 0) < 0);
    moim_pace_report(&p, &r, stages[0], 0.01, 10);
    assert_true(moim_pace_left(&p, &r, 11) < 0);
    /* 30 s of loading, 30 s for half of it. */
    moim_pace_report(&p, &r, stages[0], 0.1, 40);
    moim_pace_report(&p, &r, stages[0], 0.6, 70);
    double all = moim_pace_left(&p, &r, 70);
    moim_pace_begin(&r, 600, MOIM_PACE_WORDS);
    moim_pace_report(&p, &r, stages[0], 0, 10);
    moim_pace_report(&p, &r, stages[0], 0.1, 40);
    moim_pace_report(&p, &r, stages[0], 0.6, 70);
    within(moim_pace_left(&p, &r, 70), 24, 0.01);
    assert_true(all > 24);
}

static void what_was_learnt_holds_for_the_next_meeting(void **state)
{
    (void)state;
    const double slow[] = {0.9, 0.2, 0.02, 0.6};
    struct moim_pace p = {0}, kept;
    double truth;
    told(&p, 300, slow, 0, &truth);
    assert_ok(moim_pace_save(&p, store, &err), err); /* over a restart, too */
    moim_pace_load(&kept, store);
    struct moim_pace_run r;
    moim_pace_begin(&r, 1200, MOIM_PACE_ALL);
    within(moim_pace_left(&kept, &r, 0), 1200 * (0.9 + 0.2 + 0.02 + 0.6), 0.01);
    moim_pace_begin(&r, 1200, MOIM_PACE_LINES);
    within(moim_pace_left(&kept, &r, 0), 1200 * (0.9 + 0.2 + 0.02), 0.01);
    for (int at = 0; at < 4; at++) {
        double said = told(&kept, 1200, slow, at, &truth);
        within(said, truth, 0.01);
    }
}

/* The machine is at something else: what this stage takes more, the others will. */
static void a_busy_machine_shows_at_once(void **state)
{
    (void)state;
    const double usual[] = {0.1, 0.03, 0.01, 0.08}, busy[] = {0.3, 0.09, 0.03, 0.24};
    struct moim_pace p = {0};
    double truth, said;
    told(&p, 600, usual, 0, &truth);
    said = told(&p, 600, busy, 0, &truth);
    within(said, truth, 0.3);
}

static void a_setting_that_is_none_is_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "1/", "nan/nan ", "-1/5 1/1", "1e300/1e300 ", "3/4 5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct moim_pace p;
        assert_ok(moim_setting_set(store, "pace", bad[i], &err), err);
        moim_pace_load(&p, store);
        for (int k = 0; k < 4; k++)
            assert_true(p.past[k].work >= 0 && p.past[k].sound >= 0 && p.past[k].sound < 1e8);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(nothing_is_told_before_anything_is_known),
                                       T(what_was_learnt_holds_for_the_next_meeting),
                                       T(a_busy_machine_shows_at_once), T(a_setting_that_is_none_is_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
