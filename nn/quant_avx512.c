#include <immintrin.h>

#include "nn/quant_impl.h"

/* 64 products at a time: VPDPBUSD leaves sixteen sums of four, lanes 4k ... 4k + 3 from block k of 16. */
static void dot4(const struct moim_qweights *w, const int8_t *x, const float *scale, const float *sum,
                 float out[MOIM_QROWS])
{
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
                  four = _mm512_set1_epi32(4);
    size_t stride = (size_t)w->cols64, blocks = stride / 16;
    __m512 acc[MOIM_QROWS] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                              _mm512_setzero_ps()};
    for (size_t b = 0; b < blocks; b += 16) {
        int groups = blocks - b < 16 ? (int)(blocks - b) / 4 : 4;
        __mmask16 live = (__mmask16)((1u << (groups * 4)) - 1);
        __m512 dx = _mm512_maskz_loadu_ps(live, scale + b), dsum = _mm512_maskz_loadu_ps(live, sum + b);
        __m512 ds[MOIM_QROWS];
        for (int r = 0; r < MOIM_QROWS; r++) {
            ds[r] = _mm512_mul_ps(dx, _mm512_maskz_loadu_ps(live, w->s + (size_t)r * blocks + b));
            acc[r] =
                _mm512_fnmadd_ps(_mm512_maskz_loadu_ps(live, w->c + (size_t)r * blocks + b), dsum, acc[r]);
        }
        __m512i lanes = spread;
        for (int g = 0; g < groups; g++) {
            __m512i a = _mm512_loadu_si512(x + b * 16 + (size_t)g * 64);
            for (int r = 0; r < MOIM_QROWS; r++) {
                __m512i q = _mm512_loadu_si512(w->q + (size_t)r * stride + b * 16 + (size_t)g * 64);
                __m512 dot = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), q, a));
                acc[r] = _mm512_fmadd_ps(dot, _mm512_permutexvar_ps(lanes, ds[r]), acc[r]);
            }
            lanes = _mm512_add_epi32(lanes, four);
        }
    }
    /* The four sums together: pairwise additions cost a quarter of four separate reductions, which short rows
     * feel. */
    __m256 half[MOIM_QROWS];
    for (int r = 0; r < MOIM_QROWS; r++)
        half[r] = _mm256_add_ps(_mm512_castps512_ps256(acc[r]), _mm512_extractf32x8_ps(acc[r], 1));
    __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(half[0], half[1]), _mm256_hadd_ps(half[2], half[3]));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

const struct moim_qkernels moim_qkernels_avx512 = {"avx512-vnni", unpack, quantize, dot4};
