/* Recordings that a crash interrupted are made whole. */
#ifndef MOIM_FIRMWARE_LIBRARY_RECOVER_H
#define MOIM_FIRMWARE_LIBRARY_RECOVER_H

#include "storage/store.h"
#include <stdbool.h>

/* Makes a recording that a crash interrupted whole: repairs its journal, then sets its length and takes its
 * marks over in one transaction. Does nothing to other meetings. *gone: the crash came before the first sound
 * and the user had noted nothing, so that the meeting was removed. MOIM_EFORMAT, MOIM_ENOENT: its file cannot be read
 * or is not there; meeting and file stay, and the meeting says why. The caller holds the lock *lock (moim_sound_lock),
 * which may become another when the file is made anew. */
int moim_recover(struct moim_store *s, const struct moim_meeting *m, int *lock, bool *gone,
                 struct moim_err *err);
/* How many meetings wait for `doctor --repair`: without a transcript and not locked. */
int moim_unfinished(struct moim_store *s);

#endif
