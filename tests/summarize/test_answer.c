/* What a question asks about. Answers themselves need a model: tests/e2e/find.sh and tests/ask. */
#include "testing.h"

#include "summarize/answer.h"

static void check(const char *question, const char *want)
{
    char word[8][64], got[600] = "";
    int n = moim_question_words(question, word, 8);
    for (int i = 0; i < n; i++) {
        if (i) strcat(got, " ");
        strcat(got, word[i]);
    }
    if (strcmp(got, want)) fail_msg("'%s' asks about '%s', not '%s'", question, got, want);
}

static void content_words_remain_without_particles(void **state)
{
    (void)state;
    check("예산은 누가 승인하기로 했지?", "예산 승인하기");
    check("워크숍 날짜는 언제로 확정됐어?", "워크숍 날짜 확정됐어");
    check("Who will write to the customers?", "write customers");
    check("", "");
    check("누가 뭐라고 했지?", "");
    check("예산 예산은 예산이?", "예산");
}

static void any_bytes_are_taken(void **state)
{
    (void)state;
    char word[3][64], longest[400];
    memset(longest, 0, sizeof longest);
    for (int i = 0; i < 130; i++) memcpy(longest + 3 * i, "가", 3);
    assert_int_equal(moim_question_words(longest, word, 3), 1);
    assert_true(strlen(word[0]) < 64);
    assert_true(moim_question_words("\xff\xfe \xe2\x82 a\x80\x80\x80 one two three", word, 3) <= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_words_remain_without_particles),
        cmocka_unit_test(any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
