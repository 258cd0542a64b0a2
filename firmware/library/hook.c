/* Runs the user's program, without a shell and with a time limit. Its input is a memory file, so that a
 * program that does not read it cannot block us. */
#include "base/clock.h"
#include "firmware/library/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64

struct hook {
    char *line, *argv[ARGUMENTS_MAX + 1];
    char meeting[40], home[4096];
    uid_t uid;
    gid_t gid;
    bool other_user;
    int input, errors[2];
};

static int split(struct hook *h, const char *line, struct moim_err *err)
{
    int n = 0;
    char *save, *word;
    if (!(h->line = strdup(line))) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (word = strtok_r(h->line, " \t", &save); word && n < ARGUMENTS_MAX;
         word = strtok_r(NULL, " \t", &save))
        h->argv[n++] = word;
    if (!n || word || *h->argv[0] != '/')
        return moim_fail(err, MOIM_EINVAL, "hook: %s: no program with its whole path", line);
    return MOIM_OK;
}

/* The user it runs as. */
static int find_user(struct hook *h, const char *user, struct moim_err *err)
{
    struct passwd pw, *found = NULL;
    char room[16384];
    const char *home = getenv("HOME");
    snprintf(h->home, sizeof h->home, "HOME=%s", home ? home : "/");
    if (!user) return MOIM_OK;
    if (getpwnam_r(user, &pw, room, sizeof room, &found) || !found)
        return moim_fail(err, MOIM_EINVAL, "hook_user: there is no user %s", user);
    if (pw.pw_uid == geteuid()) return MOIM_OK;
    if (geteuid())
        return moim_fail(err, MOIM_EACCES, "hook_user: only root's moim runs programs as %s", user);
    h->other_user = true;
    h->uid = pw.pw_uid;
    h->gid = pw.pw_gid;
    snprintf(h->home, sizeof h->home, "HOME=%s", pw.pw_dir);
    return MOIM_OK;
}

static int make_input(struct hook *h, const char *input, size_t n, struct moim_err *err)
{
    h->input = memfd_create("meeting", MFD_CLOEXEC);
    if (h->input < 0) return moim_fail_errno(err, "hook");
    for (size_t at = 0; at < n;) {
        ssize_t k = write(h->input, input + at, n - at);
        if (k < 0) return moim_fail_errno(err, "hook");
        at += (size_t)k;
    }
    if (lseek(h->input, 0, SEEK_SET) || pipe2(h->errors, O_CLOEXEC | O_NONBLOCK))
        return moim_fail_errno(err, "hook");
    return MOIM_OK;
}

/* Between fork and exec: async-signal-safe calls only. */
_Noreturn static void become(const struct hook *h, char *const *environment)
{
    int null = open("/dev/null", O_WRONLY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (null < 0 || dup2(h->input, 0) < 0 || dup2(null, 1) < 0 || dup2(h->errors[1], 2) < 0 || chdir("/"))
        _exit(126);
    close_range(3, ~0U, 0);
    if (h->other_user &&
        (setgroups(0, NULL) || setresgid(h->gid, h->gid, h->gid) || setresuid(h->uid, h->uid, h->uid)))
        _exit(126);
    execve(h->argv[0], h->argv, environment);
    _exit(127);
}

/* Waits for its end or the limit and collects its output. False if it was killed. */
static bool watch(const struct hook *h, pid_t pid, int seconds, char *said, size_t cap, int *status)
{
    double until = moim_monotonic() + seconds;
    size_t n = 0;
    bool ended = false;
    for (bool more = true; more || !ended;) {
        char block[512];
        struct pollfd p = {h->errors[0], POLLIN, 0};
        if (more) poll(&p, 1, ended ? 0 : 50);
        if (!more && !ended) nanosleep(&(struct timespec){0, 50000000}, NULL);
        ssize_t k = more ? read(h->errors[0], block, sizeof block) : 0;
        if (k > 0) {
            size_t take = (size_t)k < cap - 1 - n ? (size_t)k : cap - 1 - n;
            memcpy(said + n, block, take);
            n += take;
        }
        if (k == 0 || (k < 0 && ended)) more = false;
        if (!ended) ended = waitpid(pid, status, WNOHANG) == pid;
        if (moim_monotonic() > until && !(ended && !more)) break;
    }
    said[n] = 0;
    kill(-pid, SIGKILL); /* and its remaining children */
    if (ended) return true;
    waitpid(pid, status, 0);
    return false;
}

/* The first line of its output. */
static void tidy(char *said)
{
    said[strcspn(said, "\n")] = 0;
    for (char *c = said; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
    moim_cut_whole(said);
}

static int run(struct hook *h, int seconds, struct moim_err *err)
{
    char *environment[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LANG=C.UTF-8"}, h->home,
                           h->meeting, NULL};
    char said[300] = "";
    int status = 0;
    pid_t pid = fork();
    if (!pid) become(h, environment);
    if (pid < 0) return moim_fail_errno(err, "hook");
    setpgid(pid, pid); /* parent and child both set it; whichever is first */
    close(h->errors[1]);
    h->errors[1] = -1;
    bool ended = watch(h, pid, seconds, said, sizeof said, &status);
    tidy(said);
    if (!ended)
        return moim_fail(err, MOIM_EIO, "hook %s: killed after %d s%s%s", h->argv[0], seconds,
                         *said ? ": " : "", said);
    if (WIFSIGNALED(status))
        return moim_fail(err, MOIM_EIO, "hook %s: ended by signal %d", h->argv[0], WTERMSIG(status));
    if (!WEXITSTATUS(status)) return MOIM_OK;
    return moim_fail(err, MOIM_EIO, "hook %s: exit status %d%s%s", h->argv[0], WEXITSTATUS(status),
                     *said ? ": " : "", said);
}

int moim_hook_run(const char *line, const char *user, int seconds, const char *input, size_t n,
                  int64_t meeting, struct moim_err *err)
{
    struct hook h = {.input = -1, .errors = {-1, -1}};
    snprintf(h.meeting, sizeof h.meeting, "MOIM_MEETING=%lld", (long long)meeting);
    int rc = split(&h, line, err);
    if (!rc) rc = find_user(&h, user, err);
    if (!rc) rc = make_input(&h, input, n, err);
    if (!rc) rc = run(&h, seconds, err);
    if (h.input >= 0) close(h.input);
    for (int i = 0; i < 2; i++)
        if (h.errors[i] >= 0) close(h.errors[i]);
    free(h.line);
    return rc;
}
