/* Attention over the f16 cache. Queries and probabilities round to f16 as keys and values do, scores and
 * mixes add in 16 lanes by position, so that a token's result depends on its own past alone: neither on the
 * batch nor on the branch it was computed in, and it is llama.cpp's (without flash attention) to the last
 * bit. */
#include "lm/llm_int.h"
#include "nn/vec.h"
#include <math.h>
#include <string.h>

struct job {
    struct moim_llm *m;
    const struct llm_layer *l;
    const struct llm_pass *p;
};

static void round_to_half(float *x, size_t n)
{
    uint16_t half[256];
    for (size_t i = 0; i < n; i += 256) {
        size_t k = n - i < 256 ? n - i : 256;
        moim_f32_to_f16(half, x + i, k);
        moim_f16_to_f32(x + i, half, k);
    }
}

/* Widens the key and value that a slot holds for one KV head to where its position lies. */
static void widen(const struct job *j, struct llm_scratch *s, int kv, int slot, int position)
{
    size_t dim = (size_t)j->m->head_dim, cell = ((size_t)slot * (size_t)j->m->kv_heads + (size_t)kv) * dim;
    float *k = s->k + (size_t)position * dim, *v = s->v + (size_t)position * dim;
    if (j->m->exact) {
        memcpy(k, j->l->k_cache + cell * 4, dim * 4);
        memcpy(v, j->l->v_cache + cell * 4, dim * 4);
        return;
    }
    moim_f16_to_f32(k, j->l->k_cache + cell * 2, dim);
    moim_f16_to_f32(v, j->l->v_cache + cell * 2, dim);
}

/* In a tree: the row's own branch after the common part, root first. */
static void widen_branch(const struct job *j, struct llm_scratch *s, int kv, int row)
{
    for (int node = j->p->slot + row - j->p->tree_base; node >= 0; node = j->p->parent[node])
        widen(j, s, kv, j->p->tree_base + node, j->p->pos[node]);
}

/* Heads of one row that share a KV head; keys and values lie widened by position. */
static void attend_row(const struct job *j, struct llm_scratch *s, int kv, int row)
{
    const struct moim_llm *m = j->m;
    size_t dim = (size_t)m->head_dim, qd = (size_t)m->heads * dim, rep = (size_t)(m->heads / m->kv_heads);
    int pos = llm_pos(j->p, row), lo = j->l->local && pos >= m->window ? pos - m->window + 1 : 0;
    size_t base = (size_t)lo & ~(size_t)15, skip = (size_t)lo - base, n = (size_t)pos + 1 - base;
    float scale = m->scale_query ? 1 : m->attn_scale;
    for (size_t h = (size_t)kv * rep; h < ((size_t)kv + 1) * rep; h++) {
        float *q = m->q + (size_t)row * qd + h * dim;
        /* before rounding or after it, as llama.cpp does for the architecture: f16 has few small numbers */
        for (size_t i = 0; m->scale_query && i < dim; i++) q[i] *= m->attn_scale;
        if (!m->exact) round_to_half(q, dim);
        moim_dot_rows(s->score, q, s->k + base * dim, dim, n, dim);
        for (size_t i = 0; i < n && m->attn_cap > 0; i++)
            s->score[i] = m->attn_cap * tanhf(s->score[i] / m->attn_cap);
        for (size_t i = 0; i < n; i++) s->score[i] = i < skip ? -INFINITY : s->score[i] * scale;
        moim_softmax(s->score, n);
        if (!m->exact) round_to_half(s->score, n);
        moim_mix_rows(m->att + (size_t)row * qd + h * dim, s->score, s->v + base * dim, dim, n, dim);
    }
}

/* One task: every tasks-th pair of a KV head and a block of rows, which share the widened keys. */
static void attend_some(void *arg, int task, int n_tasks)
{
    const struct job *j = arg;
    const struct llm_pass *p = j->p;
    struct llm_scratch *s = &j->m->scratch[task];
    int blocks = (p->n + LLM_ATTN_ROWS - 1) / LLM_ATTN_ROWS;
    for (int item = task; item < blocks * j->m->kv_heads; item += n_tasks) {
        int kv = item % j->m->kv_heads, r0 = item / j->m->kv_heads * LLM_ATTN_ROWS;
        int r1 = r0 + LLM_ATTN_ROWS < p->n ? r0 + LLM_ATTN_ROWS : p->n;
        int first = j->l->local ? llm_pos(p, r0) - j->m->window : 0,
            last = p->tree_base < 0 ? p->slot + r1 : p->tree_base;
        /* a tree's rows may lie anywhere: its first row need not be its earliest */
        if (p->tree_base >= 0) first = 0;
        for (int i = first > 0 ? first & ~15 : 0; i < last; i++) widen(j, s, kv, i, i);
        for (int r = r0; r < r1; r++) {
            if (p->tree_base >= 0) widen_branch(j, s, kv, r);
            attend_row(j, s, kv, r);
        }
    }
}

void llm_attention(struct moim_llm *m, const struct llm_layer *l, const struct llm_pass *p)
{
    struct job j = {m, l, p};
    moim_pool_run(m->pool, attend_some, &j, m->n_scratch);
}
