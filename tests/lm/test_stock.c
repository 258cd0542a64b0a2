/* What subtitles say where nobody speaks is told from what people say. */
#include "lm/stock.h"
#include "tests/testing.h"

#include <string.h>

static void stock_phrases_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *text;
        bool stock;
    } cases[] = {
        {"ko", "시청해 주셔서 감사합니다.", true},
        {"ko", "시청해주셔서 감사합니다!", true},
        {"ko", "MBC 뉴스 김성현입니다.", true},
        {"ko", "지금까지 서울에서 김철수입니다. MBC 뉴스 김철수였습니다.", true},
        {"ko", "구독과 좋아요 부탁드립니다.", true},
        {"ko", "감사합니다.", false},
        {"ko", "참석해 주셔서 감사합니다.", false},
        {"ko", "어제 MBC 뉴스 보셨어요?", false},
        {"ko", "시청해 주셔서 감사합니다. 다음 안건으로 넘어가겠습니다.", false},
        {"en", "Thank you for watching!", true},
        {"en", "Thanks for watching.", true},
        {"en", "Subtitles by the Amara.org community", true},
        {"en", "Thank you.", false},
        {"en", "Thank you for waiting.", false},
        {"ja", "Thank you for watching", false},
        {"ko", "", false},
        {"ko", "...", false},
        {"en", "\xff\xfe", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (moim_is_stock_phrase(cases[i].lang, cases[i].text) != cases[i].stock)
            fail_msg("%s: %s", cases[i].lang, cases[i].text);
    char more[1000];
    memset(more, 'a', sizeof more - 1);
    more[sizeof more - 1] = 0;
    assert_false(moim_is_stock_phrase("en", more));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stock_phrases_are_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
