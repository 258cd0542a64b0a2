/* Recordings and the store: a recording's file is there and locked before its meeting is, and what a crash
 * left between the two is found again (firmware/recording/session.h has the order of steps). */
#ifndef MOIM_FIRMWARE_LIBRARY_RECORDINGS_H
#define MOIM_FIRMWARE_LIBRARY_RECORDINGS_H

#include "audio/journal.h"
#include "storage/store.h"

/* A new recording's path, its directory made. */
int moim_recording_name(const struct moim_store *s, char *path, size_t cap, struct moim_err *err);
/* The meeting of a recording whose file is there and locked; title NULL or "": the date. */
int moim_recording_add(struct moim_store *s, const char *path, const char *title, const char *source,
                       int64_t started_at, int64_t *id, struct moim_err *err);
/* A meeting that ended in order: its length, its journal's marks as bookmarks, and the n marks that are not
 * in the journal. */
int moim_recorded(struct moim_store *s, int64_t id, const char *audio, double seconds,
                  const struct moim_mark *unsaved, size_t n, struct moim_err *err);

/* Marks as bookmarks, added to *list, whose strings are its own; *noted counts those that the user made. No
 * file: none. */
int moim_marks_as_bookmarks(const struct moim_mark *marks, size_t n, struct moim_bookmark **list, int *count,
                            int *noted, struct moim_err *err);
int moim_journal_bookmarks(const char *audio, struct moim_bookmark **list, int *count, int *noted,
                           struct moim_err *err);

struct moim_found {
    int published;  /* recordings that had sound and no meeting, and have one now */
    int removed;    /* begun, without sound and without notes */
    int waiting;    /* would be published or removed */
    int unreadable; /* left as they are: nothing in them can be read */
    char name[256]; /* of the last unreadable one, below the audio directory: as long as names may be */
};
/* Recordings beside the store that have no meeting and that nobody holds: the crash came before the row. With
 * repair false they are only counted. */
int moim_recordings_find(struct moim_store *s, bool repair, struct moim_found *found, struct moim_err *err);

#endif
