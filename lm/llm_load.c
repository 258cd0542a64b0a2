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

/* Rows [first, first + rows) of a tensor of `all` rows, where several matrices are joined. */
static int load_part(struct moim_llm *m, struct moim_weight **out, const char *fmt, int layer, int first,
                     int rows, int all, int cols, struct moim_err *err)
{
    const struct moim_tensor *t = find_tensor(m, fmt, layer);
    if (!t || t->rank != 2 || t->dims[0] != (uint64_t)all || t->dims[1] != (uint64_t)cols)
        return misshapen(m, fmt, layer, !t, err);
    struct moim_tensor part = *t;
    size_t each = moim_row_bytes(t->type, (uint64_t)cols);
    part.dims[0] = (uint64_t)rows;
    part.data = (const uint8_t *)t->data + each * (size_t)first;
    part.bytes = each * (size_t)rows;
    if (part.row_scale) part.row_scale += first;
    int rc = moim_weight_new(out, &part, MOIM_PACK_FAST, err);
    if (!rc) m->bytes += moim_weight_bytes(*out);
    return rc;
}

static int load_mat(struct moim_llm *m, struct moim_weight **out, const char *fmt, int layer, int rows,
                    int cols, struct moim_err *err)
{
    return load_part(m, out, fmt, layer, 0, rows, rows, cols, err);
}

static int load_attention(struct moim_llm *m, struct llm_layer *l, int i, struct moim_err *err)
{
    int d = m->d, qd = m->heads * m->head_dim, kd = m->kv_heads * m->head_dim, all = qd + 2 * kd, rc;
    if (m->joined && find_tensor(m, "blk.%d.attn_qkv.weight", i)) {
        if ((rc = load_part(m, &l->q, "blk.%d.attn_qkv.weight", i, 0, qd, all, d, err)) ||
            (rc = load_part(m, &l->k, "blk.%d.attn_qkv.weight", i, qd, kd, all, d, err)))
            return rc;
        rc = load_part(m, &l->v, "blk.%d.attn_qkv.weight", i, qd + kd, kd, all, d, err);
    } else {
        if ((rc = load_mat(m, &l->q, "blk.%d.attn_q.weight", i, qd, d, err)) ||
            (rc = load_mat(m, &l->k, "blk.%d.attn_k.weight", i, kd, d, err)))
            return rc;
        rc = load_mat(m, &l->v, "blk.%d.attn_v.weight", i, kd, d, err);
    }
    return rc ? rc : load_mat(m, &l->o, "blk.%d.attn_output.weight", i, d, qd, err);
}

static int load_ffn(struct moim_llm *m, struct llm_layer *l, int i, struct moim_err *err)
{
    int d = m->d, ff = m->ff, rc;
    if (m->joined) {
        rc = load_part(m, &l->gate, "blk.%d.ffn_up.weight", i, 0, ff, 2 * ff, d, err);
        if (!rc) rc = load_part(m, &l->up, "blk.%d.ffn_up.weight", i, ff, ff, 2 * ff, d, err);
    } else {
        rc = load_mat(m, &l->gate, "blk.%d.ffn_gate.weight", i, ff, d, err);
        if (!rc) rc = load_mat(m, &l->up, "blk.%d.ffn_up.weight", i, ff, d, err);
    }
    return rc ? rc : load_mat(m, &l->down, "blk.%d.ffn_down.weight", i, d, ff, err);
}

/* Norms and biases. exaone4 norms what a block adds and nothing before it. */
static int load_vectors(struct moim_llm *m, struct llm_layer *l, int i, struct moim_err *err)
{
    bool before = strcmp(m->arch, "exaone4") != 0, after = strncmp(m->arch, "gemma", 5) == 0 || !before;
    int d = m->d, qd = m->heads * m->head_dim, kd = m->kv_heads * m->head_dim, hd = m->head_dim;
    bool heads = !before || !strcmp(m->arch, "qwen3") || !strcmp(m->arch, "gemma3");
    const struct {
        float **to;
        const char *name;
        int n;
        bool optional;
    } v[] = {{&l->attn_norm, "blk.%d.attn_norm.weight", d, !before},
             {&l->ffn_norm, "blk.%d.ffn_norm.weight", d, !before},
             {&l->attn_post, "blk.%d.post_attention_norm.weight", d, !after},
             {&l->ffn_post, "blk.%d.post_ffw_norm.weight", d, !after},
             {&l->q_norm, "blk.%d.attn_q_norm.weight", hd, !heads},
             {&l->k_norm, "blk.%d.attn_k_norm.weight", hd, !heads},
             {&l->q_bias, "blk.%d.attn_q.bias", qd, true},
             {&l->k_bias, "blk.%d.attn_k.bias", kd, true},
             {&l->v_bias, "blk.%d.attn_v.bias", kd, true},
             {&l->o_bias, "blk.%d.attn_output.bias", d, true},
             {&l->gate_bias, "blk.%d.ffn_gate.bias", m->ff, true},
             {&l->up_bias, "blk.%d.ffn_up.bias", m->ff, true},
             {&l->down_bias, "blk.%d.ffn_down.bias", d, true}};
    int rc = MOIM_OK;
    for (size_t k = 0; !rc && k < sizeof v / sizeof *v; k++)
        if (!m->joined || strcmp(v[k].name, "blk.%d.ffn_up.bias"))
            rc = load_vec(m, v[k].to, v[k].name, i, v[k].n, v[k].optional, err);
    return rc;
}

static int load_layer(struct moim_llm *m, int i, struct moim_err *err)
{
    struct llm_layer *l = &m->layers[i];
    int rc = load_vectors(m, l, i, err);
    if (!rc) rc = load_attention(m, l, i, err);
    if (!rc) rc = load_ffn(m, l, i, err);
    if (rc) return rc;
    l->local = m->local[i], l->unturned = m->unturned[i];
    size_t cells = (size_t)m->n_ctx * (size_t)m->kv_heads * (size_t)m->head_dim;
    l->k_cache = take(m, cells, m->exact ? 4 : 2);
    l->v_cache = take(m, cells, m->exact ? 4 : 2);
    moim_weights_release(m->file); /* what was copied need not lie there twice */
    return l->k_cache && l->v_cache ? MOIM_OK : MOIM_ENOMEM;
}

/* What divides the frequencies: one list, or one for the trained context and one beyond it. */
static int load_factors(struct moim_llm *m, struct moim_err *err)
{
    const char *one = "rope_freqs.weight", *beyond = "rope_factors_long.weight",
               *within = "rope_factors_short.weight";
    bool longer = find_tensor(m, beyond, 0) != NULL, shorter = find_tensor(m, within, 0) != NULL;
    const char *name = find_tensor(m, one, 0)      ? one
                       : m->long_context && longer ? beyond
                       : shorter                   ? within
                                                   : one;
    return load_vec(m, &m->rope_factors, name, 0, m->rot / 2, true, err);
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
    if (!rc) rc = load_factors(m, err);
    if (rc) return rc;
    m->layers = take(m, (size_t)m->n_layer, sizeof *m->layers);
    if (!m->layers) return MOIM_ENOMEM;
    for (int i = 0; i < m->n_layer && !rc; i++) rc = load_layer(m, i, err);
    return rc ? rc : moim_weights_all_used(m->file, err);
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
    size_t widest = qd > (size_t)m->d ? qd : (size_t)m->d;
    if ((size_t)m->ff > widest) widest = (size_t)m->ff;
    m->rounded = take(m, n * widest, f);
    m->x = take(m, n * (size_t)m->d, f), m->xn = take(m, n * (size_t)m->d, f);
    m->q = take(m, n * qd, f), m->att = take(m, n * qd, f);
    m->k = take(m, n * kd, f), m->v = take(m, n * kd, f);
    m->g = take(m, n * (size_t)m->ff, f), m->u = take(m, n * (size_t)m->ff, f);
    for (int i = 0; i < 2; i++) m->cs[i] = take(m, n * (size_t)m->rot, f);
    m->logits = take(m, LLM_LOGIT_ROWS * (size_t)m->n_vocab, f);
    m->t_tok = take(m, ctx, 4), m->t_parent = take(m, ctx, 4), m->t_pos = take(m, ctx, 4);
    m->t_child = take(m, ctx, 4), m->t_next = take(m, ctx, 4), m->t_logprob = take(m, ctx, 4);
    if (!m->ws || !m->rounded || !m->x || !m->xn || !m->q || !m->att || !m->k || !m->v || !m->g || !m->u ||
        !m->cs[0] || !m->cs[1] || !m->logits || !m->t_tok || !m->t_parent || !m->t_pos || !m->t_child ||
        !m->t_next || !m->t_logprob)
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
    m->exact = p && p->exact;
    m->n_batch = p && p->n_batch > 0 ? p->n_batch : 256;
    if (m->n_batch < LLM_LOGIT_ROWS) m->n_batch = LLM_LOGIT_ROWS;
    if (m->n_ctx < 0 || m->n_ctx > 1 << 20 || m->n_batch > 8192)
        return moim_fail(err, MOIM_EINVAL, "context of %d, batch of %d", m->n_ctx, m->n_batch);
    int rc = moim_gguf_open(&m->file, path, err);
    if (!rc) rc = llm_read_arch(m, err);
    if (!rc) rc = moim_tokenizer_new(&m->tok, m->file, err);
    if (!rc) m->chat = moim_chat_of(m->file, m->tok);
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
        void *p[] = {l->attn_norm, l->ffn_norm, l->attn_post, l->ffn_post, l->q_norm,
                     l->k_norm,    l->q_bias,   l->k_bias,    l->v_bias,   l->o_bias,
                     l->gate_bias, l->up_bias,  l->down_bias, l->k_cache,  l->v_cache};
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
    void *p[] = {m->out_norm, m->rope_factors, m->rounded, m->x,      m->xn,
                 m->q,        m->att,          m->k,       m->v,      m->g,
                 m->u,        m->cs[0],        m->cs[1],   m->logits, m->t_tok,
                 m->t_parent, m->t_pos,        m->t_child, m->t_next, m->t_logprob};
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) free(p[k]);
    if (m->ws) moim_matmul_ws_free(m->ws);
    moim_tokenizer_free(m->tok);
    if (m->file) moim_weights_close(m->file);
}
