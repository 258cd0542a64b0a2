#include "summarize/ko/endings.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A Hangul syllable is 0xac00 + (initial * 21 + vowel) * 28 + final. */
enum { NONE = 0, NIEUN = 4, RIEUL = 8, RIEUL_MIEUM = 10, MIEUM = 16, BIEUP = 17, SSANGSIOT = 20 };
enum { A = 0, AE = 1, EO = 4, E = 5, YEO = 6, O = 8, WA = 9, WAE = 10, U = 13, WO = 14, EU = 18, I = 20 };

static bool is_syllable(unsigned cp)
{
    return cp >= 0xac00 && cp <= 0xd7a3;
}

unsigned moim_ko_last(const char *text, size_t end, size_t *len)
{
    size_t n = 1;
    while (n < end && n < 4 && ((unsigned char)text[end - n] & 0xc0) == 0x80) n++;
    *len = end ? n : 0;
    if (!end) return 0;
    const unsigned char *p = (const unsigned char *)text + end - n;
    if (n == 3) return (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    return n == 1 ? p[0] : 0xfffd;
}

int moim_ko_final(unsigned cp)
{
    return is_syllable(cp) ? (int)((cp - 0xac00) % 28) : -1;
}

static int vowel_of(unsigned cp)
{
    return (int)((cp - 0xac00) / 28 % 21);
}

static unsigned with(unsigned cp, int vowel, int final)
{
    return 0xac00 + ((cp - 0xac00) / 588 * 21 + (unsigned)vowel) * 28 + (unsigned) final;
}

static void put(char *text, size_t at, unsigned cp)
{
    if (at + 4 > MOIM_NOTE_MAX) return;
    text[at] = (char)(0xe0 | cp >> 12);
    text[at + 1] = (char)(0x80 | (cp >> 6 & 63));
    text[at + 2] = (char)(0x80 | (cp & 63));
    text[at + 3] = 0;
}

static void append(char *text, const char *more)
{
    size_t n = strlen(text);
    if (n + strlen(more) < MOIM_NOTE_MAX) memcpy(text + n, more, strlen(more) + 1);
}

static void trim(char *text)
{
    size_t n = strlen(text);
    while (n && strchr(" .,!?~\t", text[n - 1])) text[--n] = 0;
}

/* Bytes of text without the suffix; the suffix may be written with spaces between its syllables. 0: it is not
 * there (or nothing else is). */
static size_t before(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    while (n && m) {
        if (text[n - 1] == ' ' && suffix[m - 1] != ' ') {
            n--;
        } else if (suffix[m - 1] == ' ') {
            m--;
        } else if (text[n - 1] != suffix[m - 1]) {
            return 0;
        } else {
            n--, m--;
        }
    }
    return m ? 0 : n;
}

bool moim_ko_ends(const char *text, const char *suffix)
{
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    trim(copy);
    return before(copy, suffix) || !strcmp(copy, suffix);
}

static bool cut(char *text, const char *suffix)
{
    size_t n = before(text, suffix);
    if (!n) return false;
    while (n && text[n - 1] == ' ') n--;
    text[n] = 0;
    return n > 0;
}

static bool cut_any(char *text, const char *const *suffix)
{
    for (; *suffix; suffix++)
        if (cut(text, *suffix)) return true;
    return false;
}

/* The last syllable, changed to another vowel and final; false when text ends in none. */
static unsigned last(const char *text, size_t *at)
{
    size_t len, n = strlen(text);
    unsigned cp = moim_ko_last(text, n, &len);
    *at = n - len;
    return cp;
}

static bool refinal(char *text, int from, int to)
{
    size_t at;
    unsigned cp = last(text, &at);
    if (moim_ko_final(cp) != from) return false;
    put(text, at, with(cp, vowel_of(cp), to));
    return true;
}

/* Stem + (으)ㅁ. */
static void add_nominal(char *text)
{
    size_t at;
    unsigned cp = last(text, &at);
    int final = moim_ko_final(cp);
    if (final < 0) return;
    if (final == NONE)
        put(text, at, with(cp, vowel_of(cp), MIEUM));
    else if (final == RIEUL)
        put(text, at, with(cp, vowel_of(cp), RIEUL_MIEUM));
    else
        append(text, "음");
}

/* The 아/어 form of a verb back to its stem: 받아 받, 올려 올리, 해 하, 써 쓰, 봐 보. */
static void restem(char *text)
{
    static const char *const irregular[][2] = {{"물어", "묻"},   {"들어", "듣"},   {"불러", "부르"},
                                               {"골라", "고르"}, {"눌러", "누르"}, {"올라", "오르"},
                                               {"도와", "돕"},   {"지어", "짓"},   {"나눠", "나누"},
                                               {"바꿔", "바꾸"}, {"미뤄", "미루"}, {"만들어", "만들"}};
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++) {
        size_t n = before(text, irregular[i][0]);
        if (!n && strcmp(text, irregular[i][0])) continue;
        if (n && text[n - 1] != ' ' && strlen(irregular[i][0]) < 9 && text[n] != ' ' && i < 2) continue;
        size_t keep = strlen(text) - strlen(irregular[i][0]);
        text[keep] = 0;
        append(text, irregular[i][1]);
        return;
    }
    size_t at;
    unsigned cp = last(text, &at);
    if (!is_syllable(cp) || moim_ko_final(cp) != NONE) return;
    int v = vowel_of(cp);
    if (cp == 0xc544 || cp == 0xc5b4) /* 아 어 */
        text[at] = 0;
    else if (v == AE && (cp - 0xac00) / 588 == 18) /* 해 */
        put(text, at, with(cp, A, NONE));
    else if (v == YEO)
        put(text, at, with(cp, I, NONE));
    else if (v == WA)
        put(text, at, with(cp, O, NONE));
    else if (v == WO)
        put(text, at, with(cp, U, NONE));
    else if (v == WAE)
        put(text, at, with(cp, 11, NONE));        /* 돼 되 */
    else if (v == EO && (cp - 0xac00) / 588 != 9) /* 써 쓰, 꺼 끄, but 서 서 */
        put(text, at, with(cp, EU, NONE));
}

bool moim_ko_strip_lead(char *text)
{
    static const char *const lead[] = {
        "네",       "예",         "넵",       "응",     "아",       "음",         "어",
        "자",       "그럼",       "그러면",   "그래",   "그래서",   "그러니까",   "그리고",
        "근데",     "그런데",     "좋아",     "좋아요", "좋습니다", "알겠습니다", "일단",
        "대신",     "아니",       "맞아요",   "오케이", "그래요",   "감사합니다", "고맙습니다",
        "저기",     "뭐",         "이제",     "그러지", "다만",     "그러게요",   "음음",
        "부탁해요", "동의합니다", "고마워요", "아니요", "사실",     "또",         "혹시"};
    for (bool again = true; again;) {
        again = false;
        while (*text && strchr(" ,.", *text)) memmove(text, text + 1, strlen(text));
        for (size_t i = 0; i < sizeof lead / sizeof *lead; i++) {
            size_t n = strlen(lead[i]);
            if (strncmp(text, lead[i], n) || (text[n] && !strchr(" ,.", text[n]))) continue;
            memmove(text, text + n, strlen(text + n) + 1);
            again = true;
            break;
        }
    }
    return *text != 0;
}

/* "했어요", "커요", "올려요": an 아/어 form before 요. */
static bool nominal_of_informal(char *text)
{
    size_t at;
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    if (!cut(copy, "요")) return false;
    unsigned cp = last(copy, &at);
    if (!is_syllable(cp) || moim_ko_final(cp) != NONE) return false;
    if (moim_ko_ends(copy, "이에") || moim_ko_ends(copy, "예")) {
        copy[at] = 0;
        if (moim_ko_ends(copy, "이")) copy[strlen(copy) - 3] = 0;
        append(copy, "임");
    } else if (moim_ko_ends(copy, "아니에")) {
        copy[at] = 0;
        add_nominal(copy);
    } else if (vowel_of(cp) == WO && (cp - 0xac00) / 588 == 11) { /* 어려워 어려움 */
        put(copy, at, with(cp, U, MIEUM));
    } else {
        int v = vowel_of(cp);
        if (v != A && v != AE && v != EO && v != E && v != YEO && v != WA && v != WO && v != WAE)
            return false;
        restem(copy);
        add_nominal(copy);
    }
    memcpy(text, copy, sizeof copy);
    return true;
}

/* "할게(요)", "놓을게요": the stem. */
static bool cut_promise(char *text)
{
    static const char *const stem_in_l[][2] = {
        {"만드", "만들"}, {" 거", " 걸"}, {" 여", " 열"}, {" 푸", " 풀"}};
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    if (!cut(copy, "게요") && !cut(copy, "게")) return false;
    if (cut(copy, "을")) {
        memcpy(text, copy, sizeof copy);
        return true;
    }
    if (!refinal(copy, RIEUL, NONE)) return false;
    for (int i = 0; i < 4; i++)
        if (moim_ko_ends(copy, stem_in_l[i][0])) {
            copy[strlen(copy) - strlen(stem_in_l[i][0])] = 0;
            append(copy, stem_in_l[i][1]);
        }
    memcpy(text, copy, sizeof copy);
    return true;
}

void moim_ko_nominal(char *text)
{
    static const char *const reported[][2] = {
        {"답니다", "다고 함"}, {"대요", "다고 함"}, {"랍니다", "라고 함"}, {"래요", "라고 함"}};
    static const char *const from_stem[] = {"겠습니다", "겠어요", "거든요", "더라고요", "더라구요",
                                            "던데요",   "잖아요", "네요",   "지요",     "죠",
                                            "고요",     "는데요", NULL};
    trim(text);
    if (moim_ko_ends(text, "까요") || moim_ko_ends(text, "나요") || moim_ko_ends(text, "까"))
        return; /* a question stays one */
    for (int i = 0; i < 4; i++)
        if (cut(text, reported[i][0])) {
            append(text, reported[i][1]);
            return;
        }
    if (cut(text, "것 같아요") || cut(text, "것 같습니다") || cut(text, "거 같아요")) {
        append(text, " 것으로 보임");
        return;
    }
    if (cut_any(text, from_stem)) {
        add_nominal(text);
        return;
    }
    if (cut(text, "습니다")) {
        append(text, "음");
        return;
    }
    if (cut_promise(text)) { /* "보류할게요" 보류함 */
        add_nominal(text);
        return;
    }
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    if (cut(copy, "니다") && refinal(copy, BIEUP, MIEUM)) {
        memcpy(text, copy, sizeof copy);
        return;
    }
    snprintf(copy, sizeof copy, "%s", text);
    if (cut(copy, "데요") && refinal(copy, NIEUN, MIEUM)) {
        memcpy(text, copy, sizeof copy);
        return;
    }
    nominal_of_informal(text);
}

/* ---- tasks ---- */

/* "보내 드리", "받아 보", "써 놓": helping verbs that add politeness or aspect, no sense. */
static bool cut_helper(char *text)
{
    static const char *const helper[] = {"드리", "주", "보", "놓", "두", NULL};
    static const char *const word[] = {"알아보", "물어보", "살펴보", "찾아보", "들어보",
                                       "지켜보", "돌려주", "만나보", "마주보", NULL};
    for (int i = 0; word[i]; i++)
        if (moim_ko_ends(text, word[i])) return false;
    for (int i = 0; helper[i]; i++) {
        char copy[MOIM_NOTE_MAX];
        snprintf(copy, sizeof copy, "%s", text);
        if (!cut(copy, helper[i])) continue;
        size_t at;
        unsigned cp = last(copy, &at);
        if (!is_syllable(cp) || moim_ko_final(cp) != NONE) return false;
        if (cp == 0xc11c) return false; /* "수정해서 드리": the manner, not the action */
        int v = vowel_of(cp);
        /* Only after an 아/어 form: "초안 드리" is a giving of its own. */
        if (v != A && v != AE && v != EO && v != YEO && v != WA && v != WO && v != WAE && v != E)
            return false;
        restem(copy);
        memcpy(text, copy, sizeof copy);
        return true;
    }
    return false;
}

/* "정리하는 건 하", "예약은 하", "회의실 청소 하": the action without its 하; false if text is none of them. */
static bool cut_doing(char *text)
{
    static const char *const doing[] = {"는 건 하",   "는 것은 하", "는 거는 하", "는 일은 하",
                                        "는 건을 하", "는 것을 하", "는 거를 하", "는 일을 하"};
    static const char *const deed[] = {"확인", "정리", "준비", "예약", "계산", "연락", "조사", "검토",
                                       "공지", "작성", "신청", "주문", "구매", "발송", "공유", "등록",
                                       "점검", "섭외", "의뢰", "면담", "교육", "촬영", "번역", "배포",
                                       "수정", "보고", "설치", "교체", "전달", "안내", "홍보", "발표",
                                       "취합", "문의", "협의", "답변", "회신", NULL};
    char *thing = NULL;
    for (size_t i = 0; i < sizeof doing / sizeof *doing; i++)
        if (moim_ko_ends(text, doing[i]) && (thing = strstr(text, doing[i]))) *thing = 0;
    size_t len, bare = strlen(text);
    if (bare <= 6 || strcmp(text + bare - 4, " 하")) return false;
    unsigned cp = moim_ko_last(text, bare - 4, &len);
    bool object = cp == 0xc740 || cp == 0xb294 || cp == 0xc744 || cp == 0xb97c; /* 은 는 을 를 */
    if (!object) {
        if (cp == 0xc5d0 || cp == 0xace0 || cp == 0xac8c || cp == 0xb85d || cp == 0xc9c0) /* 에 고 게 록 지 */
            return false;
        text[bare - 4] = 0;
        return true;
    }
    memmove(text + bare - 7, text + bare - 4, 5);
    text[bare - 7] = 0;
    for (int i = 0; deed[i]; i++)
        if (bare > 13 && !memcmp(text + bare - 13, deed[i], 6)) return true;
    append(text, " 담당");
    return true;
}

/* A stem as a noun: 정리하 정리, 보내 보내기. */
static void stem_to_noun(char *text)
{
    static const char *const light[][2] = {{" 맡", " 담당"}, {" 드리", " 전달"}, {" 주", " 전달"}};
    while (cut_helper(text))
        ;
    /* "공유드리", "말씀드리": a noun made polite. */
    if (moim_ko_ends(text, "말씀드리")) {
        text[strlen(text) - strlen(strrchr(text, ' ') ? strrchr(text, ' ') : text)] = 0;
        append(text, *text ? " 보고" : "보고");
        return;
    }
    if (moim_ko_ends(text, "드리")) {
        size_t n = strlen(text);
        if (n > 9 && text[n - 7] != ' ') {
            text[n - 6] = 0;
            return;
        }
    }
    if (cut_doing(text)) return;
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(text), m = strlen(light[i][0]);
        if (n > m && !strcmp(text + n - m, light[i][0])) {
            text[n - m] = 0;
            append(text, light[i][1]);
            return;
        }
    }
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    size_t at;
    if (cut(copy, "하") && moim_ko_final(last(copy, &at)) >= 0) {
        memcpy(text, copy, sizeof copy);
        return;
    }
    if (moim_ko_final(last(text, &at)) >= 0) append(text, "기");
}

/* The stem of "돌립시다", "끄자", "하시죠", "올려요", "할까요"; false when text ends otherwise. */
static bool cut_proposal(char *text)
{
    static const char *const wish[] = {"면 되지 않을까요", "면 되지 않겠습니까", "면 어떨까요",
                                       "면 어때요",        "면 어떤가요",        "면 좋겠습니다",
                                       "면 좋겠어요",      "면 될 것 같아요",    "면 안 돼요",
                                       "면 안 될까요",     "면 되겠네요",        NULL};
    char copy[MOIM_NOTE_MAX];
    if (cut_any(text, wish)) return true;
    snprintf(copy, sizeof copy, "%s", text);
    if (cut(copy, "까요") || cut(copy, "까")) {
        if (cut(copy, "을") || refinal(copy, RIEUL, NONE)) {
            memcpy(text, copy, sizeof copy);
            return true;
        }
    }
    snprintf(copy, sizeof copy, "%s", text);
    if (cut(copy, "시다") && (cut(copy, "읍") || refinal(copy, BIEUP, NONE))) {
        memcpy(text, copy, sizeof copy);
        return true;
    }
    static const char *const soft[] = {"으시죠", "시죠", "죠", "자고요", "자", "시지요", "지요", NULL};
    if (cut_any(text, soft) || cut_promise(text)) return true;
    snprintf(copy, sizeof copy, "%s", text);
    size_t at;
    if (cut(copy, "요") && moim_ko_final(last(copy, &at)) == NONE) {
        restem(copy);
        memcpy(text, copy, sizeof copy);
        return true;
    }
    return false;
}

static const char *const request[] = {"주시면 감사하겠습니다",
                                      "주시면 좋겠습니다",
                                      "주시면 좋겠어요",
                                      "주실 수 있을까요",
                                      "주실 수 있나요",
                                      "주실 수 있어요",
                                      "주실 수 있으세요",
                                      "줄 수 있어요",
                                      "줄 수 있어",
                                      "줄 수 있나요",
                                      "주시겠습니까",
                                      "주시겠어요",
                                      "주시면 됩니다",
                                      "주시면 돼요",
                                      "주시기 바랍니다",
                                      "주십시오",
                                      "주세요",
                                      "주시고요",
                                      "주시고",
                                      "주실래요",
                                      "줄래요",
                                      "줄래",
                                      "줘요",
                                      "줘",
                                      NULL};
static const char *const asked[] = {"부탁드리겠습니다", "부탁드립니다", "부탁드릴게요", "부탁드려요",
                                    "부탁합니다",       "부탁해요",     "부탁할게요",   NULL};
static const char *const imperative[] = {"으십시오", "십시오", "으세요", "세요", "으시고요",
                                         "시고요",   "시고",   "하고",   NULL};
static const char *const able[] = {"수 있을 것 같습니다", "수 있을 것 같아요", "수 있습니다", "수 있어요",
                                   NULL};
static const char *const will[] = {"도록 하겠습니다", "도록 할게요", "겠습니다", "겠어요", "겠네", NULL};

void moim_ko_task(char *text)
{
    trim(text);
    if (cut_any(text, request)) {
        size_t at;
        unsigned cp = last(text, &at);
        /* "초안 주세요" asks for the thing itself. */
        if (moim_ko_final(cp) > NONE) {
            append(text, " 전달");
            return;
        }
        restem(text);
    } else if (cut_any(text, asked)) {
        return;
    } else if (cut_any(text, able)) {
        refinal(text, RIEUL, NONE);
    } else if (!cut_any(text, will) && !cut_promise(text)) {
        bool banmal = moim_ko_ends(text, "하고");
        if (!cut_any(text, imperative)) {
            if (cut(text, "봐요") || cut(text, "봐"))
                restem(text);
            else if (!cut_proposal(text)) {
                moim_ko_nominal(text);
                return;
            }
        } else if (banmal)
            append(text, "하");
    }
    stem_to_noun(text);
}

/* ---- decisions ---- */

void moim_ko_decision(char *text)
{
    static const char *const settled[] = {
        "기로 했습니다",     "기로 했어요",       "기로 했고요", "기로 하였습니다",
        "기로 결정했습니다", "기로 합시다",       "기로 하죠",   "기로 하시죠",
        "기로 해요",         "기로 하자",         "기로 할게요", "기로 하겠습니다",
        "기로 하고요",       "기로 합의했습니다", "기로",        NULL};
    static const char *const as[][2] = {
        {"걸로", " 것으로 함"}, {"것으로", " 것으로 함"}, {"거로", " 것으로 함"}};
    static const char *const no[] = {"지 맙시다", "지 말죠", "지 마시죠", "지 말자", "지 말아요", NULL};
    static const char *const better[] = {
        "는 게 어떨까요",         "는 게 어때요",           "는 게 좋겠습니다",
        "는 게 좋겠어요",         "는 게 나을 것 같습니다", "는 게 나을 것 같아요",
        "는 게 좋을 것 같습니다", "는 게 좋을 것 같아요",   NULL};
    trim(text);
    if (cut_any(text, settled)) {
        append(text, "기로 함");
        return;
    }
    if (cut_any(text, no)) {
        append(text, "지 않기로 함");
        return;
    }
    if (cut_any(text, better)) {
        append(text, "는 것으로 함");
        return;
    }
    /* "... 하는 걸로 <하다, 정하다, 가다>" */
    for (int i = 0; i < 3; i++) {
        char *p = NULL;
        for (char *q = text; (q = strstr(q, as[i][0])); q++) p = q;
        if (p && strlen(p) < 40) {
            while (p > text && p[-1] == ' ') p--;
            *p = 0;
            append(text, as[i][1]);
            return;
        }
    }
    char copy[MOIM_NOTE_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    if (cut(copy, "겠습니다") || (moim_ko_ends(copy, "정할게요") && cut_promise(copy)) ||
        (moim_ko_ends(copy, "결정할게요") && cut_promise(copy))) {
        add_nominal(copy);
        memcpy(text, copy, sizeof copy);
        return;
    }
    if (cut_proposal(text)) {
        append(text, "기로 함");
        return;
    }
    moim_ko_nominal(text);
}
