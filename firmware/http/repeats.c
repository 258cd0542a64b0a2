#include "firmware/http/repeats.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES 64              /* addresses with stored answers */
#define BYTES ((size_t)1 << 20) /* bytes of answers for each address */
#define KEY_MIN 8
#define KEY_MAX 128

struct moim_repeat {
    struct moim_repeat *next; /* an older one */
    char key[KEY_MAX + 1], peer[64];
    unsigned char request[32]; /* hash of the request */
    bool done;
    int status;
    const char *type;
    char *body;
    size_t n;
};

struct moim_repeats {
    pthread_mutex_t lock;
    struct moim_repeat *newest;
};

struct moim_repeats *moim_repeats_new(void)
{
    struct moim_repeats *r = calloc(1, sizeof *r);
    if (r) pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void free_repeat(struct moim_repeat *x)
{
    free(x->body);
    free(x);
}

void moim_repeats_free(struct moim_repeats *r)
{
    if (!r) return;
    for (struct moim_repeat *x = r->newest, *next; x; x = next) {
        next = x->next;
        free_repeat(x);
    }
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool key_ok(const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < n; i++)
        if (key[i] <= 32 || key[i] > 126) return false;
    return n >= KEY_MIN && n <= KEY_MAX;
}

/* Each part is terminated, so that different requests cannot concatenate to the same bytes. */
static void hash_request(const struct moim_http_request *rq, unsigned char out[32])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    const char *const head[] = {rq->method, rq->path, rq->upload ? rq->upload_name : ""};
    for (int i = 0; i < 3; i++)
        crypto_generichash_update(&h, (const unsigned char *)head[i], strlen(head[i]) + 1);
    for (int i = 0; i < rq->n_query; i++) {
        const char *name = rq->query[i].name, *value = rq->query[i].value;
        crypto_generichash_update(&h, (const unsigned char *)name, strlen(name) + 1);
        crypto_generichash_update(&h, (const unsigned char *)value, strlen(value) + 1);
    }
    crypto_generichash_update(&h, (const unsigned char *)&rq->upload_bytes, sizeof rq->upload_bytes);
    if (rq->body) crypto_generichash_update(&h, (const unsigned char *)rq->body, rq->n_body);
    crypto_generichash_final(&h, out, 32);
}

/* ---- with the lock held ---- */

static struct moim_repeat *find(struct moim_repeats *r, const char *key)
{
    struct moim_repeat *x = r->newest;
    while (x && strcmp(x->key, key)) x = x->next;
    return x;
}

static void take_out(struct moim_repeats *r, struct moim_repeat *x)
{
    struct moim_repeat **p = &r->newest;
    while (*p && *p != x) p = &(*p)->next;
    if (*p) *p = x->next;
}

/* Drops the oldest answers of one address, and the oldest address. */
static void make_room(struct moim_repeats *r, const char *peer)
{
    int own = 0, all = 0;
    size_t bytes = 0;
    for (struct moim_repeat *x = r->newest, *next; x; x = next) {
        next = x->next;
        bool same = !strcmp(x->peer, peer);
        own += same;
        bytes += same ? x->n : 0;
        all++;
        bool over = (same && (own > MOIM_REPEATS || bytes > BYTES)) || all > DEVICES * MOIM_REPEATS;
        if (!over || !x->done || x == r->newest) continue;
        take_out(r, x);
        free_repeat(x);
    }
}

static bool answer_known(const struct moim_repeat *x, const unsigned char request[32],
                         struct moim_http_answer *an)
{
    if (memcmp(x->request, request, 32)) {
        moim_answer_error(an, 409, "this Idempotency-Key was used for another request");
    } else if (!x->done) {
        moim_answer_error(an, 503, "the same request is still being processed");
        moim_answer_header(an, "Retry-After", "1");
    } else {
        char *body = x->n ? malloc(x->n + 1) : NULL; /* ends in NUL, as every JSON answer */
        if (x->n && !body) {
            moim_answer_error(an, 500, "out of memory");
            return true;
        }
        if (x->n) {
            memcpy(body, x->body, x->n);
            body[x->n] = 0;
        }
        moim_answer_text(an, x->status, x->type, body, x->n);
        moim_answer_header(an, "Idempotency-Replayed", "true");
    }
    return true;
}

/* ---- */

bool moim_repeats_begin(struct moim_repeats *r, const struct moim_http_request *rq,
                        struct moim_http_answer *an, struct moim_repeat **repeat)
{
    const char *key = moim_http_header(rq, "Idempotency-Key");
    unsigned char request[32];
    *repeat = NULL;
    if (!r || !key || !strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD")) return true;
    if (!key_ok(key)) {
        moim_answer_error(an, 400, "Idempotency-Key: must be %d to %d printable characters", KEY_MIN,
                          KEY_MAX);
        return false;
    }
    hash_request(rq, request);
    struct moim_repeat *x = calloc(1, sizeof *x);
    if (!x) {
        moim_answer_error(an, 500, "out of memory");
        return false;
    }
    snprintf(x->key, sizeof x->key, "%s", key);
    snprintf(x->peer, sizeof x->peer, "%s", rq->peer ? rq->peer : "");
    memcpy(x->request, request, sizeof x->request);
    pthread_mutex_lock(&r->lock);
    const struct moim_repeat *known = find(r, key);
    bool answered = known && answer_known(known, request, an);
    if (!answered) {
        x->next = r->newest;
        r->newest = x;
        make_room(r, x->peer);
    }
    pthread_mutex_unlock(&r->lock);
    if (answered)
        free_repeat(x);
    else
        *repeat = x;
    return !answered;
}

void moim_repeats_end(struct moim_repeats *r, struct moim_repeat *x, const struct moim_http_answer *an)
{
    if (!x) return;
    /* Files and streams do not answer changes. */
    bool keep =
        an->status >= 200 && an->status < 300 && an->fd < 0 && !an->stream && !an->fixed && an->n <= BYTES;
    char *body = keep && an->n ? malloc(an->n) : NULL;
    keep = keep && (body || !an->n);
    if (body) memcpy(body, an->body, an->n);
    pthread_mutex_lock(&r->lock);
    if (keep) {
        x->status = an->status;
        x->type = an->type;
        x->body = body;
        x->n = an->n;
        x->done = true;
        make_room(r, x->peer);
    } else {
        take_out(r, x);
    }
    pthread_mutex_unlock(&r->lock);
    if (keep) return;
    free(body);
    free_repeat(x);
}
