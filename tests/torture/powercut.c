/* LD_PRELOAD for tests/torture/kill9.py: notes how long each recording's files were when they were last
 * synced, so that the script can cut off what a power cut would have lost. POWERCUT_LOG names the file that
 * takes "SIZE PATH" lines. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(int fd)
{
    const char *log = getenv("POWERCUT_LOG");
    char link[64], path[4096], line[4200];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (!log || n <= 0 || fstat(fd, &st)) return;
    path[n] = 0;
    if (!strstr(path, "/audio/rec-")) return;
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int len = snprintf(line, sizeof line, "%lld %s\n", (long long)st.st_size, path);
    if (out < 0 || write(out, line, (size_t)len) != len) abort();
    close(out);
}

/* The size is taken before the sync: what comes in while it runs may or may not reach the disk. */
static int synced(const char *name, int fd)
{
    int (*real)(int);
    void *sym = dlsym(RTLD_NEXT, name);
    memcpy(&real, &sym, sizeof real);
    note(fd);
    return real(fd);
}

int fdatasync(int fd)
{
    return synced("fdatasync", fd);
}

int fsync(int fd)
{
    return synced("fsync", fd);
}
