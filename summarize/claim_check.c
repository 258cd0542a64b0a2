/* The exact check: every number, name and day of a statement occurs in one of its cited turns. */
#include "lm/itn.h"
#include "summarize/evidence.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIMS_MAX 32

enum claim_kind { NUMBER, NAME, DAY };

struct claim {
    enum claim_kind kind;
    char text[96];
};

struct claims {
    struct claim list[CLAIMS_MAX];
    int n;
    bool too_many;
};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (c & 0x80);
}

static bool at_word_start(const char *s, const char *p)
{
    return p == s || !is_letter(p[-1]);
}

/* ---- numbers ---- */

/* The digits of the number at *p, commas left out; moves *p past it. */
static int take_number(const char **p, char *out, int cap)
{
    int n = 0;
    while (isdigit((unsigned char)**p) || (**p == ',' && isdigit((unsigned char)(*p)[1]) && n)) {
        if (**p != ',' && n + 1 < cap) out[n++] = **p;
        (*p)++;
    }
    out[n] = 0;
    return n;
}

/* "twelve", "twenty five", "twenty-five" as whole words. */
static bool holds_english(const char *text, int v)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%d", v);
    char *a = moim_itn_spoken(digits, "en"), *b = a ? strdup(a) : NULL;
    if (b && strchr(b, ' ')) *strchr(b, ' ') = '-';
    bool found = false;
    for (int i = 0; b && !found && i < 2; i++) {
        const char *w = i ? b : a;
        for (const char *p = text; !found && (p = strcasestr(p, w)); p++)
            found = at_word_start(text, p) && !is_letter(p[strlen(w)]);
    }
    free(a);
    free(b);
    return found;
}

/* What is counted or measured: what follows a number written in Korean. */
static bool counter(const char *p)
{
    static const char *const list[] = {
        "개", "명", "분", "시", "월", "일", "년", "주",   "번", "차", "층", "호", "원", "퍼", "프로", "점",
        "배", "달", "편", "장", "건", "곳", "군", "가지", "사", "팀", "쪽", "대", "조", "만", "천",   "백",
        "억", "살", "권", "회", "단", "등", "벌", "잔",   "통", "줄", "석", "박", "인", "측", "페",   "세트"};
    while (*p == ' ') p++;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strncmp(p, list[i], strlen(list[i]))) return true;
    return false;
}

static bool holds_word(const char *text, const char *w, bool counts)
{
    for (const char *p = text; (p = strstr(p, w)); p++)
        if (at_word_start(text, p) && (!counts || counter(p + strlen(w)))) return true;
    return false;
}

/* "스무 명", "이십오 퍼센트", "하나". */
static bool holds_korean(const char *text, int v)
{
    static const char *const native[] = {"",     "한",   "두",   "세",   "네", "다섯",
                                         "여섯", "일곱", "여덟", "아홉", "열"};
    static const char *const alone[] = {"",     "하나", "둘",   "셋",   "넷", "다섯",
                                        "여섯", "일곱", "여덟", "아홉", "열"};
    static const char *const tens[] = {"",   "열",   "스물", "서른", "마흔",
                                       "쉰", "예순", "일흔", "여든", "아흔"};
    static const char *const sino[] = {"", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"};
    char w[64];
    snprintf(w, sizeof w, "%s%s%s", v >= 20 ? sino[v / 10] : "", v >= 10 ? "십" : "", sino[v % 10]);
    if (v > 10 && holds_word(text, w, true)) return true;
    /* One syllable is a number before few things only: 이번, 일단 and 사장 are words. */
    for (int i = 0; i < 11 && v <= 10; i++) {
        static const char *const unit[] = {"월", "층", "퍼센트", "프로", "년", "원",
                                           "천", "백", "만",     "억",   "등"};
        char with[80];
        snprintf(with, sizeof with, "%s%s", w, unit[i]);
        if (holds_word(text, with, false)) return true;
    }
    if (v <= 10) return holds_word(text, native[v], true) || holds_word(text, alone[v], v > 4);
    snprintf(w, sizeof w, "%s%s", tens[v / 10], native[v % 10]);
    return holds_word(text, w, true) || (v == 20 && holds_word(text, "스무", true));
}

static bool holds_number(const char *text, const char *number)
{
    char found[32];
    for (const char *p = text; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        take_number(&p, found, sizeof found);
        if (!strcmp(found, number)) return true;
    }
    int v = strlen(number) <= 2 ? atoi(number) : 0;
    return v >= 1 && (holds_english(text, v) || holds_korean(text, v));
}

/* ---- names and days ---- */

/* Suffixes of a Korean name: a particle, a title, or both. */
static bool only_particle(const char *p)
{
    static const char *const title[] = {"씨", "님", "팀장", "과장", "부장", "대리", "차장", "선생"};
    static const char *const particle[] = {"은",   "는",   "이",   "가", "을",   "를",   "의",     "과",
                                           "와",   "도",   "만",   "께", "에게", "한테", "께서",   "이가",
                                           "이는", "부터", "까지", "랑", "이랑", "하고", "에게서", "야"};
    for (size_t i = 0; i < sizeof title / sizeof *title; i++)
        if (!strncmp(p, title[i], strlen(title[i]))) return true;
    size_t n = 0;
    while (is_letter(p[n])) n++;
    for (size_t i = 0; i < sizeof particle / sizeof *particle; i++)
        if (n == strlen(particle[i]) && !strncmp(p, particle[i], n)) return true;
    return n == 0;
}

/* Whether a text contains this name as a word, not as a part of one ("준" in "준비"). */
static bool says_name(const char *text, const char *name)
{
    bool korean = (name[strlen(name) - 1] & 0x80) != 0;
    for (const char *p = text; (p = strstr(p, name)); p++) {
        const char *end = p + strlen(name);
        if (at_word_start(text, p) && (korean ? only_particle(end) : !isalnum((unsigned char)*end)))
            return true;
    }
    return false;
}

/* A word of English, with its capital or without, alone or as a plural. */
static bool says_word(const char *text, const char *word)
{
    for (const char *p = text; (p = strcasestr(p, word)); p++) {
        const char *end = p + strlen(word);
        if (at_word_start(text, p) && !isalpha((unsigned char)end[*end == 's'])) return true;
    }
    return false;
}

/* Days by their letters, blanks aside: "다음 주" and "다음주" are one. */
static bool says_day(const char *text, const char *day)
{
    for (const char *p = text; *p; p++) {
        const char *a = p, *b = day;
        while (*b && *a)
            if (*a == ' ')
                a++;
            else if (*b == ' ')
                b++;
            else if (*a++ != *b)
                break;
            else
                b++;
        if (!*b) return true;
    }
    return false;
}

/* ---- claims ---- */

static void add(struct claims *c, enum claim_kind kind, const char *text, size_t n)
{
    struct claim one = {.kind = kind};
    if (n >= sizeof one.text) n = sizeof one.text - 1;
    memcpy(one.text, text, n);
    for (int i = 0; i < c->n; i++)
        if (c->list[i].kind == kind && !strcmp(c->list[i].text, one.text)) return;
    if (c->n == CLAIMS_MAX)
        c->too_many = true;
    else
        c->list[c->n++] = one;
}

/* English marks names by capitals: a capitalised word that begins no sentence is one. */
static void add_capitals(struct claims *c, const char *s)
{
    bool start = true;
    while (*s) {
        size_t n = 0;
        while (isalpha((unsigned char)s[n])) n++;
        if (!n) {
            if (strchr(".?!:;", *s)) start = true;
            s++;
            continue;
        }
        if (isupper((unsigned char)*s) && !start && n > 1) add(c, NAME, s, n);
        start = false;
        s += n;
    }
}

static void read_claims(struct claims *c, const struct moim_turn_text *turns, int n_turns, const char *text)
{
    static const char *const day[] = {"월요일", "화요일", "수요일",  "목요일",  "금요일",  "토요일", "일요일",
                                      "내일",   "모레",   "다음 주", "이번 주", "다음 달", "이번 달"};
    char number[32];
    c->n = 0;
    c->too_many = false;
    for (const char *p = text; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        take_number(&p, number, sizeof number);
        add(c, NUMBER, number, strlen(number));
    }
    for (int t = 0; t < n_turns; t++)
        if (strlen(turns[t].speaker) >= 3 && says_name(text, turns[t].speaker))
            add(c, NAME, turns[t].speaker, strlen(turns[t].speaker));
    for (size_t i = 0; i < sizeof day / sizeof *day; i++)
        if (says_day(text, day[i])) add(c, DAY, day[i], strlen(day[i]));
    add_capitals(c, text);
}

static bool turn_holds(const struct moim_turn_text *t, const struct claim *c)
{
    switch (c->kind) {
    case NUMBER: return holds_number(t->text, c->text) || holds_number(t->speaker, c->text);
    case DAY: return says_day(t->text, c->text);
    case NAME:
        return says_name(t->speaker, c->text) || says_name(t->text, c->text) ||
               (isupper((unsigned char)*c->text) &&
                (says_word(t->text, c->text) || says_word(t->speaker, c->text)));
    }
    return false;
}

static bool cited(const struct moim_turn_text *turns, const int *evidence, int n, const struct claim *c)
{
    for (int i = 0; i < n; i++)
        if (turn_holds(&turns[evidence[i]], c)) return true;
    return false;
}

bool moim_evidence_holds(const struct moim_turn_text *turns, int n_turns, const char *text,
                         const int *evidence, int n_evidence)
{
    struct claims c;
    read_claims(&c, turns, n_turns, text);
    for (int i = 0; i < c.n; i++)
        if (!cited(turns, evidence, n_evidence, &c.list[i])) return false;
    return n_evidence > 0 && !c.too_many;
}

/* The turn of [a, b) with the claim that is nearest to the cited ones; -1: none. */
static int nearest(const struct moim_turn_text *turns, int a, int b, int from, const struct claim *c)
{
    for (int d = 1; from - d >= a || from + d < b; d++) {
        if (from - d >= a && from - d < b && turn_holds(&turns[from - d], c)) return from - d;
        if (from + d < b && from + d >= a && turn_holds(&turns[from + d], c)) return from + d;
    }
    return -1;
}

bool moim_evidence_mend(const struct moim_turn_text *turns, int n_turns, const char *text, int reach,
                        int *evidence, int *n_evidence, int cap)
{
    struct claims c;
    if (*n_evidence < 1) return false;
    int first = evidence[0];
    int a = reach < first ? first - reach : 0, b = reach < n_turns - first ? first + reach + 1 : n_turns;
    read_claims(&c, turns, n_turns, text);
    for (int i = 0; i < c.n; i++) {
        if (cited(turns, evidence, *n_evidence, &c.list[i])) continue;
        int t = *n_evidence < cap ? nearest(turns, a, b, first, &c.list[i]) : -1;
        if (t < 0) return false;
        evidence[(*n_evidence)++] = t;
    }
    qsort(evidence, (size_t)*n_evidence, sizeof *evidence, moim_by_int);
    return !c.too_many;
}
