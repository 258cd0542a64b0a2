/* pcm -> 80 log-mel (n_fft 400, hop 160, floor 1e-10, ln, rounded to f16) [T2][80]
 *     -> conv k=3 stride 2, 80 -> 144 (batch norm folded in), GELU [T][144]
 *     -> 4 blocks: x += ffn1(x) / 2;  x += attention(x);  x += convolution(x);  x += ffn2(x) / 2;  x =
 * norm(x) ffn:         norm, 144 -> 576, SiLU, 576 -> 144 attention:   norm, 4 heads of 36, no positions, no
 * mask convolution: norm, 144 -> 288, GLU, depthwise k=31 (batch norm folded in), SiLU, 144 -> 144
 *     -> 144 -> 191, log-softmax */
#include "asr/conformer.h"
#include "audio/mel.h"
#include "nn/matmul.h"
#include "nn/vec.h"
#include "nn/weights.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define D 144
#define FFN 576
#define HEADS 4
#define HEAD_DIM (D / HEADS)
#define BLOCKS 4
#define KERNEL 31
#define MELS 80
#define SYMBOLS MOIM_CONFORMER_SYMBOLS
#define PREFIX "acoustic_model.model."

struct ffn {
    const float *norm_w, *norm_b; /* [D] */
    const float *w1, *b1;         /* [D][FFN], [FFN] */
    const float *w2, *b2;         /* [FFN][D], [D] */
};

struct block {
    struct ffn ffn1, ffn2;
    const float *attn_w, *attn_b; /* norm [D] */
    const float *qkv_w, *qkv_b;   /* [D][3D] */
    const float *out_w, *out_b;   /* [D][D] */
    const float *conv_w, *conv_b; /* norm [D] */
    const float *pw1_w, *pw1_b;   /* [2D][D] */
    const float *dw_w, *dw_b;     /* [D][KERNEL] */
    const float *pw2_w, *pw2_b;   /* [D][D] */
    const float *norm_w, *norm_b; /* [D] */
};

struct moim_conformer {
    struct moim_pool *pool;
    struct moim_mel *mel;
    float *weights; /* everything as f32, one allocation */
    size_t used, room;
    const float *stem_w, *stem_b; /* [3 * MELS][D]: taps first, so that the stem is one product */
    const float *proj_w, *proj_b; /* [SYMBOLS][D] */
    struct block block[BLOCKS];
    int max_frames;
    float *feat;   /* [2 * T + 2][MELS], one row of zeros at each end */
    float *x;      /* [T][D] */
    float *norm;   /* [T][D] */
    float *wide;   /* [T][FFN], also qkv [T][3D] and the gated [T][2D] */
    float *mix;    /* [T][D] */
    float *scores; /* [HEADS][T][T] */
    float *padded; /* [T + KERNEL - 1][D]: the depthwise convolution's input between zeros */
};

/* Copies a tensor to f32 inside the arena. */
static const float *take(struct moim_conformer *c, const struct moim_weights *w, const char *name, int rank,
                         const uint64_t *dims, struct moim_err *err)
{
    const struct moim_tensor *t = moim_weights_need(w, name, rank, dims, err);
    if (!t) return NULL;
    uint64_t n = moim_tensor_count(t);
    if (n > c->room - c->used) {
        moim_fail(err, MOIM_EFORMAT, "%s: holds more weights than this network has", moim_weights_path(w));
        return NULL;
    }
    float *dst = c->weights + c->used;
    c->used += n;
    moim_dequantize(t->type, t->data, n, dst);
    return dst;
}

struct wanted {
    const float **to;
    const char *name;
    int rank;
    uint64_t dims[3];
};

static int take_all(struct moim_conformer *c, const struct moim_weights *w, const char *prefix,
                    const struct wanted *list, int n, struct moim_err *err)
{
    for (int i = 0; i < n; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", prefix, list[i].name);
        if (!(*list[i].to = take(c, w, name, list[i].rank, list[i].dims, err))) return MOIM_EFORMAT;
    }
    return MOIM_OK;
}
#define TAKE(list) take_all(c, w, prefix, list, sizeof list / sizeof *list, err)

static int load_block(struct moim_conformer *c, const struct moim_weights *w, int i, struct moim_err *err)
{
    struct block *b = &c->block[i];
    char prefix[64];
    snprintf(prefix, sizeof prefix, PREFIX "blocks.%d.", i);
    const struct wanted named[] = {
        {&b->ffn1.norm_w, "ffn1.norm.weight", 1, {D}},
        {&b->ffn1.norm_b, "ffn1.norm.bias", 1, {D}},
        {&b->ffn1.b1, "ffn1.fc1.bias", 1, {FFN}},
        {&b->ffn1.b2, "ffn1.fc2.bias", 1, {D}},
        {&b->ffn2.norm_w, "ffn2.norm.weight", 1, {D}},
        {&b->ffn2.norm_b, "ffn2.norm.bias", 1, {D}},
        {&b->ffn2.b1, "ffn2.fc1.bias", 1, {FFN}},
        {&b->ffn2.b2, "ffn2.fc2.bias", 1, {D}},
        {&b->attn_w, "attn_norm.weight", 1, {D}},
        {&b->attn_b, "attn_norm.bias", 1, {D}},
        {&b->qkv_b, "attn.in_proj_bias", 1, {3 * D}},
        {&b->out_b, "attn.out_proj.bias", 1, {D}},
        {&b->conv_w, "conv.norm.weight", 1, {D}},
        {&b->conv_b, "conv.norm.bias", 1, {D}},
        {&b->pw1_w, "conv.pointwise1.weight", 3, {2 * D, D, 1}},
        {&b->pw1_b, "conv.pointwise1.bias", 1, {2 * D}},
        {&b->pw2_w, "conv.pointwise2.weight", 3, {D, D, 1}},
        {&b->pw2_b, "conv.pointwise2.bias", 1, {D}},
        {&b->norm_w, "norm.weight", 1, {D}},
        {&b->norm_b, "norm.bias", 1, {D}},
    };
    int rc = TAKE(named);
    if (rc) return rc;
    /* The exporter numbered these instead of naming them: nine apart from block to block, three for a
     * convolution. */
    char n[8][24];
    static const int matmul[6] = {0, 1, 2, 6, 7, 8};
    for (int k = 0; k < 6; k++) snprintf(n[k], sizeof n[k], "MatMul_%d", 829 + 9 * i + matmul[k]);
    snprintf(n[6], sizeof n[6], "Conv_%d", 804 + 3 * i);
    snprintf(n[7], sizeof n[7], "Conv_%d", 805 + 3 * i);
    snprintf(prefix, sizeof prefix, "onnx::");
    const struct wanted numbered[] = {
        {&b->ffn1.w1, n[0], 2, {D, FFN}},    {&b->ffn1.w2, n[1], 2, {FFN, D}},
        {&b->qkv_w, n[2], 2, {D, 3 * D}},    {&b->out_w, n[3], 2, {D, D}},
        {&b->ffn2.w1, n[4], 2, {D, FFN}},    {&b->ffn2.w2, n[5], 2, {FFN, D}},
        {&b->dw_w, n[6], 3, {D, 1, KERNEL}}, {&b->dw_b, n[7], 1, {D}},
    };
    return TAKE(numbered);
}

/* [D][MELS][3] -> [3 * MELS][D] */
static int load_stem(struct moim_conformer *c, const struct moim_weights *w, struct moim_err *err)
{
    const float *stem;
    float *turned = c->weights + c->used;
    c->used += 3 * MELS * D;
    const char *prefix = "";
    const struct wanted list[] = {{&stem, "onnx::Conv_801", 3, {D, MELS, 3}},
                                  {&c->stem_b, "onnx::Conv_802", 1, {D}},
                                  {&c->proj_w, PREFIX "proj.weight", 3, {SYMBOLS, D, 1}},
                                  {&c->proj_b, PREFIX "proj.bias", 1, {SYMBOLS}}};
    int rc = TAKE(list);
    if (rc) return rc;
    for (int o = 0; o < D; o++)
        for (int i = 0; i < MELS; i++)
            for (int k = 0; k < 3; k++) turned[(k * MELS + i) * D + o] = stem[(o * MELS + i) * 3 + k];
    c->stem_w = turned;
    return MOIM_OK;
}

static int load_mel(struct moim_conformer *c, const struct moim_weights *w, struct moim_err *err)
{
    const struct moim_tensor *fb = moim_weights_need(w, "mel_fb", 2, (uint64_t[]){201, MELS}, err);
    if (!fb) return MOIM_EFORMAT;
    float *filters = malloc(sizeof *filters * 201 * MELS);
    if (!filters) return moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    moim_dequantize(fb->type, fb->data, 201 * MELS, filters);
    struct moim_mel_params p = {400, 160, MELS, 16000, filters, MOIM_MEL_REFLECT, MOIM_MEL_LN, 1e-10f};
    int rc = moim_mel_new(&c->mel, &p, err);
    free(filters);
    return rc;
}

static bool take_buffers(struct moim_conformer *c)
{
    size_t t = (size_t)c->max_frames;
    c->feat = calloc((2 * t + 4) * MELS, sizeof *c->feat);
    c->x = malloc(t * D * sizeof *c->x);
    c->norm = malloc(t * D * sizeof *c->norm);
    c->wide = malloc(t * FFN * sizeof *c->wide);
    c->mix = malloc(t * D * sizeof *c->mix);
    c->scores = malloc(HEADS * t * t * sizeof *c->scores);
    c->padded = calloc((t + KERNEL - 1) * D, sizeof *c->padded);
    return c->feat && c->x && c->norm && c->wide && c->mix && c->scores && c->padded;
}

int moim_conformer_open(struct moim_conformer **out, const char *path, int max_frames, struct moim_pool *pool,
                        struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    if (max_frames < 1 || max_frames > 20000)
        return moim_fail(err, MOIM_EINVAL, "conformer: %d frames at once", max_frames);
    struct moim_weights *w;
    int rc = moim_hama_open(&w, path, err);
    if (rc) return rc;
    struct moim_conformer *c = calloc(1, sizeof *c);
    if (c) {
        c->pool = pool;
        c->max_frames = max_frames;
        c->room = 3 * MELS * D;
        for (size_t i = 0; i < moim_weights_count(w); i++)
            c->room += moim_tensor_count(moim_weights_at(w, i));
        c->weights = malloc(c->room * sizeof *c->weights);
    }
    if (!c || !c->weights || !take_buffers(c)) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (!rc) rc = load_mel(c, w, err);
    if (!rc) rc = load_stem(c, w, err);
    for (int i = 0; !rc && i < BLOCKS; i++) rc = load_block(c, w, i, err);
    moim_weights_close(w);
    if (rc) {
        moim_conformer_close(c);
        return rc;
    }
    *out = c;
    return MOIM_OK;
}

void moim_conformer_close(struct moim_conformer *c)
{
    if (!c) return;
    moim_mel_free(c->mel);
    free(c->weights);
    free(c->feat);
    free(c->x);
    free(c->norm);
    free(c->wide);
    free(c->mix);
    free(c->scores);
    free(c->padded);
    free(c);
}

static void normalize(const float *w, const float *b, const float *x, float *y, int t)
{
    for (int i = 0; i < t; i++) moim_layernorm(y + i * D, x + i * D, w, b, D, 1e-5f);
}

static void add_bias(float *y, const float *b, int t, int n)
{
    for (int i = 0; i < t; i++)
        for (int k = 0; k < n; k++) y[(size_t)i * (size_t)n + (size_t)k] += b[k];
}

/* x += half of the feed-forward of x */
static void feed_forward(struct moim_conformer *c, const struct ffn *f, int t)
{
    normalize(f->norm_w, f->norm_b, c->x, c->norm, t);
    moim_sgemm(t, FFN, D, 1, c->norm, D, f->w1, FFN, 0, 0, c->wide, FFN);
    add_bias(c->wide, f->b1, t, FFN);
    moim_silu(c->wide, (size_t)t * FFN);
    moim_sgemm(t, D, FFN, 1, c->wide, FFN, f->w2, D, 0, 0, c->mix, D);
    add_bias(c->mix, f->b2, t, D);
    moim_axpy(c->x, 0.5f, c->mix, (size_t)t * D);
}

struct attention {
    struct moim_conformer *c;
    int t;
};

static void one_head(void *arg, int h, int n)
{
    (void)n;
    struct attention *a = arg;
    int t = a->t;
    const float *q = a->c->wide + h * HEAD_DIM, *k = q + D, *v = k + D;
    float *s = a->c->scores + (size_t)h * (size_t)t * (size_t)t;
    moim_sgemm(t, t, HEAD_DIM, 1 / sqrtf(HEAD_DIM), q, 3 * D, k, 3 * D, 1, 0, s, t);
    for (int i = 0; i < t; i++) moim_softmax(s + (size_t)i * (size_t)t, (size_t)t);
    moim_sgemm(t, HEAD_DIM, t, 1, s, t, v, 3 * D, 0, 0, a->c->mix + h * HEAD_DIM, D);
}

static void attend(struct moim_conformer *c, const struct block *b, int t)
{
    normalize(b->attn_w, b->attn_b, c->x, c->norm, t);
    moim_sgemm(t, 3 * D, D, 1, c->norm, D, b->qkv_w, 3 * D, 0, 0, c->wide, 3 * D);
    add_bias(c->wide, b->qkv_b, t, 3 * D);
    moim_pool_run(c->pool, one_head, &(struct attention){c, t}, HEADS);
    moim_sgemm(t, D, D, 1, c->mix, D, b->out_w, D, 0, 0, c->norm, D);
    add_bias(c->norm, b->out_b, t, D);
    moim_axpy(c->x, 1, c->norm, (size_t)t * D);
}

static void convolve(struct moim_conformer *c, const struct block *b, int t)
{
    normalize(b->conv_w, b->conv_b, c->x, c->norm, t);
    moim_sgemm(t, 2 * D, D, 1, c->norm, D, b->pw1_w, D, 1, 0, c->wide, 2 * D);
    add_bias(c->wide, b->pw1_b, t, 2 * D);
    float *in = c->padded + KERNEL / 2 * D;
    for (int i = 0; i < t; i++) {
        float *g = c->wide + (size_t)i * 2 * D;
        moim_sigmoid(g + D, D);
        for (int k = 0; k < D; k++) in[(size_t)i * D + (size_t)k] = g[k] * g[D + k];
    }
    memset(in + (size_t)t * D, 0,
           sizeof *in * (KERNEL / 2) * D); /* a longer run may have left something there */
    for (int i = 0; i < t; i++) {
        float *y = c->mix + (size_t)i * D;
        const float *x = c->padded + (size_t)i * D;
        memcpy(y, b->dw_b, D * sizeof *y);
        for (int k = 0; k < KERNEL; k++)
            for (int d = 0; d < D; d++) y[d] += b->dw_w[d * KERNEL + k] * x[k * D + d];
    }
    moim_silu(c->mix, (size_t)t * D);
    moim_sgemm(t, D, D, 1, c->mix, D, b->pw2_w, D, 1, 0, c->norm, D);
    add_bias(c->norm, b->pw2_b, t, D);
    moim_axpy(c->x, 1, c->norm, (size_t)t * D);
}

/* hama's engine rounds its features to half precision, and so it was measured. */
static void round_to_half(float *x, size_t n)
{
    uint16_t half[256];
    for (size_t i = 0; i < n; i += 256) {
        size_t k = n - i < 256 ? n - i : 256;
        moim_f32_to_f16(half, x + i, k);
        moim_f16_to_f32(x + i, half, k);
    }
}

int moim_conformer_frames(size_t n)
{
    int mel = 1 + (int)(n / 160); /* hama counts one frame even for nothing */
    return (mel - 1) / 2 + 1;
}

int moim_conformer_run(struct moim_conformer *c, const float *pcm, size_t n, float *logprob,
                       struct moim_err *err)
{
    if (n == 0) return moim_fail(err, MOIM_EINVAL, "conformer: no samples");
    if (n / MOIM_CONFORMER_HOP >= (size_t)c->max_frames)
        return moim_fail(err, MOIM_EINVAL, "conformer: %zu samples are more than %d frames", n,
                         c->max_frames);
    int mel = moim_mel_frames(c->mel, n), t = moim_conformer_frames(n);
    moim_mel_run(c->mel, pcm, n, 0, mel, c->feat + MELS);
    round_to_half(c->feat + MELS, (size_t)mel * MELS);
    memset(c->feat + (size_t)(mel + 1) * MELS, 0, sizeof *c->feat * MELS);
    /* Output frame i reads rows 2i ... 2i + 2. The first two lie side by side and make one product with row
     * stride 2. */
    moim_sgemm(t, D, 2 * MELS, 1, c->feat, 2 * MELS, c->stem_w, D, 0, 0, c->x, D);
    moim_sgemm(t, D, MELS, 1, c->feat + 2 * MELS, 2 * MELS, c->stem_w + 2 * MELS * D, D, 0, 1, c->x, D);
    add_bias(c->x, c->stem_b, t, D);
    moim_gelu_erf(c->x, (size_t)t * D);
    for (int i = 0; i < BLOCKS; i++) {
        const struct block *b = &c->block[i];
        feed_forward(c, &b->ffn1, t);
        attend(c, b, t);
        convolve(c, b, t);
        feed_forward(c, &b->ffn2, t);
        for (int k = 0; k < t; k++)
            moim_layernorm(c->x + k * D, c->x + k * D, b->norm_w, b->norm_b, D, 1e-5f);
    }
    moim_sgemm(t, SYMBOLS, D, 1, c->x, D, c->proj_w, D, 1, 0, logprob, SYMBOLS);
    add_bias(logprob, c->proj_b, t, SYMBOLS);
    for (int i = 0; i < t; i++) moim_log_softmax(logprob + (size_t)i * SYMBOLS, SYMBOLS);
    return MOIM_OK;
}
