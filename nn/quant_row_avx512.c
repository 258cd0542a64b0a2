/* One activation row against packed weight rows, without a panel between them: a token is bound by what it
 * reads. The sums are those of nn/quant.h, to the last bit. */
#include <immintrin.h>

#include "nn/quant.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define ROWS_32 8
#define ROWS_256 4

INLINE __m128i load128(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}
INLINE __m256i load256(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
INLINE __m512i both256(__m256i a, __m256i b)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}

/* Two rows' blocks of 32 side by side as codes + 128. */
INLINE __m512i codes32(const int type, const uint8_t *a, const uint8_t *b)
{
    if (type == MOIM_Q8_0)
        return _mm512_xor_si512(both256(load256(a + 2), load256(b + 2)), _mm512_set1_epi8((char)0x80));
    const int at = type == MOIM_Q5_0 ? 6 : 2;
    const __m512i shift = _mm512_set_epi64(0x0004000400040004, 0x0004000400040004, 0, 0, 0x0004000400040004,
                                           0x0004000400040004, 0, 0);
    __m512i v =
        both256(_mm256_broadcastsi128_si256(load128(a + at)), _mm256_broadcastsi128_si256(load128(b + at)));
    v = _mm512_and_si512(_mm512_srlv_epi16(v, shift), _mm512_set1_epi8(15));
    if (type == MOIM_Q4_0) return _mm512_add_epi8(v, _mm512_set1_epi8(120));
    uint32_t low, high;
    memcpy(&low, a + 2, 4);
    memcpy(&high, b + 2, 4);
    __mmask64 fifth = _cvtu64_mask64((uint64_t)high << 32 | low);
    return _mm512_add_epi8(v,
                           _mm512_mask_blend_epi8(fifth, _mm512_set1_epi8(112), _mm512_set1_epi8((char)128)));
}

INLINE __m128i scale16(const uint8_t *p)
{
    int16_t bits;
    memcpy(&bits, p, 2);
    return _mm_set1_epi16(bits);
}

INLINE void rows32(const int type, const uint8_t *const *p, size_t cols, const struct moim_qacts *a,
                   const uint8_t *next, float *out)
{
    const size_t bytes = type == MOIM_Q8_0 ? 34 : type == MOIM_Q5_0 ? 22 : 18;
    __m512 acc[ROWS_32 / 2];
    for (int i = 0; i < ROWS_32 / 2; i++) acc[i] = _mm512_setzero_ps();
    for (size_t b = 0, at = 0; b < cols / 32; b++, at += bytes, next += ROWS_32 * bytes) {
        for (size_t i = 0; i < ROWS_32 * bytes; i += 64) _mm_prefetch((const char *)next + i, _MM_HINT_T0);
        __m512i x = _mm512_broadcast_i64x4(load256(a->q + b * 32)),
                z = _mm512_broadcast_i64x4(load256(a->sums + b * 8));
        __m512 d = _mm512_set1_ps(a->d[b]);
        for (int i = 0; i < ROWS_32 / 2; i++) {
            const uint8_t *r = p[2 * i] + at, *s = p[2 * i + 1] + at;
            __m512 w = _mm512_cvtph_ps(_mm256_set_m128i(scale16(s), scale16(r)));
            __m512i sum = _mm512_dpbusd_epi32(z, codes32(type, r, s), x);
            acc[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(w, d), acc[i]);
        }
    }
    for (int i = 0; i < ROWS_32 / 2; i++) {
        __m512 v = acc[i];
        v = _mm512_add_ps(v, _mm512_shuffle_f32x4(v, v, 0xb1));
        v = _mm512_add_ps(v, _mm512_permute_ps(v, 0x4e));
        v = _mm512_add_ps(v, _mm512_permute_ps(v, 0xb1));
        out[2 * i] = _mm512_cvtss_f32(v);
        out[2 * i + 1] = _mm256_cvtss_f32(_mm512_extractf32x8_ps(v, 1));
    }
}

INLINE __m512i four_rows(const uint8_t *const *p, size_t at)
{
    __m512i v = _mm512_castsi128_si512(load128(p[0] + at));
    v = _mm512_inserti32x4(v, load128(p[1] + at), 1);
    v = _mm512_inserti32x4(v, load128(p[2] + at), 2);
    return _mm512_inserti32x4(v, load128(p[3] + at), 3);
}

/* The 6-bit scales (bytes 0 to 7 of a lane) and minima (8 to 15) of four rows, as in quant_scales(). */
INLINE __m512i scales4(__m512i w)
{
    __m512i a = _mm512_shuffle_epi32(w, 0x50), b = _mm512_shuffle_epi32(w, 0xaa);
    a = _mm512_srlv_epi32(a, _mm512_set4_epi32(2, 0, 2, 0));
    a = _mm512_and_si512(a, _mm512_set4_epi32(0x30303030, 0x3f3f3f3f, 0x30303030, 0x3f3f3f3f));
    b = _mm512_srlv_epi32(b, _mm512_set4_epi32(4, 0, 0, 0));
    b = _mm512_and_si512(b, _mm512_set4_epi32(0x0f0f0f0f, 0, 0x0f0f0f0f, 0));
    return _mm512_or_si512(a, b);
}

/* Scaled sums of the four 64 columns of a super-block, each four lanes to be added. Sums of four products
 * fit 16 bits. */
INLINE __m512i sums_q4(const uint8_t *qs, const int8_t *x, __m512i scales, __m512i first, __m512i second)
{
    const __m512i shift = both256(_mm256_setzero_si256(), _mm256_set1_epi16(4)), low = _mm512_set1_epi8(15);
    __m512i s[4];
    for (int j = 0; j < 4; j++) {
        __m512i v = _mm512_srlv_epi16(_mm512_broadcast_i64x4(load256(qs + 32 * j)), shift);
        s[j] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_and_si512(v, low),
                                   _mm512_loadu_si512(x + 64 * j));
    }
    __m512i a = _mm512_madd_epi16(_mm512_packs_epi32(s[0], s[1]), _mm512_permutexvar_epi16(first, scales));
    __m512i b = _mm512_madd_epi16(_mm512_packs_epi32(s[2], s[3]), _mm512_permutexvar_epi16(second, scales));
    __m512 fa = _mm512_castsi512_ps(a), fb = _mm512_castsi512_ps(b);
    return _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(fa, fb, 0x88)),
                            _mm512_castps_si512(_mm512_shuffle_ps(fa, fb, 0xdd)));
}

INLINE __m512i add_pairs(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}

/* d and dmin of four rows, one after another. */
INLINE __m256 two_scales(const uint8_t *const *p, size_t at)
{
    int32_t w[4];
    for (int r = 0; r < 4; r++) memcpy(w + r, p[r] + at, 4);
    return _mm256_cvtph_ps(_mm_setr_epi32(w[0], w[1], w[2], w[3]));
}

INLINE void rows_q4k(const uint8_t *const *p, size_t cols, const struct moim_qacts *a, const uint8_t *next,
                     float *out)
{
    const __m512i d_at = _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6);
    const __m512i quarter =
        _mm512_setr_epi64(0, 0x0002000200020002, 0, 0x0002000200020002, 0x0001000100010001,
                          0x0003000300030003, 0x0001000100010001, 0x0003000300030003);
    /* a row's result lies in the first element of its lane */
    __m512 acc = _mm512_setzero_ps(), low = acc;
    for (size_t b = 0, at = 0; b < cols / 256; b++, at += 144, next += 4 * 144) {
        for (size_t i = 0; i < 576; i += 64) _mm_prefetch((const char *)next + i, _MM_HINT_T0);
        __m512i w = scales4(four_rows(p, at + 4)), zero = _mm512_setzero_si512();
        __m512i scales = _mm512_unpacklo_epi8(w, zero), minima = _mm512_unpackhi_epi8(w, zero), s[4];
        for (int r = 0; r < 4; r++) {
            __m512i from = _mm512_add_epi16(quarter, _mm512_set1_epi16((short)(8 * r)));
            s[r] = sums_q4(p[r] + at + 16, a->q + b * 256, scales, from,
                           _mm512_add_epi16(from, _mm512_set1_epi16(4)));
        }
        __m512 sum = _mm512_cvtepi32_ps(add_pairs(add_pairs(s[0], s[1]), add_pairs(s[2], s[3])));
        const int32_t *of16 = a->sums + b * 16;
        __m256i of32 = _mm256_hadd_epi32(load256(of16), load256(of16 + 8));
        __m128i x = _mm256_cvtepi32_epi16(_mm256_permute4x64_epi64(of32, 0xd8));
        __m512 less = _mm512_cvtepi32_ps(_mm512_madd_epi16(minima, _mm512_broadcast_i32x4(x)));
        __m512 both = _mm512_castps256_ps512(_mm256_mul_ps(two_scales(p, at), _mm256_set1_ps(a->d[b])));
        __m512 d = _mm512_permutexvar_ps(d_at, both);
        __m512 dmin = _mm512_permutexvar_ps(_mm512_add_epi32(d_at, _mm512_set1_epi32(1)), both);
        acc = _mm512_fmadd_ps(sum, d, acc);
        low = _mm512_fmadd_ps(less, dmin, low);
        acc = _mm512_fmadd_ps(_mm512_permute_ps(sum, 0x55), d, acc);
        low = _mm512_fmadd_ps(_mm512_permute_ps(less, 0x55), dmin, low);
        acc = _mm512_fmadd_ps(_mm512_permute_ps(sum, 0xaa), d, acc);
        low = _mm512_fmadd_ps(_mm512_permute_ps(less, 0xaa), dmin, low);
        acc = _mm512_fmadd_ps(_mm512_permute_ps(sum, 0xff), d, acc);
        low = _mm512_fmadd_ps(_mm512_permute_ps(less, 0xff), dmin, low);
    }
    __m512 y = _mm512_sub_ps(acc, low);
    out[0] = _mm512_cvtss_f32(y);
    out[1] = _mm_cvtss_f32(_mm512_extractf32x4_ps(y, 1));
    out[2] = _mm_cvtss_f32(_mm512_extractf32x4_ps(y, 2));
    out[3] = _mm_cvtss_f32(_mm512_extractf32x4_ps(y, 3));
}

/* Scaled sums of 128 columns, 16 lanes to be added. */
INLINE __m512i sums_q6(const uint8_t *low, const uint8_t *high, const int8_t *x, __m512i scales)
{
    const __m512i up = both256(_mm256_set1_epi16(4), _mm256_set1_epi16(2));
    const __m512i down = both256(_mm256_setzero_si256(), _mm256_set1_epi16(2));
    const __m512i nibble = _mm512_set1_epi8(15), two = _mm512_set1_epi8(0x30), zero = _mm512_setzero_si512();
    __m512i v = _mm512_loadu_si512(low), h = _mm512_broadcast_i64x4(load256(high));
    __m512i a = _mm512_and_si512(_mm512_sllv_epi16(h, up), two),
            b = _mm512_and_si512(_mm512_srlv_epi16(h, down), two);
    a = _mm512_or_si512(a, _mm512_and_si512(v, nibble));
    b = _mm512_or_si512(b, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble));
    a = _mm512_dpbusd_epi32(zero, a, _mm512_loadu_si512(x));
    b = _mm512_dpbusd_epi32(zero, b, _mm512_loadu_si512(x + 64));
    return _mm512_madd_epi16(_mm512_packs_epi32(a, b), scales);
}

INLINE void rows_q6k(const uint8_t *const *p, size_t cols, const struct moim_qacts *a, const uint8_t *next,
                     float *out)
{
    const __m512i half =
        _mm512_setr_epi64(0, 0x0004000400040004, 0x0001000100010001, 0x0005000500050005, 0x0002000200020002,
                          0x0006000600060006, 0x0003000300030003, 0x0007000700070007);
    __m128 acc = _mm_setzero_ps();
    for (size_t b = 0, at = 0; b < cols / 256; b++, at += 210, next += 4 * 210) {
        for (size_t i = 0; i < 840; i += 64) _mm_prefetch((const char *)next + i, _MM_HINT_T0);
        __m256i of16 = _mm512_cvtepi32_epi16(_mm512_loadu_si512(a->sums + b * 16));
        __m512i s[4];
        uint16_t halves[4];
        for (int r = 0; r < 4; r++) {
            const uint8_t *q = p[r] + at;
            __m256i scales = _mm256_cvtepi8_epi16(load128(q + 192));
            __m512i wide = _mm512_castsi256_si512(scales);
            __m512i high = _mm512_permutexvar_epi16(_mm512_add_epi16(half, _mm512_set1_epi16(8)), wide);
            __m512i less = _mm512_zextsi256_si512(_mm256_slli_epi32(_mm256_madd_epi16(scales, of16), 5));
            s[r] = sums_q6(q, q + 128, a->q + b * 256, _mm512_permutexvar_epi16(half, wide));
            s[r] = _mm512_add_epi32(s[r], sums_q6(q + 64, q + 160, a->q + b * 256 + 128, high));
            s[r] = _mm512_sub_epi32(s[r], less);
            memcpy(halves + r, q + 208, 2);
        }
        __m512i u = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
        __m512i v = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
        u = _mm512_add_epi32(_mm512_unpacklo_epi64(u, v), _mm512_unpackhi_epi64(u, v));
        __m256i w = _mm256_add_epi32(_mm512_castsi512_si256(u), _mm512_extracti64x4_epi64(u, 1));
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1));
        __m128 d = _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)(const void *)halves));
        acc = _mm_fmadd_ps(_mm_mul_ps(_mm_cvtepi32_ps(sum), d), _mm_set1_ps(a->d[b]), acc);
    }
    _mm_storeu_ps(out, acc);
}

#include "nn/quant_row_impl.h"

bool moim_rows_avx512(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                      const struct moim_qacts *a, float *y)
{
    return rows_as_packed(type, rows, row_bytes, n_rows, cols, a, y);
}
