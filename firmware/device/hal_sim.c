/* The simulated box: one client at a time at a UNIX socket. */
#include "firmware/device/hal_int.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct sim {
    int listener, client;
    char path[108], line[128];
    size_t n;
    struct moim_contacts contacts;
    enum moim_box_led led;
    double temperature, battery;
    long long free_bytes;
    long long release_ms; /* when the button opens by itself, 0: somebody says so */
    bool changed;         /* the sensors, since they were last looked at */
};

static void drop(struct sim *s)
{
    if (s->client >= 0) close(s->client);
    s->client = -1;
    s->n = 0;
}

static void say(struct sim *s, const char *text)
{
    if (s->client >= 0 && send(s->client, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) drop(s);
}

static void say_led(struct sim *s)
{
    char line[64];
    snprintf(line, sizeof line, "led %s\n", moim_box_led_name(s->led));
    say(s, line);
}

static void execute(struct sim *s, const char *line)
{
    int held = 0;
    if (!strcmp(line, "press") || (sscanf(line, "press %d", &held) == 1 && held > 0 && held < 100000)) {
        s->contacts.button = true;
        s->release_ms = held ? hal_now_ms() + held : 0;
    } else if (!strcmp(line, "release")) {
        s->contacts.button = false;
        s->release_ms = 0;
    } else if (!strcmp(line, "mute on")) {
        s->contacts.mute = true;
    } else if (!strcmp(line, "mute off")) {
        s->contacts.mute = false;
    } else if (sscanf(line, "temperature %lf", &s->temperature) == 1 ||
               sscanf(line, "battery %lf", &s->battery) == 1 ||
               sscanf(line, "free %lld", &s->free_bytes) == 1) {
        s->changed = true;
    } else {
        say(s, "error unknown command\n");
    }
}

/* A press with a length ends by the clock, and is told with that moment however late one looks. */
static bool released(struct sim *s, struct moim_contacts *c)
{
    if (!s->release_ms || hal_now_ms() < s->release_ms) return false;
    s->contacts.button = false;
    *c = s->contacts;
    c->at_ms = s->release_ms;
    s->release_ms = 0;
    return true;
}

/* One line at a time, so that a press and its release are both seen. */
static bool next_line(struct sim *s)
{
    char *end = memchr(s->line, '\n', s->n);
    if (!end) {
        if (s->n == sizeof s->line) drop(s);
        return false;
    }
    *end = 0;
    execute(s, s->line);
    size_t used = (size_t)(end - s->line) + 1;
    if (s->n >= used) memmove(s->line, end + 1, s->n -= used);
    return true;
}

static int wait_sim(void *impl, int timeout_ms, struct moim_contacts *c, struct moim_err *err)
{
    struct sim *s = impl;
    (void)err;
    if (released(s, c)) return MOIM_OK;
    if (s->release_ms && hal_now_ms() + timeout_ms > s->release_ms)
        timeout_ms = (int)(s->release_ms - hal_now_ms());
    if (!next_line(s)) {
        struct pollfd p[2] = {{s->listener, POLLIN, 0}, {s->client, POLLIN, 0}};
        if (poll(p, 2, timeout_ms > 0 ? timeout_ms : 0) > 0) {
            if (s->client >= 0 && p[1].revents) {
                ssize_t got = recv(s->client, s->line + s->n, sizeof s->line - s->n, 0);
                if (got > 0)
                    s->n += (size_t)got;
                else
                    drop(s);
                next_line(s);
            }
            if (p[0].revents) {
                drop(s);
                s->client = accept(s->listener, NULL, NULL);
                say_led(s);
            }
        }
    }
    *c = s->contacts;
    c->at_ms = hal_now_ms();
    return MOIM_OK;
}

static void led_sim(void *impl, enum moim_box_led led, long long now_ms)
{
    struct sim *s = impl;
    (void)now_ms;
    if (led == s->led) return;
    s->led = led;
    say_led(s);
}

static void show_sim(void *impl, const char *first, const char *second)
{
    char line[64];
    snprintf(line, sizeof line, "show %.16s|%.16s\n", first, second);
    say(impl, line);
}

static void sensors_sim(void *impl, struct moim_sensors *out)
{
    struct sim *s = impl;
    if (!isnan(s->temperature)) out->temperature = s->temperature;
    if (!isnan(s->battery)) out->battery = s->battery;
    if (s->free_bytes >= 0) out->free_bytes = s->free_bytes;
    char line[96];
    snprintf(line, sizeof line, "sensed %g %g %lld\n", s->temperature, s->battery, s->free_bytes);
    if (s->changed) say(s, line);
    s->changed = false;
}

static void close_sim(void *impl)
{
    struct sim *s = impl;
    drop(s);
    if (s->listener >= 0) close(s->listener);
    if (*s->path) unlink(s->path);
    free(s);
}

int hal_sim_open(const struct hal_vtable **vt, void **impl, const char *path, struct moim_err *err)
{
    static const struct hal_vtable vtable = {wait_sim, led_sim, show_sim, sensors_sim, close_sim};
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof a.sun_path)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long for a socket", path);
    if (!lstat(path, &st) && !S_ISSOCK(st.st_mode))
        return moim_fail(err, MOIM_EINVAL, "%s: exists and is not a socket", path);
    struct sim *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    s->client = -1;
    s->temperature = s->battery = NAN;
    s->free_bytes = -1;
    unlink(path);
    strcpy(a.sun_path, path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&a, sizeof a) || chmod(path, 0600) ||
        listen(s->listener, 1)) {
        int rc = moim_fail_errno(err, "%s", path);
        close_sim(s);
        return rc;
    }
    strcpy(s->path, path);
    *vt = &vtable;
    *impl = s;
    return MOIM_OK;
}
