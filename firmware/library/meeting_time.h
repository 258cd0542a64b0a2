/* When a meeting was that comes from a file. */
#ifndef MOIM_FIRMWARE_LIBRARY_MEETING_TIME_H
#define MOIM_FIRMWARE_LIBRARY_MEETING_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* What a file's name says: a day, and the time of day where one follows. Days: 2026-03-02, 2026.3.2, 2026_03_02,
 * 20260302, 260302, 2026년 3월 2일; times: 10:30, 10-30-05, 10.30, 1030, 103005, 오후 3시 30분, with a T, space, dash or
 * underscore between. A GMT before the day (Zoom) means UTC, else it is local time. */
struct moim_named_time {
    bool day, clock; /* which of them it says */
    int64_t at;      /* Unix seconds; without a clock midnight of the day */
};
bool moim_time_in_name(const char *name, struct moim_named_time *t);

/* The best that is known: said (by the file itself; 0: nothing), what its name says (shown, or the path's), else the
 * file's own time. A day without a clock: the file's time where it is of that day, else 9 in the morning. */
int64_t moim_meeting_time(const char *path, const char *shown, int64_t said);

/* "2026-03-02", "2026-03-02 10:30", "2026-03-02T10:30:05", local; 0: none of these. */
int64_t moim_time_parse(const char *text);

#endif
