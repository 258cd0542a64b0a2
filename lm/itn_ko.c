/* Korean numbers. Sino-Korean (일 이 삼) count by 만 and 억; native ones (하나 둘 셋) stand before counters.
 * A syllable like 이, 사 or 만 is far more often something else than a number, so a single one counts only
 * before units that leave no doubt. */
#include "lm/itn_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const digit_names[] = {"영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"};
static const char *const native_ones[] = {"", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"};
static const char *const native_tens[] = {"",   "열",   "스물", "서른", "마흔",
                                          "쉰", "예순", "일흔", "여든", "아흔"};

/* The longest entry of list that s begins with; its index, or -1. */
static int longest(const char *s, const char *const *list, int n, size_t *len)
{
    int best = -1;
    *len = 0;
    for (int i = 0; i < n; i++) {
        size_t k = strlen(list[i]);
        if (k > *len && !strncmp(s, list[i], k)) {
            best = i;
            *len = k;
        }
    }
    return best;
}
#define LONGEST(s, list, len) longest(s, list, (int)(sizeof list / sizeof *list), len)

/* ---- reading figures aloud ---- */

static void say_group(FILE *out, int v) /* 1..9999 */
{
    static const char *const place[] = {"천", "백", "십", ""};
    static const int unit[] = {1000, 100, 10, 1};
    for (int i = 0; i < 4; i++) {
        int d = v / unit[i] % 10;
        if (!d) continue;
        if (d > 1 || i == 3) fputs(digit_names[d], out);
        fputs(place[i], out);
    }
}

static void say_sino(FILE *out, int64_t v)
{
    static const char *const big[] = {"", "만", "억", "조"};
    int group[4];
    if (!v) fputs("영", out);
    for (int i = 0; i < 4; i++, v /= 10000) group[i] = (int)(v % 10000);
    for (int i = 3; i >= 0; i--) {
        if (!group[i]) continue;
        bool bare = i == 1 && group[1] == 1 && !group[2] && !group[3]; /* 만, not 일만 */
        if (!bare) say_group(out, group[i]);
        fputs(big[i], out);
    }
}

static void say_native(FILE *out, int v) /* 1..99, before a counter */
{
    if (v == 20)
        fputs("스무", out);
    else
        fprintf(out, "%s%s", native_tens[v / 10], native_ones[v % 10]);
}

/* Counters that native numbers go with. 시 counts hours to 12 only, 분 is minutes more often than people. */
static bool counts_native(const char *s, int64_t v)
{
    static const char *const counters[] = {
        "시간", "명",   "살",   "개",   "번째", "번",   "마리", "권",   "잔",   "병",   "달",   "가지",
        "군데", "곳",   "사람", "벌",   "켤레", "채",   "그루", "송이", "배",   "쌍",   "줄",   "판",
        "통",   "자루", "척",   "차례", "바퀴", "걸음", "마디", "끼",   "조각", "그릇", "갈래", "묶음",
        "상자", "봉지", "컵",   "시",   "대",   "장",   "해",   "돌",   "건"};
    static const char *const sino[] = {"개월", "개국", "개년", "대째", "시리즈", "장관", "대로", "번지",
                                       "명태", "통화", "채널", "배럴", "병원",   "해리", "달러", "번가"};
    size_t len;
    if (LONGEST(s, sino, &len) >= 0) return false;
    int k = LONGEST(s, counters, &len);
    if (k < 0 || v < 1 || v > 99) return false;
    if (!strcmp(counters[k], "시")) return v <= 12;
    if (!strcmp(counters[k], "대") || !strcmp(counters[k], "장")) return v < 10; /* 10대 is an age */
    if (!strcmp(counters[k], "배") || !strcmp(counters[k], "번")) return v < 20;
    return true;
}

static const struct {
    const char *sign, *name;
} signs[] = {{"km", "킬로미터"}, {"kg", "킬로그램"},   {"cm", "센티미터"},   {"mm", "밀리미터"},
             {"㎞", "킬로미터"}, {"㎏", "킬로그램"},   {"㎝", "센티미터"},   {"㎡", "제곱미터"},
             {"ml", "밀리리터"}, {"GB", "기가바이트"}, {"MB", "메가바이트"}, {"%", "퍼센트"},
             {"℃", "도"},        {"°", "도"},          {"$", "달러"}};

static void say_digits(FILE *out, const char *s, const char *zero)
{
    for (; *s; s++) fputs(*s == '0' ? zero : digit_names[*s - '0'], out);
}

void itn_say_ko(const char **s, FILE *out)
{
    struct itn_figure f;
    const char *money = NULL;
    if (**s == '$')
        money = "달러", (*s)++;
    else if (!strncmp(*s, "₩", 3))
        money = "원", *s += 3;
    size_t used = itn_figure(*s, &f);
    if (!used) { /* longer than any quantity: digit by digit */
        for (; isdigit((unsigned char)**s); (*s)++) fputs(digit_names[**s - '0'], out);
        return;
    }
    *s += used;
    const char *unit = *s + (**s == ' ');
    bool phone = (f.digits[0] == '0' && f.digits[1]) || (**s == '-' && isdigit((unsigned char)(*s)[1]));
    if (phone) {
        say_digits(out, f.digits, "공");
        while (**s == '-' && isdigit((unsigned char)(*s)[1])) {
            for ((*s)++; isdigit((unsigned char)**s); (*s)++)
                fputs(**s == '0' ? "공" : digit_names[**s - '0'], out);
        }
        return;
    }
    if (*f.fraction) {
        say_sino(out, f.whole);
        fputs("점", out);
        say_digits(out, f.fraction, "영");
    } else if (f.whole == 6 && !strncmp(unit, "월", 3)) {
        fputs("유", out);
    } else if (f.whole == 10 && !strncmp(unit, "월", 3)) {
        fputs("시", out);
    } else if (counts_native(unit, f.whole)) {
        say_native(out, (int)f.whole);
        if (unit == *s) putc(' ', out);
    } else {
        say_sino(out, f.whole);
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strncmp(*s, signs[i].sign, strlen(signs[i].sign))) {
            fputs(signs[i].name, out);
            *s += strlen(signs[i].sign);
            break;
        }
    if (money) fputs(money, out);
}

/* ---- writing what was said in figures ---- */

/* Reads a sino-Korean number at s; bytes used, 0 for none. syllables tells how long it was. */
static size_t read_sino(const char *s, int64_t *value, int *syllables)
{
    static const struct {
        const char *name;
        int64_t unit;
    } small[] = {{"천", 1000}, {"백", 100}, {"십", 10}},
      big[] = {{"조", 1000000000000}, {"억", 100000000}, {"만", 10000}};
    int64_t total = 0, group = 0, digit = 0, below = 10000, ceiling = INT64_MAX;
    bool any = false;
    const char *p = s;
    *syllables = 0;
    for (;;) {
        size_t len;
        int k = LONGEST(p, digit_names, &len);
        if (k > 0) {
            if (digit || below == 1) break; /* two digits in a row are no number */
            digit = k;
        } else {
            bool found = false;
            for (int i = 0; i < 3 && !found; i++)
                if (!strncmp(p, small[i].name, 3) && small[i].unit < below) {
                    group += (digit ? digit : 1) * small[i].unit;
                    below = small[i].unit;
                    digit = 0;
                    found = true;
                }
            for (int i = 0; i < 3 && !found; i++)
                if (!strncmp(p, big[i].name, 3) && big[i].unit < ceiling && (any || big[i].unit == 10000)) {
                    total += (group + digit ? group + digit : 1) * big[i].unit;
                    ceiling = big[i].unit;
                    group = digit = 0;
                    below = 10000;
                    found = true;
                }
            if (!found) break;
        }
        any = true;
        (*syllables)++;
        p += 3;
    }
    *value = total + group + digit;
    return (size_t)(p - s);
}

static size_t read_native(const char *s, int64_t *value)
{
    size_t ten, one = 0;
    if (!strncmp(s, "스무", 6)) {
        *value = 20;
        return 6;
    }
    int t = LONGEST(s, native_tens, &ten);
    int o = LONGEST(s + (t > 0 ? ten : 0), native_ones, &one);
    *value = (t > 0 ? t * 10 : 0) + (o > 0 ? o : 0);
    return (t > 0 ? ten : 0) + (o > 0 ? one : 0);
}

/* What may follow a unit and still leave it one: nothing, a sign, or a particle. */
static bool is_tail(const char *s)
{
    static const char *const particles[] = {
        "은",   "는",   "이",     "가",   "을",     "를",     "에",    "의",     "도",     "로",
        "으로", "만",   "과",     "와",   "까지",   "부터",   "에서",  "에는",   "에도",   "이나",
        "정도", "쯤",   "씩",     "이상", "이하",   "이고",   "인데",  "이요",   "입니다", "짜리",
        "간",   "동안", "보다",   "밖에", "마다",   "이에요", "예요",  "이라고", "라고",   "째",
        "안에", "이면", "이라는", "대",   "까지는", "에서는", "까지도"};
    size_t n = strlen(s), len;
    while (n && strchr(".,?!", s[n - 1])) n--;
    if (!n) return true;
    return LONGEST(s, particles, &len) >= 0 && len == n;
}

/* Units after sino-Korean numbers. sure: a single syllable before them, joined, is surely a number; loose:
 * it is when it stands apart. */
static const struct unit {
    const char *name;
    bool sure, loose;
} units[] = {
    {"년", true, true},    {"월", true, true},       {"일", false, true},      {"분", false, true},
    {"초", false, true},   {"원", false, true},      {"달러", true, true},     {"퍼센트", true, true},
    {"프로", false, true}, {"개월", true, true},     {"층", true, true},       {"학년", true, true},
    {"주년", true, true},  {"주", false, true},      {"위", false, true},      {"등", false, true},
    {"미터", true, true},  {"킬로", true, true},     {"킬로미터", true, true}, {"킬로그램", true, true},
    {"센티", true, true},  {"센티미터", true, true}, {"그램", true, true},     {"리터", true, true},
    {"평", false, true},   {"도", false, false},     {"대", false, false},     {"명", false, false},
    {"호", false, false},  {"번", false, false},     {"회", false, false},     {"배", false, false},
    {"살", false, false},  {"세", false, false},     {"개", false, false},     {"인분", true, true},
    {"세기", true, true},  {"페이지", true, true},   {"쪽", false, true},      {"단계", true, true},
    {"차", false, false},  {"점", false, false},     {"건", false, false},     {"시", false, false},
    {"만", false, false},  {"시간", false, false},   {"가지", false, false},   {"여", false, false}};

static const struct unit *find_unit(const char *s, size_t *len)
{
    const struct unit *best = NULL;
    *len = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t k = strlen(units[i].name);
        if (k > *len && !strncmp(s, units[i].name, k) && is_tail(s + k)) {
            best = &units[i];
            *len = k;
        }
    }
    return best;
}

static int grouped(char *out, size_t cap, int64_t v, bool commas)
{
    if (commas && v >= 1000 && v < 1000000)
        return snprintf(out, cap, "%lld,%03lld", (long long)(v / 1000), (long long)(v % 1000));
    return snprintf(out, cap, "%lld", (long long)v);
}

/* 30,000,000 -> 3,000만; a year goes without comma. */
static void write_figure(char *out, size_t cap, int64_t v, bool year)
{
    static const char *const big[] = {"조", "억", "만"};
    int64_t unit = 1000000000000;
    size_t n = 0;
    if (!v) snprintf(out, cap, "0");
    for (int i = 0; i < 3 && v >= 10000; i++, unit /= 10000) {
        if (v < unit) continue;
        /* cppcheck-suppress zerodivcond */
        n += (size_t)grouped(out + n, cap - n, v / unit, true);
        n += (size_t)snprintf(out + n, cap - n, "%s", big[i]);
        v %= unit;
        if (v) n += (size_t)snprintf(out + n, cap - n, " ");
    }
    if (v && n < cap) grouped(out + n, cap - n, v, !year);
}

/* The texts of w[0 .. used) joined, and what follows in the next word. */
static size_t join(const struct moim_word *w, int used, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = 0;
    for (int i = 0; i < used; i++) {
        size_t k = strlen(w[i].text);
        if (n + k + 1 > cap) return 0;
        memcpy(out + n, w[i].text, k + 1);
        n += k;
    }
    return n;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    while (n && strchr(".,", s[n - 1])) n--;
    return n >= k && !strncmp(s + n - k, end, k);
}

/* A native number before its counter: 스물다섯 명 -> 25명 stays apart as the speaker's spacing had it. */
static bool match_native(const struct moim_word *w, int n, struct itn_match *m)
{
    int64_t v;
    const char *s = w->text;
    size_t used = read_native(s, &v);
    if (!used) return false;
    const char *unit = s + used;
    bool apart = !*unit;
    if (apart && n < 2) return false;
    if (apart) unit = w[1].text;
    size_t len;
    const struct unit *u = find_unit(unit, &len);
    if (!u || !counts_native(unit, v)) return false;
    bool hour = !strcmp(u->name, "시");
    if (v < 10 ? !(hour && apart) : false) return false; /* 한 명, 두 개 stay words; 세 시 is a time */
    m->used = 1;
    snprintf(m->out, sizeof m->out, "%lld%s", (long long)v, apart ? "" : unit);
    return true;
}

/* May this number before this unit be written in figures? */
static bool plausible(const struct unit *u, int64_t v, int syllables, bool apart,
                      const struct moim_word *before)
{
    if (syllables > 1) return true;
    bool day = before && !strcmp(u->name, "일") && ends_with(before->text, "월");
    if (day) return true;
    if (v == 10 || v == 100 || v == 1000) return u->loose;
    if (v == 10000) return false;
    if (v == 2 && (!strcmp(u->name, "분") || !strcmp(u->name, "일") || !strcmp(u->name, "주") ||
                   !strcmp(u->name, "등") || !strcmp(u->name, "원") || !strcmp(u->name, "위")))
        return false; /* "this person", "this matter" */
    return apart ? u->loose : u->sure;
}

void itn_match_ko(const struct moim_word *w, int n, const struct moim_word *before, struct itn_match *m)
{
    char text[256];
    m->used = 0;
    if (match_native(w, n, m)) return;
    int most = n < 4 ? n : 4;
    for (int take = most; take >= 1; take--) {
        int64_t v;
        int syllables, inner;
        if (take < most && w[take - 1].space_before == false && take > 1) continue;
        if (!join(w, take, text, sizeof text)) continue;
        size_t used = read_sino(text, &v, &syllables);
        if (!used) return;
        size_t all_but_last = take > 1 ? join(w, take - 1, text, sizeof text) : 0;
        if (used <= all_but_last) continue; /* the number ended earlier */
        /* Each word of a split number must itself be one: "이천 십팔 년", not "이 사람". */
        bool whole = true;
        for (int i = 0; whole && i + 1 < take; i++) {
            int64_t part;
            whole = read_sino(w[i].text, &part, &inner) == strlen(w[i].text);
        }
        if (!whole) continue;
        join(w, take, text, sizeof text);
        const char *rest = text + used;
        bool apart = !*rest;
        const char *unit = apart && take < n ? w[take].text : rest;
        size_t len;
        const struct unit *u = *unit ? find_unit(unit, &len) : NULL;
        bool large = v >= 100000 && syllables >= 3 && is_tail(rest);
        if (!large && (!u || !plausible(u, v, syllables, apart, before))) continue;
        char figure[96];
        write_figure(figure, sizeof figure, v, u && !strcmp(u->name, "년") && v < 3000);
        bool percent = u && !strcmp(u->name, "퍼센트");
        m->used = take + (percent && apart);
        if (percent)
            snprintf(m->out, sizeof m->out, "%s%%%.24s", figure, unit + len);
        else
            snprintf(m->out, sizeof m->out, "%s%.30s", figure, rest);
        return;
    }
}
