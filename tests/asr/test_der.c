#include "testing.h"

#include "asr/der.h"

static double der(const struct moim_turn *r, int nr, const struct moim_turn *h, int nh, double collar)
{
    struct moim_der d;
    struct moim_err err;
    assert_ok(moim_der_score(r, nr, h, nh, collar, &d, &err), err);
    return (d.missed + d.false_alarm + d.confusion) / d.speech;
}

static void equal_up_to_names_is_no_error(void **state)
{
    (void)state;
    struct moim_turn ref[] = {{0, 5, 0}, {5, 9, 1}, {8, 12, 2}};
    struct moim_turn hyp[] = {{0, 5, 2}, {5, 9, 0}, {8, 12, 1}};
    assert_float_equal(der(ref, 3, hyp, 3, 0), 0, 1e-9);
    assert_float_equal(der(ref, 3, hyp, 3, 0.25), 0, 1e-9);
}

/* 10 s of A then 10 s of B, all called one speaker: the ten seconds of the other are confused. */
static void one_speaker_baseline(void **state)
{
    (void)state;
    struct moim_turn ref[] = {{0, 10, 0}, {10, 20, 1}}, hyp[] = {{0, 20, 0}};
    assert_float_equal(der(ref, 2, hyp, 1, 0), 0.5, 1e-9);
}

static void missed_overlap_and_false_alarm_are_counted(void **state)
{
    (void)state;
    /* 10 s by A, B over the last 4: 14 s of speech; hypothesis hears A only and 2 s too long. */
    struct moim_turn ref[] = {{0, 10, 0}, {6, 10, 1}}, hyp[] = {{0, 12, 0}};
    assert_float_equal(der(ref, 2, hyp, 1, 0), (4.0 + 2.0) / 14.0, 1e-9);
    /* The collar takes 0.25 s from each side of 0, 6 and 10: speech 5.5 + 2 * 3.5, miss 3.5, false
     * alarm 1.75. */
    assert_float_equal(der(ref, 2, hyp, 1, 0.25), (3.5 + 1.75) / 12.5, 1e-9);
}

static double best_by_trying_all(const double *g, int n, int row, unsigned used)
{
    if (row == n) return 0;
    double best = 0;
    for (int c = 0; c < n; c++)
        if (!(used >> c & 1)) {
            double v = g[row * n + c] + best_by_trying_all(g, n, row + 1, used | 1u << c);
            if (v > best) best = v;
        }
    return best;
}

static void assignment_is_optimal(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 300; round++) {
        int n = 1 + rand() % 6, match[6];
        double g[36], sum = 0;
        for (int i = 0; i < n * n; i++) g[i] = rand() % 50;
        assert_int_equal(moim_assign(g, n, n, match), MOIM_OK);
        for (int r = 0; r < n; r++)
            if (match[r] >= 0) sum += g[r * n + match[r]];
        assert_float_equal(sum, best_by_trying_all(g, n, 0, 0), 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_up_to_names_is_no_error),
        cmocka_unit_test(one_speaker_baseline),
        cmocka_unit_test(missed_overlap_and_false_alarm_are_counted),
        cmocka_unit_test(assignment_is_optimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
