#include "testing.h"

#include "asr/score.h"

static void wer_is(const char *ref, const char *hyp, long edits, long length)
{
    struct moim_score s = {0};
    assert_int_equal(moim_score_wer(ref, hyp, 0, &s), MOIM_OK);
    if (s.edits != edits || s.length != length)
        fail_msg("'%s' / '%s': %ld of %ld", ref, hyp, s.edits, s.length);
}

static void english_words(void **state)
{
    (void)state;
    wer_is("Hello, World!", "hello world", 0, 2);
    wer_is("a b c d", "a x c", 2, 4);
    wer_is("fourteen sixty-nine, fourteen seventy;", "1469, 1470.", 0, 5);
    wer_is("thirty-six feet by fifteen", "36 feet by 15", 0, 5);
    wer_is("it's Shelley's", "it\xe2\x80\x99s 'shelley's'", 0, 2);
    wer_is("about eighteen fifty Messrs.", "about 1850 Messrs", 0, 4);
    wer_is("", "noise", 1, 0);
}

static void korean_characters(void **state)
{
    (void)state;
    struct moim_score s = {0}, w = {0};
    assert_int_equal(moim_score_cer("지난해 삼 월, 김 전 장관의", "지난해 3월 김전 장관의.", &s), MOIM_OK);
    assert_int_equal(s.edits, 1);
    assert_int_equal(s.length, 10);
    assert_int_equal(moim_score_wer("나는 간다", "나는간다", 1, &w), MOIM_OK);
    assert_int_equal(w.edits, 2);
}

static void numbers(void **state)
{
    (void)state;
    char s[200];
    moim_spell_number(1905, s, sizeof s);
    assert_string_equal(s, "nineteen oh five");
    moim_spell_number(1800, s, sizeof s);
    assert_string_equal(s, "eighteen hundred");
    moim_spell_number(2500, s, sizeof s);
    assert_string_equal(s, "two thousand five hundred");
    moim_spell_number(1000000, s, sizeof s);
    assert_string_equal(s, "one million");
    moim_spell_number(0, s, sizeof s);
    assert_string_equal(s, "zero");
}

static long slow_distance(const unsigned *a, int na, const unsigned *b, int nb)
{
    if (!na || !nb) return na + nb;
    long x = slow_distance(a + 1, na - 1, b + 1, nb - 1) + (*a != *b),
         y = slow_distance(a + 1, na - 1, b, nb) + 1, z = slow_distance(a, na, b + 1, nb - 1) + 1;
    x = x < y ? x : y;
    return x < z ? x : z;
}

static void distance_equals_its_definition(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 300; round++) {
        unsigned a[6], b[6];
        int na = rand() % 7, nb = rand() % 7;
        for (int i = 0; i < 6; i++) a[i] = (unsigned)rand() % 3, b[i] = (unsigned)rand() % 3;
        assert_int_equal(moim_edit_distance(a, na, b, nb), slow_distance(a, na, b, nb));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(english_words), cmocka_unit_test(korean_characters),
                                       cmocka_unit_test(numbers),
                                       cmocka_unit_test(distance_equals_its_definition)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
