/* How long sound is kept. Transcripts and minutes stay; only their recordings go, the oldest first. Sound
 * that somebody records or processes, and sound that has not been transcribed yet, is never touched. */
#ifndef MOIM_FIRMWARE_LIBRARY_RETENTION_H
#define MOIM_FIRMWARE_LIBRARY_RETENTION_H

#include "storage/store.h"

struct moim_keep {
    int days;      /* after the meeting; 0: for ever */
    int64_t bytes; /* of sound in all; 0: any amount */
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

#endif
