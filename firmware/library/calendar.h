/* What a calendar's file (iCalendar, RFC 5545) knows of a meeting: the event that overlaps its time the most. Days that
 * repeat daily or weekly are followed; of whole-day events there is none. */
#ifndef MOIM_FIRMWARE_LIBRARY_CALENDAR_H
#define MOIM_FIRMWARE_LIBRARY_CALENDAR_H

#include "base/status.h"
#include <stdint.h>

struct moim_event {
    char *title;
    char **people; /* [n] organiser and attendees by name, or by address where they have none; clean text */
    int n;
};

/* The event around a meeting that began at an instant and took seconds. MOIM_ENOENT: none within an hour of it;
 * MOIM_EFORMAT: no calendar. */
int moim_calendar_find(const char *path, int64_t at, double seconds, struct moim_event *e,
                       struct moim_err *err);
void moim_event_clear(struct moim_event *e);

#endif
