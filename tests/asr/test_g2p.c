/* Pronunciations against hama's own engine (tests/golden/make_g2p.py). */
#include "asr/g2p.h"
#include "testing.h"

#include <stdbool.h>

static struct moim_g2p *net;

static int open_net(void **state)
{
    (void)state;
    struct moim_err err;
    assert_ok(moim_g2p_open(&net, test_model("encoder.hama"), test_model("decoder_step.hama"),
                            test_model("g2p_vocab.json"), &err),
              err);
    return 0;
}

static int close_net(void **state)
{
    (void)state;
    moim_g2p_close(net);
    return 0;
}

static bool same_ids(const char *wanted, const uint8_t *ids, int n)
{
    int i = 0;
    for (char *end;; i++) {
        long id = strtol(wanted, &end, 10);
        if (end == wanted) return i == n;
        if (i >= n || id != ids[i]) return false;
        wanted = end;
    }
}

static void agrees_with_hama_on_99_percent_of_words(void **state)
{
    (void)state;
    FILE *f = fopen("tests/asr/golden/g2p.txt", "r");
    assert_non_null(f);
    char line[512];
    int same = 0, all = 0, n;
    uint8_t ids[MOIM_G2P_MAX_PHONEMES];
    while (fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = 0;
        struct moim_err err;
        assert_ok(moim_g2p_word(net, line, ids, &n, &err), err);
        all++;
        if (same_ids(tab + 1, ids, n))
            same++;
        else
            printf("differs: %s\n", line);
    }
    fclose(f);
    printf("%d of %d words as hama has them\n", same, all);
    assert_true(all == 520);
    assert_true(same * 100 >= all * 99);
}

static void spelling_with_capitals_and_spaces_is_the_same_word(void **state)
{
    (void)state;
    uint8_t a[MOIM_G2P_MAX_PHONEMES], b[MOIM_G2P_MAX_PHONEMES];
    int na, nb;
    assert_int_equal(moim_g2p_word(net, "meeting", a, &na, NULL), MOIM_OK);
    assert_int_equal(moim_g2p_word(net, " MEE ting\n", b, &nb, NULL), MOIM_OK);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, (size_t)na);
    assert_int_equal(moim_g2p_id(net, moim_g2p_ipa(net, a[0])), a[0]);
    assert_int_equal(moim_g2p_id(net, "no such sound"), -1);
    assert_string_equal(moim_g2p_ipa(net, 189), "");
}

static void odd_input_fails_or_gives_something_short(void **state)
{
    (void)state;
    uint8_t ids[MOIM_G2P_MAX_PHONEMES];
    char longer[200];
    int n;
    struct moim_err err;
    assert_int_equal(moim_g2p_word(net, "", ids, &n, &err), MOIM_EINVAL);
    assert_int_equal(moim_g2p_word(net, " \t", ids, &n, &err), MOIM_EINVAL);
    memset(longer, 'a', 129);
    longer[129] = 0;
    assert_int_equal(moim_g2p_word(net, longer, ids, &n, &err), MOIM_EINVAL);
    longer[128] = 0;
    assert_ok(moim_g2p_word(net, longer, ids, &n, &err), err);
    assert_true(n <= MOIM_G2P_MAX_PHONEMES);
    assert_ok(moim_g2p_word(net, "\xff\xc3\xe0\x80\xf0\x9f", ids, &n, &err), err);
    assert_true(n <= MOIM_G2P_MAX_PHONEMES);
}

static void nets_in_the_wrong_place_are_refused(void **state)
{
    (void)state;
    struct moim_g2p *g;
    struct moim_err err;
    assert_int_equal(moim_g2p_open(&g, test_model("decoder_step.hama"), test_model("decoder_step.hama"),
                                   test_model("g2p_vocab.json"), &err),
                     MOIM_EFORMAT);
    assert_null(g);
    assert_int_equal(moim_g2p_open(&g, test_model("encoder.hama"), test_model("decoder_step.hama"),
                                   test_model("p2g_vocab.json"), &err),
                     MOIM_EFORMAT);
    assert_int_equal(moim_g2p_open(&g, "missing", "missing", "missing", &err), MOIM_ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_hama_on_99_percent_of_words),
        cmocka_unit_test(spelling_with_capitals_and_spaces_is_the_same_word),
        cmocka_unit_test(odd_input_fails_or_gives_something_short),
        cmocka_unit_test(nets_in_the_wrong_place_are_refused),
    };
    return cmocka_run_group_tests(tests, open_net, close_net);
}
