#include "nn/quant.h"
#include "nn/vec_impl.h"

#include <stdatomic.h>

const struct moim_vkernels moim_vkernels_scalar = VEC_KERNELS("scalar");

const struct moim_vkernels *moim_vkernels_best(void)
{
    static _Atomic(const struct moim_vkernels *) chosen;
    const struct moim_vkernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    const char *name = moim_qkernels_best()->name;
    k = &moim_vkernels_scalar;
#if defined(__x86_64__)
    if (!strcmp(name, moim_vkernels_sse41.name)) k = &moim_vkernels_sse41;
    if (!strcmp(name, moim_vkernels_avx2.name)) k = &moim_vkernels_avx2;
    if (!strcmp(name, moim_vkernels_avx512.name)) k = &moim_vkernels_avx512;
#elif defined(__aarch64__)
    if (!strcmp(name, moim_vkernels_neon.name)) k = &moim_vkernels_neon;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

float moim_dot(const float *a, const float *b, size_t n)
{
    return moim_vkernels_best()->dot(a, b, n);
}
void moim_dot_rows(float *out, const float *q, const float *x, size_t stride, size_t n, size_t dim)
{
    moim_vkernels_best()->dot_rows(out, q, x, stride, n, dim);
}
void moim_mix_rows(float *y, const float *w, const float *x, size_t stride, size_t n, size_t dim)
{
    moim_vkernels_best()->mix_rows(y, w, x, stride, n, dim);
}
void moim_axpy(float *y, float a, const float *x, size_t n)
{
    moim_vkernels_best()->axpy(y, a, x, n);
}
void moim_mul(float *y, const float *x, size_t n)
{
    moim_vkernels_best()->mul(y, x, n);
}
void moim_softmax(float *x, size_t n)
{
    moim_vkernels_best()->softmax(x, n);
}
void moim_layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps)
{
    moim_vkernels_best()->layernorm(y, x, gamma, beta, n, eps);
}
void moim_rmsnorm(float *y, const float *x, const float *gamma, size_t n, float eps)
{
    moim_vkernels_best()->rmsnorm(y, x, gamma, n, eps);
}
void moim_silu(float *x, size_t n)
{
    moim_vkernels_best()->silu(x, n);
}
void moim_gelu_tanh(float *x, size_t n)
{
    moim_vkernels_best()->gelu_tanh(x, n);
}
void moim_gelu_erf(float *x, size_t n)
{
    moim_vkernels_best()->gelu_erf(x, n);
}
void moim_sigmoid(float *x, size_t n)
{
    moim_vkernels_best()->sigmoid(x, n);
}
void moim_tanh(float *x, size_t n)
{
    moim_vkernels_best()->tanh(x, n);
}
void moim_f16_to_f32(float *dst, const void *src, size_t n)
{
    moim_vkernels_best()->f16_to_f32(dst, src, n);
}
void moim_f32_to_f16(void *dst, const float *src, size_t n)
{
    moim_vkernels_best()->f32_to_f16(dst, src, n);
}

float moim_logsumexp(const float *x, size_t n)
{
    float m = maximum(x, n);
    return m == -INFINITY ? m : m + logf(moim_vkernels_best()->sum_exp(x, n, m));
}

void moim_log_softmax(float *x, size_t n)
{
    float z = moim_logsumexp(x, n);
    for (size_t i = 0; i < n; i++) x[i] -= z;
}

void moim_gemm(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
               size_t ldb, float *c, size_t ldc)
{
    moim_vkernels_best()->gemm(m, n, k, alpha, a, lda, b, ldb, c, ldc);
}

void moim_transpose(float *out, size_t ldo, const float *in, size_t ldi, size_t rows, size_t cols)
{
    /* Sixteen columns at a time: what is written stays in the cache until its line is full. */
    for (size_t c0 = 0; c0 < cols; c0 += 16)
        for (size_t r = 0; r < ldo; r++)
            for (size_t c = c0; c < c0 + 16 && c < cols; c++)
                out[c * ldo + r] = r < rows ? in[r * ldi + c] : 0;
}
