#include "firmware/http/server_int.h"

#include "base/clock.h"
#include "firmware/platform/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 256
#define PER_ADDRESS 128
#define POOL 4
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define HEADER_MEMORY (32 * 1024)
#define IDLE_SECONDS 60
#define HEADER_SECONDS 20
#define BODY_SECONDS 30
#define UPLOAD_RATE 8192

/* ---- what the request says ---- */

/* Only the headers that handlers read are kept: a client cannot displace them with others. */
static enum MHD_Result keep_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    static const char *const known[] = {
        "Host",          "Origin",   "Sec-Fetch-Site",  "Sec-Fetch-Mode",  "Authorization",
        "Cookie",        "X-Moim",   "Content-Type",    "Content-Length",  "Range",
        "If-None-Match", "If-Match", "Accept-Encoding", "Idempotency-Key", "X-Moim-Passphrase"};
    struct moim_http_request *rq = arg;
    (void)kind;
    for (size_t i = 0; i < sizeof known / sizeof *known && rq->n_headers < MOIM_HTTP_FIELDS; i++)
        if (!strcasecmp(known[i], name))
            rq->header[rq->n_headers++] = (struct moim_http_field){name, value ? value : ""};
    return MHD_YES;
}

static enum MHD_Result keep_query(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct moim_http_request *rq = arg;
    (void)kind;
    if (rq->n_query == MOIM_HTTP_FIELDS) return MHD_NO;
    rq->query[rq->n_query++] = (struct moim_http_field){name, value ? value : ""};
    return MHD_YES;
}

static void peer_name(struct MHD_Connection *c, char out[64])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    *out = 0;
    if (a && a->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, 64);
    if (a && a->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out, 64);
}

/* ---- connections, and who is too slow ---- */

static struct moim_connection *connection_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void enter(struct moim_http_server *s, struct moim_connection *k, enum moim_phase phase)
{
    if (!k) return;
    pthread_mutex_lock(&s->lock);
    k->phase = phase;
    k->since = moim_monotonic();
    k->bytes = 0;
    pthread_mutex_unlock(&s->lock);
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct moim_http_server *s = arg;
    pthread_mutex_lock(&s->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct moim_connection *k = calloc(1, sizeof *k);
        if (k && info) {
            *k = (struct moim_connection){
                .fd = info->connect_fd, .since = moim_monotonic(), .next = s->connections};
            s->connections = k;
        }
        *context = k;
    } else if (*context) {
        struct moim_connection **p = &s->connections;
        while (*p && *p != *context) p = &(*p)->next;
        if (*p) *p = (*p)->next;
        free(*context);
        *context = NULL;
    }
    pthread_mutex_unlock(&s->lock);
}

bool moim_http_too_slow(enum moim_phase phase, double waited, uint64_t bytes, bool used)
{
    switch (phase) {
    case MOIM_PHASE_HEADERS: return waited > HEADER_SECONDS + (used ? IDLE_SECONDS : 0);
    case MOIM_PHASE_BODY: return waited > BODY_SECONDS;
    case MOIM_PHASE_UPLOAD:
        return waited > BODY_SECONDS && (double)bytes < (waited - BODY_SECONDS) * UPLOAD_RATE;
    case MOIM_PHASE_ANSWER: break; /* bounded by us; MHD times out clients that do not read */
    }
    return false;
}

/* shutdown(), not close(): MHD owns the descriptor, which stays valid while we hold the lock, because MHD
 * closes it only after on_connection has returned. */
void moim_http_tend(struct moim_http_server *s, double later)
{
    double t = moim_monotonic() + later;
    pthread_mutex_lock(&s->lock);
    for (struct moim_connection *k = s->connections; k; k = k->next) {
        if (moim_http_too_slow(k->phase, t - k->since, k->bytes, k->used)) shutdown(k->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- lanes ---- */

static void *worker(void *arg)
{
    struct moim_lane *l = arg;
    /* On Linux a thread has its own nice value: decoding ten hours must not delay a bookmark. */
    if (l->patient) setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (!l->work && !l->stopping) pthread_cond_wait(&l->work_queued, &l->lock);
        struct moim_work *w = l->work;
        if (!w) break;
        l->work = w->next;
        if (!l->work) l->work_end = &l->work;
        pthread_mutex_unlock(&l->lock);
        w->run(w);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void to_worker(struct moim_lane *l, struct moim_work *w)
{
    w->next = NULL;
    pthread_mutex_lock(&l->lock);
    *l->work_end = w;
    l->work_end = &w->next;
    pthread_cond_signal(&l->work_queued);
    pthread_mutex_unlock(&l->lock);
}

static int start_lane(struct moim_lane *l, bool patient, struct moim_err *err)
{
    l->work_end = &l->work;
    l->patient = patient;
    for (; l->n_workers < MOIM_WORKERS; l->n_workers++)
        if (pthread_create(&l->worker[l->n_workers], NULL, worker, l))
            return moim_fail(err, MOIM_ENOMEM, "cannot start a thread");
    return MOIM_OK;
}

static void stop_lane(struct moim_lane *l)
{
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_broadcast(&l->work_queued);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->n_workers; i++) pthread_join(l->worker[i], NULL);
    pthread_cond_destroy(&l->work_queued);
    pthread_mutex_destroy(&l->lock);
}

static void handle(struct moim_exchange *x)
{
    x->server->app.handle(x->server->app.arg, &x->rq, &x->an);
    if (!x->an.status) moim_answer_error(&x->an, 500, "the handler gave no answer");
}

/* A worker's view of an exchange that may end while its handler is still running. */
struct handling {
    struct moim_exchange *x;
    bool sent;
};

static void send_now(struct moim_http_request *rq)
{
    struct handling *h = rq->send_arg;
    h->sent = true;
    rq->send = NULL;
    MHD_resume_connection(h->x->mhd); /* x may be freed from here on */
}

static void handle_and_wake(struct moim_work *w)
{
    struct moim_exchange *x =
        (struct moim_exchange *)(void *)((char *)w - offsetof(struct moim_exchange, work));
    struct handling h = {x, false};
    x->rq.send = send_now;
    x->rq.send_arg = &h;
    x->server->app.handle(x->server->app.arg, &x->rq, &x->an);
    if (h.sent) return;
    if (!x->an.status) moim_answer_error(&x->an, 500, "the handler gave no answer");
    x->rq.send = NULL;
    MHD_resume_connection(x->mhd); /* x may be freed from here on */
}

static enum MHD_Result dispatch(struct moim_exchange *x)
{
    struct moim_http_server *s = x->server;
    enum moim_http_lane lane = s->app.lane(s->app.arg, &x->rq);
    enter(s, connection_of(x->mhd), MOIM_PHASE_ANSWER);
    x->handled = true;
    if (lane == MOIM_LANE_NOW) {
        handle(x);
        return moim_exchange_answer(x);
    }
    x->work.run = handle_and_wake;
    MHD_suspend_connection(x->mhd);
    if (lane != MOIM_LANE_JOB) {
        to_worker(&s->lane[lane - MOIM_LANE_CONTROL], &x->work);
    } else if (!s->app.to_job_thread(s->app.arg, &x->rq, &x->work)) {
        moim_answer_error(&x->an, 503, "too many requests are waiting; try again later");
        moim_answer_header(&x->an, "Retry-After", "30");
        MHD_resume_connection(x->mhd);
    }
    return MHD_YES;
}

/* ---- the life of a request ---- */

static struct moim_exchange *new_exchange(struct moim_http_server *s, struct MHD_Connection *c,
                                          const char *url, const char *method)
{
    struct moim_exchange *x = calloc(1, sizeof *x);
    if (!x) return NULL;
    x->server = s;
    x->mhd = c;
    x->an.fd = x->upload_fd = -1;
    x->rq.method = method;
    x->rq.path = url;
    peer_name(c, x->peer);
    x->rq.peer = x->peer;
    MHD_get_connection_values(c, MHD_HEADER_KIND, keep_header, &x->rq);
    if (MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, keep_query, &x->rq) > MOIM_HTTP_FIELDS)
        moim_answer_error(&x->an, 400, "too many parameters");
    return x;
}

static enum MHD_Result begin(struct moim_exchange *x)
{
    struct moim_http_server *s = x->server;
    struct moim_connection *k = connection_of(x->mhd);
    bool go_on = !x->an.status && s->app.begin(s->app.arg, &x->rq, &x->an, &x->body_max, &x->to_file);
    if (go_on) {
        const char *length = moim_http_header(&x->rq, "Content-Length");
        go_on = moim_exchange_may_send(x, length ? strtoull(length, NULL, 10) : 0);
    }
    pthread_mutex_lock(&s->lock);
    if (k) k->used = true;
    pthread_mutex_unlock(&s->lock);
    enter(s, k, !go_on ? MOIM_PHASE_ANSWER : x->to_file ? MOIM_PHASE_UPLOAD : MOIM_PHASE_BODY);
    if (go_on) return MHD_YES;
    x->handled = true;
    /* The body is not read: the connection ends after this answer. */
    moim_answer_header(&x->an, "Connection", "close");
    return moim_exchange_answer(x);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **context)
{
    struct moim_http_server *s = arg;
    struct moim_exchange *x = *context;
    (void)version;
    if (!x) {
        *context = x = new_exchange(s, c, url, method);
        return x ? begin(x) : MHD_NO;
    }
    if (*size) {
        struct moim_connection *k = connection_of(c);
        pthread_mutex_lock(&s->lock);
        if (k) k->bytes += *size;
        pthread_mutex_unlock(&s->lock);
        /* A bad body is answered after it was read: clients miss an answer that comes earlier. */
        moim_exchange_body(x, data, *size);
        *size = 0;
        return x->body_bytes > x->body_max + MOIM_BODY_SLACK ? MHD_NO : MHD_YES;
    }
    if (!x->handled) {
        if (moim_exchange_body_end(x)) return dispatch(x);
        x->handled = true;
    }
    return moim_exchange_answer(x);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct moim_exchange *x = *context;
    (void)why;
    *context = NULL;
    if (x) moim_exchange_free(x);
    enter(arg, connection_of(c), MOIM_PHASE_HEADERS);
}

static void mhd_log(void *arg, const char *format, va_list ap)
{
    char text[300];
    (void)arg;
    vsnprintf(text, sizeof text, format, ap);
    text[strcspn(text, "\r\n")] = 0;
    moim_log(MOIM_LOG_DEBUG, "http: %s", text);
}

/* ---- start and stop ---- */

static int open_socket(const struct moim_http_options *opt, int *fd, struct moim_err *err)
{
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)opt->port)};
    struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt->port)};
    bool six = strchr(opt->address, ':') != NULL;
    if (inet_pton(six ? AF_INET6 : AF_INET, opt->address,
                  six ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr) != 1)
        return moim_fail(err, MOIM_EINVAL, "%s: not an address to listen on", opt->address);
    int one = 1, zero = 0;
    *fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0) return moim_fail_errno(err, "socket");
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (six) setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    int bad =
        six ? bind(*fd, (struct sockaddr *)&a6, sizeof a6) : bind(*fd, (struct sockaddr *)&a4, sizeof a4);
    if (!bad && !listen(*fd, 128)) return MOIM_OK;
    int rc = errno == EADDRINUSE
                 ? moim_fail(err, MOIM_ESTATE, "%s port %d is in use; choose another with --port",
                             opt->address, opt->port)
                 : moim_fail_errno(err, "%s port %d", opt->address, opt->port);
    close(*fd);
    *fd = -1;
    return rc;
}

static void find_port(struct moim_http_server *s)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.v6 = {0}};
    socklen_t n = sizeof a;
    if (getsockname(s->listen_fd, &a.any, &n)) return;
    s->port = ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

static int start_daemon(struct moim_http_server *s, const struct moim_http_options *opt, struct moim_err *err)
{
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)opt->key},
                                   {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)opt->cert},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
                                   {MHD_OPTION_END, 0, NULL}};
    if (opt->key && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return moim_fail(err, MOIM_EUNSUP, "this libmicrohttpd was built without HTTPS");
    s->mhd = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            (opt->key ? MHD_USE_TLS : 0),
        0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        s->listen_fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)POOL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_THREAD_STACK_SIZE, (size_t)(512 * 1024),
        MHD_OPTION_ARRAY, opt->key ? tls : tls + 3, MHD_OPTION_END);
    return s->mhd ? MOIM_OK : moim_fail(err, MOIM_EUNSUP, "the web server cannot start: %s", strerror(errno));
}

int moim_http_start(struct moim_http_server **out, const struct moim_http_options *opt,
                    const struct moim_http_app *app, struct moim_err *err)
{
    *out = NULL;
    struct moim_http_server *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    s->app = *app;
    s->listen_fd = opt->listen_fd;
    snprintf(s->upload_dir, sizeof s->upload_dir, "%s", opt->upload_dir);
    pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < MOIM_LANES; i++) {
        pthread_mutex_init(&s->lane[i].lock, NULL);
        pthread_cond_init(&s->lane[i].work_queued, NULL);
    }
    int rc = s->listen_fd >= 0 ? MOIM_OK : open_socket(opt, &s->listen_fd, err);
    if (!rc) find_port(s);
    for (int i = 0; !rc && i < MOIM_LANES; i++)
        rc = start_lane(&s->lane[i], MOIM_LANE_CONTROL + i == MOIM_LANE_SLOW, err);
    if (!rc) rc = start_daemon(s, opt, err);
    if (rc) {
        moim_http_stop(s);
        return rc;
    }
    *out = s;
    return MOIM_OK;
}

int moim_http_port(const struct moim_http_server *s)
{
    return s->port;
}

void moim_http_quiesce(struct moim_http_server *s)
{
    if (s->mhd && !s->quiet) MHD_quiesce_daemon(s->mhd);
    s->quiet = true;
}

void moim_http_stop(struct moim_http_server *s)
{
    if (!s) return;
    if (s->mhd) moim_http_quiesce(s);
    for (int i = 0; i < MOIM_LANES; i++) stop_lane(&s->lane[i]);
    if (s->mhd) MHD_stop_daemon(s->mhd);
    if (s->listen_fd >= 0) close(s->listen_fd);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
