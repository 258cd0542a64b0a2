#include "testing.h"

#include "summarize/rouge.h"

#include <math.h>

static struct moim_err err;

/* Made by tests/golden/make_rouge.py with rouge-score 0.1.2. */
static void agrees_with_rouge_score(void **state)
{
    (void)state;
    FILE *f = fopen("tests/summarize/golden/rouge.txt", "r");
    assert_non_null(f);
    char line[4096];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        struct moim_rouge want, got;
        line[strcspn(line, "\n")] = 0;
        char *a = strchr(line, '\t'), *b = strchr(a + 1, '\t');
        *a++ = *b++ = 0;
        assert_int_equal(sscanf(line, "%lf %lf %lf", &want.r1, &want.r2, &want.rl), 3);
        assert_ok(moim_rouge(a, b, &got, &err), err);
        if (fabs(got.r1 - want.r1) > 1e-8 || fabs(got.r2 - want.r2) > 1e-8 || fabs(got.rl - want.rl) > 1e-8)
            fail_msg("'%s' / '%s': %f %f %f instead of %f %f %f", a, b, got.r1, got.r2, got.rl, want.r1,
                     want.r2, want.rl);
        n++;
    }
    fclose(f);
    assert_int_equal(n, 66);
}

static void korean_is_compared_by_syllables(void **state)
{
    (void)state;
    struct moim_rouge r;
    assert_ok(moim_rouge("예산을 줄였다", "예산이 줄었다", &r, &err), err);
    assert_true(fabs(r.r1 - 4.0 / 6) < 1e-9); /* 예 산 줄 다 of six each */
    assert_true(fabs(r.rl - 4.0 / 6) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_rouge_score),
                                       cmocka_unit_test(korean_is_compared_by_syllables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
