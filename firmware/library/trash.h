/* The trash: a meeting that is deleted stays there for thirty days, with its sound, and can be brought back. Then it is deleted
 * for good. */
#ifndef MOIM_FIRMWARE_LIBRARY_TRASH_H
#define MOIM_FIRMWARE_LIBRARY_TRASH_H

#include "storage/store.h"

#define MOIM_TRASH_DAYS 30

/* MOIM_ESTATE while it is recorded or processed; MOIM_ENOENT. A meeting that is in the trash already keeps
 * its date. */
int moim_trash(struct moim_store *s, int64_t id, int64_t now, struct moim_err *err);
int moim_trash_restore(struct moim_store *s, int64_t id, struct moim_err *err);
/* Deletes what has been there for longer than days (0: all of it), each meeting on its own. *deleted counts them; what is in
 * use stays for the next time. A day that lies after now was written by a wrong clock, and counts from now on. */
int moim_trash_empty(struct moim_store *s, int days, int64_t now, int *deleted, struct moim_err *err);

#endif
