/* Any bytes as a request to the daemon's handlers: method and path in the first line, headers, an empty line,
 * the body; as JSON and, where its type says so, as multipart in pieces. No network, no microphone, no
 * models. */
#include "firmware/api/context.h"
#include "firmware/http/multipart.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct moim_serve sv;

static int swallow(void *arg, const char *bytes, size_t n, struct moim_err *err)
{
    (void)bytes;
    (void)err;
    *(size_t *)arg += n;
    return MOIM_OK;
}

/* A store with one meeting in it, made once. */
static void start(void)
{
    static char dir[] = "/tmp/moim-fuzz-XXXXXX", db[64];
    struct moim_err err;
    struct moim_store *s;
    int64_t id;
    if (sv.db) return;
    if (!mkdtemp(dir)) abort();
    snprintf(db, sizeof db, "%s/moim.db", dir);
    struct moim_meeting m = {.title = "t", .started_at = 1, .language = "ko", .audio = "", .source = ""};
    struct moim_segment g = {
        .start = 0, .end = 1, .speaker = 1, .text = "wisdom 예산", .first_pass = "", .language = "ko"};
    if (moim_store_open(&s, db, &err) || moim_meeting_add(s, &m, &id, &err) ||
        moim_segments_put(s, id, &g, 1, "ko", MOIM_SUMMARIZED, &err))
        abort();
    moim_store_close(s);
    if (moim_serve_init(&sv, db, &err) || moim_guard_new(&sv.guard, sv.dir, false, "", &err)) abort();
}

static char *take_line(char **p)
{
    char *line = *p, *end = strchr(line, '\n');
    *p = end ? end + 1 : line + strlen(line);
    if (end) *end = 0;
    return line;
}

static void parse_query(struct moim_http_request *rq, char *q)
{
    char *save = NULL;
    for (char *p = strtok_r(q, "&", &save); p && rq->n_query < MOIM_HTTP_FIELDS;
         p = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(p, '=');
        if (eq) *eq = 0;
        rq->query[rq->n_query++] = (struct moim_http_field){p, eq ? eq + 1 : ""};
    }
}

static void parse_multipart(struct moim_http_request *rq, const char *body, size_t n)
{
    struct moim_multipart *m;
    struct moim_err err;
    size_t got = 0, piece = n ? 1 + (unsigned char)body[n - 1] : 1;
    const char *type = moim_http_header(rq, "Content-Type");
    if (!type || moim_multipart_new(&m, type, (struct moim_multipart_sink){swallow, &got}, &err)) return;
    int rc = MOIM_OK;
    for (size_t at = 0; !rc && at < n; at += piece)
        rc = moim_multipart_push(m, body + at, n - at < piece ? n - at : piece, &err);
    moim_multipart_end(m, &err);
    moim_multipart_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moim_http_request rq = {.peer = "127.0.0.1"};
    struct moim_http_answer an = MOIM_HTTP_ANSWER_INIT;
    uint64_t most;
    bool to_file;
    start();
    char *copy = malloc(size + 1), *p = copy;
    memcpy(copy, data, size);
    copy[size] = 0;
    char *first = take_line(&p), *path = strchr(first, ' ');
    if (path) *path++ = 0;
    rq.method = first;
    rq.path = path ? path : "/";
    char *q = path ? strchr(path, '?') : NULL;
    if (q) {
        *q++ = 0;
        parse_query(&rq, q);
    }
    while (*p && *p != '\n' && rq.n_headers < MOIM_HTTP_FIELDS - 2) {
        char *line = take_line(&p), *colon = strchr(line, ':');
        if (colon) *colon++ = 0;
        rq.header[rq.n_headers++] = (struct moim_http_field){line, colon ? colon + strspn(colon, " ") : ""};
    }
    rq.header[rq.n_headers++] = (struct moim_http_field){"Host", "localhost"};
    rq.header[rq.n_headers++] = (struct moim_http_field){"X-Moim", "1"};
    size_t left = size - (size_t)(p - copy);
    parse_multipart(&rq, p, left);
    /* Fetching would start a program; importing wants a file: both have tests of their own. */
    if (!strstr(rq.path, "/fetch") && moim_serve_begin(&sv, &rq, &an, &most, &to_file) && !to_file) {
        rq.body = malloc(left + 1);
        memcpy(rq.body, p, left);
        rq.body[left] = 0;
        rq.n_body = left;
        moim_serve_handle(&sv, &rq, &an);
        if (!an.status) abort();
    }
    moim_http_request_clear(&rq);
    moim_http_answer_clear(&an);
    free(copy);
    return 0;
}
