#include "summarize/strength.h"
#include "summarize/line_check.h"
#include "summarize/minutes_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct moim_stages moim_stages[MOIM_STRENGTHS] = {
    [MOIM_STRENGTH_NONE] = {"none", false, false, false, false, false},
    [MOIM_STRENGTH_QUOTES] = {"quotes", false, false, false, false, false},
    [MOIM_STRENGTH_WRITES] = {"writes", true, false, false, false, false},
    [MOIM_STRENGTH_READS] = {"reads", true, true, true, true, true},
};

/* The thresholds. Guessing among four choices is right in a quarter of cases, and so is a constant answer. */
#define JUDGED_WRITES 0.5
#define WORDED_WRITES 0.5
#define JUDGED_READS 0.85
#define PROPOSED_READS 0.75

bool moim_strength_parse(const char *name, enum moim_strength *out)
{
    for (int i = 0; i < MOIM_STRENGTHS; i++)
        if (!strcmp(moim_stages[i].name, name)) {
            *out = (enum moim_strength)i;
            return true;
        }
    return false;
}

/* Three turns each, and what the last of them makes: 0 decision, 1 task, 2 question, 3 none. */
static const struct {
    const char *language, *who[3], *said[3];
    int kind;
} snippet[] = {
    {"ko",
     {"하진", "도윤", "하진"},
     {"현수막은 두 장이면 부족할 것 같아요.", "세 장으로 늘릴까요?", "네, 그럼 세 장으로 해요."},
     0},
    {"ko",
     {"하진", "도윤", "하진"},
     {"모임 장소는 도서관 말고 카페가 낫지 않나요?", "저도 카페가 좋아요.", "카페로 가시죠."},
     0},
    {"ko",
     {"하진", "도윤", "도윤"},
     {"회원 명단은 누가 정리하죠?", "어, 명단은 제가 할게요.", "주말까지 정리해서 올릴게요."},
     1},
    {"ko",
     {"하진", "도윤", "하진"},
     {"도윤 씨, 버스 예약 좀 알아봐 줘요.", "네, 오늘 오후에 전화해 볼게요.", "고마워요."},
     1},
    {"ko",
     {"하진", "도윤", "하진"},
     {"참가비는 얼마로 받죠?", "글쎄요, 아직 모르겠어요.", "그건 나중에 다시 얘기해요."},
     2},
    {"ko",
     {"하진", "도윤", "하진"},
     {"어제 경기 보셨어요?", "네, 연장까지 갔더라고요.", "저는 졸다가 못 봤어요."},
     3},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"Two banners won't be enough.", "Shall we make it three?", "Yeah, three then."},
     0},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"The library or the cafe?", "I'd rather have the cafe.", "Right, the cafe it is."},
     0},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"Who's doing the member list?", "I can do the list, end of the week.", "Great."},
     1},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"Noel, could you look into the coach?", "Sure, I'll ring them this afternoon.", "Thanks."},
     1},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"What do we charge people?", "No idea, to be honest.", "Let's come back to that."},
     2},
    {"en",
     {"Iris", "Noel", "Iris"},
     {"Did you watch the game?", "Went to extra time, yeah.", "I fell asleep."},
     3},
};
#define SNIPPETS (int)(sizeof snippet / sizeof *snippet)

/* A topic with four findings: the turns that make each. */
static const char *const topic_who[] = {"하진", "도윤", "하진", "도윤", "하진",
                                        "도윤", "하진", "도윤", "하진", "도윤"};
static const char *const topic_said[] = {"바자회 날짜는 10월 셋째 토요일이 어때요?",
                                         "좋아요, 셋째 토요일로 하죠.",
                                         "전단지는 도윤 씨가 만들어 줄래요?",
                                         "네, 전단지는 제가 수요일까지 만들게요.",
                                         "떡볶이도 팔까요?",
                                         "그건 불을 못 써서 안 돼요.",
                                         "그럼 음식은 김밥만 하기로 해요.",
                                         "네, 그래요. 비가 오면 어떡하죠?",
                                         "글쎄요, 실내를 쓸 수 있는지 아직 모르겠어요.",
                                         "그 얘기는 답 오면 해요."};
static const struct {
    enum moim_finding_kind kind;
    int turn;
} planted[] = {
    {MOIM_FOUND_DECISION, 1}, {MOIM_FOUND_ACTION, 3}, {MOIM_FOUND_DECISION, 6}, {MOIM_FOUND_QUESTION, 7}};
#define PLANTED (int)(sizeof planted / sizeof *planted)

struct bench {
    struct moim_job job;
    struct moim_minutes_request req;
    struct moim_minutes out;
    struct moim_turn_text turn[16];
};

static void set_turns(struct bench *b, const char *language, const char *const *who, const char *const *said,
                      int n)
{
    for (int i = 0; i < n; i++) b->turn[i] = (struct moim_turn_text){i * 4.0, i * 4.0 + 4, who[i], said[i]};
    b->req.turns = b->turn;
    b->req.n_turns = n;
    b->req.language = language;
    b->job.talk = b->job.lang = moim_language_get(language);
}

static struct moim_finding finding_of(struct bench *b, int kind)
{
    return (struct moim_finding){.kind = kind < 3 ? (enum moim_finding_kind)kind : MOIM_FOUND_DECISION,
                                 .source = (char *)(uintptr_t)b->turn[1].text,
                                 .context = (char *)(uintptr_t)b->turn[0].text,
                                 .turns = {0, 1, 2},
                                 .n_turns = 3,
                                 .head = 1};
}

static int judge_all(struct bench *b, struct moim_strength_result *r, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; i < SNIPPETS && !rc; i++) {
        int kind = -1;
        set_turns(b, snippet[i].language, snippet[i].who, snippet[i].said, 3);
        struct moim_finding f = finding_of(b, snippet[i].kind);
        if (!i || strcmp(snippet[i].language, snippet[i - 1].language))
            rc = moim_put_judge_prefix(&b->job, err);
        if (!rc) rc = moim_judge_finding(&b->job, &f, &kind, err);
        r->judged++;
        r->judged_right += !rc && kind == snippet[i].kind;
    }
    return rc;
}

static int word_all(struct bench *b, struct moim_strength_result *r, struct moim_err *err)
{
    int rc = MOIM_OK;
    const char *language = "";
    for (int i = 0; i < SNIPPETS && !rc; i++) {
        bool done = false;
        if (snippet[i].kind > 1 || i % 2) continue; /* half of them: words cost more than choices */
        set_turns(b, snippet[i].language, snippet[i].who, snippet[i].said, 3);
        struct moim_finding f = finding_of(b, snippet[i].kind);
        if (strcmp(language, snippet[i].language)) rc = moim_put_word_prefix(&b->job, err);
        language = snippet[i].language;
        if (!rc) rc = moim_word_finding(&b->job, &f, &done, err);
        free(f.text);
        r->worded++;
        r->worded_true += done;
    }
    return rc;
}

static int propose_all(struct bench *b, struct moim_strength_result *r, struct moim_err *err)
{
    int n = sizeof topic_said / sizeof *topic_said;
    set_turns(b, "ko", topic_who, topic_said, n);
    b->job.n_topics = 1;
    b->job.first[1] = n;
    int rc = moim_propose_findings(&b->job, err);
    r->planted = PLANTED;
    r->proposed_wrong = b->job.found.n;
    for (int p = 0; p < PLANTED && !rc; p++)
        for (int i = 0; i < b->job.found.n; i++) {
            const struct moim_finding *f = &b->job.found.list[i];
            bool here = f->kind == planted[p].kind && f->turns[0] <= planted[p].turn &&
                        f->turns[f->n_turns - 1] >= planted[p].turn;
            if (!here) continue;
            r->proposed_right++;
            r->proposed_wrong--;
            break;
        }
    moim_findings_free(&b->job.found);
    return rc;
}

static enum moim_strength rate(const struct moim_strength_result *r)
{
    double judged = (double)r->judged_right / r->judged, worded = (double)r->worded_true / r->worded;
    if (judged < JUDGED_WRITES || worded < WORDED_WRITES) return MOIM_STRENGTH_QUOTES;
    bool reads = judged >= JUDGED_READS && r->planted &&
                 (double)r->proposed_right / r->planted >= PROPOSED_READS && r->proposed_wrong <= 1;
    return reads ? MOIM_STRENGTH_READS : MOIM_STRENGTH_WRITES;
}

int moim_strength_measure(struct moim_llm *model, const struct moim_script *script,
                          const volatile int *cancel, struct moim_strength_result *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    struct bench *b = calloc(1, sizeof *b);
    if (!b) return moim_fail(err, MOIM_ENOMEM, "strength: out of memory");
    b->req.cancel = cancel;
    b->req.date = (struct moim_date){2026, 9, 1};
    b->job = (struct moim_job){.req = &b->req,
                               .out = &b->out,
                               .may = &moim_stages[MOIM_STRENGTH_READS],
                               .model = true,
                               .cap = 1 << 15};
    b->job.text = malloc(b->job.cap);
    b->job.json = malloc(MOIM_JSON_MAX);
    int rc = b->job.text && b->job.json ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "strength: out of memory");
    if (!rc) rc = moim_writer_init(&b->job.writer, model, script, cancel, err);
    if (!rc) rc = judge_all(b, out, err);
    if (!rc) rc = word_all(b, out, err);
    if (!rc) out->strength = rate(out);
    /* Only a model that judges and words well takes the longest part of the test. */
    if (!rc && (double)out->judged_right / out->judged >= JUDGED_READS) rc = propose_all(b, out, err);
    if (!rc) out->strength = rate(out);
    moim_writer_clear(&b->job.writer);
    free(b->job.text);
    free(b->job.json);
    free(b);
    return rc;
}
