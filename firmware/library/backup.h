/* The whole store in one file, and back. The file is a zip that any program opens:
 *     moim.db          a consistent copy of the store (SQLite's VACUUM INTO), deflated
 *     audio/NAME       the recordings and their marks, stored as they are
 * Voices that are remembered across meetings need their key, which a backup leaves out on purpose. */
#ifndef MOIM_FIRMWARE_LIBRARY_BACKUP_H
#define MOIM_FIRMWARE_LIBRARY_BACKUP_H

#include "storage/store.h"

/* Writes file, or nothing: it appears under its name only when it is whole and on the disk. A recording at
 * work goes in as far as it is. MOIM_EINVAL when file is there already. */
int moim_backup(struct moim_store *s, const char *file, void (*progress)(void *arg, double done), void *arg,
                struct moim_err *err);

/* Puts a backup where db names the store. Everything is unpacked and checked first; until then nothing is
 * changed. MOIM_EINVAL when the store there holds meetings, MOIM_EFORMAT for what is no backup or damaged,
 * MOIM_EVERSION for one of a newer moim. */
int moim_restore(const char *file, const char *db, void (*progress)(void *arg, double done), void *arg,
                 struct moim_err *err);

#endif
