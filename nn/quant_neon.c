#include <arm_neon.h>

#include "nn/quant_impl.h"

/* SDOT wants both sides signed: q - 128 is, and 128 times the block's sum of x comes back through dxsum. */
static void dot4(const struct moim_qweights *w, const int8_t *x, const float *scale, const float *sum,
                 float out[MOIM_QROWS])
{
    size_t stride = (size_t)w->cols64, blocks = stride / 16;
    const uint8x16_t flip = vdupq_n_u8(0x80);
    for (int r = 0; r < MOIM_QROWS; r++) {
        const uint8_t *q = w->q + (size_t)r * stride;
        const float *s = w->s + (size_t)r * blocks, *c = w->c + (size_t)r * blocks;
        float32x4_t acc = vdupq_n_f32(0);
        float off = 0;
        for (size_t b = 0; b < blocks; b++) {
            int8x16_t wq = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(q + b * 16), flip));
            int32x4_t dot = vdotq_s32(vdupq_n_s32(0), wq, vld1q_s8(x + b * 16));
            acc = vfmaq_n_f32(acc, vcvtq_f32_s32(dot), s[b] * scale[b]);
            off += (c[b] - 128 * s[b]) * sum[b];
        }
        out[r] = vaddvq_f32(acc) - off;
    }
}

const struct moim_qkernels moim_qkernels_neon = {"neon", unpack, quantize, dot4};
