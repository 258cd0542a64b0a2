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
    MOIM_Q8_0, /* GGML blocks: 32 values, f16 scale + 32 int8 */
    MOIM_Q5_0, /* 32 values, f16 scale + 4 high-bit bytes + 16 nibble bytes */
    MOIM_Q4_0, /* 32 values, f16 scale + 16 nibble bytes */
    MOIM_Q4_K, /* 256 values: 144-byte super-block */
    MOIM_Q5_K, /* 256 values: 176-byte super-block */
    MOIM_Q6_K, /* 256 values: 210-byte super-block */
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
};

/* Bytes of one row of n values of type t; 0 when n is not a whole number of blocks. */
size_t moim_row_bytes(enum moim_dtype t, uint64_t n);

/* Number of values, or 0 on overflow. */
uint64_t moim_tensor_count(const struct moim_tensor *t);

/* Decodes n values that start at value index first (a block boundary) into dst. */
void moim_dequantize(enum moim_dtype t, const void *src, uint64_t n, float *dst);

#endif
