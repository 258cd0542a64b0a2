#include "firmware/http/private_file.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int moim_private_path(const char *dir, const char *leaf, char out[4200], struct moim_err *err)
{
    int n = snprintf(out, 4200, "%s%s", dir, leaf);
    return n < 4200 ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: path is too long", dir);
}

int moim_private_owner(const char *path, struct stat *owner, struct moim_err *err)
{
    char dir[4200];
    struct passwd *pw;
    snprintf(dir, sizeof dir, "%s", path);
    if (stat(dirname(dir), owner)) return moim_fail_errno(err, "%s", path);
    if (owner->st_uid == geteuid() || !geteuid()) return MOIM_OK;
    pw = getpwuid(owner->st_uid);
    return moim_fail(err, MOIM_EACCES, "%s: is the recorder's of user %s; run this with: sudo -u %s", path,
                     pw ? pw->pw_name : "?", pw ? pw->pw_name : "?");
}

int moim_private_write(const char *path, const char *text, struct moim_err *err)
{
    char tmp[4232];
    struct stat owner;
    snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid());
    int rc = moim_make_parents(path, err);
    if (!rc) rc = moim_private_owner(path, &owner, err);
    if (rc) return rc;
    unlink(tmp);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", tmp);
    size_t n = strlen(text);
    bool bad = write(fd, text, n) != (ssize_t)n || fsync(fd) ||
               (owner.st_uid != geteuid() && fchown(fd, owner.st_uid, owner.st_gid));
    if (close(fd) || bad || rename(tmp, path)) {
        rc = moim_fail_errno(err, "%s", path);
        unlink(tmp);
    }
    return rc;
}
