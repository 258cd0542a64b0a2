/* Matrix products against weights of any dtype, with run-time dispatch (scalar, SSE4.1, AVX2, AVX-512 VNNI, NEON).
 * The scalar kernels are the specification; the others are tested against them. */
#ifndef MOIM_NN_MATMUL_H
#define MOIM_NN_MATMUL_H

#include "base/status.h"
#include "nn/pool.h"
#include "nn/tensor.h"

/* A [out, in] matrix made ready to multiply: a view of the file, or a copy repacked for this CPU. */
struct moim_weight;

enum moim_pack {
    MOIM_PACK_VIEW, /* use the bytes where they lie (no extra memory) */
    MOIM_PACK_FAST, /* repack for speed if a kernel wants it, in its own type: memory of the tensor's size */
    MOIM_PACK_Q8, /* plain weights to 8 bits in blocks of 128 at load (int8 kernels; lossy unless they are I8) */
};

/* t must have rank 2 ({out, in}), or rank 1 taken as {1, in}. t's file must stay open for MOIM_PACK_VIEW. */
int moim_weight_new(struct moim_weight **out, const struct moim_tensor *t, enum moim_pack pack,
                    struct moim_err *err);
void moim_weight_free(struct moim_weight *w);
int moim_weight_rows(const struct moim_weight *w); /* out */
int moim_weight_cols(const struct moim_weight *w); /* in */
enum moim_dtype moim_weight_type(const struct moim_weight *w);
size_t moim_weight_bytes(const struct moim_weight *w); /* memory it holds beside the file */
/* Dequantizes row i (an embedding look-up) into dst[in]. */
void moim_weight_row(const struct moim_weight *w, int i, float *dst);

/* y[t][o] = sum_i x[t][i] * W[o][i] (+ bias[o] when bias is not NULL), t in [0, n).
 * ldx, ldy are row strides in floats. Scratch for quantized activations is kept in *ws, grown on demand and
 * never shrunk: give each thread of control its own, call once at the largest n to allocate up front. */
struct moim_matmul_ws;
struct moim_matmul_ws *moim_matmul_ws_new(void);
void moim_matmul_ws_free(struct moim_matmul_ws *ws);
int moim_matmul(struct moim_pool *pool, struct moim_matmul_ws *ws, const struct moim_weight *w,
                const float *x, size_t ldx, int n, const float *bias, float *y, size_t ldy);

/* f32 by OpenBLAS, row-major: C[m][n] = alpha * A[m][k] * op(B) + beta * C; op(B) is B[n][k]^T when trans_b,
 * else B[k][n]. On the caller's thread; _on spreads many rows over the pool. */
void moim_sgemm(int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                int trans_b, float beta, float *c, int ldc);
void moim_sgemm_on(struct moim_pool *pool, int m, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, int trans_b, float beta, float *c, int ldc);

/* Name of the instruction set in use: "scalar", "sse4.1", "avx2", "avx512-vnni", "neon". MOIM_SIMD in the environment
 * lowers it (tests). */
const char *moim_simd_name(void);

#endif
