#include "nn/tensor.h"
#include "nn/vec.h"

#include <string.h>

/* Values and bytes of one block of each type (GGML's layouts). */
static const struct {
    uint16_t values, bytes;
} block[MOIM_DTYPE_COUNT] = {
    [MOIM_F32] = {1, 4},      [MOIM_F16] = {1, 2},    [MOIM_BF16] = {1, 2},     [MOIM_I8] = {1, 1},
    [MOIM_I32] = {1, 4},      [MOIM_I64] = {1, 8},    [MOIM_U8] = {1, 1},       [MOIM_Q8_0] = {32, 34},
    [MOIM_Q5_0] = {32, 22},   [MOIM_Q4_0] = {32, 18}, [MOIM_Q4_K] = {256, 144}, [MOIM_Q5_K] = {256, 176},
    [MOIM_Q6_K] = {256, 210},
};

size_t moim_row_bytes(enum moim_dtype t, uint64_t n)
{
    if ((unsigned)t >= MOIM_DTYPE_COUNT || n % block[t].values ||
        n / block[t].values > SIZE_MAX / block[t].bytes)
        return 0;
    return (size_t)(n / block[t].values * block[t].bytes);
}

uint64_t moim_tensor_count(const struct moim_tensor *t)
{
    uint64_t n = 1;
    for (int i = 0; i < t->rank; i++) {
        if (!t->dims[i] || n > (UINT64_MAX >> 8) / t->dims[i]) return 0;
        n *= t->dims[i];
    }
    return n;
}

static float half(const uint8_t *p)
{
    float f;
    moim_f16_to_f32(&f, p, 1);
    return f;
}

static void dequant_q8_0(const uint8_t *p, float *y)
{
    float d = half(p);
    for (int i = 0; i < 32; i++) y[i] = d * (float)(int8_t)p[2 + i];
}

static void dequant_q4_0(const uint8_t *p, float *y)
{
    float d = half(p);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((p[2 + i] & 15) - 8);
        y[i + 16] = d * (float)((p[2 + i] >> 4) - 8);
    }
}

static void dequant_q5_0(const uint8_t *p, float *y)
{
    float d = half(p);
    uint32_t high = (uint32_t)p[2] | (uint32_t)p[3] << 8 | (uint32_t)p[4] << 16 | (uint32_t)p[5] << 24;
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((int)((p[6 + i] & 15) | (high >> i & 1) << 4) - 16);
        y[i + 16] = d * (float)((int)((p[6 + i] >> 4) | (high >> (i + 16) & 1) << 4) - 16);
    }
}

/* The 6-bit scale and minimum of sub-block j, packed twelve bytes for eight pairs. */
static void scale_min(const uint8_t *q, int j, float *scale, float *min)
{
    if (j < 4) {
        *scale = (float)(q[j] & 63);
        *min = (float)(q[j + 4] & 63);
    } else {
        *scale = (float)((q[j + 4] & 15) | (q[j - 4] >> 6) << 4);
        *min = (float)((q[j + 4] >> 4) | (q[j] >> 6) << 4);
    }
}

/* Q4_K and Q5_K differ in the fifth bit, which qh holds (NULL: none). */
static void dequant_k45(const uint8_t *p, const uint8_t *qh, const uint8_t *qs, float *y)
{
    float d = half(p), dmin = half(p + 2), scale, min;
    for (int j = 0; j < 8; j++) {
        scale_min(p + 4, j, &scale, &min);
        for (int i = 0; i < 32; i++) {
            int q = j & 1 ? qs[j / 2 * 32 + i] >> 4 : qs[j / 2 * 32 + i] & 15;
            if (qh) q |= (qh[i] >> j & 1) << 4;
            y[j * 32 + i] = d * scale * (float)q - dmin * min;
        }
    }
}

static void dequant_q6_k(const uint8_t *p, float *y)
{
    float d = half(p + 208);
    const int8_t *scale = (const int8_t *)p + 192;
    for (int h = 0; h < 2; h++, y += 128)
        for (int i = 0; i < 128; i++) {
            int part = i / 32, l = i % 32; /* four groups of 32 share the bytes of the two high bits */
            uint8_t low = p[h * 64 + (part & 1) * 32 + l], high = p[128 + h * 32 + l];
            int q = ((part < 2 ? low & 15 : low >> 4) | (high >> (2 * part) & 3) << 4) - 32;
            y[i] = d * (float)scale[h * 8 + i / 16] * (float)q;
        }
}

static void dequant_block(enum moim_dtype t, const uint8_t *p, float *y)
{
    switch (t) {
    case MOIM_Q8_0: dequant_q8_0(p, y); break;
    case MOIM_Q4_0: dequant_q4_0(p, y); break;
    case MOIM_Q5_0: dequant_q5_0(p, y); break;
    case MOIM_Q4_K: dequant_k45(p, NULL, p + 16, y); break;
    case MOIM_Q5_K: dequant_k45(p, p + 16, p + 48, y); break;
    case MOIM_Q6_K: dequant_q6_k(p, y); break;
    default: break;
    }
}

static float plain_value(enum moim_dtype t, const uint8_t *p)
{
    float f;
    uint32_t bits;
    int32_t i32;
    int64_t i64;
    switch (t) {
    case MOIM_BF16:
        bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 24;
        memcpy(&f, &bits, 4);
        return f;
    case MOIM_I8: return (float)(int8_t)*p;
    case MOIM_U8: return (float)*p;
    case MOIM_I32: memcpy(&i32, p, 4); return (float)i32;
    case MOIM_I64: memcpy(&i64, p, 8); return (float)i64;
    default: return 0;
    }
}

void moim_dequantize(enum moim_dtype t, const void *src, uint64_t n, float *dst)
{
    const uint8_t *p = src;
    if (t == MOIM_F32) {
        memcpy(dst, src, (size_t)n * sizeof *dst);
    } else if (t == MOIM_F16) {
        moim_f16_to_f32(dst, src, (size_t)n);
    } else if (block[t].values > 1) {
        for (uint64_t i = 0; i < n; i += block[t].values, p += block[t].bytes) dequant_block(t, p, dst + i);
    } else {
        for (uint64_t i = 0; i < n; i++, p += block[t].bytes) dst[i] = plain_value(t, p);
    }
}
