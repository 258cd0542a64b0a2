/* Due dates as people say them, in Korean and English, resolved against the day of the meeting. */
#ifndef MOIM_SUMMARIZE_DATES_H
#define MOIM_SUMMARIZE_DATES_H

#include "base/date.h"
#include <stddef.h>

/* Finds the first date expression in text ("다음 주 금요일까지", "7월 3일", "사흘 뒤", "by next Friday", "in
 * two weeks", "December 3rd", "2026-12-03") and resolves it: weeks begin on Monday; a bare weekday is the
 * next one to come, today included only if said so; a month or day already past means the next year's or
 * month's. False when there is none. */
bool moim_date_resolve(const char *text, struct moim_date meeting, struct moim_date *due);

/* A day that a sentence names. */
struct moim_day {
    struct moim_date date;
    size_t from, to; /* bytes of the text, with what closes it ("까지", "안에") and what opens it ("by") */
    bool limit;      /* "까지", "by" */
    bool denied; /* it is turned down or only talked about: "금요일 말고", "금요일은 휴무라서" */
    bool told;   /* by another day: "the day before" */
    bool wide;   /* a week or more, of which it is the last day */
};
#define MOIM_DAYS_MAX 8

/* The days that text names, in order, at most cap; returns their number. Those that tell of the past or of when
 * something starts ("지난 토요일", "5월부터") are passed over. before: the day last named earlier, by which others
 * are told ("그 전날까지", "the day before"); NULL: none, then only by one that stands in text itself. */
int moim_days_find(const char *text, struct moim_date meeting, const struct moim_date *before,
                   struct moim_day *day, int cap);
/* Whether text refers to another day ("그 전날까지", "by then"): only then `before` matters. */
bool moim_day_is_told(const char *text);
/* The one that is meant as the day of what text says: the first limit that is not denied, else the last day in
 * Korean and the first in English, a day of a week rather than the week; -1 none. */
int moim_day_that_counts(const char *text, const struct moim_day *day, int n);
/* Both at once, without a day named earlier. */
bool moim_date_find(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                    size_t *to);

#endif
