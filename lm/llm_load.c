/* Opens a GGUF transformer: reads the shape from metadata, checks every tensor against it, takes all memory.
 */
#include "lm/llm_int.h"
#include "nn/vec.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *take(struct moim_llm *m, size_t count, size_t size)
{
    void *p = count > SIZE_MAX / 2 / size ? NULL : calloc(count, size);
    if (p) m->bytes += count * size;
    return p;
}

static bool arch_key(const struct moim_llm *m, const char *name, char *key, size_t cap)
{
    return snprintf(key, cap, "%s.%s", m->arch, name) < (int)cap;
}

/* An integer of metadata within [lo, hi], or fallback when absent (fallback < 0: required). */
static int need_int(struct moim_llm *m, const char *name, int64_t lo, int64_t hi, int fallback, int *out,
                    struct moim_err *err)
{
    char key[96];
    uint64_t v;
    arch_key(m, name, key, sizeof key);
    *out = fallback;
    if (!moim_weights_u64(m->file, key, &v)) {
        if (fallback >= 0) return MOIM_OK;
        return moim_fail(err, MOIM_EFORMAT, "%s: %s is missing", moim_weights_path(m->file), key);
    }
    if (v < (uint64_t)lo || v > (uint64_t)hi)
        return moim_fail(err, MOIM_EFORMAT, "%s: %s = %llu is out of range", moim_weights_path(m->file), key,
                         (unsigned long long)v);
    *out = (int)v;
    return MOIM_OK;
}

static float get_float(struct moim_llm *m, const char *name, float fallback)
{
    char key[96];
    double v;
    arch_key(m, name, key, sizeof key);
    return moim_weights_f64(m->file, key, &v) && isfinite(v) ? (float)v : fallback;
}

static int read_shape(struct moim_llm *m, struct moim_err *err)
{
    int limit, rc, dim_v;
    if ((rc = need_int(m, "embedding_length", 1, 1 << 16, -1, &m->d, err)) ||
        (rc = need_int(m, "block_count", 1, LLM_MAX_LAYERS, -1, &m->n_layer, err)) ||
        (rc = need_int(m, "feed_forward_length", 1, 1 << 18, -1, &m->ff, err)) ||
        (rc = need_int(m, "attention.head_count", 1, 1024, -1, &m->heads, err)) ||
        (rc = need_int(m, "attention.head_count_kv", 1, 1024, m->heads, &m->kv_heads, err)) ||
        (rc = need_int(m, "attention.key_length", 2, LLM_MAX_HEAD_DIM, m->d / m->heads, &m->head_dim, err)) ||
        (rc = need_int(m, "attention.value_length", 2, LLM_MAX_HEAD_DIM, m->head_dim, &dim_v, err)) ||
        (rc = need_int(m, "rope.dimension_count", 2, m->head_dim, m->head_dim, &m->rot, err)) ||
        (rc = need_int(m, "context_length", 1, 1 << 24, -1, &limit, err)) ||
        (rc = need_int(m, "attention.sliding_window", 0, 1 << 24, 0, &m->window, err)))
        return rc;
    if (m->heads % m->kv_heads || m->heads / m->kv_heads > LLM_MAX_GROUP || m->head_dim < 2 ||
        m->head_dim > LLM_MAX_HEAD_DIM || m->rot % 2 || dim_v != m->head_dim)
        return moim_fail(err, MOIM_EUNSUP, "%s: %d heads of %d over %d KV heads of %d is not supported",
                         moim_weights_path(m->file), m->heads, m->head_dim, m->kv_heads, dim_v);
    if (m->n_ctx <= 0) m->n_ctx = 4096 < limit ? 4096 : limit;
    m->eps = get_float(m, "attention.layer_norm_rms_epsilon", 1e-6f);
    m->rope_base = get_float(m, "rope.freq_base", 10000);
    m->rope_base_local = get_float(m, "rope.freq_base_swa", 10000);
    float factor = get_float(m, "rope.scaling.factor", 1);
    m->rope_scale = factor > 0 ? 1 / factor : 1;
    m->attn_scale = 1 / sqrtf((float)m->head_dim);
    m->logit_cap = get_float(m, "final_logit_softcapping", 0);
    m->embed_scale = 1;
    return MOIM_OK;
}

/* What the architectures differ in beside the presence of tensors. */
static int read_arch(struct moim_llm *m, struct moim_err *err)
{
    const char *s, *path = moim_weights_path(m->file);
    size_t len;
    if (!moim_weights_str(m->file, "general.architecture", &s, &len))
        return moim_fail(err, MOIM_EFORMAT, "%s: not a language model", path);
    static const char *const known[] = {"qwen2", "llama", "gemma3"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == len && memcmp(known[i], s, len) == 0) strcpy(m->arch, known[i]);
    if (!m->arch[0])
        return moim_fail(err, MOIM_EUNSUP,
                         "%s: architecture \"%.*s\" is not supported (qwen2, llama, gemma3 are)", path,
                         (int)(len < 64 ? len : 64), s);
    int rc = read_shape(m, err);
    if (rc) return rc;
    m->neox = strcmp(m->arch, "llama") != 0;
    if (strcmp(m->arch, "gemma3") == 0) {
        m->gelu = m->scale_query = true;
        m->embed_scale = sqrtf((float)m->d);
        if (m->n_layer == 62) m->attn_scale = 1 / sqrtf((float)m->d / (float)m->heads); /* the 27B alone */
    } else
        m->window = 0;
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    bool named = moim_weights_str(m->file, "general.name", &s, &len) && len > 0;
    snprintf(m->name, sizeof m->name, "%.*s", (int)(named ? (len < 120 ? len : 120) : strlen(base)),
             named ? s : base);
    return MOIM_OK;
}

static const struct moim_tensor *find_tensor(struct moim_llm *m, const char *fmt, int layer)
{
    char name[96];
    /* cppcheck-suppress wrongPrintfScanfArgNum */
    snprintf(name, sizeof name, fmt, layer);
    return moim_weights_find(m->file, name);
}

static int misshapen(struct moim_llm *m, const char *fmt, int layer, bool absent, struct moim_err *err)
{
    char name[96];
    snprintf(name, sizeof name, fmt, layer);
    return moim_fail(err, MOIM_EFORMAT, "%s: tensor %s %s", moim_weights_path(m->file), name,
                     absent ? "is missing" : "does not fit the model's shape");
}

/* A vector of n as f32, in memory of ours. Absent and optional: *out stays NULL. */
static int load_vec(struct moim_llm *m, float **out, const char *fmt, int layer, int n, bool optional,
                    struct moim_err *err)
{
    const struct moim_tensor *t = find_tensor(m, fmt, layer);
    if (!t && optional) return MOIM_OK;
    if (!t || moim_tensor_count(t) != (uint64_t)n) return misshapen(m, fmt, layer, !t, err);
    *out = take(m, (size_t)n, sizeof **out);
    if (!*out) return MOIM_ENOMEM;
    moim_dequantize(t->type, t->data, (uint64_t)n, *out);
    return MOIM_OK;
}

static int load_mat(struct moim_llm *m, struct moim_weight **out, const char *fmt, int layer, int rows,
                    int cols, struct moim_err *err)
{
    const struct moim_tensor *t = find_tensor(m, fmt, layer);
    if (!t || t->rank != 2 || t->dims[0] != (uint64_t)rows || t->dims[1] != (uint64_t)cols)
        return misshapen(m, fmt, layer, !t, err);
    return moim_weight_new(out, t, MOIM_PACK_FAST, err);
}

static int load_layer(struct moim_llm *m, int i, struct moim_err *err)
{
    struct llm_layer *l = &m->layers[i];
    int d = m->d, qd = m->heads * m->head_dim, kd = m->kv_heads * m->head_dim, hd = m->head_dim, rc;
    bool opt = true;
    if ((rc = load_vec(m, &l->attn_norm, "blk.%d.attn_norm.weight", i, d, false, err)) ||
        (rc = load_vec(m, &l->ffn_norm, "blk.%d.ffn_norm.weight", i, d, false, err)) ||
        (rc = load_vec(m, &l->attn_post, "blk.%d.post_attention_norm.weight", i, d, opt, err)) ||
        (rc = load_vec(m, &l->ffn_post, "blk.%d.post_ffw_norm.weight", i, d, opt, err)) ||
        (rc = load_vec(m, &l->q_norm, "blk.%d.attn_q_norm.weight", i, hd, opt, err)) ||
        (rc = load_vec(m, &l->k_norm, "blk.%d.attn_k_norm.weight", i, hd, opt, err)) ||
        (rc = load_vec(m, &l->q_bias, "blk.%d.attn_q.bias", i, qd, opt, err)) ||
        (rc = load_vec(m, &l->k_bias, "blk.%d.attn_k.bias", i, kd, opt, err)) ||
        (rc = load_vec(m, &l->v_bias, "blk.%d.attn_v.bias", i, kd, opt, err)) ||
        (rc = load_mat(m, &l->q, "blk.%d.attn_q.weight", i, qd, d, err)) ||
        (rc = load_mat(m, &l->k, "blk.%d.attn_k.weight", i, kd, d, err)) ||
        (rc = load_mat(m, &l->v, "blk.%d.attn_v.weight", i, kd, d, err)) ||
        (rc = load_mat(m, &l->o, "blk.%d.attn_output.weight", i, d, qd, err)) ||
        (rc = load_mat(m, &l->gate, "blk.%d.ffn_gate.weight", i, m->ff, d, err)) ||
        (rc = load_mat(m, &l->up, "blk.%d.ffn_up.weight", i, m->ff, d, err)) ||
        (rc = load_mat(m, &l->down, "blk.%d.ffn_down.weight", i, d, m->ff, err)))
        return rc;
    /* gemma3: five local layers, then a global one */
    l->local = m->window > 0 && i % 6 != 5;
    size_t cells = (size_t)m->n_ctx * (size_t)kd;
    l->k_cache = take(m, cells, sizeof *l->k_cache);
    l->v_cache = take(m, cells, sizeof *l->v_cache);
    return l->k_cache && l->v_cache ? MOIM_OK : MOIM_ENOMEM;
}

static int load_tensors(struct moim_llm *m, struct moim_err *err)
{
    const struct moim_tensor *e = find_tensor(m, "token_embd.weight", 0);
    /* some files pad the embedding beyond the tokens */
    m->n_vocab = e && e->rank == 2 && e->dims[0] < 1u << 24 ? (int)e->dims[0] : moim_tokenizer_size(m->tok);
    int rc = load_mat(m, &m->embed, "token_embd.weight", 0, m->n_vocab, m->d, err);
    if (rc) return rc;
    m->output = m->embed;
    if (find_tensor(m, "output.weight", 0)) {
        m->output = NULL;
        rc = load_mat(m, &m->output, "output.weight", 0, m->n_vocab, m->d, err);
    }
    if (!rc) rc = load_vec(m, &m->out_norm, "output_norm.weight", 0, m->d, false, err);
    if (!rc) rc = load_vec(m, &m->rope_factors, "rope_freqs.weight", 0, m->rot / 2, true, err);
    if (rc) return rc;
    m->layers = take(m, (size_t)m->n_layer, sizeof *m->layers);
    if (!m->layers) return MOIM_ENOMEM;
    for (int i = 0; i < m->n_layer && !rc; i++) rc = load_layer(m, i, err);
    return rc;
}

/* llama.cpp looks GELU up at half precision, and so it must be here: what rounds otherwise picks other
 * tokens. */
static void fill_gelu(uint16_t *table)
{
    for (uint32_t i = 0; i < 65536; i++) {
        uint16_t bits = (uint16_t)i;
        float x, y;
        moim_f16_to_f32(&x, &bits, 1);
        y = 0.5f * x * (1 + tanhf(0.79788456080286535588f * x * fmaf(0.044715f * x, x, 1)));
        moim_f32_to_f16(&table[i], &y, 1);
    }
}

static int take_scratch(struct moim_llm *m)
{
    size_t n = (size_t)m->n_ctx, cells = n * (size_t)m->head_dim;
    m->n_scratch = moim_pool_threads(m->pool);
    m->scratch = take(m, (size_t)m->n_scratch, sizeof *m->scratch);
    for (int i = 0; m->scratch && i < m->n_scratch; i++) {
        struct llm_scratch *s = &m->scratch[i];
        s->k = take(m, cells, sizeof(float)), s->v = take(m, cells, sizeof(float));
        s->score = take(m, n, sizeof(float));
        if (!s->k || !s->v || !s->score) return MOIM_ENOMEM;
    }
    if (m->gelu && (m->gelu_table = take(m, 65536, sizeof *m->gelu_table))) fill_gelu(m->gelu_table);
    return m->scratch && (!m->gelu || m->gelu_table) ? MOIM_OK : MOIM_ENOMEM;
}

static int take_buffers(struct moim_llm *m)
{
    size_t n = (size_t)m->n_batch, ctx = (size_t)m->n_ctx, f = sizeof(float);
    size_t qd = (size_t)m->heads * (size_t)m->head_dim, kd = (size_t)m->kv_heads * (size_t)m->head_dim;
    m->ws = moim_matmul_ws_new();
    m->x = take(m, n * (size_t)m->d, f), m->xn = take(m, n * (size_t)m->d, f);
    m->q = take(m, n * qd, f), m->att = take(m, n * qd, f);
    m->k = take(m, n * kd, f), m->v = take(m, n * kd, f);
    m->g = take(m, n * (size_t)m->ff, f), m->u = take(m, n * (size_t)m->ff, f);
    for (int i = 0; i < 2; i++) m->cs[i] = take(m, n * (size_t)m->rot, f);
    m->logits = take(m, LLM_LOGIT_ROWS * (size_t)m->n_vocab, f);
    m->t_tok = take(m, ctx, 4), m->t_parent = take(m, ctx, 4), m->t_pos = take(m, ctx, 4);
    m->t_child = take(m, ctx, 4), m->t_next = take(m, ctx, 4), m->t_logprob = take(m, ctx, 4);
    if (!m->ws || !m->x || !m->xn || !m->q || !m->att || !m->k || !m->v || !m->g || !m->u || !m->cs[0] ||
        !m->cs[1] || !m->logits || !m->t_tok || !m->t_parent || !m->t_pos || !m->t_child || !m->t_next ||
        !m->t_logprob)
        return MOIM_ENOMEM;
    int rc = take_scratch(m);
    if (rc) return rc;
    /* the widest product grows ws to its final size */
    return moim_matmul(m->pool, m->ws, m->layers[0].down, m->g, (size_t)m->ff, m->n_batch, NULL, m->x,
                       (size_t)m->d);
}

int llm_load(struct moim_llm *m, const char *path, const struct moim_llm_params *p, struct moim_err *err)
{
    m->n_ctx = p ? p->n_ctx : 0;
    m->n_batch = p && p->n_batch > 0 ? p->n_batch : 256;
    if (m->n_batch < LLM_LOGIT_ROWS) m->n_batch = LLM_LOGIT_ROWS;
    if (m->n_ctx < 0 || m->n_ctx > 1 << 20 || m->n_batch > 8192)
        return moim_fail(err, MOIM_EINVAL, "context of %d, batch of %d", m->n_ctx, m->n_batch);
    int rc = moim_gguf_open(&m->file, path, err);
    if (!rc) rc = read_arch(m, err);
    if (!rc) rc = moim_tokenizer_new(&m->tok, m->file, err);
    if (!rc) rc = load_tensors(m, err);
    if (!rc) rc = take_buffers(m);
    if (rc == MOIM_ENOMEM) moim_fail(err, rc, "%s: no memory for the model", path);
    return rc;
}

void llm_unload(struct moim_llm *m)
{
    for (int i = 0; m->layers && i < m->n_layer; i++) {
        struct llm_layer *l = &m->layers[i];
        struct moim_weight *w[] = {l->q, l->k, l->v, l->o, l->gate, l->up, l->down};
        void *p[] = {l->attn_norm, l->ffn_norm, l->attn_post, l->ffn_post, l->q_norm, l->k_norm,
                     l->q_bias,    l->k_bias,   l->v_bias,    l->k_cache,  l->v_cache};
        for (size_t k = 0; k < sizeof w / sizeof *w; k++) moim_weight_free(w[k]);
        for (size_t k = 0; k < sizeof p / sizeof *p; k++) free(p[k]);
    }
    free(m->layers);
    for (int i = 0; m->scratch && i < m->n_scratch; i++)
        free(m->scratch[i].k), free(m->scratch[i].v), free(m->scratch[i].score);
    free(m->scratch);
    free(m->gelu_table);
    if (m->output != m->embed) moim_weight_free(m->output);
    moim_weight_free(m->embed);
    void *p[] = {m->out_norm, m->rope_factors,
                 m->x,        m->xn,
                 m->q,        m->att,
                 m->k,        m->v,
                 m->g,        m->u,
                 m->cs[0],    m->cs[1],
                 m->logits,   m->t_tok,
                 m->t_parent, m->t_pos,
                 m->t_child,  m->t_next,
                 m->t_logprob};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) free(p[k]);
    if (m->ws) moim_matmul_ws_free(m->ws);
    moim_tokenizer_free(m->tok);
    if (m->file) moim_weights_close(m->file);
}
