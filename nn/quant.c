#include "nn/quant_impl.h"

#include <stdlib.h>

static void dot4(const struct moim_qweights *w, const int8_t *x, const float *scale, const float *sum,
                 float out[MOIM_QROWS])
{
    int blocks = w->cols64 / 16;
    for (int r = 0; r < MOIM_QROWS; r++) {
        const uint8_t *q = w->q + (size_t)r * (size_t)w->cols64;
        const float *s = w->s + (size_t)r * (size_t)blocks, *c = w->c + (size_t)r * (size_t)blocks;
        float y = 0;
        for (int b = 0; b < blocks; b++) {
            int dot = 0;
            for (int i = 0; i < 16; i++) dot += q[b * 16 + i] * x[b * 16 + i];
            y += s[b] * scale[b] * (float)dot - c[b] * sum[b];
        }
        out[r] = y;
    }
}

const struct moim_qkernels moim_qkernels_scalar = {"scalar", unpack, quantize, dot4};

const struct moim_qkernels *moim_qkernels_best(void)
{
    const char *limit = getenv("MOIM_SIMD");
    if (limit && !strcmp(limit, "scalar")) return &moim_qkernels_scalar;
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool lower = limit && !strcmp(limit, "avx2");
    if (!lower && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return &moim_qkernels_avx512;
    /* Every processor with AVX2 has F16C too, and clang 14 cannot ask for it. */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &moim_qkernels_avx2;
#elif defined(__aarch64__)
    return &moim_qkernels_neon;
#endif
    return &moim_qkernels_scalar;
}
