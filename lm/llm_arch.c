/* What a GGUF file's metadata say about its network: the sizes, and what the architectures differ in beside the
 * presence of tensors. */
#include "lm/llm_int.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* One row an architecture. pattern: of so many layers all but the last attend within the window alone. */
static const struct arch {
    const char *name;
    bool neox;       /* rotary pairs (i, i + rot/2), else (2i, 2i + 1) */
    bool gelu;       /* GeGLU, else SwiGLU */
    bool query;      /* the query is scaled before it is rounded, instead of the scores */
    bool root_embed; /* embeddings times the root of their width */
    bool joined;     /* attn_qkv and ffn_up hold several matrices */
    int window, pattern;
} archs[] = {
    {.name = "qwen2", .neox = true},
    {.name = "qwen3", .neox = true},
    {.name = "llama"},
    {.name = "gemma2",
     .neox = true,
     .gelu = true,
     .query = true,
     .root_embed = true,
     .window = 4096,
     .pattern = 2},
    {.name = "gemma3", .neox = true, .gelu = true, .query = true, .root_embed = true, .pattern = 6},
    {.name = "exaone", .neox = true},
    {.name = "exaone4", .neox = true, .pattern = 4},
    {.name = "phi3", .neox = true, .query = true, .joined = true},
    {.name = "smollm3"},
    {.name = "granite"},
};

static bool is(const struct moim_llm *m, const char *arch)
{
    return strcmp(m->arch, arch) == 0;
}

static void arch_key(const struct moim_llm *m, const char *name, char *key, size_t cap)
{
    snprintf(key, cap, "%s.%s", m->arch, name);
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

static bool get_flag(struct moim_llm *m, const char *name, bool fallback)
{
    char key[96];
    uint64_t v;
    arch_key(m, name, key, sizeof key);
    return moim_weights_u64(m->file, key, &v) ? v != 0 : fallback;
}

static int read_shape(struct moim_llm *m, int *trained, struct moim_err *err)
{
    int rc, dim_v;
    if ((rc = need_int(m, "embedding_length", 1, 1 << 16, -1, &m->d, err)) ||
        (rc = need_int(m, "block_count", 1, LLM_MAX_LAYERS, -1, &m->n_layer, err)) ||
        (rc = need_int(m, "feed_forward_length", 1, 1 << 18, -1, &m->ff, err)) ||
        (rc = need_int(m, "attention.head_count", 1, 1024, -1, &m->heads, err)) ||
        (rc = need_int(m, "attention.head_count_kv", 1, 1024, m->heads, &m->kv_heads, err)) ||
        (rc = need_int(m, "attention.key_length", 2, LLM_MAX_HEAD_DIM, m->d / m->heads, &m->head_dim, err)) ||
        (rc = need_int(m, "attention.value_length", 2, LLM_MAX_HEAD_DIM, m->head_dim, &dim_v, err)) ||
        (rc = need_int(m, "rope.dimension_count", 2, m->head_dim, m->head_dim, &m->rot, err)) ||
        (rc = need_int(m, "context_length", 1, 1 << 24, -1, trained, err)))
        return rc;
    if (m->heads % m->kv_heads || m->heads / m->kv_heads > LLM_MAX_GROUP || m->head_dim < 2 ||
        m->head_dim > LLM_MAX_HEAD_DIM || m->rot % 2 || dim_v != m->head_dim)
        return moim_fail(err, MOIM_EUNSUP, "%s: %d heads of %d over %d KV heads of %d is not supported",
                         moim_weights_path(m->file), m->heads, m->head_dim, m->kv_heads, dim_v);
    if (m->n_ctx <= 0) m->n_ctx = 4096 < *trained ? 4096 : *trained;
    m->eps = get_float(m, "attention.layer_norm_rms_epsilon", 1e-6f);
    return MOIM_OK;
}

/* YaRN (Peng et al., 2023): the pairs that turn often stay as they are, those that turn less than once within the
 * trained context are stretched, those between are mixed. */
static void read_yarn(struct moim_llm *m, int original)
{
    struct llm_rope *r = &m->rope[0];
    float fast = get_float(m, "rope.scaling.yarn_beta_fast", 32),
          slow = get_float(m, "rope.scaling.yarn_beta_slow", 1);
    float turns = (float)original / (2 * (float)M_PI), per = (float)m->rot / (2 * logf(r->base));
    r->extrapolate = get_float(m, "rope.scaling.yarn_ext_factor", 1);
    r->low = fmaxf(0, floorf(per * logf(turns / fast)));
    r->high = fminf((float)m->rot - 1, ceilf(per * logf(turns / slow)));
    if (r->extrapolate != 0 && r->scale < 1) r->magnitude *= 1 + 0.1f * logf(1 / r->scale);
}

static int read_rope(struct moim_llm *m, int trained, struct moim_err *err)
{
    char key[96];
    const char *s = "", *path = moim_weights_path(m->file);
    size_t len = 0;
    int original,
        rc = need_int(m, "rope.scaling.original_context_length", 1, 1 << 24, trained, &original, err);
    if (rc) return rc;
    arch_key(m, "rope.scaling.type", key, sizeof key);
    moim_weights_str(m->file, key, &s, &len);
    struct llm_rope *r = &m->rope[0];
    float factor = get_float(m, "rope.scaling.factor", get_float(m, "rope.scale_linear", 1));
    *r = (struct llm_rope){.base = get_float(m, "rope.freq_base", 10000),
                           .scale = factor > 0 ? 1 / factor : 1,
                           .magnitude = get_float(m, "rope.scaling.attn_factor", 1)};
    m->long_context = m->n_ctx > original;
    if (len == 4 && !memcmp(s, "yarn", 4)) {
        if (get_float(m, "rope.scaling.yarn_log_multiplier", 0) != 0)
            return moim_fail(err, MOIM_EUNSUP, "%s: YaRN with a log multiplier is not supported", path);
        read_yarn(m, original);
    } else if (len == 4 && !memcmp(s, "none", 4)) {
        r->scale = 1;
    } else if (len == 6 && !memcmp(s, "llama3", 6)) { /* its factors are a tensor, rope_freqs */
        if (!moim_weights_find(m->file, "rope_freqs.weight"))
            return moim_fail(err, MOIM_EUNSUP, "%s: rope scaling \"llama3\" without its factors", path);
        r->scale = 1;
    } else if (len && !(len == 6 && !memcmp(s, "linear", 6)) && !(len == 8 && !memcmp(s, "longrope", 8)))
        return moim_fail(err, MOIM_EUNSUP, "%s: rope scaling \"%.*s\" is not supported", path,
                         (int)(len < 64 ? len : 64), s);
    m->rope[1] = *r;
    m->rope[1].base = get_float(m, "rope.freq_base_swa", is(m, "gemma3") ? 10000 : r->base);
    if (is(m, "gemma3")) m->rope[1].scale = m->rope[1].magnitude = 1, m->rope[1].extrapolate = 0;
    return MOIM_OK;
}

/* Which layers attend within the window alone. */
static void read_window(struct moim_llm *m, const struct arch *a)
{
    char key[96];
    uint64_t v;
    int pattern = a->pattern;
    arch_key(m, "attention.sliding_window", key, sizeof key);
    bool told = moim_weights_u64(m->file, key, &v);
    bool windowed = a->pattern && (!is(m, "exaone4") || m->n_layer == 64);
    m->window = !windowed              ? 0
                : told && v < 1u << 24 ? (int)v
                : told                 ? 0
                : is(m, "exaone4")     ? 4096
                                       : a->window;
    arch_key(m, "attention.sliding_window_pattern", key, sizeof key);
    if (moim_weights_u64(m->file, key, &v) && v < 1000) pattern = (int)v;
    for (int i = 0; i < m->n_layer; i++) {
        double is_local;
        bool listed = moim_weights_arr_f64(m->file, key, (size_t)i, &is_local);
        m->local[i] = m->window > 0 && (listed ? is_local != 0 : !pattern || i % pattern < pattern - 1);
        m->unturned[i] = (is(m, "smollm3") && i % 4 == 3) ||
                         (is(m, "exaone4") && m->window && !m->local[i]) ||
                         (is(m, "granite") && !get_flag(m, "rope.scaling.finetuned", true));
    }
}

static void read_scales(struct moim_llm *m, const struct arch *a)
{
    m->embed_scale = a->root_embed ? sqrtf((float)m->d) : 1;
    m->attn_scale = 1 / sqrtf((float)m->head_dim);
    m->residual_scale = m->logit_scale = 1;
    m->logit_cap = get_float(m, "final_logit_softcapping", is(m, "gemma2") ? 30 : 0);
    m->attn_cap = is(m, "gemma2") ? get_float(m, "attn_logit_softcapping", 50) : 0;
    /* the 27B models alone */
    if ((is(m, "gemma3") && m->n_layer == 62) || (is(m, "gemma2") && m->n_layer == 46))
        m->attn_scale = 1 / sqrtf((float)(m->d / m->heads));
    float told = get_float(m, "attention.scale", 0);
    if ((is(m, "granite") || is(m, "smollm3") || is(m, "llama")) && told > 0) m->attn_scale = told;
    if (!is(m, "granite")) return;
    m->embed_scale = get_float(m, "embedding_scale", 1);
    m->residual_scale = get_float(m, "residual_scale", 1);
    float divisor = get_float(m, "logit_scale", 1);
    m->logit_scale = divisor != 0 ? 1 / divisor : 1;
}

static const struct arch *find_arch(struct moim_llm *m, struct moim_err *err)
{
    const char *s, *path = moim_weights_path(m->file);
    size_t len, at = 0;
    char all[160] = "";
    if (!moim_weights_str(m->file, "general.architecture", &s, &len)) {
        moim_fail(err, MOIM_EFORMAT, "%s: not a language model", path);
        return NULL;
    }
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++) {
        if (strlen(archs[i].name) == len && !memcmp(archs[i].name, s, len)) return &archs[i];
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", archs[i].name);
    }
    moim_fail(err, MOIM_EUNSUP, "%s: architecture \"%.*s\" is not supported (%s are)", path,
              (int)(len < 64 ? len : 64), s, all);
    return NULL;
}

int llm_read_arch(struct moim_llm *m, struct moim_err *err)
{
    const struct arch *a = find_arch(m, err);
    if (!a) return err && err->code ? err->code : MOIM_EUNSUP;
    snprintf(m->arch, sizeof m->arch, "%s", a->name);
    m->neox = a->neox, m->gelu = a->gelu, m->scale_query = a->query, m->joined = a->joined;
    int trained, rc = read_shape(m, &trained, err);
    if (!rc) rc = read_rope(m, trained, err);
    if (rc) return rc;
    read_window(m, a);
    read_scales(m, a);
    const char *s, *path = moim_weights_path(m->file), *base = strrchr(path, '/');
    size_t len;
    base = base ? base + 1 : path;
    bool named = moim_weights_str(m->file, "general.name", &s, &len) && len > 0;
    snprintf(m->name, sizeof m->name, "%.*s", (int)(named ? (len < 120 ? len : 120) : strlen(base)),
             named ? s : base);
    return MOIM_OK;
}
