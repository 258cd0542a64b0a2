/* What the daemon is made of, without a network: multipart bodies in pieces, events that nobody waits for,
 * the guard, the transcript written straight. */
#include "testing.h"

#include "firmware/http/access_control.h"
#include "firmware/http/multipart.h"
#include "firmware/platform/event_hub.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <unistd.h>

static struct moim_err err;

/* ---- multipart ---- */

struct file {
    char bytes[4096];
    size_t n;
};
static int keep(void *arg, const char *bytes, size_t n, struct moim_err *e)
{
    struct file *f = arg;
    (void)e;
    assert_true(f->n + n <= sizeof f->bytes);
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
    return MOIM_OK;
}

static const char body[] =
    "preamble\r\n--b-1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n한글 -- x\r\n"
    "--b-1  \r\nContent-Type: audio/wav\r\ncontent-disposition: form-data; filename=\"a;b.wav\"; "
    "name=\"file\"\r\n\r\nRIFF\r\n--b-\r\n\r\n--b-12 not ours\0binary\r\n--b-1\r\n"
    "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b-1--\r\nepilogue";

static void a_multipart_body_reads_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const char want[] = "RIFF\r\n--b-\r\n";
    for (size_t piece = 1; piece < sizeof body; piece += piece < 90 ? 1 : 37) {
        struct file f = {.n = 0};
        struct moim_multipart *m;
        const char *name, *value;
        assert_ok(moim_multipart_new(&m, "multipart/form-data; charset=x; boundary=\"b-1\"",
                                     (struct moim_multipart_sink){keep, &f}, &err),
                  err);
        int rc = MOIM_OK;
        for (size_t at = 0; !rc && at < sizeof body - 1; at += piece)
            rc = moim_multipart_push(m, body + at, at + piece < sizeof body ? piece : sizeof body - 1 - at,
                                     &err);
        /* "--b-12" begins with the boundary and goes on: no boundary of ours, and no body either. */
        assert_int_equal(rc, MOIM_EFORMAT);
        assert_int_equal(f.n, sizeof want - 1);
        assert_memory_equal(f.bytes, want, sizeof want - 1);
        assert_true(moim_multipart_field(m, 0, &name, &value));
        assert_string_equal(name, "title");
        assert_string_equal(value, "한글 -- x");
        assert_string_equal(moim_multipart_filename(m), "a;b.wav");
        moim_multipart_free(m);
    }
}

static int whole(const char *type, const char *text)
{
    struct file f = {.n = 0};
    struct moim_multipart *m;
    int rc = moim_multipart_new(&m, type, (struct moim_multipart_sink){keep, &f}, &err);
    if (rc) return rc;
    rc = moim_multipart_push(m, text, strlen(text), &err);
    if (!rc) rc = moim_multipart_end(m, &err);
    moim_multipart_free(m);
    return rc;
}

static void broken_multipart_bodies_are_refused(void **state)
{
    (void)state;
    static const char type[] = "multipart/form-data; boundary=b";
    static const char head[] = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n";
    char text[20000];
    assert_int_equal(whole("multipart/form-data", "x"), MOIM_EINVAL);
    assert_int_equal(whole("multipart/form-data; boundary=", "x"), MOIM_EINVAL);
    assert_int_equal(whole("multipart/form-data; boundary=\"a", "x"), MOIM_EINVAL);
    assert_int_equal(whole("multipart/form-data; boundary=a\x01", "x"), MOIM_EINVAL);
    assert_int_equal(whole(type, ""), MOIM_EFORMAT);
    assert_int_equal(whole(type, "--b--"), MOIM_OK);
    assert_int_equal(whole(type, "--b\r\n\r\nno name\r\n--b--"), MOIM_EFORMAT);
    assert_int_equal(whole(type, "--bx\r\n"), MOIM_EFORMAT);
    snprintf(text, sizeof text, "%sabc\r\n--b--", head);
    assert_int_equal(whole(type, text), MOIM_OK);
    snprintf(text, sizeof text, "%sabc\r\n--b", head);
    assert_int_equal(whole(type, text), MOIM_EFORMAT);
    snprintf(text, sizeof text, "%s%09999d\r\n--b--", head, 1); /* a field that is too long */
    assert_int_equal(whole(type, text), MOIM_EINVAL);
    snprintf(text, sizeof text, "--b\r\nX: %09999d\r\n\r\n\r\n--b--", 1); /* endless headers */
    assert_int_equal(whole(type, text), MOIM_EFORMAT);
    size_t n = 0;
    for (int i = 0; i < MOIM_MULTIPART_FIELDS + 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sv\r\n", head);
    assert_int_equal(whole(type, text), MOIM_EINVAL); /* too many */
}

/* ---- events ---- */

struct listener {
    int woken, slept, dropped;
};
static void wake(void *l)
{
    ((struct listener *)l)->woken++;
}
static void doze(void *l)
{
    ((struct listener *)l)->slept++;
}
static void drop(void *l)
{
    ((struct listener *)l)->dropped++;
}

static void who_does_not_read_is_dropped_and_the_others_hear_all(void **state)
{
    (void)state;
    struct moim_events *h = moim_events_new();
    struct listener a = {0}, b = {0};
    struct moim_event_client *good = moim_event_client_new(h, "state", cJSON_CreateObject());
    struct moim_event_client *bad = moim_event_client_new(h, NULL, NULL);
    moim_event_client_attach(good, wake, doze, drop, &a);
    moim_event_client_attach(bad, wake, doze, drop, &b);
    char buf[64];
    size_t bytes = 0;
    for (int i = 0; i < 3 * MOIM_EVENT_QUEUE; i++) {
        moim_events_publish(h, "level", cJSON_CreateNumber(i));
        for (ssize_t n; (n = moim_event_client_read(good, buf, sizeof buf)) > 0;) bytes += (size_t)n;
    }
    assert_int_equal(a.dropped, 0);
    assert_int_equal(a.woken, 3 * MOIM_EVENT_QUEUE - 1); /* the first found it awake */
    assert_int_equal(b.dropped, 1);
    assert_int_equal(moim_events_dropped(h), 1);
    assert_true(bytes > 3 * MOIM_EVENT_QUEUE * strlen("event: level\ndata: 1\n\n"));
    ssize_t n;
    while ((n = moim_event_client_read(bad, buf, sizeof buf)) > 0) continue;
    assert_int_equal(n, -1);
    moim_events_end(h);
    assert_int_equal(moim_event_client_read(good, buf, sizeof buf), -1);
    moim_event_client_free(good);
    moim_event_client_free(bad);
    assert_int_equal(moim_events_clients(h), 0);
    moim_events_free(h);
}

/* ---- the guard ---- */

static int asked(struct moim_guard *g, const char *method, const char *host, const char *origin,
                 const char *cookie, const char *ours)
{
    struct moim_http_request rq = {.method = method, .path = "/api/v1/state", .peer = "10.0.0.9"};
    struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
    const char *const pair[][2] = {{"host", host}, {"Origin", origin}, {"Cookie", cookie}, {"X-Moim", ours}};
    for (int i = 0; i < 4; i++)
        if (pair[i][1]) rq.header[rq.n_headers++] = (struct moim_http_field){pair[i][0], pair[i][1]};
    int status = moim_guard_admits(g, &rq, false, false, &an) ? 200 : an.status;
    moim_http_answer_clear(&an);
    return status;
}

static void the_guard_lets_in_our_page_and_nobody_else(void **state)
{
    (void)state;
    char dir[64] = "/tmp/moim-test-XXXXXX", token[MOIM_TOKEN_LENGTH + 1], cookie[128], command[128];
    assert_non_null(mkdtemp(dir));
    strcat(dir, "/");
    struct moim_guard *g;
    assert_ok(moim_guard_new(&g, dir, true, "box.example other", &err), err);
    assert_ok(moim_pairing_token(dir, token, &err), err);
    snprintf(cookie, sizeof cookie, "x=y; moim=%s", token);
    static const char *const hosts[] = {"127.0.0.1:6646", "localhost", "[::1]:6646", "192.168.1.20",
                                        "box.example:80", "OTHER",     "other.local"};
    static const char *const strangers[] = {
        "evil.example", "127.0.0.1.evil.example", "localhost.evil",   "[evil]",          "",
        "127.0.0.1:",   "127.0.0.1:1x",           "127.0.0.1:123456", "box.example.evil"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(asked(g, "GET", hosts[i], NULL, cookie, NULL), 200);
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        assert_int_equal(asked(g, "GET", strangers[i], NULL, cookie, NULL), 421);
    assert_int_equal(asked(g, "GET", NULL, NULL, cookie, NULL), 421);
    assert_int_equal(asked(g, "GET", "localhost", NULL, NULL, NULL), 401);
    cookie[strlen(cookie) - 1] ^= 1;
    assert_int_equal(asked(g, "GET", "localhost", NULL, cookie, NULL), 401);
    cookie[strlen(cookie) - 1] ^= 1;
    assert_int_equal(asked(g, "POST", "localhost", NULL, cookie, NULL), 403);
    assert_int_equal(asked(g, "POST", "localhost", NULL, cookie, "1"), 200);
    assert_int_equal(asked(g, "POST", "localhost:1", "http://localhost:1", cookie, "1"), 200);
    assert_int_equal(asked(g, "POST", "localhost:1", "http://localhost:2", cookie, "1"), 403);
    assert_int_equal(asked(g, "GET", "localhost", "http://evil.example", cookie, "1"), 403);
    assert_int_equal(asked(g, "GET", "localhost", "null", cookie, "1"), 403);
    moim_guard_free(g);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* ---- text and JSON ---- */

static void text_that_cannot_be_shown_is_told_apart(void **state)
{
    (void)state;
    int n;
    assert_true(moim_text_ok("한글 abc\t\n😀", &n) && n == 9);
    static const char *const bad[] = {
        "\xff",     "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf0\x9f", "a\x01",    "\x7f",         "\xe3\x81"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(moim_text_ok(bad[i], &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_multipart_body_reads_the_same_in_pieces_of_any_size),
        cmocka_unit_test(broken_multipart_bodies_are_refused),
        cmocka_unit_test(who_does_not_read_is_dropped_and_the_others_hear_all),
        cmocka_unit_test(the_guard_lets_in_our_page_and_nobody_else),
        cmocka_unit_test(text_that_cannot_be_shown_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
