/* Numbers: what is said, what is written, and what must be left alone. */
#include "lm/itn.h"
#include "tests/testing.h"

#include <stdlib.h>
#include <string.h>

static struct moim_hyp *hypothesis(struct moim_nbest *nb, const char *text)
{
    struct moim_hyp *h = moim_nbest_add(nb);
    char copy[512], *save;
    snprintf(copy, sizeof copy, "%s", text);
    double t = 1;
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), t += 1)
        assert_int_equal(moim_hyp_add_word(h, w, t, t + 0.5, 0.5f, true), 0);
    return h;
}

struct pair {
    const char *said, *written;
};

static void check_written(const struct pair *p, size_t n, const char *lang)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct moim_nbest nb = {0};
        struct moim_hyp *h = hypothesis(&nb, p[i].said);
        assert_int_equal(moim_itn_written(h, lang), 0);
        if (strcmp(h->text, p[i].written)) {
            print_error("%s -> %s, not %s\n", p[i].said, h->text, p[i].written);
            wrong++;
        }
        moim_nbest_free(&nb);
    }
    assert_int_equal(wrong, 0);
}

static void check_spoken(const struct pair *p, size_t n, const char *lang)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        char *s = moim_itn_spoken(p[i].written, lang);
        assert_non_null(s);
        if (strcmp(s, p[i].said)) {
            print_error("%s -> %s, not %s\n", p[i].written, s, p[i].said);
            wrong++;
        }
        free(s);
    }
    assert_int_equal(wrong, 0);
}
#define COUNT(a) (sizeof(a) / sizeof *(a))

static void korean_written(void **state)
{
    (void)state;
    static const struct pair p[] = {
        {"예산은 삼천만 원입니다", "예산은 3,000만 원입니다"},
        {"이천십팔 년 완공", "2018 년 완공"},
        {"이천 십팔 년 완공", "2018 년 완공"},
        {"이천이십육년 삼월 오일까지", "2026년 3월 5일까지"},
        {"오십 퍼센트 늘었다", "50% 늘었다"},
        {"참석자는 스물다섯 명이고", "참석자는 25 명이고"},
        {"세 시에 만나요", "3 시에 만나요"},
        {"만 이천 원", "1만 2,000 원"},
        {"십오분 뒤에", "15분 뒤에"},
        {"천오백만 원을", "1,500만 원을"},
        /* left alone: not numbers, or too small to be figures */
        {"이 사람이 두 개 샀다", "이 사람이 두 개 샀다"},
        {"이번 일은 사실 오늘 천천히", "이번 일은 사실 오늘 천천히"},
        {"다시 한 번 역시 사과를", "다시 한 번 역시 사과를"},
        {"만약 이 일이 사회 문제라면", "만약 이 일이 사회 문제라면"},
        {"어서 오십시오", "어서 오십시오"},
        {"이사회 구성원 삼성 백만장자", "이사회 구성원 삼성 백만장자"},
        {"이 분이 오셨다", "이 분이 오셨다"},
    };
    check_written(p, COUNT(p), "ko");
}

static void korean_spoken(void **state)
{
    (void)state;
    static const struct pair p[] = {
        {"이천십팔년 완공", "2018년 완공"},
        {"삼천만 원", "3,000만 원"},
        {"십대 자녀", "10대 자녀"},
        {"유월 십일", "6월 10일"},
        {"시월 삼일", "10월 3일"},
        {"세 시 삼십분", "3시 30분"},
        {"스무 명", "20명"},
        {"스물다섯 살", "25살"},
        {"백스무 명", "백20명"},
        {"만 원", "10000 원"},
        {"십삼점오퍼센트", "13.5%"},
        {"공일공일이삼사오육칠팔", "010-1234-5678"},
        {"다섯 번째", "5번째"},
        {"오 달러", "5 달러"},
        {"육개월", "6개월"},
        {"이억", "2억"},
        {"숫자 없음", "숫자 없음"},
    };
    check_spoken(p, COUNT(p), "ko");
}

static void english_written(void **state)
{
    (void)state;
    static const struct pair p[] = {
        {"in fourteen sixty-nine, fourteen seventy;", "in 1469, 1470;"},
        {"about eighteen fifty it", "about 1850 it"},
        {"the sixteenth century", "the 16th century"},
        {"the twenty first of may", "the 21st of may"},
        {"two hundred and fifty people", "250 people"},
        {"fifteen thousand three hundred", "15,300"},
        {"fifty percent of it", "50% of it"},
        {"it cost twenty-five dollars.", "it cost $25."},
        {"five percent", "5%"},
        {"one of the two", "one of the two"},
        {"the first thing", "the first thing"},
        {"nineteen oh five", "1905"},
        {"three", "three"},
        {"six hundred thousand", "600,000"},
        {"no one hundred", "no 100"},
    };
    check_written(p, COUNT(p), "en");
}

static void english_spoken(void **state)
{
    (void)state;
    static const struct pair p[] = {
        {"in fourteen sixty nine", "in 1469"},
        {"the sixteenth century", "the 16th century"},
        {"two thousand five hundred", "2,500"},
        {"fifty percent", "50%"},
        {"twenty five dollars each", "$25 each"},
        {"three point five", "3.5"},
        {"the nineteen nineties", "the 1990s"},
        {"at ten thirty", "at 10:30"},
        {"nineteen oh five", "1905"},
        {"R2D2 and B12", "R2D2 and B12"},
        {"two thousand three", "2003"},
    };
    check_spoken(p, COUNT(p), "en");
}

/* What is written keeps the times of all that was said, and the words themselves. */
static void keeps_times_and_words(void **state)
{
    (void)state;
    struct moim_nbest nb = {0};
    struct moim_hyp *h = hypothesis(&nb, "about eighteen fifty seven people");
    assert_int_equal(moim_itn_written(h, "en"), 0);
    assert_int_equal(h->n_words, 3);
    assert_string_equal(h->words[1].text, "1857");
    assert_string_equal(h->words[1].spoken, "eighteen fifty seven");
    assert_true(h->words[1].start == 2 && h->words[1].end == 4.5);
    assert_null(h->words[0].spoken);
    moim_nbest_free(&nb);
}

/* Any bytes in, words out: nothing is read beyond its end (run under ASan). */
static void survives_anything(void **state)
{
    (void)state;
    unsigned x = 1;
    static const char *const bits[] = {"이",      "십",  "만", "백", "열", "스무", " ",  "년",      "명",
                                       "9",       ",",   ".",  "$",  "%",  "\xec", "₩",  "twenty",  "-",
                                       "hundred", "and", "th", "1",  "0",  ":",    "oh", "million", "°"};
    for (int round = 0; round < 20000; round++) {
        char text[400] = "";
        for (int i = 0; i < 12; i++) {
            x = x * 1664525u + 1013904223u;
            strcat(text, bits[(x >> 16) % COUNT(bits)]);
        }
        for (int k = 0; k < 2; k++) {
            struct moim_nbest nb = {0};
            char *s = moim_itn_spoken(text, k ? "ko" : "en");
            assert_non_null(s);
            free(s);
            assert_int_equal(moim_itn_written(hypothesis(&nb, text), k ? "ko" : "en"), 0);
            moim_nbest_free(&nb);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(korean_written),        cmocka_unit_test(korean_spoken),
        cmocka_unit_test(english_written),       cmocka_unit_test(english_spoken),
        cmocka_unit_test(keeps_times_and_words), cmocka_unit_test(survives_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
