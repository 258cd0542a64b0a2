/* Korean sentence ends put into a text that has none. */
#include "lm/punctuate.h"
#include "tests/testing.h"

#include <string.h>

static void endings_tell_their_sign(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool pause;
        char sign;
    } cases[] = {
        {"시작하겠습니다", false, '.'},
        {"입니다", false, '.'},
        {"됐습니까", false, '?'},
        {"하니까", true, 0},
        {"갔어요", false, '.'},
        {"어떨까요", false, '?'},
        {"인가요", false, '?'},
        {"그렇죠", false, '.'},
        {"했고요", true, '.'},
        {"했고요", false, 0},
        {"필요", true, 0},
        {"중요", true, 0},
        {"했다", true, '.'},
        {"했다", false, 0},
        {"같다", true, '.'},
        {"다", true, 0},
        {"바다", true, 0},
        {"끝났습니다.", true, 0},
        {"12월부터요", true, '.'},
        {"12월부터요", false, 0},
        {"잡았어", true, '.'},
        {"잡았어", false, 0},
        {"됐지", true, '.'},
        {"간지", true, 0},
        {"괜찮네", true, '.'},
        {"동네", true, 0},
        {"네", true, 0},
        {"볼게", true, '.'},
        {"가게", true, 0},
        {"되잖아", true, '.'},
        {"넘깁시다", false, '.'},
        {"의자", true, 0},
        {"OK", true, 0},
        {"", true, 0},
        {"\xff\xfe", true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sign = moim_sentence_sign_ko(cases[i].word, cases[i].pause);
        if (sign != cases[i].sign) fail_msg("%s: '%c'", cases[i].word, sign ? sign : '-');
    }
}

/* Words, times and spaces stay; every hypothesis gets its signs, and a second time changes nothing. */
static void a_list_is_punctuated(void **state)
{
    (void)state;
    struct moim_nbest nb = {0};
    const char *const words[] = {"회의를", "시작하겠습니다", "예산은", "어떻게", "됐습니까", "제가", "냈다"};
    for (int k = 0; k < 2; k++) {
        struct moim_hyp *h = moim_nbest_add(&nb);
        for (int i = k; i < 7; i++)
            assert_int_equal(moim_hyp_add_word(h, words[i], i, i + 0.9, 0.5f, i > k), 0);
    }
    assert_false(moim_punctuated(nb.hyps[0].text));
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(moim_punctuate_ko(&nb), 0);
        assert_string_equal(nb.hyps[0].text, "회의를 시작하겠습니다. 예산은 어떻게 됐습니까? 제가 냈다.");
        assert_string_equal(nb.hyps[1].text, "시작하겠습니다. 예산은 어떻게 됐습니까? 제가 냈다.");
    }
    assert_int_equal(nb.hyps[0].n_words, 7);
    assert_string_equal(nb.hyps[0].words[4].text, "됐습니까?");
    assert_true(moim_punctuated(nb.hyps[0].text) && moim_punctuated("行きます。") &&
                !moim_punctuated("네, 네"));
    moim_nbest_free(&nb);
}

static void signs_come_where_the_speaker_pauses(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        double pause;
        const char *mended;
    } said[] = {
        {"준비했습니다", 0.5, "준비했습니다."},
        {"그런데", 0.1, "그런데"},
        {"해야", 0.6, "해야"},
        {"하는데", 0.5, "하는데,"},
        {"늦었지만", 0.1, "늦었지만"},
        {"갔어요", 0.1, "갔어요"},
        {"됐습니까.", 0.1, "됐습니까?"},
        {"네,", 0.9, "네,"},
        {"합니다...", 0.9, "합니다..."},
        {"OK", 0.9, "OK"},
        {"데", 0.9, "데"},
        {"끝났어요", 2, "끝났어요."},
    };
    struct moim_nbest nb = {0};
    struct moim_hyp *h = moim_nbest_add(&nb);
    double at = 0;
    int n = sizeof said / sizeof *said;
    for (int i = 0; i < n; i++) {
        assert_int_equal(moim_hyp_add_word(h, said[i].word, at, at + 0.5, 0.5f, i > 0), 0);
        at += 0.5 + said[i].pause;
    }
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(moim_mend_signs_ko(&nb, at), 0);
        for (int i = 0; i < n; i++) assert_string_equal(nb.hyps[0].words[i].text, said[i].mended);
        assert_non_null(
            strstr(nb.hyps[0].text, "준비했습니다. 그런데 해야 하는데, 늦었지만 갔어요 됐습니까? 네,"));
    }
    moim_nbest_free(&nb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endings_tell_their_sign),
        cmocka_unit_test(a_list_is_punctuated),
        cmocka_unit_test(signs_come_where_the_speaker_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
