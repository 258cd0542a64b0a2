/* Who has a store open, told by a lock on a file of its own: a lock on the database file itself would be lost
 * with any descriptor of it that the process closes. */
#include "storage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made by root beside another user's store, it must serve that user too. */
static void give_to_owner(int fd, const char *path)
{
    char dir[4200];
    struct stat st;
    if (geteuid() || snprintf(dir, sizeof dir, "%s", path) >= (int)sizeof dir || stat(dirname(dir), &st))
        return;
    if (fchown(fd, st.st_uid, st.st_gid))
        return; /* then it stays root's, and the user is told so on opening */
}

/* -1 with MOIM_OK where nobody can write: there restore cannot either. */
static int open_lock(const char *path, const char *db, int *fd, struct moim_err *err)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd >= 0) give_to_owner(*fd, path);
    if (*fd < 0) *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd >= 0) return MOIM_OK;
    int why = errno;
    bool full = why == ENOSPC || why == EDQUOT || (why == ENOENT && !access(db, F_OK));
    if (full || why == EROFS || (access(db, W_OK) && (errno == EACCES || errno == EROFS))) return MOIM_OK;
    errno = why;
    return moim_fail_errno(err, "%s", path);
}

int moim_store_lock(const char *db, bool alone, int *fd, struct moim_err *err)
{
    char path[4200];
    *fd = -1;
    if (snprintf(path, sizeof path, "%s.lock", db) >= (int)sizeof path)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", db);
    int rc = open_lock(path, db, fd, err);
    if (rc || (*fd < 0 && !alone)) return rc;
    if (*fd < 0) return moim_fail(err, MOIM_EACCES, "%s: cannot be made", path);
    if (!flock(*fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB)) return MOIM_OK;
    bool held = errno == EWOULDBLOCK;
    rc = held ? moim_fail(err, MOIM_ESTATE,
                          alone ? "%s: another moim has this store open; stop it first (moim serve too)"
                                : "%s: a backup is being restored into this store; wait until it is done",
                          db)
              : moim_fail_errno(err, "%s", path);
    close(*fd);
    *fd = -1;
    return rc;
}
