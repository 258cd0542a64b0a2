#include "summarize/ko/ko.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const ko_pronoun[] = {"제가",   "저는", "내가",   "나는", "저희가",
                                         "저희는", "전",   "제가요", NULL};
static const char *const ko_filler[] = {"좀",     "한번",   "그거",   "그것", "그건", "이건", "그거는",
                                        "그것은", "그것도", "그걸",   "이걸", "다들", "우선", "일단",
                                        "먼저요", "그럼",   "그러면", "그런", "혹시", "이제", "빨리",
                                        "저도",   "음",     "어",     "아",   "뭐",   NULL};
static const char *const ko_thin[] = {
    "직접", "바로",   "다시",     "먼저",   "꼭",       "최대한", "빨리",   "같이",   "함께",
    "따로", "미리",   "전부",     "다",     "더",       "각자",   "오늘",   "내일",   "이번에",
    "이번", "그렇게", "나머지는", "나머지", "그",       "이",     "저",     "네",     "지금",
    "당장", "이따가", "오전",     "오후",   "기준으로", "전화로", "메일로", "한번씩", NULL};

/* "안내문은 제가 붙이기": without the speaker its topic is an object, unless there is one. */
static void topic_to_object(char *s, size_t end, bool has_object)
{
    size_t len;
    if (end < 6) return;
    bool eun = !memcmp(s + end - 3, "은", 3), neun = !memcmp(s + end - 3, "는", 3);
    unsigned before = moim_ko_last(s, end - 3, &len);
    if ((!eun && !neun) || (eun && moim_ko_final(before) <= 0)) return;
    bool place = end > 9 && (!memcmp(s + end - 6, "께", 3) || !memcmp(s + end - 6, "에", 3) ||
                             !memcmp(s + end - 6, "테", 3));
    if (place)
        memmove(s + end - 3, s + end, strlen(s + end) + 1);
    else if (has_object || !memcmp(s + end - 6, "쪽", 3))
        memmove(s + end - 2, s + end, strlen(s + end) + 1), s[end - 3] = ':';
    else
        memcpy(s + end - 3, eun ? "을" : "를", 3);
}

static void drop_ko_words(char *s, bool speaker)
{
    bool object = false;
    for (const char *p = s; *p;) {
        size_t n = strcspn(p, " ");
        object = object || moim_word_ends(p, n, "을") || moim_word_ends(p, n, "를");
        p += n + strspn(p + n, " ");
    }
    for (size_t at = 0; s[at];) {
        size_t n = strcspn(s + at, " ,");
        bool pronoun = speaker && moim_word_in(s + at, n, ko_pronoun);
        if (pronoun || moim_word_in(s + at, n, ko_filler)) {
            moim_cut_bytes(s, at, at + n);
            if (pronoun && at > 1) topic_to_object(s, at - 1, object);
            continue;
        }
        at += strcspn(s + at, " ");
        at += strspn(s + at, " ");
    }
}

/* "아직 안 정했는데 제가 할게요", "정해졌으니까 바로 내세요": the reason first, then the task. */
static void drop_reason(char *s)
{
    static const char *const joint[] = {"는데 제가 ",  "는데 내가 ",  "지만 제가 ",
                                        "니까 제가 ",  "니까 내가 ",  "으니까 ",
                                        "는데, 제가 ", "니까, 제가 ", NULL};
    for (int i = 0; joint[i]; i++) {
        char *p = strstr(s, joint[i]);
        const char *self = p ? strstr(joint[i], " ") : NULL;
        if (!p || strlen(p) < strlen(joint[i]) + 6) continue;
        p += self - joint[i] + 1;
        memmove(s, p, strlen(p) + 1);
        return;
    }
}

static void make_ko(char *out, enum moim_act act)
{
    switch (act) {
    case MOIM_ACT_PROMISE:
    case MOIM_ACT_REQUEST: moim_ko_task(out); break;
    case MOIM_ACT_DECIDE:
    case MOIM_ACT_SO:
    case MOIM_ACT_PROPOSE: moim_ko_decision(out); break;
    case MOIM_ACT_ASK: break;
    default: moim_ko_nominal(out); break;
    }
}

/* "정리해서", "나왔으니까", "먹고": how or why, not what; "두 개", "스무 명 정도": how many. */
static bool is_circumstance(const char *w, size_t n)
{
    static const char *const verb_seo[] = {"해서", "아서", "어서", "워서", "와서", "려서", "여서", "가서",
                                           "돼서", "라서", "면서", "에서", "나서", "내서", "써서", "춰서",
                                           "쳐서", "져서", "겨서", "켜서", "러서", "줘서", "둬서", "봐서",
                                           "사서", "매서", "대서", "꿔서", "눠서", "테서", NULL};
    static const char *const noun[] = {"광고",   "공고",   "사고",     "재고", "보고", "창고", "원고",
                                       "신고",   "참고",   "경고",     "화면", "도면", "측면", "서면",
                                       "라면",   "무게",   "가게",     "표지", "공지", "휴지", "편지",
                                       "이미지", "페이지", "홈페이지", NULL};
    static const char *const joined[] = {"서",   "고",   "니까", "면", "며", "지만",
                                         "면서", "는데", "려고", "게", "씩", NULL};
    static const char *const amount[] = {
        "한",     "두", "세",   "네",   "다섯", "여섯", "일곱",     "여덟", "아홉", "열",     "열두",
        "스무",   "개", "명",   "번",   "편",   "장",   "곳",       "군데", "정도", "정도만", "하나",
        "하나씩", "둘", "번씩", "개씩", "번째", "가지", "부서별로", "시",   "시에", "쪽",     NULL};
    static const char *const counter[] = {"개",     "명", "번",   "편",     "장", "건", "곳", "원",
                                          "퍼센트", "시", "시에", "시까지", "분", "쪽", NULL};
    /* Nouns that end like verbs: 견적서, 광고, 화면. */
    if (moim_word_ends(w, n, "서") && !moim_word_in(w + n - 6, 6, verb_seo)) return false;
    for (int i = 0; noun[i]; i++)
        if (n >= strlen(noun[i]) && !memcmp(w + n - strlen(noun[i]), noun[i], strlen(noun[i]))) return false;
    if (moim_word_ends_any(w, n, joined)) return true;
    if (isdigit((unsigned char)*w) && moim_word_ends_any(w, n, counter)) return true;
    return moim_word_in(w, n, amount);
}

bool moim_ko_vague(const char *note)
{
    int content = 0, words = 0;
    for (const char *p = note; *p;) {
        size_t n = strcspn(p, " ");
        const char *next = p + n + strspn(p + n, " ");
        words++;
        bool thin =
            moim_word_in(p, n, ko_thin) || moim_word_in(p, n, ko_filler) || moim_word_in(p, n, ko_pronoun);
        bool where = moim_word_ends(p, n, "에") || moim_word_ends(p, n, "에게") ||
                     moim_word_ends(p, n, "한테") || moim_word_ends(p, n, "께");
        if (*next && !thin && !where && !is_circumstance(p, n)) content++;
        p = next;
    }
    /* A decision names a number or an outcome even in two words: "24일로 확정함" is vague about what, not
     * about how. */
    return content == 0 || words < 2;
}

void moim_ko_note(char *out, enum moim_act act)
{
    bool task = act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST;
    moim_ko_strip_lead(out);
    if (task) drop_reason(out);
    char *last = strrchr(out, ' ');
    if (last && moim_ko_ends(out, "그럼")) *last = 0;
    drop_ko_words(out, task);
    moim_tidy_line(out);
    make_ko(out, act);
}

void moim_ko_unaddressed(char *out, size_t from)
{
    if (from > 3) topic_to_object(out, from - 1, strstr(out + from, "을 ") || strstr(out + from, "를 "));
}
