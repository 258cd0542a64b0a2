#include "audio/aside.h"
#include "base/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 99

static char *name_of(const char *path, int k)
{
    char *s = NULL;
    int n = k > 1 ? asprintf(&s, "%s.damaged-%d", path, k) : asprintf(&s, "%s.damaged", path);
    return n < 0 ? NULL : s;
}

static void tell(const char *name, char where[MOIM_ASIDE_NAME])
{
    const char *slash = strrchr(name, '/');
    snprintf(where, MOIM_ASIDE_NAME, "%s", slash ? slash + 1 : name);
}

/* Tries the names one after another with make, which fails with EEXIST where one is taken. */
static int first_free(const char *path, int (*make)(const char *name, void *arg), void *arg,
                      char where[MOIM_ASIDE_NAME], struct moim_err *err)
{
    for (int k = 1; k <= MOST; k++) {
        char *name = name_of(path, k);
        if (!name) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        int failed = make(name, arg);
        if (!failed) tell(name, where);
        free(name);
        if (!failed) return MOIM_OK;
        if (errno != EEXIST) break;
    }
    return moim_fail_errno(err, "%s: the damaged file cannot be kept aside", path);
}

struct part {
    const char *path;
    int fd;
    uint64_t at, n;
};

static int copy_part(const char *name, void *arg)
{
    struct part *x = arg;
    char buf[65536];
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), failed = fd < 0;
    for (uint64_t done = 0; !failed && done < x->n;) {
        size_t want = x->n - done < sizeof buf ? (size_t)(x->n - done) : sizeof buf;
        ssize_t got = pread(x->fd, buf, want, (off_t)(x->at + done));
        if (got <= 0) { /* a part that the disk cannot read is zeros in the copy */
            got = (ssize_t)(want < 4096 ? want : 4096);
            memset(buf, 0, (size_t)got);
        }
        failed = !moim_write_all(fd, buf, (size_t)got);
        done += (uint64_t)got;
    }
    if (fd < 0) return -1;
    if (!failed) failed = fsync(fd);
    int why = errno;
    if (failed) unlink(name);
    close(fd);
    errno = why;
    return failed ? -1 : 0;
}

int moim_aside_copy(int fd, uint64_t at, uint64_t n, const char *path, char where[MOIM_ASIDE_NAME],
                    struct moim_err *err)
{
    struct part x = {path, fd, at, n};
    return first_free(path, copy_part, &x, where, err);
}

/* A second name where the file system has them (the first one stays until it is replaced), else a copy. */
static int link_or_copy(const char *name, void *arg)
{
    struct part *x = arg;
    if (!link(x->path, name)) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return -1;
    return copy_part(name, x);
}

int moim_aside_link(const char *path, char where[MOIM_ASIDE_NAME], struct moim_err *err)
{
    struct part x = {path, open(path, O_RDONLY | O_CLOEXEC), 0, 0};
    if (x.fd < 0) return moim_fail_errno(err, "%s", path);
    off_t end = lseek(x.fd, 0, SEEK_END);
    x.n = end > 0 ? (uint64_t)end : 0;
    int rc = first_free(path, link_or_copy, &x, where, err);
    close(x.fd);
    return rc;
}

/* What a repair that a crash cut off leaves. */
static char *unfinished(const char *path)
{
    char *s = NULL;
    return asprintf(&s, "%s.repair", path) < 0 ? NULL : s;
}

int moim_aside_remove(const char *path, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int k = 0; !rc && k <= MOST; k++) {
        char *name = k ? name_of(path, k) : unfinished(path);
        if (!name) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (unlink(name) && errno != ENOENT) rc = moim_fail_errno(err, "%s", name);
        free(name);
    }
    return rc;
}
