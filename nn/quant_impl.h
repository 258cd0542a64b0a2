/* Bodies of nn/quant.h's functions in plain C, included once for each instruction set: the compiler
 * vectorises the unpacking for it. Each includer defines QUANT_NAME and, if it has a better one, its own
 * dot4. */
#include "nn/quant.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
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

/* The 6-bit scales and minima of a K super-block's eight sub-blocks. */
static inline void quant_scales(const uint8_t *p, float d, float dmin, float *s, float *c)
{
    for (int j = 0; j < 8; j++) {
        int scale = j < 4 ? p[j] & 63 : (p[j + 4] & 15) | (p[j - 4] >> 6) << 4;
        int min = j < 4 ? p[j + 4] & 63 : p[j + 4] >> 4 | (p[j] >> 6) << 4;
        s[2 * j] = s[2 * j + 1] = d * (float)scale;
        c[2 * j] = c[2 * j + 1] = dmin * (float)min;
    }
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

static inline void bytes_32(enum moim_dtype t, const uint8_t *p, uint8_t *q)
{
    if (t == MOIM_Q8_0) {
        STORE256(q, _mm256_xor_si256(LOAD256(p + 2), _mm256_set1_epi8((char)0x80)));
        return;
    }
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(t == MOIM_Q5_0 ? p + 6 : p + 2));
    __m256i both = low_nibbles(_mm256_set_m128i(_mm_srli_epi16(v, 4), v));
    if (t == MOIM_Q5_0) {
        uint32_t bits;
        memcpy(&bits, p + 2, 4);
        const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
                                                2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
        __m256i h = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), spread);
        both = _mm256_or_si256(both, fifth_bit(h, _mm256_set1_epi64x((long long)0x8040201008040201ull)));
    }
    STORE256(q, both);
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

static inline void bytes_32(enum moim_dtype t, const uint8_t *p, uint8_t *q)
{
    const uint8_t *qs = t == MOIM_Q5_0 ? p + 6 : p + 2;
    for (int i = 0; i < 32; i++) {
        if (t == MOIM_Q8_0)
            q[i] = p[2 + i] ^ 0x80;
        else
            q[i] = (uint8_t)((i < 16 ? qs[i] & 15 : qs[i - 16] >> 4) |
                             (t == MOIM_Q5_0 ? (p[2 + i / 8] >> i % 8 & 1) << 4 : 0));
    }
}
#endif

static inline void unpack_q6_k(const uint8_t *p, uint8_t *q, float *s, float *c)
{
    float d = quant_half(p + 208);
    const int8_t *scale = (const int8_t *)p + 192;
    for (int i = 0; i < 16; i++) {
        s[i] = d * (float)scale[i];
        c[i] = 32 * s[i];
    }
    bytes_q6(p, p + 128, q);
    bytes_q6(p + 64, p + 160, q + 128);
}

static inline void unpack_32(enum moim_dtype t, const uint8_t *p, uint8_t *q, float *s, float *c)
{
    float d = quant_half(p), offset = t == MOIM_Q8_0 ? 128 : t == MOIM_Q5_0 ? 16 : 8;
    s[0] = s[1] = d;
    c[0] = c[1] = d * offset;
    bytes_32(t, p, q);
}

static void unpack(enum moim_dtype t, const uint8_t *src, int cols, uint8_t *q, float *s, float *c)
{
    int cols64 = (cols + 63) & ~63;
    if (t == MOIM_Q4_K || t == MOIM_Q5_K || t == MOIM_Q6_K) {
        for (int i = 0; i < cols; i += 256, q += 256, s += 16, c += 16) {
            if (t == MOIM_Q6_K) {
                unpack_q6_k(src, q, s, c);
                src += 210;
                continue;
            }
            quant_scales(src + 4, quant_half(src), quant_half(src + 2), s, c);
            bytes_k45(t == MOIM_Q5_K ? src + 16 : NULL, t == MOIM_Q5_K ? src + 48 : src + 16, q);
            src += t == MOIM_Q5_K ? 176 : 144;
        }
        return;
    }
    size_t bytes = t == MOIM_Q8_0 ? 34 : t == MOIM_Q5_0 ? 22 : 18;
    for (int i = 0; i < cols; i += 32, src += bytes, q += 32, s += 2, c += 2) unpack_32(t, src, q, s, c);
    if (cols64 > cols) {
        memset(q, 0, 32);
        s[0] = s[1] = c[0] = c[1] = 0;
    }
}

/* One scale for `group` columns (32, or 256 against K-quants): llama.cpp groups so too, and equal rounding is
 * what makes two engines agree on a token. Against blocks of 32 it keeps the scale in half precision. Columns
 * beyond cols are zero. */
static void quantize(const float *a, int cols, int group, int8_t *x, float *scale, float *sum)
{
    int cols64 = (cols + 63) & ~63;
    for (int b = 0; b < cols64; b += group) {
        int live = cols - b < group ? cols - b : group, padded = cols64 - b < group ? cols64 - b : group;
        float most = 0;
        for (int i = 0; i < live; i++) {
            float v = fabsf(a[b + i]);
            most = v > most ? v : most;
        }
        float d = most / 127, inverse = most > 0 ? 1 / d : 0;
        if (group == 32) {
            uint16_t half;
            moim_f32_to_f16(&half, &d, 1);
            d = quant_half((const uint8_t *)&half);
        }
        for (int i = 0; i < live; i++) {
            float r = a[b + i] * inverse;
            int k = r > -127.5f && r < 127.5f ? (int)(r + (r < 0 ? -0.5f : 0.5f)) : 0; /* NaN, infinity: 0 */
            x[b + i] = (int8_t)k;
        }
        for (int i = live > 0 ? live : 0; i < padded; i++) x[b + i] = 0;
        for (int i = 0; i < padded; i += 16) {
            int total = 0;
            for (int k = 0; k < 16; k++) total += x[b + i + k];
            scale[(b + i) / 16] = d;
            sum[(b + i) / 16] = d * (float)total;
        }
    }
}
