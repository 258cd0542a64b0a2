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
    "우리",   "저희",   "그거",     "이거",   "저거",   "그것",   "이것",   "오늘",   "내일",   "어제",
    "모레",   "이번",   "다음",     "지난",   "지금",   "요즘",   "주말",   "평일",   "아침",   "점심",
    "저녁",   "새벽",   "오전",     "오후",   "사람",   "얘기",   "이야기", "말씀",   "생각",   "정도",
    "하나",   "문제",   "경우",     "때문",   "부분",   "상황",   "관련",   "내용",   "진짜",   "그냥",
    "처음",   "마지막", "나중",     "당장",   "자기",   "본인",   "여기",   "거기",   "저기",   "어디",
    "누구",   "언제",   "무엇",     "얼마",   "이유",   "원래",   "다들",   "모두",   "전부",   "각자",
    "조금",   "혹시",   "아무것",   "요일",   "이틀",   "하루",   "사흘",   "시간",   "날짜",   "어머니",
    "아버지", "할머니", "할아버지", "엄마",   "아빠",   "언니",   "오빠",   "아저씨", "친구",   "애들",
    "아이들", "아이",   "다음번",   "이번주", "다음주", "지난주", "그때",   "그날",   "이쪽",   "그쪽",
    "저쪽",   "한번",   "일단",     "최대한", "사실",   "보통",   "매번",   "매일",   "매주",   "올해",
    "작년",   "내년",   "이후",     "이전",   "동안",   "사이",   "전체",   "나머지", "가지",   "그대로",
    "따로",   "다시",   "같이",     "바로",   "거의",   "아직",   "이미",   "계속",   "제일",   "가장",
    "먼저",   "저번",   "요새",     "여러분", "본부장", "번째",   "만원",   "천원",   "개월",   "주일",
    "마음",   "기분",   "느낌",     "소리",   "모양",   "자리",   "그건",   "이건",   "여태",   "평소",
    "당시",   "반대",   "혼자",     "통째",   "그런적", "두번",   "한번",   "세로",   "가로",   "담당",
    "여름",   "겨울",   "가을",     "격주",   "반년",   "짜리",   "질문",   "여든",   "아흔",   "하나씩",
    "둘이",   "그게",   "이게",     "저게",   "뭐가",   "어느",   "회의",   "내후년", "다음달", "이번달",
    "매달",   "거기서", "그거는",   "그것도", "덕분",   "대신",   "중간",   "가운데", NULL};
/* Only after nouns, never after a verb stem. */
static const char *const after_any[] = {"에 ",    "에서", "에는", "에도", "의 ",   "이랑", "이요",
                                        "이에요", "예요", "이면", "까지", "부터",  "마다", "만 ",
                                        "처럼",   "한테", "라고", "보다", "하고 ", NULL};
static const char *const after_vowel[] = {"를", "가 ", "로 ", "랑 ", NULL};
static const char *const after_final[] = {"이 ", "으로", NULL};

/* Bytes of n that are the noun: a particle at the end is left out. */
static size_t bare(const char *w, size_t n)
{
    static const char *const particle[] = {"에서는", "에서", "에는", "으로", "까지", "부터", "이랑", "하고",
                                           "이요",   "을",   "를",   "은",   "는",   "이",   "가",   "에",
                                           "의",     "로",   "도",   "만",   "랑",   "요",   NULL};
    while (n && strchr(".,?!…", w[n - 1])) n--;
    for (int i = 0; particle[i]; i++) {
        size_t m = strlen(particle[i]);
        if (n > m && !memcmp(w + n - m, particle[i], m)) return n >= m + 2 * SYLLABLE ? n - m : n;
    }
    return n;
}

/* "삼십분", "팔만원", "두번": how many. */
static bool is_amount(const char *w, size_t n)
{
    static const char *const digit[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔", "구",
                                        "십", "백", "천", "만", "한", "두", "세", "네", NULL};
    static const char *const unit[] = {"분", "원", "번", "개", "명", "시", "일", "월", "년",
                                       "층", "살", "주", "만", "백", "천", "십", "적", NULL};
    bool counted = moim_starts_any(w, digit), ends = false;
    for (int i = 0; unit[i]; i++) ends = ends || !memcmp(w + n - SYLLABLE, unit[i], SYLLABLE);
    return counted && ends;
}

static bool is_noun(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    char word[MOIM_WORD_MAX];
    size_t len;
    if (n < 2 * SYLLABLE || n >= sizeof word || (unsigned char)w[n - SYLLABLE] < 0xea) return false;
    memcpy(word, w, n);
    word[n] = 0;
    if (moim_word_in(word, n, nothing) || is_amount(word, n)) return false;
    bool final = moim_ko_final(moim_ko_last(word, n, &len)) > 0;
    for (int t = 0; t < n_turns; t++)
        for (const char *s = turns[t].text, *p = s; (p = strstr(p, word)); p += n) {
            if (p > s && p[-1] != ' ') continue;
            if (moim_starts_any(p + n, after_any) ||
                moim_starts_any(p + n, final ? after_final : after_vowel))
                return true;
        }
    return false;
}

static bool is_somebody(const char *text, const struct moim_turn_text *turns, int n_turns)
{
    if (moim_ko_ends(text, "님") || moim_ko_ends(text, "씨")) return true;
    for (int t = 0; t < n_turns; t++)
        if (strstr(turns[t].speaker, text) || (*turns[t].speaker && strstr(text, turns[t].speaker)))
            return true;
    return false;
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
        if (!is_noun(word[j], len, turns, n_turns)) continue;
        for (int i = j; i >= 0 && j - i < PARTS && found < cap; i--) {
            bool whole = bare(word[i], length[i]) == length[i];
            if (i < j && (!whole || !is_noun(word[i], length[i], turns, n_turns))) break;
            size_t all = (size_t)(word[j] + len - word[i]);
            if (all >= MOIM_WORD_MAX) break;
            memcpy(out[found], word[i], all);
            out[found][all] = 0;
            if (!is_somebody(out[found], turns, n_turns) &&
                !moim_date_resolve(out[found], (struct moim_date){2026, 1, 1}, &day))
                found++;
        }
    }
    return found;
}

/* A bare word of three syllables and more that ends as no verb or adverb does: "견적서", "초대장"; not "물어봐서". */
static bool is_bare_noun(const char *w, size_t n)
{
    static const char *const other[] = {
        "요", "게", "고", "면", "지", "어", "아", "다", "까", "네", "나", "데", "히", "로", "에", "니",
        "며", "자", "해", "야", "든", "걸", "좀", "씩", "쯤", "께", "죠", "라", "려", "러", "와", "봐",
        "줘", "님", "씨", "하", "되", "때", "전", "후", "뒤", "한", "할", "된", "될", NULL};
    size_t len;
    if (n < 3 * SYLLABLE || (unsigned char)*w < 0xea) return false;
    for (int i = 0; other[i]; i++)
        if (moim_word_ends(w, n, other[i])) return false;
    return !moim_word_ends(w, n, "서") || moim_ko_final(moim_ko_last(w, n - SYLLABLE, &len)) > 0;
}

/* "문구를", "눈을": the noun before the particle of what something is done to; any noun before "은", "이" or none. */
static bool is_object(const char *w, size_t n, const struct moim_turn_text *turns, int n_turns)
{
    static const char *const particle[] = {"을", "를", "은", "는", "이", "가", "도", "만", "랑", NULL};
    char word[MOIM_WORD_MAX];
    struct moim_date day;
    size_t k = n;
    while (n && strchr(".,?!…", w[n - 1])) n--;
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
    return is_noun(w, k, turns, n_turns) ||
           (!is_amount(word, k) && !moim_word_in(word, k, nothing) && is_bare_noun(w, k));
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
