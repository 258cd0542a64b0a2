/* A read-only view of a weight as it lies in a file. Views own nothing: they live as long as their file. */
#ifndef MOIM_NN_TENSOR_H
#define MOIM_NN_TENSOR_H

#include <stddef.h>
#include <stdint.h>

enum moim_dtype {
    MOIM_F32,
    MOIM_F16,
    MOIM_BF16,
    MOIM_I8,
    MOIM_I32,
    MOIM_I64,
    MOIM_U8,
    MOIM_Q8_0,   /* GGML blocks: 32 values, f16 scale + 32 int8 */
    MOIM_Q5_0,   /* 32 values, f16 scale + 4 high-bit bytes + 16 nibble bytes */
    MOIM_Q4_0,   /* 32 values, f16 scale + 16 nibble bytes */
    MOIM_Q4_1,   /* 32 values, f16 scale + f16 minimum + 16 nibble bytes */
    MOIM_Q5_1,   /* 32 values, f16 scale + f16 minimum + 4 high-bit bytes + 16 nibble bytes */
    MOIM_IQ4_NL, /* 32 values, f16 scale + 16 nibble bytes that a table turns into values */
    MOIM_MXFP4,  /* 32 values, power of two + 16 nibble bytes, likewise */
    MOIM_IQ4_XS, /* 256 values, f16 scale, 8 6-bit scales of 32 values each, nibbles as in IQ4_NL */
    MOIM_Q4_K,   /* 256 values: 144-byte super-block */
    MOIM_Q5_K,   /* 256 values: 176-byte super-block */
    MOIM_Q6_K,   /* 256 values: 210-byte super-block */
    MOIM_Q2_K,   /* 256 values: 84-byte super-block */
    MOIM_Q3_K,   /* 256 values: 110-byte super-block */
    MOIM_DTYPE_COUNT
};

#define MOIM_MAX_RANK 4

/* dims are outermost first: a linear layer's weight is dims = {out, in}, row-major, in contiguous.
 * (GGUF stores dims innermost first; its reader turns them round.) */
struct moim_tensor {
    const char *name;
    enum moim_dtype type;
    int rank;
    uint64_t dims[MOIM_MAX_RANK];
    const void *data;
    size_t bytes;
    const float *row_scale; /* I8 alone: [dims[0]], a row's codes are divided by its own; NULL: by nothing */
};

/* Bytes of one row of n values of type t; 0 when n is not a whole number of blocks. */
size_t moim_row_bytes(enum moim_dtype t, uint64_t n);

/* Number of values, or 0 on overflow. */
uint64_t moim_tensor_count(const struct moim_tensor *t);

/* Values of one block of type t: 1 for plain types; bytes of one block. */
unsigned moim_block_values(enum moim_dtype t);
unsigned moim_block_bytes(enum moim_dtype t);
/* "f16", "Q4_K" and so on. */
const char *moim_dtype_name(enum moim_dtype t);
/* What nibble i stands for in IQ4_NL and IQ4_XS, and in MXFP4 (twice the value). */
extern const int8_t moim_iq4_values[16], moim_mxfp4_values[16];

/* Scales of blocks at p: MXFP4's (for those doubled values), of part j of an IQ4_XS block, Q3_K's sixteen. */
float moim_mxfp4_scale(uint8_t e);
int moim_iq4_xs_scale(const uint8_t *p, int j);
void moim_q3_k_scales(const uint8_t *p, int8_t *out);

/* Decodes row i (of dims[0]; everything after that dimension is one row) into dst, row_scale applied. */
void moim_tensor_row(const struct moim_tensor *t, uint64_t i, float *dst);

/* Decodes n values that start at value index first (a block boundary) into dst. */
void moim_dequantize(enum moim_dtype t, const void *src, uint64_t n, float *dst);

#endif
