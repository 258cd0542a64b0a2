#include "base/unicode.h"
#include "lm/embed_center.h"
#include "lm/embed_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const prefix[] = {"query: ", "passage: "};

static bool take_scratch(struct moim_embed *m)
{
    size_t n = (size_t)m->positions, wide = n * (size_t)m->dim;
    m->x = malloc(wide * sizeof *m->x);
    m->q = malloc(wide * sizeof *m->q);
    m->k = malloc(wide * sizeof *m->k);
    m->v = malloc(wide * sizeof *m->v);
    m->mix = malloc(wide * sizeof *m->mix);
    m->wide = malloc(n * (size_t)m->ff * sizeof *m->wide);
    m->score = malloc((size_t)m->heads * n * n * sizeof *m->score);
    m->ws = moim_matmul_ws_new();
    return m->x && m->q && m->k && m->v && m->mix && m->wide && m->score && m->ws;
}

int moim_embed_open(struct moim_embed **out, const char *path, struct moim_pool *pool, struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    struct moim_embed *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    m->pool = pool;
    int rc = moim_embed_load(m, path, err);
    if (!rc && !take_scratch(m)) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (rc)
        moim_embed_close(m);
    else
        *out = m;
    return rc;
}

void moim_embed_close(struct moim_embed *m)
{
    if (!m) return;
    for (int l = 0; m->layer && l < m->layers; l++) {
        struct moim_weight *w[] = {m->layer[l].q, m->layer[l].k,  m->layer[l].v,
                                   m->layer[l].o, m->layer[l].up, m->layer[l].down};
        for (size_t i = 0; i < sizeof w / sizeof *w; i++) moim_weight_free(w[i]);
    }
    free(m->layer);
    moim_weight_free(m->words);
    moim_unigram_free(m->tokenizer);
    moim_matmul_ws_free(m->ws);
    float *scratch[] = {m->x, m->q, m->k, m->v, m->mix, m->wide, m->score};
    for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++) free(scratch[i]);
    moim_map_close(&m->map);
    free(m);
}

int moim_embed_tokens(const struct moim_embed *m, enum moim_embed_kind kind, const char *text, int32_t *id,
                      int cap)
{
    size_t n = strlen(text), before = strlen(prefix[kind]);
    char *whole = malloc(before + n + 1);
    if (!whole) return MOIM_ENOMEM;
    memcpy(whole, prefix[kind], before);
    memcpy(whole + before, text, n + 1);
    int got = moim_unigram_encode(m->tokenizer, whole, before + n, id, cap);
    free(whole);
    return got;
}

struct attention {
    struct moim_embed *m;
    int t;
};

/* One head: softmax(q k^T / sqrt(head width)) v. */
static void attend(void *arg, int head, int n)
{
    (void)n;
    const struct attention *a = arg;
    struct moim_embed *m = a->m;
    int t = a->t, width = m->dim / m->heads, at = head * width;
    float *s = m->score + (size_t)head * (size_t)m->positions * (size_t)m->positions;
    moim_sgemm(t, t, width, 1 / sqrtf((float)width), m->q + at, m->dim, m->k + at, m->dim, 1, 0, s, t);
    for (int i = 0; i < t; i++) moim_softmax(s + (size_t)i * (size_t)t, (size_t)t);
    moim_sgemm(t, width, t, 1, s, t, m->v + at, m->dim, 0, 0, m->mix + at, m->dim);
}

/* x = layernorm(x + y) */
static void add_norm(struct moim_embed *m, int t, const float *y, const float *w, const float *b)
{
    size_t dim = (size_t)m->dim;
    for (int i = 0; i < t; i++) {
        float *x = m->x + (size_t)i * dim;
        moim_axpy(x, 1, y + (size_t)i * dim, dim);
        moim_layernorm(x, x, w, b, dim, m->eps);
    }
}

int moim_embed_layer(struct moim_embed *m, const struct moim_embed_layer *y, int t)
{
    size_t dim = (size_t)m->dim, ff = (size_t)m->ff;
    int rc = moim_matmul(m->pool, m->ws, y->q, m->x, dim, t, y->bq, m->q, dim);
    if (!rc) rc = moim_matmul(m->pool, m->ws, y->k, m->x, dim, t, y->bk, m->k, dim);
    if (!rc) rc = moim_matmul(m->pool, m->ws, y->v, m->x, dim, t, y->bv, m->v, dim);
    if (rc) return rc;
    struct attention a = {m, t};
    moim_pool_run(m->pool, attend, &a, m->heads);
    rc = moim_matmul(m->pool, m->ws, y->o, m->mix, dim, t, y->bo, m->q, dim);
    if (!rc) add_norm(m, t, m->q, y->ln1_w, y->ln1_b);
    if (!rc) rc = moim_matmul(m->pool, m->ws, y->up, m->x, dim, t, y->bup, m->wide, ff);
    if (!rc) moim_gelu_erf(m->wide, (size_t)t * ff);
    if (!rc) rc = moim_matmul(m->pool, m->ws, y->down, m->wide, ff, t, y->bdown, m->q, dim);
    if (!rc) add_norm(m, t, m->q, y->ln2_w, y->ln2_b);
    return rc;
}

void moim_embed_place(struct moim_embed *m, const int32_t *id, int n)
{
    size_t dim = (size_t)m->dim;
    for (int i = 0; i < n; i++) {
        float *x = m->x + (size_t)i * dim;
        moim_weight_row(m->words, id[i], x);
        moim_axpy(x, 1, m->pos + (size_t)i * dim, dim);
        moim_axpy(x, 1, m->type, dim);
        moim_layernorm(x, x, m->ln_w, m->ln_b, dim, m->eps);
    }
}

int moim_embed_layers(struct moim_embed *m, int from, int to, int n)
{
    int rc = MOIM_OK;
    for (int l = from; l < to && !rc; l++) rc = moim_embed_layer(m, &m->layer[l], n);
    return rc;
}

/* Adds weight times the mean over a window's last states to out; marked[n + 2]: scratch. */
static int run_window(struct moim_embed *m, const int32_t *id, int n, float weight, int32_t *marked,
                      float *out)
{
    int t = n + 2;
    size_t dim = (size_t)m->dim;
    marked[0] = m->bos;
    memcpy(marked + 1, id, (size_t)n * sizeof *id);
    marked[t - 1] = m->eos;
    moim_embed_place(m, marked, t);
    int rc = moim_embed_layers(m, 0, m->layers, t);
    for (int i = 0; i < t && !rc; i++) moim_axpy(out, weight / (float)t, m->x + (size_t)i * dim, dim);
    return rc;
}

static void to_length_one(float v[MOIM_EMBED_DIM])
{
    float length = sqrtf(moim_dot(v, v, MOIM_EMBED_DIM));
    for (int i = 0; i < MOIM_EMBED_DIM; i++) v[i] /= length > 1e-12f ? length : 1;
}

int moim_embed_text(struct moim_embed *m, enum moim_embed_kind kind, const char *text,
                    float out[MOIM_EMBED_DIM], struct moim_err *err)
{
    int n = moim_embed_tokens(m, kind, text, NULL, 0), window = m->positions - 2;
    int32_t *id = n < 0 ? NULL : malloc((size_t)(n + m->positions) * sizeof *id);
    int rc = id ? MOIM_OK : MOIM_ENOMEM;
    if (!rc && moim_embed_tokens(m, kind, text, id, n) < 0) rc = MOIM_ENOMEM;
    memset(out, 0, sizeof(float) * MOIM_EMBED_DIM);
    for (int at = 0; !rc && at < n; at += window) {
        int len = n - at < window ? n - at : window;
        rc = run_window(m, id + at, len, (float)len, id + n, out);
    }
    free(id);
    if (rc) return moim_fail(err, rc, "embedding: out of memory");
    to_length_one(out);
    return MOIM_OK;
}

static bool has_hangul(const char *s)
{
    uint32_t cp;
    for (size_t n = strlen(s), i = 0; i < n;) {
        i += moim_utf8_next(s + i, n - i, &cp);
        if ((cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x1100 && cp <= 0x11FF)) return true;
    }
    return false;
}

int moim_embed_topic(struct moim_embed *m, enum moim_embed_kind kind, const char *text,
                     float out[MOIM_EMBED_DIM], struct moim_err *err)
{
    int rc = moim_embed_text(m, kind, text, out, err);
    if (rc) return rc;
    const int16_t *center = embed_center[kind][has_hangul(text) ? 0 : 1];
    for (int i = 0; i < MOIM_EMBED_DIM; i++) out[i] -= (float)center[i] * 1e-4f;
    to_length_one(out);
    return MOIM_OK;
}
