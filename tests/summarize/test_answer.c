/* What a question asks about. Answers themselves need a model: tests/e2e/find.sh and tests/ask. */
#include "testing.h"

#include "summarize/answer.h"
#include "summarize/answer_from_findings.h"

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

static void an_answer_is_of_the_kind_that_was_asked_for(void **state)
{
    (void)state;
    assert_true(moim_answer_fits("회고는 언제 하지?", "다음 주 금요일 4시에 합니다."));
    assert_true(moim_answer_fits("회고는 언제 하지?", "10월 17일입니다."));
    assert_false(moim_answer_fits("지점은 언제 열지?", "월세가 1,200만 원입니다."));
    assert_false(moim_answer_fits("메뉴는 뭐였지?", "오늘 메뉴가 뭐였죠?"));
    assert_false(moim_answer_fits("앱은 언제 나오지?", "앱은 올해 안에 나오나요."));
    assert_false(moim_answer_fits("몇 명이 오지?", "사람들이 옵니다."));
    assert_true(moim_answer_fits("몇 명이 오지?", "스무 명이 옵니다."));
    assert_true(moim_answer_fits("Who prints it?", "Ned prints it."));
    assert_true(moim_answer_fits("When is it due?", "It is due in June."));
    assert_false(moim_answer_fits("When is it due?", "It is due."));
}

/* ---- what needs no model ---- */

static const struct moim_turn_text talk[] = {
    {0, 4, "유라", "다음은 포스터입니다. 준호 씨, 포스터 시안은 언제까지 될까요?"},
    {4, 8, "준호", "시안은 제가 금요일까지 보내 드릴게요."},
    {8, 12, "유라", "좋아요. 인쇄 부수는 300부로 하시죠."},
    {12, 16, "준호", "네, 그렇게 하시죠."},
};
static const struct moim_minutes_request meeting = {
    .turns = talk, .n_turns = 4, .language = "ko", .date = {2026, 11, 24}};

static void recalls(const char *question, const char *want)
{
    struct moim_recalled r;
    struct moim_err err = {0};
    assert_int_equal(moim_recall(&meeting, "축제 준비", question, &r, &err), MOIM_OK);
    if (!want ? *r.answer.text != 0 : !strstr(r.answer.text, want))
        fail_msg("'%s': '%s', not '%s'", question, r.answer.text, want ? want : "");
    assert_int_equal(r.answer.n_refs > 0, want != NULL);
}

static void who_is_who_was_asked_and_not_who_asked(void **state)
{
    (void)state;
    recalls("포스터 시안은 누가 보내기로 했지?", "준호");
    recalls("축제 포스터 시안은 언제까지 보내지?", "금요일");
    recalls("인쇄 부수는 얼마로 정했지?", "300부");
}

static void what_was_not_settled_is_not_recalled(void **state)
{
    (void)state;
    recalls("포스터 인쇄비는 누가 내지?", NULL);
    recalls("인쇄 업체는 어디로 정했지?", NULL);
    recalls("시안은 왜 늦었지?", NULL);
    recalls("가을 소풍은 언제지?", NULL);
    recalls("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_words_remain_without_particles),
        cmocka_unit_test(any_bytes_are_taken),
        cmocka_unit_test(an_answer_is_of_the_kind_that_was_asked_for),
        cmocka_unit_test(who_is_who_was_asked_and_not_who_asked),
        cmocka_unit_test(what_was_not_settled_is_not_recalled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
