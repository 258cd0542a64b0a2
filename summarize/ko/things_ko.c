/* What a Korean sentence speaks of: nouns by the particles that the meeting puts behind them, and whether a line of notes ends as one
 * does. */
#include "summarize/dates.h"
#include "summarize/ko/ko.h"
#include "summarize/minutes.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <string.h>

#define SYLLABLE 3
#define PARTS 3 /* words of a thing */

/* Never a subject of a meeting, however often they are said. */
static const char *const nothing[] = {
    "우리",   "저희",   "그거",     "이거",   "저거",   "그것",   "이것",   "오늘",   "내일", "어제",
    "모레",   "이번",   "다음",     "지난",   "지금",   "요즘",   "주말",   "평일",   "아침", "점심",
    "저녁",   "새벽",   "오전",     "오후",   "사람",   "얘기",   "이야기", "말씀",   "생각", "정도",
    "하나",   "문제",   "경우",     "때문",   "부분",   "상황",   "관련",   "내용",   "진짜", "그냥",
    "처음",   "마지막", "나중",     "당장",   "자기",   "본인",   "여기",   "거기",   "저기", "어디",
    "누구",   "언제",   "무엇",     "얼마",   "이유",   "원래",   "다들",   "모두",   "전부", "각자",
    "조금",   "혹시",   "아무것",   "요일",   "이틀",   "하루",   "사흘",   "시간",   "날짜", "어머니",
    "아버지", "할머니", "할아버지", "엄마",   "아빠",   "언니",   "오빠",   "아저씨", "친구", "애들",
    "아이들", "아이",   "다음번",   "이번주", "다음주", "지난주", "그때",   "그날",   "이쪽", "그쪽",
    "저쪽",   "한번",   "일단",     "최대한", "사실",   "보통",   "매번",   "매일",   "매주", "올해",
    "작년",   "내년",   "이후",     "이전",   "동안",   "사이",   "전체",   "나머지", "가지", "그대로",
    "따로",   "다시",   "같이",     "바로",   "거의",   "아직",   "이미",   "계속",   "제일", "가장",
    "먼저",   "저번",   "요새",     "여러분", "본부장", "번째",   "만원",   "천원",   "개월", "주일",
    "마리",   "박스",   "권씩",     "마음",   "기분",   "느낌",   "소리",   "모양",   "자리", "그건",
    "이건",   "여태",   "평소",     "당시",   "반대",   "혼자",   "통째",   "그런적", "두번", "한번",
    "세로",   "가로",   "담당",     "여름",   "겨울",   "가을",   "격주",   "반년",   "짜리", "질문",
    "여든",   "아흔",   "하나씩",   "둘이",   "그게",   "이게",   "저게",   "뭐가",   "어느", "회의",
    "내후년", "다음달", "이번달",   "매달",   "거기서", "그거는", "그것도", "덕분",   "대신", "중간",
    "가운데", NULL};
/* Nouns that are about nothing by themselves. */
static const char *const general[] = {
    "그래",   "지난번", "지난달", "전화",   "있어",     "그분",   "손님들", "얼굴",   "기준",   "결과",
    "그중",   "이참",   "사람들", "저도",   "그럼",     "할게",   "킬로",   "퇴근",   "반반",   "제가",
    "사정",   "만약",   "안건",   "했어",   "카톡",     "개인",   "경험",   "방법",   "느낌",   "의견",
    "말씀",   "순간",   "걱정",   "도움",   "정말",     "요즘",   "시작",   "준비",   "확인",   "허리",
    "하지",   "재작년", "늙은이", "담당자", "숫자",     "마감",   "십오",   "인스타", "머리",   "나이",
    "다리",   "와이프", "남편",   "봉지",   "건데",     "내가",   "누가",   "제가",   "니가",   "네가",
    "걔가",   "걔네",   "맨날",   "결국",   "둘째",     "첫째",   "셋째",   "이리",   "저리",   "분들",
    "남의",   "누구",   "얼매",   "뭐꼬",   "안이",     "등이",   "어른들", "선생님", "사장님", "회장님",
    "중이라", "라면",   "라든가", "그러면", "그러니까", "왜냐",   "아무나", "누군가", "뭔가",   "뭐가",
    "무슨",   "어떤",   "이런",   "그런",   "저런",     "다른",   "모든",   "여러",   "몇몇",   "별로",
    "괜히",   "하긴",   "차라리", "그나마", "당연",     "제발",   "잠깐",   "금방",   "방금",   "아까",
    "오늘은", "어차피", "가끔",   "자주",   "항상",     "아예",   "완전",   "너무",   "약간",   "대충",
    "대강",   "들어",   "없지",   "네가",   "기존",     "어머",   "대신",   "그라믄", "일찍",   "명이",
    "지가",   "당신",   "손이",   "아무",   "조회",     "무조건", "살짝",   NULL};
/* Only after nouns, never after a verb stem. */
static const char *const after_any[] = {"에 ",    "에서", "에는", "에도", "의 ",   "이랑", "이요",
                                        "이에요", "예요", "이면", "까지", "부터",  "마다", "만 ",
                                        "처럼",   "한테", "라고", "보다", "하고 ", NULL};
static const char *const after_vowel[] = {"를", "가 ", "로 ", "랑 ", NULL};
static const char *const after_final[] = {"이 ", "으로", NULL};
/* The only ones that tell the noun "창고" from the verb "올라": "올라가", "나가라고". */
static const char *const after_nouns[] = {"에서", "에는", "의 ", "이랑", "랑 ", "를 ", NULL};

static size_t without_marks(const char *w, size_t n)
{
    while (n) {
        if (n > 3 && !memcmp(w + n - 3, "…", 3))
            n -= 3;
        else if (strchr(".,?!", w[n - 1]))
            n--;
        else
            break;
    }
    return n;
}

/* Bytes of n that are the noun: a particle at the end is left out. 0: hardly more than a particle. */
static size_t bare(const char *w, size_t n)
{
    static const char *const particle[] = {
        "에서는", "까지만", "까지는", "에서", "에는", "에도", "에선", "으로", "까지", "부터",
        "이랑",   "하고",   "이요",   "한텐", "엔",   "대로", "밖에", "한테", "에게", "처럼",
        "보다",   "마다",   "이나",   "은요", "는요", "을",   "를",   "은",   "는",   "이",
        "가",     "에",     "의",     "로",   "도",   "만",   "랑",   "요",   NULL};
    static const char *const inner[] = {"에서", "에", "까지", "부터", "으로", "한테", "에게", NULL};
    n = without_marks(w, n);
    for (int i = 0; particle[i]; i++) {
        size_t m = strlen(particle[i]);
        if (n <= m || memcmp(w + n - m, particle[i], m)) continue;
        if (n < m + 2 * SYLLABLE) return m > SYLLABLE ? 0 : n;
        n -= m;
        for (int k = 0; inner[k]; k++) /* "작년에는"; "씨한테는" */
            if (moim_word_ends(w, n, inner[k]))
                return n < strlen(inner[k]) + 2 * SYLLABLE ? 0 : n - strlen(inner[k]);
        return n;
    }
    return n;
}

/* "삼십분", "팔만원", "두번", "열여섯": how many. */
static bool is_amount(const char *w, size_t n)
{
    static const char *const count[] = {"하나", "다섯", "여섯", "일곱", "여덟", "아홉",
                                        "스무", "서너", "두세", "둘",   "셋",   "넷",
                                        "한",   "두",   "세",   "네",   NULL},
                             *const ten[] = {"열",   "스물", "서른", "마흔", "쉰",
                                             "예순", "일흔", "여든", "아흔", NULL};
    static const char *const numeral[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔",
                                          "구", "십", "백", "천", "만", "영", NULL};
    size_t k = 0;
    while (k < n && moim_starts_any(w + k, numeral)) k += SYLLABLE;
    if (k >= n) return true;       /* "십팔", "백오십오" */
    for (int i = 0; ten[i]; i++) { /* "서른", "서른일곱" */
        size_t m = strlen(ten[i]);
        if (n >= m && !memcmp(w, ten[i], m) && (n == m || moim_word_in(w + m, n - m, count))) return true;
    }
    if (moim_word_in(w, n, count) || (*w >= '0' && *w <= '9')) return true;
    static const char *const digit[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔", "구",
                                        "십", "백", "천", "만", "한", "두", "세", "네", NULL};
    static const char *const unit[] = {"분", "원", "번", "개", "명", "시", "일", "월", "년",
                                       "층", "살", "주", "만", "백", "천", "십", "적", NULL};
    bool counted = moim_starts_any(w, digit), ends = false;
    for (int i = 0; unit[i]; i++) ends = ends || !memcmp(w + n - SYLLABLE, unit[i], SYLLABLE);
    return counted && ends;
}

/* Ends as verbs, adverbs or particles do: "올려", "걷지", "낮에". */
static bool ends_as_no_noun(const char *w, size_t n)
{
    static const char *const other[] = {
        "요", "게", "고", "면", "지", "어", "아", "다", "까", "네", "나", "데", "히", "로",
        "에", "니", "며", "자", "해", "야", "든", "걸", "좀", "씩", "쯤", "께", "죠", "라",
        "러", "와", "봐", "줘", "님", "씨", "하", "되", "때", "전", "후", "뒤", "한", "할",
        "된", "될", "려", "셔", "져", "쳐", "켜", "겨", "혀", "워", "돼", "춰", "눠", NULL};
    return moim_word_ends_any(w, n, other);
}

/* "올려", "올라", "나가라고": as verbs end, and few nouns. */
static bool ends_as_verb(const char *w, size_t n)
{
    static const char *const end[] = {"려", "셔", "져", "쳐", "켜", "겨", "혀", "워", "돼", "춰", "라",
                                      "봐", "줘", "해", "하", "되", "나", "데", "까", "겠", NULL};
    return moim_word_ends_any(w, n, end);
}

/* Two of these behind a word, or one and nothing at all, make a noun of it: "굿즈요", "굿즈 없이". */
static const char *const after_some[] = {"은 ", "는 ", "이 ", "가 ",  "을 ",  "를 ", "도 ",
                                         "만 ", "은?", "는?", "은요", "는요", NULL};

static int kind_behind(const char *p)
{
    for (int i = 0; after_some[i]; i++)
        if (!strncmp(p, after_some[i], strlen(after_some[i]))) return 1 << i;
    return !*p || strchr(" .,?!", *p) ? 1 << 20 : 0;
}

/* loosely: also by what else the meeting puts behind it. */
static bool is_noun(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns, bool loosely)
{
    char word[MOIM_WORD_MAX];
    size_t len;
    int behind = 0;
    if (n < 2 * SYLLABLE || n >= sizeof word || (unsigned char)w[n - SYLLABLE] < 0xea) return false;
    memcpy(word, w, n);
    word[n] = 0;
    if (moim_word_in(word, n, nothing) || is_amount(word, n) || (loosely && moim_word_ends(w, n, "에")))
        return false;
    bool final = moim_ko_final(moim_ko_last(word, n, &len)) > 0, verbal = loosely && ends_as_verb(w, n);
    for (int t = 0; t < n_turns; t++)
        for (const char *s = turns[t].text, *p = s; (p = strstr(p, word)); p += n) {
            if (p > s && p[-1] != ' ') continue;
            const char *const *ending = final ? after_final : after_vowel;
            if (moim_starts_any(p + n, after_nouns) ||
                (!verbal && (moim_starts_any(p + n, after_any) || moim_starts_any(p + n, ending))))
                return true;
            behind |= kind_behind(p + n);
        }
    if (!loosely || ends_as_no_noun(w, n) || moim_word_ends(w, n, "는") || moim_word_ends(w, n, "은") ||
        moim_word_ends(w, n, "를") || moim_word_ends(w, n, "을") || moim_word_ends(w, n, "도") ||
        moim_word_ends(w, n, "만") || moim_word_ends(w, n, "서"))
        return false;
    return behind & (behind - 1);
}

/* "떡볶이": the last syllable is the noun's own when the meeting puts other particles behind it and never says the rest alone. */
static size_t with_own_i(const char *w, size_t len, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const particle[] = {"를", "가 ", "는 ", "랑", "도 ", "로 ", "나 ", "만 ", NULL};
    char stem[MOIM_WORD_MAX];
    bool other = false;
    if (strncmp(w + len, "이", SYLLABLE) || len >= sizeof stem) return len;
    memcpy(stem, w, len);
    stem[len] = 0;
    for (int t = 0; t < n_turns; t++)
        for (const char *p = turns[t].text; (p = strstr(p, stem)); p += len) {
            if (strncmp(p + len, "이", SYLLABLE)) return len;
            other = other || moim_starts_any(p + len + SYLLABLE, particle);
        }
    return other ? len + SYLLABLE : len;
}

static bool is_somebody(const char *text, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const title[] = {"님",   "씨",   "쌤",   "반장", "팀장", "과장",
                                        "부장", "소장", "대리", "차장", "실장", "주무관",
                                        "선배", "형님", "누나", "그분", "저분", NULL};
    for (int i = 0; title[i]; i++)
        if (moim_ko_ends(text, title[i])) return true;
    for (int t = 0; t < n_turns; t++)
        if (strstr(turns[t].speaker, text) || (*turns[t].speaker && strstr(text, turns[t].speaker)))
            return true;
    return false;
}

/* A bare word of so many syllables and more that ends as no verb or adverb does: "견적서", "초대장"; not "물어봐서". */
static bool is_bare_noun(const char *w, size_t n, size_t syllables)
{
    size_t len;
    if (n < syllables * SYLLABLE || (unsigned char)*w < 0xea) return false;
    if (ends_as_no_noun(w, n)) return false;
    return !moim_word_ends(w, n, "서") || moim_ko_final(moim_ko_last(w, n - SYLLABLE, &len)) > 0;
}

/* "예산 계획": a word before a noun belongs to it when the meeting says them together again. */
static bool goes_with(const char *w, size_t n, size_t all, const struct moim_turn_text *turns, int n_turns)
{
    char both[MOIM_WORD_MAX];
    int said = 0;
    if (all >= sizeof both || !is_bare_noun(w, n, 2) || moim_word_in(w, n, nothing) ||
        moim_word_in(w, n, general) || is_amount(w, n))
        return false;
    memcpy(both, w, all);
    both[all] = 0;
    for (int t = 0; t < n_turns && said < 2; t++) said += strstr(turns[t].text, both) != NULL;
    return said > 1;
}

/* "지은", "소연이": of two syllables that names are made of, and spoken of as people are. */
static bool is_given_name(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    static const char first
        [] =
            "민지서현수영은소예하준도태승재성정유윤동상혜미경진주나다아연우원종창철광병명희선세시채찬한해효규기건보가이",
   second[] =
        "민지서현수영은연하준호훈진주아희우원철석혁환빈린윤정미경숙자순옥선성승식태규기건율솔람나라리인동";
    static const char *const as_people[] = {"한테",  "에게",   "씨",    " 씨",  "님",    "이가 ", "이는 ",
                                            "이도 ", "이한테", "이랑",  "이네", "이 형", " 형",   " 누나",
                                            " 언니", " 오빠",  " 선배", "아,",  "야,",   "아 ",   NULL},
                             *const others[] = {"주민", "시민", "주인", "지인", "부인", "시인", NULL};
    char name[2 * SYLLABLE + 1], letter[SYLLABLE + 1] = "";
    if (n == 3 * SYLLABLE && moim_word_ends(w, n, "이")) n -= SYLLABLE;
    if (n != 2 * SYLLABLE || moim_word_in(w, n, others)) return false;
    memcpy(name, w, n);
    name[n] = 0;
    memcpy(letter, name, SYLLABLE);
    if (!strstr(first, letter) || !strstr(second, name + SYLLABLE)) return false;
    for (int t = 0; t < n_turns; t++)
        for (const char *s = turns[t].text, *p = s; (p = strstr(p, name)); p += n)
            if ((p == s || p[-1] == ' ') && moim_starts_any(p + n, as_people)) return true;
    return false;
}

static bool names_somebody(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    char word[MOIM_WORD_MAX];
    snprintf(word, sizeof word, "%.*s", (int)n, w);
    if (is_somebody(word, turns, n_turns) || is_given_name(w, n, turns, n_turns)) return true;
    if (n <= 2 * SYLLABLE || !moim_ko_ends(word, "이")) return false;
    word[n - SYLLABLE] = 0; /* "승현이" is 오승현 */
    return is_somebody(word, turns, n_turns);
}

/* "도와줬", "괜찮", "없": no noun ends in these consonants. */
static bool ends_as_stem(const char *w, size_t n)
{
    size_t len;
    int final = moim_ko_final(moim_ko_last(w, n, &len));
    return final == 20 || final == 18 || final == 6 || final == 15 || final == 5 || final == 13;
}

/* "합치는 거", "보내려고": the meeting puts what only follows verb stems behind it, and no particle of nouns; or it says a word again and
 * again without any particle, as it does interjections and adverbs: "허쥬", "그라믄". */
static bool said_as_no_noun(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const verbal[] = {
        "는 거", "는 걸", "는 건", "는 게", "는 것", "는데", "겠",    "려고", "지 마", "지 않",
        "고 싶", "면 되", "면 돼", "기로",  "자고",  "세요", "셔",    "던",   "기 ",   "니까",
        "느라",  "지 말", "고 있", "는지",  "게요",  "려면", "면서",  "든지", "거나",  "줘",
        "주세",  "드릴",  "드려",  "줄게",  "자.",   "자?",  "면 안", NULL};
    static const char *const nominal[] = {"를", "을 ", "에서", "의 ", "으로",
                                          "랑", "가 ", "이 ",  "에 ", NULL};
    static const char *const any[] = {
        "은 ",  "는 ",  "은요", "는요",   "은?",  "는?",    "은,",  "는,",  "로 ",  "도 ",  "만 ",  "하고",
        "부터", "까지", "이요", "이에요", "예요", "입니다", "이나", "마다", "에는", "이고", "이면", "인데",
        "대로", "처럼", "보다", "한테",   " 건",  "이지",   "이네", "이랑", "이라", "나 ",  NULL};
    static const char *const stem[] = {"리", "기", "치", "키", "히", "우", "추", "내", NULL};
    static const char *const done[] = {" 하", " 할", " 했", " 해", " 한 ", " 됐", " 돼", " 되", NULL};
    char word[MOIM_WORD_MAX];
    bool verb = false, noun = false;
    /* "울리는 기준": "는" stands behind stems as behind nouns */
    bool stems = n == 2 * SYLLABLE && moim_word_ends_any(w, n, stem);
    int times = 0;
    if (n >= sizeof word) return true;
    memcpy(word, w, n);
    word[n] = 0;
    for (int t = 0; t < n_turns; t++)
        for (const char *s = turns[t].text, *p = s; (p = strstr(p, word)); p += n) {
            if (p > s && p[-1] != ' ') continue;
            if (moim_starts_any(p + n, nominal)) return false;
            verb = verb || moim_starts_any(p + n, verbal);
            noun = noun || (moim_starts_any(p + n, any) && !(stems && !strncmp(p + n, "는 ", 4))) ||
                   (n >= 3 * SYLLABLE && moim_starts_any(p + n, done));
            times++;
        }
    return verb || (!noun && (times > 1 || n < 3 * SYLLABLE));
}

/* What could be a noun, by its own form: of what the meeting says but once nothing else is known. */
static bool could_be_noun(const char *w, size_t n)
{
    return n >= 2 * SYLLABLE && (unsigned char)*w >= 0xea && (unsigned char)w[n - SYLLABLE] >= 0xea &&
           !is_amount(w, n) && !moim_word_in(w, n, nothing) && !ends_as_no_noun(w, n) &&
           !ends_as_stem(w, n) && !moim_word_ends(w, n, "는") && !moim_word_ends(w, n, "은") &&
           !moim_word_ends(w, n, "서") && !moim_word_ends(w, n, "을") && !moim_word_ends(w, n, "를") &&
           !moim_word_ends(w, n, "던");
}

/* "앉았는지", "있잖아예": whatever stands behind it, it is a clause. */
static bool ends_a_clause(const char *w, size_t n)
{
    static const char *const end[] = {"다",   "는지", "은지", "인지", "건지", "할지",
                                      "을지", "아예", "어예", "잖아", "쌤이", NULL};
    return moim_word_ends_any(w, n, end);
}

static bool same_word(const char *a, size_t n, const char *b, size_t m)
{
    return n == m && !memcmp(a, b, n);
}

int moim_ko_things(const char *sentence, const struct moim_turn_text *turns, int n_turns,
                   char out[][MOIM_WORD_MAX], int cap)
{
    const char *word[64];
    size_t length[64];
    int n = 0, found = 0;
    struct moim_date day;
    for (const char *p = sentence; *p && n < 64;) {
        p += strspn(p, " ");
        size_t len = strcspn(p, " ");
        if (len) word[n] = p, length[n++] = len;
        p += len;
    }
    for (int j = 0; j < n; j++) {
        size_t len = bare(word[j], length[j]);
        if (!could_be_noun(word[j], len) && !is_noun(word[j], len, turns, n_turns, true)) continue;
        if (moim_word_in(word[j], len, general) || names_somebody(word[j], len, turns, n_turns)) continue;
        if (ends_a_clause(word[j], len) || said_as_no_noun(word[j], len, turns, n_turns)) continue;
        len = with_own_i(word[j], len, turns, n_turns);
        for (int i = j; i >= 0 && j - i < PARTS && found < cap; i--) {
            size_t all = (size_t)(word[j] + len - word[i]);
            if (i < j &&
                (bare(word[i], length[i]) != length[i] || moim_word_in(word[i], length[i], general) ||
                 names_somebody(word[i], length[i], turns, n_turns) ||
                 (said_as_no_noun(word[i], length[i], turns, n_turns) &&
                  !goes_with(word[i], length[i], all, turns, n_turns)) ||
                 !(could_be_noun(word[i], length[i]) || is_noun(word[i], length[i], turns, n_turns, true) ||
                   goes_with(word[i], length[i], all, turns, n_turns))))
                break;
            if (all >= MOIM_WORD_MAX ||
                (i + 1 < j && same_word(word[i], length[i], word[i + 1], length[i + 1])) ||
                (i + 1 == j && same_word(word[i], length[i], word[j], len)))
                break;
            memcpy(out[found], word[i], all);
            out[found][all] = 0;
            if (!is_somebody(out[found], turns, n_turns) &&
                !moim_date_resolve(out[found], (struct moim_date){2026, 1, 1}, &day))
                found++;
        }
    }
    return found;
}

/* "문구를", "눈을": the noun before the particle of what something is done to; any noun before "은", "이" or none. */
static bool is_object(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const particle[] = {"을", "를", "은", "는", "이", "가", "도", "만", "랑", NULL};
    char word[MOIM_WORD_MAX];
    struct moim_date day;
    size_t k = n;
    n = without_marks(w, n);
    for (int i = 0; particle[i] && k == n; i++)
        if (moim_word_ends(w, n, particle[i])) k = n - SYLLABLE;
    if (!k || k >= sizeof word || bare(w, n) < k) return false; /* "도서관에", "내일까지" */
    memcpy(word, w, k);
    word[k] = 0;
    if (is_somebody(word, turns, n_turns) || moim_date_resolve(word, (struct moim_date){2026, 1, 1}, &day))
        return false;
    bool acted_on = moim_word_ends(w, n, "을") || moim_word_ends(w, n, "를");
    static const char *const pointing[] = {"것", "거", "그", "이", "저", "날", "때", "데", "나", "너", NULL};
    if (acted_on && !moim_word_in(word, k, nothing) && !moim_word_in(word, k, pointing)) return true;
    return is_noun(w, k, turns, n_turns, false) ||
           (!is_amount(word, k) && !moim_word_in(word, k, nothing) && is_bare_noun(w, k, 3));
}

bool moim_ko_names_object(const char *text, const struct moim_turn_text *turns, int n_turns)
{
    for (const char *p = text; *p;) {
        p += strspn(p, " ");
        size_t n = strcspn(p, " ");
        if (n && is_object(p, n, turns, n_turns)) return true;
        p += n;
    }
    return false;
}

bool moim_ko_sound_point(const char *note, const char *sentence)
{
    static const char *const ending[] = {
        "었음",      "았음",      "했음",      "였음",      "겠음",   "렸음", "됐음",   "왔음",
        "졌음",      "났음",      "냈음",      "있음",      "없음",   "많음", "같음",   "좋음",
        "높음",      "낮음",      "남음",      "싶음",      "아님",   "보임", "필요함", "예정임",
        "한다고 함", "된다고 함", "있다고 함", "하기로 함", "가능함", NULL};
    if (moim_ko_asks(sentence) || moim_ko_asks(note) || strstr(note, "…") || strstr(note, "나요") ||
        strstr(note, "까요"))
        return false;
    for (int i = 0; ending[i]; i++)
        if (moim_ko_ends(note, ending[i])) return moim_ko_sound_line(note, sentence);
    return false;
}
