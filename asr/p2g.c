/* <bos> <src> phonemes <tgt> letters...: embedding + position [T][224]
 *     -> 4 layers: x += attention(norm1 x), 4 heads of 56; x += 896-wide GELU net(norm2 x)
 *     -> norm -> the embedding's rows again -> best symbol, until <eos>
 * The prefix sees all of itself, letters see what is before them. */
#include "asr/p2g.h"
#include "asr/netload.h"
#include "nn/matmul.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define D 224
#define HEADS 4
#define HEAD_DIM (D / HEADS)
#define WIDE 896
#define LAYERS 4
#define POSITIONS 416
#define MAX_SYMBOLS 65536

struct layer {
    const float *qkv_w, *qkv_b; /* [3D][D] */
    const float *out_w, *out_b; /* [D][D] */
    const float *w1, *b1;       /* [WIDE][D] */
    const float *w2, *b2;       /* [D][WIDE] */
    const float *n1_w, *n1_b, *n2_w, *n2_b;
};

struct moim_p2g {
    struct moim_pool *pool;
    struct moim_weights *file;
    struct moim_netload net;
    struct moim_weight *symbols; /* [n_symbols][D], where it lies in the file */
    struct moim_matmul_ws *ws;
    char **symbol;
    int n_symbols;
    int bos, eos, src, tgt, unk;
    const float *position, *norm_w, *norm_b;
    struct layer layer[LAYERS];
    float *qkv[LAYERS];           /* [POSITIONS][3D], kept: the keys and values of what was read */
    float *x, *norm, *wide, *mix; /* [POSITIONS][...] */
    float *logit;
};

/* ---- loading ---- */

static int find(const struct moim_p2g *p, const char *text)
{
    for (int i = 0; i < p->n_symbols; i++)
        if (!strcmp(p->symbol[i], text)) return i;
    return -1;
}

int moim_p2g_id(const struct moim_p2g *p, const char *ipa)
{
    int id = find(p, ipa);
    return id < 0 ? p->unk : id;
}

static int load_layer(struct moim_p2g *p, int i, struct moim_err *err)
{
    static const char *const part[] = {"self_attn.in_proj_weight",
                                       "self_attn.in_proj_bias",
                                       "self_attn.out_proj.weight",
                                       "self_attn.out_proj.bias",
                                       "linear1.weight",
                                       "linear1.bias",
                                       "linear2.weight",
                                       "linear2.bias",
                                       "norm1.weight",
                                       "norm1.bias",
                                       "norm2.weight",
                                       "norm2.bias"};
    static const uint64_t dims[12][2] = {{3 * D, D}, {3 * D}, {D, D}, {D}, {WIDE, D}, {WIDE},
                                         {D, WIDE},  {D},     {D},    {D}, {D},       {D}};
    struct layer *l = &p->layer[i];
    const float **to[] = {&l->qkv_w, &l->qkv_b, &l->out_w, &l->out_b, &l->w1,   &l->b1,
                          &l->w2,    &l->b2,    &l->n1_w,  &l->n1_b,  &l->n2_w, &l->n2_b};
    int rc = MOIM_OK;
    for (int k = 0; !rc && k < 12; k++) {
        char name[80];
        snprintf(name, sizeof name, "layers.layers.%d.%s", i, part[k]);
        struct moim_wanted w = {to[k], name, dims[k][1] ? 2 : 1, {dims[k][0], dims[k][1]}};
        rc = moim_netload_take(&p->net, p->file, &w, 1, err);
    }
    return rc;
}

static int load_weights(struct moim_p2g *p, struct moim_err *err)
{
    const struct moim_tensor *e =
        moim_weights_need(p->file, "embedding.weight", 2, (uint64_t[]){(uint64_t)p->n_symbols, D}, err);
    if (!e) return MOIM_EFORMAT;
    const struct moim_wanted list[] = {{&p->position, "pos.embedding.weight", 2, {POSITIONS, D}},
                                       {&p->norm_w, "layers.norm.weight", 1, {D}},
                                       {&p->norm_b, "layers.norm.bias", 1, {D}}};
    int rc = moim_weight_new(&p->symbols, e, MOIM_PACK_VIEW, err);
    /* The embedding stays in the file, so its values need no room. */
    struct moim_netload *n = &p->net;
    for (size_t i = 0; i < moim_weights_count(p->file); i++)
        n->room += moim_tensor_count(moim_weights_at(p->file, i));
    n->room -= moim_tensor_count(e);
    n->values = malloc((n->room + 1) * sizeof *n->values);
    if (!rc && !n->values) rc = moim_fail(err, MOIM_ENOMEM, "p2g: out of memory");
    if (!rc) rc = moim_netload_take(n, p->file, list, 3, err);
    for (int i = 0; !rc && i < LAYERS; i++) rc = load_layer(p, i, err);
    return rc;
}

static bool take_buffers(struct moim_p2g *p)
{
    bool ok = true;
    for (int i = 0; i < LAYERS; i++) ok = (p->qkv[i] = malloc(sizeof(float) * POSITIONS * 3 * D)) && ok;
    p->x = malloc(sizeof(float) * POSITIONS * D);
    p->norm = malloc(sizeof(float) * POSITIONS * D);
    p->mix = malloc(sizeof(float) * POSITIONS * D);
    p->wide = malloc(sizeof(float) * POSITIONS * WIDE);
    p->logit = malloc(sizeof(float) * (size_t)p->n_symbols);
    p->ws = moim_matmul_ws_new();
    return ok && p->x && p->norm && p->mix && p->wide && p->logit && p->ws;
}

int moim_p2g_open(struct moim_p2g **out, const char *path, const char *vocab, struct moim_pool *pool,
                  struct moim_err *err)
{
    *out = NULL;
    struct moim_p2g *p = calloc(1, sizeof *p);
    if (!p) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    p->pool = pool;
    int rc = moim_netload_strings(vocab, "tokens", MAX_SYMBOLS, &p->symbol, &p->n_symbols, err);
    if (!rc) {
        p->bos = find(p, "<bos>");
        p->eos = find(p, "<eos>");
        p->src = find(p, "<src>");
        p->tgt = find(p, "<tgt>");
        p->unk = find(p, "<unk>");
        if (p->bos < 0 || p->eos < 0 || p->src < 0 || p->tgt < 0 || p->unk < 0)
            rc = moim_fail(err, MOIM_EFORMAT, "%s: not the vocabulary of a p2g net", vocab);
    }
    if (!rc) rc = moim_hama_open(&p->file, path, err);
    if (!rc) rc = load_weights(p, err);
    if (!rc && !take_buffers(p)) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (rc) {
        moim_p2g_close(p);
        return rc;
    }
    *out = p;
    return MOIM_OK;
}

void moim_p2g_close(struct moim_p2g *p)
{
    if (!p) return;
    for (int i = 0; i < LAYERS; i++) free(p->qkv[i]);
    free(p->x);
    free(p->norm);
    free(p->mix);
    free(p->wide);
    free(p->logit);
    moim_matmul_ws_free(p->ws);
    moim_weight_free(p->symbols);
    free(p->net.values);
    if (p->file) moim_weights_close(p->file);
    free(p->symbol);
    free(p);
}

/* ---- the net ---- */

static void linear(const float *w, const float *b, const float *x, int t, int in, int out, float *y)
{
    moim_sgemm(t, out, in, 1, x, in, w, in, 1, 0, y, out);
    for (int i = 0; i < t; i++) moim_axpy(y + (size_t)i * (size_t)out, 1, b, (size_t)out);
}

/* Rows [at, at + t) ask all rows before at + t: within the prefix everything sees everything, and letters
 * come one at a time. */
static void attend(struct moim_p2g *p, const float *qkv, int at, int t)
{
    float score[POSITIONS];
    int all = at + t;
    for (int i = 0; i < t; i++)
        for (int h = 0; h < HEADS; h++) {
            const float *q = qkv + (size_t)(at + i) * 3 * D + h * HEAD_DIM;
            float *y = p->mix + (size_t)i * D + h * HEAD_DIM;
            for (int k = 0; k < all; k++)
                score[k] =
                    moim_dot(q, qkv + (size_t)k * 3 * D + D + h * HEAD_DIM, HEAD_DIM) / sqrtf(HEAD_DIM);
            moim_softmax(score, (size_t)all);
            memset(y, 0, sizeof *y * HEAD_DIM);
            for (int k = 0; k < all; k++)
                moim_axpy(y, score[k], qkv + (size_t)k * 3 * D + 2 * D + h * HEAD_DIM, HEAD_DIM);
        }
}

static void normalize(const struct moim_p2g *p, const float *w, const float *b, int t)
{
    for (int i = 0; i < t; i++) moim_layernorm(p->norm + i * D, p->x + i * D, w, b, D, 1e-5f);
}

/* Reads t symbols that stand at position at; returns the best next one, or -1 without memory. */
static int read_symbols(struct moim_p2g *p, const int *ids, int at, int t)
{
    for (int i = 0; i < t; i++) {
        moim_weight_row(p->symbols, ids[i], p->x + i * D);
        moim_axpy(p->x + i * D, 1, p->position + (at + i) * D, D);
    }
    for (int i = 0; i < LAYERS; i++) {
        const struct layer *l = &p->layer[i];
        normalize(p, l->n1_w, l->n1_b, t);
        linear(l->qkv_w, l->qkv_b, p->norm, t, D, 3 * D, p->qkv[i] + (size_t)at * 3 * D);
        attend(p, p->qkv[i], at, t);
        linear(l->out_w, l->out_b, p->mix, t, D, D, p->norm);
        moim_axpy(p->x, 1, p->norm, (size_t)t * D);
        normalize(p, l->n2_w, l->n2_b, t);
        linear(l->w1, l->b1, p->norm, t, D, WIDE, p->wide);
        moim_gelu_erf(p->wide, (size_t)t * WIDE);
        linear(l->w2, l->b2, p->wide, t, WIDE, D, p->mix);
        moim_axpy(p->x, 1, p->mix, (size_t)t * D);
    }
    float last[D];
    moim_layernorm(last, p->x + (t - 1) * D, p->norm_w, p->norm_b, D, 1e-5f);
    if (moim_matmul(p->pool, p->ws, p->symbols, last, D, 1, NULL, p->logit, (size_t)p->n_symbols)) return -1;
    int best = 0;
    for (int i = 1; i < p->n_symbols; i++)
        if (p->logit[i] > p->logit[best]) best = i;
    return best;
}

/* ---- text ---- */

struct text {
    char *s;
    size_t n;
    uint32_t lead, vowel; /* jamo that wait for the rest of their syllable; 0 none */
};

static void put(struct text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->n + n >= MOIM_P2G_MAX_TEXT) return;
    memcpy(t->s + t->n, s, n + 1);
    t->n += n;
}

static void put_char(struct text *t, uint32_t c)
{
    put(t, (char[]){(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)), (char)(0x80 | (c & 0x3F)), 0});
}

static void flush(struct text *t, uint32_t tail)
{
    if (t->lead && t->vowel)
        put_char(t,
                 0xAC00 + (t->lead - 0x1100) * 588 + (t->vowel - 0x1161) * 28 + (tail ? tail - 0x11A7 : 0));
    else if (t->lead)
        put_char(t, t->lead);
    t->lead = t->vowel = 0;
}

/* Jamo become syllables, as Unicode composes them; all else is taken as it is. */
static void put_symbol(struct text *t, const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    uint32_t c = u[0] == 0xE1 && u[1] && u[2] && !u[3]
                     ? (u[0] & 0xFu) << 12 | (u[1] & 0x3Fu) << 6 | (u[2] & 0x3Fu)
                     : 0;
    if (c >= 0x1100 && c < 0x1113) {
        flush(t, 0);
        t->lead = c;
    } else if (c >= 0x1161 && c < 0x1176 && t->lead && !t->vowel) {
        t->vowel = c;
    } else if (c > 0x11A7 && c < 0x11C3 && t->vowel) {
        flush(t, c);
    } else {
        flush(t, 0);
        if (strcmp(s, " ") || (t->n && t->s[t->n - 1] != ' ')) put(t, s);
    }
}

int moim_p2g_run(struct moim_p2g *p, const int *ids, int n, char text[MOIM_P2G_MAX_TEXT],
                 struct moim_err *err)
{
    int prefix[MOIM_P2G_MAX_PHONEMES + 3], t = 0;
    struct text out = {.s = text};
    text[0] = 0;
    if (n <= 0) return MOIM_OK;
    if (n > MOIM_P2G_MAX_PHONEMES) n = MOIM_P2G_MAX_PHONEMES;
    prefix[t++] = p->bos;
    prefix[t++] = p->src;
    for (int i = 0; i < n; i++) prefix[t++] = ids[i] >= 0 && ids[i] < p->n_symbols ? ids[i] : p->unk;
    prefix[t++] = p->tgt;
    int next = read_symbols(p, prefix, 0, t);
    for (int made = 0; next >= 0 && next != p->eos && made < MOIM_P2G_MAX_PHONEMES + 1 && t < POSITIONS;
         made++) {
        if (p->symbol[next][0] != '<') put_symbol(&out, p->symbol[next]);
        next = read_symbols(p, &next, t++, 1);
    }
    flush(&out, 0);
    while (out.n && text[out.n - 1] == ' ') text[--out.n] = 0;
    return next < 0 ? moim_fail(err, MOIM_ENOMEM, "p2g: out of memory") : MOIM_OK;
}
