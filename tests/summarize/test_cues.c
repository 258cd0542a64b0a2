#include "testing.h"

#include "summarize/cues.h"
#include "summarize/ko/endings.h"

static const char *const act_name[] = {"tell",    "promise", "request", "decide", "so",
                                       "propose", "ask",     "accept",  "refuse", "defer"};

static void expect(struct moim_cue (*cue)(const char *), const char *said, enum moim_act act)
{
    struct moim_cue c = cue(said);
    if (c.act != act) fail_msg("'%s': %s instead of %s", said, act_name[c.act], act_name[act]);
}

static void korean_commitments(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        enum moim_act act;
    } is[] = {{"제가 내일까지 정리해서 보내드릴게요.", MOIM_ACT_PROMISE},
              {"확인해 보겠습니다.", MOIM_ACT_PROMISE},
              {"이번 주 안에 끝낼 수 있습니다.", MOIM_ACT_PROMISE},
              {"시작하겠습니다.", MOIM_ACT_TELL},
              {"네, 알겠습니다.", MOIM_ACT_ACCEPT},
              {"그건 모르겠습니다.", MOIM_ACT_DEFER},
              {"민수 씨, 견적서 좀 보내 주세요.", MOIM_ACT_REQUEST},
              {"일정은 재범 님이 맡아 주시겠어요?", MOIM_ACT_REQUEST},
              {"안녕하세요.", MOIM_ACT_TELL},
              {"회의록 작성 부탁드립니다.", MOIM_ACT_REQUEST},
              {"그럼 24일로 확정할게요.", MOIM_ACT_DECIDE},
              {"온라인으로 진행하기로 했습니다.", MOIM_ACT_DECIDE},
              {"온라인으로 진행하기로 했나요?", MOIM_ACT_ASK},
              {"지난번에 온라인으로 하기로 했습니다.", MOIM_ACT_TELL},
              {"아직 결정 못 했습니다.", MOIM_ACT_DEFER},
              {"결제 모듈은 빼는 걸로 합시다.", MOIM_ACT_DECIDE},
              {"바로 합시다.", MOIM_ACT_DECIDE},
              {"한번 얘기해 봅시다.", MOIM_ACT_TELL},
              {"네, 그렇게 하시죠.", MOIM_ACT_SO},
              {"온라인으로 하면 어떨까요?", MOIM_ACT_PROPOSE},
              {"누가 할까요?", MOIM_ACT_ASK},
              {"좋습니다.", MOIM_ACT_ACCEPT},
              {"그건 어려울 것 같습니다.", MOIM_ACT_REFUSE},
              {"다음에 다시 논의하죠.", MOIM_ACT_DEFER},
              {"매출이 12퍼센트 늘었습니다.", MOIM_ACT_TELL}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) expect(moim_cue_ko, is[i].said, is[i].act);
}

static void english_commitments(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        enum moim_act act;
    } is[] = {{"I'll send the draft tomorrow.", MOIM_ACT_PROMISE},
              {"I 'll prepare the slides for Monday .", MOIM_ACT_PROMISE},
              {"Let me see.", MOIM_ACT_TELL},
              {"Could you write to the client?", MOIM_ACT_REQUEST},
              {"Please prepare a new layout.", MOIM_ACT_REQUEST},
              {"We decided to drop the printer.", MOIM_ACT_DECIDE},
              {"We haven't decided anything.", MOIM_ACT_DEFER},
              {"Have we decided on a date?", MOIM_ACT_ASK},
              {"Let's start with the budget.", MOIM_ACT_TELL},
              {"Let's buy the cheaper one.", MOIM_ACT_DECIDE},
              {"What if we bought a used one?", MOIM_ACT_PROPOSE},
              {"Okay.", MOIM_ACT_ACCEPT},
              {"I don't know yet.", MOIM_ACT_DEFER},
              {"The case is made of rubber.", MOIM_ACT_TELL}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) expect(moim_cue_en, is[i].said, is[i].act);
}

static void becomes(void (*how)(char *), const char *said, const char *note)
{
    char text[MOIM_NOTE_MAX];
    snprintf(text, sizeof text, "%s", said);
    how(text);
    if (strcmp(text, note)) fail_msg("'%s': '%s' instead of '%s'", said, text, note);
}

static void korean_notes(void **state)
{
    (void)state;
    becomes(moim_ko_task, "견적서 정리해서 보내드리겠습니다.", "견적서 정리해서 보내기");
    becomes(moim_ko_task, "자료 초안 드릴게요", "자료 초안 전달");
    becomes(moim_ko_task, "표를 만들게요", "표를 만들기");
    becomes(moim_ko_task, "차편 알아봐 주실래요?", "차편 알아보기");
    becomes(moim_ko_task, "개발 일정표 만들어서 공유드릴게요", "개발 일정표 만들어서 공유");
    becomes(moim_ko_task, "온보딩 문서에서 틀린 부분 고쳐 줘요.", "온보딩 문서에서 틀린 부분 고치기");
    becomes(moim_ko_task, "가격 등록하는 건 할게요", "가격 등록");
    becomes(moim_ko_task, "재무 모델 수정해서 드리겠습니다.", "재무 모델 수정해서 전달");
    becomes(moim_ko_decision, "그 행사는 온라인으로 하기로 했습니다.", "그 행사는 온라인으로 하기로 함");
    becomes(moim_ko_decision, "독일만 가는 걸로 합시다.", "독일만 가는 것으로 함");
    becomes(moim_ko_decision, "나머지를 인플루언서로 돌립시다", "나머지를 인플루언서로 돌리기로 함");
    becomes(moim_ko_decision, "교육비는 건드리지 맙시다.", "교육비는 건드리지 않기로 함");
    becomes(moim_ko_decision, "65만 원으로 하면 어떨까요?", "65만 원으로 하기로 함");
    becomes(moim_ko_decision, "24일로 확정할게요", "24일로 확정함");
    becomes(moim_ko_nominal, "매출이 12퍼센트 늘었습니다.", "매출이 12퍼센트 늘었음");
    becomes(moim_ko_nominal, "구청에서 절반을 지원해 준답니다.", "구청에서 절반을 지원해 준다고 함");
    becomes(moim_ko_nominal, "제가 보기엔 어려워요", "제가 보기엔 어려움");
    becomes(moim_ko_nominal, "견적이 두 개예요", "견적이 두 개임");
    becomes(moim_ko_nominal, "회의 자료", "회의 자료");
    becomes(moim_ko_nominal, "개점 행사는 할까요?", "개점 행사는 할까요");
    becomes(moim_ko_nominal, "다크 모드는 보류할게요.", "다크 모드는 보류함");
    becomes(moim_ko_nominal, "표를 만들게요", "표를 만듦");
}

static void sentences_end_where_they_end(void **state)
{
    (void)state;
    const char *text = "값은 3.5 포인트입니다. 괜찮죠?  Mr. Kim agreed.끝";
    static const char *const want[] = {"값은 3.5 포인트입니다.", "괜찮죠?", "Mr. Kim agreed.", "끝"};
    for (int i = 0; i < 4; i++) {
        size_t n = moim_next_sentence(&text);
        if (strlen(want[i]) != n || memcmp(text, want[i], n))
            fail_msg("sentence %d: '%.*s'", i, (int)n, text);
        text += n;
    }
    assert_int_equal(moim_next_sentence(&text), 0);
}

/* Whatever the text, notes stay within their buffer and valid. */
static void any_text_is_survived(void **state)
{
    (void)state;
    static const char *const piece[] = {"하", "겠습니다", "게요",     "할",     "을",   "까요",
                                        " ",  "시다",     "합",       "요",     "a",    ".",
                                        "?",  "걸로",     "는 게 ",   "주세요", "드리", "\xf0\x9f\x98\x80",
                                        "보", "나",       "지 맙시다"};
    srand(5);
    for (int round = 0; round < 20000; round++) {
        char text[MOIM_NOTE_MAX] = "", copy[MOIM_NOTE_MAX];
        int n = rand() % 60;
        for (int i = 0; i < n; i++) {
            const char *p = piece[(unsigned)rand() % (sizeof piece / sizeof *piece)];
            if (strlen(text) + strlen(p) + 1 < sizeof text) strcat(text, p);
        }
        void (*const how[])(char *) = {moim_ko_task, moim_ko_decision, moim_ko_nominal};
        for (int i = 0; i < 3; i++) {
            memcpy(copy, text, sizeof copy);
            how[i](copy);
            assert_true(memchr(copy, 0, sizeof copy) != NULL);
        }
        moim_cue_ko(text);
        moim_cue_en(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(korean_commitments),
                                       cmocka_unit_test(english_commitments), cmocka_unit_test(korean_notes),
                                       cmocka_unit_test(sentences_end_where_they_end),
                                       cmocka_unit_test(any_text_is_survived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
