/* Inside of a weight made ready to multiply, shared by nn/weight.c and nn/matmul.c. */
#ifndef MOIM_NN_MATMUL_INT_H
#define MOIM_NN_MATMUL_INT_H

#include "nn/matmul.h"
#include "nn/quant.h"

#define MOIM_PANEL 64 /* outs of a panel of plain weights */

struct moim_weight {
    struct moim_tensor t; /* as in the file; its scales and, of a view, its data stay there */
    int kind;             /* t.type, or MOIM_W8 */
    int rows, cols;
    size_t row_bytes;
    uint8_t *copy; /* owned, when packed: [outs / 64][in][64] in t's type, the last panel padded with zeros */
    uint8_t *blocks; /* panels of MOIM_W8, owned, when quantized at load */
};

/* Panel number i of a packed copy as f32 [in][64]: where it lies, or in scratch[in * 64]. */
const float *moim_weight_panel(const struct moim_weight *w, int i, float *scratch);

#endif
