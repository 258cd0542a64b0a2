/* Clients that take for ever (slow loris): which are cut off by the limits, and that a real server does so.
 * No test waits for a limit: the server is told that it is later. */
#include "testing.h"

#include "firmware/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static void the_limits_are_those_that_are_documented(void **state)
{
    (void)state;
    assert_false(moim_http_too_slow(MOIM_PHASE_HEADERS, 19.9, 0, false));
    assert_true(moim_http_too_slow(MOIM_PHASE_HEADERS, 20.1, 0, false));
    assert_false(moim_http_too_slow(MOIM_PHASE_HEADERS, 79.9, 0, true)); /* idle between two requests */
    assert_true(moim_http_too_slow(MOIM_PHASE_HEADERS, 80.1, 0, true));
    assert_false(moim_http_too_slow(MOIM_PHASE_BODY, 29.9, 0, true));
    assert_true(moim_http_too_slow(MOIM_PHASE_BODY, 30.1, 1 << 20, true));
    assert_false(moim_http_too_slow(MOIM_PHASE_UPLOAD, 29.9, 0, false));
    assert_true(moim_http_too_slow(MOIM_PHASE_UPLOAD, 31, 8000, false)); /* 8 KiB a second from then on */
    assert_false(moim_http_too_slow(MOIM_PHASE_UPLOAD, 31, 8193, false));
    assert_true(moim_http_too_slow(MOIM_PHASE_UPLOAD, 130, 800000, false));
    assert_false(moim_http_too_slow(MOIM_PHASE_UPLOAD, 130, 820000, false));
    assert_false(moim_http_too_slow(MOIM_PHASE_ANSWER, 1e9, 0, false)); /* it waits for us */
}

static atomic_int begun, at_work;
static atomic_bool go_on;

static bool begin(void *arg, struct moim_http_request *rq, struct moim_http_answer *an, uint64_t *body_max,
                  bool *to_file)
{
    (void)arg;
    (void)an;
    *body_max = 1 << 20;
    *to_file = !strcmp(rq->path, "/upload");
    begun++;
    return true;
}
static enum moim_http_lane lane(void *arg, const struct moim_http_request *rq)
{
    (void)arg;
    return !strcmp(rq->path, "/long") ? MOIM_LANE_SLOW : MOIM_LANE_NOW;
}
static void handle(void *arg, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)arg;
    at_work++;
    while (!strcmp(rq->path, "/long") && !go_on) usleep(1000);
    moim_answer_text(an, 200, "text/plain", strdup("well"), 4);
}
static bool to_job_thread(void *arg, const struct moim_http_request *rq, struct moim_work *w)
{
    (void)arg;
    (void)rq;
    (void)w;
    return false;
}
static bool has_room(void *arg, uint64_t bytes)
{
    (void)arg;
    (void)bytes;
    return true;
}

static int dial(int port, const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    return fd;
}

/* The connection is at its end. */
static bool cut(int fd)
{
    char c;
    return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void who_says_nothing_for_ever_is_cut_off_and_who_waits_for_us_is_not(void **state)
{
    (void)state;
    struct moim_err err = {0};
    char dir[] = "/tmp/moim-slow-XXXXXX", up[64], got[512] = "";
    assert_non_null(mkdtemp(dir));
    snprintf(up, sizeof up, "%s/", dir);
    const struct moim_http_app app = {NULL, begin, lane, handle, to_job_thread, has_room};
    const struct moim_http_options opt = {.address = "127.0.0.1", .listen_fd = -1, .upload_dir = up};
    struct moim_http_server *s;
    assert_ok(moim_http_start(&s, &opt, &app, &err), err);
    int port = moim_http_port(s);
    int waits = dial(port, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    int body = dial(port, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    int file = dial(port, "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    int head = dial(port, "GET /x HTTP/1.1\r\nHost: a\r\nX-Slow:");
    for (int i = 0; i < 60000 && (begun < 3 || !at_work); i++) usleep(1000);
    assert_int_equal(begun, 3);
    assert_int_equal(at_work, 1);
    assert_false(cut(head) || cut(body) || cut(file) || cut(waits));
    /* A connection that has just been made may not be known yet: told again. */
    for (int i = 0; i < 60000 && !(cut(head) && cut(body) && cut(file)); i++) {
        moim_http_tend(s, 1e6);
        usleep(1000);
    }
    assert_true(cut(head) && cut(body) && cut(file));
    assert_false(cut(waits));
    go_on = true;
    for (size_t n = 0; n + 1 < sizeof got && !strstr(got, "well");) {
        ssize_t more = recv(waits, got + n, sizeof got - 1 - n, 0);
        assert_true(more > 0);
        n += (size_t)more;
    }
    assert_non_null(strstr(got, "200"));
    close(head), close(body), close(file), close(waits);
    moim_http_stop(s);
    assert_int_equal(rmdir(dir), 0); /* what was uploaded by half is gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limits_are_those_that_are_documented),
        cmocka_unit_test(who_says_nothing_for_ever_is_cut_off_and_who_waits_for_us_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
