#include "nn/vec.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* One source, compiled for each level of x86-64; the dynamic linker picks. Written so that the compiler can
 * vectorise: sums in lanes, and an exponential without branches. */
#if defined(__x86_64__) && !defined(__clang__)
#define LEVELS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LEVELS
#endif
#define LANES 16

/* e^x by 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes); relative error below 2e-7; 0 below -87,
 * saturates above 88. */
static inline float fast_exp(float x)
{
    x = x < -87.3f ? -87.3f : x;
    x = x > 88.3f ? 88.3f : x;
    float n = x * 1.44269504f;
    n = (n + 12582912.0f) - 12582912.0f; /* rounds to nearest */
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

/* Through e^2x, odd by construction; absolute error below 1e-6. */
static inline float fast_tanh(float x)
{
    float e = fast_exp(2 * (x > 20 ? 20 : x < -20 ? -20 : x));
    return (e - 1) / (e + 1);
}

LEVELS float moim_dot(const float *a, const float *b, size_t n)
{
    float s[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sum += a[i] * b[i];
    for (int k = 0; k < LANES; k++) sum += s[k];
    return sum;
}

LEVELS void moim_axpy(float *y, float a, const float *x, size_t n)
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

LEVELS void moim_softmax(float *x, size_t n)
{
    float m = maximum(x, n), s[LANES] = {0}, sum = 0;
    if (m == -INFINITY) {
        memset(x, 0, n * sizeof *x);
        return;
    }
    for (size_t i = 0; i < n; i++) x[i] = x[i] - m < -87 ? 0 : fast_exp(x[i] - m);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += x[i + k];
    for (; i < n; i++) sum += x[i];
    for (int k = 0; k < LANES; k++) sum += s[k];
    float inverse = 1 / sum;
    for (i = 0; i < n; i++) x[i] *= inverse;
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

LEVELS void moim_layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n,
                           float eps)
{
    float s[LANES] = {0}, mean = 0, var = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += x[i + k];
    for (; i < n; i++) mean += x[i];
    for (int k = 0; k < LANES; k++) mean += s[k], s[k] = 0;
    mean /= (float)n;
    for (i = 0; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (; i < n; i++) var += (x[i] - mean) * (x[i] - mean);
    for (int k = 0; k < LANES; k++) var += s[k];
    float scale = 1 / sqrtf(var / (float)n + eps);
    for (i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * gamma[i] + beta[i];
}

LEVELS void moim_rmsnorm(float *y, const float *x, const float *gamma, size_t n, float eps)
{
    float scale = 1 / sqrtf(moim_dot(x, x, n) / (float)n + eps);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * scale * gamma[i];
}

LEVELS void moim_sigmoid(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = 1 / (1 + fast_exp(-x[i]));
}

LEVELS void moim_silu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] / (1 + fast_exp(-x[i]));
}

LEVELS void moim_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = fast_tanh(x[i]);
}

LEVELS void moim_gelu_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i];
        x[i] = 0.5f * v * (1 + fast_tanh(0.7978845608f * (v + 0.044715f * v * v * v)));
    }
}

/* erf by Abramowitz and Stegun 7.1.26, absolute error below 2e-7 (a few more from f32). */
LEVELS void moim_gelu_erf(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i], z = fabsf(v) * 0.7071067812f, t = 1 / (1 + 0.3275911f * z);
        float tail =
            ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) *
            t * fast_exp(-z * z);
        float erf_abs = 1 - tail;
        x[i] = 0.5f * v * (1 + (v < 0 ? -erf_abs : erf_abs));
    }
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

LEVELS void moim_f16_to_f32(float *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    for (size_t i = 0; i < n; i++) dst[i] = half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
}

LEVELS void moim_f32_to_f16(void *dst, const float *src, size_t n)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        uint16_t h = float_to_half(src[i]);
        p[2 * i] = (uint8_t)h;
        p[2 * i + 1] = (uint8_t)(h >> 8);
    }
}
