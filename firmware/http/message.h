/* A request and its answer, apart from any socket: what handlers work with, and what tests and fuzzers build
 * by hand. firmware/http/server.c brings them to and from the network.
 *
 * Strings of a request live as long as it does. An answer owns its body, its open file and its stream. */
#ifndef MOIM_FIRMWARE_HTTP_MESSAGE_H
#define MOIM_FIRMWARE_HTTP_MESSAGE_H

#include "base/status.h"
#include "base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct moim_http_route;
struct moim_event_client;

#define MOIM_HTTP_FIELDS 24
#define MOIM_HTTP_HEADERS 10
#define MOIM_HTTP_JSON_MAX (1u << 20) /* bytes of a JSON body */

struct moim_http_field {
    const char *name, *value;
};

struct moim_http_request {
    const char *method, *path; /* path is percent-decoded, without the query */
    const char *peer;          /* the client's address as text, "" when unknown */
    struct moim_http_field header[MOIM_HTTP_FIELDS], query[MOIM_HTTP_FIELDS], form[MOIM_HTTP_FIELDS];
    int n_headers, n_query, n_form;
    const struct moim_http_route *route; /* chosen by moim_serve_begin */
    int64_t id[2];                       /* the numbers in the path */
    char name[64];                       /* the word in the path */
    char *body;                          /* malloc'ed JSON text, NUL-terminated; NULL when there was none */
    size_t n_body;
    struct cJSON *json;     /* the body as an object, or NULL */
    char *upload;           /* malloc'ed path of a temporary file with the upload, or NULL */
    char upload_name[1024]; /* the client's name for it, for display only */
    uint64_t upload_bytes;
    void (*send)(struct moim_http_request *rq); /* see moim_http_send_now; NULL if unsupported */
    void *send_arg;
};

struct moim_http_answer {
    int status; /* 0: not answered yet */
    const char *type;
    char *body;        /* malloc'ed */
    const void *fixed; /* or static bytes */
    size_t n;
    int fd; /* or size bytes of an open file from offset; -1 none */
    uint64_t offset, size;
    struct moim_event_client *stream; /* or a stream of events */
    struct {
        char name[28], value[1000];
    } header[MOIM_HTTP_HEADERS];
    int n_headers;
};

#define MOIM_HTTP_ANSWER_INIT                                                                                \
    {                                                                                                        \
        .fd = -1                                                                                             \
    }

/* Sends the answer now, for a stream that the running handler feeds. From then on the server owns rq and
 * answer; the handler must not touch them. False if unsupported: the answer is sent when the handler returns. */
bool moim_http_send_now(struct moim_http_request *rq);

/* NULL if missing. Header names are case-insensitive; the first of several counts. */
const char *moim_http_header(const struct moim_http_request *rq, const char *name);
const char *moim_http_query(const struct moim_http_request *rq, const char *name);
const char *moim_http_form(const struct moim_http_request *rq, const char *name);
/* An integer of the query, fallback if missing; false after answering 400 if malformed or out of range. */
bool moim_http_query_int(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                         long long min, long long max, long long fallback, long long *value);
/* Text of the query, NULL if missing; false after answering 400 if it is not UTF-8 or longer than max
 * characters. */
bool moim_http_query_text(const struct moim_http_request *rq, struct moim_http_answer *an, const char *name,
                          int max, const char **value);

/* Parses the body as a JSON object into rq->json; an empty body is an empty object if allowed. False after
 * the error was answered. */
bool moim_http_json(struct moim_http_request *rq, struct moim_http_answer *an, bool may_be_empty);
bool moim_http_has_body(const struct moim_http_request *rq, struct moim_http_answer *an);
/* Members of rq->json. A missing one leaves *value unchanged; with need it is an error. False after answering
 * 400 if the type is wrong, the text too long (max characters), too short or not printable. */
bool moim_http_text(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key, int min,
                    int max, bool need, const char **value);
bool moim_http_int(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                   long long min, long long max, bool need, long long *value);
bool moim_http_number(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                      double min, double max, bool need, double *value);
bool moim_http_bool(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                    bool *value);
/* As moim_http_text, for one of the choices "a|b|c". */
bool moim_http_choice(const struct moim_http_request *rq, struct moim_http_answer *an, const char *key,
                      const char *choices, const char **value);

/* ---- answers ---- */

void moim_answer_json(struct moim_http_answer *an, int status, struct cJSON *json); /* deletes json */
void moim_answer_text(struct moim_http_answer *an, int status, const char *type, char *body,
                      size_t n); /* takes ownership of body */
void moim_answer_error(struct moim_http_answer *an, int status, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
/* With an ErrorCode of docs/openapi.yaml, or with 400 and the offending field, which also starts the message. */
void moim_answer_why(struct moim_http_answer *an, int status, const char *code, const char *message, ...)
    __attribute__((format(printf, 4, 5)));
void moim_answer_field(struct moim_http_answer *an, const char *field, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
void moim_answer_fail(struct moim_http_answer *an,
                      const struct moim_err *err); /* the HTTP status of a moim_status */
void moim_answer_header(struct moim_http_answer *an, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void moim_http_request_drop_upload(struct moim_http_request *rq); /* removes the temporary file */
void moim_http_request_clear(struct moim_http_request *rq);       /* body, JSON and the temporary file */
void moim_http_answer_clear(struct moim_http_answer *an);

#endif
