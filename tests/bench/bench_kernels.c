/* Speed of nn/'s products, one JSON line each: weights of every type against one activation row (GB/s of
 * weights read) and against 256 (GFLOP/s), f32 by moim_gemm and by OpenBLAS.  bench_kernels [THREADS] */
#include "nn/matmul.h"
#include "nn/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 4096, COLS = 2048, MANY = 256 };

static double now(void)
{
    struct timespec t;
    clock_gettime(getenv("BENCH_CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double best(struct moim_pool *pool, struct moim_matmul_ws *ws, const struct moim_weight *w,
                   const float *x, int n, float *y)
{
    double least = 1e9, begin = now();
    for (int i = 0; i < 200 && now() - begin < 1; i++) {
        double t = now();
        if (moim_matmul(pool, ws, w, x, COLS, n, NULL, y, ROWS)) return -1;
        t = now() - t;
        if (t < least) least = t;
    }
    return least;
}

static int one(struct moim_pool *pool, const char *name, enum moim_dtype type, enum moim_pack pack,
               const float *x, float *y)
{
    size_t bytes = moim_row_bytes(type, COLS) * ROWS;
    uint8_t *data = calloc(bytes, 1); /* zeros are valid blocks; speed does not depend on values */
    struct moim_matmul_ws *ws = moim_matmul_ws_new();
    struct moim_tensor t = {
        .name = name, .type = type, .rank = 2, .dims = {ROWS, COLS}, .data = data, .bytes = bytes};
    struct moim_weight *w = NULL;
    struct moim_err err;
    int rc = data && ws ? moim_weight_new(&w, &t, pack, &err) : MOIM_ENOMEM;
    if (!rc) {
        double single = best(pool, ws, w, x, 1, y), many = best(pool, ws, w, x, MANY, y);
        size_t read = pack == MOIM_PACK_Q8     ? (size_t)ROWS * COLS
                      : pack == MOIM_PACK_FAST ? 4ul * ROWS * COLS
                                               : bytes;
        printf("{\"kernel\":\"%s\",\"simd\":\"%s\",\"row_gb_s\":%.1f,\"batch_gflop_s\":%.1f}\n", name,
               moim_simd_name(), (double)read / single / 1e9, 2.0 * ROWS * COLS * MANY / many / 1e9);
    }
    moim_weight_free(w);
    moim_matmul_ws_free(ws);
    free(data);
    return rc;
}

int main(int argc, char **argv)
{
    struct moim_pool *pool = moim_pool_new(argc > 1 ? atoi(argv[1]) : 2);
    float *x = calloc(MANY * COLS, sizeof *x), *y = calloc((size_t)MANY * ROWS, sizeof *y);
    float *b = calloc((size_t)ROWS * COLS, sizeof *b);
    if (!x || !y || !b) return 1;
    for (int i = 0; i < MANY * COLS; i++) x[i] = (float)(i % 255) / 255;
    int rc = one(pool, "Q8_0", MOIM_Q8_0, MOIM_PACK_VIEW, x, y) ||
             one(pool, "Q5_0", MOIM_Q5_0, MOIM_PACK_VIEW, x, y) ||
             one(pool, "Q4_0", MOIM_Q4_0, MOIM_PACK_VIEW, x, y) ||
             one(pool, "Q4_K", MOIM_Q4_K, MOIM_PACK_VIEW, x, y) ||
             one(pool, "Q5_K", MOIM_Q5_K, MOIM_PACK_VIEW, x, y) ||
             one(pool, "Q6_K", MOIM_Q6_K, MOIM_PACK_VIEW, x, y) ||
             one(pool, "8-bit panels", MOIM_F32, MOIM_PACK_Q8, x, y) ||
             one(pool, "f32 panels", MOIM_F32, MOIM_PACK_FAST, x, y);
    double least = 1e9;
    for (int i = 0; i < 5; i++) {
        double t = now();
        moim_sgemm(MANY, ROWS, COLS, 1, x, COLS, b, COLS, 1, 0, y, ROWS);
        t = now() - t;
        if (t < least) least = t;
    }
    printf("{\"kernel\":\"f32 by OpenBLAS\",\"batch_gflop_s\":%.1f}\n",
           2.0 * ROWS * COLS * MANY / least / 1e9);
    moim_pool_free(pool);
    free(x);
    free(y);
    free(b);
    return rc ? 1 : 0;
}
