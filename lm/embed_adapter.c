#include "lm/embed_adapter.h"
#include "lm/embed_int.h"
#include "nn/vec.h"

#include <stdlib.h>
#include <string.h>

#define MATRICES 6 /* of a layer */

struct moim_embed_adapter {
    struct moim_embed *m;
    struct moim_embed_layer *layer;
    int layers;
};

/* The matrices of a layer, in the order of their factors. */
static struct moim_weight **matrix(struct moim_embed_layer *y, int i)
{
    struct moim_weight **all[MATRICES] = {&y->q, &y->k, &y->v, &y->o, &y->up, &y->down};
    return all[i];
}

/* W + B A as 8-bit weights; a[rank][in], b[out][rank]. */
static int change(struct moim_weight **out, const struct moim_weight *base, int rank, const float *a,
                  const float *b, struct moim_err *err)
{
    int rows = moim_weight_rows(base), cols = moim_weight_cols(base);
    size_t bytes = (size_t)rows * (size_t)cols * sizeof(float);
    float *w = malloc(bytes);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "embedding: out of memory");
    for (int i = 0; i < rows; i++) {
        float *row = w + (size_t)i * (size_t)cols;
        moim_weight_row(base, i, row);
        for (int r = 0; r < rank; r++)
            moim_axpy(row, b[i * rank + r], a + (size_t)r * (size_t)cols, (size_t)cols);
    }
    struct moim_tensor t = {.name = "adapted",
                            .type = MOIM_F32,
                            .rank = 2,
                            .dims = {(uint64_t)rows, (uint64_t)cols},
                            .data = w,
                            .bytes = bytes};
    int rc = moim_weight_new(out, &t, MOIM_PACK_Q8, err);
    free(w);
    return rc;
}

static int change_layer(struct moim_embed_layer *y, int rank, const uint16_t *factor, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; i < MATRICES; i++) {
        struct moim_weight **w = matrix(y, i), *base = *w;
        size_t n_a = (size_t)(rank * moim_weight_cols(base)), n_b = (size_t)(rank * moim_weight_rows(base));
        float *a = rc ? NULL : malloc((n_a + n_b) * sizeof *a);
        *w = NULL; /* the model's own; from here on the adapter's, or none */
        if (!rc && !a) rc = moim_fail(err, MOIM_ENOMEM, "embedding: out of memory");
        if (!rc) {
            moim_f16_to_f32(a, factor, n_a + n_b);
            rc = change(w, base, rank, a, a + n_a, err);
        }
        factor += n_a + n_b;
        free(a);
    }
    return rc;
}

int moim_embed_adapter_new(struct moim_embed_adapter **out, struct moim_embed *m, int from, int layers,
                           int rank, const void *factor, struct moim_err *err)
{
    *out = NULL;
    if (from + layers != m->layers || m->ff != 1536)
        return moim_fail(err, MOIM_EUNSUP, "embedding: an adapter of another model");
    struct moim_embed_adapter *a = calloc(1, sizeof *a);
    if (a) a->layer = calloc((size_t)layers, sizeof *a->layer);
    if (!a || !a->layer) {
        free(a);
        return moim_fail(err, MOIM_ENOMEM, "embedding: out of memory");
    }
    a->m = m;
    int rc = MOIM_OK;
    for (int l = 0; l < layers && !rc; l++) {
        a->layer[l] = m->layer[from + l];
        a->layers++;
        rc = change_layer(&a->layer[l], rank, (const uint16_t *)factor + (size_t)l * MOIM_EMBED_FACTORS(rank),
                          err);
    }
    if (rc)
        moim_embed_adapter_free(a);
    else
        *out = a;
    return rc;
}

void moim_embed_adapter_free(struct moim_embed_adapter *a)
{
    if (!a) return;
    for (int l = 0; l < a->layers; l++)
        for (int i = 0; i < MATRICES; i++) moim_weight_free(*matrix(&a->layer[l], i));
    free(a->layer);
    free(a);
}

int moim_embed_adapter_run(struct moim_embed_adapter *a, float *x, int n, struct moim_err *err)
{
    struct moim_embed *m = a->m;
    size_t bytes = (size_t)n * (size_t)m->dim * sizeof *x;
    if (n > m->positions) return moim_fail(err, MOIM_EINVAL, "embedding: too many words");
    memcpy(m->x, x, bytes);
    int rc = MOIM_OK;
    for (int l = 0; l < a->layers && !rc; l++) rc = moim_embed_layer(m, &a->layer[l], n);
    if (rc) return moim_fail(err, rc, "embedding: out of memory");
    memcpy(x, m->x, bytes);
    return MOIM_OK;
}
