/* Attention over the f16 cache, flash style: keys and values are widened block by block and shared by every
 * query of a block of rows, with a running maximum and sum per query (Dao et al., 2022). */
#include "lm/llm_int.h"
#include "nn/vec.h"
#include <math.h>
#include <string.h>

enum { ROWS = 16, KEYS = 32 };

struct job {
    struct moim_llm *m;
    const struct llm_layer *l;
    const struct llm_pass *p;
};

struct soft {
    float max, sum;
};

/* Adds keys [0, n) of a widened block to one query's running softmax. */
static void attend(const float *q, float scale, const float *k, const float *v, int n, size_t dim,
                   struct soft *s, float *acc)
{
    float w[KEYS], top = s->max;
    if (n <= 0) return;
    for (int j = 0; j < n; j++) {
        w[j] = scale * moim_dot(q, k + (size_t)j * dim, dim);
        if (w[j] > top) top = w[j];
    }
    if (!(top > s->max) && s->max == -INFINITY) top = 0; /* NaN only: keep exp finite */
    if (top != s->max) {
        float c = s->max == -INFINITY ? 0 : expf(s->max - top);
        s->sum *= c;
        for (size_t i = 0; i < dim; i++) acc[i] *= c;
        s->max = top;
    }
    for (int j = 0; j < n; j++) {
        float e = expf(w[j] - top);
        s->sum += e;
        moim_axpy(acc, e, v + (size_t)j * dim, dim);
    }
}

/* The slots of the row's own branch: itself and its parents. */
static void attend_chain(const struct job *j, int row, int kv, const float *q, struct soft *s, float *acc)
{
    const struct moim_llm *m = j->m;
    size_t dim = (size_t)m->head_dim, stride = (size_t)m->kv_heads * dim;
    int rep = m->heads / m->kv_heads, first = llm_pos(j->p, row) - m->window;
    float k[KEYS * LLM_MAX_HEAD_DIM], v[KEYS * LLM_MAX_HEAD_DIM];
    int node = j->p->slot + row - j->p->tree_base;
    while (node >= 0) {
        int n = 0;
        for (; node >= 0 && n < KEYS; node = j->p->parent[node]) {
            if (j->l->local && j->p->pos[node] <= first) continue;
            size_t at = (size_t)(j->p->tree_base + node) * stride + (size_t)kv * dim;
            moim_f16_to_f32(k + (size_t)n * dim, j->l->k_cache + at, dim);
            moim_f16_to_f32(v + (size_t)n * dim, j->l->v_cache + at, dim);
            n++;
        }
        for (int h = 0; h < rep; h++)
            attend(q + (size_t)h * dim, m->attn_scale, k, v, n, dim, &s[h], acc + (size_t)h * dim);
    }
}

/* Slots [*lo, *hi) that row i sees in the common part of the cache. */
static void visible(const struct job *j, int i, int *lo, int *hi)
{
    *hi = j->p->tree_base < 0 ? j->p->slot + i + 1 : j->p->tree_base;
    int first = llm_pos(j->p, i) - j->m->window + 1;
    *lo = j->l->local && first > 0 ? first : 0;
    if (*lo > *hi) *lo = *hi;
}

/* One task: the heads that share one KV head, for a block of rows. */
static void attend_rows(void *arg, int task, int n_tasks)
{
    (void)n_tasks;
    const struct job *j = arg;
    const struct moim_llm *m = j->m;
    size_t dim = (size_t)m->head_dim, stride = (size_t)m->kv_heads * dim, qd = (size_t)m->heads * dim;
    int rep = m->heads / m->kv_heads, kv = task % m->kv_heads, r0 = task / m->kv_heads * ROWS;
    int r1 = r0 + ROWS < j->p->n ? r0 + ROWS : j->p->n, lo = INT32_MAX, hi = 0;
    struct soft s[ROWS][LLM_MAX_GROUP];
    float k[KEYS * LLM_MAX_HEAD_DIM], v[KEYS * LLM_MAX_HEAD_DIM];
    for (int r = r0; r < r1; r++) {
        int a, b;
        visible(j, r, &a, &b);
        lo = a < lo ? a : lo, hi = b > hi ? b : hi;
        for (int h = 0; h < rep; h++) s[r - r0][h] = (struct soft){-INFINITY, 0};
        memset(m->att + (size_t)r * qd + (size_t)(kv * rep) * dim, 0, (size_t)rep * dim * sizeof(float));
    }
    for (int at = lo; at < hi; at += KEYS) {
        int n = hi - at < KEYS ? hi - at : KEYS;
        for (int i = 0; i < n; i++) {
            size_t cell = (size_t)(at + i) * stride + (size_t)kv * dim;
            moim_f16_to_f32(k + (size_t)i * dim, j->l->k_cache + cell, dim);
            moim_f16_to_f32(v + (size_t)i * dim, j->l->v_cache + cell, dim);
        }
        for (int r = r0; r < r1; r++) {
            int a, b;
            visible(j, r, &a, &b);
            a = a > at ? a - at : 0, b = b - at < n ? b - at : n;
            size_t row = (size_t)r * qd + (size_t)(kv * rep) * dim;
            for (int h = 0; h < rep && a < b; h++, row += dim)
                attend(m->q + row, m->attn_scale, k + (size_t)a * dim, v + (size_t)a * dim, b - a, dim,
                       &s[r - r0][h], m->att + row);
        }
    }
    for (int r = r0; r < r1; r++) {
        size_t row = (size_t)r * qd + (size_t)(kv * rep) * dim;
        if (j->p->tree_base >= 0) attend_chain(j, r, kv, m->q + row, s[r - r0], m->att + row);
        for (int h = 0; h < rep; h++, row += dim) {
            float inv = s[r - r0][h].sum > 0 ? 1 / s[r - r0][h].sum : 0;
            for (size_t i = 0; i < dim; i++) m->att[row + i] *= inv;
        }
    }
}

void llm_attention(struct moim_llm *m, const struct llm_layer *l, const struct llm_pass *p)
{
    struct job j = {m, l, p};
    moim_pool_run(m->pool, attend_rows, &j, (p->n + ROWS - 1) / ROWS * m->kv_heads);
}
