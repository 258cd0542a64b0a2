/* Reads every tensor that a container's reader has accepted to its end: what was promised must be there. */
#ifndef MOIM_TESTS_FUZZ_TENSORS_H
#define MOIM_TESTS_FUZZ_TENSORS_H

#include "nn/weights.h"

#include <stdlib.h>

static inline void read_every_tensor(const struct moim_weights *w)
{
    for (size_t i = 0; i < moim_weights_count(w); i++) {
        const struct moim_tensor *t = moim_weights_at(w, i);
        uint64_t n = moim_tensor_count(t);
        float *x = n && n < 1 << 20 ? malloc((size_t)n * sizeof *x) : NULL;
        if (x) moim_dequantize(t->type, t->data, n, x);
        for (uint64_t r = 0; x && t->rank > 1 && r < t->dims[0]; r++) moim_tensor_row(t, r, x);
        free(x);
    }
}

#endif
