/* One activation row against packed weight rows with AVX2; the sums are those of nn/quant.h, to the last bit.
 */
#include <immintrin.h>

#include "nn/quant_impl.h"

#define INLINE static inline __attribute__((always_inline))
#define ROWS_32 4
#define ROWS_256 4
#define ROWS 4

INLINE __m128i load128(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}
INLINE __m256i bytes_at(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* As many bytes of later rows as four blocks of these are: short rows are too little for the processor's own
 * prefetching. */
INLINE void read_ahead(const uint8_t *next, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 64) _mm_prefetch((const char *)next + i, _MM_HINT_T0);
}

INLINE __m256i codes32(const int type, const uint8_t *p)
{
    if (type == MOIM_Q8_0) return bytes_at(p + 2);
    __m128i v = load128(type == MOIM_Q5_0 ? p + 6 : p + 2);
    __m256i both = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(v, 4), v));
    if (type == MOIM_Q4_0) return _mm256_sub_epi8(both, _mm256_set1_epi8(8));
    int32_t bits;
    memcpy(&bits, p + 2, 4);
    const __m256i spread = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    __m256i h = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), spread);
    both = _mm256_or_si256(both, fifth_bit(h, _mm256_set1_epi64x((long long)0x8040201008040201ull)));
    return _mm256_sub_epi8(both, _mm256_set1_epi8(16));
}

INLINE void rows32(const int type, const uint8_t *const *p, size_t cols, const struct moim_qacts *a,
                   const uint8_t *next, float *out)
{
    const size_t bytes = type == MOIM_Q8_0 ? 34 : type == MOIM_Q5_0 ? 22 : 18;
    const __m256i one = _mm256_set1_epi16(1);
    __m256 acc[ROWS];
    for (int r = 0; r < ROWS; r++) acc[r] = _mm256_setzero_ps();
    for (size_t b = 0, at = 0; b < cols / 32; b++, at += bytes, next += ROWS * bytes) {
        read_ahead(next, ROWS * bytes);
        __m256i x = bytes_at(a->q + b * 32);
        for (int r = 0; r < ROWS; r++) {
            __m256i w = codes32(type, p[r] + at);
            /* |w| <= 128 and |x| <= 127: no pair overflows 16 bits */
            w = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
            float d = quant_half(p[r] + at) * a->d[b];
            acc[r] =
                _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(w, one)), _mm256_set1_ps(d), acc[r]);
        }
    }
    for (int r = 0; r < ROWS; r++) {
        __m128 v = _mm_add_ps(_mm256_castps256_ps128(acc[r]), _mm256_extractf128_ps(acc[r], 1));
        v = _mm_add_ps(v, _mm_movehl_ps(v, v));
        out[r] = _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
    }
}

/* The four sums of 8 lanes each. */
INLINE __m128i add_lanes(const __m256i *s)
{
    __m256i v = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
    return _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* The halves that lie `at` bytes behind each of four rows, as floats. */
INLINE __m128 halves(const uint8_t *const *p, size_t at)
{
    uint16_t h[ROWS];
    for (int r = 0; r < ROWS; r++) memcpy(h + r, p[r] + at, 2);
    return _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)(const void *)h));
}

/* Each row's products of its four stretches of 64 columns with their scales. */
INLINE __m128 stretches_q4k(const uint8_t *q, const int8_t *x, __m128i scales)
{
    __m256i wide = _mm256_broadcastsi128_si256(scales), s[4];
    for (int j = 0; j < 4; j++) {
        __m256i v = bytes_at(q + 16 + 32 * j), at_low = _mm256_set1_epi16((short)(4 * j * 257 + 256)),
                at_high = _mm256_add_epi8(at_low, _mm256_set1_epi8(2));
        __m256i c = _mm256_maddubs_epi16(low_nibbles(v), bytes_at(x + 64 * j)),
                d = _mm256_maddubs_epi16(high_nibbles(v), bytes_at(x + 64 * j + 32));
        s[j] = _mm256_add_epi32(_mm256_madd_epi16(c, _mm256_shuffle_epi8(wide, at_low)),
                                _mm256_madd_epi16(d, _mm256_shuffle_epi8(wide, at_high)));
    }
    return _mm_cvtepi32_ps(add_lanes(s));
}

INLINE void rows_q4k(const uint8_t *const *p, size_t cols, const struct moim_qacts *a, const uint8_t *next,
                     float *out)
{
    __m128 acc = _mm_setzero_ps(), low = acc; /* a row in each element */
    for (size_t b = 0, at = 0; b < cols / 256; b++, at += 144, next += ROWS * 144) {
        read_ahead(next, ROWS * 144);
        const int32_t *of16 = a->sums + b * 16;
        __m128i of32 = _mm_packs_epi32(_mm_hadd_epi32(load128(of16), load128(of16 + 4)),
                                       _mm_hadd_epi32(load128(of16 + 8), load128(of16 + 12)));
        __m128 sum[ROWS], less[ROWS];
        for (int r = 0; r < ROWS; r++) {
            uint8_t bytes[16];
            quant_scales(p[r] + at + 4, bytes);
            __m128i minima = _mm_unpackhi_epi8(load128(bytes), _mm_setzero_si128());
            sum[r] = stretches_q4k(p[r] + at, a->q + b * 256, _mm_cvtepu8_epi16(load128(bytes)));
            less[r] = _mm_cvtepi32_ps(_mm_madd_epi16(minima, of32));
        }
        _MM_TRANSPOSE4_PS(sum[0], sum[1], sum[2], sum[3]);
        _MM_TRANSPOSE4_PS(less[0], less[1], less[2], less[3]);
        __m128 by = _mm_set1_ps(a->d[b]), d = _mm_mul_ps(halves(p, at), by),
               dmin = _mm_mul_ps(halves(p, at + 2), by);
        for (int j = 0; j < 4; j++) {
            acc = _mm_fmadd_ps(sum[j], d, acc);
            low = _mm_fmadd_ps(less[j], dmin, low);
        }
    }
    _mm_storeu_ps(out, _mm_sub_ps(acc, low));
}

/* Scales 2 * i and 2 * i + 1 of 16 words, each eight times. */
INLINE __m256i scale_pair(const int8_t *scale)
{
    return _mm256_set_m128i(_mm_set1_epi16(scale[1]), _mm_set1_epi16(scale[0]));
}

INLINE void rows_q6k(const uint8_t *const *p, size_t cols, const struct moim_qacts *a, const uint8_t *next,
                     float *out)
{
    __m128 acc = _mm_setzero_ps();
    for (size_t b = 0, at = 0; b < cols / 256; b++, at += 210, next += ROWS * 210) {
        read_ahead(next, ROWS * 210);
        const int32_t *of16 = a->sums + b * 16;
        const int8_t *x = a->q + b * 256;
        __m256i s[ROWS], sums = _mm256_packs_epi32(bytes_at(of16), bytes_at(of16 + 8));
        sums = _mm256_permute4x64_epi64(sums, 0xd8);
        float d[ROWS];
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *q = p[r] + at;
            const int8_t *scale = (const int8_t *)q + 192;
            uint8_t codes[256];
            bytes_q6(q, q + 128, codes);
            bytes_q6(q + 64, q + 160, codes + 128);
            __m256i less = _mm256_madd_epi16(_mm256_cvtepi8_epi16(load128(scale)), sums);
            s[r] = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(less, 5));
            for (int i = 0; i < 8; i++) {
                __m256i c = _mm256_maddubs_epi16(bytes_at(codes + 32 * i), bytes_at(x + 32 * i));
                s[r] = _mm256_add_epi32(s[r], _mm256_madd_epi16(c, scale_pair(scale + 2 * i)));
            }
            d[r] = quant_half(q + 208);
        }
        __m128 sum = _mm_mul_ps(_mm_cvtepi32_ps(add_lanes(s)), _mm_loadu_ps(d));
        acc = _mm_fmadd_ps(sum, _mm_set1_ps(a->d[b]), acc);
    }
    _mm_storeu_ps(out, acc);
}

#include "nn/quant_row_impl.h"

bool moim_rows_avx2(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                    const struct moim_qacts *a, float *y)
{
    return rows_as_packed(type, rows, row_bytes, n_rows, cols, a, y);
}
