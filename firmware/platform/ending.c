#include "firmware/platform/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* A signal handler, not signalfd: OpenBLAS starts threads before main, which would not have the signals
 * blocked. */
static int signal_pipe[2] = {-1, -1};
static void on_signal(int sig)
{
    char c = (char)sig;
    int saved = errno;
    if (write(signal_pipe[1], &c, 1) < 0) errno = saved; /* full: the signal is already pending */
    errno = saved;
}

int moim_ending_catch(struct moim_err *err)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK)) return moim_fail_errno(err, "pipe");
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    return MOIM_OK;
}

int moim_ending_wait(int timeout_ms)
{
    struct pollfd p = {signal_pipe[0], POLLIN, 0};
    char sig;
    return poll(&p, 1, timeout_ms) > 0 && read(signal_pipe[0], &sig, 1) == 1 ? sig : 0;
}
