/* VPDPBUSD multiplies unsigned by signed bytes: codes are biased by 128 where they are signed, and the
 * accumulators start at what that adds too much. 32 registers hold a tile's accumulators. */
#include <immintrin.h>

#define QUANT_BIASED
#define QUANT_TRANSPOSE
#include "nn/quant.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}
INLINE void store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}
INLINE __m512i four(const int8_t *x)
{
    int32_t v;
    memcpy(&v, x, 4);
    return _mm512_set1_epi32(v);
}

/* 16 rows of 16 dwords: rows become columns. */
static inline void transpose16(__m512i *v)
{
    __m512i a[16];
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        v[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        v[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        v[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        v[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        __m512i p = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88),
                q = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        __m512i r = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88),
                s = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
        a[i] = _mm512_shuffle_i32x4(p, r, 0x88);
        a[i + 8] = _mm512_shuffle_i32x4(p, r, 0xdd);
        a[i + 4] = _mm512_shuffle_i32x4(q, s, 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(q, s, 0xdd);
    }
    for (int i = 0; i < 16; i++) v[i] = a[i];
}

static inline void quant_transpose(const uint8_t *in, uint8_t *out)
{
    for (int c = 0; c < 4; c++) {
        __m512i v[16];
        for (int r = 0; r < 16; r++) v[r] = load(in + r * 256 + c * 64);
        transpose16(v);
        for (int g = 0; g < 16; g++) store(out + (c * 16 + g) * 64, v[g]);
    }
}

static inline void quant_transpose_scales(const uint8_t *in, uint8_t *out)
{
    __m128i v[16], a[16];
    for (int i = 0; i < 16; i++) v[i] = _mm_loadu_si128((const __m128i *)(const void *)(in + i * 16));
    /* Four rounds of merging row i with row i + 8. */
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            a[2 * i] = _mm_unpacklo_epi8(v[i], v[i + 8]);
            a[2 * i + 1] = _mm_unpackhi_epi8(v[i], v[i + 8]);
        }
        memcpy(v, a, sizeof v);
    }
    for (int i = 0; i < 16; i++) _mm_storeu_si128((__m128i *)(void *)(out + i * 16), v[i]);
}

#include "nn/quant_impl.h"

/* Rows r and r + 1 side by side in the halves of a register, so that a lane adds as the specification says.
 */
INLINE void tile32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int32_t *sums,
                   const int n, float *out)
{
    size_t blocks = cols / 32;
    const uint8_t *q1 = panel + blocks * 64;
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    const __m512i first = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
                  second = _mm512_setr_epi32(2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    __m512 acc[2][MOIM_QTILE];
    for (int t = 0; t < n; t++) acc[0][t] = acc[1][t] = _mm512_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        __m512 s = _mm512_castps128_ps512(_mm_loadu_ps(scale + 4 * b));
        __m512 s0 = _mm512_permutexvar_ps(first, s), s1 = _mm512_permutexvar_ps(second, s);
        __m512i a = load(panel + b * 64), c = load(q1 + b * 64);
        for (int t = 0; t < n; t++) {
            __m512i v = _mm512_broadcast_i64x4(LOAD256(x + (size_t)t * cols + b * 32));
            __m512i z = _mm512_broadcast_i64x4(LOAD256(sums + (size_t)t * (cols / 4) + b * 8));
            __m512 d = _mm512_set1_ps(dx[(size_t)t * blocks + b]);
            acc[0][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(z, a, v)),
                                        _mm512_mul_ps(s0, d), acc[0][t]);
            acc[1][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(z, c, v)),
                                        _mm512_mul_ps(s1, d), acc[1][t]);
        }
    }
    for (int t = 0; t < n; t++)
        for (int p = 0; p < 2; p++) {
            __m512 v = acc[p][t];
            v = _mm512_add_ps(v, _mm512_shuffle_f32x4(v, v, 0xb1));
            v = _mm512_add_ps(v, _mm512_permute_ps(v, 0x4e));
            v = _mm512_add_ps(v, _mm512_permute_ps(v, 0xb1));
            out[4 * t + 2 * p] = _mm512_cvtss_f32(v);
            out[4 * t + 2 * p + 1] = _mm256_cvtss_f32(_mm512_extractf32x8_ps(v, 1));
        }
}

/* Scales of part j of the sixteen rows. */
INLINE __m512i part_scales(int type, const __m128i *scale, int j)
{
    __m128i b = _mm_loadu_si128(scale + j);
    if (type == MOIM_Q2_K) return _mm512_and_si512(_mm512_cvtepu8_epi32(b), _mm512_set1_epi32(15));
    return moim_qparts(type) == 16 ? _mm512_cvtepi8_epi32(b) : _mm512_cvtepu8_epi32(b);
}

/* What the minima of parts [from, to) subtract, as integers. */
INLINE __m512i minima(int type, const __m128i *scale, const int32_t *sums, int from, int to)
{
    __m512i m = _mm512_setzero_si512();
    for (int j = from; j < to; j++) {
        __m512i mn;
        if (moim_qparts(type) == 8)
            mn = _mm512_cvtepu8_epi32(_mm_loadu_si128(scale + j + 8));
        else if (type == MOIM_Q2_K)
            mn = _mm512_srli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128(scale + j)), 4);
        else
            mn = _mm512_slli_epi32(part_scales(type, scale, j), moim_qshift(type));
        int sum = moim_qparts(type) == 16 ? sums[j] : sums[2 * j] + sums[2 * j + 1];
        m = _mm512_add_epi32(m, _mm512_mullo_epi32(mn, _mm512_set1_epi32(sum)));
    }
    return m;
}

/* Parts [from, to) of a super-block: s[t] = their scaled sums. */
INLINE void scaled(int type, const uint8_t *panel, size_t cols, const int8_t *x, int from, int to,
                   const int n, __m512i *s)
{
    const int groups = 64 / moim_qparts(type);
    for (int t = 0; t < n; t++) s[t] = _mm512_setzero_si512();
    for (int j = from; j < to; j++) {
        __m512i sc = part_scales(type, (const __m128i *)(const void *)(panel + 4096), j);
        __m512i raw[MOIM_QTILE];
        for (int t = 0; t < n; t++) raw[t] = _mm512_setzero_si512();
        for (int g = j * groups; g < (j + 1) * groups; g++) {
            __m512i q = load(panel + g * 64);
            for (int t = 0; t < n; t++)
                raw[t] = _mm512_dpbusd_epi32(raw[t], q, four(x + (size_t)t * cols + 4 * g));
        }
        for (int t = 0; t < n; t++) s[t] = _mm512_add_epi32(s[t], _mm512_mullo_epi32(raw[t], sc));
    }
}

INLINE void tile256(const int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                    const int32_t *sums, const int n, float *out)
{
    const int parts = moim_qparts(type), step = type == MOIM_Q4_K ? 2 : parts;
    __m512 acc[MOIM_QTILE], low[MOIM_QTILE];
    for (int t = 0; t < n; t++) acc[t] = low[t] = _mm512_setzero_ps();
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER) {
        const __m128i *scale = (const __m128i *)(const void *)(panel + 4096);
        __m512 d = _mm512_loadu_ps(panel + 4096 + 256), dmin = _mm512_loadu_ps(panel + 4096 + 256 + 64);
        for (int j = 0; j < parts; j += step) {
            __m512i s[MOIM_QTILE];
            scaled(type, panel, cols, x + b * 256, j, j + step, n, s);
            for (int t = 0; t < n; t++) {
                __m512i m = minima(type, scale, sums + (size_t)t * (cols / 4) + b * 16, j, j + step);
                __m512 by = _mm512_set1_ps(dx[(size_t)t * (cols / 256) + b]);
                if (type == MOIM_Q4_K) {
                    acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[t]), _mm512_mul_ps(d, by), acc[t]);
                    low[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(m), _mm512_mul_ps(dmin, by), low[t]);
                } else if (type == MOIM_Q5_K || type == MOIM_Q2_K) {
                    __m512 part = _mm512_mul_ps(_mm512_cvtepi32_ps(s[t]), d);
                    acc[t] = _mm512_fmadd_ps(_mm512_fnmadd_ps(dmin, _mm512_cvtepi32_ps(m), part), by, acc[t]);
                } else {
                    __m512 part = _mm512_cvtepi32_ps(_mm512_sub_epi32(s[t], m));
                    acc[t] = _mm512_fmadd_ps(_mm512_mul_ps(part, d), by, acc[t]);
                }
            }
        }
    }
    for (int t = 0; t < n; t++) _mm512_storeu_ps(out + 16 * t, _mm512_sub_ps(acc[t], low[t]));
}

INLINE void tile_w8(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int32_t *sums,
                    const int n, float *out)
{
    size_t blocks = cols / MOIM_W8_COLS;
    __m512 acc[MOIM_QTILE];
    for (int t = 0; t < n; t++) acc[t] = _mm512_setzero_ps();
    for (size_t b = 0; b < blocks; b++, panel += MOIM_W8_BLOCK) {
        __m512 d = _mm512_loadu_ps(panel + 16 * MOIM_W8_COLS);
        __m512i s[MOIM_QTILE];
        for (int t = 0; t < n; t++) s[t] = _mm512_set1_epi32(sums[(size_t)t * (cols / 4) + b]);
        for (int g = 0; g < MOIM_W8_COLS / 4; g++) {
            __m512i q = load(panel + g * 64);
            for (int t = 0; t < n; t++)
                s[t] = _mm512_dpbusd_epi32(s[t], q,
                                           four(x + (size_t)t * cols + b * MOIM_W8_COLS + (size_t)g * 4));
        }
        for (int t = 0; t < n; t++)
            acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[t]),
                                     _mm512_mul_ps(d, _mm512_set1_ps(dx[(size_t)t * blocks + b])), acc[t]);
    }
    for (int t = 0; t < n; t++) _mm512_storeu_ps(out + 16 * t, acc[t]);
}

/* n is a constant in each case, so that accumulators live in registers. */
#define CASES(call)                                                                                          \
    switch (n) {                                                                                             \
    case 1: call(1); break;                                                                                  \
    case 2: call(2); break;                                                                                  \
    case 3: call(3); break;                                                                                  \
    case 4: call(4); break;                                                                                  \
    case 5: call(5); break;                                                                                  \
    case 6: call(6); break;                                                                                  \
    case 7: call(7); break;                                                                                  \
    default: call(8);                                                                                        \
    }

static void tile(int type, const uint8_t *panel, int width, const struct moim_qacts *a, int first, int n,
                 float *out)
{
    size_t cols = moim_qcols(type, width), row = (size_t)first;
    const int8_t *x = a->q + row * cols;
    const float *dx = a->d + row * (cols / (size_t)moim_qblock(type));
    const int32_t *sums = a->sums + row * (cols / 4);
#define CALL_32(k) tile32(panel, cols, x, dx, sums, k, out)
#define CALL_W8(k) tile_w8(panel, cols, x, dx, sums, k, out)
#define CALL_4K(k) tile256(MOIM_Q4_K, panel, cols, x, dx, sums, k, out)
#define CALL_5K(k) tile256(MOIM_Q5_K, panel, cols, x, dx, sums, k, out)
#define CALL_6K(k) tile256(MOIM_Q6_K, panel, cols, x, dx, sums, k, out)
#define CALL_2K(k) tile256(MOIM_Q2_K, panel, cols, x, dx, sums, k, out)
#define CALL_3K(k) tile256(MOIM_Q3_K, panel, cols, x, dx, sums, k, out)
    if (type == MOIM_W8)
        CASES(CALL_W8)
    else if (type == MOIM_Q4_K)
        CASES(CALL_4K)
    else if (type == MOIM_Q5_K)
        CASES(CALL_5K)
    else if (type == MOIM_Q6_K)
        CASES(CALL_6K)
    else if (type == MOIM_Q2_K)
        CASES(CALL_2K)
    else if (type == MOIM_Q3_K)
        CASES(CALL_3K)
    else
        CASES(CALL_32)
}

const struct moim_qkernels moim_qkernels_avx512 = {"avx512-vnni", quantize, unpack, tile, moim_rows_avx512};
