/* Products of quantized weights and activations quantized to 8 bits: one arithmetic, computed alike to the
 * last bit by every instruction set that fuses multiplication and addition (SSE4.1 does not, and rounds more).
 *
 * It is that of llama.cpp's batched kernels on x86-64, so that both engines agree on a token: integers are
 * summed exactly, and floats are added in a fixed order.
 *
 *   blocks of 32 (Q8_0, Q5_0, Q4_0, Q4_1, Q5_1, IQ4_NL, MXFP4): activations by 32, their scale d rounded to half precision. Lane l of 8
 *     adds, block by block,  acc[l] = fma(sum of 4 products q x, dw * dx, acc[l]);  the lanes are then added
 *     (l, l + 4), (l, l + 2), (0, 1).
 *     Q4_1 and Q5_1 add their minima times the sum of what they stand for (moim_add_minima()). IQ4_XS has
 *     activations by 256 and is else eight blocks of 32.
 *   super-blocks of 256 (Q4_K, Q5_K, Q6_K, Q2_K, Q3_K): activations by 256. s = sum of scale_j * (q . x)_j and
 *     m = sum of min_j * (sum of x)_j are integers. A super-block adds
 *       Q4_K  for each 64 columns:  acc = fma(s, d * dx, acc), low = fma(m, dmin * dx, low);  y = acc - low
 *       Q5_K, Q2_K  acc = fma(fma(-dmin, m, s * d), dx, acc)
 *       Q6_K, Q3_K  acc = fma((s - m) * d, dx, acc), min_j being 32 * scale_j, 4 * scale_j
 *   MOIM_W8, our own for f16 and f32 weights, in blocks of 128: acc = fma(q . x, dw * dx, acc).
 *
 * Weight rows are unpacked some at a time to a panel, and a panel meets a few activation rows at a time. One
 * activation row alone meets the packed rows themselves where rows() can.
 * Internal to nn/. */
#ifndef MOIM_NN_QUANT_H
#define MOIM_NN_QUANT_H

#include "nn/tensor.h"
#include <stdbool.h>
#include <stdint.h>

#define MOIM_W8 MOIM_DTYPE_COUNT /* packed at load: panels as below, see moim_w8_pack */
enum {
    MOIM_QTILE = 8,                /* activation rows that tile() takes at most */
    MOIM_QROWS_MAX = 16,           /* rows of a panel at most */
    MOIM_SUPER = 4096 + 256 + 128, /* bytes of a super-block of a panel of 16 rows */
    MOIM_W8_COLS = 128,
    MOIM_W8_BLOCK = 16 * MOIM_W8_COLS + 64,
};

/* Panel of 4 rows (blocks of 32): codes, row r of block b at ((r / 2) * blocks + b) * 64 + (r % 2) * 32, then
 * float scales [blocks][4] and, where the type has any, minima [blocks][4]. Of 16 rows (256): for each super-block, codes [64][16][4] - 4 columns of each row
 * side by side -, bytes [16][16] (of each row 8 scales and 8 minima, or 16 scales, which
 * in Q2_K hold the minima in their upper halves), float d[16], dmin[16].
 * MOIM_W8: for each block of 128, codes + 128 [32][16][4], float d[16]. */
static inline int moim_qrows(int type)
{
    return type == MOIM_W8 || type >= MOIM_Q4_K ? 16 : 4;
}
static inline int moim_qblock(int type)
{
    return type == MOIM_W8 ? MOIM_W8_COLS : type >= MOIM_Q4_K ? 256 : 32;
}
static inline bool moim_qhas_minima(int type) /* of blocks of 32 */
{
    return type == MOIM_Q4_1 || type == MOIM_Q5_1;
}
/* Of a super-block: its parts of one scale each; by how much Q6_K's and Q3_K's scales are shifted to be minima.
 */
static inline int moim_qparts(int type)
{
    return type == MOIM_Q6_K || type == MOIM_Q3_K || type == MOIM_Q2_K ? 16 : 8;
}
static inline int moim_qshift(int type)
{
    return type == MOIM_Q6_K ? 5 : 2;
}
/* Columns rounded up to whole blocks. */
static inline size_t moim_qcols(int type, int cols)
{
    size_t b = (size_t)moim_qblock(type);
    return ((size_t)cols + b - 1) / b * b;
}
static inline size_t moim_qpanel_bytes(int type, int cols)
{
    size_t n = moim_qcols(type, cols);
    if (type == MOIM_W8) return n / MOIM_W8_COLS * MOIM_W8_BLOCK;
    if (type >= MOIM_Q4_K) return n / 256 * MOIM_SUPER;
    return 4 * n + n / 32 * (moim_qhas_minima(type) ? 32 : 16);
}

/* Quantized activation rows; strides are those of moim_qcols. */
struct moim_qacts {
    const int8_t *q;     /* [n][cols] */
    const float *d;      /* [n][cols / block] */
    const int32_t *sums; /* [n][cols / 4]: 32: -128 * each 4, what biased codes have too much; 256: of each
                          * 16, in the first quarter; W8: -128 * each block */
};

struct moim_qkernels {
    const char *name;
    void (*quantize)(int type, const float *x, int cols, int8_t *q, float *d, int32_t *sums);
    /* live >= 1 rows of row_bytes each; the panel's other rows repeat the last */
    void (*unpack)(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel);
    /* out[t][r], t in [0, n), n <= MOIM_QTILE: activation rows first ... first + n - 1 against every row */
    void (*tile)(int type, const uint8_t *panel, int cols, const struct moim_qacts *a, int first, int n,
                 float *out);
    /* y[r], r in [0, n_rows): activation row 0 against rows as they are packed; false, or NULL: not for this
     * type, use panels */
    bool (*rows)(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                 const struct moim_qacts *a, float *y);
};
bool moim_rows_avx512(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                      const struct moim_qacts *a, float *y);
bool moim_rows_avx2(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                    const struct moim_qacts *a, float *y);
extern const struct moim_qkernels moim_qkernels_scalar, moim_qkernels_sse41, moim_qkernels_avx2,
    moim_qkernels_avx512, moim_qkernels_neon;
const struct moim_qkernels *
moim_qkernels_best(void); /* for this CPU; MOIM_SIMD in the environment lowers it */

/* Of a panel of 4 rows with minima: adds to out[4] what they bring for one activation row, whose blocks sum to
 * by_sum[cols / 32] (times their scale before that is rounded; the product rounded to half precision: moim_block_sums()
 * of its values x and its codes q). */
void moim_add_minima(const uint8_t *panel, int cols, const float *by_sum, float *out);
void moim_block_sums(const float *x, const int8_t *q, int cols, float *by_sum);

/* Up to 16 rows of codes, each with one scale, to a panel of MOIM_W8 as they are. */
void moim_w8_pack_codes(const int8_t *const *rows, const float *scale, int live, int cols, uint8_t *panel);
/* Rounds up to 16 rows of floats to a panel of MOIM_W8. */
void moim_w8_pack(const float *const *rows, int live, int cols, uint8_t *panel);

#endif
