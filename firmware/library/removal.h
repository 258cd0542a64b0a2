/* A meeting's lock, and taking sound or whole meetings away: each in one step that can be repeated.
 *
 * A meeting is two things, a row and a file of sound, which no transaction covers. Its sound is first put
 * aside under a name that says what is meant, then the row changes, then what was put aside goes. Where the
 * row cannot be changed the sound comes back; what a crash leaves is finished by the next try, by doctor, or
 * by the daemon when it starts. On a full disk the sound's room is given back before the row changes. */
#ifndef MOIM_FIRMWARE_LIBRARY_REMOVAL_H
#define MOIM_FIRMWARE_LIBRARY_REMOVAL_H

#include "storage/store.h"

struct moim_meeting_lock {
    int meeting, sound; /* descriptors, -1: none */
};

/* Whoever replaces parts of a meeting holds its lock: process, minutes, delete, tidy, and whoever records it.
 * *m is the meeting as it stands under the lock, to be cleared by the caller. MOIM_ESTATE: in other hands;
 * MOIM_ENOENT: no such meeting. Ends with its process. */
int moim_meeting_lock(struct moim_store *s, int64_t id, struct moim_meeting_lock *l, struct moim_meeting *m,
                      struct moim_err *err);
void moim_meeting_unlock(struct moim_meeting_lock *l);

/* Deletes audio and text permanently. MOIM_ESTATE while it is recorded or processed. */
int moim_delete(struct moim_store *s, int64_t id, struct moim_err *err);
/* The same by the holder of its lock. */
int moim_erase(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err);
/* The sound alone, by the holder of the lock. */
int moim_forget_sound(struct moim_store *s, const struct moim_meeting *m, struct moim_err *err);

/* Removals that were cut off and that nobody is at work on: *left counts them; finish: they are finished
 * first, and *left counts what could not be. */
int moim_removals(struct moim_store *s, bool finish, int *left, struct moim_err *err);

#endif
