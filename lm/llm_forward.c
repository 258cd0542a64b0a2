/* The forward pass of all architectures. Which norms and biases exist was settled at load. */
#include "lm/llm_int.h"
#include "nn/vec.h"
#include <math.h>
#include <string.h>

struct rows_job {
    struct moim_llm *m;
    const struct llm_layer *l;
    const struct llm_pass *p;
    const float *gamma;
};

/* Row-wise work goes to the pool only when there is enough of it to pay for the hand-over. */
static void each_row(struct moim_llm *m, void (*fn)(void *, int, int), struct rows_job *j, int n)
{
    if (n >= 4)
        moim_pool_run(m->pool, fn, j, n);
    else
        for (int i = 0; i < n; i++) fn(j, i, n);
}

static void norm_row(void *arg, int i, int n)
{
    (void)n;
    struct rows_job *j = arg;
    size_t d = (size_t)j->m->d, at = (size_t)i * d;
    if (j->gamma)
        moim_rmsnorm(j->m->xn + at, j->m->x + at, j->gamma, d, j->m->eps);
    else
        memcpy(j->m->xn + at, j->m->x + at, d * sizeof(float));
}

/* x += xn, after a norm of its own where the model has one. */
static void residual_row(void *arg, int i, int n)
{
    (void)n;
    struct rows_job *j = arg;
    size_t d = (size_t)j->m->d, at = (size_t)i * d;
    float *y = j->m->xn + at;
    if (j->gamma) moim_rmsnorm(y, y, j->gamma, d, j->m->eps);
    moim_axpy(j->m->x + at, j->m->residual_scale, y, d);
}

static void rotate(const struct moim_llm *m, float *x, const float *cs)
{
    int half = m->rot / 2, gap = m->neox ? half : 1, step = m->neox ? 1 : 2;
    for (int i = 0; i < half; i++) {
        float *a = x + i * step, *b = a + gap, c = cs[2 * i], s = cs[2 * i + 1], t = *a;
        *a = fmaf(t, c, -(*b * s)); /* fused as llama.cpp's compiler fuses them */
        *b = fmaf(t, s, *b * c);
    }
}

/* Norms and rotates the heads of one row and files its key and value in the cache. */
static void cache_row(void *arg, int i, int n)
{
    (void)n;
    struct rows_job *j = arg;
    struct moim_llm *m = j->m;
    size_t hd = (size_t)m->head_dim, qd = (size_t)m->heads * hd, kd = (size_t)m->kv_heads * hd;
    float *q = m->q + (size_t)i * qd, *k = m->k + (size_t)i * kd;
    const float *cs = m->cs[j->l->local] + (size_t)i * (size_t)m->rot;
    for (int h = 0; h < m->heads; h++) {
        if (j->l->q_norm) moim_rmsnorm(q + (size_t)h * hd, q + (size_t)h * hd, j->l->q_norm, hd, m->eps);
        if (!j->l->unturned) rotate(m, q + (size_t)h * hd, cs);
    }
    for (int h = 0; h < m->kv_heads; h++) {
        if (j->l->k_norm) moim_rmsnorm(k + (size_t)h * hd, k + (size_t)h * hd, j->l->k_norm, hd, m->eps);
        if (!j->l->unturned) rotate(m, k + (size_t)h * hd, cs);
    }
    size_t cell = (size_t)(j->p->slot + i) * kd;
    const float *v = m->v + (size_t)i * kd;
    if (m->exact) {
        memcpy(j->l->k_cache + cell * 4, k, kd * 4);
        memcpy(j->l->v_cache + cell * 4, v, kd * 4);
        return;
    }
    moim_f32_to_f16(j->l->k_cache + cell * 2, k, kd);
    moim_f32_to_f16(j->l->v_cache + cell * 2, v, kd);
}

static void gelu(const uint16_t *table, float *x, size_t n)
{
    uint16_t half[256];
    for (size_t i = 0; i < n; i += 256, x += 256) {
        size_t k = n - i < 256 ? n - i : 256;
        float out[256];
        moim_f32_to_f16(half, x, k);
        for (size_t c = 0; c < k; c++) half[c] = table[half[c]];
        moim_f16_to_f32(out, half, k);
        for (size_t c = 0; c < k; c++) x[c] = x[c] <= -10 ? 0 : x[c] >= 10 ? x[c] : out[c];
    }
}

static void gate_row(void *arg, int i, int n)
{
    (void)n;
    struct rows_job *j = arg;
    size_t ff = (size_t)j->m->ff;
    float *g = j->m->g + (size_t)i * ff;
    const float *u = j->m->u + (size_t)i * ff;
    if (j->m->gelu)
        gelu(j->m->gelu_table, g, ff);
    else
        moim_silu(g, ff);
    moim_mul(g, u, ff);
}

/* cos and sin for every row, once per pass for all layers. The angle is multiplied on in f32 from pair to
 * pair, as in llama.cpp. */
static void fill_rope(struct moim_llm *m, const struct llm_pass *p)
{
    for (int local = 0; local < 2; local++) {
        const struct llm_rope *o = &m->rope[local];
        float step = powf(o->base, -2.0f / (float)m->rot);
        for (int r = 0; r < p->n; r++) {
            float theta = (float)llm_pos(p, r), *cs = m->cs[local] + (size_t)r * (size_t)m->rot;
            for (int i = 0; i < m->rot / 2; i++, theta *= step) {
                float told = m->rope_factors && (!local || !m->gelu) ? theta / m->rope_factors[i] : theta;
                float angle = o->scale * told;
                if (o->extrapolate != 0) {
                    float at = ((float)i - o->low) / fmaxf(0.001f, o->high - o->low);
                    float mix = (1 - fminf(1, fmaxf(0, at))) * o->extrapolate;
                    angle = angle * (1 - mix) + told * mix;
                }
                cs[2 * i] = cosf(angle) * o->magnitude;
                cs[2 * i + 1] = sinf(angle) * o->magnitude;
            }
        }
        if (!m->window) break;
    }
}

static void round_to_bf16(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
        memcpy(y + i, &bits, 4);
    }
}

static void round_to_f16(float *y, const float *x, size_t n)
{
    uint16_t half[256];
    for (size_t i = 0; i < n; i += 256) {
        size_t k = n - i < 256 ? n - i : 256;
        moim_f32_to_f16(half, x + i, k);
        moim_f16_to_f32(y + i, half, k);
    }
}

/* Against weights of 16 bits activations are rounded as they are, as in llama.cpp. */
static int mul(struct moim_llm *m, const struct moim_weight *w, const float *x, int n, const float *bias,
               float *y)
{
    size_t cols = (size_t)moim_weight_cols(w);
    if (moim_weight_type(w) == MOIM_F16) round_to_f16(m->rounded, x, (size_t)n * cols), x = m->rounded;
    if (moim_weight_type(w) == MOIM_BF16) round_to_bf16(m->rounded, x, (size_t)n * cols), x = m->rounded;
    return moim_matmul(m->pool, m->ws, w, x, cols, n, bias, y, (size_t)moim_weight_rows(w));
}

static int run_layer(struct moim_llm *m, const struct llm_layer *l, const struct llm_pass *p)
{
    int rc, n = p->n;
    struct rows_job j = {m, l, p, l->attn_norm};
    each_row(m, norm_row, &j, n);
    if ((rc = mul(m, l->q, m->xn, n, l->q_bias, m->q)) || (rc = mul(m, l->k, m->xn, n, l->k_bias, m->k)) ||
        (rc = mul(m, l->v, m->xn, n, l->v_bias, m->v)))
        return rc;
    each_row(m, cache_row, &j, n);
    llm_attention(m, l, p);
    if ((rc = mul(m, l->o, m->att, n, l->o_bias, m->xn))) return rc;
    j.gamma = l->attn_post;
    each_row(m, residual_row, &j, n);
    j.gamma = l->ffn_norm;
    each_row(m, norm_row, &j, n);
    if ((rc = mul(m, l->gate, m->xn, n, l->gate_bias, m->g)) ||
        (rc = mul(m, l->up, m->xn, n, l->up_bias, m->u)))
        return rc;
    each_row(m, gate_row, &j, n);
    if ((rc = mul(m, l->down, m->g, n, l->down_bias, m->xn))) return rc;
    j.gamma = l->ffn_post;
    each_row(m, residual_row, &j, n);
    return MOIM_OK;
}

int llm_forward(struct moim_llm *m, const struct llm_pass *p)
{
    size_t d = (size_t)m->d;
    for (int i = 0; i < p->n; i++) {
        float *x = m->x + (size_t)i * d;
        moim_weight_row(m->embed, p->tok[i], x);
        if (m->embed_scale != 1)
            for (size_t k = 0; k < d; k++) x[k] *= m->embed_scale;
    }
    fill_rope(m, p);
    int rc = MOIM_OK;
    for (int i = 0; i < m->n_layer && !rc; i++) rc = run_layer(m, &m->layers[i], p);
    return rc;
}

int llm_logits(struct moim_llm *m, const int *rows, int n)
{
    size_t d = (size_t)m->d, v = (size_t)m->n_vocab;
    for (int i = 0; i < n; i++)
        moim_rmsnorm(m->xn + (size_t)i * d, m->x + (size_t)rows[i] * d, m->out_norm, d, m->eps);
    int rc = mul(m, m->output, m->xn, n, NULL, m->logits);
    for (size_t i = 0; m->logit_scale != 1 && i < (size_t)n * v; i++) m->logits[i] *= m->logit_scale;
    if (m->logit_cap > 0)
        for (size_t i = 0; i < (size_t)n * v; i++)
            m->logits[i] = m->logit_cap * tanhf(m->logits[i] / m->logit_cap);
    return rc;
}
