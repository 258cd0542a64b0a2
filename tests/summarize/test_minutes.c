#include "testing.h"

#include "summarize/evidence.h"
#include "summarize/findings.h"
#include "summarize/language.h"
#include "summarize/minutes.h"
#include "summarize/note_style.h"
#include "summarize/template.h"
#include "summarize/topics.h"

static struct moim_err err;

#define TURNS_MAX 4096
static struct moim_turn_text turn[TURNS_MAX];
static int n_turns;

static void say(const char *who, const char *what)
{
    double start = n_turns ? turn[n_turns - 1].end : 0;
    assert_true(n_turns < TURNS_MAX);
    turn[n_turns++] = (struct moim_turn_text){start, start + 5, who, what};
}

/* Tuesday, 24 November 2026. */
static struct moim_minutes_request request(const char *language)
{
    return (struct moim_minutes_request){
        .turns = turn, .n_turns = n_turns, .language = language, .date = {2026, 11, 24}};
}

static int reset(void **state)
{
    (void)state;
    n_turns = 0;
    return 0;
}

static struct moim_findings findings(const char *language)
{
    struct moim_findings f;
    struct moim_minutes_request req = request(language);
    assert_ok(moim_findings_get(&req, &f, &err), err);
    return f;
}

static const struct moim_finding *only(const struct moim_findings *f, enum moim_finding_kind kind)
{
    const struct moim_finding *found = NULL;
    int n = 0;
    for (int i = 0; i < f->n; i++)
        if (f->list[i].kind == kind) found = &f->list[i], n++;
    if (n != 1) fail_msg("%d findings of kind %d instead of one", n, kind);
    return found;
}

static void cites(const struct moim_finding *f, int t)
{
    for (int i = 0; i < f->n_turns; i++)
        if (f->turns[i] == t) return;
    fail_msg("'%s' does not cite turn %d", f->text, t);
}

static void a_request_belongs_to_who_is_addressed(void **state)
{
    (void)state;
    say("김 부장", "민수 씨, 견적서 좀 보내 주세요.");
    say("박서연", "저는 어제 다녀왔습니다.");
    say("이민수", "네, 내일까지 보내겠습니다.");
    struct moim_findings f = findings("ko");
    const struct moim_finding *a = only(&f, MOIM_FOUND_ACTION);
    assert_string_equal(a->owner, "이민수");
    assert_string_equal(a->due_date, "2026-11-25");
    assert_string_equal(a->text, "견적서 보내기");
    cites(a, 0);
    cites(a, 2);
    moim_findings_free(&f);
}

static void a_day_named_later_counts_and_a_better_one_replaces_it(void **state)
{
    (void)state;
    say("가영", "포스터는 제가 만들게요.");
    say("나윤", "언제까지 될까요?");
    say("가영", "목요일까지요.");
    say("나윤", "하루만 더 당겨 주시면 안 될까요?");
    say("가영", "네, 그럼 수요일까지요.");
    struct moim_findings f = findings("ko");
    const struct moim_finding *a = only(&f, MOIM_FOUND_ACTION);
    assert_string_equal(a->owner, "가영");
    assert_string_equal(a->due_date, "2026-11-25");
    moim_findings_free(&f);
}

/* The meeting of the demo: what was told before a request is no second task on the day that was promised. */
static void a_promised_day_makes_one_task(void **state)
{
    (void)state;
    say("김하늘", "그럼 사내 도서관 회의를 시작하겠습니다. 먼저 여는 날부터 정할까요?");
    say("박준호", "십이월 십사일 월요일이 어떨까요? 책장이 십일일에 들어옵니다.");
    say("김하늘", "좋습니다. 도서관은 십이월 십사일에 여는 것으로 하겠습니다.");
    say("박준호", "책은 지금 이백 권 정도 모였습니다. 기증도 계속 받고 있습니다.");
    say("김하늘", "준호 씨, 책 목록을 금요일까지 정리해 주세요.");
    say("박준호", "네, 제가 금요일까지 정리하겠습니다.");
    say("김하늘", "그리고 한 사람이 한 번에 두 권까지 빌리는 것으로 하죠.");
    say("박준호", "네, 그렇게 하시죠. 그런데 늦게 돌려주면 어떻게 할까요?");
    say("김하늘", "그건 좀 더 생각해 보고 다음 회의에서 정합시다.");
    say("박준호", "알겠습니다. 안내문은 제가 내일까지 만들어서 보내 드릴게요.");
    say("김하늘", "좋아요. 오늘은 여기까지 하겠습니다.");
    struct moim_findings f = findings("ko");
    int friday = 0;
    for (int i = 0; i < f.n; i++)
        friday += f.list[i].kind == MOIM_FOUND_ACTION && !strcmp(f.list[i].due_date, "2026-11-27");
    assert_int_equal(friday, 1);
    moim_findings_free(&f);
}

static void a_proposal_becomes_a_decision_when_it_is_agreed(void **state)
{
    (void)state;
    say("A", "온라인으로 하면 어떨까요?");
    say("B", "네, 그렇게 하시죠.");
    struct moim_findings f = findings("ko");
    const struct moim_finding *d = only(&f, MOIM_FOUND_DECISION);
    assert_string_equal(d->text, "온라인으로 하기로 함");
    cites(d, 0);
    cites(d, 1);
    moim_findings_free(&f);
    n_turns = 0;
    say("A", "온라인으로 하면 어떨까요?");
    say("B", "글쎄요, 그건 좀 어려울 것 같습니다.");
    f = findings("ko");
    assert_int_equal(f.n, 0);
    moim_findings_free(&f);
}

static void what_is_told_asked_or_chatted_is_no_finding(void **state)
{
    (void)state;
    say("A", "오늘 와 주셔서 감사합니다. 시작하겠습니다.");
    say("B", "지난번에 온라인으로 하기로 했습니다.");
    say("A", "그 얘기는 천천히 해 봅시다. 커피는 드셨어요?");
    say("B", "네, 마셨습니다. 내일 비가 온대요.");
    struct moim_findings f = findings("ko");
    if (f.n) fail_msg("found '%s'", f.list[0].text);
    moim_findings_free(&f);
}

static void what_stays_open_is_asked_again(void **state)
{
    (void)state;
    say("A", "할인 쿠폰을 같이 뿌릴까요?");
    say("B", "아직 모르겠어요. 재무팀 의견을 들어 봐야 해요.");
    say("A", "그럼 그건 다음 회의에서 다시 얘기하죠.");
    struct moim_findings f = findings("ko");
    const struct moim_finding *q = only(&f, MOIM_FOUND_QUESTION);
    assert_non_null(strstr(q->text, "쿠폰"));
    moim_findings_free(&f);
}

static void english_findings(void **state)
{
    (void)state;
    say("Ann", "Ben, could you write to the printers by Friday?");
    say("Ben", "Sure, I'll do that.");
    say("Ann", "What about thicker paper for the leaflets?");
    say("Ben", "Okay, let's go with the thicker paper then.");
    struct moim_findings f = findings("en");
    const struct moim_finding *a = only(&f, MOIM_FOUND_ACTION);
    assert_string_equal(a->owner, "Ben");
    assert_string_equal(a->due_date, "2026-11-27");
    assert_non_null(strstr(a->text, "printers"));
    assert_non_null(strstr(only(&f, MOIM_FOUND_DECISION)->text, "thicker paper"));
    moim_findings_free(&f);
}

static void hesitation_goes(void **state)
{
    (void)state;
    static const char *const is[][2] = {
        {"Um so the the remote uh, needs a um battery.", "so the remote needs a battery."},
        {"It is what it is.", "It is what it is."},
        {"uh um", ""},
        {"", ""},
        {"the box um.", "the box."}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s", is[i][0]);
        moim_note_fluent(text);
        if (strcmp(text, is[i][1])) fail_msg("'%s' became '%s'", is[i][0], text);
    }
}

/* ---- evidence ---- */

static void a_claim_stands_in_a_turn_or_it_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *speaker, *turn, *statement;
        bool holds;
    } is[] = {
        {"수빈", "두 개만 삽니다.", "2개 구매", true},
        {"수빈", "이번에 삽니다.", "2개 구매", false}, /* 이 of 이번 is no two */
        {"수빈", "이십오 퍼센트 늘었습니다.", "25퍼센트 늘었음", true},
        {"수빈", "스무 명쯤 옵니다.", "20명 참석", true},
        {"수빈", "금요일까지 합니다.", "목요일까지 함", false},
        {"수빈", "다음주에 봅시다.", "다음 주에 봄", true},
        {"Ann", "It is twenty-five Euros.", "The price is 25 euros", true},
        {"Ann", "Someone bought it.", "The team bought 1", false},
        {"Ann", "We met Pavlov.", "The team met Pavlov", true},
        {"Ann", "We met them.", "The team met Pavlov", false},
        {"Ann", "We met them.", "Later Ann met them", true},
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        n_turns = 0;
        say(is[i].speaker, is[i].turn);
        if (moim_evidence_holds(turn, 1, is[i].statement, (int[]){0}, 1) != is[i].holds)
            fail_msg("'%s' of '%s'", is[i].statement, is[i].turn);
    }
}

static void a_name_is_a_word_of_its_own(void **state)
{
    (void)state;
    n_turns = 0;
    say("준", "자료가 없습니다.");
    say("지혜", "서면 기준으로 준비하겠습니다.");
    say("지혜", "준이 3월에 온답니다.");
    int refs[4] = {1}, n = 1;
    assert_true(moim_evidence_holds(turn, 3, "서면 기준으로 준비", refs, n));
    assert_false(moim_evidence_holds(turn, 3, "준은 서면 기준으로 준비", refs, n));
    assert_true(moim_evidence_mend(turn, 3, "준은 3월에 준비", 2, refs, &n, 4));
    assert_true(n >= 2 && moim_evidence_holds(turn, 3, "준은 3월에 준비", refs, n));
    n = 1, refs[0] = 0;
    assert_false(moim_evidence_mend(turn, 3, "3월에 준비", 1, refs, &n, 4)); /* two turns away */
}

static void statements_need_their_numbers_and_names(void **state)
{
    (void)state;
    say("수빈", "매출이 12퍼센트 늘었고 신규 계약이 5건입니다.");
    say("도현", "비용은 3천만 원이었습니다.");
    int refs[8] = {0}, n = 1;
    assert_true(moim_evidence_check(turn, 2, "매출이 12퍼센트 늘었음", refs, &n, 8));
    assert_true(moim_evidence_holds(turn, 2, "매출이 12퍼센트 늘었음", refs, n));
    n = 1, refs[0] = 0;
    assert_false(moim_evidence_check(turn, 2, "매출이 15퍼센트 늘었음", refs, &n, 8));
    n = 0;
    assert_true(
        moim_evidence_check(turn, 2, "비용은 3천만 원이었음", refs, &n, 8)); /* finds its turn itself */
    assert_int_equal(refs[0], 1);
    assert_false(moim_evidence_holds(turn, 2, "도현: 매출이 늘었음", (int[]){0}, 1));
    assert_true(moim_evidence_holds(turn, 2, "도현: 비용이 늘었음", (int[]){1}, 1));
    assert_false(moim_evidence_holds(turn, 2, "매출이 늘었음", NULL, 0));
    say("Nagg", "Laughing. You thought you were in pain.");
    assert_true(moim_words_known(turn, 3, "Nagg thought about pain and laughing") > 0.55);
    assert_true(moim_words_known(turn, 3, "Decided to stop laughing and focus on the fun") < 0.55);
    assert_true(moim_words_known(turn, 3, "매출이 늘었고 계약이 있음") > 0.7);
}

/* ---- the whole, without a model ---- */

static int count_kind(const struct moim_minutes *m, const char *kind)
{
    int n = 0;
    for (int i = 0; i < m->n; i++) n += !strcmp(m->items[i].kind, kind);
    return n;
}

static void a_meeting(void)
{
    say("팀장", "지난주 방문자가 1만 2천 명으로 두 배 늘었습니다. 영상 광고 효과가 컸습니다.");
    say("유라", "구매율은 1.5퍼센트로 그대로인데 결제 화면이 복잡해서 그런 것 같습니다.");
    say("팀장", "결제 화면을 단순하게 바꾸면 어떨까요?");
    say("유라", "좋습니다, 그렇게 하시죠.");
    say("재민", "시안은 제가 금요일까지 만들겠습니다.");
    say("유라", "할인 쿠폰을 같이 뿌릴까요?");
    say("팀장", "쿠폰도 줄지는 아직 모르겠어요. 재무팀 의견을 들어 봐야 해요.");
    say("유라", "그럼 그건 다음 회의에서 다시 얘기하죠.");
}

static void sections_follow_the_template(void **state)
{
    (void)state;
    struct moim_minutes m;
    a_meeting();
    struct moim_minutes_request req = request("ko");
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_int_equal(count_kind(&m, "title"), 1);
    assert_int_equal(count_kind(&m, "decision"), 1);
    assert_int_equal(count_kind(&m, "action"), 1);
    assert_int_equal(count_kind(&m, "question") + count_kind(&m, "to_confirm"),
                     1); /* sure, or to be confirmed */
    assert_true(count_kind(&m, "summary") >= 3 && count_kind(&m, "summary") <= 7);
    assert_true(count_kind(&m, "suggestion") >= 1);
    for (int i = 0; i < m.n; i++)
        if (strcmp(m.items[i].kind, "title") && !m.items[i].n_evidence)
            fail_msg("'%s' cites nothing", m.items[i].text);
    moim_minutes_free(&m);
    req.template_name = "lecture";
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_int_equal(count_kind(&m, "decision") + count_kind(&m, "action"), 0);
    moim_minutes_free(&m);
    req.template_name = "no such thing";
    assert_int_equal(moim_minutes_write(NULL, &req, &m, &err), MOIM_EINVAL);
    req = request("ko");
    req.instructions = "주간 보고입니다.\n구성: 결정, 할 일\n";
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_int_equal(m.n, count_kind(&m, "title") + count_kind(&m, "decision") + count_kind(&m, "action") +
                              count_kind(&m, "to_confirm"));
    moim_minutes_free(&m);
    req.n_turns = 0;
    assert_int_equal(moim_minutes_write(NULL, &req, &m, &err), MOIM_EINVAL);
}

static const struct moim_minutes_item *nth(const struct moim_minutes *m, const char *kind, int n)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, kind) && !n--) return &m->items[i];
    return NULL;
}

/* Outcomes with owner and day come first, each in a few words; a side remark is no title, and neither is who is called. */
static void the_summary_names_outcomes_and_the_title_the_subject(void **state)
{
    (void)state;
    struct moim_minutes m;
    a_meeting();
    say("재민", "아, 그리고 제 의자가 삐걱거려요.");
    struct moim_minutes_request req = request("ko");
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_non_null(strstr(nth(&m, "title", 0)->text, "결제 화면"));
    assert_null(strstr(nth(&m, "title", 0)->text, "의자"));
    assert_int_equal(strncmp(nth(&m, "summary", 0)->text, "결정: ", strlen("결정: ")), 0);
    assert_non_null(strstr(nth(&m, "summary", 0)->text, "결제 화면"));
    assert_non_null(strstr(nth(&m, "summary", 1)->text, "재민 – "));
    assert_non_null(strstr(nth(&m, "summary", 1)->text, "금요일까지"));
    assert_int_equal(strncmp(nth(&m, "summary", 2)->text, "논의: ", strlen("논의: ")), 0);
    assert_non_null(strstr(nth(&m, "summary", 2)->text, "결제 화면"));
    for (int i = 0; nth(&m, "suggestion", i); i++) /* in a few words, without who said what before */
        assert_null(strstr(nth(&m, "suggestion", i)->text, "→"));
    moim_minutes_free(&m);
    req.template_name = "lecture"; /* has no decisions, and its summary none either */
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    for (int i = 0; nth(&m, "summary", i); i++) {
        assert_null(strstr(nth(&m, "summary", i)->text, "결정: "));
        assert_null(strstr(nth(&m, "summary", i)->text, "할 일: "));
    }
    moim_minutes_free(&m);
    static const char *const name[] = {"plain",
                                       "brainstorming"}; /* a proposal is a point where ideas are asked for */
    for (int t = 0; t < 2; t++) {
        bool idea = false;
        req.template_name = name[t];
        assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
        for (int i = 0; nth(&m, "key_point", i); i++)
            idea = idea || strstr(nth(&m, "key_point", i)->text, "쿠폰을 같이");
        assert_int_equal(idea, t);
        moim_minutes_free(&m);
    }
    req.title = "내가 붙인 제목";
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_string_equal(nth(&m, "title", 0)->text, "내가 붙인 제목");
    moim_minutes_free(&m);
}

/* A promise of one's own is no acceptance of what the turn before asked; a promise within unpunctuated talk is one. */
static void a_promise_after_a_request_is_a_task_of_its_own(void **state)
{
    (void)state;
    struct moim_minutes m;
    say("노아", "자 배포 일정부터 볼게요");
    say("한별", "환불 기준은 어떻게 해요? 한 달 쓰다가 그만두면 일할 계산이에요?");
    say("노아", "그건 법무 답 듣고 정합시다.");
    say("한별", "재민 씨가 안내문 초안 좀 써 주세요.");
    say("노아", "법무에는 제가 오늘 중으로 메일 넣을게요.");
    say("재민", "초안은 목요일까지 드릴게요.");
    say("한별", "네 좋아요");
    say("유라", "그리고 도안은 제가 그려 볼게요 중간고사 전에 보름까지는요");
    say("노아", "네 그렇게 하죠");
    struct moim_minutes_request req = request("ko");
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    bool mail = false, design = false;
    for (int i = 0; i < m.n; i++) {
        bool task =
            !strcmp(m.items[i].kind, "action") || strstr(m.items[i].text, "할 일: ") == m.items[i].text;
        mail = mail || (task && strstr(m.items[i].text, "메일") && !strcmp(m.items[i].owner, "노아"));
        design = design || (task && strstr(m.items[i].text, "도안") && !strcmp(m.items[i].owner, "유라"));
    }
    assert_true(mail);
    assert_true(design);
    moim_minutes_free(&m);
    const struct moim_language *k = moim_language_get("ko");
    assert_int_equal(k->clause("제가 그려 볼게요 중간고사 전에"), strlen("제가 그려 볼게요"));
    assert_int_equal(k->clause("요즘 바빠서 그래"), strlen("요즘 바빠서 그래"));
}

static void own_templates_are_read_or_refused(void **state)
{
    (void)state;
    struct moim_template t;
    assert_ok(
        moim_template_parse(
            &t, "Say what hurts.\ntags: pain, cure\r\nsections: points, actions\nspeakers: yes\n", &err),
        err);
    assert_int_equal(t.n_tags, 2);
    assert_string_equal(t.tag[1], "cure");
    assert_int_equal(t.sections, MOIM_SEC_POINTS | MOIM_SEC_ACTIONS | MOIM_SEC_CONFIRM); /* doubtful tasks */
    assert_true(t.who && strstr(t.instructions, "hurts") && !strstr(t.instructions, "tags"));
    assert_int_equal(moim_template_parse(&t, "sections: points, gossip\n", &err), MOIM_EINVAL);
    assert_non_null(strstr(err.msg, "gossip"));
    assert_int_equal(moim_template_parse(&t, " \n\n", &err), MOIM_EINVAL);
    static const char *const name[] = {"plain",     "weekly",  "one-on-one",
                                       "interview", "lecture", "brainstorming"};
    for (int i = 0; i < 6; i++) {
        struct moim_template ko, en;
        assert_true(moim_template_named(&ko, name[i], "ko") && moim_template_named(&en, name[i], "en"));
        assert_int_equal(ko.n_tags, en.n_tags);
        for (int k = 0; k < i; k++) {
            struct moim_template other;
            moim_template_named(&other, name[k], "ko");
            assert_true(memcmp(&other, &ko, sizeof ko) != 0);
        }
    }
}

static bool has_point(const struct moim_minutes *m, const char *part)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, "key_point") && strstr(m->items[i].text, part)) return true;
    return false;
}

/* Fourteen sentences alike; one that has nothing to do with them comes in only when the user marked it or
 * wrote it down. */
static void notes_and_bookmarks_steer(void **state)
{
    (void)state;
    static char text[14][240];
    static const char *const what[] = {
        "창고에서 밤새 켜 둔 조명",    "매장에 새로 들인 냉장 진열대", "공장의 오래된 압축기",
        "사무실 창가의 낡은 냉난방기", "연구소가 돌리는 실험 장비",    "지점마다 다른 계약 요금제",
        "본사 지하의 서버 증설",       "물류센터 컨베이어 야간 가동",  "차고에 늘어난 충전기",
        "식당 주방의 대형 오븐",       "기숙사 입주 인원 증가",        "강당 공연 장비 대여",
        "주차장 환풍기 고장",          "옥상 간판 교체 공사"};
    for (int i = 0; i < 14; i++) {
        snprintf(text[i], sizeof text[i], "%s 때문에 전기 요금이 %d만 원 늘었습니다.", what[i], 10 + i);
        say(i % 2 ? "가" : "나", text[i]);
        if (i == 7) say("다", "누수 흔적이 천장에서 발견됐습니다.");
    }
    struct moim_minutes_request req = request("ko");
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_false(has_point(&m, "누수"));
    moim_minutes_free(&m);
    req.notes = "- 천장 누수 흔적\n";
    req.marks = &turn[8].start;
    req.n_marks = 1;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_true(has_point(&m, "누수"));
    moim_minutes_free(&m);
}

/* Four hours of talk about twelve things: topics of their own, no point twice, in moments. */
static void four_hours_do_not_repeat(void **state)
{
    (void)state;
    static char text[2880][200];
    static const char *const thing[] = {"예산", "채용", "보안", "홍보", "물류", "품질",
                                        "교육", "복지", "법무", "전산", "시설", "연구"};
    static const char *const verb[] = {"검토했습니다", "늘렸습니다", "줄였습니다", "점검했습니다",
                                       "비교했습니다"};
    srand(3);
    for (int i = 0; i < 2880; i++) {
        const char *t = thing[i / 240];
        snprintf(text[i], sizeof text[i], "%s 계획에서 %s 항목 %d개를 %s.", t, t, 2 + rand() % 900,
                 verb[rand() % 5]);
        say(i % 3 ? "김하나" : "박두리", text[i]);
    }
    struct moim_minutes_request req = request("ko");
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    if (count_kind(&m, "topic") < 8 || count_kind(&m, "topic") > MOIM_TOPICS_MAX)
        fail_msg("%d topics", count_kind(&m, "topic"));
    assert_true(count_kind(&m, "key_point") <= 3 * MOIM_TOPICS_MAX && m.n < 80);
    for (int i = 0; i < m.n; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(m.items[i].kind, "key_point") && !strcmp(m.items[k].kind, "key_point") &&
                moim_text_overlap(m.items[i].text, m.items[k].text) > 0.75)
                fail_msg("said twice: '%s' and '%s'", m.items[i].text, m.items[k].text);
    moim_minutes_free(&m);
}

static void topics_change_where_the_words_do(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) say("A", "주차장 조명 공사비와 조명 업체 견적을 비교했습니다.");
    for (int i = 0; i < 12; i++) say("B", "놀이터 이용 시간과 놀이터 소음 민원을 이야기했습니다.");
    int first[MOIM_TOPICS_MAX];
    int n = moim_topics_split(turn, n_turns, first);
    assert_int_equal(n, 2);
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 12);
}

/* A model with random weights writes noise: under the grammar it parses, and what no turn supports is not
 * kept. */
static void noise_is_dropped_and_sentences_take_its_place(void **state)
{
    (void)state;
    struct moim_llm *model;
    assert_ok(moim_llm_open(&model, "tests/lm/golden/tiny_llama.gguf", NULL,
                            &(struct moim_llm_params){.n_ctx = 4096}, &err),
              err);
    a_meeting();
    struct moim_minutes_request req = request("ko");
    req.strength = MOIM_STRENGTH_READS;
    static const char *const name[] = {"plain", "weekly", "brainstorming"};
    for (int i = 0; i < 3; i++) {
        struct moim_minutes m;
        req.template_name = name[i];
        assert_ok(moim_minutes_write(model, &req, &m, &err), err);
        assert_true(m.dropped > 0);
        assert_int_equal(count_kind(&m, "decision"), 1);
        assert_true(count_kind(&m, "key_point") > 0 && count_kind(&m, "title") == 1);
        for (int k = 0; k < m.n; k++)
            if (strcmp(m.items[k].kind, "title") && strcmp(m.items[k].kind, "topic") &&
                !moim_evidence_holds(turn, n_turns, m.items[k].text, m.items[k].evidence,
                                     m.items[k].n_evidence))
                fail_msg("nothing supports '%s'", m.items[k].text);
        moim_minutes_free(&m);
    }
    volatile int cancel = 1;
    struct moim_minutes m;
    req.cancel = &cancel;
    assert_int_equal(moim_minutes_write(model, &req, &m, &err), MOIM_ECANCEL);
    assert_null(m.items);
    moim_llm_close(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_request_belongs_to_who_is_addressed, reset),
        cmocka_unit_test_setup(a_day_named_later_counts_and_a_better_one_replaces_it, reset),
        cmocka_unit_test_setup(a_proposal_becomes_a_decision_when_it_is_agreed, reset),
        cmocka_unit_test_setup(a_promised_day_makes_one_task, reset),
        cmocka_unit_test_setup(what_is_told_asked_or_chatted_is_no_finding, reset),
        cmocka_unit_test_setup(what_stays_open_is_asked_again, reset),
        cmocka_unit_test_setup(english_findings, reset),
        cmocka_unit_test(hesitation_goes),
        cmocka_unit_test_setup(statements_need_their_numbers_and_names, reset),
        cmocka_unit_test(a_claim_stands_in_a_turn_or_it_does_not),
        cmocka_unit_test_setup(a_name_is_a_word_of_its_own, reset),
        cmocka_unit_test_setup(sections_follow_the_template, reset),
        cmocka_unit_test_setup(the_summary_names_outcomes_and_the_title_the_subject, reset),
        cmocka_unit_test_setup(a_promise_after_a_request_is_a_task_of_its_own, reset),
        cmocka_unit_test_setup(own_templates_are_read_or_refused, reset),
        cmocka_unit_test_setup(notes_and_bookmarks_steer, reset),
        cmocka_unit_test_setup(four_hours_do_not_repeat, reset),
        cmocka_unit_test_setup(noise_is_dropped_and_sentences_take_its_place, reset),
        cmocka_unit_test_setup(topics_change_where_the_words_do, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
