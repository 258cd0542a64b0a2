/* Requests that come twice under one key: answered again, done once. */
#include "testing.h"

#include "firmware/http/repeats.h"

#include <cjson/cJSON.h>

static struct moim_repeats *all;
static int done;

static struct moim_http_request request(const char *method, const char *path, const char *key,
                                        const char *body, const char *peer)
{
    struct moim_http_request rq = {.method = method, .path = path, .peer = peer};
    if (key) rq.header[rq.n_headers++] = (struct moim_http_field){"Idempotency-Key", key};
    rq.body = body ? strdup(body) : NULL;
    rq.n_body = body ? strlen(body) : 0;
    return rq;
}

/* As the daemon does it: returns the answer's status; what is done counts up and answers the count. */
static int send(const char *method, const char *path, const char *key, const char *body, const char *peer,
                int status, int *answer)
{
    struct moim_http_request rq = request(method, path, key, body, peer);
    struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
    struct moim_repeat *repeat;
    if (moim_repeats_begin(all, &rq, &an, &repeat)) {
        if (status < 300)
            moim_answer_json(&an, status, cJSON_CreateNumber(++done));
        else
            moim_answer_error(&an, status, "no");
        if (repeat) moim_repeats_end(all, repeat, &an);
    }
    if (answer) *answer = an.status < 300 ? atoi(an.body) : -1;
    int got = an.status;
    moim_http_answer_clear(&an);
    moim_http_request_clear(&rq);
    return got;
}

static int begin(void **state)
{
    (void)state;
    done = 0;
    all = moim_repeats_new();
    return all ? 0 : -1;
}
static int end(void **state)
{
    (void)state;
    moim_repeats_free(all);
    return 0;
}

static void the_second_is_answered_as_the_first_and_not_done(void **state)
{
    (void)state;
    int first, second;
    assert_int_equal(send("POST", "/mark", "key-number-1", "{}", "a", 201, &first), 201);
    assert_int_equal(send("POST", "/mark", "key-number-1", "{}", "a", 201, &second), 201);
    assert_int_equal(first, second);
    assert_int_equal(done, 1);
    /* From another address too: a telephone changes them. */
    assert_int_equal(send("POST", "/mark", "key-number-1", "{}", "b", 201, &second), 201);
    assert_int_equal(done, 1);
    send("POST", "/mark", "key-number-2", "{}", "a", 201, NULL);
    send("POST", "/mark", NULL, "{}", "a", 201, NULL);
    send("POST", "/mark", NULL, "{}", "a", 201, NULL);
    assert_int_equal(done, 4);
    send("GET", "/mark", "key-number-1", NULL, "a", 200, NULL); /* reading is no change */
    assert_int_equal(done, 5);
}

static void what_failed_is_done_again(void **state)
{
    (void)state;
    int answer;
    assert_int_equal(send("POST", "/mark", "key-number-1", "{}", "a", 507, NULL), 507);
    assert_int_equal(send("POST", "/mark", "key-number-1", "{}", "a", 201, &answer), 201);
    assert_int_equal(answer, 1);
}

static void another_request_under_the_same_key_is_refused(void **state)
{
    (void)state;
    send("POST", "/mark", "key-number-1", "{\"at\":1}", "a", 201, NULL);
    assert_int_equal(send("POST", "/mark", "key-number-1", "{\"at\":2}", "a", 201, NULL), 409);
    assert_int_equal(send("POST", "/memo", "key-number-1", "{\"at\":1}", "a", 201, NULL), 409);
    assert_int_equal(send("PATCH", "/mark", "key-number-1", "{\"at\":1}", "a", 201, NULL), 409);
    assert_int_equal(done, 1);
    assert_int_equal(send("POST", "/mark", "short", "{}", "a", 201, NULL), 400);
    assert_int_equal(send("POST", "/mark", "with a blank", "{}", "a", 201, NULL), 400);
    assert_int_equal(done, 1);
}

static void while_the_first_is_at_work_the_second_is_told_to_wait(void **state)
{
    (void)state;
    struct moim_http_request rq = request("POST", "/stop", "key-number-1", NULL, "a");
    struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
    struct moim_repeat *first;
    int answer;
    assert_true(moim_repeats_begin(all, &rq, &an, &first));
    assert_int_equal(send("POST", "/stop", "key-number-1", NULL, "a", 200, NULL), 503);
    assert_int_equal(done, 0);
    moim_answer_json(&an, 200, cJSON_CreateNumber(77));
    moim_repeats_end(all, first, &an);
    assert_int_equal(send("POST", "/stop", "key-number-1", NULL, "a", 200, &answer), 200);
    assert_int_equal(answer, 77);
    moim_http_answer_clear(&an);
}

static void one_address_cannot_push_out_anothers_and_memory_is_bounded(void **state)
{
    (void)state;
    char key[32];
    int answer;
    send("POST", "/mark", "key-of-the-quiet-one", "{}", "quiet", 201, NULL);
    for (int i = 0; i < 10 * MOIM_REPEATS; i++) {
        snprintf(key, sizeof key, "key-of-the-busy-%d", i);
        send("POST", "/mark", key, "{}", "busy", 201, NULL);
    }
    int before = done;
    send("POST", "/mark", "key-of-the-quiet-one", "{}", "quiet", 201, &answer);
    assert_int_equal(answer, 1);
    for (int i = 10 * MOIM_REPEATS - MOIM_REPEATS; i < 10 * MOIM_REPEATS; i++) {
        snprintf(key, sizeof key, "key-of-the-busy-%d", i);
        send("POST", "/mark", key, "{}", "busy", 201, NULL);
    }
    assert_int_equal(done, before);
    send("POST", "/mark", "key-of-the-busy-0", "{}", "busy", 201, NULL); /* long forgotten */
    assert_int_equal(done, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_is_answered_as_the_first_and_not_done, begin, end),
        cmocka_unit_test_setup_teardown(what_failed_is_done_again, begin, end),
        cmocka_unit_test_setup_teardown(another_request_under_the_same_key_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(while_the_first_is_at_work_the_second_is_told_to_wait, begin, end),
        cmocka_unit_test_setup_teardown(one_address_cannot_push_out_anothers_and_memory_is_bounded, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
