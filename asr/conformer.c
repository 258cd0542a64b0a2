/* pcm -> 80 log-mel (n_fft 400, hop 160, floor 1e-10, ln, rounded to f16) [T2][80]
 *     -> conv k=3 stride 2, 80 -> 144 (batch norm folded in), GELU [T][144]
 *     -> 4 blocks: x += ffn1(x) / 2; x += attention(x); x += convolution(x); x += ffn2(x) / 2; x = norm(x)
 *         ffn:         norm, 144 -> 576, SiLU, 576 -> 144
 *         attention:   norm, 4 heads of 36, no positions, no mask
 *         convolution: norm, 144 -> 288, GLU, depthwise k=31 (batch norm folded in), SiLU, 144 -> 144
 *     -> 144 -> 191, log-softmax */
#include "asr/conformer_int.h"
#include "nn/matmul.h"
#include "nn/vec.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

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
void conformer_feed_forward(struct moim_conformer *c, const struct ffn *f, int t)
{
    normalize(f->norm_w, f->norm_b, c->x, c->norm, t);
    moim_sgemm_on(c->pool, t, FFN, D, 1, c->norm, D, f->w1, FFN, 0, 0, c->wide, FFN);
    add_bias(c->wide, f->b1, t, FFN);
    moim_silu(c->wide, (size_t)t * FFN);
    moim_sgemm_on(c->pool, t, D, FFN, 1, c->wide, FFN, f->w2, D, 0, 0, c->mix, D);
    add_bias(c->mix, f->b2, t, D);
    moim_axpy(c->x, 0.5f, c->mix, (size_t)t * D);
}

struct attention {
    struct moim_conformer *c;
    int t, left;
};

/* Some rows at a time, so that memory grows with the frames and not with their square. */
static void one_head(void *arg, int h, int n)
{
    (void)n;
    struct attention *a = arg;
    int all = a->left + a->t, rows = a->t < ROWS ? a->t : ROWS;
    const float *q = a->c->wide + (size_t)a->left * 3 * D + h * HEAD_DIM, *k = a->c->wide + D + h * HEAD_DIM,
                *v = k + D;
    float *s = a->c->scores + (size_t)h * (size_t)(a->c->max_frames < ROWS ? a->c->max_frames : ROWS) *
                                  (size_t)(a->c->left + a->c->max_frames);
    for (int at = 0; at < a->t; at += rows) {
        int some = a->t - at < rows ? a->t - at : rows;
        moim_sgemm(some, all, HEAD_DIM, 1 / sqrtf(HEAD_DIM), q + (size_t)at * 3 * D, 3 * D, k, 3 * D, 1, 0, s,
                   all);
        for (int i = 0; i < some; i++) moim_softmax(s + (size_t)i * (size_t)all, (size_t)all);
        moim_sgemm(some, HEAD_DIM, all, 1, s, all, v, 3 * D, 0, 0, a->c->mix + (size_t)at * D + h * HEAD_DIM,
                   D);
    }
}

void conformer_attend(struct moim_conformer *c, const struct block *b, int t, int left)
{
    float *now = c->wide + (size_t)left * 3 * D;
    normalize(b->attn_w, b->attn_b, c->x, c->norm, t);
    moim_sgemm_on(c->pool, t, 3 * D, D, 1, c->norm, D, b->qkv_w, 3 * D, 0, 0, now, 3 * D);
    add_bias(now, b->qkv_b, t, 3 * D);
    moim_pool_run(c->pool, one_head, &(struct attention){c, t, left}, HEADS);
    moim_sgemm_on(c->pool, t, D, D, 1, c->mix, D, b->out_w, D, 0, 0, c->norm, D);
    add_bias(c->norm, b->out_b, t, D);
    moim_axpy(c->x, 1, c->norm, (size_t)t * D);
}

void conformer_convolve(struct moim_conformer *c, const struct block *b, int t)
{
    normalize(b->conv_w, b->conv_b, c->x, c->norm, t);
    moim_sgemm_on(c->pool, t, 2 * D, D, 1, c->norm, D, b->pw1_w, D, 1, 0, c->wide, 2 * D);
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
    moim_sgemm_on(c->pool, t, D, D, 1, c->mix, D, b->pw2_w, D, 1, 0, c->norm, D);
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

void conformer_mel(struct moim_conformer *c, const float *pcm, size_t n, int first, int count, float *out)
{
    moim_mel_run(c->mel, pcm, n, first, count, out);
    round_to_half(out, (size_t)count * MELS);
}

void conformer_stem(struct moim_conformer *c, const float *feat, int t)
{
    /* The first two of the three rows lie side by side and make one product with row stride 2. */
    moim_sgemm_on(c->pool, t, D, 2 * MELS, 1, feat, 2 * MELS, c->stem_w, D, 0, 0, c->x, D);
    moim_sgemm_on(c->pool, t, D, MELS, 1, feat + 2 * MELS, 2 * MELS, c->stem_w + 2 * MELS * D, D, 0, 1, c->x,
                  D);
    add_bias(c->x, c->stem_b, t, D);
    moim_gelu_erf(c->x, (size_t)t * D);
}

void conformer_norm(struct moim_conformer *c, const struct block *b, int t)
{
    for (int k = 0; k < t; k++) moim_layernorm(c->x + k * D, c->x + k * D, b->norm_w, b->norm_b, D, 1e-5f);
}

void conformer_project(struct moim_conformer *c, int t, float *logprob)
{
    moim_sgemm_on(c->pool, t, SYMBOLS, D, 1, c->x, D, c->proj_w, D, 1, 0, logprob, SYMBOLS);
    add_bias(logprob, c->proj_b, t, SYMBOLS);
    for (int i = 0; i < t; i++) moim_log_softmax(logprob + (size_t)i * SYMBOLS, SYMBOLS);
}

int moim_conformer_run(struct moim_conformer *c, const float *pcm, size_t n, float *logprob,
                       struct moim_err *err)
{
    if (n == 0) return moim_fail(err, MOIM_EINVAL, "conformer: no samples");
    if (n / MOIM_CONFORMER_HOP >= (size_t)c->max_frames)
        return moim_fail(err, MOIM_EINVAL, "conformer: %zu samples are more than %d frames", n,
                         c->max_frames);
    int mel = moim_mel_frames(c->mel, n), t = moim_conformer_frames(n);
    conformer_mel(c, pcm, n, 0, mel, c->feat + MELS);
    memset(c->feat + (size_t)(mel + 1) * MELS, 0, sizeof *c->feat * MELS);
    conformer_stem(c, c->feat, t);
    memset(c->padded, 0, sizeof *c->padded * (KERNEL / 2) * D);
    for (int i = 0; i < BLOCKS; i++) {
        const struct block *b = &c->block[i];
        conformer_feed_forward(c, &b->ffn1, t);
        conformer_attend(c, b, t, 0);
        conformer_convolve(c, b, t);
        conformer_feed_forward(c, &b->ffn2, t);
        conformer_norm(c, b, t);
    }
    conformer_project(c, t, logprob);
    return MOIM_OK;
}
