/* Days of the Gregorian calendar. */
#ifndef MOIM_BASE_DATE_H
#define MOIM_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct moim_date {
    int year, month, day; /* month and day count from 1 */
};

struct moim_date moim_date_add(struct moim_date d, int days);
bool moim_date_before(struct moim_date a, struct moim_date b);
bool moim_date_same(struct moim_date a, struct moim_date b);
int moim_date_weekday(struct moim_date d); /* 0 Monday ... 6 Sunday */
int moim_date_month_length(int year, int month);
bool moim_date_valid(struct moim_date d); /* a day of the calendar, of the years 1901 to 2999 */
/* "2026-12-03", whatever follows it; false when it is no such day. */
bool moim_date_parse(const char *iso, struct moim_date *d);
void moim_date_format(struct moim_date d, char out[11]); /* YYYY-MM-DD */

/* Seconds since 1970 as ISO 8601 in UTC, "2026-12-03T09:30:00Z"; false and "" outside the years 0 to 9999, which ISO 8601 does
 * not write without agreement. */
bool moim_instant_format(int64_t when, char out[32]);

#endif
