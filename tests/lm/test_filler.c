/* Sounds of hesitation are told from words, and a line reads on without them. */
#include "lm/filler.h"
#include "tests/testing.h"

#include <stdlib.h>
#include <string.h>

static void a_word_is_a_filler_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *word;
        bool filler;
    } cases[] = {
        {"ko", "음", true},        {"ko", "어...", true},     {"ko", "음,", true},     {"ko", "어어", true},
        {"ko", "그,", true},       {"ko", "그", false},       {"ko", "저", false},     {"ko", "저…", true},
        {"ko", "네", false},       {"ko", "네.", false},      {"ko", "응", false},     {"ko", "아", false},
        {"ko", "음악", false},     {"ko", "어제", false},     {"ko", "뭐,", true},     {"ko", "뭐", false},
        {"en", "um", true},        {"en", "Umm,", true},      {"en", "uhhh...", true}, {"en", "Er,", true},
        {"en", "hmm.", true},      {"en", "mm", true},        {"en", "mmm", true},     {"en", "mm-hm", false},
        {"en", "uh-huh", false},   {"en", "oh", false},       {"en", "well", false},   {"en", "Well,", true},
        {"en", "umbrella", false}, {"en", "I", false},        {"en", "me", false},     {"en", "a", false},
        {"de", "um", false},       {"ko", "um", false},       {"ko", "", false},       {"en", "...", false},
        {"ko", ",", false},        {"ko", "\xff\xfe", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (moim_is_filler(cases[i].lang, cases[i].word) != cases[i].filler)
            fail_msg("%s: %s", cases[i].lang, cases[i].word);
}

/* "그" stands for hesitation where hesitation follows, and for "that" where a noun does. */
static void a_neighbour_decides(void **state)
{
    (void)state;
    const char *words[] = {"그", "어", "제가", "그", "사람을"};
    bool filler[5];
    moim_mark_fillers("ko", words, 5, filler);
    const bool want[] = {true, true, false, false, false};
    for (int i = 0; i < 5; i++) assert_int_equal(filler[i], want[i]);
}

static void a_line_reads_on(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"ko", "음, 그 어 예산은 음 삼천만 원입니다.", "예산은 삼천만 원입니다."},
        {"ko", "제가 할게요, 음.", "제가 할게요."},
        {"ko", "이걸로 할까요 어?", "이걸로 할까요?"},
        {"ko", "음.", ""},
        {"ko", "", ""},
        {"ko", "네, 그 사람이요.", "네, 그 사람이요."},
        {"en", "Um, we should, uh, ship it.", "We should, ship it."},
        {"en", "I agree. Uh, but when?", "I agree. But when?"},
        {"en", "that is it, um...", "that is it,"},
        {"ja", "um 音", "um 音"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said = moim_without_fillers(cases[i][0], cases[i][1]);
        assert_non_null(said);
        assert_string_equal(said, cases[i][2]);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_a_filler_or_not),
        cmocka_unit_test(a_neighbour_decides),
        cmocka_unit_test(a_line_reads_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
