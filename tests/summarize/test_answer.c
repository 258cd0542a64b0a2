/* What a question asks about. Answers themselves need a model: tests/e2e/find.sh and tests/ask. */
#include "testing.h"

#include "summarize/answer.h"
#include "summarize/answer_extract.h"
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
    assert_int_equal(moim_recall(&meeting, false, "축제 준비", question, &r, &err), MOIM_OK);
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

/* ---- what a model answered ---- */

static const struct moim_turn_text clinic[] = {
    {0, 4, "문 실장", "정수기 필터는 몇 개 살까요? 여덟 개면 되려나."},
    {4, 8, "서 간호사", "창고에 두 개 남아서 다섯 개면 돼요."},
    {8, 12, "문 실장", "그럼 다섯 개로 하죠. 주문은 서 간호사님이 금요일까지 해 주세요."},
    {12, 16, "서 간호사", "네, 금요일까지 할게요."},
    {16, 20, "문 실장", "3층 복도는 왜 막았어요?"},
    {20, 24, "서 간호사", "누수 때문에 바닥을 뜯어서요."},
    {24, 28, "문 실장", "연봉 얘기는 아닌데, 간식비는 월 20만 원 나갔습니다."},
};

static struct moim_answer_basis basis_of(const char *question)
{
    return (struct moim_answer_basis){question, "병원 운영 회의", clinic, sizeof clinic / sizeof *clinic};
}

static void an_answer_that_its_turns_do_not_say_is_quoted_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *question, *answer;
        int ref;
        const char *left; /* NULL: refused */
    } is[] = {
        {"간식비는 한 달에 얼마 나갔지?", "월 20만 원입니다.", 6, "월 20만 원입니다."},
        {"간식비는 한 달에 얼마 나갔지?", "월 30만 원입니다.", 6,
         "문 실장 “연봉 얘기는 아닌데, 간식비는 월 20만 원 나갔습니다.”"},
        {"서 간호사 혈액형은 뭐지?", "서 간호사의 혈액형은 에이형입니다.", 1, NULL},
        {"문 실장 전화번호는 뭐지?", "금요일입니다.", 2, NULL},
        {"필터는 몇 개 사기로 했지?", "필터는 여덟 개 사기로 했습니다.", 0,
         "다섯 개"}, /* settled after that */
        {"3층 복도는 왜 막았지?", "누수 때문에 바닥을 뜯어서 막았습니다.", 5, "누수"},
        {"3층 복도는 왜 막았지?", "문 실장이 물었습니다.", 4, "누수"}, /* the reason stands beside it */
        {"정수기 필터는 왜 주문하지?", "금요일까지 주문합니다.", 3, NULL},
        {"병원 운영 회의에서 간식비는 얼마지?", "20만 원", 6, "20만 원"}, /* the title chose the meeting */
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct moim_answer_basis b = basis_of(is[i].question);
        struct moim_answer a = {.refs = {is[i].ref}, .n_refs = 1};
        snprintf(a.text, sizeof a.text, "%s", is[i].answer);
        bool kept = moim_answer_verify(&b, &a);
        if (kept != (is[i].left != NULL) || kept != (a.n_refs > 0) || (kept && !strstr(a.text, is[i].left)))
            fail_msg("'%s' '%s': '%s'", is[i].question, is[i].answer, a.text);
    }
}

static void numbers_count_in_words(void **state)
{
    (void)state;
    char unit[32];
    assert_true(moim_number_in_words("칠백이십 짜리로 하죠"));
    assert_true(moim_number_in_words("지금 하시면 삼백 이십에"));
    assert_false(moim_number_in_words("이 일은 그만두죠"));
    assert_false(moim_number_in_words("만나서 얘기해요"));
    moim_asked_unit("신고한 집은 몇 집이야?", unit);
    assert_string_equal(unit, "집");
    assert_true(moim_counts_in("일곱 집이요", unit));
}

static void a_turn_answers_as_it_stands(void **state)
{
    (void)state;
    static const char *const is[][2] = {{"간식비는 얼마 나갔지?", "20만 원"},
                                        {"3층 복도는 왜 막았지?", "누수 때문에"},
                                        {"정수기 필터는 몇 개 사기로 했지?", "다섯 개로 하죠"},
                                        {"문 실장 연봉은 얼마지?", NULL},
                                        {"3층 복도는 언제 막았지?", NULL},
                                        {"주차비는 얼마지?", NULL},
                                        {"3층에 방이 몇 개지?", NULL}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct moim_answer_basis b = basis_of(is[i][0]);
        struct moim_answer a;
        double match;
        moim_answer_extract(&b, &a, &match);
        if ((is[i][1] != NULL) != (a.n_refs > 0) || (is[i][1] && !strstr(a.text, is[i][1])))
            fail_msg("'%s': '%s'", is[i][0], a.text);
        if (a.n_refs) { /* one speaker, whose turn is cited */
            assert_int_equal(a.n_refs, 1);
            assert_int_equal(strncmp(a.text, clinic[a.refs[0]].speaker, strlen(clinic[a.refs[0]].speaker)),
                             0);
        }
    }
}

static void a_question_has_one_part_or_two(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        int n;
        const char *second;
    } is[] = {{"필터는 누가 주문하지?", 1, NULL},
              {"필터는 몇 개 사기로 했고 누가 주문하지?", 2, "누가 주문하지"},
              {"How much was it and who paid?", 2, "who paid"},
              {"Who writes to Ann and Ben?", 1, NULL},
              {"3층은 왜 막았지? 언제 끝나지?", 2, "언제 끝나지"},
              {"", 1, NULL}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        char part[2][1024];
        int n = moim_question_parts(is[i].question, part);
        if (n != is[i].n || (n == 2 && !strstr(part[1], is[i].second)))
            fail_msg("'%s': %d, '%s'", is[i].question, n, n > 1 ? part[1] : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_words_remain_without_particles),
        cmocka_unit_test(any_bytes_are_taken),
        cmocka_unit_test(an_answer_is_of_the_kind_that_was_asked_for),
        cmocka_unit_test(who_is_who_was_asked_and_not_who_asked),
        cmocka_unit_test(what_was_not_settled_is_not_recalled),
        cmocka_unit_test(an_answer_that_its_turns_do_not_say_is_quoted_or_refused),
        cmocka_unit_test(numbers_count_in_words),
        cmocka_unit_test(a_turn_answers_as_it_stands),
        cmocka_unit_test(a_question_has_one_part_or_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
