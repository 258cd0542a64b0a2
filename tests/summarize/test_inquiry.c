/* What a question asks for, and the turn that answers it. */
#include "testing.h"

#include "summarize/answer_rank.h"

static void kinds_and_attributes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        unsigned kinds;
        const char *head; /* NULL: any */
    } is[] = {
        {"안내문은 누가 언제까지 쓰죠?", MOIM_ASKED_WHO | MOIM_ASKED_DAY, NULL},
        {"배달은 몇 시부터 막아 둬요?", MOIM_ASKED_HOUR, NULL},
        {"공사가 며칠이나 걸린대요?", MOIM_ASKED_SPAN, NULL},
        {"과학관 입장료는 한 명당 얼마예요?", MOIM_ASKED_MONEY, "입장료"},
        {"모래는 왜 안 된대요?", MOIM_ASKED_WHY, NULL},
        {"엄마 연세가 올해 몇이시지?", MOIM_ASKED_AGE, NULL},
        {"큰누나 통장 계좌번호가 뭐였지?", MOIM_ASKED_CONTACT, "계좌번호"},
        {"105동 대표님 성함이 어떻게 되죠?", MOIM_ASKED_NAME, NULL},
        {"어느 업체에 맡겨요?", MOIM_ASKED_WHAT, "업체"},
        {"연장 신청은 하기로 했나요?", MOIM_ASKED_WHETHER, NULL},
        {"Who is finding out and by when?", MOIM_ASKED_WHO | MOIM_ASKED_DAY, NULL},
        {"What's the total budget for the extension?", MOIM_ASKED_MONEY, "budget"},
        {"What fish did we go for?", MOIM_ASKED_WHAT, "fish"},
        {"How old is Mom?", MOIM_ASKED_AGE, NULL},
        {"Why wouldn't the library do?", MOIM_ASKED_WHY, NULL},
        {"Are they selling the house?", MOIM_ASKED_WHETHER, NULL},
        {"How many people are coming?", MOIM_ASKED_COUNT, NULL},
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct moim_inquiry q;
        moim_inquiry_read(&q, is[i].question);
        if (q.kinds != is[i].kinds || (is[i].head && strcmp(q.head, is[i].head)))
            fail_msg("'%s': kinds %#x, head '%s'", is[i].question, q.kinds, q.head);
    }
}

static void only_an_answer_of_that_form_answers(void **state)
{
    (void)state;
    static const struct {
        const char *question, *text;
        bool answers;
    } is[] = {
        {"공연이 며칠이야?", "그럼 뭐 십팔일이지", true},
        {"공연이 며칠이야?", "어 난 좋아", false},
        {"부산 지점은 언제 열지?", "오늘은 부산 지점 건만 봅시다.", false},
        {"엄마 연세가 어떻게 되셔?", "엄마헌티 슬쩍 물어봐야 쓰겄다", false},
        {"엄마 연세가 어떻게 되셔?", "올해 예순다섯 살이셔", true},
        {"법무 담당자 이메일이 뭐예요?", "법무에는 제가 오늘 메일 넣을게요.", false},
        {"법무 담당자 이메일이 뭐예요?", "kim@example.org예요.", true},
        {"보상금은 얼마로 정했지?", "사용률이 80퍼센트를 넘으면 지우기로 합시다.", false},
        {"음식은 몇 명분이에요?", "팔십 잡으소", true},
        {"음식은 몇 명분이에요?", "남으면 싸 가면 되지", false},
        {"When is the first game?", "October third. Home.", true},
        {"When is the first game?", "At the usual place.", false},
        {"How much do they pay?", "Six hundred each.", true},
        {"How much do they pay?", "You just bought a boat.", false},
        {"출연료는 얼마로 합의했어?", "네 오늘 밤에 단톡 돌리겠습니다", false},
        {"출연료는 얼마로 합의했어?", "캐스팅 때 구두로 한 거라 기억이 안 나요", false},
        {"몇 분 오시기로 했지?", "세 분 오신대요", true},
        {"상자는 몇 개 필요해?", "네 개면 돼요", true},
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct moim_inquiry q;
        moim_inquiry_read(&q, is[i].question);
        bool formal = moim_inquiry_answered(&q, is[i].text) & q.kinds & MOIM_ASKED_FORMAL;
        if (formal != is[i].answers) fail_msg("'%s' '%s'", is[i].question, is[i].text);
    }
}

static const struct moim_turn_text talk[] = {
    {0, 4, "문 실장", "오늘 날씨가 좋네요. 다들 식사는 하셨어요?"},
    {4, 8, "서 간호사", "네, 국수 먹었어요."},
    {8, 12, "문 실장", "정수기 필터는 몇 개 살까요?"},
    {12, 16, "서 간호사", "창고에 두 개 남아서 다섯 개면 돼요."},
    {16, 20, "문 실장", "그럼 필터는 다섯 개로 하죠."},
    {20, 24, "서 간호사", "네."},
    {24, 28, "문 실장", "3층 복도는 왜 막았어요?"},
    {28, 32, "서 간호사", "누수가 있어서 바닥을 뜯었어요."},
};

static struct moim_answer_view view_of(const struct moim_inquiry *q)
{
    struct moim_err err;
    struct moim_answer_view v = {
        .q = q, .title = "병원 운영 회의", .turns = talk, .n_turns = sizeof talk / sizeof *talk};
    assert_ok(moim_answer_view_open(&v, &err), err);
    return v;
}

static int best_of(const struct moim_answer_view *v, double *score)
{
    int best = -1;
    *score = -1e9;
    for (int t = 0; t < v->n_turns; t++) {
        float f[MOIM_ANSWER_FEATURES];
        if (!moim_answer_features(v, t, f)) continue;
        double s = moim_answer_score(f);
        if (s > *score) *score = s, best = t;
    }
    return best;
}

static void the_turn_that_answers_scores_best_and_is_quoted_by_its_speaker(void **state)
{
    (void)state;
    struct moim_inquiry q;
    char text[MOIM_ANSWER_MAX];
    int refs[MOIM_ANSWER_REFS];
    double score, other;
    moim_inquiry_read(&q, "정수기 필터는 몇 개 사기로 했지?");
    struct moim_answer_view v = view_of(&q);
    int best = best_of(&v, &score), n = moim_answer_gather(&v, best, refs);
    moim_answer_compose(&v, refs, n, text, sizeof text);
    if (!strstr(text, "다섯 개") || !strstr(text, "서 간호사 “") || n < 1 || n > 3)
        fail_msg("%d: %s", n, text);
    for (int i = 1; i < n; i++) assert_true(refs[i - 1] < refs[i]);
    moim_answer_view_close(&v);
    /* What nobody spoke of is farther from an answer. */
    moim_inquiry_read(&q, "주차 요금은 몇 원이지?");
    v = view_of(&q);
    best_of(&v, &other);
    assert_true(other < score);
    moim_answer_view_close(&v);
}

static void a_form_that_nothing_has_leaves_no_turn(void **state)
{
    (void)state;
    struct moim_inquiry q;
    double score;
    moim_inquiry_read(&q, "서 간호사 전화번호가 뭐예요?");
    struct moim_answer_view v = view_of(&q);
    assert_int_equal(best_of(&v, &score), -1);
    moim_answer_view_close(&v);
    moim_inquiry_read(&q, "필터 보증금은 얼마예요?"); /* there are amounts, and no deposit */
    v = view_of(&q);
    assert_int_equal(best_of(&v, &score), -1);
    moim_answer_view_close(&v);
}

/* The reader tells the place better than the turn: the turn that settles it, farther on, is shown, too. */
static void more_of_a_place_is_shown_where_it_was_read(void **state)
{
    (void)state;
    enum { N = sizeof talk / sizeof *talk };
    struct moim_inquiry q;
    int refs[MOIM_ANSWER_REFS];
    float read[N] = {-9, -9, 2, 0, 1, -1, -9, 1.8F};
    moim_inquiry_read(&q, "정수기 필터는 몇 개 사기로 했지?");
    struct moim_answer_view v = view_of(&q);
    v.read = read;
    int n = moim_answer_gather(&v, 2, refs);
    bool shown[N] = {false};
    for (int i = 0; i < n; i++) shown[refs[i]] = true;
    assert_true(n <= 5 && shown[2] && shown[3] && shown[4] && shown[7]);
    assert_false(shown[6]); /* what the reader finds unlikely */
    assert_false(shown[5]); /* "네." alone */
    moim_answer_view_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_attributes_are_read),
        cmocka_unit_test(only_an_answer_of_that_form_answers),
        cmocka_unit_test(the_turn_that_answers_scores_best_and_is_quoted_by_its_speaker),
        cmocka_unit_test(more_of_a_place_is_shown_where_it_was_read),
        cmocka_unit_test(a_form_that_nothing_has_leaves_no_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
