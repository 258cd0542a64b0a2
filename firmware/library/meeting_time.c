#include "firmware/library/meeting_time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MORNING 9 /* hour of a meeting of which only the day is known */

/* A number of exactly or up to so many digits at *p, that no other digit follows; -1: none. */
static int number_at(const char **p, int least, int most)
{
    int n = 0, v = 0;
    while (isdigit((unsigned char)(*p)[n]) && n <= most) v = v * 10 + ((*p)[n++] - '0');
    if (n < least || n > most) return -1;
    *p += n;
    return v;
}

static bool skip(const char **p, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*p, word, n)) return false;
    *p += n;
    return true;
}

static void skip_blanks(const char **p)
{
    while (**p == ' ') ++*p;
}

static bool is_day(int y, int m, int d)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return y >= 1990 && y < 2100 && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1];
}

/* 2026-03-02, 2026.3.2, 2026_03_02, 2026년 3월 2일 */
static bool parted_day(const char **at, struct tm *tm)
{
    const char *p = *at;
    int y = number_at(&p, 4, 4), m, d;
    if (y < 0) return false;
    char sign = *p;
    skip_blanks(&p);
    bool korean = skip(&p, "년");
    if (!korean && (!sign || !strchr("-._", sign) || *p++ != sign)) return false;
    skip_blanks(&p);
    m = number_at(&p, 1, 2);
    skip_blanks(&p);
    if (m < 0 || (korean ? !skip(&p, "월") : *p++ != sign)) return false;
    skip_blanks(&p);
    d = number_at(&p, 1, 2);
    if (d < 0 || !is_day(y, m, d)) return false;
    if (korean) skip(&p, "일");
    *tm = (struct tm){.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d, .tm_isdst = -1};
    *at = p;
    return true;
}

/* 20260302, 260302 */
static bool plain_day(const char **at, struct tm *tm)
{
    size_t n = strspn(*at, "0123456789");
    if (n != 8 && n != 6 && n != 12 && n != 14) return false;
    bool wide = n != 6 && n != 12;
    int v = 0, digits = wide ? 8 : 6;
    for (int i = 0; i < digits; i++) v = v * 10 + ((*at)[i] - '0');
    int y = v / 10000 + (wide ? 0 : 2000), m = v / 100 % 100, d = v % 100;
    if (!is_day(y, m, d)) return false;
    *tm = (struct tm){.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d, .tm_isdst = -1};
    *at += digits;
    return true;
}

/* "March 2, 2026", "Mar 2 2026", "2 March 2026" from *at on; the name alone there for the last. */
static bool english_day(const char **at, struct tm *tm)
{
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const char *p = *at;
    int d = isdigit((unsigned char)*p) ? number_at(&p, 1, 2) : 0, m = 0;
    if (d) skip_blanks(&p);
    while (m < 12 && strncmp(p, month[m], 3)) m++;
    if (m == 12 || d < 0) return false;
    while (isalpha((unsigned char)*p)) p++;
    p += strspn(p, " .");
    if (!d) d = number_at(&p, 1, 2);
    p += strspn(p, " ,");
    int y = d > 0 ? number_at(&p, 4, 4) : -1;
    if (y < 0 || !is_day(y, m + 1, d)) return false;
    *tm = (struct tm){.tm_year = y - 1900, .tm_mon = m, .tm_mday = d, .tm_isdst = -1};
    *at = p;
    return true;
}

static bool is_clock(int h, int m, int s)
{
    return h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s < 60;
}

static bool set_clock(struct tm *tm, int h, int m, int s)
{
    if (!is_clock(h, m, s)) return false;
    tm->tm_hour = h;
    tm->tm_min = m;
    tm->tm_sec = s;
    return true;
}

/* 오전 10시, 오후 3시 30분, 15시30분 */
static bool korean_clock(const char *p, struct tm *tm)
{
    bool noon = skip(&p, "오후"), morning = !noon && skip(&p, "오전");
    skip_blanks(&p);
    int h = number_at(&p, 1, 2), m = 0;
    const char *minutes = p + 1;
    int v;
    if (h >= 0 && (noon || morning) && *p == ':' && (v = number_at(&minutes, 2, 2)) >= 0) { /* 오후 3:30 */
        m = v;
    } else {
        if (h < 0 || !skip(&p, "시")) return false;
        skip_blanks(&p);
        minutes = p;
        v = number_at(&minutes, 1, 2);
        if (v >= 0 && skip(&minutes, "분")) m = v;
    }
    if (noon && h < 12) h += 12;
    if (morning && h == 12) h = 0;
    return set_clock(tm, h, m, 0);
}

/* 10:30, 10-30-05, 10.30, 1030, 103005 */
static bool plain_clock(const char *p, struct tm *tm)
{
    size_t n = strspn(p, "0123456789");
    int v = n == 4 || n == 6 ? atoi(p) : 0;
    if (n == 4) return set_clock(tm, v / 100, v % 100, 0);
    if (n == 6) return set_clock(tm, v / 10000, v / 100 % 100, v % 100);
    int h = number_at(&p, 1, 2), s = 0;
    char sign = *p;
    if (h < 0 || !sign || !strchr(":-._", sign)) return false;
    p++;
    int m = number_at(&p, 2, 2);
    const char *more = p + 1;
    if (*p == sign && (v = number_at(&more, 2, 2)) >= 0) s = v;
    if (more > p + 1) p = more;
    p += strspn(p, " ");
    if (h <= 12 && (*p == 'P' || *p == 'p') && (p[1] | 32) == 'm') h = h % 12 + 12;
    if (h == 12 && (*p == 'A' || *p == 'a') && (p[1] | 32) == 'm') h = 0;
    return m >= 0 && set_clock(tm, h, m, s);
}

/* What may stand between day and time: a letter T, blanks, signs, a weekday in brackets. */
static bool clock_after(const char *p, struct tm *tm)
{
    p += strspn(p, " ");
    static const char *const weekday[] = {"월", "화", "수", "목", "금", "토", "일"};
    for (size_t i = 0; i < 7; i++)
        if (!strncmp(p, weekday[i], 3)) {
            p += 3;
            skip(&p, "요일");
            break;
        }
    if (*p == ',') p++;
    p += strspn(p, " ");
    if (*p == '(' && strchr(p, ')') && strchr(p, ')') - p < 12) p = strchr(p, ')') + 1;
    if (*p == 'T' || *p == 't') p++;
    p += strspn(p, " -_");
    return korean_clock(p, tm) || plain_clock(p, tm);
}

bool moim_time_in_name(const char *name, struct moim_named_time *t)
{
    struct tm tm;
    for (const char *p = name; *p; p++) {
        const char *after = p;
        bool inside = p > name && (isdigit((unsigned char)*p) ? isdigit((unsigned char)p[-1])
                                                              : isalpha((unsigned char)p[-1]));
        if (!isalnum((unsigned char)*p) || inside) continue;
        if (!parted_day(&after, &tm) && !plain_day(&after, &tm) && !english_day(&after, &tm)) continue;
        bool utc = p - name >= 3 && !strncmp(p - 3, "GMT", 3);
        t->day = true;
        t->clock = clock_after(after, &tm);
        t->at = utc && t->clock ? (int64_t)timegm(&tm) : (int64_t)mktime(&tm);
        return true;
    }
    return false;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int64_t moim_meeting_time(const char *path, const char *shown, int64_t said)
{
    struct stat st;
    struct moim_named_time t;
    int64_t own = stat(path, &st) || !S_ISREG(st.st_mode) ? (int64_t)time(NULL) : (int64_t)st.st_mtime;
    if (said > 0) return said;
    if (!moim_time_in_name(base_of(shown ? shown : path), &t)) return own;
    if (t.clock) return t.at;
    return own >= t.at && own < t.at + 86400 ? own : t.at + MORNING * 3600;
}

int64_t moim_time_parse(const char *text)
{
    static const char *const form[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                       "%Y-%m-%d %H:%M"};
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *rest = strptime(text, form[i], &tm);
        if (rest && !*rest) return (int64_t)mktime(&tm);
    }
    struct tm tm = {.tm_isdst = -1};
    const char *rest = strptime(text, "%Y-%m-%d", &tm);
    tm.tm_hour = MORNING;
    return rest && !*rest ? (int64_t)mktime(&tm) : 0;
}
