/* The one inner product behind every quantized weight: bytes against bytes.
 *
 * A weight row is unpacked to unsigned bytes q with, for every 16 of them, a scale s and an offset c, so that
 * the row's values are s * q - c. An activation row is quantized to signed bytes x with a scale for every 32
 * (stored for every 16) and the scaled sum of each 16. Then  w . a  =  sum over blocks of 16:  s * dx * (q .
 * x)  -  c * dxsum. Rows are padded with zeros to a multiple of 64. Internal to nn/. */
#ifndef MOIM_NN_QUANT_H
#define MOIM_NN_QUANT_H

#include "nn/tensor.h"
#include <stdint.h>

#define MOIM_QROWS 4 /* weight rows that share each load of an activation */

struct moim_qweights { /* MOIM_QROWS unpacked rows, row r at r * stride */
    uint8_t *q;        /* stride cols64 */
    float *s, *c;      /* stride cols64 / 16 */
    int cols64;        /* columns rounded up to 64 */
};

struct moim_qacts {     /* n quantized activation rows */
    int8_t *x;          /* stride cols64 */
    float *scale, *sum; /* stride cols64 / 16: dx, and dx times the sum of the 16 */
    int cols64;
};

struct moim_qkernels {
    const char *name;
    void (*unpack)(enum moim_dtype t, const uint8_t *src, int cols, uint8_t *q, float *s, float *c);
    void (*quantize)(const float *a, int cols, int group, int8_t *x, float *scale, float *sum);
    /* out[r] = row r of w . activation row; */
    void (*dot4)(const struct moim_qweights *w, const int8_t *x, const float *scale, const float *sum,
                 float out[MOIM_QROWS]);
};
extern const struct moim_qkernels moim_qkernels_scalar, moim_qkernels_avx2, moim_qkernels_avx512,
    moim_qkernels_neon;
const struct moim_qkernels *
moim_qkernels_best(void); /* for this CPU; MOIM_SIMD in the environment lowers it */

#endif
