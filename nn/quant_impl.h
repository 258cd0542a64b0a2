/* Bodies of nn/quant.h's functions in plain C, included once for each instruction set: the compiler
 * vectorises the unpacking for it. Each includer defines QUANT_NAME and, if it has a better one, its own
 * dot4. */
#include "nn/quant.h"

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

static inline void unpack_k45(const uint8_t *p, const uint8_t *high, const uint8_t *qs, uint8_t *q, float *s,
                              float *c)
{
    quant_scales(p + 4, quant_half(p), quant_half(p + 2), s, c);
    for (int j = 0; j < 4; j++, qs += 32, q += 64)
        for (int i = 0; i < 32; i++) {
            q[i] = qs[i] & 15;
            q[i + 32] = qs[i] >> 4;
            if (!high) continue;
            q[i] |= (uint8_t)((high[i] >> (2 * j) & 1) << 4);
            q[i + 32] |= (uint8_t)((high[i] >> (2 * j + 1) & 1) << 4);
        }
}

static inline void unpack_q6_k(const uint8_t *p, uint8_t *q, float *s, float *c)
{
    float d = quant_half(p + 208);
    const int8_t *scale = (const int8_t *)p + 192;
    for (int i = 0; i < 16; i++) {
        s[i] = d * (float)scale[i];
        c[i] = 32 * s[i];
    }
    for (int h = 0; h < 2; h++, q += 128) {
        const uint8_t *low = p + h * 64, *high = p + 128 + h * 32;
        for (int i = 0; i < 32; i++) {
            q[i] = (uint8_t)((low[i] & 15) | (high[i] & 3) << 4);
            q[i + 32] = (uint8_t)((low[i + 32] & 15) | (high[i] >> 2 & 3) << 4);
            q[i + 64] = (uint8_t)(low[i] >> 4 | (high[i] >> 4 & 3) << 4);
            q[i + 96] = (uint8_t)(low[i + 32] >> 4 | (high[i] >> 6) << 4);
        }
    }
}

static inline void unpack_32(enum moim_dtype t, const uint8_t *p, uint8_t *q, float *s, float *c)
{
    float d = quant_half(p), offset = t == MOIM_Q8_0 ? 128 : t == MOIM_Q5_0 ? 16 : 8;
    s[0] = s[1] = d;
    c[0] = c[1] = d * offset;
    if (t == MOIM_Q8_0) {
        for (int i = 0; i < 32; i++) q[i] = p[2 + i] ^ 0x80;
        return;
    }
    const uint8_t *qs = t == MOIM_Q5_0 ? p + 6 : p + 2;
    for (int i = 0; i < 16; i++) {
        q[i] = qs[i] & 15;
        q[i + 16] = qs[i] >> 4;
    }
    if (t != MOIM_Q5_0) return;
    static const uint8_t bit[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    for (int i = 0; i < 32; i++) q[i] |= p[2 + i / 8] & bit[i % 8] ? 16 : 0;
}

static void unpack(enum moim_dtype t, const uint8_t *src, int cols, uint8_t *q, float *s, float *c)
{
    int cols64 = (cols + 63) & ~63;
    if (t == MOIM_Q4_K || t == MOIM_Q5_K || t == MOIM_Q6_K) {
        for (int i = 0; i < cols; i += 256, q += 256, s += 16, c += 16) {
            if (t == MOIM_Q4_K)
                unpack_k45(src, NULL, src + 16, q, s, c), src += 144;
            else if (t == MOIM_Q5_K)
                unpack_k45(src, src + 16, src + 48, q, s, c), src += 176;
            else
                unpack_q6_k(src, q, s, c), src += 210;
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

/* Scale by the largest of 32, so that an outlier coarsens its neighbours only. Columns beyond cols count as
 * zeros. */
static void quantize(const float *a, int cols, int8_t *x, float *scale, float *sum)
{
    int cols64 = (cols + 63) & ~63;
    for (int b = 0; b < cols64; b += 32, x += 32, scale += 2, sum += 2) {
        float v[32] = {0}, most = 0;
        int n = cols - b < 32 ? cols - b : 32;
        if (n > 0) memcpy(v, a + b, (size_t)n * sizeof *v);
        for (int i = 0; i < 32; i++) most = fabsf(v[i]) > most ? fabsf(v[i]) : most;
        float d = most / 127, inverse = most > 0 ? 127 / most : 0;
        int total[2] = {0, 0};
        for (int i = 0; i < 32; i++) {
            float r = v[i] * inverse;
            int k = r > -127.5f && r < 127.5f ? (int)(r + (r < 0 ? -0.5f : 0.5f)) : 0; /* NaN, infinity: 0 */
            x[i] = (int8_t)k;
            total[i / 16] += k;
        }
        for (int i = 0; i < 2; i++) {
            scale[i] = d;
            sum[i] = d * (float)total[i];
        }
    }
}
