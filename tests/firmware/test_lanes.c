/* The daemon's own routes and recorder behind its HTTP server, with every thread for slow requests held: what
 * steers the recording, reads and corrections are answered all the same. Nothing here measures time: a
 * request that waited behind the held ones would never be answered. */
#include "storage/scratch.h"

#include "firmware/api/context.h"
#include "firmware/http/access_control.h"
#include "firmware/http/server.h"
#include "firmware/platform/log.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

static atomic_int held;
static atomic_bool go_on;

static void handle(void *arg, struct moim_http_request *rq, struct moim_http_answer *an)
{
    if (strstr(rq->path, "/peaks") || strstr(rq->path, "/export") || rq->upload) {
        held++;
        while (!go_on) usleep(1000);
        moim_answer_text(an, 200, "text/plain", strdup("late"), 4);
    } else {
        moim_serve_handle(arg, rq, an);
    }
}

static int dial(int port, const char *method, const char *at, const char *body)
{
    char text[8192];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    int n = snprintf(text, sizeof text,
                     "%s /api/v1%s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Moim: 1\r\nConnection: close\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, at, strlen(body), body);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

/* The whole answer, malloc'ed. */
static char *answer(int fd)
{
    char *text = calloc(1, 1 << 20);
    for (size_t n = 0;;) {
        ssize_t got = recv(fd, text + n, (1 << 20) - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
    }
    close(fd);
    return text;
}

static void ask(int port, const char *method, const char *at, const char *body, int want, const char *part)
{
    char status[32], *text = answer(dial(port, method, at, body));
    snprintf(status, sizeof status, "HTTP/1.1 %d", want);
    if (strncmp(text, status, strlen(status)) || !strstr(text, part)) fail_msg("%s %s: %s", method, at, text);
    free(text);
}

static void make_sound(char *wav, size_t cap)
{
    snprintf(wav, cap, "%s/in.wav", dir);
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(wav, SFM_WRITE, &info);
    for (int i = 0; i < 32000; i++) sf_write_float(f, &(float){0.3f * (float)sin(i * 0.05)}, 1);
    sf_close(f);
}

static void controls_reads_and_corrections_pass_held_requests(void **state)
{
    (void)state;
    char wav[80], up[80], at[128];
    struct moim_serve sv = {0};
    struct moim_http_server *http;
    int slow[8], n_slow = 0;
    int64_t old;
    moim_log_set(MOIM_LOG_ERROR);
    make_sound(wav, sizeof wav);
    snprintf(up, sizeof up, "%s/audio/", dir);
    assert_int_equal(mkdir(up, 0700), 0);
    struct moim_meeting m = {
        .title = "old", .language = "ko", .audio = "", .source = "", .state = MOIM_SUMMARIZED};
    assert_ok(moim_meeting_add(store, &m, &old, &err), err);
    assert_ok(moim_serve_init(&sv, path, &err), err);
    assert_ok(moim_guard_new(&sv.guard, sv.dir, false, NULL, &err), err);
    assert_ok(moim_jobs_start(&sv.jobs, path, sv.events, 1, &err), err);
    moim_jobs_pause(sv.jobs, true);
    const struct moim_mic_options mic = {
        .db = path, .from = wav, .loop = true, .threads = 1, .events = sv.events, .jobs = sv.jobs};
    assert_ok(moim_mic_open(&sv.mic, &mic, &err), err);
    const struct moim_http_app app = {&sv,    moim_serve_begin,         moim_serve_lane,
                                      handle, moim_serve_to_job_thread, moim_serve_has_room};
    const struct moim_http_options opt = {.address = "127.0.0.1", .listen_fd = -1, .upload_dir = up};
    assert_ok(moim_http_start(&http, &opt, &app, &err), err);
    int port = moim_http_port(http);
    ask(port, "GET", "/state", "", 200, "\"recording\":null");
    /* More than there are threads for them. */
    for (int i = 0; i < 3; i++) slow[n_slow++] = dial(port, "GET", "/meetings/1/peaks", "");
    for (int i = 0; i < 2; i++) slow[n_slow++] = dial(port, "GET", "/meetings/1/export?format=json", "");
    slow[n_slow++] = dial(port, "POST", "/meetings?name=a.wav", "RIFF");
    while (held < 2) usleep(1000);
    ask(port, "POST", "/recording", "{\"captions\": false}", 201, "\"paused\":false");
    ask(port, "POST", "/recording/bookmark", "{\"note\": \"여기\"}", 201, "여기");
    ask(port, "POST", "/recording/memo", "{\"text\": \"메모\"}", 201, "메모");
    ask(port, "POST", "/recording/pause", "{}", 200, "\"paused\":true");
    ask(port, "GET", "/state", "", 200, "\"paused\":true");
    ask(port, "POST", "/recording/resume", "{}", 200, "\"paused\":false");
    ask(port, "GET", "/devices", "", 200, "");
    ask(port, "GET", "/recording", "", 200, "\"paused\":false");
    snprintf(at, sizeof at, "/meetings/%lld", (long long)old);
    ask(port, "PATCH", at, "{\"title\": \"새 제목\"}", 200, "새 제목");
    ask(port, "GET", at, "", 200, "새 제목");
    ask(port, "GET", "/meetings", "", 200, "새 제목");
    ask(port, "POST", "/recording/stop", "{}", 200, "duration_s");
    assert_int_equal(held, 2); /* and these are still where they were */
    go_on = true;
    for (int i = 0; i < n_slow; i++) free(answer(slow[i]));
    moim_mic_end(sv.mic);
    moim_http_quiesce(http);
    moim_events_end(sv.events);
    assert_true(moim_jobs_stop(sv.jobs, 60));
    moim_http_stop(http);
    moim_mic_close(sv.mic);
    moim_jobs_free(sv.jobs);
    moim_serve_clear(&sv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(controls_reads_and_corrections_pass_held_requests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
