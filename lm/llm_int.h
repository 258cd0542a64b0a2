/* Inside of the decoder-only transformers: one struct, filled by llm_load.c, run by llm_forward.c and
 * llm_attn.c, asked by llm.c (next token, scores) and llm_tree.c (sets of branches).
 *
 *   tokens[n] ─ embed ─► x[n][d] ─┐ for each layer
 *     norm ─► q,k,v ─► (q,k norm) ─► rope ─► KV cache ─► attention ─► o ─► (norm) ─► + x
 *     norm ─► gate,up ─► silu|gelu(gate)*up ─► down ─► (norm) ─► + x
 *   ─ norm ─► output[n_vocab]                    (in brackets: where the model has them) */
#ifndef MOIM_LM_LLM_INT_H
#define MOIM_LM_LLM_INT_H

#include "lm/llm.h"
#include "nn/matmul.h"
#include "nn/weights.h"
#include <stdbool.h>

enum {
    LLM_LOGIT_ROWS = 16,
    LLM_MAX_HEAD_DIM = 512,
    LLM_MAX_GROUP = 64,
    LLM_MAX_LAYERS = 512,
    LLM_ATTN_ROWS = 16
};

struct llm_layer {
    float *attn_norm, *ffn_norm; /* [d], NULL where the model has none (exaone4) */
    float *attn_post, *ffn_post; /* [d], NULL likewise (gemma has them) */
    float *q_norm, *k_norm;      /* [head_dim], NULL likewise */
    float *q_bias, *k_bias, *v_bias, *o_bias, *gate_bias, *up_bias,
        *down_bias;                /* NULL likewise (qwen2 has) */
    struct moim_weight *q;         /* [heads*head_dim, d] */
    struct moim_weight *k, *v;     /* [kv_heads*head_dim, d] */
    struct moim_weight *o;         /* [d, heads*head_dim] */
    struct moim_weight *gate, *up; /* [ff, d] */
    struct moim_weight *down;      /* [d, ff] */
    bool local;                    /* attends only to the last `window` positions */
    bool unturned;                 /* no rotary positions */
    uint8_t *k_cache, *v_cache;    /* f16, or f32 if exact, [n_ctx][kv_heads*head_dim] */
};

/* Where the tokens of one forward pass lie and what they see. A row sits in cache slot `slot + i`. In a plain
 * pass its position equals its slot, and it sees every earlier slot. In a tree pass it sees the slots before
 * tree_base and, after that, its chain of parents alone. */
struct llm_pass {
    const int32_t *tok;
    int n, slot;
    const int32_t *pos;    /* tree: position of every slot from tree_base on */
    const int32_t *parent; /* tree: parent of every slot from tree_base on, as offset from there, or -1 */
    int tree_base;         /* -1: plain */
};

/* What one thread needs for attention, by position: a KV head's keys and values, and a head's scores. */
struct llm_scratch {
    float *k, *v; /* [n_ctx][head_dim] */
    float *score; /* [n_ctx] */
};

/* Rotary positions: angles are position * base^(-2i/rot), scaled; YaRN leaves the pairs below `low` as they are and
 * mixes up to `high`. cos and sin are multiplied by magnitude. */
struct llm_rope {
    float base, scale, magnitude, extrapolate, low, high;
};

struct moim_llm {
    struct moim_weights *file;
    struct moim_tokenizer *tok;
    const struct moim_chat *chat;
    struct moim_pool *pool;
    struct moim_matmul_ws *ws;
    char arch[16], name[128];
    int n_vocab, n_ctx, n_batch, n_layer, d, ff, heads, kv_heads, head_dim, rot, window;
    bool scale_query;  /* by attn_scale, instead of the scores */
    bool neox, gelu;   /* rotary pairs (i, i + rot/2), else (2i, 2i + 1); GeGLU, else SwiGLU */
    bool joined;       /* attn_qkv and ffn_up hold several matrices each */
    bool exact;        /* f32 cache, nothing rounded on its way through attention */
    bool long_context; /* n_ctx is more than the model was trained for */
    bool local[LLM_MAX_LAYERS], unturned[LLM_MAX_LAYERS]; /* of each layer, see there */
    float eps, embed_scale, attn_scale, attn_cap, residual_scale, logit_scale, logit_cap; /* caps: 0: none */
    struct llm_rope rope[2];    /* of global layers, of local ones */
    float *rope_factors;        /* [rot/2] frequency divisors, or NULL */
    struct moim_weight *embed;  /* [n_vocab, d] */
    struct moim_weight *output; /* [n_vocab, d]; the same pointer when tied */
    float *out_norm;            /* [d] */
    struct llm_layer *layers;   /* [n_layer] */
    size_t bytes;               /* memory taken beside the file */
    /* one pass of up to n_batch rows */
    float *x, *xn;               /* [n_batch][d] */
    float *rounded;              /* [n_batch][widest] activations in the precision of 16-bit weights */
    float *q, *att;              /* [n_batch][heads*head_dim] */
    float *k, *v;                /* [n_batch][kv_heads*head_dim] */
    float *g, *u;                /* [n_batch][ff] */
    float *cs[2];                /* [n_batch][rot] cos, sin in turn: global, local */
    float *logits;               /* [LLM_LOGIT_ROWS][n_vocab] */
    struct llm_scratch *scratch; /* [n_scratch] one a thread */
    int n_scratch;
    uint16_t *gelu_table; /* [65536] f16 of GELU by the f16 of its argument, or NULL */
    /* a tree of branches (llm_tree.c), [n_ctx] each */
    int32_t *t_tok, *t_parent, *t_pos, *t_child, *t_next;
    float *t_logprob;
};

int llm_load(struct moim_llm *m, const char *path, const struct moim_llm_params *p, struct moim_err *err);
void llm_unload(struct moim_llm *m);
int llm_read_arch(struct moim_llm *m, struct moim_err *err); /* llm_arch.c: sizes and kinds, from metadata */

/* Runs the layers over p->n <= n_batch rows; hidden states end in m->x. */
int llm_forward(struct moim_llm *m, const struct llm_pass *p);
/* Logits of n <= LLM_LOGIT_ROWS rows of m->x, given by index, into m->logits. */
int llm_logits(struct moim_llm *m, const int *rows, int n);
void llm_attention(struct moim_llm *m, const struct llm_layer *l, const struct llm_pass *p);
/* Position of row i. */
static inline int llm_pos(const struct llm_pass *p, int i)
{
    return p->tree_base < 0 ? p->slot + i : p->pos[p->slot + i - p->tree_base];
}

#endif
