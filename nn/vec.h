/* Vector kernels shared by every network. All on contiguous f32. Written once (nn/vec_impl.h), compiled for
 * each instruction set and chosen at run time; sums run in 16 lanes in a fixed order and products are fused
 * only where the source says so, so that every level computes the same bits (but SSE4.1, which cannot fuse
 * them). */
#ifndef MOIM_NN_VEC_H
#define MOIM_NN_VEC_H

#include <stddef.h>
#include <stdint.h>

struct moim_vkernels {
    const char *name;
    float (*dot)(const float *a, const float *b, size_t n);
    /* out[i] = q . row i of x, rows n, `stride` floats apart, over dim values */
    void (*dot_rows)(float *out, const float *q, const float *x, size_t stride, size_t n, size_t dim);
    /* y[d] = sum of w[i] * row i of x. Row i adds in lane i % 16. */
    void (*mix_rows)(float *y, const float *w, const float *x, size_t stride, size_t n, size_t dim);
    void (*axpy)(float *y, float a, const float *x, size_t n);
    void (*mul)(float *y, const float *x, size_t n);
    void (*softmax)(float *x, size_t n);
    void (*layernorm)(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps);
    void (*rmsnorm)(float *y, const float *x, const float *gamma, size_t n, float eps);
    void (*silu)(float *x, size_t n);
    void (*gelu_tanh)(float *x, size_t n);
    void (*gelu_erf)(float *x, size_t n);
    void (*sigmoid)(float *x, size_t n);
    void (*tanh)(float *x, size_t n);
    float (*sum_exp)(const float *x, size_t n, float less); /* sum of e^(x - less) */
    void (*f16_to_f32)(float *dst, const void *src, size_t n);
    void (*f32_to_f16)(void *dst, const float *src, size_t n);
    void (*gemm)(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
                 size_t ldb, float *c, size_t ldc);
};
extern const struct moim_vkernels moim_vkernels_scalar, moim_vkernels_sse41, moim_vkernels_avx2,
    moim_vkernels_avx512, moim_vkernels_neon;
/* For this CPU, as MOIM_SIMD allows when it is first asked. */
const struct moim_vkernels *moim_vkernels_best(void);

float moim_dot(const float *a, const float *b, size_t n);
void moim_dot_rows(float *out, const float *q, const float *x, size_t stride, size_t n, size_t dim);
void moim_mix_rows(float *y, const float *w, const float *x, size_t stride, size_t n, size_t dim);
void moim_axpy(float *y, float a, const float *x, size_t n); /* y += a x */
void moim_mul(float *y, const float *x, size_t n);           /* y *= x */
void moim_softmax(float *x, size_t n);                       /* in place; all -inf gives zeros */
void moim_log_softmax(float *x, size_t n);
float moim_logsumexp(const float *x, size_t n);
void moim_layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps);
void moim_rmsnorm(float *y, const float *x, const float *gamma, size_t n,
                  float eps);            /* y = x / rms(x) * gamma */
void moim_silu(float *x, size_t n);      /* x * sigmoid(x) */
void moim_gelu_tanh(float *x, size_t n); /* the tanh approximation */
void moim_gelu_erf(float *x, size_t n);  /* exact (Whisper) */
void moim_sigmoid(float *x, size_t n);
void moim_tanh(float *x, size_t n);
void moim_f16_to_f32(float *dst, const void *src, size_t n);
void moim_f32_to_f16(void *dst, const float *src, size_t n);
/* C[m][n] = alpha A[m][k] B[k][n] on the caller's thread; every element adds over k in order. Fast where n is
 * a multiple of 16. */
void moim_gemm(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
               size_t ldb, float *c, size_t ldc);
/* out[c][r] = in[r][c]; columns of out from rows on, up to ldo, become zeros. */
void moim_transpose(float *out, size_t ldo, const float *in, size_t ldi, size_t rows, size_t cols);

#endif
