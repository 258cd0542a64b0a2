#include "summarize/dates_words.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT 20   /* bytes of a sentence that states a day only */
#define SYLLABLE 3 /* bytes of one in UTF-8 */

static bool starts(const char *p, const char *with)
{
    return !strncmp(p, with, strlen(with));
}

/* ---- Korean ---- */

static int digit_of(const char *p)
{
    static const char *const digit[] = {"일", "이", "삼", "사", "오", "육", "칠", "팔", "구", "십"};
    for (int i = 0; i < 10; i++)
        if (starts(p, digit[i])) return i + 1;
    return 0;
}

/* The value of n syllables, 0 when they are no number up to 39. */
static int number_of(const char *p, int n)
{
    int d[4] = {0};
    if (n > 3) return 0;
    for (int i = 0; i < n; i++) d[i] = digit_of(p + i * SYLLABLE);
    if (n == 1) return d[0];
    if (n == 2 && d[0] == 10) return d[1] < 10 ? 10 + d[1] : 0;
    if (n == 2) return d[1] == 10 && d[0] >= 2 && d[0] <= 3 ? d[0] * 10 : 0;
    return d[1] == 10 && d[0] >= 2 && d[0] <= 3 && d[2] < 10 ? d[0] * 10 + d[2] : 0;
}

static int month_of(const char *p, int *n)
{
    *n = 1;
    if (starts(p, "유월")) return 6;
    if (starts(p, "시월")) return 10;
    for (*n = 2; *n; --*n) {
        int v = number_of(p, *n);
        bool all = true;
        for (int i = 0; i < *n; i++) all = all && digit_of(p + i * SYLLABLE);
        const char *unit = p + *n * SYLLABLE;
        if (all && v && v <= 12 && starts(unit, "월") && !starts(unit, "월요") && !starts(unit, "월욜"))
            return v;
    }
    return 0;
}

/* What may stand behind a day: nothing, or one of these. */
static bool ends_day(const char *p)
{
    static const char *const after[] = {" ",    ".",    ",",    "?",    "까지", "이면", "이요",
                                        "에",   "부터", "쯤",   "날",   "안",   "전",   "로",
                                        "오전", "오후", "저녁", "아침", "밤",   "이고", "이에",
                                        "이니", "이지", "이라", "은",   "이랑", "정도", NULL};
    return !*p || moim_starts_any(p, after);
}

/* "이십 칠일", "십 사일": as a recogniser parts it. Its bytes, 0 for none. */
static size_t parted_day_at(const char *p, int *v)
{
    static const struct {
        const char *word;
        int value;
    } tens[] = {{"이십 ", 20}, {"삼십 ", 30}, {"십 ", 10}};
    for (int i = 0; i < 3; i++) {
        const char *ones = p + strlen(tens[i].word);
        if (!starts(p, tens[i].word)) continue;
        int one = digit_of(ones);
        *v = tens[i].value + one;
        if (one && one < 10 && *v <= 31 && starts(ones + SYLLABLE, "일") && ends_day(ones + 2 * SYLLABLE))
            return (size_t)(ones - p) + 2 * SYLLABLE;
    }
    return 0;
}

/* "십칠일까지", "삼일이면"; not "오일" (oil), "이 일" (this work) or "일일이" unless after a month. */
static int day_of(const char *p, bool after_month, int *n)
{
    for (*n = 3; *n; --*n) {
        bool all = true;
        for (int i = 0; i < *n; i++) all = all && digit_of(p + i * SYLLABLE);
        int v = all ? number_of(p, *n) : 0;
        const char *unit = p + *n * SYLLABLE;
        if (v >= 6 && starts(unit, " 일까지")) return v; /* as a recogniser parts it */
        if (!v || v > 31 || !starts(unit, "일")) continue;
        if (!after_month && (v == 1 || v == 2 || v == 4 || v == 5)) continue;
        if (!ends_day(unit + SYLLABLE)) continue;
        return v;
    }
    return 0;
}

/* ---- English ---- */

static const char *const ordinal[] = {"first",     "second",      "third",      "fourth",     "fifth",
                                      "sixth",     "seventh",     "eighth",     "ninth",      "tenth",
                                      "eleventh",  "twelfth",     "thirteenth", "fourteenth", "fifteenth",
                                      "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"};
static const char *const month[] = {"january", "february",  "march",   "april",    "may",      "june", "july",
                                    "august",  "september", "october", "november", "december", NULL};

static size_t one_ordinal(const char *p, int *v)
{
    for (int i = 0; i < 20; i++) {
        size_t n = strlen(ordinal[i]);
        if (strncasecmp(p, ordinal[i], n) || isalpha((unsigned char)p[n])) continue;
        *v = i + 1;
        return n;
    }
    return 0;
}

/* Bytes of an ordinal at p, 0 none. */
static size_t ordinal_at(const char *p, int *v)
{
    static const struct {
        const char *word;
        int value;
    } tens[] = {{"twenty", 20}, {"thirty", 30}};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(tens[i].word), more;
        if (strncasecmp(p, tens[i].word, n) || (p[n] != ' ' && p[n] != '-')) continue;
        more = one_ordinal(p + n + 1, v);
        if (!more || *v > 9 || tens[i].value + *v > 31) continue;
        *v += tens[i].value;
        return n + 1 + more;
    }
    if (!strncasecmp(p, "thirtieth", 9) && !isalpha((unsigned char)p[9])) {
        *v = 30;
        return 9;
    }
    return one_ordinal(p, v);
}

static bool ends_with(const char *text, const char *end, const char *what)
{
    size_t n = strlen(what);
    return (size_t)(end - text) >= n && !strncasecmp(end - n, what, n);
}

/* "The seventh.", "twentieth, yep": hardly more than it is said. */
static bool says_only(const char *text, const char *p, int v)
{
    size_t before = (size_t)(p - text);
    bool opens = !before || (before == 4 && !strncasecmp(text, "the ", 4));
    return opens && v > 3 && strlen(text) <= SHORT;
}

/* Whether the context of an ordinal makes it a day: "by the tenth", "the tenth of July", "June third". */
static bool is_day(const char *text, const char *p, size_t n, int v)
{
    static const char *const opens[] = {
        "by the ",     "before the ",   "until the ",  "till the ",    "on the ",        "for the ",
        "due the ",    "deadline the ", "monday the ", "tuesday the ", "wednesday the ", "thursday the ",
        "friday the ", "saturday the ", "sunday the ", "then the ",    "make it the ",   "call it the ",
        "do it the ",  "say the ",      NULL};
    static const char *const bare[] = {"by ", "before ", "until ", "till ", NULL}; /* "by thirtieth" */
    static const char *const closes[] = {" floor", " time",  " one",     " thing", " round", " two",
                                         " three", " half",  " quarter", " week",  " year",  " item",
                                         " draft", " class", " version", NULL};
    const char *after = p + n;
    if (!strncasecmp(after, " of ", 4))
        for (int i = 0; month[i]; i++)
            if (!strncasecmp(after + 4, month[i], strlen(month[i]))) return true;
    for (int i = 0; month[i]; i++) {
        char before[16];
        snprintf(before, sizeof before, "%s ", month[i]);
        if (ends_with(text, p, before)) return true;
    }
    for (int i = 0; opens[i]; i++)
        if (ends_with(text, p, opens[i])) return !moim_starts_any(after, closes);
    for (int i = 0; bare[i]; i++)
        if (v > 3 && ends_with(text, p, bare[i])) return !moim_starts_any(after, closes);
    return says_only(text, p, v) && !moim_starts_any(after, closes);
}

/* ---- both ---- */

struct copy {
    char *text;
    size_t *at, n;
};

static void put(struct copy *c, const char *s, size_t n, size_t from, size_t took)
{
    for (size_t i = 0; i < n; i++) {
        c->text[c->n] = s[i];
        c->at[c->n++] = from + (n == took ? i : 0);
    }
}

/* Writes the digits of the number word at p; returns the bytes of text it spans, 0 if there is none. */
static size_t figures(struct copy *c, const char *text, const char *p, bool *after_month)
{
    char number[16] = "";
    int n, v;
    bool begins = p == text || p[-1] == ' ' || *after_month;
    size_t took = 0;
    if ((unsigned char)*p >= 0x80 && begins) {
        if ((v = month_of(p, &n))) {
            snprintf(number, sizeof number, "%d월", v);
            took = (size_t)(n + 1) * SYLLABLE;
        } else if ((took = parted_day_at(p, &v))) {
            snprintf(number, sizeof number, "%d일", v);
        } else if ((v = day_of(p, *after_month, &n))) {
            snprintf(number, sizeof number, "%d일", v);
            took = (size_t)(n + 1) * SYLLABLE + (p[n * SYLLABLE] == ' ');
        }
        *after_month = took && strstr(number, "월");
    } else if (begins && (took = ordinal_at(p, &v))) {
        if (!is_day(text, p, took, v)) return 0;
        snprintf(number, sizeof number, "%d%s", v,
                 v % 10 == 1 && v != 11   ? "st"
                 : v % 10 == 2 && v != 12 ? "nd"
                 : v % 10 == 3 && v != 13 ? "rd"
                                          : "th");
    }
    if (took) put(c, number, strlen(number), (size_t)(p - text), took);
    return took;
}

/* Bytes of a word at p that only fills a pause, with its comma and the space behind: "by, um, the fifteenth". */
static size_t filler_at(const char *text, const char *p)
{
    static const char *const word[] = {"um", "uh", "uhm", "erm", "er", "음", "어", NULL};
    if (p > text && p[-1] != ' ') return 0;
    for (int i = 0; word[i]; i++) {
        size_t n = strlen(word[i]);
        if (strncasecmp(p, word[i], n)) continue;
        while (p[n] == ',' || p[n] == '.') n++;
        if (p[n] == ' ') return n + 1;
    }
    return 0;
}

static bool open_copy(struct copy *c, size_t n)
{
    *c = (struct copy){.text = malloc(n * 2 + 16), .at = malloc(sizeof(size_t) * (n * 2 + 16))};
    if (c->text && c->at) return true;
    free(c->text);
    free(c->at);
    return false;
}

static void end_copy(struct copy *c, size_t n)
{
    c->text[c->n] = 0;
    c->at[c->n] = n;
}

static void leave_out_fillers(struct copy *c, const char *text)
{
    for (const char *p = text; *p; p++) {
        for (size_t n; (n = filler_at(text, p));) p += n;
        if (!*p) break;
        put(c, p, 1, (size_t)(p - text), 1);
    }
    end_copy(c, strlen(text));
}

static void write_figures(struct copy *c, const char *text)
{
    bool after_month = false;
    for (const char *p = text; *p;) {
        size_t took = figures(c, text, p, &after_month);
        if (!took) {
            if (*p != ' ') after_month = false;
            put(c, p, 1, (size_t)(p - text), 1);
            took = 1;
        }
        p += took;
    }
    end_copy(c, strlen(text));
}

char *moim_date_figures(const char *text, size_t **at)
{
    struct copy plain, c;
    *at = NULL;
    if (!open_copy(&plain, strlen(text))) return NULL;
    leave_out_fillers(&plain, text);
    bool opened = open_copy(&c, plain.n);
    if (opened) {
        write_figures(&c, plain.text);
        for (size_t i = 0; i <= c.n; i++) c.at[i] = plain.at[c.at[i]];
        *at = c.at;
    }
    free(plain.text);
    free(plain.at);
    return opened ? c.text : NULL;
}

/* ---- a time of day as a limit ---- */

static bool hour_before(const char *text, const char *p)
{
    static const char *const native[] = {"한",   "두",   "세",   "네", "다섯", "여섯",
                                         "일곱", "여덟", "아홉", "열", NULL};
    while (p > text && p[-1] == ' ') p--;
    if (p > text && isdigit((unsigned char)p[-1])) return true;
    for (int i = 0; native[i]; i++)
        if (ends_with(text, p, native[i])) return true;
    return false;
}

bool moim_date_clock(const char *text)
{
    static const char *const ko[] = {"시까지", "시 까지", "시 전에", "시전에", "시 반까지", "시반까지", NULL};
    static const char *const en[] = {"one",   "two",  "three", "four",   "five",   "six", "seven",
                                     "eight", "nine", "ten",   "eleven", "twelve", NULL};
    for (int i = 0; ko[i]; i++) {
        const char *p = strstr(text, ko[i]);
        if (p && hour_before(text, p)) return true;
    }
    for (const char *p = text; (p = strcasestr(p, "by ")); p += 3) {
        if (p > text && p[-1] != ' ') continue;
        const char *w = p + 3;
        size_t n = 0;
        for (int i = 0; en[i] && !n; i++)
            if (!strncasecmp(w, en[i], strlen(en[i]))) n = strlen(en[i]);
        if (!n && isdigit((unsigned char)*w)) n = strspn(w, "0123456789:");
        if (!n) continue;
        if (!w[n] || strchr(".,!?", w[n]) || starts(w + n, "pm") || starts(w + n, "am") ||
            starts(w + n, " o'clock"))
            return true;
    }
    return false;
}
