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
INLINE __m256i four(const int8_t *x)
{
    int32_t v;
    memcpy(&v, x, 4);
    return _mm256_set1_epi32(v);
}

INLINE void times_row(const int r, __m256i w, __m256i x, __m256 by, __m256 *acc)
{
    *acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot_signed(w, x)), _mm256_permute_ps(by, r * 0x55), *acc);
}

INLINE void tile32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, const int n,
                   float *out)
{
    size_t blocks = cols / 32;
    const uint8_t *lower = panel + blocks * 64; /* rows 2 and 3 */
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    __m256 acc[2][4];
    for (int t = 0; t < n; t++)
        for (int r = 0; r < 4; r++) acc[t][r] = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++, panel += 64, lower += 64, scale += 4) {
        __m256 of_rows = _mm256_broadcast_ps((const __m128 *)(const void *)scale), by[2];
        __m256i v[2];
        for (int t = 0; t < n; t++) {
            v[t] = LOAD256(x + (size_t)t * cols + b * 32);
            by[t] = _mm256_mul_ps(of_rows, _mm256_set1_ps(dx[(size_t)t * blocks + b]));
        }
        for (int t = 0; t < n; t++) times_row(0, LOAD256(panel), v[t], by[t], &acc[t][0]);
        for (int t = 0; t < n; t++) times_row(1, LOAD256(panel + 32), v[t], by[t], &acc[t][1]);
        for (int t = 0; t < n; t++) times_row(2, LOAD256(lower), v[t], by[t], &acc[t][2]);
        for (int t = 0; t < n; t++) times_row(3, LOAD256(lower + 32), v[t], by[t], &acc[t][3]);
    }
    for (int t = 0; t < n; t++)
        for (int r = 0; r < 4; r++) {
            __m128 s = _mm_add_ps(_mm256_castps256_ps128(acc[t][r]), _mm256_extractf128_ps(acc[t][r], 1));
            s = _mm_add_ps(s, _mm_movehl_ps(s, s));
            out[4 * t + r] = _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
        }
}

/* Bytes of eight rows as 16-bit words, each twice. */
INLINE __m256i twice(const uint8_t *p, bool is_signed)
{
    __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p);
    __m256i w = is_signed ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v);
    return _mm256_blend_epi16(w, _mm256_slli_epi32(w, 16), 0xaa);
}

/* Of eight rows the minima of parts j and j + 1 side by side. */
INLINE __m256i minima_of(const int type, const uint8_t *scale, int j)
{
    const __m256i nibble = _mm256_set1_epi16(15);
    bool all = moim_qparts(type) == 16;
    __m256i a = twice(scale + (all ? j : j + 8) * 16, all && type != MOIM_Q2_K),
            b = twice(scale + (all ? j + 1 : j + 9) * 16, all && type != MOIM_Q2_K);
    __m256i v = _mm256_blend_epi16(a, b, 0xaa);
    if (type == MOIM_Q2_K) return _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
    return all ? _mm256_slli_epi16(v, moim_qshift(type)) : v;
}

/* Sums of a super-block's parts, each within 16 bits. */
INLINE void part_sums(const int type, const int32_t *sums, int16_t *out)
{
    __m256i a = LOAD256(sums), b = LOAD256(sums + 8);
    if (moim_qparts(type) == 8) a = _mm256_hadd_epi32(a, b);
    /* the halves of 128 bits do not cross: 0 1 4 5 2 3 6 7 */
    if (moim_qparts(type) == 8) a = _mm256_permute4x64_epi64(a, 0xd8), b = a;
    a = _mm256_packs_epi32(a, b);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permute4x64_epi64(a, 0xd8));
}

#define TILE256 4

/* n activations against eight of the sixteen rows, from `half` on. Products of two are added in 16 bits as long as no code
 * can overflow them, and meet the part's scale there. */
INLINE void tile256(const int type, const int n, const uint8_t *panel, size_t cols, const int8_t *x,
                    const float *dx, const int32_t *sums, int half, float *out)
{
    const int parts = moim_qparts(type), groups = 64 / parts, step = type == MOIM_Q4_K ? 2 : parts;
    const int safe = type == MOIM_Q6_K ? 2 : type == MOIM_Q5_K || parts == 16 ? 4 : 8;
    __m256 acc[TILE256], low[TILE256];
    for (int t = 0; t < n; t++) acc[t] = low[t] = _mm256_setzero_ps();
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER) {
        const uint8_t *scale = panel + 4096 + half;
        const float *at = (const float *)(const void *)(panel + 4096 + 256);
        __m256 d = _mm256_loadu_ps(at + half), dmin = _mm256_loadu_ps(at + 16 + half);
        int16_t by_part[TILE256][16];
        for (int t = 0; t < n; t++) part_sums(type, sums + (size_t)t * (cols / 4) + b * 16, by_part[t]);
        for (int first = 0; first < parts; first += step) {
            __m256i s[TILE256], m[TILE256];
            for (int t = 0; t < n; t++) s[t] = m[t] = _mm256_setzero_si256();
            for (int j = first; j < first + step; j++) {
                __m256i by = twice(scale + j * 16, parts == 16 && type != MOIM_Q2_K);
                if (type == MOIM_Q2_K) by = _mm256_and_si256(by, _mm256_set1_epi16(15));
                for (int g = j * groups; g < (j + 1) * groups; g += safe) {
                    __m256i sum[TILE256];
                    for (int t = 0; t < n; t++) sum[t] = _mm256_setzero_si256();
                    for (int k = g; k < g + safe; k++) {
                        __m256i w = LOAD256(panel + k * 64 + half * 4);
                        for (int t = 0; t < n; t++)
                            sum[t] = _mm256_add_epi16(
                                sum[t],
                                _mm256_maddubs_epi16(w, four(x + (size_t)t * cols + b * 256 + k * 4)));
                    }
                    for (int t = 0; t < n; t++) s[t] = _mm256_add_epi32(s[t], _mm256_madd_epi16(sum[t], by));
                }
            }
            for (int j = first; j < first + step; j += 2) {
                __m256i less = minima_of(type, scale, j);
                for (int t = 0; t < n; t++)
                    m[t] =
                        _mm256_add_epi32(m[t], _mm256_madd_epi16(less, four((const int8_t *)&by_part[t][j])));
            }
            for (int t = 0; t < n; t++) {
                __m256 by = _mm256_set1_ps(dx[(size_t)t * (cols / 256) + b]);
                __m256 fs = _mm256_cvtepi32_ps(s[t]), fm = _mm256_cvtepi32_ps(m[t]);
                if (type == MOIM_Q4_K) {
                    acc[t] = _mm256_fmadd_ps(fs, _mm256_mul_ps(d, by), acc[t]);
                    low[t] = _mm256_fmadd_ps(fm, _mm256_mul_ps(dmin, by), low[t]);
                } else if (type == MOIM_Q5_K || type == MOIM_Q2_K)
                    acc[t] = _mm256_fmadd_ps(_mm256_fnmadd_ps(dmin, fm, _mm256_mul_ps(fs, d)), by, acc[t]);
                else
                    acc[t] = _mm256_fmadd_ps(
                        _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(s[t], m[t])), d), by, acc[t]);
            }
        }
    }
    for (int t = 0; t < n; t++) _mm256_storeu_ps(out + 16 * t + half, _mm256_sub_ps(acc[t], low[t]));
}

INLINE void tiles256(const int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                     const int32_t *sums, int n, float *out)
{
    for (int half = 0; half < 16; half += 8) switch (n) {
        case 1: tile256(type, 1, panel, cols, x, dx, sums, half, out); break;
        case 2: tile256(type, 2, panel, cols, x, dx, sums, half, out); break;
        case 3: tile256(type, 3, panel, cols, x, dx, sums, half, out); break;
        default: tile256(type, 4, panel, cols, x, dx, sums, half, out);
        }
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
    int step = moim_qrows(type) == 4 || type == MOIM_W8 ? 2 : TILE256;
    for (int t = 0; t < n; t += step, out += step * moim_qrows(type)) {
        size_t row = (size_t)(first + t);
        const int8_t *x = a->q + row * cols;
        const float *dx = a->d + row * blocks;
        const int32_t *sums = a->sums + row * (cols / 4);
        int live = n - t < step ? n - t : step;
        if (type == MOIM_W8)
            live > 1 ? tile_w8(panel, cols, x, dx, 2, out) : tile_w8(panel, cols, x, dx, 1, out);
        else if (step == 2)
            live > 1 ? tile32(panel, cols, x, dx, 2, out) : tile32(panel, cols, x, dx, 1, out);
        else
            switch (type) {
            case MOIM_Q4_K: tiles256(MOIM_Q4_K, panel, cols, x, dx, sums, live, out); break;
            case MOIM_Q5_K: tiles256(MOIM_Q5_K, panel, cols, x, dx, sums, live, out); break;
            case MOIM_Q2_K: tiles256(MOIM_Q2_K, panel, cols, x, dx, sums, live, out); break;
            case MOIM_Q3_K: tiles256(MOIM_Q3_K, panel, cols, x, dx, sums, live, out); break;
            default: tiles256(MOIM_Q6_K, panel, cols, x, dx, sums, live, out);
            }
    }
}

const struct moim_qkernels moim_qkernels_avx2 = {"avx2", quantize, unpack, tile, moim_rows_avx2};
