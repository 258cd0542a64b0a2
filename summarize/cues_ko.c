#include "summarize/cues.h"
#include "summarize/ko/endings.h"

#include <stdio.h>
#include <string.h>

/* The sentence without blanks and punctuation: spacing is the least certain thing in recognised Korean. */
static bool squeeze(const char *s, char *out, size_t cap)
{
    bool asked = false;
    size_t n = 0;
    for (; *s && n + 1 < cap; s++) {
        if (*s == '?') asked = true;
        if (!strchr(" .,?!~\t\n\"'", *s)) out[n++] = *s;
    }
    out[n] = 0;
    if (n > 6 && !memcmp(out + n - 6, "그럼", 6)) out[n - 6] = 0; /* "리스로 해요, 그럼." */
    return asked;
}

static bool ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && !memcmp(s + n - m, suffix, m);
}

static bool ends_any(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (ends(s, *list)) return true;
    return false;
}

static bool holds_any(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (strstr(s, *list)) return true;
    return false;
}

/* Ends in a syllable with final ㄹ, then suffix: 할 + 게요. */
static bool ends_after_l(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix), len;
    return n > m && !memcmp(s + n - m, suffix, m) && moim_ko_final(moim_ko_last(s, n - m, &len)) == 8;
}

static bool ends_after_b(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix), len;
    return n > m && !memcmp(s + n - m, suffix, m) && moim_ko_final(moim_ko_last(s, n - m, &len)) == 17;
}

/* ---- phrases ---- */

static const char *const wh[] = {"누가", "누구", "언제",   "어디", "얼마", "무엇", "뭐",   "뭘", "무슨",
                                 "왜",   "어느", "어떻게", "어떤", "몇",   "어땠", "어떠", NULL};
static const char *const please_asked[] = {"주시겠어요",     "주시겠습니까",
                                           "주실래요",       "줄래요",
                                           "줄래",           "주실수있을까요",
                                           "주실수있나요",   "주실수있어요",
                                           "주실수있으세요", "줄수있어요",
                                           "줄수있어",       "줄수있나요",
                                           "맡아주실까요",   NULL};
static const char *const please[] = {"주세요",
                                     "주십시오",
                                     "주시고요",
                                     "주시고",
                                     "주시면됩니다",
                                     "주시면돼요",
                                     "주시면좋겠습니다",
                                     "주시면좋겠어요",
                                     "주시면감사하겠습니다",
                                     "주시기바랍니다",
                                     "부탁드립니다",
                                     "부탁드려요",
                                     "부탁드릴게요",
                                     "부탁드리겠습니다",
                                     "부탁해요",
                                     "부탁합니다",
                                     "부탁할게요",
                                     "줘요",
                                     "줘",
                                     "봐요",
                                     "하고",
                                     NULL};
static const char *const talk_only[] = {
    "말씀해주",   "말해주", "얘기해주", "이야기해주", "설명해주", "소개해주", "들어주", "와주",
    "도와주세요", "양해",   "기다려주", "앉아",       "조용",     "들려주",   "질문",   NULL};
static const char *const run_meeting[] = {"시작하겠습니다",
                                          "시작할게요",
                                          "시작해볼게요",
                                          "마치겠습니다",
                                          "마칠게요",
                                          "넘어가겠습니다",
                                          "넘어갈게요",
                                          "여기까지할게요",
                                          "여기까지하겠습니다",
                                          "설명드리겠습니다",
                                          "설명드릴게요",
                                          "보여드리겠습니다",
                                          "보여드릴게요",
                                          "보고드리겠습니다",
                                          "기다리겠습니다",
                                          "기다릴게요",
                                          "응원할게요",
                                          "부터보겠습니다",
                                          "부터정할게요",
                                          "부터할게요",
                                          "부터하겠습니다",
                                          "부터들어보겠습니다",
                                          "을들어보겠습니다",
                                          "를들어보겠습니다",
                                          "부터들어볼게요",
                                          "알겠습니다",
                                          "모르겠습니다",
                                          "좋겠습니다",
                                          "좋겠어요",
                                          "되겠습니다",
                                          "되겠어요",
                                          "힘들겠습니다",
                                          "어렵겠습니다",
                                          "있겠습니다",
                                          "없겠습니다",
                                          "같겠습니다",
                                          "감사하겠습니다",
                                          "이만하겠습니다",
                                          "소개하겠습니다",
                                          "발표하겠습니다",
                                          "여쭤보겠습니다",
                                          "여쭤볼게요",
                                          "질문드릴게요",
                                          "질문하겠습니다",
                                          "끝내겠습니다회의",
                                          "진행하겠습니다회의",
                                          "하나만할게요",
                                          "명심하겠습니다",
                                          "열심히하겠습니다",
                                          "노력하겠습니다",
                                          "보류하겠습니다",
                                          "맞춰보겠습니다",
                                          "생각해볼게요",
                                          "생각해보겠습니다",
                                          "고민해볼게요",
                                          "다시할게요",
                                          "먼저할게요",
                                          "공유화면",
                                          NULL};
static const char *const so[] = {"그렇게합시다",
                                 "그렇게하시죠",
                                 "그렇게하죠",
                                 "그렇게하자",
                                 "그렇게해요",
                                 "그렇게가시죠",
                                 "그렇게갑시다",
                                 "그렇게가죠",
                                 "그렇게가요",
                                 "그걸로하죠",
                                 "그걸로하시죠",
                                 "그걸로합시다",
                                 "그걸로해요",
                                 "그걸로가죠",
                                 "그걸로갑시다",
                                 "그걸로가시죠",
                                 "그렇게하기로하죠",
                                 "그렇게결정하죠",
                                 "그렇게결정합시다",
                                 "그렇게정하죠",
                                 "그렇게진행하시죠",
                                 "그렇게진행하죠",
                                 "그렇게진행합시다",
                                 "그렇게하는걸로하죠",
                                 "그렇게하는걸로하겠습니다",
                                 "그렇게하는걸로합시다",
                                 "그렇게정리하죠",
                                 "그럽시다",
                                 "그러죠",
                                 "그러시죠",
                                 "그러자",
                                 NULL};
static const char *const told[] = {"지난번", "지난회의", "지난주에정", "지난달에정", "이미",
                                   "저번",   "했었",     "그러기로했", "하기로한거", NULL};
static const char *const settled[] = {
    "기로했습니다", "기로했어요",     "기로했고요",   "기로했고",       "기로하였습니다", "기로결정",
    "기로합의",     "기로합시다",     "기로하죠",     "기로하시죠",     "기로해요",       "기로하자",
    "기로할게요",   "기로하겠습니다", "기로하고요",   "기로정했",       "로확정",         "로결정",
    "을확정",       "를확정",         "을결정하겠",   "를결정하겠",     "로의결",         "것으로하겠",
    "걸로하겠",     "걸로합시다",     "걸로하죠",     "걸로하시죠",     "걸로해요",       "걸로할게요",
    "걸로하자",     "것으로합시다",   "것으로하죠",   "것으로합니다",   "걸로합니다",     "걸로정하",
    "것으로정하",   "걸로정리하",     "걸로결정",     "것으로결정",     "걸로확정",       "걸로갑시다",
    "걸로가죠",     "걸로가시죠",     "걸로요",       "것으로요",       "결론이났",       "결론을냈",
    "결론냈",       "못박읍시다",     "못박겠습니다", "로정하겠습니다", "로정하죠",       "로정합시다",
    "로정할게요",   "로정했습니다",   "로정했어요",   "통과된",         "가결",           NULL};
static const char *const unsettled[] = {
    "결정해야", "정해야",   "결정되면", "결정못",   "확정되면", "확정해야",     "결정나면", "못정",
    "안정했",   "걸로알고", "걸로보",   "것으로보", "결정할수", "결정하기어렵", "결정이안", NULL};
static const char *const put_off[] = {"아직안정",         "아직안나",
                                      "아직결정",         "아직못정",
                                      "아직못받",         "아직모르",
                                      "아직결정",         "아직정해",
                                      "아직결론",         "아직미정",
                                      "아직확답",         "아직이요",
                                      "아직이에요",       "아직입니다",
                                      "아직뭐라",         "아직은뭐라",
                                      "아직은모르",       "아직은결정",
                                      "모르겠어요",       "모르겠습니다",
                                      "모르겠네요",       "모르겠다",
                                      "확인이필요",       "확인해봐야",
                                      "봐야알",           "봐야할것같",
                                      "봐야해요",         "봐야합니다",
                                      "봐야죠",           "나와봐야",
                                      "있어야알",         "끝나야알",
                                      "야정할수있",       "야알수있",
                                      "야결정할수있",     "보고정하",
                                      "보고결정",         "보고정합",
                                      "보고정할",         "보고결정할",
                                      "정해져야",         "보류",
                                      "다음에다시",       "다음에정하",
                                      "다음에논의",       "다음에얘기",
                                      "다음주에다시얘기", "다음회의에서다시",
                                      "다음회의때",       "나중에다시",
                                      "나중에정하",       "나중에논의",
                                      "다시논의",         "다시얘기합시다",
                                      "다시이야기합시다", "생각해봅시다",
                                      "더생각해보",       "검토중",
                                      "결론이없",         "결론이안",
                                      "결론은없",         "확답을드리기어렵",
                                      "확답드리기어렵",   "미정",
                                      "애매해",           "애매합니다",
                                      "기다려야합니다",   "기다려야해요",
                                      "기다려야돼",       "얘기해봐야",
                                      "물어봐야",         "들어봐야",
                                      "들어봐야해",       "상의해봐야",
                                      "논의가필요",       "검토가필요",
                                      "더논의해",         "고민해봐야",
                                      "고민이필요",       "정해지지않",
                                      "결정되지않",       "정하지못",
                                      "결정하지못",       NULL};
static const char *const yes[] = {"네",
                                  "예",
                                  "넵",
                                  "응",
                                  "좋습니다",
                                  "좋아요",
                                  "좋아",
                                  "알겠습니다",
                                  "알겠어요",
                                  "동의",
                                  "찬성",
                                  "오케이",
                                  "그래",
                                  "그래요",
                                  "괜찮습니다",
                                  "괜찮아요",
                                  "가능합니다",
                                  "가능해요",
                                  "가능해",
                                  "이견없",
                                  "한표",
                                  "그럴게요",
                                  "찬성이요",
                                  "찬성입니다",
                                  "동의해요",
                                  "동의합니다",
                                  "그게좋을것같습니다",
                                  "그게좋을것같아요",
                                  "그게좋겠네요",
                                  "그게좋겠어요",
                                  "그게낫겠네요",
                                  "맞습니다",
                                  "맞아요",
                                  "물론",
                                  "그렇게하겠습니다",
                                  "그렇게할게요",
                                  "그렇게하세요",
                                  "그렇게해보겠습니다",
                                  "문제없",
                                  "저도좋",
                                  NULL};
static const char *const no[] = {"어려울것같", "어렵습니다", "어려워요", "힘들것같", "힘들어요",
                                 "안될것같",   "안됩니다",   "불가능",   "못할것같", "휴무라",
                                 "출장이라",   "안되겠",     NULL};
/* Words in -로 that are adverbs, not the outcome of a choice. */
static const char *const adverb[] = {"바로",     "새로",   "따로",   "서로",   "앞으로",   "별로",   "제대로",
                                     "그대로",   "추가로", "차례로", "스스로", "대체로",   "실제로", "진짜로",
                                     "정말로",   "절대로", "함부로", "억지로", "예정대로", "주로",   "홀로",
                                     "순서대로", "개별로", "따라로", "이대로", "하루로",   NULL};
static const char *const propose[] = {"어떨까요",   "어떨까",       "어때요",   "어때",
                                      "어떤가요",   "어떻습니까",   "않을까요", "않겠습니까",
                                      "낫지않아요", "좋지않을까요", "안돼요",   NULL};
static const char *const would_be_good[] = {
    "면좋겠습니다",     "면좋겠어요",     "게좋겠습니다",     "게좋겠어요",
    "게나을것같습니다", "게나을것같아요", "게좋을것같습니다", "게좋을것같아요",
    "게빠를것같습니다", "게빠를것같아요", "게낫겠습니다",     "게낫겠어요",
    "게맞다고봐요",     "이좋겠습니다",   "가좋겠습니다",     NULL};
static const char *const chat_propositive[] = {
    "봅시다",     "보시죠",     "보죠",         "봅시다요",   "시작합시다", "시작하죠", "시작하시죠",
    "얘기합시다", "얘기하죠",   "이야기합시다", "이야기하죠", "논의합시다", "논의하죠", "마칩시다",
    "마치죠",     "마치시죠",   "끝냅시다",     "끝내죠",     "넘어갑시다", "넘어가죠", "넘어가시죠",
    "쉽시다",     "쉬죠",       "쉬었다하죠",   "들어봅시다", "들어보죠",   "해봅시다", "해보죠",
    "나눠봅시다", "갑시다다음", "모입시다",     "정리합시다", "정리하죠",   "맞죠",     "그렇죠",
    "거죠",       "좋죠",       "낫죠",         "있죠",       "없죠",       "했죠",     "됐죠",
    "었죠",       "였죠",       "겠죠",         "이죠",       "되죠",       "편이죠",   "텐데",
    "정합시다",   "정하죠",     "먼저죠",       "필요하죠",   "봐야죠",     "해야죠",   NULL};

/* "24일로 하죠", "리스로 해요": -로 and a verb of choosing at the end; sure unless the ending is only the
 * polite one. */
static bool by_choice(const char *s, bool *sure)
{
    static const char *const choose[] = {
        "로하죠",     "로합시다",     "로하시죠",     "로가죠",     "로갑시다",   "로가시죠",   "로가자",
        "로하자",     "로해요",       "로하겠습니다", "로할게요",   "로가요",     "로올려요",   "로바꿔요",
        "로당깁시다", "로바꿉시다",   "로바꾸죠",     "로옮깁시다", "로옮기죠",   "로줄입시다", "로갈게요",
        "로올립시다", "로가겠습니다", "로하기로",     "로합니다",   "로해봅시다", "로해보죠",   NULL};
    for (int i = 0; choose[i]; i++) {
        if (!ends(s, choose[i])) continue;
        char head[MOIM_NOTE_MAX];
        size_t n = strlen(s) - strlen(choose[i]) + strlen("로");
        snprintf(head, sizeof head, "%.*s", (int)n, s);
        if (ends_any(head, adverb)) return false;
        *sure = true;
        return true;
    }
    return false;
}

static struct moim_cue of_question(const char *s)
{
    static const char *const able[] = {"가능하세요", "가능할까요", "가능하실까요", "될까요",
                                       "됩니까",     "되세요",     "되나요",       NULL};
    bool open = holds_any(s, wh);
    if (ends_any(s, please_asked)) return (struct moim_cue){MOIM_ACT_REQUEST, true};
    if (ends_any(s, propose) && !strstr(s, "언제") && !strstr(s, "몇"))
        return (struct moim_cue){MOIM_ACT_PROPOSE, true};
    if (open || ends_any(s, able)) return (struct moim_cue){MOIM_ACT_ASK, true};
    if (ends_after_l(s, "까요") || ends_after_l(s, "까") || ends(s, "하시죠"))
        return (struct moim_cue){MOIM_ACT_PROPOSE, !strstr(s, "지")};
    return (struct moim_cue){MOIM_ACT_ASK, true};
}

static struct moim_cue of_request(const char *s)
{
    static const char *const order[] = {"세요", "십시오", "시고요", "시고", NULL};
    static const char *const greeting[] = {"안녕하세요", "수고하세요",   "계세요", "가세요",       "되세요",
                                           "마세요",     "오세요",       "이세요", "그렇게하세요", "있으세요",
                                           "없으세요",   "편하게하세요", NULL};
    if (holds_any(s, talk_only)) return (struct moim_cue){MOIM_ACT_TELL, false};
    if (ends(s, "다고봐요") || ends(s, "라고봐요")) return (struct moim_cue){MOIM_ACT_TELL, false};
    if (ends_any(s, please)) {

        bool weak = ends(s, "하고") || ends(s, "봐요") || ends(s, "줘") || ends(s, "주시면됩니다") ||
                    ends(s, "주시면돼요");
        if (ends(s, "공유해주세요") || ends(s, "알려주세요") || ends(s, "부탁해요") ||
            ends(s, "부탁드려요") || ends(s, "부탁드립니다") || strstr(s, "의견"))
            weak = true;
        return (struct moim_cue){MOIM_ACT_REQUEST, !weak};
    }
    if (ends_any(s, order) && !ends_any(s, greeting)) return (struct moim_cue){MOIM_ACT_REQUEST, false};
    return (struct moim_cue){MOIM_ACT_TELL, false};
}

static struct moim_cue of_promise(const char *s)
{
    static const char *const gathering[] = {"회의는", "미팅은",   "모임은", "회식은",
                                            "회의를", "워크숍은", NULL};

    static const char *const able[] = {"수있습니다", "수있어요", "수있을것같습니다", "수있을것같아요", NULL};
    struct moim_cue none = {MOIM_ACT_TELL, false};
    /* "말씀드릴게요" opens a report, or with a date promises an answer. */
    if (ends(s, "말씀드릴게요") || ends(s, "말씀드리겠습니다"))
        return (struct moim_cue){MOIM_ACT_PROMISE, false};
    if (ends_any(s, run_meeting)) return none;

    /* A rule for the time to come: "앞으로 수요일은 회의 없는 날로 바꿀게요". */
    if ((strstr(s, "앞으로") || strstr(s, "이제부터") || strstr(s, "다음부터") || strstr(s, "달부터")) &&
        !strstr(s, "제가") && !strstr(s, "저는") && (ends(s, "겠습니다") || ends_after_l(s, "게요")))
        return (struct moim_cue){MOIM_ACT_DECIDE, true};
    /* A meeting's own date is settled, not promised. */
    if (holds_any(s, gathering) && (ends(s, "하겠습니다") || ends(s, "할게요") || ends(s, "갖겠습니다")))
        return (struct moim_cue){MOIM_ACT_DECIDE, true};
    if (ends(s, "겠습니다") || ends_after_l(s, "게요") || ends_after_l(s, "게"))
        return (struct moim_cue){MOIM_ACT_PROMISE, true};
    /* Ability is a promise if it was asked for: depends on the context. */
    if (ends_any(s, able) && !strstr(s, "늦을") && !strstr(s, "틀릴") && !strstr(s, "문제가될"))
        return (struct moim_cue){MOIM_ACT_PROMISE, false};
    return none;
}

struct moim_cue moim_cue_ko(const char *sentence)
{
    char s[MOIM_NOTE_MAX], core[MOIM_NOTE_MAX];
    bool asked = squeeze(sentence, s, sizeof s), sure = false;
    snprintf(core, sizeof core, "%s", sentence);
    bool said = moim_ko_strip_lead(core);
    if (ends_any(s, so) && strlen(s) < 90) return (struct moim_cue){MOIM_ACT_SO, true};
    if (asked) return of_question(s);
    if (!said ||
        (strlen(s) < 40 && holds_any(s, yes) && !holds_any(s, no) && !ends(s, "게요") && strcmp(core, s)))
        if (!said || ends_any(s, yes) || strlen(core) < 12) return (struct moim_cue){MOIM_ACT_ACCEPT, true};
    /* "아직 안 정했는데 제가 할게요" settles it. */
    static const char *const later[] = {"보류",         "다시",     "나중",       "다음에", "다음회의",
                                        "다음주에얘기", "보고정할", "보고결정할", NULL};
    struct moim_cue promised = of_promise(s);
    if (holds_any(s, put_off) && promised.act == MOIM_ACT_PROMISE && promised.sure && !holds_any(s, later))
        return promised;
    if (holds_any(s, put_off)) return (struct moim_cue){MOIM_ACT_DEFER, true};
    if (holds_any(s, settled) && !holds_any(s, unsettled))
        return (struct moim_cue){holds_any(s, told) ? MOIM_ACT_TELL : MOIM_ACT_DECIDE, true};
    if (ends(s, "기로") || by_choice(s, &sure)) return (struct moim_cue){MOIM_ACT_DECIDE, true};
    struct moim_cue c = of_promise(s);
    if (c.act == MOIM_ACT_TELL && (ends_any(s, no) || (holds_any(s, no) && strlen(s) < 80)))
        return (struct moim_cue){MOIM_ACT_REFUSE, true};
    if (ends(s, "지맙시다") || ends(s, "지말죠") || ends(s, "지말자") || ends(s, "지마시죠"))
        return (struct moim_cue){MOIM_ACT_DECIDE, true};
    struct moim_cue r = of_request(s);
    if (r.act != MOIM_ACT_TELL) return r;
    if (c.act != MOIM_ACT_TELL) return c;

    /* "분담을 합시다", "투표를 하죠": how to go on, not what. */
    static const char *const do_it[] = {"을합시다", "를합시다", "을하죠", "를하죠",
                                        "을하시죠", "를하시죠", NULL};
    if (ends_any(s, do_it) && strlen(s) < 30) return (struct moim_cue){MOIM_ACT_TELL, false};
    if (!ends_any(s, chat_propositive) && (ends_after_b(s, "시다") || ends(s, "시죠")))
        return (struct moim_cue){MOIM_ACT_DECIDE, true};
    if (!ends_any(s, chat_propositive) && (ends(s, "자") || ends(s, "죠")) && !ends(s, "사용자") &&
        !ends(s, "담당자"))
        return (struct moim_cue){MOIM_ACT_DECIDE, false};
    if (ends_any(s, would_be_good)) return (struct moim_cue){MOIM_ACT_PROPOSE, false};
    if (strlen(s) < 60 && ends_any(s, yes)) return (struct moim_cue){MOIM_ACT_ACCEPT, true};
    return (struct moim_cue){MOIM_ACT_TELL, false};
}
