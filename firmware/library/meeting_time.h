/* The time of an imported meeting. */
#ifndef MOIM_FIRMWARE_LIBRARY_MEETING_TIME_H
#define MOIM_FIRMWARE_LIBRARY_MEETING_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* What a file's name says: a day, and the time of day where one follows. Days: 2026-03-02, 2026.3.2, 2026_03_02,
 * 20260302, 260302, 2026년 3월 2일; times: 10:30, 10-30-05, 10.30, 1030, 103005, 오후 3시 30분, with a T, space, dash or
 * underscore between. A GMT before the day (Zoom) means UTC, else it is local time. */
struct moim_named_time {
    bool day, clock; /* which of the two are given */
    int64_t at;      /* Unix seconds; without a clock midnight of the day */
};
bool moim_time_in_name(const char *name, struct moim_named_time *t);

/* The best source: said (the file's metadata; 0: none), the file's name (shown, or path's), else its
 * modification time. A day without a time: the modification time if on that day, else 9 in the morning. */
int64_t moim_meeting_time(const char *path, const char *shown, int64_t said);

/* "2026-03-02", "2026-03-02 10:30", "2026-03-02T10:30:05", local; 0: none of these. */
int64_t moim_time_parse(const char *text);

#endif
