#include "audio/range.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_MOST ((int64_t)16 << 30) /* bytes of a pipe: days of uncompressed sound */

long moim_range_read(struct moim_range *r, void *out, size_t n)
{
    int64_t left = r->to - r->from - r->at;
    if (left <= 0) return 0;
    if ((int64_t)n > left) n = (size_t)left;
    ssize_t got;
    do got = pread(r->fd, out, n, r->from + r->at);
    while (got < 0 && errno == EINTR);
    if (got > 0) r->at += got;
    if (got < 0) r->failed = true;
    return got;
}

int64_t moim_range_seek(struct moim_range *r, int64_t offset, int whence)
{
    int64_t base = whence == SEEK_CUR ? r->at : whence == SEEK_END ? r->to - r->from : 0, at;
    if (__builtin_add_overflow(base, offset, &at) || at < 0) return -1;
    return r->at = at;
}

/* A file that nobody else can open and that goes with its descriptor. */
static int nameless(void)
{
    const char *dir = getenv("TMPDIR");
    char name[4096];
    if (snprintf(name, sizeof name, "%s/moim-XXXXXX", dir && *dir ? dir : "/tmp") >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
    return fd;
}

static int take_in(const char *path, int from, int to, int64_t *size, struct moim_err *err)
{
    char block[1 << 16];
    ssize_t n;
    while ((n = read(from, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return moim_fail_errno(err, "%s", path);
        for (ssize_t done = 0, put; done < n; done += put)
            if ((put = write(to, block + done, (size_t)(n - done))) < 0) {
                if (errno != EINTR) return moim_fail_errno(err, "%s: cannot be taken in", path);
                put = 0;
            }
        if ((*size += n) > PIPE_MOST) return moim_fail(err, MOIM_EINVAL, "%s: more than 16 GB", path);
    }
    return MOIM_OK;
}

static int spool(const char *path, int *fd, int64_t *size, struct moim_err *err)
{
    int file = nameless();
    if (file < 0) return moim_fail_errno(err, "%s: a temporary file", path);
    *size = 0;
    int rc = take_in(path, *fd, file, size, err);
    close(*fd);
    *fd = file;
    return rc;
}

int moim_sound_fd(const char *path, int *fd, int64_t *size, struct moim_err *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0) return moim_fail_errno(err, "%s", path);
    int rc = MOIM_OK;
    if (fstat(*fd, &st))
        rc = moim_fail_errno(err, "%s", path);
    else if (S_ISDIR(st.st_mode))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: is a directory, not a recording", path);
    else if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
        rc = spool(path, fd, size, err);
    else if (!S_ISREG(st.st_mode))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: is a device, not a recording", path);
    else
        *size = st.st_size;
    if (!rc && !*size) rc = moim_fail(err, MOIM_EFORMAT, "%s: the file is empty", path);
    if (!rc) return MOIM_OK;
    close(*fd);
    *fd = -1;
    return rc;
}
