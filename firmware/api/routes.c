/* Dispatches a request to its handler; shared state of the handlers. */
#include "base/clock.h"
#include "firmware/api/context.h"
#include "firmware/http/repeats.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define RESERVE (512ull << 20) /* bytes that an upload must leave free for recordings */
#define STORES_KEPT 6

/* The routes of a file stand at its end; a new file gets a place here and in context.h. */
static const struct moim_http_route *const tables[] = {
    moim_routes_device,  moim_routes_edits,  moim_routes_media,     moim_routes_meetings,
    moim_routes_minutes, moim_routes_openai, moim_routes_questions, moim_routes_recording,
    moim_routes_redact,  moim_routes_search, moim_routes_settings,  moim_routes_setup,
    moim_routes_tasks,   moim_routes_trash,  moim_routes_voices,    moim_routes_templates,
    moim_routes_share,
};

/* ---- finding the route ---- */

static bool take_number(const char *s, size_t n, int64_t *value)
{
    if (n == 0 || n > 18 || s[0] == '0') return false;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        *value = *value * 10 + (s[i] - '0');
    }
    return true;
}

static bool take_word(const char *s, size_t n, char out[64])
{
    if (n == 0 || n >= 64) return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", s[i]) || !s[i])
            return false;
    memcpy(out, s, n);
    out[n] = 0;
    return true;
}

static bool matches(const char *pattern, const char *path, struct moim_http_request *rq)
{
    int ids = 0;
    while (*pattern && *path) {
        size_t p = strcspn(pattern, "/"), n = strcspn(path, "/");
        bool ok = p == 1 && *pattern == '#'   ? take_number(path, n, &rq->id[ids++])
                  : p == 1 && *pattern == '*' ? take_word(path, n, rq->name)
                                              : p == n && !memcmp(pattern, path, n);
        if (!ok || (pattern[p] == '/') != (path[n] == '/')) return false;
        pattern += p + (pattern[p] == '/');
        path += n + (path[n] == '/');
        if (!*path && path[-1] == '/') return false;
    }
    return !*pattern && !*path;
}

static bool is_api(const char *path)
{
    return !strncmp(path, "/api/", 5) || !strncmp(path, "/v1/", 4) || !strcmp(path, "/api") ||
           !strcmp(path, "/v1");
}

/* NULL if no route matches; allowed lists the methods of routes that match the path. */
static const struct moim_http_route *find(struct moim_http_request *rq, char allowed[64])
{
    const char *method = !strcmp(rq->method, "HEAD") ? "GET" : rq->method;
    *allowed = 0;
    if (rq->path[0] != '/') return NULL;
    if (!is_api(rq->path)) {
        snprintf(allowed, 64, "GET, HEAD");
        return strcmp(method, "GET") ? NULL : &moim_route_page;
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct moim_http_route *r = tables[i]; r->method; r++) {
            if (!matches(r->pattern, rq->path + 1, rq)) continue;
            if (!strcmp(r->method, method)) return r;
            size_t n = strlen(allowed);
            snprintf(allowed + n, 64 - n, "%s%s", n ? ", " : "", r->method);
        }
    return NULL;
}

bool moim_serve_begin(void *arg, struct moim_http_request *rq, struct moim_http_answer *an,
                      uint64_t *body_max, bool *to_file)
{
    struct moim_serve *sv = arg;
    char allowed[64];
    const struct moim_http_route *r = find(rq, allowed);
    rq->route = r;
    *to_file = r && r->flags & MOIM_ROUTE_FILE;
    *body_max = !r ? 0 : *to_file ? sv->max_upload : r->flags & MOIM_ROUTE_JSON ? MOIM_HTTP_JSON_MAX : 0;
    /* Check access before existence: unauthorised clients must not learn which paths exist. */
    if (!moim_guard_admits(sv->guard, rq, r && r->flags & MOIM_ROUTE_OPEN, r && r->flags & MOIM_ROUTE_PAGE,
                           an))
        return false;
    if (r) return true;
    if (*allowed) {
        moim_answer_error(an, 405, "%s is not allowed for %s; allowed: %s", rq->method, rq->path, allowed);
        moim_answer_header(an, "Allow", "%s", allowed);
    } else {
        moim_answer_error(an, 404, "no such path");
    }
    return false;
}

enum moim_http_lane moim_serve_lane(void *sv, const struct moim_http_request *rq)
{
    (void)sv;
    int f = rq->route->flags;
    return f & MOIM_ROUTE_CONTROL  ? MOIM_LANE_CONTROL
           : f & MOIM_ROUTE_STORE  ? MOIM_LANE_STORE
           : f & MOIM_ROUTE_MODELS ? MOIM_LANE_JOB
           : f & MOIM_ROUTE_SLOW   ? MOIM_LANE_SLOW
                                   : MOIM_LANE_NOW;
}

void moim_serve_handle(void *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    if (rq->route->flags & MOIM_ROUTE_JSON && !moim_http_json(rq, an, true)) return;
    struct moim_serve *serve = sv;
    struct moim_repeat *repeat = NULL;
    /* Not for pairing, which issues a token once. Nor for model queries: they change nothing, and a stream
     * outlives its request (moim_http_send_now). */
    bool counted = !(rq->route->flags & (MOIM_ROUTE_OPEN | MOIM_ROUTE_MODELS));
    if (counted && !moim_repeats_begin(serve->repeats, rq, an, &repeat)) return;
    rq->route->handle(sv, rq, an);
    if (repeat) moim_repeats_end(serve->repeats, repeat, an);
}

bool moim_serve_to_job_thread(void *arg, const struct moim_http_request *rq, struct moim_work *w)
{
    struct moim_serve *sv = arg;
    const char *kind = rq->route->flags & MOIM_ROUTE_FILE ? "transcription"
                       : strstr(rq->path, "/speakers/")   ? "speakers"
                                                          : "ask";
    return moim_jobs_call(sv->jobs, kind, w);
}

bool moim_serve_has_room(void *arg, uint64_t bytes)
{
    struct moim_serve *sv = arg;
    struct statvfs fs;
    if (statvfs(sv->dir, &fs)) return false;
    /* Twice: the upload and its FLAC exist at the same time for a moment. */
    return (uint64_t)fs.f_bavail * fs.f_frsize > RESERVE + 2 * bytes;
}

/* ---- store handles ---- */

struct moim_stores {
    pthread_mutex_t lock;
    struct moim_store *idle[STORES_KEPT];
    int n;
};

int moim_serve_init(struct moim_serve *sv, const char *db, struct moim_err *err)
{
    const char *slash = strrchr(db, '/');
    sv->db = db;
    snprintf(sv->dir, sizeof sv->dir, "%.*s", slash ? (int)(slash - db + 1) : 2, slash ? db : "./");
    sv->started = moim_monotonic();
    if (!sv->max_upload) sv->max_upload = 2ull << 30;
    sv->stores = calloc(1, sizeof *sv->stores);
    sv->events = moim_events_new();
    sv->peaks = moim_peaks_new();
    sv->fetches = moim_fetches_new();
    sv->finder = moim_finder_new();
    sv->setup = moim_setup_new();
    sv->repeats = moim_repeats_new();
    if (!sv->stores || !sv->events || !sv->peaks || !sv->fetches || !sv->finder || !sv->setup || !sv->repeats)
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    pthread_mutex_init(&sv->stores->lock, NULL);
    return MOIM_OK;
}

void moim_serve_clear(struct moim_serve *sv)
{
    for (int i = 0; sv->stores && i < sv->stores->n; i++) moim_store_close(sv->stores->idle[i]);
    if (sv->stores) pthread_mutex_destroy(&sv->stores->lock);
    free(sv->stores);
    moim_events_free(sv->events);
    moim_peaks_free(sv->peaks);
    moim_fetches_free(sv->fetches);
    moim_finder_free(sv->finder);
    moim_setup_free(sv->setup);
    moim_repeats_free(sv->repeats);
    moim_guard_free(sv->guard);
}

struct moim_store *moim_serve_store(struct moim_serve *sv, struct moim_http_answer *an)
{
    struct moim_store *s = NULL;
    struct moim_err err;
    pthread_mutex_lock(&sv->stores->lock);
    if (sv->stores->n) s = sv->stores->idle[--sv->stores->n];
    pthread_mutex_unlock(&sv->stores->lock);
    if (!s && moim_store_open(&s, sv->db, &err)) moim_answer_fail(an, &err);
    return s;
}

void moim_serve_store_back(struct moim_serve *sv, struct moim_store *s)
{
    pthread_mutex_lock(&sv->stores->lock);
    bool kept = sv->stores->n < STORES_KEPT && !moim_store_hindered(s);
    if (kept) sv->stores->idle[sv->stores->n++] = s;
    pthread_mutex_unlock(&sv->stores->lock);
    if (!kept) moim_store_close(s);
}
