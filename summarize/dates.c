#include "summarize/dates.h"
#include "summarize/dates_words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    {"월요일", 0},   {"화요일", 1}, {"수요일", 2},  {"목요일", 3},    {"금요일", 4},   {"토요일", 5},
    {"일요일", 6},   {"monday", 0}, {"tuesday", 1}, {"wednesday", 2}, {"thursday", 3}, {"friday", 4},
    {"saturday", 5}, {"sunday", 6}, {"월욜", 0},    {"화욜", 1},      {"수욜", 2},     {"목욜", 3},
    {"금욜", 4},     {"토욜", 5},   {"일욜", 6},
};
static const struct named relative_days[] = {
    {"오늘", 0},         {"금일", 0},
    {"내일", 1},         {"명일", 1},
    {"모레", 2},         {"내일모레", 2},
    {"글피", 3},         {"today", 0},
    {"tonight", 0},      {"this afternoon", 0},
    {"this evening", 0}, {"end of the day", 0},
    {"end of day", 0},   {"eod", 0},
    {"tomorrow", 1},     {"day after tomorrow", 2},
    {"낼", 1},           {"이따 저녁", 0},
    {"점심 전", 0},      {"this morning", 0},
    {"before lunch", 0}, {"by lunch", 0},
    {"by noon", 0},      {"in the morning", 1},
};
static const struct named months[] = {
    {"january", 1}, {"february", 2}, {"march", 3},     {"april", 4},    {"may", 5},       {"june", 6},
    {"july", 7},    {"august", 8},   {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12},
    {"jan", 1},     {"feb", 2},      {"mar", 3},       {"apr", 4},      {"jun", 6},       {"jul", 7},
    {"aug", 8},     {"sept", 9},     {"sep", 9},       {"oct", 10},     {"nov", 11},      {"dec", 12},
};
static const struct named counted_days[] = {
    {"하루", 1}, {"이틀", 2},  {"사흘", 3}, {"나흘", 4},   {"닷새", 5},
    {"엿새", 6}, {"열흘", 10}, {"이레", 7}, {"일주일", 7}, {"보름", 15},
};
static const struct named small_numbers[] = {
    {"a", 1},   {"one", 1},   {"two", 2},  {"a couple of", 2}, {"three", 3}, {"four", 4}, {"five", 5},
    {"six", 6}, {"seven", 7}, {"ten", 10}, {"fourteen", 14},   {"한", 1},    {"두", 2},   {"세", 3},
    {"석", 3},  {"넉", 4},    {"네", 4},   {"일", 1},          {"이", 2},    {"삼", 3},   {"사", 4},
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
    if (weeks >= 0) {
        *due = moim_date_add(m, day - today + 7 * weeks);
        /* "이번 주 토요일" said on a Sunday is the next one: nothing is due in the past. */
        if (!weeks && day < today) *due = moim_date_add(*due, 7);
    } else
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
    if (moim_date_valid(*due) && moim_date_before(*due, m)) due->year++;
    return moim_date_valid(*due);
}

static bool by_numbers(const char *text, struct moim_date m, struct moim_date *due)
{
    for (const char *p = text; *p; p++) {
        int a, b, c, used = 0;
        if (!isdigit((unsigned char)*p) || (p > text && isdigit((unsigned char)p[-1]))) continue;
        if (sscanf(p, "%4d-%2d-%2d%n", &a, &b, &c, &used) == 3 ||
            sscanf(p, "%4d. %2d. %2d%n", &a, &b, &c, &used) == 3) {
            *due = (struct moim_date){a, b, c};
            if (moim_date_valid(*due)) return true;
        }
        if (sscanf(p, "%2d/%2d%n", &a, &b, &used) == 2 && used) {
            *due = (struct moim_date){m.year, a, b};
            if (moim_date_valid(*due) && moim_date_before(*due, m)) due->year++;
            if (moim_date_valid(*due)) return true;
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
                {"days", 1},  {"day", 1},   {"weeks", 7},   {"week", 7},    {"fortnight", 14}};
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

/* The month that text names, ahead of the meeting's: *year is set with it; 0 when there is none. */
static int month_said(const char *text, struct moim_date m, int *year)
{
    const char *at, *wol = strstr(text, "월");
    int month = 0;
    *year = m.year;
    if (strstr(text, "다음 달") || strstr(text, "다음달") || strstr(text, "내달") ||
        find_word(text, "next month")) {
        *year += m.month == 12;
        return m.month % 12 + 1;
    }
    if (strstr(text, "이번 달") || strstr(text, "이번달") || strstr(text, "이달") ||
        find_word(text, "this month") || find_word(text, "the month"))
        return m.month;
    if (wol && wol > text && isdigit((unsigned char)wol[-1]) && strncmp(wol, "월요", 6))
        month = number_before(text, wol);
    if (!month) month = FIND(text, months, &at);
    if (month < 1 || month > 12) return 0;
    *year += month < m.month;
    return month;
}

/* "다음 달 초", "11월 중순", "3월 말까지", "mid-June", "by the end of March", "10월까지". */
static bool by_month_part(const char *text, struct moim_date m, struct moim_date *due)
{
    int year, month = month_said(text, m, &year);
    if (!month) return false;
    const char *wol = strstr(text, "월"), *dal = strstr(text, "달"), *p = wol ? wol : dal;
    if (p) p += strlen("월");
    while (p && *p == ' ') p++;
    int length = moim_date_month_length(year, month), day = 0;
    if ((p && !strncmp(p, "초", 3)) || find_word(text, "early") || find_word(text, "beginning of"))
        day = 5;
    else if ((p && (!strncmp(p, "중순", 6) || !strncmp(p, "중반", 6))) || find_word(text, "mid") ||
             find_word(text, "middle of"))
        day = 15;
    else if ((p && !strncmp(p, "말", 3)) || find_word(text, "end of") || find_word(text, "late"))
        day = length;
    else if (p && (!strncmp(p, "까지", 6) || !strncmp(p, "안", 3) || !strncmp(p, "내", 3) ||
                   !strncmp(p, "중으로", 9) || !strncmp(p, "중에", 6)))
        day = length;
    else if (find_word(text, "by") || find_word(text, "before the end") || find_word(text, "within") ||
             find_word(text, "next month") || find_word(text, "this month"))
        day = length;
    if (!day) return false;
    *due = (struct moim_date){year, month, day};
    return true;
}

/* Quarters, halves of the year, the year: "이번 분기 안에", "상반기까지", "올해 안에". */
static bool by_long_period(const char *text, struct moim_date m, struct moim_date *due)
{
    int quarter = (m.month - 1) / 3, end = 0, year = m.year;
    if (strstr(text, "다음 분기") || find_word(text, "next quarter"))
        quarter += 1, year += quarter / 4, quarter %= 4, end = quarter * 3 + 3;
    else if (strstr(text, "분기 말") || strstr(text, "분기 안") || strstr(text, "분기 내") ||
             strstr(text, "분기까지") || find_word(text, "this quarter") ||
             find_word(text, "end of the quarter"))
        end = quarter * 3 + 3;
    else if (strstr(text, "상반기"))
        end = 6, year += m.month > 6;
    else if (strstr(text, "하반기까지") || strstr(text, "하반기 안") || strstr(text, "올해 안") ||
             strstr(text, "올해 말") || strstr(text, "연내") || strstr(text, "연말") ||
             strstr(text, "올해까지") || find_word(text, "this year") || find_word(text, "end of the year") ||
             find_word(text, "year end") || find_word(text, "end of year"))
        end = 12;
    if (!end) return false;
    *due = (struct moim_date){year, end, moim_date_month_length(year, end)};
    return true;
}

/* "다음 주 초", "이번 주 중반", "주말까지", "early next week". */
static bool by_week_part(const char *text, struct moim_date m, struct moim_date *due)
{
    int weeks = weeks_said(text), day;
    const char *ju = strstr(text, "주");
    while (ju && strncmp(ju, "주 초", 7) && strncmp(ju, "주초", 6) && strncmp(ju, "주 중", 7) &&
           strncmp(ju, "주말", 6))
        ju = strstr(ju + 3, "주");
    if (ju && !strncmp(ju, "주말", 6))
        day = 6;
    else if (ju)
        day = strstr(ju, "초") ? 0 : strstr(ju, "중으로") ? 4 : 2;
    else if (find_word(text, "before the weekend"))
        day = 4;
    else if (find_word(text, "weekend"))
        day = 6;
    else if (find_word(text, "week") && find_word(text, "early"))
        day = 0;
    else if (find_word(text, "week") && (find_word(text, "mid") || find_word(text, "middle of")))
        day = 2;
    else
        return false;
    *due = moim_date_add(m, day - moim_date_weekday(m) + 7 * (weeks > 0 ? weeks : 0));
    if (moim_date_before(*due, m)) *due = moim_date_add(*due, 7);
    return true;
}

/* "한 달 뒤", "석 달 안에", "2개월 후", "in three months": the same day of that month, or its last. */
static bool by_months_ahead(const char *text, struct moim_date m, struct moim_date *due)
{
    static const char *const unit[] = {"개월 뒤", "개월 후", "개월 안", "개월 내",
                                       "달 뒤",   "달 후",   "달 안에", "달 내"};
    int n = 0;
    for (size_t i = 0; i < sizeof unit / sizeof *unit && !n; i++) {
        const char *p = strstr(text, unit[i]);
        n = p ? number_before(text, p) : 0;
    }
    const char *p = find_word(text, "months") ? find_word(text, "months") : find_word(text, "month");
    if (!n && p && (find_word(text, "in") || find_word(text, "within") || find_word(text, "from now")))
        n = number_before(text, p);
    if (!n || n > 60) return false;
    int month = m.month - 1 + n, year = m.year + month / 12;
    month = month % 12 + 1;
    *due = (struct moim_date){
        year, month,
        m.day < moim_date_month_length(year, month) ? m.day : moim_date_month_length(year, month)};
    return true;
}

/* "the 5th", "by the 15th": that day of this month, or of the next when it is past. */
static bool by_ordinal(const char *text, struct moim_date m, struct moim_date *due)
{
    for (const char *p = text; *p; p++) {
        char suffix[3];
        int day, used = 0;
        if (!isdigit((unsigned char)*p) || (p > text && isalnum((unsigned char)p[-1]))) continue;
        if (sscanf(p, "%2d%2[a-z]%n", &day, suffix, &used) != 2 || isalnum((unsigned char)p[used])) continue;
        if (strcmp(suffix, "st") && strcmp(suffix, "nd") && strcmp(suffix, "rd") && strcmp(suffix, "th"))
            continue;
        *due = (struct moim_date){m.year, m.month, day};
        if (day < m.day) *due = (struct moim_date){m.year + (m.month == 12), m.month % 12 + 1, day};
        return moim_date_valid(*due);
    }
    return false;
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
    if (this_month && !day &&
        (strstr(text, "안") || strstr(text, "내") || strstr(text, "중") || strstr(text, "까지")))
        month_end = true;
    if (next_month && !day &&
        (strstr(text, "안") || strstr(text, "내로") || strstr(text, "중으로") || strstr(text, "달까지")))
        month_end = true;
    if (month_end) {
        *due = (struct moim_date){first.year, first.month, moim_date_month_length(first.year, first.month)};
        return true;
    }
    if (day && il > text && isdigit((unsigned char)il[-1]) && (next_month || this_month || day >= 1)) {
        *due = (struct moim_date){first.year, first.month, day};
        if (!next_month && !this_month && moim_date_valid(*due) && due->day < m.day)
            *due = (struct moim_date){m.year + (m.month == 12), m.month % 12 + 1, day};
        return moim_date_valid(*due);
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
        by_months_ahead(text, meeting, due) || by_month_part(text, meeting, due) ||
        by_long_period(text, meeting, due) || by_week_part(text, meeting, due) ||
        by_ordinal(text, meeting, due) || by_period_end(text, meeting, due) || by_week(text, meeting, due))
        return true;
    const char *at;
    int n = FIND(text, relative_days, &at);
    if (!at && !moim_date_clock(text)) return false;
    *due = moim_date_add(meeting, at ? n : 0);
    return true;
}

/* ---- where it stands ---- */

#define WORDS_MAX 128
#define SPAN_MAX 7

struct span {
    const char *from, *to;
};

static int split(const char *text, struct span *w)
{
    int n = 0;
    for (const char *p = text; *p && n < WORDS_MAX;) {
        while (*p == ' ') p++;
        if (!*p) break;
        w[n].from = p;
        while (*p && *p != ' ') p++;
        w[n++].to = p;
    }
    return n;
}

static bool resolve_span(const struct span *w, int first, int last, struct moim_date m, struct moim_date *due)
{
    char part[256];
    size_t n = (size_t)(w[last].to - w[first].from);
    if (n >= sizeof part) return false;
    memcpy(part, w[first].from, n);
    part[n] = 0;
    return moim_date_resolve(part, m, due);
}

static bool same_day(struct moim_date a, struct moim_date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

static bool word_is(const struct span *w, const char *const *list)
{
    size_t n = (size_t)(w->to - w->from);
    while (n && strchr(".,?!", w->from[n - 1])) n--;
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(w->from, *list, n)) return true;
    return false;
}

static bool opens_clause(const struct span *w)
{
    size_t n = (size_t)(w->to - w->from);
    /* "금요일은 휴무라서", "다음 주에나": a day that is talked about, not a limit. */
    static const char *const ending[] = {"은",     "는",   "에나", "에야", "부터", "이니까", "니까",
                                         "이라서", "라서", "인데", "이었", "였는", "였던",   NULL};
    static const char *const limit[] = {"까지는", "에는", "안에는", "중에는", NULL};
    for (int i = 0; limit[i]; i++)
        if (n > strlen(limit[i]) && !memcmp(w->to - strlen(limit[i]), limit[i], strlen(limit[i])))
            return false;
    for (int i = 0; ending[i]; i++)
        if (n > strlen(ending[i]) && !memcmp(w->to - strlen(ending[i]), ending[i], strlen(ending[i])))
            return true;
    return false;
}

/* "3시까지", "오후", "중으로": closes a day that was named. */
static bool closes(const struct span *w)
{
    static const char *const word[] = {
        "까지",    "까지는",    "안으로",  "안에",   "안에는", "중으로",        "중에",     "중",
        "내로",    "이내로",    "이내에",  "전까지", "전에",   "오전까지",      "오후까지", "오전",
        "오후에",  "오후",      "오전에",  "퇴근",   "아침에", "아침까지",      "점심까지", "저녁까지",
        "밤까지",  "정도까지",  "정도에",  "초에",   "초까지", "말에",          "말까지",   "쯤",
        "morning", "afternoon", "evening", "night",  "noon",   "at the latest", NULL};
    if (word_is(w, word)) return true;
    return isdigit((unsigned char)*w->from) && memmem(w->from, (size_t)(w->to - w->from), "시", 3) &&
           w->to - w->from < 16;
}

/* A word before the day that belongs to it: "다음 주", "12월", "by the". */
static bool belongs(const struct span *w)
{
    static const char *const with[] = {"다음",   "다다음",   "이번",   "오는",   "주",     "달",     "다음주",
                                       "이번주", "다다음주", "다음달", "이번달", "내년",   "늦어도", "next",
                                       "this",   "by",       "until",  "till",   "before", "on",     "for",
                                       "the",    "coming",   "within", "end",    "of",     NULL};
    size_t n = (size_t)(w->to - w->from);
    return word_is(w, with) ||
           (isdigit((unsigned char)*w->from) && n > 3 && n < 6 && !memcmp(w->to - 3, "월", 3));
}

static bool find_first(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                       size_t *to)
{
    static const char *const past[] = {"지난", "저번",  "작년",     "지난주", "지난달", "어제",
                                       "last", "since", "previous", "past",   NULL};
    static const char *const of[] = {"of", NULL}; /* "the 10th" goes on to be "the 10th of July" */
    struct span w[WORDS_MAX];
    struct moim_date d, wider;
    int n = split(text, w);
    for (int j = 0; j < n; j++) {
        int i = j; /* the fewest words before j that name a day with it */
        while (i >= 0 && j - i < SPAN_MAX && !resolve_span(w, i, j, meeting, &d)) {
            i--;
            if (i >= 0 && opens_clause(&w[i])) i = -1; /* what was said up to there is another matter */
        }
        if (i < 0 || j - i >= SPAN_MAX || opens_clause(&w[j])) continue;
        while (i > 0 && belongs(&w[i - 1]) && resolve_span(w, i - 1, j, meeting, &d)) i--;
        /* Words that go on naming it: "이번 주" and then "금요일", "5일" after "다음 달". */
        while (j + 1 < n && j + 1 < i + SPAN_MAX && resolve_span(w, i, j + 1, meeting, &wider) &&
               (!same_day(d, wider) || resolve_span(w, j + 1, j + 1, meeting, &d))) {
            d = wider;
            j++;
        }
        if (j + 2 < n && j + 2 < i + SPAN_MAX && word_is(&w[j + 1], of) &&
            resolve_span(w, i, j + 2, meeting, &wider))
            d = wider, j += 2;
        if ((i && word_is(&w[i - 1], past)) || word_is(&w[i], past) || opens_clause(&w[j])) continue;
        while (j + 1 < n && closes(&w[j + 1])) j++;
        *due = d;
        *from = (size_t)(w[i].from - text);
        *to = (size_t)(w[j].to - text);
        return true;
    }
    return false;
}

static bool is_limit(const char *s, size_t n)
{
    static const char *const mark[] = {"까지", "안에", "안으로",  "중으로", "내로",
                                       "전에", "by ",  "before ", "until "};
    for (size_t i = 0; i < sizeof mark / sizeof *mark; i++)
        if (memmem(s, n, mark[i], strlen(mark[i]))) return true;
    return false;
}

static bool find_limit(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                       size_t *to)
{
    struct moim_date later;
    size_t a, b;
    if (!find_first(text, meeting, due, from, to)) return false;
    for (size_t at = *to;
         !is_limit(text + *from, *to - *from) && find_first(text + at, meeting, &later, &a, &b); at += b) {
        if (!is_limit(text + at + a, b - a)) continue;
        *due = later;
        *from = at + a;
        *to = at + b;
    }
    return true;
}

bool moim_date_find(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                    size_t *to)
{
    size_t *at;
    char *figures = moim_date_figures(text, &at);
    if (!figures) return find_limit(text, meeting, due, from, to);
    bool found = find_limit(figures, meeting, due, from, to);
    if (found) {
        *from = at[*from];
        *to = at[*to];
    }
    free(figures);
    free(at);
    return found;
}
