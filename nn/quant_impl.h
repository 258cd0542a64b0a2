/* Unpacking and quantizing in plain C, included once for each instruction set: the compiler vectorises it for
 * that set. QUANT_BIASED: codes of blocks of 32 stay unsigned (VNNI wants them so); else they are signed. */
#include "nn/quant.h"
#include "nn/vec.h"

#include <math.h>
#include <string.h>

static inline float quant_half(const uint8_t *p)
{
    uint16_t bits = (uint16_t)(p[0] | p[1] << 8);
#ifdef __F16C__
    return _cvtsh_ss(bits);
#else
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, e = bits >> 10 & 31, m = bits & 1023, out;
    if (!e) return (bits & 0x8000 ? -1.f : 1.f) * (float)m * 0x1p-24f;
    out = e == 31 ? sign | 0x7f800000 | m << 13 : sign | (e + 112) << 23 | m << 13;
    float f;
    memcpy(&f, &out, 4);
    return f;
#endif
}

/* The 6-bit scales and minima of a K super-block, 12 bytes, to 16. */
static inline void quant_scales(const uint8_t *p, uint8_t *out)
{
    uint32_t w[3], y[4];
    memcpy(w, p, 12);
    y[0] = w[0] & 0x3f3f3f3f;
    y[1] = (w[2] & 0x0f0f0f0f) | (w[0] >> 6 & 0x03030303) << 4;
    y[2] = w[1] & 0x3f3f3f3f;
    y[3] = (w[2] >> 4 & 0x0f0f0f0f) | (w[1] >> 6 & 0x03030303) << 4;
    memcpy(out, y, 16);
}

#ifdef __AVX2__
#define LOAD256(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE256(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)

static inline __m256i low_nibbles(__m256i v)
{
    return _mm256_and_si256(v, _mm256_set1_epi8(15));
}
static inline __m256i high_nibbles(__m256i v)
{
    return low_nibbles(_mm256_srli_epi16(v, 4));
}
/* 16 in every byte of v that has a bit of mask set. */
static inline __m256i fifth_bit(__m256i v, __m256i mask)
{
    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(v, mask), mask), _mm256_set1_epi8(16));
}

static inline void bytes_k45(const uint8_t *high, const uint8_t *qs, uint8_t *q)
{
    __m256i h = high ? LOAD256(high) : _mm256_setzero_si256();
    for (int j = 0; j < 4; j++, qs += 32, q += 64) {
        __m256i v = LOAD256(qs), low = low_nibbles(v), up = high_nibbles(v);
        if (high) {
            low = _mm256_or_si256(low, fifth_bit(h, _mm256_set1_epi8((char)(1 << (2 * j)))));
            up = _mm256_or_si256(up, fifth_bit(h, _mm256_set1_epi8((char)(2 << (2 * j)))));
        }
        STORE256(q, low);
        STORE256(q + 32, up);
    }
}

static inline void bytes_q6(const uint8_t *low, const uint8_t *high, uint8_t *q)
{
    __m256i a = LOAD256(low), b = LOAD256(low + 32), h = LOAD256(high), two = _mm256_set1_epi8(0x30);
    STORE256(q, _mm256_or_si256(low_nibbles(a), _mm256_and_si256(_mm256_slli_epi16(h, 4), two)));
    STORE256(q + 32, _mm256_or_si256(low_nibbles(b), _mm256_and_si256(_mm256_slli_epi16(h, 2), two)));
    STORE256(q + 64, _mm256_or_si256(high_nibbles(a), _mm256_and_si256(h, two)));
    STORE256(q + 96, _mm256_or_si256(high_nibbles(b), _mm256_and_si256(_mm256_srli_epi16(h, 2), two)));
}

/* 32 codes of nibbles, with a fifth bit each, less `less`; or looked up in a table. */
static inline void nibbles_32(const uint8_t *nibbles, const uint8_t *fifth, int less, const int8_t *table,
                              uint8_t *q)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)nibbles);
    __m256i both = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(v, 4), v));
    if (fifth) {
        uint32_t bits;
        memcpy(&bits, fifth, 4);
        const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
                                                2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
        __m256i h = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), spread);
        both = _mm256_or_si256(both, fifth_bit(h, _mm256_set1_epi64x((long long)0x8040201008040201ull)));
    }
    if (table)
        both = _mm256_shuffle_epi8(
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table)), both);
    STORE256(q, _mm256_sub_epi8(both, _mm256_set1_epi8((char)less)));
}
#else
static inline void bytes_k45(const uint8_t *high, const uint8_t *qs, uint8_t *q)
{
    for (int j = 0; j < 4; j++, qs += 32, q += 64)
        for (int i = 0; i < 32; i++) {
            q[i] = (uint8_t)((qs[i] & 15) | (high ? (high[i] >> (2 * j) & 1) << 4 : 0));
            q[i + 32] = (uint8_t)(qs[i] >> 4 | (high ? (high[i] >> (2 * j + 1) & 1) << 4 : 0));
        }
}

static inline void bytes_q6(const uint8_t *low, const uint8_t *high, uint8_t *q)
{
    for (int i = 0; i < 32; i++) {
        q[i] = (uint8_t)((low[i] & 15) | (high[i] & 3) << 4);
        q[i + 32] = (uint8_t)((low[i + 32] & 15) | (high[i] >> 2 & 3) << 4);
        q[i + 64] = (uint8_t)(low[i] >> 4 | (high[i] >> 4 & 3) << 4);
        q[i + 96] = (uint8_t)(low[i + 32] >> 4 | (high[i] >> 6) << 4);
    }
}

static inline void nibbles_32(const uint8_t *nibbles, const uint8_t *fifth, int less, const int8_t *table,
                              uint8_t *q)
{
    uint32_t bits = 0;
    if (fifth) memcpy(&bits, fifth, 4);
    for (int i = 0; i < 32; i++) {
        int v = i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
        q[i] = (uint8_t)((table ? table[v] : v | (int)(bits >> i & 1) << 4) - less);
    }
}
#endif

/* Signed codes of block b of a row; its scale, and its minimum where the type has one. */
static inline float bytes_32(int type, const uint8_t *row, size_t b, uint8_t *q, float *minimum)
{
    switch (type) {
    case MOIM_Q8_0:
        row += b * 34;
        memcpy(q, row + 2, 32);
        break;
    case MOIM_Q4_0:
        row += b * 18;
        nibbles_32(row + 2, NULL, 8, NULL, q);
        break;
    case MOIM_Q5_0:
        row += b * 22;
        nibbles_32(row + 6, row + 2, 16, NULL, q);
        break;
    case MOIM_IQ4_NL:
        row += b * 18;
        nibbles_32(row + 2, NULL, 0, moim_iq4_values, q);
        break;
    case MOIM_MXFP4:
        row += b * 17;
        nibbles_32(row + 1, NULL, 0, moim_mxfp4_values, q);
        return moim_mxfp4_scale(*row);
    case MOIM_IQ4_XS:
        row += b / 8 * 136;
        nibbles_32(row + 8 + b % 8 * 16, NULL, 0, moim_iq4_values, q);
        return quant_half(row) * (float)moim_iq4_xs_scale(row, (int)(b % 8));
    default: /* Q4_1, Q5_1 */
        row += b * (type == MOIM_Q4_1 ? 20 : 24);
        nibbles_32(row + (type == MOIM_Q4_1 ? 4 : 8), type == MOIM_Q4_1 ? NULL : row + 4, 0, NULL, q);
        *minimum = quant_half(row + 2);
    }
    return quant_half(row);
}

static inline void unpack_type(const int type, const uint8_t *rows, size_t row_bytes, int live, int cols,
                               uint8_t *panel)
{
    size_t blocks = (size_t)cols / 32;
    float *scale = (float *)(void *)(panel + blocks * 128), *minimum = scale + 4 * blocks, none;
    for (size_t r = 0; r < 4; r++) {
        const uint8_t *row = rows + ((int)r < live ? r : (size_t)live - 1) * row_bytes;
        uint8_t *q = panel + r / 2 * blocks * 64 + r % 2 * 32;
        for (size_t b = 0; b < blocks; b++, q += 64) {
            scale[4 * b + r] =
                bytes_32(type, row, b, q, moim_qhas_minima(type) ? &minimum[4 * b + r] : &none);
#ifdef QUANT_BIASED
            STORE256(q, _mm256_xor_si256(LOAD256(q), _mm256_set1_epi8((char)0x80)));
#endif
        }
    }
}

static void unpack_4(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel)
{
    switch (type) {
    case MOIM_Q8_0: unpack_type(MOIM_Q8_0, rows, row_bytes, live, cols, panel); break;
    case MOIM_Q5_0: unpack_type(MOIM_Q5_0, rows, row_bytes, live, cols, panel); break;
    case MOIM_Q4_0: unpack_type(MOIM_Q4_0, rows, row_bytes, live, cols, panel); break;
    case MOIM_Q4_1: unpack_type(MOIM_Q4_1, rows, row_bytes, live, cols, panel); break;
    case MOIM_Q5_1: unpack_type(MOIM_Q5_1, rows, row_bytes, live, cols, panel); break;
    case MOIM_IQ4_NL: unpack_type(MOIM_IQ4_NL, rows, row_bytes, live, cols, panel); break;
    case MOIM_MXFP4: unpack_type(MOIM_MXFP4, rows, row_bytes, live, cols, panel); break;
    default: unpack_type(MOIM_IQ4_XS, rows, row_bytes, live, cols, panel);
    }
}

#ifndef QUANT_TRANSPOSE
/* [16][256] to [64][16][4], and the scales' [16][16] to its transpose. */
static inline void quant_transpose(const uint8_t *in, uint8_t *out)
{
    for (int g = 0; g < 64; g++)
        for (int r = 0; r < 16; r++) memcpy(out + g * 64 + r * 4, in + r * 256 + g * 4, 4);
}
static inline void quant_transpose_scales(const uint8_t *in, uint8_t *out)
{
    for (int j = 0; j < 16; j++)
        for (int r = 0; r < 16; r++) out[j * 16 + r] = in[r * 16 + j];
}
#endif

/* Q2_K's codes and, with a third bit, Q3_K's. */
static inline void bytes_q23(const uint8_t *third, const uint8_t *qs, uint8_t *q)
{
    for (int h = 0; h < 2; h++, qs += 32)
        for (int j = 0; j < 4; j++, q += 32)
            for (int i = 0; i < 32; i++)
                q[i] = (uint8_t)((qs[i] >> (2 * j) & 3) | (third ? (third[i] >> (4 * h + j) & 1) << 2 : 0));
}

/* One super-block of a row. */
static inline void bytes_256(int type, const uint8_t *p, uint8_t *q, uint8_t *scales, float *d, float *dmin)
{
    *dmin = 0;
    switch (type) {
    case MOIM_Q6_K:
        bytes_q6(p, p + 128, q);
        bytes_q6(p + 64, p + 160, q + 128);
        memcpy(scales, p + 192, 16);
        *d = quant_half(p + 208);
        break;
    case MOIM_Q3_K:
        bytes_q23(p, p + 32, q);
        moim_q3_k_scales(p, (int8_t *)scales);
        *d = quant_half(p + 108);
        break;
    case MOIM_Q2_K:
        bytes_q23(NULL, p + 16, q);
        memcpy(scales, p, 16);
        *d = quant_half(p + 80);
        *dmin = quant_half(p + 82);
        break;
    default:
        bytes_k45(type == MOIM_Q5_K ? p + 16 : NULL, type == MOIM_Q5_K ? p + 48 : p + 16, q);
        quant_scales(p + 4, scales);
        *d = quant_half(p);
        *dmin = quant_half(p + 2);
    }
}

static void unpack_16(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel)
{
    uint8_t codes[16 * 256], scales[16 * 16];
    size_t bytes = moim_block_bytes((enum moim_dtype)type);
    for (int b = 0; b < cols / 256; b++, panel += MOIM_SUPER) {
        float *d = (float *)(void *)(panel + 4096 + 256), *dmin = d + 16;
        for (int r = 0; r < 16; r++) {
            const uint8_t *p = rows + (size_t)(r < live ? r : live - 1) * row_bytes + (size_t)b * bytes;
            bytes_256(type, p, codes + r * 256, scales + r * 16, d + r, dmin + r);
        }
        quant_transpose(codes, panel);
        quant_transpose_scales(scales, panel + 4096);
    }
}

static inline void unpack(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel)
{
    if (type >= MOIM_Q4_K)
        unpack_16(type, rows, row_bytes, live, cols, panel);
    else
        unpack_4(type, rows, row_bytes, live, cols, panel);
}

/* One block of n <= 256 values, the rest up to whole fours being zeros: rounds to nearest, ties to even.
 * What is no number becomes some code, and its scale no number. */
static inline float quantize_block(const float *x, int n, int8_t *q, bool by_scale)
{
    float most = 0;
    for (int i = 0; i < n; i++) {
        float v = fabsf(x[i]);
        most = v > most ? v : most;
    }
    float inverse = most > 0 ? 127.f / most : 0, d = by_scale ? most / 127.f : most > 0 ? 1 / inverse : 0;
    for (int i = 0; i < n; i++) {
        float v = x[i] * inverse;
        v = v > 127 ? 127 : v;
        v = v >= -127 ? v : -127; /* NaN too */
        v = (v + 12582912.f) - 12582912.f;
        q[i] = (int8_t)(int32_t)v;
    }
    return d;
}

static inline void quantize(int type, const float *x, int cols, int8_t *q, float *d, int32_t *sums)
{
    int block = moim_qblock(type);
    size_t padded = moim_qcols(type, cols);
    if (padded > (size_t)cols) memset(q + cols, 0, padded - (size_t)cols);
    for (size_t at = 0; type == MOIM_IQ4_XS && at < padded; at += 256) {
        float s = quantize_block(x + at, 256, q + at, false);
        for (int i = 0; i < 8; i++) d[at / 32 + (size_t)i] = s;
    }
    for (size_t at = type == MOIM_IQ4_XS ? padded : 0; at < padded; at += (size_t)block) {
        size_t live = (size_t)cols - at < (size_t)block ? (size_t)cols - at : (size_t)block;
        float s = quantize_block(x + at, (int)live, q + at, block == 32);
        if (block == 32) {
            uint16_t half;
            moim_f32_to_f16(&half, &s, 1);
            s = quant_half((const uint8_t *)&half);
        }
        d[at / (size_t)block] = s;
    }
    if (block == 32) {
        for (size_t i = 0; i < padded / 4; i++)
            sums[i] = -128 * (q[4 * i] + q[4 * i + 1] + q[4 * i + 2] + q[4 * i + 3]);
        return;
    }
    size_t step = block == 256 ? 16 : MOIM_W8_COLS;
    for (size_t i = 0; i < padded / step; i++) {
        int32_t total = 0;
        for (size_t k = 0; k < step; k++) total += q[i * step + k];
        sums[i] = block == 256 ? total : -128 * total;
    }
}
