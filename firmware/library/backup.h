/* The whole store in one file, and back. The file is a zip that any program opens:
 *     moim.db          a consistent copy of the store (SQLite's VACUUM INTO), deflated
 *     audio/NAME       the recordings and their marks, stored as they are
 * or, with a passphrase, such a zip sealed (firmware/library/seal.h), which then also holds
 *     voices.key       the key of the voices that are remembered across meetings
 * Without a passphrase that key is left out: whoever finds the file shall not read voices. */
#ifndef MOIM_FIRMWARE_LIBRARY_BACKUP_H
#define MOIM_FIRMWARE_LIBRARY_BACKUP_H

#include "storage/store.h"

struct moim_backup_job {
    const char *file;
    const char *passphrase; /* NULL: none */
    void (*progress)(void *arg, double done);
    void *arg;
};

/* Writes file (0600) atomically. A running recording is included up to now; audio that is deleted meanwhile
 * is left out, and so are partial uploads and imports. MOIM_EINVAL if the file exists. */
int moim_backup(struct moim_store *s, const struct moim_backup_job *job, struct moim_err *err);

struct moim_restored {
    int meetings;
    int without_sound; /* of these, meetings whose audio file is missing in the backup */
    int voices_lost;   /* remembered voices that cannot be read, because their key is missing */
};

/* Limits of a backup, besides the free disk space. */
#define MOIM_RESTORE_FILES 200000
#define MOIM_RESTORE_BYTES (16ll << 30) /* of one file in it */

/* Puts a backup where db names the store. Everything is unpacked and checked first (all of it is untrusted:
 * names, sizes, schema, rows); until then nothing is changed. One that was cut off can be repeated: it
 * removes what the earlier one left. MOIM_ESTATE when another process has the store open, MOIM_EINVAL when
 * the store there holds anything or a passphrase is missing, MOIM_EFORMAT for what is no backup, damaged or
 * too large, MOIM_EVERSION for one of a newer moim. */
int moim_restore(const char *db, const struct moim_backup_job *job, struct moim_restored *done,
                 struct moim_err *err);

/* Internal to backup.c and restore.c: whether a file of the audio directory belongs to the store whose
 * meetings are listed: its sound and marks, and what recovery kept aside, but no half upload or import. */
bool moim_belongs(const char *name, const struct moim_meeting *list, int n);
/* from under the name to, which must not be there: also where the file system cannot say so in one step. */
int moim_rename_new(const char *from, const char *to, struct moim_err *err);

#endif
