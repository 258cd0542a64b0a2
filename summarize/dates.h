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

/* The same, and where the expression stands: bytes *from to *to of text, with what closes it ("까지", "안에")
 * and what opens it ("by"). Of several the first that sets a limit, else the first. Dates that only tell of
 * the past or of when something starts ("지난 토요일", "5월부터") are passed over. */
bool moim_date_find(const char *text, struct moim_date meeting, struct moim_date *due, size_t *from,
                    size_t *to);

#endif
