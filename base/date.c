#include "base/date.h"

#include <stdio.h>
#include <time.h>

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

bool moim_date_before(struct moim_date a, struct moim_date b)
{
    return day_number(a) < day_number(b);
}

bool moim_date_same(struct moim_date a, struct moim_date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

int moim_date_weekday(struct moim_date d)
{
    return (int)((day_number(d) + 2) % 7);
}

int moim_date_month_length(int year, int month)
{
    struct moim_date first = {year, month, 1},
                     next = {month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1};
    return (int)(day_number(next) - day_number(first));
}

bool moim_date_valid(struct moim_date d)
{
    return d.year > 1900 && d.year < 3000 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= moim_date_month_length(d.year, d.month);
}

bool moim_date_parse(const char *iso, struct moim_date *d)
{
    return sscanf(iso, "%4d-%2d-%2d", &d->year, &d->month, &d->day) == 3 && moim_date_valid(*d);
}

void moim_date_format(struct moim_date d, char out[11])
{
    snprintf(out, 11, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
             (unsigned)d.day % 100);
}

bool moim_instant_format(int64_t when, char out[32])
{
    time_t t = (time_t)when;
    struct tm tm;
    *out = 0;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099) return false;
    snprintf(out, 5, "%04u", (unsigned)(tm.tm_year + 1900) % 10000); /* strftime() does not pad a year */
    return strftime(out + 4, 28, "-%m-%dT%H:%M:%SZ", &tm);
}
