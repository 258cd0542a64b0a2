#include "firmware/http/access_control.h"
#include "base/clock.h"
#include "firmware/http/pairing.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define PEERS 256     /* addresses whose failures are counted */
#define TRIES 5       /* failures before the address is locked out */
#define LOCK_FIRST 60 /* seconds; doubled with every further failure */
#define LOCK_MOST 3600
#define FORGET 900   /* seconds without failure after which the count resets */
#define ALL_TRIES 40 /* failures of all addresses in a minute */

struct peer {
    char address[48];
    int failures;
    time_t last, until;
};

struct moim_guard {
    bool required, secure;
    char names[512];
    struct moim_pairing pairing;
    pthread_mutex_t lock; /* what follows */
    struct peer peer[PEERS];
    int all_failures;
    time_t all_since;
};

int moim_guard_new(struct moim_guard **out, const char *dir, bool required, const char *names,
                   struct moim_err *err)
{
    *out = NULL;
    struct moim_guard *g = calloc(1, sizeof *g);
    if (!g) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    g->required = required;
    snprintf(g->names, sizeof g->names, "localhost %.200s %s", host, names ? names : "");
    pthread_mutex_init(&g->lock, NULL);
    int rc = moim_pairing_open(&g->pairing, dir, required, err);
    if (rc) {
        moim_guard_free(g);
        return rc;
    }
    *out = g;
    return MOIM_OK;
}

void moim_guard_free(struct moim_guard *g)
{
    if (!g) return;
    moim_pairing_close(&g->pairing);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

bool moim_guard_required(const struct moim_guard *g)
{
    return g->required;
}

void moim_guard_set_secure(struct moim_guard *g)
{
    g->secure = true;
}

/* ---- whose server the client thinks it talks to ---- */

static bool all_of(const char *s, size_t n, const char *set)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(set, s[i]) || !s[i]) return false;
    return n > 0;
}

/* A host name that resolves to us may be foreign (DNS rebinding); an address cannot be. */
static bool is_address(const char *s, size_t n)
{
    if (n > 2 && s[0] == '[' && s[n - 1] == ']') return all_of(s + 1, n - 2, "0123456789abcdefABCDEF:.");
    return all_of(s, n, "0123456789.");
}

static bool is_ours(const struct moim_guard *g, const char *s, size_t n)
{
    if (n > 6 && !strncasecmp(s + n - 6, ".local", 6) && is_ours(g, s, n - 6)) return true;
    for (const char *p = g->names; *p;) {
        size_t len = strcspn(p, " ");
        if (len == n && len && !strncasecmp(p, s, n)) return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

static bool host_ok(const struct moim_guard *g, const char *host)
{
    if (!host) return false;
    size_t n = strlen(host);
    const char *colon = strrchr(host, ':'), *bracket = strrchr(host, ']');
    if (colon && (!bracket || colon > bracket)) {
        n = (size_t)(colon - host);
        if (!all_of(colon + 1, strlen(colon + 1), "0123456789") || strlen(colon + 1) > 5) return false;
    }
    return is_address(host, n) || is_ours(g, host, n);
}

/* Browsers mark requests from pages of other sites. */
static bool same_site(const struct moim_http_request *rq, bool page)
{
    const char *site = moim_http_header(rq, "Sec-Fetch-Site"), *origin = moim_http_header(rq, "Origin");
    const char *host = moim_http_header(rq, "Host"), *mode = moim_http_header(rq, "Sec-Fetch-Mode");
    if (site && strcmp(site, "same-origin") && strcmp(site, "none"))
        return page && mode && !strcmp(mode, "navigate");
    if (!origin) return true;
    if (strncmp(origin, "http://", 7) && strncmp(origin, "https://", 8)) return false;
    return host && !strcasecmp(strchr(origin, ':') + 3, host);
}

/* ---- failures ---- */

/* An IPv6 host owns a whole /64. */
static void peer_key(const char *address, char key[48])
{
    snprintf(key, 48, "%s", address);
    int groups = 0;
    if (!strchr(key, ':') || strchr(key, '.')) return;
    for (char *c = key; *c; c++)
        if (*c == ':' && ++groups == 4) *c = 0;
}

/* Caller holds the lock. The peer's entry; a new peer replaces the oldest. */
static struct peer *peer_of(struct moim_guard *g, const char *address)
{
    char key[48];
    peer_key(address, key);
    struct peer *oldest = &g->peer[0];
    for (int i = 0; i < PEERS; i++) {
        if (!strcmp(g->peer[i].address, key)) return &g->peer[i];
        if (g->peer[i].last < oldest->last) oldest = &g->peer[i];
    }
    memset(oldest, 0, sizeof *oldest);
    snprintf(oldest->address, sizeof oldest->address, "%s", key);
    return oldest;
}

static long locked_for(struct moim_guard *g, const char *address)
{
    pthread_mutex_lock(&g->lock);
    time_t t = (time_t)moim_monotonic();
    long left = 0;
    char key[48];
    peer_key(address, key);
    for (int i = 0; i < PEERS; i++)
        if (g->peer[i].until > t && !strcmp(g->peer[i].address, key)) left = (long)(g->peer[i].until - t);
    if (!left && g->all_failures >= ALL_TRIES && t - g->all_since < 60) left = 60 - (long)(t - g->all_since);
    pthread_mutex_unlock(&g->lock);
    return left;
}

static void failed(struct moim_guard *g, const char *address)
{
    pthread_mutex_lock(&g->lock);
    time_t t = (time_t)moim_monotonic();
    struct peer *p = peer_of(g, address);
    if (t - p->last > FORGET) p->failures = 0;
    p->last = t;
    p->failures++;
    if (p->failures >= TRIES) {
        int doublings = p->failures - TRIES < 6 ? p->failures - TRIES : 6;
        long wait = (long)LOCK_FIRST << doublings;
        p->until = t + (wait < LOCK_MOST ? wait : LOCK_MOST);
    }
    if (t - g->all_since >= 60) {
        g->all_since = t;
        g->all_failures = 0;
    }
    g->all_failures++;
    pthread_mutex_unlock(&g->lock);
}

static void succeeded(struct moim_guard *g, const char *address)
{
    pthread_mutex_lock(&g->lock);
    struct peer *p = peer_of(g, address);
    p->failures = 0;
    p->until = 0;
    pthread_mutex_unlock(&g->lock);
}

void moim_guard_tried(struct moim_guard *g, const struct moim_http_request *rq, bool right)
{
    if (right)
        succeeded(g, rq->peer);
    else
        failed(g, rq->peer);
}

/* ---- the token ---- */

static const char *bearer(const struct moim_http_request *rq)
{
    const char *a = moim_http_header(rq, "Authorization");
    if (!a || strncasecmp(a, "Bearer ", 7)) return NULL;
    for (a += 7; *a == ' '; a++) continue;
    return a;
}

/* Our cookie's value; false if it is missing or too long. */
static bool cookie(const struct moim_http_request *rq, char out[MOIM_TOKEN_LENGTH + 1])
{
    const char *c = moim_http_header(rq, "Cookie");
    while (c && *c) {
        while (*c == ' ' || *c == ';') c++;
        size_t n = strcspn(c, ";");
        if (n == 5 + MOIM_TOKEN_LENGTH && !strncmp(c, "moim=", 5)) {
            memcpy(out, c + 5, MOIM_TOKEN_LENGTH);
            out[MOIM_TOKEN_LENGTH] = 0;
            return true;
        }
        c += n;
    }
    return false;
}

bool moim_guard_paired(struct moim_guard *g, const struct moim_http_request *rq)
{
    char c[MOIM_TOKEN_LENGTH + 1];
    const char *b = bearer(rq);
    if (!g->required) return true;
    if (b && moim_pairing_is_token(&g->pairing, b)) return true;
    return cookie(rq, c) && moim_pairing_is_token(&g->pairing, c);
}

bool moim_guard_locked(struct moim_guard *g, const struct moim_http_request *rq, struct moim_http_answer *an)
{
    long left = locked_for(g, rq->peer);
    if (!left) return false;
    moim_answer_error(an, 429, "too many wrong attempts; try again in %ld s", left);
    moim_answer_header(an, "Retry-After", "%ld", left);
    return true;
}

/* A stale cookie is no attack; a wrong bearer token may be one and counts as a failure. */
static bool token_ok(struct moim_guard *g, const struct moim_http_request *rq, struct moim_http_answer *an)
{
    if (moim_guard_paired(g, rq)) return true;
    if (bearer(rq)) {
        if (moim_guard_locked(g, rq, an)) return false;
        failed(g, rq->peer);
    }
    moim_answer_error(an, 401, "pair this device first: `moim pair` on the recorder shows the code");
    moim_answer_header(an, "WWW-Authenticate", "Bearer");
    return false;
}

bool moim_guard_admits(struct moim_guard *g, const struct moim_http_request *rq, bool open_to_all, bool page,
                       struct moim_http_answer *an)
{
    bool reads = !strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD");
    const char *ours = moim_http_header(rq, "X-Moim");
    if (!host_ok(g, moim_http_header(rq, "Host"))) {
        moim_answer_error(an, 421, "unknown Host; use the address, or start with --name");
        return false;
    }
    if (!same_site(rq, page && reads)) {
        moim_answer_error(an, 403, "cross-site request refused");
        return false;
    }
    if (!open_to_all && !token_ok(g, rq, an)) return false;
    if (reads || moim_http_header(rq, "Authorization") || (ours && !strcmp(ours, "1"))) return true;
    moim_answer_error(an, 403, "the header X-Moim: 1 is missing");
    return false;
}

void moim_guard_pair(struct moim_guard *g, const struct moim_http_request *rq, const char *code,
                     struct moim_http_answer *an)
{
    char token[MOIM_TOKEN_LENGTH + 1];
    if (moim_guard_locked(g, rq, an)) return;
    if (!moim_pairing_try(&g->pairing, code, token)) {
        failed(g, rq->peer);
        moim_answer_why(an, 401, "wrong_code", "wrong code; `moim pair` on the recorder shows a new one");
        return;
    }
    succeeded(g, rq->peer);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "token", token);
    moim_answer_json(an, 200, o);
    moim_answer_header(an, "Set-Cookie", "moim=%s; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000%s",
                       token, g->secure ? "; Secure" : "");
    sodium_memzero(token, sizeof token);
}

void moim_guard_unpair(struct moim_http_answer *an)
{
    moim_answer_text(an, 204, NULL, NULL, 0);
    moim_answer_header(an, "Set-Cookie", "moim=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
}
