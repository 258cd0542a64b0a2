/* Lines of minutes: what the verifier lets through, what is quoted instead, and what models of each strength may do, with a scripted
 * model in a real one's place. */
#include "testing.h"

#include "summarize/findings.h"
#include "summarize/language.h"
#include "summarize/line_check.h"
#include "summarize/minutes.h"
#include "summarize/minutes_int.h"
#include "summarize/quotation.h"
#include "summarize/strength.h"

static struct moim_err err;

static struct moim_finding finding(enum moim_finding_kind kind, const char *source, const char *context,
                                   int head, int about)
{
    struct moim_finding f = {.kind = kind,
                             .text = (char *)(uintptr_t) "",
                             .source = (char *)(uintptr_t)source,
                             .context = (char *)(uintptr_t)context,
                             .quoted = true,
                             .probability = 0.9f,
                             .head = head,
                             .about = about,
                             .accept = -1,
                             .due = -1,
                             .condition = -1,
                             .put_off = -1,
                             .topic = -1};
    if (about >= 0 && about < head) f.turns[f.n_turns++] = about;
    f.turns[f.n_turns++] = head;
    return f;
}

static void a_line_says_what_was_said(void **state)
{
    (void)state;
    enum { DECISION = MOIM_FOUND_DECISION, TASK = MOIM_FOUND_ACTION, QUESTION = MOIM_FOUND_QUESTION };
    static const struct {
        const char *language;
        int kind;
        const char *said, *line;
        enum moim_line_fault fault;
    } is[] = {
        {"ko", TASK, "민수 씨, 견적서 내일까지 보내 주세요.", "견적서 보내기", MOIM_LINE_TRUE},
        {"ko", TASK, "포스터 시안은 제가 정리해서 올릴게요.", "포스터 시안 정리해서 올리기", MOIM_LINE_TRUE},
        {"ko", TASK, "회의실 예약은 제가 할게요.", "회의실 예약", MOIM_LINE_TRUE},
        {"ko", DECISION, "회비는 4만 원으로 올리죠.", "회비는 4만 원으로 올리기로 함", MOIM_LINE_TRUE},
        {"ko", DECISION, "회식은 안 하는 걸로 하죠.", "회식은 안 하기로 함", MOIM_LINE_TRUE},
        {"ko", QUESTION, "텀블러 증정은 하는 건가요?", "텀블러 증정 여부", MOIM_LINE_TRUE},
        /* endings that nobody writes */
        {"ko", TASK, "해야지 뭐, 명단은 내가 해얌.", "명단 해얌", MOIM_LINE_FORM},
        {"ko", DECISION, "그래서 회비는 안 냈거든요.", "회비는 안 냈기로 함", MOIM_LINE_FORM},
        {"ko", DECISION, "자, 청소도 하고 다들 수고하시고요.", "청소하고 다들 수고하시기로 함",
         MOIM_LINE_FORM},
        {"ko", TASK, "명단은 제가 한다고 해서요.", "명단 한다고 해섬", MOIM_LINE_FORM},
        {"ko", TASK, "배값 넣어서 다시 돌려 줘요.", "배값 넣어서 돌려 줘요", MOIM_LINE_FORM},
        /* nothing it is about, or a word that only points */
        {"ko", TASK, "그건 제가 바로 할게요.", "그건 바로 하기", MOIM_LINE_FORM},
        {"ko", TASK, "네, 제가 받을게요.", "받기", MOIM_LINE_FORM},
        {"en", TASK, "I'll do it.", "Do it", MOIM_LINE_FORM},
        {"en", TASK, "I'll ring the printers.", "I'll ring the printers", MOIM_LINE_FORM},
        /* numbers, days, names, words */
        {"ko", DECISION, "회비는 4만 원으로 올리죠.", "회비는 5만 원으로 올리기로 함", MOIM_LINE_CLAIM},
        {"ko", TASK, "명단은 제가 목요일까지 정리할게요.", "명단 금요일까지 정리", MOIM_LINE_CLAIM},
        {"en", DECISION, "Let's go with the white quartz.", "Go with the white quartz for the counters",
         MOIM_LINE_UNSAID},
        {"ko", DECISION, "색은 파랑으로 가죠.", "포스터 색은 파랑으로 하기로 함", MOIM_LINE_UNSAID},
        /* polarity, mood, condition */
        {"ko", DECISION, "회식은 안 하는 걸로 하죠.", "회식은 하기로 함", MOIM_LINE_POLARITY},
        {"ko", DECISION, "회식은 하는 걸로 하죠.", "회식은 안 하기로 함", MOIM_LINE_POLARITY},
        {"en", DECISION, "We're not holding the raffle at the fair.", "Hold the raffle at the fair",
         MOIM_LINE_POLARITY},
        {"ko", DECISION, "텀블러 증정은 하는 건가요?", "텀블러 증정 여부", MOIM_LINE_MOOD},
        {"ko", QUESTION, "텀블러 증정은 하는 건가요?", "텀블러 증정하기로 함", MOIM_LINE_MOOD},
        {"ko", TASK, "비가 오면 제가 텐트를 빌릴게요.", "텐트 빌리기", MOIM_LINE_CONDITION},
        {"ko", TASK, "비가 오면 제가 텐트를 빌릴게요.", "비가 오면 텐트 빌리기", MOIM_LINE_TRUE},
        {"en", TASK, "I'll ring the printers if Ann agrees.", "Ring the printers", MOIM_LINE_CONDITION},
        {"en", TASK, "I'll ring the printers if Ann agrees.", "Ring the printers if Ann agrees",
         MOIM_LINE_TRUE},
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct moim_turn_text turn = {0, 1, "A", is[i].said};
        struct moim_finding f = finding((enum moim_finding_kind)is[i].kind, is[i].said, "", 0, -1);
        enum moim_line_fault got =
            moim_line_check(moim_language_get(is[i].language), &turn, 1, &f, is[i].line, NULL);
        if (got != is[i].fault)
            fail_msg("'%s' of '%s': %d, not %d", is[i].line, is[i].said, got, is[i].fault);
    }
}

static void what_stands_elsewhere_is_not_said(void **state)
{
    (void)state;
    const struct moim_turn_text turn[] = {{0, 1, "유라", "포스터는 어떻게 하죠?"},
                                          {1, 2, "준", "색은 파랑으로 가죠."},
                                          {2, 3, "유라", "비용은 30만 원입니다."}};
    struct moim_finding f = finding(MOIM_FOUND_DECISION, turn[1].text, "", 1, 0);
    char unsaid[MOIM_WORD_MAX];
    const struct moim_language *ko = moim_language_get("ko");
    assert_int_equal(moim_line_check(ko, turn, 3, &f, "포스터 색은 파랑으로 하기로 함", unsaid),
                     MOIM_LINE_TRUE);
    assert_int_equal(moim_line_check(ko, turn, 3, &f, "포스터 색은 30만 원짜리 파랑으로 하기로 함", unsaid),
                     MOIM_LINE_CLAIM);
    assert_int_equal(moim_line_check(ko, turn, 3, &f, "포스터 색은 비용 보고 파랑으로 하기로 함", unsaid),
                     MOIM_LINE_UNSAID);
    assert_string_equal(unsaid, "비용");
}

static void a_line_keeps_the_topic_of_the_sentence_that_settles(void **state)
{
    (void)state;
    const struct moim_language *ko = moim_language_get("ko");
    const struct moim_turn_text turn[] = {{0, 1, "서윤", "14일 월요일이 어떨까요? 책장이 11일에 들어와요."},
                                          {1, 2, "민재", "매점은 14일에 여는 것으로 하겠습니다."}};
    struct moim_finding f = finding(MOIM_FOUND_DECISION, turn[1].text, turn[0].text, 1, 0);
    assert_int_equal(moim_line_check(ko, turn, 2, &f, "매점은 14일에 여는 것으로 함", NULL), MOIM_LINE_TRUE);
    assert_int_equal(moim_line_check(ko, turn, 2, &f, "책장은 14일에 여는 것으로 함", NULL),
                     MOIM_LINE_SUBJECT);
}

static void who_does_it_is_who_said_so_or_was_asked(void **state)
{
    (void)state;
    const struct moim_language *ko = moim_language_get("ko"), *en = moim_language_get("en");
    const struct moim_turn_text turn[] = {{0, 1, "총무 유라", "현수막은 누가 맡길까요?"},
                                          {1, 2, "준호", "현수막은 제가 맡길게요."},
                                          {2, 3, "Ann", "Ned, could you ring the printers?"},
                                          {3, 4, "Ned", "I'll ring the printers."}};
    struct moim_finding f = finding(MOIM_FOUND_ACTION, turn[1].text, turn[0].text, 1, 0);
    assert_int_equal(moim_line_check(ko, turn, 4, &f, "준호가 현수막 맡기기", NULL), MOIM_LINE_TRUE);
    assert_int_equal(moim_line_check(ko, turn, 4, &f, "유라가 현수막 맡기기", NULL), MOIM_LINE_SUBJECT);
    snprintf(f.owner, sizeof f.owner, "총무 유라"); /* as the minutes say */
    assert_int_equal(moim_line_check(ko, turn, 4, &f, "준호가 현수막 맡기기", NULL), MOIM_LINE_SUBJECT);
    f = finding(MOIM_FOUND_ACTION, turn[3].text, turn[2].text, 3, 2);
    assert_int_equal(moim_line_check(en, turn, 4, &f, "Ned to ring the printers", NULL), MOIM_LINE_TRUE);
    assert_int_equal(moim_line_check(en, turn, 4, &f, "Ann to ring the printers", NULL), MOIM_LINE_SUBJECT);
}

static void a_line_names_what_it_is_about(void **state)
{
    (void)state;
    const struct moim_language *ko = moim_language_get("ko"), *en = moim_language_get("en");
    const struct moim_turn_text turn[] = {
        {0, 1, "은경", "커튼이 찢어져서 새로 받아야 돼요. 커튼을 맡겨 뒀어요."},
        {1, 2, "수빈", "네, 오늘 퇴근길에 받아 올게요."},
        {2, 3, "은경", "내일까지는 꼭이요."}};
    assert_true(ko->names_object(turn[0].text, turn, 3));
    assert_false(ko->names_object(turn[1].text, turn, 3));
    assert_false(ko->names_object(turn[2].text, turn, 3));
    assert_true(ko->names_object("제가 눈을 쓸게요", turn, 3));
    assert_false(ko->names_object("그건 제가 할게요", turn, 3));
    assert_true(en->names_object("I'll write the letter", turn, 3));
    assert_false(en->names_object("I'll do it by the end of the week", turn, 3));
    assert_false(en->names_object("leave them with me", turn, 3));
}

static void request_and_answer_are_quoted_together(void **state)
{
    (void)state;
    const struct moim_turn_text turn[] = {{0, 1, "오세린", "아 추워. 매장 포스터 시안, 그거 언제 돼요?"},
                                          {1, 2, "김도훈", "네, 수요일 가능해요."}};
    struct moim_finding f =
        finding(MOIM_FOUND_ACTION, "네, 수요일 가능해요.", "매장 포스터 시안, 그거 언제 돼요?", 1, 0);
    char out[MOIM_QUOTE_MAX];
    moim_quote_finding(moim_language_get("ko"), turn, &f, out);
    assert_string_equal(out, "오세린 “매장 포스터 시안, 그거 언제 돼요?” → 김도훈 “네, 수요일 가능해요.”");
    /* whatever its length and bytes, valid text comes out */
    char longest[4000];
    for (size_t i = 0; i + 3 < sizeof longest; i += 3) memcpy(longest + i, "가", 4);
    const struct moim_turn_text one[] = {{0, 1, "", longest}};
    f = finding(MOIM_FOUND_DECISION, longest, "", 0, -1);
    moim_quote_finding(moim_language_get("ko"), one, &f, out);
    assert_true(strlen(out) < 300 && strstr(out, "…”"));
    assert_int_equal((strlen(out) - strlen("“…”")) % 3, 0);
}

/* ---- minutes with a scripted model ---- */

static const struct moim_turn_text meeting[] = {
    {0, 5, "오세린", "자, 망고 빙수는 언제 열어요? 작년에는 6월 10일이었는데 한 주 늦었어요."},
    {5, 10, "김도훈", "그럼 올해는 빙수를 6월 1일에 여는 게 맞지 않나요."},
    {10, 15, "오세린", "그러면 뭐, 1일이네. 그렇게 하죠."},
    {15, 20, "오세린", "도훈 씨, 매장 포스터 시안 그거 언제 돼요?"},
    {20, 25, "김도훈", "네, 다음 주 수요일까지 시안 드릴게요."},
    {25, 30, "박주연", "저, 근데 텀블러 증정은 하는 건가요?"},
    {30, 35, "오세린", "아 그거. 구매팀이 단가를 아직 안 줬어. 그거 나오고 얘기해요."},
    {35, 40, "박주연", "에어컨 누가 이렇게 세게 틀었어요? 저 손 시려워요."},
};
#define TURNS (int)(sizeof meeting / sizeof *meeting)

struct script {
    const char *word[8]; /* lines that wording calls get, in turn */
    int n_word, asked_word, asked_judge, asked_propose, asked_topic, asked_whole;
    const char *judge, *propose, *title;
    bool title_alone; /* the reply about the whole meeting */
};

static int reply(void *arg, const char *prompt, char *out, size_t cap)
{
    struct script *s = arg;
    const struct moim_prompts *p = &moim_language_get("ko")->prompt, *e = &moim_language_get("en")->prompt;
    if (strstr(prompt, p->word) || strstr(prompt, e->word))
        snprintf(out, cap, "{\"text\":\"%s\"}",
                 s->n_word ? s->word[s->asked_word++ % s->n_word] : "모르는 것");
    else if (strstr(prompt, p->judge) || strstr(prompt, e->judge))
        snprintf(out, cap, "{\"kind\":\"%s\"}", s->judge), s->asked_judge++;
    else if (strstr(prompt, p->propose))
        snprintf(out, cap, "%s", s->propose), s->asked_propose++;
    else if (strstr(prompt, p->topic))
        snprintf(
            out, cap,
            "{\"topic\":\"망고 빙수\",\"points\":[{\"text\":\"작년 빙수는 6월 10일이라 한 주 늦었음\"}]}"),
            s->asked_topic++;
    else if (strstr(prompt, p->whole))
        snprintf(out, cap, "{\"title\":\"%s\"%s}", s->title,
                 s->title_alone ? "" : ",\"summary\":[\"빙수를 여는 날을 논의함\"]"),
            s->asked_whole++;
    else
        return MOIM_EINVAL;
    return MOIM_OK;
}

/* What a tagger finds there. */
static struct moim_finding found[4];
static struct moim_findings findings(void)
{
    found[0] = finding(MOIM_FOUND_DECISION, "그러면 뭐, 1일이네.",
                       "그럼 올해는 빙수를 6월 1일에 여는 게 맞지 않나요.", 2, 1);
    found[1] = finding(MOIM_FOUND_ACTION, "네, 다음 주 수요일까지 시안 드릴게요.",
                       "도훈 씨, 매장 포스터 시안 그거 언제 돼요?", 4, 3);
    snprintf(found[1].owner, sizeof found[1].owner, "김도훈");
    snprintf(found[1].due_text, sizeof found[1].due_text, "다음 주 수요일까지");
    snprintf(found[1].due_date, sizeof found[1].due_date, "2026-05-20");
    found[2] = finding(MOIM_FOUND_QUESTION, "저, 근데 텀블러 증정은 하는 건가요?", "", 5, -1);
    found[3] = finding(MOIM_FOUND_DECISION, "에어컨 누가 이렇게 세게 틀었어요?", "", 7, -1);
    found[3].doubtful = true;
    found[3].probability = 0.3f;
    return (struct moim_findings){.list = found, .n = 4};
}

static struct moim_minutes_request request(const struct moim_findings *f, const struct moim_script *script,
                                           enum moim_strength strength)
{
    return (struct moim_minutes_request){.turns = meeting,
                                         .n_turns = TURNS,
                                         .language = "ko",
                                         .date = {2026, 5, 12},
                                         .findings = f,
                                         .script = script,
                                         .strength = strength};
}

static const struct moim_minutes_item *item(const struct moim_minutes *m, const char *kind)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, kind)) return &m->items[i];
    fail_msg("no %s", kind);
    return NULL;
}

static int count(const struct moim_minutes *m, const char *kind)
{
    int n = 0;
    for (int i = 0; i < m->n; i++) n += !strcmp(m->items[i].kind, kind);
    return n;
}

static struct moim_minutes write_with(struct script *s, enum moim_strength strength)
{
    struct moim_findings f = findings();
    struct moim_script script = {reply, s};
    struct moim_minutes_request req = request(&f, &script, strength);
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    return m;
}

static void a_model_words_lines_and_what_is_false_is_tried_again_then_quoted(void **state)
{
    (void)state;
    struct script s = {.word = {"네, 알겠습니다. 빙수를 6월 1일에 여는 것으로 함", "포스터 인쇄 맡기기",
                                "매장 포스터 시안 주기", "텀블러 증정하기로 함", "머그컵 증정 여부"},
                       .n_word = 5,
                       .judge = "decision",
                       .title = "망고 빙수 일정",
                       .propose = "{\"findings\":[]}"};
    struct moim_minutes m = write_with(&s, MOIM_STRENGTH_READS);
    assert_string_equal(item(&m, "decision")->text, "빙수를 6월 1일에 여는 것으로 함"); /* without its yes */
    assert_string_equal(item(&m, "action")->text, "매장 포스터 시안 주기");             /* the second try */
    assert_string_equal(item(&m, "action")->owner, "김도훈");
    assert_true(item(&m, "action")->worded && !item(&m, "question")->worded);
    assert_string_equal(item(&m, "action")->due_date, "2026-05-20");
    assert_non_null(strstr(item(&m, "question")->text,
                           "“저, 근데 텀블러 증정은 하는 건가요?”")); /* both tries were false */
    assert_true(m.dropped >= 3);
    assert_non_null(strstr(item(&m, "title")->text, "빙수"));
    assert_non_null(strstr(item(&m, "summary")->text, "6월 1일")); /* outcomes come first */
    assert_true(count(&m, "summary") >= 3 && count(&m, "summary") <= 7);
    moim_minutes_free(&m);
}

/* Its lines of findings were mostly false: they are quoted, and so are points. */
static void a_model_that_only_writes_words_title_and_summary_alone(void **state)
{
    (void)state;
    struct script s = {
        .word = {"매장 포스터 시안 주기"}, .n_word = 1, .title = "망고 빙수 일정", .title_alone = true};
    struct moim_minutes m = write_with(&s, MOIM_STRENGTH_WRITES);
    assert_int_equal(s.asked_word + s.asked_judge + s.asked_topic + s.asked_propose, 0);
    assert_int_equal(s.asked_whole, 1);
    assert_non_null(strstr(item(&m, "action")->text, "→ 김도훈 “네, 다음 주 수요일까지 시안 드릴게요.”"));
    for (int i = 0; i < m.n; i++) assert_false(m.items[i].worded && strcmp(m.items[i].kind, "summary"));
    moim_minutes_free(&m);
}

static void the_doubtful_stands_apart_and_what_the_model_calls_none_goes(void **state)
{
    (void)state;
    struct script s = {.judge = "decision", .title = "망고 빙수", .propose = "{\"findings\":[]}"};
    struct moim_minutes m = write_with(&s, MOIM_STRENGTH_READS);
    assert_int_equal(count(&m, "decision"), 1);
    assert_ptr_equal(strstr(item(&m, "to_confirm")->text, "결정: "), item(&m, "to_confirm")->text);
    assert_non_null(strstr(item(&m, "to_confirm")->text, "에어컨"));
    assert_false(item(&m, "to_confirm")->worded); /* what is only probable is quoted */
    for (int i = 0; i < m.n; i++)
        if (!strcmp(m.items[i].kind, "suggestion") || !strcmp(m.items[i].kind, "summary") ||
            !strcmp(m.items[i].kind, "title"))
            assert_null(strstr(m.items[i].text, "에어컨"));
    moim_minutes_free(&m);
    s = (struct script){.judge = "none", .title = "망고 빙수", .propose = "{\"findings\":[]}"};
    m = write_with(&s, MOIM_STRENGTH_READS);
    assert_int_equal(count(&m, "to_confirm"), 0);
    moim_minutes_free(&m);
}

static void a_weak_model_is_not_asked(void **state)
{
    (void)state;
    struct script s = {.judge = "none", .title = "없는 제목"};
    struct moim_minutes m = write_with(&s, MOIM_STRENGTH_QUOTES);
    assert_int_equal(s.asked_word + s.asked_judge + s.asked_topic + s.asked_whole + s.asked_propose, 0);
    assert_non_null(strstr(item(&m, "action")->text, "→ 김도훈 “네, 다음 주 수요일까지 시안 드릴게요.”"));
    assert_int_equal(count(&m, "to_confirm"), 1);
    moim_minutes_free(&m);
}

/* The put-off question by itself adds nothing to question and putting off together; another's task of the same turns does. */
static void a_finding_within_another_is_said_once(void **state)
{
    (void)state;
    struct moim_finding list[5];
    list[0] = finding(MOIM_FOUND_QUESTION, "아 그거. 구매팀이 단가를 아직 안 줬어.", "", 6, -1);
    list[1] = finding(MOIM_FOUND_QUESTION, "저, 근데 텀블러 증정은 하는 건가요?", "", 6, 5);
    list[2] = list[1];
    list[3] = finding(MOIM_FOUND_ACTION, "네, 다음 주 수요일까지 시안 드릴게요.", "", 4, 3);
    list[4] = list[3];
    snprintf(list[3].owner, sizeof list[3].owner, "김도훈");
    snprintf(list[4].owner, sizeof list[4].owner, "오세린");
    struct moim_findings f = {.list = list, .n = 5};
    struct moim_minutes_request req = request(&f, NULL, MOIM_STRENGTH_NONE);
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_int_equal(count(&m, "question"), 1);
    assert_int_equal(count(&m, "action"), 2);
    assert_non_null(strstr(item(&m, "question")->text, "텀블러"));
    moim_minutes_free(&m);
}

static void a_strong_model_proposes_and_only_what_was_said_is_taken(void **state)
{
    (void)state;
    struct script s = {
        .judge = "decision",
        .title = "망고 빙수",
        .propose =
            "{\"findings\":["
            "{\"kind\":\"question\",\"turns\":[6,7],\"owner\":\"-\",\"text\":\"텀블러 증정 여부\"},"
            "{\"kind\":\"task\",\"turns\":[4,5],\"owner\":\"김도훈\",\"text\":\"매장 포스터 시안 주기\"},"
            "{\"kind\":\"task\",\"turns\":[7],\"owner\":\"박주연\",\"text\":\"현수막 300장 인쇄하기\"},"
            "{\"kind\":\"decision\",\"turns\":[3],\"owner\":\"-\",\"text\":\"1일로 하기로 함\"}]}"};
    struct moim_findings none = {.n = 0};
    struct moim_script script = {reply, &s};
    struct moim_minutes_request req = request(&none, &script, MOIM_STRENGTH_READS);
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_int_equal(s.asked_propose, 1);
    assert_true(s.asked_topic > 0);
    assert_int_equal(count(&m, "action"), 1);
    assert_string_equal(item(&m, "action")->owner, "김도훈");
    assert_string_equal(item(&m, "action")->due_date, "2026-05-20");
    assert_int_equal(count(&m, "question"), 1);
    for (int i = 0; i < m.n; i++) assert_null(strstr(m.items[i].text, "현수막"));
    moim_minutes_free(&m);
    s.propose = "{\"findings\":[{\"kind\":\"rumour\"}]}"; /* no model can write this under the grammar */
    assert_int_equal(moim_minutes_write(NULL, &req, &m, &err), MOIM_EFORMAT);
}

static void the_users_title_is_kept_and_labels_follow_the_language_asked_for(void **state)
{
    (void)state;
    struct moim_findings f = findings();
    struct moim_minutes_request req = request(&f, NULL, MOIM_STRENGTH_NONE);
    struct moim_minutes m;
    req.title = "여름 신메뉴";
    req.minutes_language = "en";
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_string_equal(item(&m, "title")->text, "여름 신메뉴");
    assert_non_null(strstr(item(&m, "to_confirm")->text, "Decision: "));
    assert_non_null(strstr(item(&m, "summary")->text, "Decided: "));
    assert_non_null(strstr(item(&m, "suggestion")->text, "For the next agenda: "));
    moim_minutes_free(&m);
}

static void suggestions_are_few(void **state)
{
    (void)state;
    static struct moim_turn_text turn[12];
    static struct moim_finding list[12];
    for (int i = 0; i < 12; i++) {
        turn[i] = (struct moim_turn_text){i, i + 1, "가", "행사 예산은 얼마로 할까요?"};
        list[i] = finding(MOIM_FOUND_QUESTION, turn[i].text, "", i, -1);
        list[i].doubtful = i == 0;
    }
    struct moim_findings f = {.list = list, .n = 12};
    struct moim_minutes_request req = {
        .turns = turn, .n_turns = 12, .language = "ko", .date = {2026, 5, 12}, .findings = &f};
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    assert_true(count(&m, "suggestion") >= 1 && count(&m, "suggestion") <= 5);
    moim_minutes_free(&m);
}

/* ---- strength ---- */

/* Answers the snippets rightly, by what is said in them. */
static int able(void *arg, const char *prompt, char *out, size_t cap)
{
    const int *level = arg;
    const struct moim_prompts *p = &moim_language_get("ko")->prompt, *e = &moim_language_get("en")->prompt;
    const char *talk = strstr(prompt, "<|im_start|>user\n"), *next;
    while (talk && (next = strstr(talk + 1, "<|im_start|>user\n"))) talk = next;
    bool judge = strstr(prompt, p->judge) || strstr(prompt, e->judge);
    static const char *const task[] = {"명단", "예약", "list", "coach"}, *const open[] = {"참가비", "charge"},
                             *const none[] = {"경기", "game"};
    const char *kind = "decision";
    for (int i = 0; i < 4; i++)
        if (strstr(talk, task[i])) kind = "task";
    for (int i = 0; i < 2; i++) {
        if (strstr(talk, open[i])) kind = "question";
        if (strstr(talk, none[i])) kind = "none";
    }
    if (judge)
        snprintf(out, cap, "{\"kind\":\"%s\"}", *level > 0 ? kind : "none");
    else if (strstr(prompt, p->propose))
        snprintf(
            out, cap, "%s",
            *level > 1
                ? "{\"findings\":[{\"kind\":\"decision\",\"turns\":[1,2],\"owner\":\"-\",\"text\":\"바자회 날짜는 10월 셋째 토요일로 하기로 함\"},"
                  "{\"kind\":\"task\",\"turns\":[3,4],\"owner\":\"도윤\",\"text\":\"전단지 만들기\"},"
                  "{\"kind\":\"decision\",\"turns\":[7],\"owner\":\"-\",\"text\":\"음식은 김밥만 하기로 함\"}]}"
                : "{\"findings\":[]}");
    else
        snprintf(out, cap, "{\"text\":\"%s\"}",
                 strstr(talk, "현수막")    ? "현수막은 세 장으로 하기로 함"
                 : strstr(talk, "명단")    ? "회원 명단 정리해서 올리기"
                 : strstr(talk, "banners") ? "Three banners, since two banners won't be enough"
                                           : "Do the member list");
    return MOIM_OK;
}

static void strength_is_what_the_test_shows(void **state)
{
    (void)state;
    static const enum moim_strength want[] = {MOIM_STRENGTH_QUOTES, MOIM_STRENGTH_WRITES,
                                              MOIM_STRENGTH_READS};
    for (int level = 0; level < 3; level++) {
        struct moim_script script = {able, &level};
        struct moim_strength_result r;
        assert_ok(moim_strength_measure(NULL, &script, NULL, &r, &err), err);
        if (r.strength != want[level])
            fail_msg("level %d: %s (judged %d of %d, worded %d of %d, proposed %d of %d, %d wrongly)", level,
                     moim_stages[r.strength].name, r.judged_right, r.judged, r.worded_true, r.worded,
                     r.proposed_right, r.planted, r.proposed_wrong);
    }
    enum moim_strength s;
    for (int i = 0; i < MOIM_STRENGTHS; i++)
        assert_true(moim_strength_parse(moim_stages[i].name, &s) && (int)s == i);
    assert_false(moim_strength_parse("mighty", &s));
    assert_false(moim_stages[MOIM_STRENGTH_NONE].writes || moim_stages[MOIM_STRENGTH_QUOTES].writes);
}

/* Where a finding's turns name nothing, the turn that does is cited and quoted with them: not just the last one, and no turn where
 * they do name it. */
static void what_a_finding_is_about_is_quoted_with_it(void **state)
{
    (void)state;
    static const struct moim_turn_text turns[] = {
        {0, 1, "총무", "주보에 들어갈 수련회 광고 문구는 누가 넘겨 주실 건가요?"},
        {0, 1, "전도사", "아 그거요."},
        {0, 1, "회장", "음, 글쎄요."},
        {0, 1, "회장", "총무님이 목요일까지 좀 해 주세요."},
        {0, 1, "총무", "네 수요일 밤에 할게요."},
        {0, 1, "총무", "그리고 제가 명찰을 주문할게요."},
    };
    struct moim_minutes_request req = {.turns = turns, .n_turns = 6};
    struct moim_job job = {.req = &req, .talk = moim_language_get("ko")};
    struct moim_finding thin = finding(MOIM_FOUND_ACTION, turns[4].text, turns[3].text, 4, 3),
                        says = finding(MOIM_FOUND_ACTION, turns[5].text, "", 5, -1);
    char quote[MOIM_QUOTE_MAX];
    moim_add_what_about(&job, &thin);
    assert_int_equal(thin.topic, 0);
    assert_int_equal(thin.turns[0], 0);
    moim_quote_finding(job.talk, turns, &thin, quote);
    assert_non_null(strstr(quote, "수련회 광고"));
    assert_non_null(strstr(quote, "수요일 밤"));
    moim_add_what_about(&job, &says);
    assert_int_equal(says.topic, -1);
    assert_int_equal(says.n_turns, 1);
}

static void a_question_goes_on_from_the_one_before_it(void **state)
{
    (void)state;
    static const struct moim_turn_text turns[] = {
        {0, 1, "Ann", "Could you draw the poster by Friday?"},
        {0, 1, "Ben", "Yes, I will draw the poster by Friday."},
        {0, 1, "Ann", "Thank you. I will write to the school and invite the children."},
        {0, 1, "Ben", "What about food?"},
        {0, 1, "Ben", "Do we have any budget for it?"},
    };
    struct moim_minutes_request req = {.turns = turns, .n_turns = 5};
    struct moim_job job = {.req = &req, .talk = moim_language_get("en")};
    struct moim_finding asks = finding(MOIM_FOUND_QUESTION, turns[4].text, "", 4, -1);
    moim_add_what_about(&job, &asks);
    assert_int_equal(asks.topic, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_was_said),
        cmocka_unit_test(what_stands_elsewhere_is_not_said),
        cmocka_unit_test(a_line_keeps_the_topic_of_the_sentence_that_settles),
        cmocka_unit_test(who_does_it_is_who_said_so_or_was_asked),
        cmocka_unit_test(a_line_names_what_it_is_about),
        cmocka_unit_test(request_and_answer_are_quoted_together),
        cmocka_unit_test(a_model_words_lines_and_what_is_false_is_tried_again_then_quoted),
        cmocka_unit_test(a_model_that_only_writes_words_title_and_summary_alone),
        cmocka_unit_test(the_doubtful_stands_apart_and_what_the_model_calls_none_goes),
        cmocka_unit_test(a_weak_model_is_not_asked),
        cmocka_unit_test(a_finding_within_another_is_said_once),
        cmocka_unit_test(a_strong_model_proposes_and_only_what_was_said_is_taken),
        cmocka_unit_test(the_users_title_is_kept_and_labels_follow_the_language_asked_for),
        cmocka_unit_test(suggestions_are_few),
        cmocka_unit_test(what_a_finding_is_about_is_quoted_with_it),
        cmocka_unit_test(a_question_goes_on_from_the_one_before_it),
        cmocka_unit_test(strength_is_what_the_test_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
