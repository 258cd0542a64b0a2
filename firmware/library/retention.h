/* How long sound is kept. Transcripts and minutes stay; only their recordings go, the oldest first. Sound
 * that somebody records or processes, and sound that has not been transcribed yet, is never touched.
 *
 * Old is what came into the store long ago, whenever its meeting was: the time its file was last written. A
 * clock may have been wrong then: a time that cannot be is replaced by now, so that such sound ages from its
 * first look on. It may be wrong now: see moim_clock_was_set. */
#ifndef MOIM_FIRMWARE_LIBRARY_RETENTION_H
#define MOIM_FIRMWARE_LIBRARY_RETENTION_H

#include "storage/store.h"

struct moim_keep {
    int days;      /* since it came into the store; 0: for ever */
    bool limited;  /* to bytes */
    int64_t bytes; /* of sound in all; 0: all that may go goes */
    bool dry_run;  /* only count */
};

struct moim_tidied {
    int meetings;        /* whose sound was removed */
    int64_t bytes, left; /* freed; of sound that is still there */
};

/* now: Unix seconds. Each meeting is done on its own: a crash on the way costs nothing, calling again goes
 * on. */
int moim_tidy(struct moim_store *s, const struct moim_keep *keep, int64_t now, struct moim_tidied *done,
              struct moim_err *err);

/* A daemon removes old sound unwatched, so a clock that was just set must not tell it what is old: it looks
 * at the clock every second and removes only when that has run evenly for a while. Zeroed at first. */
struct moim_clock_look {
    bool looked;
    double offset, even_since; /* in seconds of a clock that nobody sets */
    int64_t began;             /* what the clock said then */
};
/* True when the clock was set since the last look: *wrong_since is what it said when it began to run as it
 * did until then. boottime: seconds of CLOCK_BOOTTIME. */
bool moim_clock_was_set(struct moim_clock_look *look, int64_t now, double boottime, int64_t *wrong_since);
/* Sound that came in by the wrong clock came in now. */
int moim_sound_came_now(struct moim_store *s, int64_t wrong_since, int64_t now, struct moim_err *err);

#endif
