#include "firmware/platform/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static enum moim_log_level max_level = MOIM_LOG_INFO;

void moim_log_set(enum moim_log_level most)
{
    max_level = most;
}

void moim_log(enum moim_log_level level, const char *format, ...)
{
    char line[1024];
    size_t n = 0;
    if (level > max_level) return;
    if (getenv("JOURNAL_STREAM") || getenv("INVOCATION_ID"))
        n = (size_t)snprintf(line, sizeof line, "<%d>", (int)level);
    else
        n = (size_t)snprintf(line, sizeof line, "moim: ");
    va_list ap;
    va_start(ap, format);
    vsnprintf(line + n, sizeof line - n - 1, format, ap);
    va_end(ap);
    n = strlen(line);
    line[n++] = '\n';
    /* One write, so that lines of several threads do not mix. */
    if (write(STDERR_FILENO, line, n) < 0) return;
}

void moim_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (!n || n >= sizeof a.sun_path || (path[0] != '/' && path[0] != '@')) return;
    memcpy(a.sun_path, path, n);
    if (path[0] == '@') a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}

double moim_notify_watchdog(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!us || (pid && strtol(pid, NULL, 10) != (long)getpid())) return 0;
    return strtod(us, NULL) / 2e6;
}

int moim_notify_listen_fd(void)
{
    const char *n = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    if (!n || !pid || strtol(pid, NULL, 10) != (long)getpid() || strtol(n, NULL, 10) < 1) return -1;
    fcntl(3, F_SETFD, FD_CLOEXEC);
    return 3; /* SD_LISTEN_FDS_START */
}
