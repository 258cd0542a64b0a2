#include "summarize/dates.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Days since 1 March 0000 in the proleptic Gregorian calendar, and back (Howard Hinnant's civil calendar). */
static long day_number(struct moim_date d)
{
    long y = d.year - (d.month <= 2), era = y / 400, yoe = y - era * 400;
    long doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy;
}

static struct moim_date from_day_number(long z)
{
    long era = z / 146097, doe = z - era * 146097,
         yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    struct moim_date d = {.year = (int)(yoe + era * 400),
                          .month = (int)(mp < 10 ? mp + 3 : mp - 9),
                          .day = (int)(doy - (153 * mp + 2) / 5 + 1)};
    d.year += d.month <= 2;
    return d;
}

struct moim_date moim_date_add(struct moim_date d, int days)
{
    return from_day_number(day_number(d) + days);
}

int moim_date_weekday(struct moim_date d)
{
    return (int)((day_number(d) + 2) % 7);
}

static int month_length(int year, int month)
{
    struct moim_date first = {year, month, 1},
                     next = {month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1};
    return (int)(day_number(next) - day_number(first));
}

static bool valid(struct moim_date d)
{
    return d.year > 1900 && d.year < 3000 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= month_length(d.year, d.month);
}

bool moim_date_parse(const char *iso, struct moim_date *d)
{
    return sscanf(iso, "%4d-%2d-%2d", &d->year, &d->month, &d->day) == 3 && valid(*d);
}

void moim_date_format(struct moim_date d, char out[11])
{
    snprintf(out, 11, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
             (unsigned)d.day % 100);
}

/* Where word begins in text as a word of its own (for ASCII), or NULL. */
static const char *find_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = text; (p = strcasestr(p, word)); p++) {
        bool left = p == text || !isalpha((unsigned char)p[-1]), right = !isalpha((unsigned char)p[n]);
        if ((unsigned char)*word >= 0x80 || (left && right)) return p;
    }
    return NULL;
}

struct named {
    const char *name;
    int value;
};

static int find_named(const char *text, const struct named *list, int n, const char **at)
{
    int best = -1;
    *at = NULL;
    for (int i = 0; i < n; i++) {
        const char *p = find_word(text, list[i].name);
        /* The earliest wins, and of two at one place the longer ("모레" in "글피 모레", "May" in "Mayday"
         * never). */
        if (p && (!*at || p < *at || (p == *at && strlen(list[i].name) > strlen(list[best].name))))
            best = i, *at = p;
    }
    return best < 0 ? 0 : list[best].value;
}
#define FIND(text, list, at) find_named(text, list, sizeof list / sizeof *list, at)

static const struct named weekdays[] = {
    {"월요일", 0},   {"화요일", 1}, {"수요일", 2},   {"목요일", 3},  {"금요일", 4},
    {"토요일", 5},   {"일요일", 6}, {"monday", 0},   {"tuesday", 1}, {"wednesday", 2},
    {"thursday", 3}, {"friday", 4}, {"saturday", 5}, {"sunday", 6},
};
static const struct named relative_days[] = {
    {"오늘", 0},
    {"금일", 0},
    {"내일", 1},
    {"명일", 1},
    {"모레", 2},
    {"내일모레", 2},
    {"글피", 3},
    {"today", 0},
    {"tonight", 0},
    {"tomorrow", 1},
    {"day after tomorrow", 2},
};
static const struct named months[] = {
    {"january", 1}, {"february", 2}, {"march", 3},     {"april", 4},    {"may", 5},       {"june", 6},
    {"july", 7},    {"august", 8},   {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12},
    {"jan", 1},     {"feb", 2},      {"mar", 3},       {"apr", 4},      {"jun", 6},       {"jul", 7},
    {"aug", 8},     {"sept", 9},     {"sep", 9},       {"oct", 10},     {"nov", 11},      {"dec", 12},
};
static const struct named counted_days[] = {
    {"하루", 1}, {"이틀", 2}, {"사흘", 3},   {"나흘", 4},  {"닷새", 5},
    {"엿새", 6}, {"이레", 7}, {"일주일", 7}, {"보름", 15},
};
static const struct named small_numbers[] = {
    {"a", 1},   {"one", 1},   {"two", 2},  {"three", 3},     {"four", 4}, {"five", 5},
    {"six", 6}, {"seven", 7}, {"ten", 10}, {"fourteen", 14}, {"한", 1},   {"두", 2},
    {"세", 3},  {"네", 4},    {"일", 1},   {"이", 2},        {"삼", 3},   {"사", 4},
};

/* The number that ends right before p, in digits or a word; 0 when there is none. */
static int number_before(const char *text, const char *p)
{
    while (p > text && p[-1] == ' ') p--;
    const char *q = p;
    while (q > text && isdigit((unsigned char)q[-1])) q--;
    if (q < p) return p - q > 4 ? 0 : atoi(q);
    for (size_t i = 0; i < sizeof small_numbers / sizeof *small_numbers; i++) {
        size_t n = strlen(small_numbers[i].name);
        if ((size_t)(p - text) < n || strncasecmp(p - n, small_numbers[i].name, n)) continue;
        if ((size_t)(p - text) == n || p[-(long)n - 1] == ' ') return small_numbers[i].value;
    }
    return 0;
}

/* The same day number a week boundary away: weeks said ahead, 0 when none was said, -1 for "the next to
 * come". */
static int weeks_said(const char *text)
{
    if (strstr(text, "다다음 주") || strstr(text, "다다음주") || find_word(text, "week after next")) return 2;
    if (strstr(text, "다음 주") || strstr(text, "다음주") || strstr(text, "차주") || strstr(text, "내주") ||
        find_word(text, "next week") || find_word(text, "next"))
        return 1;
    if (strstr(text, "이번 주") || strstr(text, "이번주") || strstr(text, "금주") ||
        find_word(text, "this week") || find_word(text, "this"))
        return 0;
    return -1;
}

static bool by_weekday(const char *text, struct moim_date m, struct moim_date *due)
{
    const char *at;
    int day = FIND(text, weekdays, &at);
    if (!at) return false;
    int today = moim_date_weekday(m), weeks = weeks_said(text);
    if (weeks >= 0)
        *due = moim_date_add(m, day - today + 7 * weeks);
    else
        *due = moim_date_add(m, day > today ? day - today : day - today + 7);
    return true;
}

static bool by_month_and_day(const char *text, struct moim_date m, struct moim_date *due)
{
    const char *at, *wol = strstr(text, "월");
    int month = 0, day = 0;
    if (wol && (month = number_before(text, wol)) && isdigit((unsigned char)wol[-1])) {
        day = atoi(wol + strlen("월"));
    } else if ((month = FIND(text, months, &at))) {
        const char *p = at;
        while (isalpha((unsigned char)*p) || *p == '.') p++;
        day = atoi(p);
        if (!day) { /* "the 3rd of December", "3 December" */
            const char *q = at;
            while (q > text && !isdigit((unsigned char)q[-1]) && at - q < 8) q--;
            while (q > text && isdigit((unsigned char)q[-1])) q--;
            day = atoi(q);
        }
    }
    if (!month || !day) return false;
    *due = (struct moim_date){m.year, month, day};
    if (valid(*due) && day_number(*due) < day_number(m)) due->year++;
    return valid(*due);
}

static bool by_numbers(const char *text, struct moim_date m, struct moim_date *due)
{
    for (const char *p = text; *p; p++) {
        int a, b, c, used = 0;
        if (!isdigit((unsigned char)*p) || (p > text && isdigit((unsigned char)p[-1]))) continue;
        if (sscanf(p, "%4d-%2d-%2d%n", &a, &b, &c, &used) == 3 ||
            sscanf(p, "%4d. %2d. %2d%n", &a, &b, &c, &used) == 3) {
            *due = (struct moim_date){a, b, c};
            if (valid(*due)) return true;
        }
        if (sscanf(p, "%2d/%2d%n", &a, &b, &used) == 2 && used) {
            *due = (struct moim_date){m.year, a, b};
            if (valid(*due) && day_number(*due) < day_number(m)) due->year++;
            if (valid(*due)) return true;
        }
    }
    return false;
}

static bool by_distance(const char *text, struct moim_date m, struct moim_date *due)
{
    static const struct {
        const char *unit;
        int days;
    } unit[] = {{"일 뒤", 1}, {"일 후", 1}, {"일 이내", 1}, {"일 안", 1},   {"주 뒤", 7},
                {"주 후", 7}, {"주 안", 7}, {"주일 뒤", 7}, {"주일 후", 7}, {"주일 안", 7},
                {"days", 1},  {"day", 1},   {"weeks", 7},   {"week", 7}};
    bool english_in = find_word(text, "in") || find_word(text, "within") || find_word(text, "from now");
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        const char *p = find_word(text, unit[i].unit);
        int n = p ? number_before(text, p) : 0;
        if (!n || (isalpha((unsigned char)*unit[i].unit) && !english_in)) continue;
        *due = moim_date_add(m, n * unit[i].days);
        return true;
    }
    const char *at;
    int n = FIND(text, counted_days, &at);
    if (!at || !(strstr(at, "뒤") || strstr(at, "후") || strstr(at, "내") || strstr(at, "안"))) return false;
    *due = moim_date_add(m, n);
    return true;
}

static bool by_period_end(const char *text, struct moim_date m, struct moim_date *due)
{
    bool next_month = strstr(text, "다음 달") || strstr(text, "다음달") || strstr(text, "내달") ||
                      find_word(text, "next month");
    struct moim_date first = {m.year + (next_month && m.month == 12), next_month ? m.month % 12 + 1 : m.month,
                              1};
    bool month_end = strstr(text, "월말") || strstr(text, "달 말") || strstr(text, "말일") ||
                     find_word(text, "end of the month") || find_word(text, "end of month") ||
                     find_word(text, "month end") || find_word(text, "end of next month");
    const char *il = strstr(text, "일");
    int day = il ? number_before(text, il) : 0;
    bool this_month = strstr(text, "이번 달") || strstr(text, "이달") || strstr(text, "이번달");
    if (month_end) {
        *due = (struct moim_date){first.year, first.month, month_length(first.year, first.month)};
        return true;
    }
    if (day && il > text && isdigit((unsigned char)il[-1]) && (next_month || this_month || day >= 1)) {
        *due = (struct moim_date){first.year, first.month, day};
        if (!next_month && !this_month && valid(*due) && due->day < m.day)
            *due = (struct moim_date){m.year + (m.month == 12), m.month % 12 + 1, day};
        return valid(*due);
    }
    if (strstr(text, "연말") || find_word(text, "end of the year") || find_word(text, "year end") ||
        find_word(text, "end of year")) {
        *due = (struct moim_date){m.year, 12, 31};
        return true;
    }
    return false;
}

/* "next week" alone means its Friday: the last day on which it would still be so. */
static bool by_week(const char *text, struct moim_date m, struct moim_date *due)
{
    bool said = strstr(text, "주말") || strstr(text, "주 말") || strstr(text, "다음 주") ||
                strstr(text, "다음주") || strstr(text, "이번 주") || strstr(text, "이번주") ||
                strstr(text, "금주") || strstr(text, "차주") || find_word(text, "next week") ||
                find_word(text, "this week") || find_word(text, "end of the week") ||
                find_word(text, "end of week");
    if (!said) return false;
    int weeks = weeks_said(text);
    *due = moim_date_add(m, 4 - moim_date_weekday(m) + 7 * (weeks > 0 ? weeks : 0));
    return true;
}

bool moim_date_resolve(const char *text, struct moim_date meeting, struct moim_date *due)
{
    if (by_numbers(text, meeting, due) || by_month_and_day(text, meeting, due) ||
        by_weekday(text, meeting, due) || by_distance(text, meeting, due) ||
        by_period_end(text, meeting, due) || by_week(text, meeting, due))
        return true;
    const char *at;
    int n = FIND(text, relative_days, &at);
    if (!at) return false;
    *due = moim_date_add(meeting, n);
    return true;
}
