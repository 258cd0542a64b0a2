/* The daemon's routes without its server: a store in a folder of its own, no models, and jobs that wait. A request is built by
 * hand, goes the way that the server sends it, and its answer is kept until the next one. */
#ifndef MOIM_TESTS_ROUTES_H
#define MOIM_TESTS_ROUTES_H

#include "storage/scratch.h"

#include "firmware/api/context.h"
#include "firmware/http/access_control.h"
#include "firmware/platform/log.h"

#include <cjson/cJSON.h>
#include <semaphore.h>
#include <sys/stat.h>

static struct moim_serve sv;
static struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
static cJSON *got;                  /* the answer's body where that is JSON */
static struct moim_http_field with; /* a header of the next request */

static inline void forget_answer(void)
{
    cJSON_Delete(got);
    got = NULL;
    moim_http_answer_clear(&an);
    an = (struct moim_http_answer)MOIM_HTTP_ANSWER_INIT;
}

/* "a=b&c=d" into fields that point into text. */
static inline int take_fields(char *text, struct moim_http_field *field)
{
    int n = 0;
    char *save = NULL;
    for (char *p = text ? strtok_r(text, "&", &save) : NULL; p; p = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(p, '=');
        assert_true(eq && n < MOIM_HTTP_FIELDS);
        *eq = 0;
        field[n++] = (struct moim_http_field){p, eq + 1};
    }
    return n;
}

/* What the answer's descriptor holds becomes its body, as the client would get it. */
static inline void read_answer(void)
{
    if (an.fd >= 0) {
        an.body = calloc(1, an.size + 1);
        assert_int_equal(pread(an.fd, an.body, an.size, (off_t)an.offset), an.size);
        an.n = an.size;
    }
    if (an.body && an.type && !strncmp(an.type, "application/json", 16)) got = cJSON_Parse(an.body);
}

struct call {
    struct moim_work work;
    struct moim_http_request *rq;
    sem_t done;
};

static inline void run_call(struct moim_work *w)
{
    struct call *c = (struct call *)(void *)w;
    moim_serve_handle(&sv, c->rq, &an);
    sem_post(&c->done);
}

/* Jobs about meetings are taken back first: they would need models, and come before. */
static inline void on_job_thread(struct moim_http_request *rq)
{
    struct call c = {.work = {.run = run_call}, .rq = rq};
    cJSON *job, *jobs = moim_jobs_json(sv.jobs);
    cJSON_ArrayForEach(job, jobs)
    {
        cJSON *taken = NULL;
        const cJSON *number = cJSON_GetObjectItem(job, "id");
        assert_ok(moim_jobs_cancel(sv.jobs, store, (int64_t)cJSON_GetNumberValue(number), &taken, &err), err);
        cJSON_Delete(taken);
    }
    cJSON_Delete(jobs);
    sem_init(&c.done, 0, 0);
    assert_true(moim_serve_to_job_thread(&sv, rq, &c.work));
    moim_jobs_pause(sv.jobs, false);
    while (sem_wait(&c.done)) continue;
    while (moim_jobs_waiting(sv.jobs)) usleep(1000); /* it is forgotten a moment after it ran */
    moim_jobs_pause(sv.jobs, true);
    sem_destroy(&c.done);
}

/* The status of the answer to a request; body and file may be NULL. at: "/meetings/1?n=2" below /api/v1, or a whole path
 * after a dot, "./v1/models". */
static inline int send_file(const char *method, const char *at, const char *body, const char *file)
{
    struct moim_http_request rq = {.method = method, .peer = "127.0.0.1"};
    uint64_t most;
    bool to_file;
    char *whole = NULL, *form = NULL, *query;
    forget_answer();
    assert_true(asprintf(&whole, "%s%s", *at == '/' ? "/api/v1" : "", *at == '/' ? at : at + 1) > 0);
    query = strchr(whole, '?');
    if (query) *query++ = 0;
    rq.n_query = take_fields(query, rq.query);
    rq.path = whole;
    rq.header[rq.n_headers++] = (struct moim_http_field){"Host", "localhost"};
    rq.header[rq.n_headers++] = (struct moim_http_field){"X-Moim", "1"};
    if (with.name) rq.header[rq.n_headers++] = with;
    with = (struct moim_http_field){0};
    if (moim_serve_begin(&sv, &rq, &an, &most, &to_file)) {
        if (to_file && file) {
            struct stat st;
            assert_true(asprintf(&rq.upload, "%s/audio/upload", dir) > 0);
            assert_int_equal(link(file, rq.upload), 0); /* it goes with the request */
            rq.upload_bytes = stat(file, &st) ? 0 : (uint64_t)st.st_size;
        }
        if (to_file && body) rq.n_form = take_fields(form = strdup(body), rq.form);
        if (!to_file && body) rq.body = strdup(body);
        rq.n_body = rq.body ? strlen(rq.body) : 0;
        if (moim_serve_lane(&sv, &rq) == MOIM_LANE_JOB)
            on_job_thread(&rq);
        else
            moim_serve_handle(&sv, &rq, &an);
    }
    read_answer();
    moim_http_request_clear(&rq);
    free(form);
    free(whole);
    return an.status;
}

/* Fails unless the status is that and the body holds part (NULL: anything). */
static inline void ask(const char *method, const char *at, const char *body, int status, const char *part)
{
    int is = send_file(method, at, body, NULL);
    if (is != status || (part && !(an.body && strstr(an.body, part))))
        fail_msg("%s %s %s: %d instead of %d, %s", method, at, body ? body : "", is, status,
                 an.body ? an.body : "nothing");
}

/* The same with numbers in the path. */
#define ask_of(method, status, part, body, ...)                                                              \
    do {                                                                                                     \
        char at_[200];                                                                                       \
        snprintf(at_, sizeof at_, __VA_ARGS__);                                                              \
        ask(method, at_, body, status, part);                                                                \
    } while (0)

/* A member of the last answer: "speakers.0.name". */
static inline const cJSON *member(const char *way)
{
    const cJSON *o = got;
    char copy[200], *save = NULL;
    snprintf(copy, sizeof copy, "%s", way);
    for (char *p = strtok_r(copy, ".", &save); p && o; p = strtok_r(NULL, ".", &save))
        o = cJSON_IsArray(o) ? cJSON_GetArrayItem(o, atoi(p)) : cJSON_GetObjectItemCaseSensitive(o, p);
    if (!o) fail_msg("no %s in %s", way, an.body ? an.body : "nothing");
    return o;
}

static inline const char *text_at(const char *way)
{
    const char *text = cJSON_GetStringValue(member(way));
    return text ? text : "";
}

static inline long long number_at(const char *way)
{
    return (long long)cJSON_GetNumberValue(member(way));
}

static inline int count_at(const char *way)
{
    return cJSON_GetArraySize(*way ? member(way) : got);
}

static inline const char *header_of(const char *name)
{
    for (int i = 0; i < an.n_headers; i++)
        if (!strcasecmp(an.header[i].name, name)) return an.header[i].value;
    return "";
}

static inline void write_file(char out[96], const char *name, const char *text)
{
    snprintf(out, 96, "%s/%s", dir, name);
    FILE *f = fopen(out, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A meeting that comes in as a text; its id. */
static inline long long text_meeting(const char *text)
{
    char file[96];
    write_file(file, "talk.txt", text);
    assert_int_equal(send_file("POST", "/meetings?name=talk.txt&language=ko", NULL, file), 201);
    return number_at("id");
}

/* Its models lie in the folder, where there are none; a fetcher that fetches nothing stands beside a copy of the list. */
static inline int begin_routes(void **state)
{
    char command[600], share[64];
    moim_log_set(MOIM_LOG_ERROR);
    setup(state);
    setenv("MOIM_MODELS", dir, 1);
    snprintf(share, sizeof share, "%s/share", dir);
    snprintf(
        command, sizeof command,
        "mkdir -p %s %s/audio && cp firmware/packaging/models.manifest %s && printf '#!/bin/sh\\nexit 1\\n' >"
        "%s/models-fetch.sh && chmod +x %s/models-fetch.sh",
        share, dir, share, share, share);
    assert_int_equal(system(command), 0);
    setenv("MOIM_SHARE", share, 1);
    sv = (struct moim_serve){0};
    assert_ok(moim_serve_init(&sv, path, &err), err);
    assert_ok(moim_guard_new(&sv.guard, sv.dir, false, NULL, &err), err);
    assert_ok(moim_jobs_start(&sv.jobs, path, sv.events, 1, &err), err);
    moim_jobs_pause(sv.jobs, true);
    return 0;
}

static inline int end_routes(void **state)
{
    forget_answer();
    moim_events_end(sv.events);
    assert_true(moim_jobs_stop(sv.jobs, 60));
    moim_jobs_free(sv.jobs);
    moim_serve_clear(&sv);
    return teardown(state);
}

#endif
