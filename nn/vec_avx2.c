#include <immintrin.h>

/* A tile of 6 rows by 2 vectors keeps its sums in registers. */
#define GEMM_WIDTH 8
#define GEMM_ROWS 6
#define GEMM_VECTORS 2
#define GEMM_INLINE static inline __attribute__((always_inline))
typedef __m256 gemm_v;
GEMM_INLINE gemm_v gemm_zero(void)
{
    return _mm256_setzero_ps();
}
GEMM_INLINE gemm_v gemm_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
GEMM_INLINE gemm_v gemm_fma(float a, gemm_v b, gemm_v c)
{
    return _mm256_fmadd_ps(_mm256_set1_ps(a), b, c);
}
GEMM_INLINE void gemm_store(float *p, float alpha, gemm_v v)
{
    _mm256_storeu_ps(p, _mm256_mul_ps(_mm256_set1_ps(alpha), v));
}

#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_avx2 = VEC_KERNELS("avx2");
