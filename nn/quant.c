#include "nn/quant_impl.h"

#include <stdlib.h>

static void tile_32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, float *out)
{
    size_t blocks = cols / 32;
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    for (size_t r = 0; r < 4; r++) {
        float acc[8] = {0};
        for (size_t b = 0; b < blocks; b++) {
            const int8_t *q = (const int8_t *)panel + (r / 2 * blocks + b) * 64 + r % 2 * 32;
            float d = scale[4 * b + r] * dx[b];
            for (size_t l = 0; l < 8; l++) {
                int sum = 0;
                for (size_t i = 4 * l; i < 4 * l + 4; i++) sum += q[i] * x[b * 32 + i];
                acc[l] = fmaf((float)sum, d, acc[l]);
            }
        }
        for (int i = 0; i < 4; i++) acc[i] += acc[i + 4];
        out[r] = (acc[0] + acc[2]) + (acc[1] + acc[3]);
    }
}

static int dot_codes(const uint8_t *codes, int groups, int r, const int8_t *x, int offset)
{
    int sum = 0;
    for (int g = 0; g < groups; g++)
        for (int i = 0; i < 4; i++) sum += (codes[g * 64 + r * 4 + i] - offset) * x[4 * g + i];
    return sum;
}

/* The scale of part j of row r. */
static int part_scale(int type, const uint8_t *panel, int j, int r)
{
    uint8_t b = panel[4096 + j * 16 + r];
    return type == MOIM_Q2_K ? b & 15 : moim_qparts(type) == 16 ? (int8_t)b : b;
}
/* The scaled sums of parts [from, to) of a super-block. */
static int scaled(int type, const uint8_t *panel, int r, const int8_t *x, int from, int to)
{
    int sum = 0, width = 256 / moim_qparts(type);
    for (int j = from; j < to; j++)
        sum +=
            part_scale(type, panel, j, r) * dot_codes(panel + j * width * 16, width / 4, r, x + j * width, 0);
    return sum;
}
static int minima(int type, const uint8_t *panel, int r, const int32_t *sums, int from, int to)
{
    int sum = 0;
    for (int j = from; j < to; j++)
        sum += moim_qparts(type) == 8 ? panel[4096 + (j + 8) * 16 + r] * (sums[2 * j] + sums[2 * j + 1])
               : type == MOIM_Q2_K    ? (panel[4096 + j * 16 + r] >> 4) * sums[j]
                                      : part_scale(type, panel, j, r) * (1 << moim_qshift(type)) * sums[j];
    return sum;
}

static float tile_256(int type, const uint8_t *panel, size_t cols, int r, const int8_t *x, const float *dx,
                      const int32_t *sums)
{
    float acc = 0, low = 0;
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER, x += 256, sums += 16) {
        const float *scales = (const float *)(const void *)(panel + 4096 + 256);
        float d = scales[r], dmin = scales[16 + r];
        int parts = moim_qparts(type), step = type == MOIM_Q4_K ? 2 : parts;
        for (int j = 0; j < parts; j += step) {
            int s = scaled(type, panel, r, x, j, j + step), m = minima(type, panel, r, sums, j, j + step);
            if (type == MOIM_Q4_K) {
                acc = fmaf((float)s, d * dx[b], acc);
                low = fmaf((float)m, dmin * dx[b], low);
            } else if (type == MOIM_Q5_K || type == MOIM_Q2_K)
                acc = fmaf(fmaf(-dmin, (float)m, (float)s * d), dx[b], acc);
            else
                acc = fmaf((float)(s - m) * d, dx[b], acc);
        }
    }
    return acc - low;
}

static float tile_w8(const uint8_t *panel, size_t cols, int r, const int8_t *x, const float *dx)
{
    float acc = 0;
    for (size_t b = 0; b < cols / MOIM_W8_COLS; b++, panel += MOIM_W8_BLOCK) {
        float d = ((const float *)(const void *)(panel + 16 * MOIM_W8_COLS))[r];
        int s = dot_codes(panel, MOIM_W8_COLS / 4, r, x + b * MOIM_W8_COLS, 128);
        acc = fmaf((float)s, d * dx[b], acc);
    }
    return acc;
}

static void tile(int type, const uint8_t *panel, int width, const struct moim_qacts *a, int first, int n,
                 float *out)
{
    size_t cols = moim_qcols(type, width), blocks = cols / (size_t)moim_qblock(type);
    for (int t = 0; t < n; t++) {
        size_t row = (size_t)(first + t);
        const int8_t *x = a->q + row * cols;
        const float *dx = a->d + row * blocks;
        if (moim_qrows(type) == 4) {
            tile_32(panel, cols, x, dx, out + 4 * t);
            continue;
        }
        for (int r = 0; r < 16; r++)
            out[16 * t + r] = type == MOIM_W8
                                  ? tile_w8(panel, cols, r, x, dx)
                                  : tile_256(type, panel, cols, r, x, dx, a->sums + row * cols / 4);
    }
}

const struct moim_qkernels moim_qkernels_scalar = {"scalar", quantize, unpack, tile, NULL};

void moim_w8_pack(const float *const *rows, int live, int cols, uint8_t *panel)
{
    size_t padded = moim_qcols(MOIM_W8, cols);
    for (size_t at = 0; at < padded; at += MOIM_W8_COLS, panel += MOIM_W8_BLOCK) {
        float *d = (float *)(void *)(panel + 16 * MOIM_W8_COLS);
        size_t n = (size_t)cols - at < MOIM_W8_COLS ? (size_t)cols - at : MOIM_W8_COLS;
        for (int r = 0; r < 16; r++) {
            int8_t q[MOIM_W8_COLS] = {0};
            d[r] = r < live ? quantize_block(rows[r] + at, (int)n, q, true) : 0;
            for (int i = 0; i < MOIM_W8_COLS; i++) panel[i / 4 * 64 + r * 4 + i % 4] = (uint8_t)(q[i] + 128);
        }
    }
}

void moim_w8_pack_codes(const int8_t *const *rows, const float *scale, int live, int cols, uint8_t *panel)
{
    size_t padded = moim_qcols(MOIM_W8, cols);
    for (size_t at = 0; at < padded; at += MOIM_W8_COLS, panel += MOIM_W8_BLOCK) {
        float *d = (float *)(void *)(panel + 16 * MOIM_W8_COLS);
        for (int r = 0; r < 16; r++) {
            d[r] = r < live ? scale[r] : 0;
            for (int i = 0; i < MOIM_W8_COLS; i++) {
                int q = r < live && at + (size_t)i < (size_t)cols ? rows[r][at + (size_t)i] : 0;
                panel[i / 4 * 64 + r * 4 + i % 4] = (uint8_t)(q + 128);
            }
        }
    }
}

void moim_block_sums(const float *x, const int8_t *q, int cols, float *by_sum)
{
    for (int b = 0; b < cols / 32; b++, q += 32, x += 32) {
        int sum = 0;
        float most = 0;
        for (int i = 0; i < 32; i++) sum += q[i];
        for (int i = 0; i < 32; i++) most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
        by_sum[b] = most / 127.f * (float)sum;
    }
    uint16_t half[64];
    for (int b = 0, n = cols / 32; b < n; b += 64) {
        size_t k = (size_t)(n - b < 64 ? n - b : 64);
        moim_f32_to_f16(half, by_sum + b, k);
        moim_f16_to_f32(by_sum + b, half, k);
    }
}

void moim_add_minima(const uint8_t *panel, int cols, const float *by_sum, float *out)
{
    size_t blocks = (size_t)cols / 32;
    const float *minimum = (const float *)(const void *)(panel + blocks * 144);
    float acc[4] = {0};
    for (size_t b = 0; b < blocks; b++)
        for (int r = 0; r < 4; r++) acc[r] += minimum[4 * b + (size_t)r] * by_sum[b];
    for (int r = 0; r < 4; r++) out[r] += acc[r];
}

const struct moim_qkernels *moim_qkernels_best(void)
{
    const char *limit = getenv("MOIM_SIMD");
    if (limit && !strcmp(limit, "scalar")) return &moim_qkernels_scalar;
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool oldest = limit && !strcmp(limit, "sse41"), lower = oldest || (limit && !strcmp(limit, "avx2"));
    if (!lower && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return &moim_qkernels_avx512;
    /* Every processor with AVX2 has F16C too, and clang 14 cannot ask for it. */
    if (!oldest && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &moim_qkernels_avx2;
    if (__builtin_cpu_supports("sse4.1")) return &moim_qkernels_sse41;
#elif defined(__aarch64__)
    return &moim_qkernels_neon;
#endif
    return &moim_qkernels_scalar;
}
