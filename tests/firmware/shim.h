/* Stands before the C library's calls that name files, also for the libraries: while shim_on, each path must
 * lie below shim_root (what does not is counted and named), and the call number shim_die can be the process's
 * last. */
#ifndef MOIM_TESTS_SHIM_H
#define MOIM_TESTS_SHIM_H

#undef _FORTIFY_SOURCE /* its headers define the calls themselves; include this first */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool shim_on, shim_no_replace_unknown; /* the latter: a file system without RENAME_NOREPLACE */
static char shim_root[128];
static long shim_calls, shim_outside, shim_die = -1;
static char shim_named[400];

#define REAL(name)                                                                                           \
    static __typeof__(&name) real_##name;                                                                    \
    if (!real_##name) *(void **)&real_##name = dlsym(RTLD_NEXT, #name)

/* "/a/./b/../c" to "/a/c": there are no links below the root. */
static void shim_plain(const char *path, char out[PATH_MAX])
{
    size_t n = 0;
    for (const char *p = path; *p;) {
        while (*p == '/') p++;
        size_t len = strcspn(p, "/");
        if (len == 2 && !strncmp(p, "..", 2)) {
            while (n && out[--n] != '/') continue;
        } else if (len && !(len == 1 && *p == '.') && n + len + 2 < PATH_MAX) {
            out[n++] = '/';
            memcpy(out + n, p, len);
            n += len;
        }
        p += len;
    }
    out[n] = 0;
}

static void shim_step(void)
{
    if (!shim_on) return;
    if (shim_die >= 0 && shim_calls == shim_die) kill(getpid(), SIGKILL);
    shim_calls++;
}

static void shim_path(int dir, const char *path, const char *what)
{
    static const char *const system_files[] = {"/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom",
                                               "/usr/lib/ssl/openssl.cnf", /* OpenSSL, of libzip, once */
                                               "/proc/self"};
    char full[2 * PATH_MAX] = "", plain[PATH_MAX];
    int saved = errno;
    if (!shim_on) return;
    if (*path != '/') {
        char link[64];
        ssize_t n = 0;
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        if (dir == AT_FDCWD)
            n = getcwd(full, PATH_MAX) ? (ssize_t)strlen(full) : 0;
        else if ((n = readlink(link, full, PATH_MAX - 1)) < 0)
            n = 0;
        full[n] = 0;
    }
    snprintf(full + strlen(full), PATH_MAX, "/%.4000s", path);
    shim_plain(full, plain);
    size_t n = strlen(shim_root);
    bool inside = !strncmp(plain, shim_root, n) && (!plain[n] || plain[n] == '/');
    for (size_t i = 0; i < sizeof system_files / sizeof *system_files; i++)
        inside |= !strncmp(plain, system_files[i], strlen(system_files[i])) && !strcmp(what, "open");
    /* The directories above are made where they are missing. */
    inside |= !strcmp(what, "mkdir") && !strncmp(shim_root, plain, strlen(plain));
    if (!inside && !shim_outside++) snprintf(shim_named, sizeof shim_named, "%s %.300s", what, plain);
    errno = saved;
    shim_step();
}

#define OPEN(name)                                                                                           \
    int name(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        REAL(name);                                                                                          \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                \
        va_end(ap);                                                                                          \
        shim_path(AT_FDCWD, path, flags &(O_WRONLY | O_RDWR | O_CREAT) ? "write" : "open");                  \
        return real_##name(path, flags, mode);                                                               \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                         \
    int name(int dir, const char *path, int flags, ...)                                                      \
    {                                                                                                        \
        REAL(name);                                                                                          \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                \
        va_end(ap);                                                                                          \
        shim_path(dir, path, flags &(O_WRONLY | O_RDWR | O_CREAT) ? "write" : "open");                       \
        return real_##name(dir, path, flags, mode);                                                          \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                                                          \
    FILE *name(const char *path, const char *mode)                                                           \
    {                                                                                                        \
        REAL(name);                                                                                          \
        shim_path(AT_FDCWD, path, strpbrk(mode, "wa+") ? "write" : "open");                                  \
        return real_##name(path, mode);                                                                      \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define ONE_PATH(type, name, parameters, path, arguments)                                                    \
    type name parameters                                                                                     \
    {                                                                                                        \
        REAL(name);                                                                                          \
        shim_path(AT_FDCWD, path, #name);                                                                    \
        return real_##name arguments;                                                                        \
    }
ONE_PATH(int, unlink, (const char *path), path, (path))
ONE_PATH(int, rmdir, (const char *path), path, (path))
ONE_PATH(int, remove, (const char *path), path, (path))
ONE_PATH(int, mknod, (const char *path, mode_t mode, dev_t device), path, (path, mode, device))
ONE_PATH(int, mkdir, (const char *path, mode_t mode), path, (path, mode))
ONE_PATH(int, chmod, (const char *path, mode_t mode), path, (path, mode))
ONE_PATH(int, truncate, (const char *path, off_t n), path, (path, n))
ONE_PATH(int, mkstemp, (char *path), path, (path))
ONE_PATH(int, mkstemps, (char *path, int n), path, (path, n))
ONE_PATH(char *, mkdtemp, (char *path), path, (path))

int unlinkat(int dir, const char *path, int flags)
{
    REAL(unlinkat);
    shim_path(dir, path, "unlinkat");
    return real_unlinkat(dir, path, flags);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    shim_path(AT_FDCWD, from, "rename");
    shim_path(AT_FDCWD, to, "rename");
    return real_rename(from, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    REAL(renameat2);
    shim_path(a, from, "renameat2");
    shim_path(b, to, "renameat2");
    if (shim_on && shim_no_replace_unknown && flags) {
        errno = EINVAL;
        return -1;
    }
    return real_renameat2(a, from, b, to, flags);
}

int link(const char *from, const char *to)
{
    REAL(link);
    shim_path(AT_FDCWD, from, "link");
    shim_path(AT_FDCWD, to, "link");
    if (shim_on && shim_no_replace_unknown) {
        errno = EPERM;
        return -1;
    }
    return real_link(from, to);
}

#define STEP(type, name, parameters, arguments)                                                              \
    type name parameters                                                                                     \
    {                                                                                                        \
        REAL(name);                                                                                          \
        shim_step();                                                                                         \
        return real_##name arguments;                                                                        \
    }
/* What _FORTIFY_SOURCE makes of the calls above when it does not know their flags. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}
int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}
int __openat_2(int dir, const char *path, int flags)
{
    return openat(dir, path, flags);
}

STEP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
STEP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
STEP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
STEP(int, fsync, (int fd), (fd))
STEP(int, fdatasync, (int fd), (fd))
STEP(int, ftruncate64, (int fd, off64_t n), (fd, n))

#endif
