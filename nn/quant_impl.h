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

/* 32 signed codes of a block. */
static inline void bytes_32(int type, const uint8_t *p, uint8_t *q)
{
    if (type == MOIM_Q8_0) {
        STORE256(q, LOAD256(p + 2));
        return;
    }
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(type == MOIM_Q5_0 ? p + 6 : p + 2));
    __m256i both = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(v, 4), v));
    if (type == MOIM_Q5_0) {
        uint32_t bits;
        memcpy(&bits, p + 2, 4);
        const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
                                                2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
        __m256i h = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), spread);
        both = _mm256_or_si256(both, fifth_bit(h, _mm256_set1_epi64x((long long)0x8040201008040201ull)));
    }
    STORE256(q, _mm256_sub_epi8(both, _mm256_set1_epi8(type == MOIM_Q5_0 ? 16 : 8)));
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

static inline void bytes_32(int type, const uint8_t *p, uint8_t *q)
{
    const uint8_t *qs = type == MOIM_Q5_0 ? p + 6 : p + 2;
    for (int i = 0; i < 32; i++) {
        if (type == MOIM_Q8_0)
            q[i] = p[2 + i];
        else if (type == MOIM_Q5_0)
            q[i] =
                (uint8_t)(((i < 16 ? qs[i] & 15 : qs[i - 16] >> 4) | (p[2 + i / 8] >> i % 8 & 1) << 4) - 16);
        else
            q[i] = (uint8_t)((i < 16 ? qs[i] & 15 : qs[i - 16] >> 4) - 8);
    }
}
#endif

static void unpack_4(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel)
{
    size_t blocks = (size_t)cols / 32, bytes = type == MOIM_Q8_0 ? 34 : type == MOIM_Q5_0 ? 22 : 18;
    float *scale = (float *)(void *)(panel + blocks * 128);
    for (int r = 0; r < 4; r++) {
        const uint8_t *p = rows + (size_t)(r < live ? r : live - 1) * row_bytes;
        uint8_t *q = panel + (size_t)(r / 2) * blocks * 64 + (size_t)(r % 2) * 32;
        for (size_t b = 0; b < blocks; b++, p += bytes, q += 64) {
            bytes_32(type, p, q);
#ifdef QUANT_BIASED
            STORE256(q, _mm256_xor_si256(LOAD256(q), _mm256_set1_epi8((char)0x80)));
#endif
            scale[4 * b + (size_t)r] = quant_half(p);
        }
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

static void unpack_16(int type, const uint8_t *rows, size_t row_bytes, int live, int cols, uint8_t *panel)
{
    uint8_t codes[16 * 256], scales[16 * 16];
    size_t bytes = type == MOIM_Q4_K ? 144 : type == MOIM_Q5_K ? 176 : 210;
    for (int b = 0; b < cols / 256; b++, panel += MOIM_SUPER) {
        float *d = (float *)(void *)(panel + 4096 + 256), *dmin = d + 16;
        for (int r = 0; r < 16; r++) {
            const uint8_t *p = rows + (size_t)(r < live ? r : live - 1) * row_bytes + (size_t)b * bytes;
            uint8_t *q = codes + r * 256;
            if (type == MOIM_Q6_K) {
                bytes_q6(p, p + 128, q);
                bytes_q6(p + 64, p + 160, q + 128);
                memcpy(scales + r * 16, p + 192, 16);
                d[r] = quant_half(p + 208);
                dmin[r] = 0;
            } else {
                bytes_k45(type == MOIM_Q5_K ? p + 16 : NULL, type == MOIM_Q5_K ? p + 48 : p + 16, q);
                quant_scales(p + 4, scales + r * 16);
                d[r] = quant_half(p);
                dmin[r] = quant_half(p + 2);
            }
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
    for (size_t at = 0; at < padded; at += (size_t)block) {
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
