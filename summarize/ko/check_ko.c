/* Checks of a Korean line: content words, negation, conditions, questions, form. */
#include "summarize/ko/ko.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SYLLABLE 3 /* bytes */

static unsigned code(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
}

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || (p[n] & 0x80)) n++;
    return n;
}

static bool begins_word(const char *s, const char *p)
{
    return p == s || !((p[-1] & 0x80) || isalnum((unsigned char)p[-1]));
}

/* ---- polarity ---- */

bool moim_ko_negated(const char *s)
{
    static const char *const inside[] = {
        "지 않", "지않", "지 말", "지 마", "지말",    "지마",  "지 못",  "지못", "없",   "말고",
        "불가",  "취소", "제외",  "보류",  "안 하기", "안 되", "안 돼",  "안돼", "안되", "빼기",
        "빼는",  "빼자", "뺍",    "빼죠",  "빼고",    "빼요",  "아니고", "아닌", NULL};
    static const char *const polite[] = {"지 않을까", "지 않나",  "지 않아요?", "지 않습니까", "면 안 돼",
                                         "면 안 될",  "면 안 되", "할 수 없이", NULL};
    static const char *const word[] = {"안", "못", NULL};
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", s);
    for (int i = 0; polite[i]; i++) /* "하면 안 될까요", "맞지 않나요" negate nothing */
        for (char *p; (p = strstr(copy, polite[i]));) memset(p, ' ', strlen(polite[i]));
    for (int i = 0; inside[i]; i++)
        if (strstr(copy, inside[i])) return true;
    for (const char *p = copy; *p;) {
        size_t n = word_length(p);
        if (n && moim_word_in(p, n, word)) return true;
        if (n > 6 && (!strncmp(p, "안", 3) || !strncmp(p, "못", 3)) &&
            (!strncmp(p + 3, "하", 3) || !strncmp(p + 3, "해", 3) || !strncmp(p + 3, "합", 3)))
            return true;
        p += n ? n : 1;
    }
    return false;
}

bool moim_ko_conditional(const char *s)
{
    static const char *const not_one[] = {"면 어떨", "면 어때",  "면 어떤",    "면 좋",    "면 되",  "면 돼",
                                          "면 될",   "면 됩",    "면 안",      "면서",     "면은",   "화면",
                                          "정면",    "반면",     "측면",       "서면",     "장면",   "라면 ",
                                          "그러면",  "괜찮으면", "괜찮으시면", "가능하면", "아니면", "면담",
                                          "면접",    "면적",     "면허",       "지면",     "방면",   NULL};
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", s);
    for (int i = 0; not_one[i]; i++)
        for (char *p; (p = strstr(copy, not_one[i]));) memset(p, '_', strlen(not_one[i]));
    for (const char *p = copy; *p;) {
        size_t n = word_length(p);
        if (n >= 6 && !strncmp(p + n - 3, "면", 3)) return true;
        if (n >= 6 &&
            (!strncmp(p, "경우", 6) || !strncmp(p, "조건", 6) || (n >= 6 && !strncmp(p, "한해", 6))))
            return true;
        p += n ? n : 1;
    }
    return false;
}

bool moim_ko_asks(const char *s)
{
    static const char *const ending[] = {"까",   "까요", "나요", "여부", "는지", "ㄹ지", "을지", "할지",
                                         "될지", "갈지", "줄지", "일지", "볼지", "쓸지", "낼지", "올지",
                                         "미정", "가요", "니까", "죠?",  "요?",  NULL};
    size_t n = strlen(s);
    while (n && s[n - 1] == ' ') n--;
    if (n && s[n - 1] == '?') return true;
    for (int i = 0; ending[i]; i++)
        if (moim_ko_ends(s, ending[i])) return true;
    return false;
}

/* ---- content words ---- */

/* What lines of notes are made of, whatever they are about. */
static const char *const plain[] = {
    "함",   "됨",     "임",     "있음", "없음", "않음", "하기",   "되기",     "하기로", "되기로", "기로",
    "것",   "것으로", "것은",   "것을", "걸로", "건",   "여부",   "필요",     "않기로", "말기",   "않기",
    "및",   "또는",   "후",     "전",   "중",   "등",   "때",     "안",       "못",     "더",     "다",
    "수",   "할",     "한",     "하는", "된",   "되는", "해서",   "하고",     "위해",   "위한",   "대한",
    "대해", "관련",   "관련해", "같이", "함께", "정함", "정하기", "정하기로", "하며",   "하여",   "그대로",
    "아직", "먼저",   "다시",   "지",   "게",   NULL};

static const char *const particle[] = {"에서는", "으로는", "에게는", "까지는", "부터는", "이라는", "에서",
                                       "으로",   "에게",   "한테",   "까지",   "부터",   "이랑",   "보다",
                                       "처럼",   "마다",   "하고",   "이나",   "라도",   "은",     "는",
                                       "이",     "가",     "을",     "를",     "에",     "의",     "로",
                                       "와",     "과",     "도",     "만",     "랑",     "나",     NULL};

static size_t without_particle(const char *w, size_t n)
{
    for (int i = 0; particle[i]; i++) {
        size_t k = strlen(particle[i]);
        if (n >= k + (k > 3 ? 3 : 6) && !memcmp(w + n - k, particle[i], k)) return n - k;
    }
    return n;
}

int moim_ko_content(const char *line, char out[][MOIM_WORD_MAX], int cap)
{
    int n = 0;
    for (const char *p = line; *p && n < cap;) {
        size_t len = word_length(p);
        if (!len) {
            p++;
            continue;
        }
        if (len >= 3 && len < MOIM_WORD_MAX && !moim_word_in(p, len, plain) && !isdigit((unsigned char)*p)) {
            size_t k = without_particle(p, len);
            if (!moim_word_in(p, k, plain)) snprintf(out[n++], MOIM_WORD_MAX, "%.*s", (int)k, p);
        } else if (len < MOIM_WORD_MAX && len > 1 && isalpha((unsigned char)*p)) {
            snprintf(out[n++], MOIM_WORD_MAX, "%.*s", (int)len, p);
        }
        p += len;
    }
    return n;
}

/* Syllables that one verb may take in its forms share their initial consonant: 올리, 올려, 올릴. */
static bool akin(unsigned a, unsigned b, bool vowel_too)
{
    if (a == b) return true;
    if (a < 0xac00 || a > 0xd7a3 || b < 0xac00 || b > 0xd7a3) return false;
    unsigned x = a - 0xac00, y = b - 0xac00;
    return x / 588 == y / 588 && (!vowel_too || x / 28 == y / 28);
}

/* A nominal ending off: 보내기 보내, 정하기로 정하, 늘어남 늘어나. Returns whether the word is a verb's. */
static bool verb_stem(const char *w, char stem[MOIM_WORD_MAX])
{
    static const char *const ending[] = {"하기로", "하기", "되기로", "되기",   "기로", "기",   "하여", "해서",
                                         "하고",   "하는", "했음",   "되었음", "됐음", "었음", "았음", "한",
                                         "할",     "된",   "될",     "함",     "됨",   "임",   "음",   NULL};
    size_t n = strlen(w);
    snprintf(stem, MOIM_WORD_MAX, "%s", w);
    for (int i = 0; ending[i]; i++) {
        size_t k = strlen(ending[i]);
        if (n < k + 3 || strcmp(w + n - k, ending[i])) continue;
        stem[n - k] = 0;
        return true;
    }
    size_t len;
    return moim_ko_final(moim_ko_last(w, n, &len)) == 16; /* 남, 림, 짐 */
}

bool moim_ko_says(const char *text, const char *w)
{
    char stem[MOIM_WORD_MAX];
    if (!moim_hangul_at(w)) return strcasestr(text, w) != NULL;
    if (strstr(text, w)) return true;
    bool verb = verb_stem(w, stem);
    size_t n = strlen(stem) / SYLLABLE;
    if (!n) return true;
    if (n > 1 && strstr(text, stem)) return true;
    for (const char *p = text; *p; p++) {
        if (!moim_hangul_at(p)) continue;
        bool same = true;
        if (n == 1) { /* one syllable: a verb's stem at a word's beginning, or a noun as a word */
            size_t len = word_length(p);
            same = begins_word(text, p) &&
                   (verb ? akin(code(p), code(stem), true) : code(p) == code(stem) && len <= 6);
        } else {
            size_t k = n > 2 ? 2 : n;
            for (size_t i = 0; same && i < k; i++)
                same = moim_hangul_at(p + i * SYLLABLE) &&
                       (i + 1 < k ? code(p + i * SYLLABLE) == code(stem + i * SYLLABLE)
                        : n > 2   ? akin(code(p + i * SYLLABLE), code(stem + i * SYLLABLE), true)
                        : verb    ? akin(code(p + i * SYLLABLE), code(stem + i * SYLLABLE), false)
                                  : code(p + i * SYLLABLE) == code(stem + i * SYLLABLE));
        }
        if (same) return true;
        p += 2;
    }
    return false;
}

/* ---- form ---- */

/* 함, 됨, 늘어남: a nominal whose syllable a verb's stem can end in; 해얌 and 해섬 are none. */
static bool nominal(const char *syllable)
{
    static const char *const list[] = {
        "함", "됨", "임", "음", "줌", "감", "봄", "옴", "둠", "짐", "킴", "림", "침", "심", "김", "꿈",
        "춤", "큼", "남", "냄", "뺌", "쉼", "뜀", "씀", "탐", "켬", "움", "삼", "팜", "쌈", "듦", "앎",
        "섦", "름", "눔", "롬", "룸", "맴", "챔", "뵘", "쏨", "띔", "킴", "빔", "잼", "깸", "댐", NULL};
    return moim_word_in(syllable, 3, list);
}

/* The last word is a noun that was said, or that its verb was made of: 정리 of "정리할게요". */
static bool noun_of(const char *source, const char *w)
{
    static const char *const after[] = {"하", "해", "할", "한",   "합",   "했", "을",   "를",   "은", "는",
                                        "이", "가", "도", "부터", "까지", "드", "부탁", "좀",   "의", "에",
                                        "로", "만", "건", "요",   "지",   "는", "으로", "이랑", NULL};
    static const char *const given[] = {"전달", "담당", "보고", "여부",
                                        "미정", "보류", NULL}; /* by ko/endings.c */
    /* "찍으라고 할게요": an unfinished clause is no noun. */
    static const char *const goes_on[] = {"라고", "다고", "자고", "냐고", "려고", "면서", "니까",
                                          "는데", "은데", "던데", "지만", "까지", "부터", "한테",
                                          "에게", "으면", "하면", "해서", "어서", "아서", "거든",
                                          "잖아", "하고", "하자", "하게", "달라", "으로", NULL};
    if (moim_word_in(w, strlen(w), given)) return true;
    for (int i = 0; goes_on[i]; i++)
        if (moim_word_ends(w, strlen(w), goes_on[i])) return false;
    for (const char *p = source; (p = strstr(p, w)); p++) {
        const char *end = p + strlen(w);
        while (*end == ' ') end++;
        if (!*end || ispunct((unsigned char)*end)) return true;
        for (int i = 0; after[i]; i++)
            if (!strncmp(end, after[i], strlen(after[i]))) return true;
    }
    return false;
}

static bool verb_noun_form(const char *w)
{
    size_t n = strlen(w);
    static const char *const wrong[] = {"시기", "으시기", "게기", "니기", "었기", "았기",   "했기",
                                        "겠기", "요기",   "서기", "고기", "까기", "다기",   "죠기",
                                        "네기", "냈기",   "갔기", "왔기", "됐기", "지기로", NULL};
    size_t len;
    if (n < 6) return n >= 3;
    unsigned before = moim_ko_last(w, n - 3, &len);
    if (moim_ko_final(before) == 20) return false; /* ㅆ: past tense is no task */
    for (int i = 0; wrong[i]; i++)
        if (n > strlen(wrong[i]) && !strcmp(w + n - strlen(wrong[i]), wrong[i])) return false;
    return true;
}

/* How spoken sentences end, and nothing else. */
static const char *const spoken[] = {"게요", "세요", "네요", "까요", "래요", "어요", "아요",
                                     "해요", "돼요", "줘요", "니다", "시다", "할게", "볼게",
                                     "올게", "둘게", "갈게", "줄게", "낼게", NULL};

/* Whether one of the list ends a word of n bytes, behind `more` bytes or more. */
static bool ends_any(const char *w, size_t n, const char *const *list, size_t more)
{
    for (int i = 0; list[i]; i++) {
        size_t m = strlen(list[i]);
        if (n >= m + more && !memcmp(w + n - m, list[i], m)) return true;
    }
    return false;
}

/* 해얌, 해섬: a nominal ending on something that is no stem; or a spoken one: "돌려 줘요". */
static bool ends_wrongly(const char *w)
{
    static const char *const wrong[] = {"얌", "해섬", "어섬", "와섬", "가섬", "라섬", "하곰",
                                        "껨", "욤",   "캄",   "닮",   "슴",   "느",   NULL};
    size_t n = strlen(w);
    return ends_any(w, n, wrong, 0) || ends_any(w, n, spoken, 0);
}

bool moim_ko_sound_line(const char *line, const char *source)
{
    static const char *const pointing[] = {"그거",   "그건",   "그걸", "그게", "이거",   "이건",   "이걸",
                                           "이게",   "저거",   "저건", "거기", "그렇게", "이렇게", "그때",
                                           "나한테", "저한테", "제가", "내가", "저는",   "나는",   "그런",
                                           "수고",   "감사",   "너가", "네가", "얘기",   NULL};
    char w[MOIM_WORD_MAX], text[512];
    size_t n = strlen(line);
    if (n < 9 || n >= sizeof text || strchr(line, '?') || strstr(line, "…") || strstr(line, "..."))
        return false;
    snprintf(text, sizeof text, "%s", line);
    for (const char *p = text; *p;) {
        size_t len = word_length(p);
        for (int i = 0; len && pointing[i]; i++)
            if (len >= strlen(pointing[i]) && !strncmp(p, pointing[i], strlen(pointing[i])) &&
                (i < 25 || len == strlen(pointing[i])))
                return false;
        p += len ? len : 1;
    }
    char *last = strrchr(text, ' ');
    last = last ? last + 1 : text;
    size_t m = strlen(last);
    if (m >= sizeof w || m < 3 || !moim_hangul_at(last)) return false;
    if (!strcmp(last, "함") && last - text > 4) { /* "...기로 함": the part before it */
        text[last - text - 1] = 0;
        size_t k = strlen(text);
        if (k > 6 && !strcmp(text + k - 6, "기로")) {
            char *verb = strrchr(text, ' ');
            text[k - 3] = 0; /* 기 */
            return verb_noun_form(verb ? verb + 1 : text);
        }
        return k > 6 && (!strcmp(text + k - 3, "로") || !strcmp(text + k - 3, "게") ||
                         noun_of(source, strrchr(text, ' ') ? strrchr(text, ' ') + 1 : text));
    }
    memcpy(w, last, m + 1);
    if (ends_wrongly(w)) return false;
    if (!strcmp(w + m - 3, "기") && !noun_of(source, w)) return verb_noun_form(w);
    if (nominal(w + m - 3)) {
        size_t len;
        return m == 3 || !strcmp(w + m - 3, "함") || !strcmp(w + m - 3, "임") || !strcmp(w + m - 3, "됨") ||
               moim_ko_final(moim_ko_last(w, m - 3, &len)) >= 0;
    }
    return noun_of(source, w);
}

/* "제가 할게요 내일까지요": up to a word that ends as sentences do. */
size_t moim_ko_clause(const char *sentence)
{
    static const char *const other[] = {"니까", "죠", "놓을게", "줘", NULL};
    size_t n = 0;
    while (sentence[n]) {
        size_t from = n + strspn(sentence + n, " "), len = strcspn(sentence + from, " ");
        n = from + len;
        if (from && len > 3 &&
            (ends_any(sentence + from, len, spoken, 1) || ends_any(sentence + from, len, other, 1)))
            return n;
    }
    return n;
}
