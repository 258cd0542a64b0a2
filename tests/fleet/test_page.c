/* The page over the fleet, apart from any database: who may ask what, which session a cookie names, and which names reach the database. */
#include "firmware/fleet/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOWHERE "host=/nowhere dbname=fleet"

struct asked {
    struct moim_http_request rq;
    struct moim_http_answer an;
};

static struct asked ask(const char *method, const char *path)
{
    struct asked a = {.rq = {.method = method, .path = path, .peer = "192.0.2.7"},
                      .an = MOIM_HTTP_ANSWER_INIT};
    a.rq.header[a.rq.n_headers++] = (struct moim_http_field){"Host", "localhost:6647"};
    a.rq.header[a.rq.n_headers++] = (struct moim_http_field){"X-Moim", "1"};
    return a;
}

/* The status of the request; 0: it may go on. */
static int begin(struct moim_page *p, struct asked a, uint64_t *most)
{
    bool file;
    bool on = moim_page_begin(p, &a.rq, &a.an, most, &file);
    int status = a.an.status;
    assert_true(on == (status == 0));
    assert_false(file);
    moim_http_answer_clear(&a.an);
    return status;
}

static void start(struct moim_page *p)
{
    struct moim_err err;
    *p = (struct moim_page){0};
    assert_int_equal(moim_page_init(p, NOWHERE, "fleet.example", &err), MOIM_OK);
}

static void test_paths_and_methods(void **state)
{
    static const struct {
        const char *method, *path;
        int status;
        uint64_t most;
    } of[] = {
        {"GET", "/", 0, 0},
        {"HEAD", "/app.js", 0, 0},
        {"POST", "/", 405, 0},
        {"GET", "/api/v1/meetings", 0, 0},
        {"GET", "/api/v1/meetings/12", 0, 0},
        {"GET", "/api/v1/meetings/012", 404, 0},
        {"GET", "/api/v1/meetings/", 404, 0},
        {"GET", "/api/v1/meetings/1/2", 404, 0},
        {"GET", "/api/v1/meetings/1234567890123456789", 404, 0},
        {"DELETE", "/api/v1/meetings/12", 405, 0},
        {"POST", "/api/v1/session", 0, 64 << 10},
        {"PUT", "/api/v1/session", 405, 0},
        {"GET", "/api", 404, 0},
        {"GET", "/api/v1/ask", 405, 0},
        {"POST", "/api/v1/ask", 0, 64 << 10},
    };
    struct moim_page p;
    (void)state;
    start(&p);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        uint64_t most = 1;
        int status = begin(&p, ask(of[i].method, of[i].path), &most);
        if (status != of[i].status)
            fail_msg("%s %s: %d, not %d", of[i].method, of[i].path, status, of[i].status);
        if (!status) assert_int_equal(most, of[i].most);
    }
    moim_page_clear(&p);
}

static void test_other_sites_are_refused(void **state)
{
    struct moim_page p;
    uint64_t most;
    (void)state;
    start(&p);
    struct asked a = ask("POST", "/api/v1/ask");
    a.rq.n_headers = 1; /* a form of another site cannot send X-Moim */
    assert_int_equal(begin(&p, a, &most), 403);
    a = ask("GET", "/api/v1/meetings");
    a.rq.header[0].value = "evil.example";
    assert_int_equal(begin(&p, a, &most), 421);
    a.rq.header[0].value = "fleet.example";
    assert_int_equal(begin(&p, a, &most), 0);
    a.rq.header[a.rq.n_headers++] = (struct moim_http_field){"Sec-Fetch-Site", "cross-site"};
    assert_int_equal(begin(&p, a, &most), 403);
    moim_page_clear(&p);
}

static void test_the_session_of_a_cookie(void **state)
{
    static const char id[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_0";
    char cookie[200], out[MOIM_SESSION_ID + 1];
    struct asked a = ask("GET", "/");
    (void)state;
    assert_int_equal(strlen(id), MOIM_SESSION_ID);
    assert_string_equal(moim_page_session(&a.rq, out), "");
    struct moim_http_field *f = &a.rq.header[a.rq.n_headers++];
    *f = (struct moim_http_field){"Cookie", cookie};
    snprintf(cookie, sizeof cookie, "moim=x; moim_fleet=%s; other=1", id);
    assert_string_equal(moim_page_session(&a.rq, out), id);
    snprintf(cookie, sizeof cookie, "moim_fleet=%s", id);
    assert_string_equal(moim_page_session(&a.rq, out), id);
    snprintf(cookie, sizeof cookie, "moim_fleet=%.42s", id);
    assert_string_equal(moim_page_session(&a.rq, out), "");
    snprintf(cookie, sizeof cookie, "xmoim_fleet=%s; ;; =", id);
    assert_string_equal(moim_page_session(&a.rq, out), "");
}

/* The database here cannot be reached: MOIM_EIO says that it was asked, MOIM_EACCES that it was not. */
static void test_only_a_persons_name_reaches_the_database(void **state)
{
    static const char *const bad[] = {"kim host=127.0.0.1", "Kim", "kim'", "", "kim\n", "a b"};
    char id[MOIM_SESSION_ID + 1], longest[300];
    struct moim_sessions *s;
    struct moim_err err;
    (void)state;
    assert_int_equal(moim_sessions_new(&s, NOWHERE, &err), MOIM_OK);
    assert_int_equal(moim_sessions_begin(s, "kim", "token", id, &err), MOIM_EIO);
    assert_int_equal(moim_sessions_begin(s, "fleet_member_kim", "token", id, &err), MOIM_EIO);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (*bad[i]) assert_int_equal(moim_sessions_begin(s, bad[i], "token", id, &err), MOIM_EACCES);
    assert_int_equal(moim_sessions_begin(s, "kim", "", id, &err), MOIM_EACCES);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(moim_sessions_begin(s, "kim", longest, id, &err), MOIM_EACCES);
    assert_int_equal(moim_sessions_begin(s, longest, "token", id, &err), MOIM_EACCES);
    moim_sessions_free(s);
}

static void test_no_session_no_answer(void **state)
{
    static const char id[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_0";
    struct moim_page p;
    struct moim_session *session;
    struct moim_err err;
    PGconn *pg;
    (void)state;
    start(&p);
    assert_int_equal(moim_sessions_take(p.sessions, id, false, &session, &pg, &err), MOIM_EACCES);
    assert_int_equal(moim_sessions_take(p.sessions, "", false, &session, &pg, &err), MOIM_EACCES);
    moim_sessions_end(p.sessions, id);
    moim_sessions_tend(p.sessions, 1e6);
    struct asked a = ask("GET", "/api/v1/meetings");
    moim_page_handle(&p, &a.rq, &a.an);
    assert_int_equal(a.an.status, 401);
    moim_http_answer_clear(&a.an);
    /* While the database is away signing in says so, and no try is counted. */
    for (int i = 0; i < 8; i++) {
        a = ask("POST", "/api/v1/session");
        a.rq.body = strdup("{\"user\": \"kim\", \"token\": \"x\"}");
        a.rq.n_body = strlen(a.rq.body);
        moim_page_handle(&p, &a.rq, &a.an);
        assert_int_equal(a.an.status, 503);
        moim_http_request_clear(&a.rq);
        moim_http_answer_clear(&a.an);
    }
    moim_page_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_and_methods),
        cmocka_unit_test(test_other_sites_are_refused),
        cmocka_unit_test(test_the_session_of_a_cookie),
        cmocka_unit_test(test_only_a_persons_name_reaches_the_database),
        cmocka_unit_test(test_no_session_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
