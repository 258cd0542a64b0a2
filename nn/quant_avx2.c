#include <immintrin.h>

#include "nn/quant_impl.h"

/* 32 products at a time, widened to 16 bits first: VPMADDUBSW would saturate on Q8_0's offset bytes. */
static inline __m256i dot32(const uint8_t *q, const int8_t *x)
{
    __m256i w0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)q));
    __m256i w1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(q + 16)));
    __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)x));
    __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(x + 16)));
    /* Lanes 0-3: block 0 of 16, lanes 4-7: block 1. */
    __m256i p0 = _mm256_madd_epi16(w0, a0), p1 = _mm256_madd_epi16(w1, a1);
    __m128i s0 = _mm_add_epi32(_mm256_castsi256_si128(p0), _mm256_extracti128_si256(p0, 1));
    __m128i s1 = _mm_add_epi32(_mm256_castsi256_si128(p1), _mm256_extracti128_si256(p1, 1));
    return _mm256_set_m128i(s1, s0);
}

static void dot4(const struct moim_qweights *w, const int8_t *x, const float *scale, const float *sum,
                 float out[MOIM_QROWS])
{
    size_t stride = (size_t)w->cols64, blocks = stride / 16;
    for (int r = 0; r < MOIM_QROWS; r++) {
        const uint8_t *q = w->q + (size_t)r * stride;
        const float *s = w->s + (size_t)r * blocks, *c = w->c + (size_t)r * blocks;
        __m256 acc = _mm256_setzero_ps();
        __m128 off = _mm_setzero_ps();
        for (size_t b = 0; b < blocks; b += 4) {
            __m128 ds = _mm_mul_ps(_mm_loadu_ps(s + b), _mm_loadu_ps(scale + b));
            off = _mm_fmadd_ps(_mm_loadu_ps(c + b), _mm_loadu_ps(sum + b), off);
            __m256 d0 = _mm256_set_m128(_mm_permute_ps(ds, 0x55), _mm_permute_ps(ds, 0x00));
            __m256 d1 = _mm256_set_m128(_mm_permute_ps(ds, 0xff), _mm_permute_ps(ds, 0xaa));
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot32(q + b * 16, x + b * 16)), d0, acc);
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot32(q + b * 16 + 32, x + b * 16 + 32)), d1, acc);
        }
        __m128 sum4 = _mm_sub_ps(_mm_add_ps(_mm256_castps256_ps128(acc), _mm256_extractf128_ps(acc, 1)), off);
        sum4 = _mm_hadd_ps(sum4, sum4);
        out[r] = _mm_cvtss_f32(_mm_hadd_ps(sum4, sum4));
    }
}

const struct moim_qkernels moim_qkernels_avx2 = {"avx2", unpack, quantize, dot4};
