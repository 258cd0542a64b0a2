#include "nn/tensor.h"
#include "nn/vec.h"

#include <stdbool.h>
#include <string.h>

/* Values and bytes of one block of each type (GGML's layouts). */
static const struct {
    uint16_t values, bytes;
    const char *name;
} block[MOIM_DTYPE_COUNT] = {
    [MOIM_F32] = {1, 4, "f32"},           [MOIM_F16] = {1, 2, "f16"},
    [MOIM_BF16] = {1, 2, "bf16"},         [MOIM_I8] = {1, 1, "int8"},
    [MOIM_I32] = {1, 4, "int32"},         [MOIM_I64] = {1, 8, "int64"},
    [MOIM_U8] = {1, 1, "uint8"},          [MOIM_Q8_0] = {32, 34, "Q8_0"},
    [MOIM_Q5_0] = {32, 22, "Q5_0"},       [MOIM_Q4_0] = {32, 18, "Q4_0"},
    [MOIM_Q4_1] = {32, 20, "Q4_1"},       [MOIM_Q5_1] = {32, 24, "Q5_1"},
    [MOIM_IQ4_NL] = {32, 18, "IQ4_NL"},   [MOIM_MXFP4] = {32, 17, "MXFP4"},
    [MOIM_IQ4_XS] = {256, 136, "IQ4_XS"}, [MOIM_Q4_K] = {256, 144, "Q4_K"},
    [MOIM_Q5_K] = {256, 176, "Q5_K"},     [MOIM_Q6_K] = {256, 210, "Q6_K"},
    [MOIM_Q2_K] = {256, 84, "Q2_K"},      [MOIM_Q3_K] = {256, 110, "Q3_K"},
};

const int8_t moim_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
const int8_t moim_mxfp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

unsigned moim_block_values(enum moim_dtype t)
{
    return block[t].values;
}
unsigned moim_block_bytes(enum moim_dtype t)
{
    return block[t].bytes;
}
const char *moim_dtype_name(enum moim_dtype t)
{
    return block[t].name;
}

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

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
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
    uint32_t high = word(p + 2);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((int)((p[6 + i] & 15) | (high >> i & 1) << 4) - 16);
        y[i + 16] = d * (float)((int)((p[6 + i] >> 4) | (high >> (i + 16) & 1) << 4) - 16);
    }
}

/* Q4_1, and with its fifth bits Q5_1. */
static void dequant_q45_1(const uint8_t *p, bool fifth, float *y)
{
    float d = half(p), m = half(p + 2);
    uint32_t high = fifth ? word(p + 4) : 0;
    const uint8_t *q = p + (fifth ? 8 : 4);
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)((q[i] & 15) | (high >> i & 1) << 4) + m;
        y[i + 16] = d * (float)(q[i] >> 4 | (high >> (i + 16) & 1) << 4) + m;
    }
}

static void dequant_table(float d, const uint8_t *q, const int8_t *table, float *y)
{
    for (int i = 0; i < 16; i++) {
        y[i] = d * (float)table[q[i] & 15];
        y[i + 16] = d * (float)table[q[i] >> 4];
    }
}

float moim_mxfp4_scale(uint8_t e)
{
    uint32_t bits = e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

int moim_iq4_xs_scale(const uint8_t *p, int j)
{
    int high = p[2] | p[3] << 8;
    return ((p[4 + j / 2] >> 4 * (j % 2) & 15) | (high >> 2 * j & 3) << 4) - 32;
}

static void dequant_iq4_xs(const uint8_t *p, float *y)
{
    for (int j = 0; j < 8; j++)
        dequant_table(half(p) * (float)moim_iq4_xs_scale(p, j), p + 8 + 16 * j, moim_iq4_values, y + 32 * j);
}

static void dequant_q2_k(const uint8_t *p, float *y)
{
    float d = half(p + 80), dmin = half(p + 82);
    for (int i = 0; i < 256; i++) {
        uint8_t scale = p[i / 16];
        int q = p[16 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
        y[i] = d * (float)(scale & 15) * (float)q - dmin * (float)(scale >> 4);
    }
}

void moim_q3_k_scales(const uint8_t *p, int8_t *out)
{
    const uint8_t *s = p + 96;
    for (int j = 0; j < 16; j++) {
        int low = j < 8 ? s[j] & 15 : s[j - 8] >> 4, high = s[8 + j % 4] >> (j / 4 * 2) & 3;
        out[j] = (int8_t)((low | high << 4) - 32);
    }
}

static void dequant_q3_k(const uint8_t *p, float *y)
{
    float d = half(p + 108);
    int8_t scale[16];
    moim_q3_k_scales(p, scale);
    for (int i = 0; i < 256; i++) {
        int q = p[32 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
        q |= (p[i % 32] >> (i / 32) & 1) << 2;
        y[i] = d * (float)scale[i / 16] * (float)(q - 4);
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
    case MOIM_Q4_1: dequant_q45_1(p, false, y); break;
    case MOIM_Q5_1: dequant_q45_1(p, true, y); break;
    case MOIM_IQ4_NL: dequant_table(half(p), p + 2, moim_iq4_values, y); break;
    case MOIM_MXFP4: dequant_table(moim_mxfp4_scale(*p), p + 1, moim_mxfp4_values, y); break;
    case MOIM_IQ4_XS: dequant_iq4_xs(p, y); break;
    case MOIM_Q2_K: dequant_q2_k(p, y); break;
    case MOIM_Q3_K: dequant_q3_k(p, y); break;
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

void moim_tensor_row(const struct moim_tensor *t, uint64_t i, float *dst)
{
    uint64_t n = 1;
    for (int k = 1; k < t->rank; k++) n *= t->dims[k];
    moim_dequantize(t->type, (const uint8_t *)t->data + moim_row_bytes(t->type, n) * (size_t)i, n, dst);
    float by = t->row_scale && t->row_scale[i] != 0 ? 1 / t->row_scale[i] : 1;
    for (uint64_t k = 0; t->row_scale && k < n; k++) dst[k] *= by;
}
