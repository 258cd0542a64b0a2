#include <immintrin.h>

#include "nn/quant_impl.h"

#define INLINE static inline __attribute__((always_inline))

/* Eight sums of four products of signed bytes, |w| <= 128 and |x| <= 127, where VPMADDUBSW cannot saturate.
 */
INLINE __m256i dot_signed(__m256i w, __m256i x)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
INLINE __m256i dot_unsigned(__m256i w, __m256i x) /* w < 64 */
{
    return _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1));
}
INLINE __m256i four(const int8_t *x)
{
    int32_t v;
    memcpy(&v, x, 4);
    return _mm256_set1_epi32(v);
}

INLINE void tile32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int n,
                   float *out)
{
    size_t blocks = cols / 32;
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    for (size_t r = 0; r < 4; r += 2) {
        const uint8_t *q = panel + r / 2 * blocks * 64;
        __m256 acc[2][2];
        for (int t = 0; t < n; t++) acc[0][t] = acc[1][t] = _mm256_setzero_ps();
        for (size_t b = 0; b < blocks; b++, q += 64) {
            __m256i w0 = LOAD256(q), w1 = LOAD256(q + 32);
            for (int t = 0; t < n; t++) {
                __m256i v = LOAD256(x + (size_t)t * cols + b * 32);
                float d = dx[(size_t)t * blocks + b];
                acc[0][t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot_signed(w0, v)),
                                            _mm256_set1_ps(scale[4 * b + r] * d), acc[0][t]);
                acc[1][t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot_signed(w1, v)),
                                            _mm256_set1_ps(scale[4 * b + r + 1] * d), acc[1][t]);
            }
        }
        for (int t = 0; t < n; t++)
            for (size_t k = 0; k < 2; k++) {
                __m128 v = _mm_add_ps(_mm256_castps256_ps128(acc[k][t]), _mm256_extractf128_ps(acc[k][t], 1));
                v = _mm_add_ps(v, _mm_movehl_ps(v, v));
                out[4 * (size_t)t + r + k] = _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
            }
    }
}

INLINE __m256i widen(const uint8_t *p, bool is_signed)
{
    __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return is_signed ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v);
}

/* Eight of the sixteen rows, from `half` on. */
INLINE void tile256(const int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                    const int32_t *sums, int half, float *out)
{
    const int parts = moim_qparts(type), groups = 64 / parts, step = type == MOIM_Q4_K ? 2 : parts;
    const __m256i nibble = _mm256_set1_epi32(15);
    __m256 acc = _mm256_setzero_ps(), low = acc;
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER, x += 256, sums += 16) {
        const uint8_t *scale = panel + 4096 + half;
        const float *at = (const float *)(const void *)(panel + 4096 + 256);
        __m256 d = _mm256_loadu_ps(at + half), dmin = _mm256_loadu_ps(at + 16 + half),
               by = _mm256_set1_ps(dx[b]);
        for (int first = 0; first < parts; first += step) {
            __m256i s = _mm256_setzero_si256(), m = s;
            for (int j = first; j < first + step; j++) {
                __m256i raw = _mm256_setzero_si256(),
                        sc = widen(scale + j * 16, parts == 16 && type != MOIM_Q2_K), mn;
                if (type == MOIM_Q2_K) {
                    mn = _mm256_srli_epi32(sc, 4);
                    sc = _mm256_and_si256(sc, nibble);
                } else
                    mn = parts == 16 ? _mm256_slli_epi32(sc, moim_qshift(type))
                                     : widen(scale + (j + 8) * 16, false);
                for (int g = j * groups; g < (j + 1) * groups; g++)
                    raw = _mm256_add_epi32(raw,
                                           dot_unsigned(LOAD256(panel + g * 64 + half * 4), four(x + g * 4)));
                s = _mm256_add_epi32(s, _mm256_mullo_epi32(raw, sc));
                int sum = parts == 16 ? sums[j] : sums[2 * j] + sums[2 * j + 1];
                m = _mm256_add_epi32(m, _mm256_mullo_epi32(mn, _mm256_set1_epi32(sum)));
            }
            __m256 fs = _mm256_cvtepi32_ps(s), fm = _mm256_cvtepi32_ps(m);
            if (type == MOIM_Q4_K) {
                acc = _mm256_fmadd_ps(fs, _mm256_mul_ps(d, by), acc);
                low = _mm256_fmadd_ps(fm, _mm256_mul_ps(dmin, by), low);
            } else if (type == MOIM_Q5_K || type == MOIM_Q2_K)
                acc = _mm256_fmadd_ps(_mm256_fnmadd_ps(dmin, fm, _mm256_mul_ps(fs, d)), by, acc);
            else
                acc = _mm256_fmadd_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(s, m)), d), by, acc);
        }
    }
    _mm256_storeu_ps(out + half, _mm256_sub_ps(acc, low));
}

INLINE void tile_w8(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int n,
                    float *out)
{
    size_t blocks = cols / MOIM_W8_COLS;
    const __m256i bias = _mm256_set1_epi8((char)0x80);
    __m256 acc[2][2];
    for (int t = 0; t < n; t++) acc[0][t] = acc[1][t] = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++, panel += MOIM_W8_BLOCK) {
        const float *d = (const float *)(const void *)(panel + 16 * MOIM_W8_COLS);
        __m256i s[2][2];
        for (int t = 0; t < n; t++) s[0][t] = s[1][t] = _mm256_setzero_si256();
        for (int g = 0; g < MOIM_W8_COLS / 4; g++)
            for (int h = 0; h < 2; h++) {
                __m256i w = _mm256_xor_si256(LOAD256(panel + g * 64 + h * 32), bias);
                for (int t = 0; t < n; t++) {
                    __m256i v = four(x + (size_t)t * cols + b * MOIM_W8_COLS + (size_t)g * 4);
                    s[h][t] = _mm256_add_epi32(s[h][t], dot_signed(w, v));
                }
            }
        for (int t = 0; t < n; t++)
            for (int h = 0; h < 2; h++)
                acc[h][t] = _mm256_fmadd_ps(
                    _mm256_cvtepi32_ps(s[h][t]),
                    _mm256_mul_ps(_mm256_loadu_ps(d + 8 * h), _mm256_set1_ps(dx[(size_t)t * blocks + b])),
                    acc[h][t]);
    }
    for (int t = 0; t < n; t++)
        for (int h = 0; h < 2; h++) _mm256_storeu_ps(out + 16 * t + 8 * h, acc[h][t]);
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
        const int32_t *sums = a->sums + row * (cols / 4);
        bool two = n - t > 1;
        if (type == MOIM_W8)
            two ? tile_w8(panel, cols, x, dx, 2, out) : tile_w8(panel, cols, x, dx, 1, out);
        else if (step == 2)
            two ? tile32(panel, cols, x, dx, 2, out) : tile32(panel, cols, x, dx, 1, out);
        for (int half = 0; step == 1 && half < 16; half += 8) {
            switch (type) {
            case MOIM_Q4_K: tile256(MOIM_Q4_K, panel, cols, x, dx, sums, half, out); break;
            case MOIM_Q5_K: tile256(MOIM_Q5_K, panel, cols, x, dx, sums, half, out); break;
            case MOIM_Q2_K: tile256(MOIM_Q2_K, panel, cols, x, dx, sums, half, out); break;
            case MOIM_Q3_K: tile256(MOIM_Q3_K, panel, cols, x, dx, sums, half, out); break;
            default: tile256(MOIM_Q6_K, panel, cols, x, dx, sums, half, out);
            }
        }
    }
}

const struct moim_qkernels moim_qkernels_avx2 = {"avx2", quantize, unpack, tile, moim_rows_avx2};
