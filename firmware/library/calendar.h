/* Finds a meeting's event in a calendar file (iCalendar, RFC 5545): the one that overlaps it the most. Daily
 * and weekly repetitions are expanded; whole-day events are ignored. */
#ifndef MOIM_FIRMWARE_LIBRARY_CALENDAR_H
#define MOIM_FIRMWARE_LIBRARY_CALENDAR_H

#include "base/status.h"
#include <stdint.h>

struct moim_event {
    char *title;
    char **people; /* [n] organiser and attendees by name, or by address where they have none; clean text */
    int n;
};

/* The event of a meeting with that start and length in seconds. MOIM_ENOENT: none within an hour of it;
 * MOIM_EFORMAT: no calendar. */
int moim_calendar_find(const char *path, int64_t at, double seconds, struct moim_event *e,
                       struct moim_err *err);
void moim_event_clear(struct moim_event *e);

#endif
