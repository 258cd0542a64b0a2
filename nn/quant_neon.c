#include <arm_neon.h>

#include "nn/quant_impl.h"

static inline int8x16_t codes(const uint8_t *p, uint8_t flip)
{
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(p), vdupq_n_u8(flip)));
}
static inline int8x16_t four(const int8_t *x)
{
    int32_t v;
    memcpy(&v, x, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

static void tile32(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, float *out)
{
    size_t blocks = cols / 32;
    const float *scale = (const float *)(const void *)(panel + blocks * 128);
    for (size_t r = 0; r < 4; r++) {
        const int8_t *q = (const int8_t *)panel + r / 2 * blocks * 64 + r % 2 * 32;
        float32x4_t a = vdupq_n_f32(0), c = a;
        for (size_t b = 0; b < blocks; b++, q += 64) {
            float d = scale[4 * b + r] * dx[b];
            int32x4_t s0 = vdotq_s32(vdupq_n_s32(0), vld1q_s8(q), vld1q_s8(x + b * 32));
            int32x4_t s1 = vdotq_s32(vdupq_n_s32(0), vld1q_s8(q + 16), vld1q_s8(x + b * 32 + 16));
            a = vfmaq_n_f32(a, vcvtq_f32_s32(s0), d);
            c = vfmaq_n_f32(c, vcvtq_f32_s32(s1), d);
        }
        a = vaddq_f32(a, c);
        float32x2_t h = vadd_f32(vget_low_f32(a), vget_high_f32(a));
        out[r] = vget_lane_f32(h, 0) + vget_lane_f32(h, 1);
    }
}

static inline int32x4_t widen(const uint8_t *p, bool is_signed)
{
    uint32_t four_bytes;
    memcpy(&four_bytes, p, 4);
    uint8x8_t v = vreinterpret_u8_u32(vdup_n_u32(four_bytes));
    if (is_signed) return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(v))));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(v))));
}

/* Four of the sixteen rows, from `at` on. */
static void tile256(int type, const uint8_t *panel, size_t cols, const int8_t *x, const float *dx,
                    const int32_t *sums, int at, float *out)
{
    int parts = moim_qparts(type), groups = 64 / parts, step = type == MOIM_Q4_K ? 2 : parts;
    float32x4_t acc = vdupq_n_f32(0), low = acc;
    for (size_t b = 0; b < cols / 256; b++, panel += MOIM_SUPER, x += 256, sums += 16) {
        const uint8_t *scale = panel + 4096 + at;
        const float *scales = (const float *)(const void *)(panel + 4096 + 256);
        float32x4_t d = vld1q_f32(scales + at), dmin = vld1q_f32(scales + 16 + at);
        for (int first = 0; first < parts; first += step) {
            int32x4_t s = vdupq_n_s32(0), m = s;
            for (int j = first; j < first + step; j++) {
                int32x4_t raw = vdupq_n_s32(0), sc = widen(scale + j * 16, parts == 16 && type != MOIM_Q2_K),
                          mn;
                if (type == MOIM_Q2_K) {
                    mn = vshrq_n_s32(sc, 4);
                    sc = vandq_s32(sc, vdupq_n_s32(15));
                } else
                    mn = parts == 16 ? vshlq_s32(sc, vdupq_n_s32(moim_qshift(type)))
                                     : widen(scale + (j + 8) * 16, false);
                for (int g = j * groups; g < (j + 1) * groups; g++)
                    raw = vdotq_s32(raw, codes(panel + g * 64 + at * 4, 0), four(x + g * 4));
                s = vmlaq_s32(s, raw, sc);
                m = vmlaq_n_s32(m, mn, parts == 16 ? sums[j] : sums[2 * j] + sums[2 * j + 1]);
            }
            float32x4_t fs = vcvtq_f32_s32(s), fm = vcvtq_f32_s32(m);
            if (type == MOIM_Q4_K) {
                acc = vfmaq_f32(acc, fs, vmulq_n_f32(d, dx[b]));
                low = vfmaq_f32(low, fm, vmulq_n_f32(dmin, dx[b]));
            } else if (type == MOIM_Q5_K || type == MOIM_Q2_K)
                acc = vfmaq_n_f32(acc, vfmsq_f32(vmulq_f32(fs, d), dmin, fm), dx[b]);
            else
                acc = vfmaq_n_f32(acc, vmulq_f32(vcvtq_f32_s32(vsubq_s32(s, m)), d), dx[b]);
        }
    }
    vst1q_f32(out + at, vsubq_f32(acc, low));
}

static void tile_w8(const uint8_t *panel, size_t cols, const int8_t *x, const float *dx, int at, float *out)
{
    float32x4_t acc = vdupq_n_f32(0);
    for (size_t b = 0; b < cols / MOIM_W8_COLS; b++, panel += MOIM_W8_BLOCK, x += MOIM_W8_COLS) {
        int32x4_t s = vdupq_n_s32(0);
        for (int g = 0; g < MOIM_W8_COLS / 4; g++)
            s = vdotq_s32(s, codes(panel + g * 64 + at * 4, 0x80), four(x + g * 4));
        float32x4_t d = vld1q_f32((const float *)(const void *)(panel + 16 * MOIM_W8_COLS) + at);
        acc = vfmaq_f32(acc, vcvtq_f32_s32(s), vmulq_n_f32(d, dx[b]));
    }
    vst1q_f32(out + at, acc);
}

static void tile(int type, const uint8_t *panel, int width, const struct moim_qacts *a, int first, int n,
                 float *out)
{
    size_t cols = moim_qcols(type, width), blocks = cols / (size_t)moim_qblock(type);
    for (int t = 0; t < n; t++, out += moim_qrows(type)) {
        size_t row = (size_t)(first + t);
        const int8_t *x = a->q + row * cols;
        const float *dx = a->d + row * blocks;
        if (moim_qrows(type) == 4) {
            tile32(panel, cols, x, dx, out);
            continue;
        }
        for (int at = 0; at < 16; at += 4)
            if (type == MOIM_W8)
                tile_w8(panel, cols, x, dx, at, out);
            else
                tile256(type, panel, cols, x, dx, a->sums + row * (cols / 4), at, out);
    }
}

const struct moim_qkernels moim_qkernels_neon = {"neon", quantize, unpack, tile, NULL};
