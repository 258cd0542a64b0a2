/* Bodies of nn/vec.h's kernels, included once for each instruction set with VEC_NAME defined: the compiler
 * vectorises the loops over lanes. The exponential is that of Arm's optimized routines, which llama.cpp uses
 * too; what decides a token must round as there. */
#include "nn/vec.h"

#include <math.h>
#include <string.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#define LANES 16
#ifndef VEC_FMA /* a processor without it multiplies and adds */
#define VEC_FMA(a, b, c) fmaf(a, b, c)
#endif
#define INLINE static inline __attribute__((always_inline))

INLINE float from_bits(int32_t bits)
{
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

/* e^x: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2], error below 2 units in the last place. */
INLINE float fast_exp(float x)
{
    float z = VEC_FMA(x, 0x1.715476p+0f, 0x1.8p23f), n = z - 0x1.8p23f;
    float b = VEC_FMA(-n, 0x1.7f7d1cp-20f, VEC_FMA(-n, 0x1.62e4p-1f, x)), u = b * b;
    float j = VEC_FMA(
        VEC_FMA(VEC_FMA(0x1.0e4020p-7f, b, 0x1.573e2ep-5f), u, VEC_FMA(0x1.555e66p-3f, b, 0x1.fffdb6p-2f)), u,
        VEC_FMA(0x1.ffffecp-1f, b, 1.0f));
    /* 2^n in two factors, so that both are normal and the last product alone rounds. */
    float near = n > 190 ? 190 : n;
    near = near >= -190 ? near : -190; /* NaN too */
    int32_t whole = (int32_t)near, part = whole >> 1, low = (part + 127) * (1 << 23),
            high = (whole - part + 127) * (1 << 23);
    float y = j * from_bits(low) * from_bits(high);
    y = n > 190 ? INFINITY : y;
    return n < -190 ? 0 : y;
}

/* Through e^2x; absolute error below 1e-6. */
INLINE float fast_tanh(float x)
{
    float e = fast_exp(2 * (x > 20 ? 20 : x < -20 ? -20 : x));
    return (e - 1) / (e + 1);
}

/* Adds lanes (l, l + 8), (l, l + 4), (l, l + 2), (0, 1). */
INLINE float add_lanes(const float *s)
{
    float t[8];
    for (int l = 0; l < 8; l++) t[l] = s[l] + s[l + 8];
    for (int l = 0; l < 4; l++) t[l] += t[l + 4];
    return (t[0] + t[2]) + (t[1] + t[3]);
}

static float dot(const float *a, const float *b, size_t n)
{
    float s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) s[l] = VEC_FMA(a[i + l], b[i + l], s[l]);
    for (size_t l = 0; i + l < n; l++) s[l] = VEC_FMA(a[i + l], b[i + l], s[l]);
    return add_lanes(s);
}

static void dot_rows(float *out, const float *q, const float *x, size_t stride, size_t n, size_t dim)
{
    for (size_t i = 0; i < n; i++, x += stride) out[i] = dot(q, x, dim);
}

static void mix_rows(float *y, const float *w, const float *x, size_t stride, size_t n, size_t dim)
{
    for (size_t d = 0; d < dim; d += LANES) {
        float acc[LANES][LANES];
        size_t width = dim - d < LANES ? dim - d : LANES;
        memset(acc, 0, sizeof acc);
        for (size_t i = 0; i < n; i++) {
            const float *v = x + i * stride + d;
            float *a = acc[i % LANES];
            if (width == LANES)
                for (size_t l = 0; l < LANES; l++) a[l] = VEC_FMA(w[i], v[l], a[l]);
            else
                for (size_t l = 0; l < width; l++) a[l] = VEC_FMA(w[i], v[l], a[l]);
        }
        for (size_t step = LANES / 2; step; step /= 2)
            for (size_t r = 0; r < step; r++)
                for (size_t l = 0; l < LANES; l++) acc[r][l] += acc[r + step][l];
        memcpy(y + d, acc[0], width * sizeof *y);
    }
}

static void axpy(float *y, float a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static void mul(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] *= x[i];
}

INLINE float maximum(const float *x, size_t n)
{
    float s[LANES], m = -INFINITY;
    size_t i = 0;
    for (int l = 0; l < LANES; l++) s[l] = m;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) s[l] = x[i + l] > s[l] ? x[i + l] : s[l];
    for (; i < n; i++) m = x[i] > m ? x[i] : m;
    for (int l = 0; l < LANES; l++) m = s[l] > m ? s[l] : m;
    return m;
}

/* Sums of 16 in f32, and those in f64. */
static void softmax(float *x, size_t n)
{
    float m = maximum(x, n);
    double sum = 0;
    size_t i = 0;
    if (m == -INFINITY) {
        memset(x, 0, n * sizeof *x);
        return;
    }
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) x[i + l] = fast_exp(x[i + l] - m);
        sum += (double)add_lanes(x + i);
    }
    float rest[LANES] = {0};
    for (size_t l = 0; i + l < n; l++) x[i + l] = rest[l] = fast_exp(x[i + l] - m);
    float inverse = (float)(1 / (sum + (double)add_lanes(rest)));
    for (i = 0; i < n; i++) x[i] *= inverse;
}

static float sum_exp(const float *x, size_t n, float less)
{
    double sum = 0;
    for (size_t i = 0; i < n; i += LANES) {
        float e[LANES] = {0};
        size_t width = n - i < LANES ? n - i : LANES;
        if (width == LANES)
            for (size_t l = 0; l < LANES; l++) e[l] = fast_exp(x[i + l] - less);
        else
            for (size_t l = 0; l < width; l++) e[l] = fast_exp(x[i + l] - less);
        sum += (double)add_lanes(e);
    }
    return (float)sum;
}

static void layernorm(float *y, const float *x, const float *gamma, const float *beta, size_t n, float eps)
{
    float s[LANES] = {0}, v[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) s[l] += x[i + l];
    for (size_t l = 0; i + l < n; l++) s[l] += x[i + l];
    float mean = add_lanes(s) / (float)n;
    for (i = 0; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) v[l] = VEC_FMA(x[i + l] - mean, x[i + l] - mean, v[l]);
    for (size_t l = 0; i + l < n; l++) v[l] = VEC_FMA(x[i + l] - mean, x[i + l] - mean, v[l]);
    float scale = 1 / sqrtf(add_lanes(v) / (float)n + eps);
    for (i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * gamma[i] + beta[i];
}

/* The squares round to f32 and are summed in f64. */
static void rmsnorm(float *y, const float *x, const float *gamma, size_t n, float eps)
{
    double s[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) s[l] += (double)(x[i + l] * x[i + l]);
    for (size_t l = 0; i + l < n; l++) s[l] += (double)(x[i + l] * x[i + l]);
    for (int l = 0; l < LANES; l++) sum += s[l];
    float mean = (float)(sum / (double)n), scale = 1 / sqrtf(mean + eps);
    for (i = 0; i < n; i++) y[i] = x[i] * scale * gamma[i];
}

static void sigmoid(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = 1 / (1 + fast_exp(-x[i]));
}

static void silu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] / (1 + fast_exp(-x[i]));
}

static void tanh_all(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = fast_tanh(x[i]);
}

static void gelu_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i];
        x[i] = 0.5f * v * (1 + fast_tanh(0.7978845608f * (v + 0.044715f * v * v * v)));
    }
}

/* erf by Abramowitz and Stegun 7.1.26, absolute error below 2e-7 (a few more from f32). */
static void gelu_erf(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i], z = fabsf(v) * 0.7071067812f, t = 1 / VEC_FMA(0.3275911f, z, 1);
        float p = VEC_FMA(
            VEC_FMA(VEC_FMA(VEC_FMA(1.061405429f, t, -1.453152027f), t, 1.421413741f), t, -0.284496736f), t,
            0.254829592f);
        float tail = p * t * fast_exp(-z * z);
        float erf_abs = 1 - tail;
        x[i] = 0.5f * v * (1 + (v < 0 ? -erf_abs : erf_abs));
    }
}

/* Without a branch, so that it can be vectorised; the product is exact, and is what subnormals need. */
INLINE float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff) << 13, bits;
    float f = from_bits((int32_t)rest) * 0x1p112f;
    memcpy(&bits, &f, 4);
    bits = (h & 0x7c00) == 0x7c00 ? rest | 0x7f800000 : bits;
    return from_bits((int32_t)(sign | bits));
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

static void f16_to_f32(float *dst, const void *src, size_t n)
{
    const uint8_t *p = src;
    size_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(dst + i,
                         _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(p + 2 * i))));
#endif
    for (; i < n; i++) dst[i] = half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
}

static void f32_to_f16(void *dst, const float *src, size_t n)
{
    uint8_t *p = dst;
    size_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(void *)(p + 2 * i), _mm256_cvtps_ph(_mm256_loadu_ps(src + i), 0));
#endif
    for (; i < n; i++) {
        uint16_t h = float_to_half(src[i]);
        p[2 * i] = (uint8_t)h;
        p[2 * i + 1] = (uint8_t)(h >> 8);
    }
}

#ifndef GEMM_WIDTH
/* One vector of a tile: 16 floats as the compiler sees fit. */
#define GEMM_WIDTH 16
#define GEMM_ROWS 4
#define GEMM_VECTORS 1
typedef struct {
    float f[16];
} gemm_v;
INLINE gemm_v gemm_zero(void)
{
    return (gemm_v){{0}};
}
INLINE gemm_v gemm_load(const float *p)
{
    gemm_v v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE gemm_v gemm_fma(float a, gemm_v b, gemm_v c)
{
    for (int i = 0; i < 16; i++) c.f[i] = VEC_FMA(a, b.f[i], c.f[i]);
    return c;
}
INLINE void gemm_store(float *p, float alpha, gemm_v v)
{
    for (int i = 0; i < 16; i++) p[i] = alpha * v.f[i];
}
#endif

INLINE void gemm_tile(const int rows, const int vectors, size_t k, float alpha, const float *a, size_t lda,
                      const float *b, size_t ldb, float *c, size_t ldc)
{
    gemm_v acc[GEMM_ROWS][GEMM_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) acc[r][v] = gemm_zero();
    for (size_t i = 0; i < k; i++, b += ldb) {
        gemm_v row[GEMM_VECTORS];
        for (int v = 0; v < vectors; v++) row[v] = gemm_load(b + v * GEMM_WIDTH);
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++) acc[r][v] = gemm_fma(a[(size_t)r * lda + i], row[v], acc[r][v]);
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            gemm_store(c + (size_t)r * ldc + (size_t)v * GEMM_WIDTH, alpha, acc[r][v]);
}

/* The rows of a band of columns: whole tiles, then what is left by one constant each. */
INLINE void gemm_band(const int vectors, size_t m, size_t k, float alpha, const float *a, size_t lda,
                      const float *b, size_t ldb, float *c, size_t ldc)
{
    for (; m >= GEMM_ROWS; m -= GEMM_ROWS, a += GEMM_ROWS * lda, c += GEMM_ROWS * ldc)
        gemm_tile(GEMM_ROWS, vectors, k, alpha, a, lda, b, ldb, c, ldc);
    switch (m) {
    case 1: gemm_tile(1, vectors, k, alpha, a, lda, b, ldb, c, ldc); break;
    case 2: gemm_tile(2, vectors, k, alpha, a, lda, b, ldb, c, ldc); break;
    case 3: gemm_tile(3, vectors, k, alpha, a, lda, b, ldb, c, ldc); break;
#if GEMM_ROWS > 4
    case 4: gemm_tile(4, vectors, k, alpha, a, lda, b, ldb, c, ldc); break;
    case 5: gemm_tile(5, vectors, k, alpha, a, lda, b, ldb, c, ldc); break;
#endif
    default: break;
    }
}

static void gemm(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
                 size_t ldb, float *c, size_t ldc)
{
    size_t j = 0;
    for (; j + GEMM_VECTORS * GEMM_WIDTH <= n; j += GEMM_VECTORS * GEMM_WIDTH)
        gemm_band(GEMM_VECTORS, m, k, alpha, a, lda, b + j, ldb, c + j, ldc);
    for (; j + GEMM_WIDTH <= n; j += GEMM_WIDTH) gemm_band(1, m, k, alpha, a, lda, b + j, ldb, c + j, ldc);
    for (; j < n; j++)
        for (size_t r = 0; r < m; r++) {
            float sum = 0;
            for (size_t i = 0; i < k; i++) sum = VEC_FMA(a[r * lda + i], b[i * ldb + j], sum);
            c[r * ldc + j] = alpha * sum;
        }
}

#define VEC_KERNELS(name)                                                                                    \
    {                                                                                                        \
        name, dot, dot_rows, mix_rows, axpy, mul, softmax, layernorm, rmsnorm, silu, gelu_tanh, gelu_erf,    \
            sigmoid, tanh_all, sum_exp, f16_to_f32, f32_to_f16, gemm                                         \
    }
