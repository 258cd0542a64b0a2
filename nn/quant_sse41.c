/* For processors without AVX2. They have no fused multiply-add either, so floats are multiplied and added: results
 * differ from the specification by roundings (integers do not). */
#include <smmintrin.h>

#include "nn/quant_impl.h"

#define INLINE static inline __attribute__((always_inline))
#define LOAD128(p) _mm_loadu_si128((const __m128i *)(const void *)(p))

/* Four sums of four products of signed bytes, |w| <= 128 and |x| <= 127. */
INLINE __m128i dot_signed(__m128i w, __m128i x)
{
    return _mm_madd_epi16(_mm_maddubs_epi16(_mm_abs_epi8(w), _mm_sign_epi8(x, w)), _mm_set1_epi16(1));
}
INLINE __m128i dot_unsigned(__m128i w, __m128i x) /* w < 64 */
{
    return _mm_madd_epi16(_mm_maddubs_epi16(w, x), _mm_set1_epi16(1));
}
INLINE __m128i four(const int8_t *x)
{
    int32_t v;
    memcpy(&v, x, 4);
    return _mm_set1_epi32(v);
}
INLINE __m128 mul_add(__m128 a, __m128 b, __m128 c)
{
    return _mm_add_ps(_mm_mul_ps(a, b), c);
}

INLINE void tile32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int n,
                   float *out)
{
    size_t blocks = cols / 32;
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    for (size_t r = 0; r < 4; r++) {
        const uint8_t *q = panel + r / 2 * blocks * 64 + r % 2 * 32;
        __m128 acc[2][2];
        for (int t = 0; t < n; t++) acc[0][t] = acc[1][t] = _mm_setzero_ps();
        for (size_t b = 0; b < blocks; b++, q += 64) {
            __m128i w0 = LOAD128(q), w1 = LOAD128(q + 16);
            for (int t = 0; t < n; t++) {
                const int8_t *v = x + (size_t)t * cols + b * 32;
                __m128 d = _mm_set1_ps(scale[4 * b + r] * dx[(size_t)t * blocks + b]);
                acc[0][t] = mul_add(_mm_cvtepi32_ps(dot_signed(w0, LOAD128(v))), d, acc[0][t]);
                acc[1][t] = mul_add(_mm_cvtepi32_ps(dot_signed(w1, LOAD128(v + 16))), d, acc[1][t]);
            }
        }
        for (int t = 0; t < n; t++) {
            __m128 v = _mm_add_ps(acc[0][t], acc[1][t]);
            v = _mm_add_ps(v, _mm_movehl_ps(v, v));
            out[4 * (size_t)t + r] = _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
        }
    }
}

INLINE __m128i widen(const uint8_t *p, bool is_signed)
{
    int32_t bytes;
    memcpy(&bytes, p, 4);
    __m128i v = _mm_cvtsi32_si128(bytes);
    return is_signed ? _mm_cvtepi8_epi32(v) : _mm_cvtepu8_epi32(v);
}

/* Four of the sixteen rows, from `at` on. */
INLINE void tile256(const int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                    const int32_t *sums, int at, float *out)
{
    const int parts = moim_qparts(type), groups = 64 / parts, step = type == MOIM_Q4_K ? 2 : parts;
    __m128 acc = _mm_setzero_ps(), low = acc;
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER, x += 256, sums += 16) {
        const uint8_t *scale = panel + 4096 + at;
        const float *of = (const float *)(const void *)(panel + 4096 + 256);
        __m128 d = _mm_loadu_ps(of + at), dmin = _mm_loadu_ps(of + 16 + at), by = _mm_set1_ps(dx[b]);
        for (int first = 0; first < parts; first += step) {
            __m128i s = _mm_setzero_si128(), m = s;
            for (int j = first; j < first + step; j++) {
                __m128i raw = _mm_setzero_si128(), mn,
                        sc = widen(scale + j * 16, parts == 16 && type != MOIM_Q2_K);
                if (type == MOIM_Q2_K) {
                    mn = _mm_srli_epi32(sc, 4);
                    sc = _mm_and_si128(sc, _mm_set1_epi32(15));
                } else
                    mn = parts == 16 ? _mm_slli_epi32(sc, moim_qshift(type))
                                     : widen(scale + (j + 8) * 16, false);
                for (int g = j * groups; g < (j + 1) * groups; g++)
                    raw = _mm_add_epi32(raw, dot_unsigned(LOAD128(panel + g * 64 + at * 4), four(x + g * 4)));
                s = _mm_add_epi32(s, _mm_mullo_epi32(raw, sc));
                int sum = parts == 16 ? sums[j] : sums[2 * j] + sums[2 * j + 1];
                m = _mm_add_epi32(m, _mm_mullo_epi32(mn, _mm_set1_epi32(sum)));
            }
            __m128 fs = _mm_cvtepi32_ps(s), fm = _mm_cvtepi32_ps(m);
            if (type == MOIM_Q4_K) {
                acc = mul_add(fs, _mm_mul_ps(d, by), acc);
                low = mul_add(fm, _mm_mul_ps(dmin, by), low);
            } else if (type == MOIM_Q5_K || type == MOIM_Q2_K)
                acc = mul_add(_mm_sub_ps(_mm_mul_ps(fs, d), _mm_mul_ps(dmin, fm)), by, acc);
            else
                acc = mul_add(_mm_mul_ps(_mm_cvtepi32_ps(_mm_sub_epi32(s, m)), d), by, acc);
        }
    }
    _mm_storeu_ps(out + at, _mm_sub_ps(acc, low));
}

INLINE void tile_w8(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int n,
                    float *out)
{
    size_t blocks = cols / MOIM_W8_COLS;
    const __m128i bias = _mm_set1_epi8((char)0x80);
    __m128 acc[4][2];
    for (int t = 0; t < n; t++)
        for (int h = 0; h < 4; h++) acc[h][t] = _mm_setzero_ps();
    for (size_t b = 0; b < blocks; b++, panel += MOIM_W8_BLOCK) {
        const float *d = (const float *)(const void *)(panel + 16 * MOIM_W8_COLS);
        __m128i s[4][2];
        for (int t = 0; t < n; t++)
            for (int h = 0; h < 4; h++) s[h][t] = _mm_setzero_si128();
        for (int g = 0; g < MOIM_W8_COLS / 4; g++) {
            __m128i v[2];
            for (int t = 0; t < n; t++) v[t] = four(x + (size_t)t * cols + b * MOIM_W8_COLS + (size_t)g * 4);
            for (int h = 0; h < 4; h++) {
                __m128i w = _mm_xor_si128(LOAD128(panel + g * 64 + h * 16), bias);
                for (int t = 0; t < n; t++) s[h][t] = _mm_add_epi32(s[h][t], dot_signed(w, v[t]));
            }
        }
        for (int t = 0; t < n; t++) {
            __m128 by = _mm_set1_ps(dx[(size_t)t * blocks + b]);
            for (int h = 0; h < 4; h++)
                acc[h][t] =
                    mul_add(_mm_cvtepi32_ps(s[h][t]), _mm_mul_ps(_mm_loadu_ps(d + 4 * h), by), acc[h][t]);
        }
    }
    for (int t = 0; t < n; t++)
        for (int h = 0; h < 4; h++) _mm_storeu_ps(out + 16 * t + 4 * h, acc[h][t]);
}

static void super_tile(int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                       const int32_t *sums, float *out)
{
    for (int at = 0; at < 16; at += 4) switch (type) {
        case MOIM_Q4_K: tile256(MOIM_Q4_K, panel, cols, x, dx, sums, at, out); break;
        case MOIM_Q5_K: tile256(MOIM_Q5_K, panel, cols, x, dx, sums, at, out); break;
        case MOIM_Q2_K: tile256(MOIM_Q2_K, panel, cols, x, dx, sums, at, out); break;
        case MOIM_Q3_K: tile256(MOIM_Q3_K, panel, cols, x, dx, sums, at, out); break;
        default: tile256(MOIM_Q6_K, panel, cols, x, dx, sums, at, out);
        }
}

static void tile(int type, const uint8_t *panel, int width, const struct moim_qacts *a, int first, int n,
                 float *out)
{
    size_t cols = moim_qcols(type, width), blocks = cols / (size_t)moim_qblock(type);
    int step = moim_qrows(type) == 4 || type == MOIM_W8 ? 2 : 1;
    for (int t = 0; t < n; t += step, out += step * moim_qrows(type)) {
        size_t row = (size_t)(first + t);
        const int8_t *x = a->q + row * cols;
        const float *dx = a->d + row * blocks;
        bool two = n - t > 1;
        if (step == 1)
            super_tile(type, panel, cols, x, dx, a->sums + row * (cols / 4), out);
        else if (type == MOIM_W8)
            two ? tile_w8(panel, cols, x, dx, 2, out) : tile_w8(panel, cols, x, dx, 1, out);
        else
            two ? tile32(panel, cols, x, dx, 2, out) : tile32(panel, cols, x, dx, 1, out);
    }
}

const struct moim_qkernels moim_qkernels_sse41 = {"sse4.1", quantize, unpack, tile, NULL};
