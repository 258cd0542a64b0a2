/* The letter n-gram model: its arithmetic by hand, its file against damage. */
#include "testing.h"

#include "lm/ngram.h"
#include <math.h>
#include <unistd.h>

static char path[64];

static struct moim_ngram *make(const char *const *text, const double *count, int n)
{
    struct moim_err err = {0};
    struct moim_ngram_builder *b;
    struct moim_ngram *m;
    assert_ok(moim_ngram_builder_new(&b, &err), err);
    for (int i = 0; i < n; i++) assert_ok(moim_ngram_add(b, text[i], count[i], &err), err);
    assert_ok(moim_ngram_write(b, path, &err), err);
    moim_ngram_builder_free(b);
    assert_ok(moim_ngram_open(&m, path, &err), err);
    return m;
}

/* "ab" three times: after " " comes a, after a comes b, after b the gap, each with p = (3 - D + D p') / 3
 * with D = 0.75; unigrams: 9 symbols, three kinds, p = (3 - D) / 9 + 3 D / 9 / 20000. */
static void probabilities_are_those_of_absolute_discounting(void **state)
{
    (void)state;
    const char *text[] = {"ab"};
    double count[] = {3};
    struct moim_ngram *m = make(text, count, 1);
    int letters;
    double p1 = 2.25 / 9 + 0.25 / 20000, p2 = (2.25 + 0.75 * p1) / 3, p3 = (2.25 + 0.75 * p2) / 3,
           p4 = (2.25 + 0.75 * p3) / 3;
    double got = moim_ngram_score(m, "ab", &letters), want = log(p2) + log(p3) + log(p4);
    if (fabs(got - want) > 1e-5) fail_msg("ln p(ab) = %.6f, not %.6f", got, want);
    assert_int_equal(letters, 3);
    assert_int_equal(moim_ngram_entries(m, 1), 3);
    assert_int_equal(moim_ngram_entries(m, 4), 1);
    /* signs and case do not count */
    assert_true(fabs(moim_ngram_score(m, " -AB!", NULL) - want) < 1e-5);
    moim_ngram_close(m);
}

static void likelier_continuations_score_higher(void **state)
{
    (void)state;
    const char *text[] = {"가나다", "가나라", "나비"};
    double count[] = {5, 2, 3};
    struct moim_ngram *m = make(text, count, 3);
    double da = moim_ngram_score(m, "가나다", NULL), ra = moim_ngram_score(m, "가나라", NULL),
           bi = moim_ngram_score(m, "가나비", NULL), unseen = moim_ngram_score(m, "가나힣", NULL);
    if (!(da > ra && ra > bi && bi > unseen)) fail_msg("%.3f %.3f %.3f %.3f", da, ra, bi, unseen);
    assert_true(exp(da) + exp(ra) + exp(bi) + exp(unseen) < 1);
    moim_ngram_close(m);
}

static void a_damaged_file_is_refused_or_read_within_bounds(void **state)
{
    (void)state;
    const char *text[] = {"hello world", "help"};
    double count[] = {1, 4};
    struct moim_err err = {0};
    struct moim_ngram *m = make(text, count, 2);
    moim_ngram_close(m);
    static char whole[65536];
    FILE *f = fopen(path, "rb");
    size_t n = fread(whole, 1, sizeof whole, f);
    fclose(f);
    for (size_t cut = 0; cut < n; cut += 7) {
        f = fopen(path, "wb");
        fwrite(whole, 1, cut, f);
        fclose(f);
        assert_int_not_equal(moim_ngram_open(&m, path, &err), MOIM_OK);
    }
    for (size_t at = 0; at < n; at++) { /* every byte in turn */
        f = fopen(path, "wb");
        whole[at] ^= (char)0xA5;
        fwrite(whole, 1, n, f);
        whole[at] ^= (char)0xA5;
        fclose(f);
        if (moim_ngram_open(&m, path, &err)) continue;
        assert_true(moim_ngram_score(m, "hello there", NULL) <= 0);
        moim_ngram_close(m);
    }
    assert_int_not_equal(moim_ngram_open(&m, "/nonexistent", &err), MOIM_OK);
}

static void counts_must_be_positive(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_ngram_builder *b;
    assert_ok(moim_ngram_builder_new(&b, &err), err);
    assert_int_equal(moim_ngram_add(b, "x", 0, &err), MOIM_EINVAL);
    assert_int_equal(moim_ngram_add(b, "x", NAN, &err), MOIM_EINVAL);
    moim_ngram_builder_free(b);
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/moim-ngram-%ld", (long)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_those_of_absolute_discounting),
        cmocka_unit_test(likelier_continuations_score_higher),
        cmocka_unit_test(a_damaged_file_is_refused_or_read_within_bounds),
        cmocka_unit_test(counts_must_be_positive),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
