#include "nn/vec.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

float moim_dot(const float *a, const float *b, size_t n)
{
    float s[8] = {0}; /* eight sums, so that the compiler may use vectors */
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) s[k] += a[i + (size_t)k] * b[i + (size_t)k];
    for (; i < n; i++) s[0] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

void moim_axpy(float *y, float a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static float maximum(const float *x, size_t n)
{
    float m = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (x[i] > m) m = x[i];
    return m;
}

void moim_softmax(float *x, size_t n)
{
    float m = maximum(x, n), sum = 0;
    if (m == -INFINITY) {
        memset(x, 0, n * sizeof *x);
        return;
    }
    for (size_t i = 0; i < n; i++) sum += x[i] = expf(x[i] - m);
    for (size_t i = 0; i < n; i++) x[i] /= sum;
}

float moim_logsumexp(const float *x, size_t n)
{
    float m = maximum(x, n);
    double sum = 0;
    if (m == -INFINITY) return m;
    for (size_t i = 0; i < n; i++) sum += expf(x[i] - m);
    return m + (float)log(sum);
}

void moim_log_softmax(float *x, size_t n)
{
    float z = moim_logsumexp(x, n);
    for (size_t i = 0; i < n; i++) x[i] -= z;
}

void moim_layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps)
{
    double mean = 0, var = 0;
    for (size_t i = 0; i < n; i++) mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) var += (x[i] - mean) * (x[i] - mean);
    float scale = (float)(1 / sqrt(var / (double)n + eps)), m = (float)mean;
    for (size_t i = 0; i < n; i++) y[i] = (x[i] - m) * scale * gamma[i] + beta[i];
}

void moim_rmsnorm(float *y, const float *x, const float *gamma, size_t n, float eps)
{
    float scale = 1 / sqrtf(moim_dot(x, x, n) / (float)n + eps);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * scale * gamma[i];
}

void moim_sigmoid(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = 1 / (1 + expf(-x[i]));
}

void moim_silu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] / (1 + expf(-x[i]));
}

void moim_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = tanhf(x[i]);
}

void moim_gelu_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i];
        x[i] = 0.5f * v * (1 + tanhf(0.7978845608f * (v + 0.044715f * v * v * v)));
    }
}

void moim_gelu_erf(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.7071067812f));
}

static float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 1023, bits;
    if (e == 31)
        bits = sign | 0x7f800000 | m << 13;
    else if (e)
        bits = sign | (e + 112) << 23 | m << 13;
    else {
        float f = (float)m * 0x1p-24f; /* subnormal */
        memcpy(&bits, &f, 4);
        bits |= sign;
    }
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static uint16_t float_to_half(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return sign | 0x7e00;
    if (bits >= 0x477ff000) return sign | 0x7c00; /* rounds to infinity */
    if (bits < 0x38800000) {                      /* subnormal half: let the adder round */
        float v;
        memcpy(&v, &bits, 4);
        v += 0.5f;
        memcpy(&bits, &v, 4);
        return sign | (uint16_t)(bits - 0x3f000000);
    }
    bits += 0xfff + (bits >> 13 & 1); /* round to nearest, ties to even */
    return sign | (uint16_t)((bits - 0x38000000) >> 13);
}

void moim_f16_to_f32(float *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    for (size_t i = 0; i < n; i++) dst[i] = half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
}

void moim_f32_to_f16(void *dst, const float *src, size_t n)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        uint16_t h = float_to_half(src[i]);
        p[2 * i] = (uint8_t)h;
        p[2 * i + 1] = (uint8_t)(h >> 8);
    }
}
