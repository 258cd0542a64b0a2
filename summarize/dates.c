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
        /* One syllable may end a word that is none: "보낼게요". */
        if ((unsigned char)*word >= 0x80 && n == 3) left = p == text || (unsigned char)p[-1] < 0x80;
        if ((unsigned char)*word >= 0x80 ? n > 3 || left : left && right) return p;
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
    {"오늘", 0},      {"금일", 0},
    {"내일", 1},      {"명일", 1},
    {"모레", 2},      {"내일모레", 2},
    {"오늘 내일", 1}, /* between the two, by the second */
    {"오늘내일", 1},  {"today or tomorrow", 1},
    {"글피", 3},      {"today", 0},
    {"tonight", 0},   {"tomorrow", 1},
    {"tmrw", 1},      {"day after tomorrow", 2},
    {"낼", 1},        {"in the morning", 1},
    {"낼모레", 2},    {"낼모래", 2},
    {"내일모래", 2},
};
/* Times of the day of the meeting, unless another day is named beside them: "before lunch tomorrow". */
static const struct named times_of_day[] = {
    {"this afternoon", 0},
    {"this evening", 0},
    {"end of the day", 0},
    {"end of day", 0},
    {"eod", 0},
    {"이따 저녁", 0},
    {"점심 전", 0},
    {"this morning", 0},
    {"before lunch", 0},
    {"by lunch", 0},
    {"by noon", 0},
    {"by afternoon", 0},
    {"퇴근 전", 0},
    {"퇴근하기 전", 0},
    {"점심때", 0},
    {"점심에", 0},
    {"점심 먹고", 0},
    {"오전까지", 0},
    {"오전 중", 0},
    {"오후에", 0},
    {"오후까지", 0},
    {"저녁에", 0},
    {"저녁까지", 0},
    {"밤까지", 0},
    {"정오까지", 0},
    {"later today", 0},
    {"close of business", 0},
    {"before you leave", 0},
    {"before you log off", 0},
    {"after lunch", 0},
};
/* Days of the year with a name: month * 100 + day. */
static const struct named feasts[] = {
    {"삼일절", 301},     {"어린이날", 505},        {"현충일", 606},         {"광복절", 815},
    {"개천절", 1003},    {"한글날", 1009},         {"크리스마스", 1225},    {"성탄절", 1225},
    {"christmas", 1225}, {"christmas day", 1225},  {"christmas eve", 1224}, {"new year's eve", 1231},
    {"halloween", 1031}, {"valentine's day", 214}, {"boxing day", 1226},    {"new year's day", 101},
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

static bool says_any(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (find_word(text, *list)) return true;
    return false;
}

/* The same day number a week boundary away: weeks said ahead, 0 when none was said, -1 for "the next to
 * come". */
static int weeks_said(const char *text)
{
    static const char *const in_two[] = {"다다음 주",       "다다음주",   "다담주", "다담 주",
                                         "다음다음 주",     "다음다음주", "담담주", "week after next",
                                         "after next week", "after next", NULL};
    static const char *const next[] = {"다음 주", "다음주", "담주",      "담 주", "차주",
                                       "차 주",   "내주",   "next week", "next",  NULL};
    static const char *const now[] = {"이번 주", "이번주", "금주", "this week", "this", NULL};
    return says_any(text, in_two) ? 2 : says_any(text, next) ? 1 : says_any(text, now) ? 0 : -1;
}

/* "Wednesday week", "a week on Tuesday": a week after the next one to come. */
static bool week_later(const char *text, const char *weekday)
{
    const char *after = weekday, *on = find_word(text, "week on"), *from = find_word(text, "week from");
    while (isalpha((unsigned char)*after)) after++;
    return (on && on < weekday) || (from && from < weekday) ||
           (!strncasecmp(after, " week", 5) && !isalnum((unsigned char)after[5]));
}

static bool by_weekday(const char *text, struct moim_date m, struct moim_date *due)
{
    /* Sunday, as churches call it; "일주일", "두 주일" are a week or two. */
    static const char *const church[] = {"이번 주일", "다음 주일", "오는 주일", "주 주일", "주에 주일", NULL};
    const char *at;
    int day = FIND(text, weekdays, &at);
    if (!at && says_any(text, church)) at = text, day = 6;
    if (!at) return false;
    int today = moim_date_weekday(m), weeks = weeks_said(text);
    if (weeks >= 0) {
        *due = moim_date_add(m, day - today + 7 * weeks);
        /* "이번 주 토요일" said on a Sunday is the next one: nothing is due in the past. */
        if (!weeks && day < today) *due = moim_date_add(*due, 7);
    } else
        *due = moim_date_add(m, (day > today ? day - today : day - today + 7) + 7 * week_later(text, at));
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
    if (strstr(text, "다음 달") || strstr(text, "다음달") || strstr(text, "내달") || strstr(text, "담달") ||
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

/* "다음 주 초", "이번 주 중반", "주말까지", "early next week"; "다음 주 중에" is any day of it, its Friday at the latest. */
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
        day = strstr(ju, "초") ? 0 : strstr(ju, "중반") || strstr(ju, "중간") ? 2 : 4;
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

/* "12월 첫째 주", "다음 달 둘째 주 월요일": of the week that holds the month's first working day the weekday, Friday
 * when none is said. */
static bool by_week_of_month(const char *text, struct moim_date m, struct moim_date *due)
{
    static const struct named week[] = {{"첫째 주", 0}, {"첫째주", 0}, {"첫 주", 0},   {"첫주", 0},
                                        {"둘째 주", 1}, {"둘째주", 1}, {"셋째 주", 2}, {"셋째주", 2},
                                        {"넷째 주", 3}, {"넷째주", 3}};
    const char *at, *day_at;
    int year, n = FIND(text, week, &at), month = at ? month_said(text, m, &year) : 0;
    if (!month) return false;
    struct moim_date first = {year, month, 1};
    if (moim_date_weekday(first) > 4) first = moim_date_add(first, 7 - moim_date_weekday(first));
    int day = FIND(at, weekdays, &day_at);
    *due = moim_date_add(first, (day_at ? day : 4) - moim_date_weekday(first) + 7 * n);
    return true;
}

static bool by_feast(const char *text, struct moim_date m, struct moim_date *due)
{
    const char *at;
    int day = FIND(text, feasts, &at);
    if (!at) return false;
    *due = (struct moim_date){m.year, day / 100, day % 100};
    if (moim_date_before(*due, m)) due->year++;
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
        if (day < m.day || !moim_date_valid(*due))
            *due = (struct moim_date){m.year + (m.month == 12), m.month % 12 + 1, day};
        return moim_date_valid(*due);
    }
    return false;
}

static bool by_period_end(const char *text, struct moim_date m, struct moim_date *due)
{
    bool next_month = strstr(text, "다음 달") || strstr(text, "다음달") || strstr(text, "내달") ||
                      strstr(text, "담달") || find_word(text, "next month");
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
    static const char *const week[] = {"주말",
                                       "주 말",
                                       "다음 주",
                                       "다음주",
                                       "이번 주",
                                       "이번주",
                                       "금주",
                                       "차주",
                                       "담주",
                                       "담 주",
                                       "다담주",
                                       "내주",
                                       "next week",
                                       "this week",
                                       "end of the week",
                                       "end of week",
                                       "week after next",
                                       NULL};
    if (!says_any(text, week)) return false;
    int weeks = weeks_said(text);
    *due = moim_date_add(m, 4 - moim_date_weekday(m) + 7 * (weeks > 0 ? weeks : 0));
    return true;
}

/* "21일 토요일": the number says which Saturday; not "3일 뒤". */
static bool by_number_of_day(const char *text, struct moim_date m, struct moim_date *due)
{
    static const char *const span[] = {"뒤", "후", "안", "이내", "내", "동안", "간", "치", "째"};
    for (const char *p = text; (p = strstr(p, "일")); p += 3) {
        const char *after = p + 3 + (p[3] == ' ');
        bool counted = false;
        if (p == text || !isdigit((unsigned char)p[-1])) continue;
        for (size_t i = 0; i < sizeof span / sizeof *span; i++)
            counted = counted || !strncmp(after, span[i], strlen(span[i]));
        if (!counted) return by_period_end(text, m, due);
    }
    return false;
}

bool moim_date_resolve(const char *text, struct moim_date meeting, struct moim_date *due)
{
    if (by_numbers(text, meeting, due) || by_month_and_day(text, meeting, due) ||
        by_week_of_month(text, meeting, due) || by_number_of_day(text, meeting, due) ||
        by_weekday(text, meeting, due) || by_feast(text, meeting, due) || by_distance(text, meeting, due) ||
        by_months_ahead(text, meeting, due) || by_month_part(text, meeting, due) ||
        by_long_period(text, meeting, due) || by_week_part(text, meeting, due) ||
        by_ordinal(text, meeting, due) || by_period_end(text, meeting, due) || by_week(text, meeting, due))
        return true;
    const char *at;
    int n = FIND(text, relative_days, &at);
    if (!at) n = FIND(text, times_of_day, &at);
    if (!at && !moim_date_clock(text)) return false;
    *due = moim_date_add(meeting, at ? n : 0);
    return true;
}
