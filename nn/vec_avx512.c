#include <immintrin.h>

/* A tile of 6 rows by 4 vectors keeps its sums in registers. */
#define GEMM_WIDTH 16
#define GEMM_ROWS 6
#define GEMM_VECTORS 4
#define GEMM_INLINE static inline __attribute__((always_inline))
typedef __m512 gemm_v;
GEMM_INLINE gemm_v gemm_zero(void)
{
    return _mm512_setzero_ps();
}
GEMM_INLINE gemm_v gemm_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
GEMM_INLINE gemm_v gemm_fma(float a, gemm_v b, gemm_v c)
{
    return _mm512_fmadd_ps(_mm512_set1_ps(a), b, c);
}
GEMM_INLINE void gemm_store(float *p, float alpha, gemm_v v)
{
    _mm512_storeu_ps(p, _mm512_mul_ps(_mm512_set1_ps(alpha), v));
}

#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_avx512 = VEC_KERNELS("avx512-vnni");
