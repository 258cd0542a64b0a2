#include "firmware/recording/control_socket.h"
#include "firmware/library/audio_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE                                                                                              \
    (4 * MOIM_NOTE_CHARACTERS + 2) /* the kind, and a note in UTF-8; one byte more than is taken */

struct moim_control {
    struct moim_recorder *rec;
    int listener, directory;
    pthread_t thread;
    atomic_bool stop;
};

/* A socket's path may have 107 bytes, a store's any number: the directory is named by its descriptor. */
static int address(const struct moim_store *s, struct sockaddr_un *a, int *directory, struct moim_err *err)
{
    char path[4096];
    int rc = moim_audio_path(s, "live.sock", path, sizeof path, err);
    if (rc) return rc;
    *directory = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0) return moim_fail_errno(err, "%s", path);
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/live.sock", *directory);
    return MOIM_OK;
}

static int talk(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && !connect(fd, (const struct sockaddr *)a, sizeof *a)) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static void answer(struct moim_control *l, int fd)
{
    char text[MESSAGE + 1], line[600];
    struct timeval patience = {.tv_sec = 1};
    struct moim_err err = {0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t n = recv(fd, text, MESSAGE, 0);
    if (n < 1 || (*text != 'b' && *text != 'm')) return;
    text[n] = 0;
    double at = 0;
    int rc = strlen(text) != (size_t)n ? moim_fail(&err, MOIM_EFORMAT, "note: not valid UTF-8")
                                       : moim_recorder_note(l->rec, *text == 'm', text + 1, &at, &err);
    int len = rc ? snprintf(line, sizeof line, "%s %s", rc == MOIM_EFORMAT ? "refused" : "error", err.msg)
                 : snprintf(line, sizeof line, "ok %.3f", at);
    send(fd, line, (size_t)len, MSG_NOSIGNAL);
}

static void *serve(void *arg)
{
    struct moim_control *l = arg;
    while (!atomic_load(&l->stop)) {
        struct pollfd p = {l->listener, POLLIN, 0};
        if (poll(&p, 1, 100) <= 0) continue;
        int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        answer(l, fd);
        close(fd);
    }
    return NULL;
}

static int listen_at(struct moim_control *l, const struct sockaddr_un *a, struct moim_err *err)
{
    int other = talk(a);
    if (other >= 0) {
        close(other);
        return moim_fail_why(err, MOIM_ESTATE, "already_recording",
                             "another recording into this store is running");
    }
    unlinkat(l->directory, "live.sock", 0); /* what a crash left answers nobody */
    l->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (l->listener < 0 || bind(l->listener, (const struct sockaddr *)a, sizeof *a) ||
        fchmodat(l->directory, "live.sock", 0600, 0) || listen(l->listener, 8))
        return moim_fail_errno(err, "live.sock");
    return MOIM_OK;
}

int moim_control_open(struct moim_control **out, const struct moim_store *s, struct moim_recorder *r,
                      struct moim_err *err)
{
    *out = NULL;
    struct moim_control *l = calloc(1, sizeof *l);
    if (!l) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    struct sockaddr_un a;
    l->rec = r;
    l->listener = l->directory = -1;
    int rc = address(s, &a, &l->directory, err);
    if (!rc) rc = listen_at(l, &a, err);
    if (!rc && pthread_create(&l->thread, NULL, serve, l))
        rc = moim_fail(err, MOIM_ENOMEM, "live.sock: cannot start a thread");
    if (!rc) {
        *out = l;
        return MOIM_OK;
    }
    if (l->listener >= 0) close(l->listener);
    if (l->directory >= 0) close(l->directory);
    free(l);
    return rc;
}

void moim_control_close(struct moim_control *l)
{
    if (!l) return;
    atomic_store(&l->stop, true);
    shutdown(l->listener,
             SHUT_RDWR); /* wakes the thread, so that stopping does not wait for its poll to end */
    pthread_join(l->thread, NULL);
    unlinkat(l->directory, "live.sock", 0);
    close(l->listener);
    close(l->directory);
    free(l);
}

static int send_note(int fd, bool memo, const char *text, struct moim_err *err)
{
    char message[MESSAGE + 1];
    int n = snprintf(message, sizeof message, "%c%s", memo ? 'm' : 'b', text);
    if (n > MESSAGE)
        return moim_fail(err, MOIM_EFORMAT, "note: longer than %d characters", MOIM_NOTE_CHARACTERS);
    return send(fd, message, (size_t)n, MSG_NOSIGNAL) == n ? MOIM_OK : moim_fail_errno(err, "live.sock");
}

int moim_control_note(const struct moim_store *s, bool memo, const char *text, double *at,
                      struct moim_err *err)
{
    struct sockaddr_un a;
    char line[600];
    int directory, rc = address(s, &a, &directory, NULL);
    int fd = rc ? -1 : talk(&a);
    if (!rc) close(directory);
    if (fd < 0) return moim_fail(err, MOIM_ENOENT, "nothing is being recorded into this store");
    rc = send_note(fd, memo, text, err);
    ssize_t got = rc ? 0 : recv(fd, line, sizeof line - 1, 0);
    close(fd);
    if (rc) return rc;
    line[got > 0 ? got : 0] = 0;
    if (got > 3 && !strncmp(line, "ok ", 3)) {
        *at = strtod(line + 3, NULL);
        return MOIM_OK;
    }
    if (got > 8 && !strncmp(line, "refused ", 8)) return moim_fail(err, MOIM_EFORMAT, "%s", line + 8);
    return moim_fail(err, MOIM_ESTATE, "%s", got > 6 ? line + 6 : "the recording does not answer");
}
