/* Which handler a request belongs to, and who may ask. */
#include "firmware/fleet/page.h"
#include "firmware/api/web_files.h"
#include "firmware/pipeline/transcribe.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MOST (64u << 10)

static const struct route {
    const char *method, *path; /* a path that ends in a slash has a number behind it */
    moim_page_handler *handle;
    enum moim_http_lane
        lane; /* reading (CONTROL), searching (STORE) and asking (SLOW) do not wait for each other */
} routes[] = {
    {"GET", "/api/v1/me", moim_page_me, MOIM_LANE_CONTROL},
    {"POST", "/api/v1/session", moim_page_sign_in, MOIM_LANE_CONTROL},
    {"DELETE", "/api/v1/session", moim_page_sign_out, MOIM_LANE_CONTROL},
    {"GET", "/api/v1/filters", moim_page_filters, MOIM_LANE_CONTROL},
    {"GET", "/api/v1/meetings", moim_page_meetings, MOIM_LANE_CONTROL},
    {"GET", "/api/v1/meetings/", moim_page_meeting, MOIM_LANE_CONTROL},
    {"GET", "/api/v1/search", moim_page_search, MOIM_LANE_STORE},
    {"POST", "/api/v1/ask", moim_page_ask, MOIM_LANE_SLOW},
};

int moim_page_init(struct moim_page *p, const char *database, const char *names, struct moim_err *err)
{
    pthread_mutex_init(&p->meaning, NULL);
    pthread_mutex_init(&p->asking, NULL);
    /* Nobody is paired with it: the guard looks at hosts, origins and wrong tries. */
    int rc = moim_guard_new(&p->guard, "", false, names, err);
    return rc ? rc : moim_sessions_new(&p->sessions, database, err);
}

void moim_page_clear(struct moim_page *p)
{
    moim_sessions_free(p->sessions);
    moim_guard_free(p->guard);
    moim_engine_free(p->engine);
    pthread_mutex_destroy(&p->meaning);
    pthread_mutex_destroy(&p->asking);
}

static bool is_api(const char *path)
{
    return !strncmp(path, "/api/", 5) || !strcmp(path, "/api");
}

/* The number at the end of a path, as the database counts meetings. */
static bool take_number(const char *text, int64_t *n)
{
    size_t length = strlen(text);
    if (!length || length > 18 || strspn(text, "0123456789") != length || *text == '0') return false;
    *n = strtoll(text, NULL, 10);
    return true;
}

/* NULL if there is none; *elsewhere: the path has another method. */
static const struct route *find(const struct moim_http_request *rq, int64_t *number, bool *elsewhere)
{
    const char *method = !strcmp(rq->method, "HEAD") ? "GET" : rq->method;
    *elsewhere = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *r = &routes[i];
        size_t n = strlen(r->path);
        bool numbered = r->path[n - 1] == '/';
        if (numbered ? strncmp(rq->path, r->path, n) || !take_number(rq->path + n, number)
                     : strcmp(rq->path, r->path) != 0)
            continue;
        if (!strcmp(r->method, method)) return r;
        *elsewhere = true;
    }
    return NULL;
}

static void answer_file(const struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *path = rq->path[1] ? rq->path + 1 : "index.html";
    if (!moim_web_answer(moim_fleet_files, path, rq, an) && !moim_web_answer(moim_web_files, path, rq, an))
        moim_answer_error(an, 404, "no such path");
}

bool moim_page_begin(void *arg, struct moim_http_request *rq, struct moim_http_answer *an, uint64_t *body_max,
                     bool *to_file)
{
    struct moim_page *p = arg;
    bool elsewhere, file = !is_api(rq->path);
    bool reads = !strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD");
    *to_file = false;
    *body_max = reads ? 0 : BODY_MOST;
    if (!moim_guard_admits(p->guard, rq, true, file, an)) return false;
    const struct route *r = file ? NULL : find(rq, &rq->id[0], &elsewhere);
    if (file ? reads && rq->path[0] == '/' : r != NULL) return true;
    if (file || elsewhere)
        moim_answer_error(an, 405, "not this method");
    else
        moim_answer_error(an, 404, "no such path");
    return false;
}

enum moim_http_lane moim_page_lane(void *arg, const struct moim_http_request *rq)
{
    int64_t number;
    bool elsewhere;
    (void)arg;
    const struct route *r = is_api(rq->path) ? find(rq, &number, &elsewhere) : NULL;
    return r ? r->lane : MOIM_LANE_NOW;
}

void moim_page_handle(void *arg, struct moim_http_request *rq, struct moim_http_answer *an)
{
    bool elsewhere;
    const struct route *r = is_api(rq->path) ? find(rq, &rq->id[0], &elsewhere) : NULL;
    if (r)
        r->handle(arg, rq, an);
    else
        answer_file(rq, an);
}

const char *moim_page_session(const struct moim_http_request *rq, char id[MOIM_SESSION_ID + 1])
{
    static const char name[] = "moim_fleet=";
    const char *c = moim_http_header(rq, "Cookie");
    *id = 0;
    while (c && *c) {
        c += strspn(c, " ;");
        size_t n = strcspn(c, ";");
        if (n == strlen(name) + MOIM_SESSION_ID && !strncmp(c, name, strlen(name))) {
            memcpy(id, c + strlen(name), MOIM_SESSION_ID);
            id[MOIM_SESSION_ID] = 0;
            return id;
        }
        c += n;
    }
    return id;
}

bool moim_page_as_reader(struct moim_page *p, const struct moim_http_request *rq, struct moim_http_answer *an,
                         moim_page_work *work, void *arg)
{
    char id[MOIM_SESSION_ID + 1];
    struct moim_session *session;
    struct moim_err err = {0};
    PGconn *pg;
    int rc;
    moim_page_session(rq, id);
    /* A kept connection may have died since: the database was restarted, or the person revoked. */
    for (int attempt = 0; attempt < 2; attempt++) {
        rc = moim_sessions_take(p->sessions, id, attempt > 0, &session, &pg, &err);
        if (rc == MOIM_EACCES) {
            moim_answer_why(an, 401, "not_signed_in", "sign in first");
            return false;
        }
        if (rc) break;
        rc = work(arg, pg, &err);
        moim_sessions_give(p->sessions, session);
        if (rc != MOIM_EIO) break;
    }
    if (!rc) return true;
    if (rc == MOIM_EIO)
        moim_answer_why(an, 503, "database", "the database cannot be asked now");
    else if (rc == MOIM_EACCES)
        moim_answer_why(an, 403, "forbidden", "not allowed");
    else
        moim_answer_fail(an, &err);
    return false;
}
