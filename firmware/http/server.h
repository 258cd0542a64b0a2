/* Requests from the network to an application and its answers back, over libmicrohttpd: a fixed pool of
 * threads, limits on everything a client can make grow, and no client that can make another wait.
 *
 *     socket ──► pool thread: headers ──begin──► body to memory or to a file ──handle──► answer
 *                                                     └─ by its lane: workers that handle it, the connection
 * sleeps meanwhile; requests for the models: the job thread
 *
 * Limits: 256 connections, 128 from one address; headers within 20 s and 32 KiB; a JSON body within 30 s and
 * 1 MiB; an upload at 8 KiB a second or more; an answer that is not fetched for 60 s is given up. */
#ifndef MOIM_FIRMWARE_HTTP_SERVER_H
#define MOIM_FIRMWARE_HTTP_SERVER_H

#include "firmware/http/message.h"
#include "firmware/platform/work.h"

struct moim_http_server;

/* Which threads handle a request. Each lane but the first and the last has workers of its own, so that none
 * of them waits for one of another lane. */
enum moim_http_lane {
    MOIM_LANE_NOW,     /* the thread of the connection: never waits for anything */
    MOIM_LANE_CONTROL, /* control of the recording */
    MOIM_LANE_STORE,   /* short reads and writes of the store */
    MOIM_LANE_SLOW,    /* whole recordings: import, export, waveforms; at lower priority */
    MOIM_LANE_JOB      /* the job thread, which owns the models */
};
#define MOIM_LANES 3 /* with workers: CONTROL, STORE, SLOW */

struct moim_http_app {
    void *arg;
    /* After the headers: false if already answered. *body_max: accepted bytes of body; *to_file: the body
     * goes to a temporary file, multipart or raw. */
    bool (*begin)(void *arg, struct moim_http_request *rq, struct moim_http_answer *an, uint64_t *body_max,
                  bool *to_file);
    enum moim_http_lane (*lane)(void *arg, const struct moim_http_request *rq);
    void (*handle)(void *arg, struct moim_http_request *rq, struct moim_http_answer *an);
    /* Queues work for the job thread; false if its queue is full. */
    bool (*to_job_thread)(void *arg, const struct moim_http_request *rq, struct moim_work *w);
    /* Whether the store's disk has room for a file of so many bytes. */
    bool (*has_room)(void *arg, uint64_t bytes);
};

struct moim_http_options {
    const char *address;    /* "127.0.0.1", "::", "192.168.1.5" */
    int port;               /* 0: any free port */
    int listen_fd;          /* already bound by systemd; -1: none */
    const char *upload_dir; /* for temporary files, with a slash at the end */
    const char *key,
        *cert; /* PEM, for HTTPS alone (firmware/http/certificate.h); NULL: HTTP. Used until moim_http_stop */
};

/* Checks a connection's phase against the limits above: true if it must be closed. waited: seconds in this
 * phase; bytes: of an upload so far; used: it had a request before and may idle. */
enum moim_phase { MOIM_PHASE_HEADERS, MOIM_PHASE_BODY, MOIM_PHASE_UPLOAD, MOIM_PHASE_ANSWER };
bool moim_http_too_slow(enum moim_phase phase, double waited, uint64_t bytes, bool used);

int moim_http_start(struct moim_http_server **out, const struct moim_http_options *opt,
                    const struct moim_http_app *app, struct moim_err *err);
int moim_http_port(const struct moim_http_server *s);
/* Accepts no new connection. Call moim_events_end and let the job thread drain its queue before
 * moim_http_stop, which waits for running requests. */
void moim_http_quiesce(struct moim_http_server *s);
void moim_http_stop(struct moim_http_server *s);
/* Once a second: closes connections over their limits, as if it were `later` seconds later (0 except in
 * tests). */
void moim_http_tend(struct moim_http_server *s, double later);

#endif
