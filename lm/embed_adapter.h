/* The last layers of the sentence encoder with low-rank changes to their matrices, learnt for one end (Hu et al. 2021, "LoRA"): each
 * matrix W [out, in] becomes W + B A, A [rank, in], B [out, rank]. */
#ifndef MOIM_LM_EMBED_ADAPTER_H
#define MOIM_LM_EMBED_ADAPTER_H

#include "lm/embed.h"

struct moim_embed_adapter;

/* Floats of the factors of one layer of a model MOIM_EMBED_DIM wide. */
#define MOIM_EMBED_FACTORS(rank) ((size_t)(rank) * (8 * MOIM_EMBED_DIM + 2 * (MOIM_EMBED_DIM + 1536)))

/* Makes the changed layers from `from` to the model's last; factor[layers][MOIM_EMBED_FACTORS(rank)], float16: for query, key, value,
 * output, up and down A, then B. The model must outlive the adapter. MOIM_EUNSUP: a model of other layers; MOIM_ENOMEM. */
int moim_embed_adapter_new(struct moim_embed_adapter **out, struct moim_embed *m, int from, int layers,
                           int rank, const void *factor, struct moim_err *err);
void moim_embed_adapter_free(struct moim_embed_adapter *a);
/* Runs n states through them, in place; at most 512 see each other. MOIM_EINVAL, MOIM_ENOMEM. */
int moim_embed_adapter_run(struct moim_embed_adapter *a, float *x, int n, struct moim_err *err);

#endif
