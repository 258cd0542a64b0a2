/* LD_PRELOAD: while the file FAILING_WHEN exists, what would write below FAILING_BELOW fails with the errno
 * whose number that file holds: a file system that went read-only, a disk that gives errors, one that is
 * full. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}
#define REAL(type, name, ...)                                                                                \
    type (*f)(__VA_ARGS__);                                                                                  \
    void *sym = real(name);                                                                                  \
    memcpy(&f, &sym, sizeof f)

/* The errno, or 0 while all is well. */
static int failing(void)
{
    const char *when = getenv("FAILING_WHEN");
    char text[16] = "";
    REAL(int, "open", const char *, int, ...);
    int fd = when ? f(when, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? atoi(text) : 0;
}

static bool below(const char *path)
{
    const char *top = getenv("FAILING_BELOW");
    return top && !strncmp(path, top, strlen(top));
}

static bool hit_path(const char *path)
{
    int saved = errno, e = below(path) ? failing() : 0;
    errno = e ? e : saved;
    return e != 0;
}

static bool hit_fd(int fd)
{
    char link[64], path[4096];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    errno = saved;
    return hit_path(path);
}

/* Opening for writing fails where the file system is read-only or the file would be new. */
static bool hit_open(const char *path, int flags)
{
    if (!(flags & (O_WRONLY | O_RDWR | O_CREAT)) || !hit_path(path)) return false;
    struct stat st;
    bool refused = errno == EROFS || ((flags & O_CREAT) && stat(path, &st));
    return refused;
}

static mode_t mode_of(int flags, va_list ap)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                                                           \
    int name(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = mode_of(flags, ap);                                                                    \
        va_end(ap);                                                                                          \
        REAL(int, #name, const char *, int, ...);                                                            \
        return hit_open(path, flags) ? -1 : f(path, flags, mode);                                            \
    }
OPEN(open)
OPEN(open64)

/* They open by a name of the library's own. */
#define TEMPORARY(name)                                                                                      \
    int name(char *path, int suffix, int flags)                                                              \
    {                                                                                                        \
        REAL(int, #name, char *, int, int);                                                                  \
        return hit_path(path) ? -1 : f(path, suffix, flags);                                                 \
    }
TEMPORARY(mkostemps)
TEMPORARY(mkostemps64)

int mkostemp(char *path, int flags)
{
    return mkostemps(path, 0, flags);
}

int mkostemp64(char *path, int flags)
{
    return mkostemps64(path, 0, flags);
}

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    return hit_fd(fd) ? -1 : f(fd, p, n);
}

#define PWRITE(name)                                                                                         \
    ssize_t name(int fd, const void *p, size_t n, off_t at)                                                  \
    {                                                                                                        \
        REAL(ssize_t, #name, int, const void *, size_t, off_t);                                              \
        return hit_fd(fd) ? -1 : f(fd, p, n, at);                                                            \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define WITH_FD(name)                                                                                        \
    int name(int fd)                                                                                         \
    {                                                                                                        \
        REAL(int, #name, int);                                                                               \
        return hit_fd(fd) ? -1 : f(fd);                                                                      \
    }
WITH_FD(fsync)
WITH_FD(fdatasync)

#define TRUNCATE(name)                                                                                       \
    int name(int fd, off_t n)                                                                                \
    {                                                                                                        \
        REAL(int, #name, int, off_t);                                                                        \
        return hit_fd(fd) ? -1 : f(fd, n);                                                                   \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

/* Names change on a full disk, too. */
static bool hit_name(const char *path)
{
    return hit_path(path) && errno != ENOSPC;
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    return hit_name(from) ? -1 : f(from, to);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    return hit_name(path) ? -1 : f(path);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, "mkdir", const char *, mode_t);
    struct stat st;
    return stat(path, &st) && hit_path(path) ? -1 : f(path, mode);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
    REAL(int, "mknod", const char *, mode_t, dev_t);
    struct stat st;
    return stat(path, &st) && hit_path(path) ? -1 : f(path, mode, dev);
}
