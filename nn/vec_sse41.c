/* Products are not fused: these processors cannot. */
#include <smmintrin.h>

#define VEC_FMA(a, b, c) ((a) * (b) + (c))
#define GEMM_WIDTH 4
#define GEMM_ROWS 4
#define GEMM_VECTORS 2
#define GEMM_INLINE static inline __attribute__((always_inline))
typedef __m128 gemm_v;
GEMM_INLINE gemm_v gemm_zero(void)
{
    return _mm_setzero_ps();
}
GEMM_INLINE gemm_v gemm_load(const float *p)
{
    return _mm_loadu_ps(p);
}
GEMM_INLINE gemm_v gemm_fma(float a, gemm_v b, gemm_v c)
{
    return _mm_add_ps(_mm_mul_ps(_mm_set1_ps(a), b), c);
}
GEMM_INLINE void gemm_store(float *p, float alpha, gemm_v v)
{
    _mm_storeu_ps(p, _mm_mul_ps(_mm_set1_ps(alpha), v));
}

#include "nn/vec_impl.h"

const struct moim_vkernels moim_vkernels_sse41 = VEC_KERNELS("sse4.1");
