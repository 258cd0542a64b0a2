/* Inside of struct moim_embed: the loader (embed_load.c) fills it, the network (embed.c) runs it. */
#ifndef MOIM_LM_EMBED_INT_H
#define MOIM_LM_EMBED_INT_H

#include "base/mapfile.h"
#include "lm/embed.h"
#include "lm/unigram.h"
#include "nn/matmul.h"

struct moim_embed_layer {
    struct moim_weight *q, *k, *v, *o;      /* Q4_0 [dim, dim] */
    struct moim_weight *up, *down;          /* Q4_0 [ff, dim], [dim, ff] */
    const float *bq, *bk, *bv, *bo, *bdown; /* [dim] */
    const float *bup;                       /* [ff] */
    const float *ln1_w, *ln1_b, *ln2_w, *ln2_b;
};

struct moim_embed {
    struct moim_map map;
    int dim, layers, heads, ff, vocab, positions;
    float eps;
    int bos, eos;
    struct moim_unigram *tokenizer;
    struct moim_weight *words;      /* Q4_0 [vocab, dim] */
    const float *pos;               /* [positions, dim] */
    const float *type;              /* [types, dim], of which row 0 is used */
    const float *ln_w, *ln_b;       /* [dim] */
    struct moim_embed_layer *layer; /* [layers] */
    struct moim_pool *pool;
    struct moim_matmul_ws *ws;
    float *x, *q, *k, *v, *mix; /* [positions, dim] */
    float *wide;                /* [positions, ff] */
    float *score;               /* [heads, positions, positions] */
};

/* Puts n tokens, marks included, as words at places into x. */
void moim_embed_place(struct moim_embed *m, const int32_t *id, int n);
/* Runs layers [from, to) over the n states in x. MOIM_ENOMEM. */
int moim_embed_layers(struct moim_embed *m, int from, int to, int n);

/* One layer, which need not be of the model's own. */
int moim_embed_layer(struct moim_embed *m, const struct moim_embed_layer *y, int n);

/* Reads the file and the tensors; the scratch is embed.c's. */
int moim_embed_load(struct moim_embed *m, const char *path, struct moim_err *err);

#endif
