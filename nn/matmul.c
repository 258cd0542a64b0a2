#include "nn/matmul.h"
#include "nn/quant.h"
#include "nn/vec.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct moim_weight {
    enum moim_dtype type;
    int rows, cols;
    size_t row_bytes;
    const uint8_t *data;
    float *copy;     /* f32 copy, owned, when packed */
    uint8_t *blocks; /* Q8_0 rows, owned, when quantized at load */
};

struct moim_matmul_ws {
    void *acts, *rows; /* quantized activations; one set of unpacked rows for each task */
    size_t acts_size, rows_size;
};

static bool is_quantized(enum moim_dtype t)
{
    return t >= MOIM_Q8_0 && t <= MOIM_Q6_K;
}

/* Q8_0 blocks of 32: f16 scale, int8 values. */
static void quantize_q8(const float *x, int n, uint8_t *out)
{
    for (int b = 0; b < n; b += 32, out += 34) {
        float most = 0;
        for (int i = 0; i < 32; i++) most = fmaxf(most, fabsf(x[b + i]));
        float d = most / 127, inverse = most > 0 ? 127 / most : 0;
        moim_f32_to_f16(out, &d, 1);
        for (int i = 0; i < 32; i++) out[2 + i] = (uint8_t)(int8_t)lrintf(x[b + i] * inverse);
    }
}

static int pack(struct moim_weight *w, enum moim_pack how)
{
    bool plain = w->type == MOIM_F16 || w->type == MOIM_F32 || w->type == MOIM_BF16;
    size_t n = (size_t)w->rows * (size_t)w->cols;
    if (!plain || how == MOIM_PACK_VIEW) return MOIM_OK;
    if (how == MOIM_PACK_FAST || w->cols % 32) {
        w->copy = malloc(n * sizeof *w->copy);
        if (!w->copy) return MOIM_ENOMEM;
        moim_dequantize(w->type, w->data, n, w->copy);
        return MOIM_OK;
    }
    size_t packed = moim_row_bytes(MOIM_Q8_0, (uint64_t)w->cols);
    float *row = malloc((size_t)w->cols * sizeof *row);
    w->blocks = malloc(packed * (size_t)w->rows);
    for (int i = 0; row && w->blocks && i < w->rows; i++) {
        moim_dequantize(w->type, w->data + (size_t)i * w->row_bytes, (uint64_t)w->cols, row);
        quantize_q8(row, w->cols, w->blocks + (size_t)i * packed);
    }
    free(row);
    if (!row || !w->blocks) return MOIM_ENOMEM;
    w->type = MOIM_Q8_0;
    w->row_bytes = packed;
    w->data = w->blocks;
    return MOIM_OK;
}

int moim_weight_new(struct moim_weight **out, const struct moim_tensor *t, enum moim_pack how,
                    struct moim_err *err)
{
    *out = NULL;
    if (t->rank < 1 || t->rank > 2) return moim_fail(err, MOIM_EINVAL, "tensor %s is no matrix", t->name);
    uint64_t rows = t->rank == 2 ? t->dims[0] : 1, cols = t->dims[t->rank - 1];
    struct moim_weight *w = calloc(1, sizeof *w);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "tensor %s: out of memory", t->name);
    *w = (struct moim_weight){.type = t->type,
                              .rows = (int)rows,
                              .cols = (int)cols,
                              .row_bytes = moim_row_bytes(t->type, cols),
                              .data = t->data};
    int rc = !w->row_bytes || rows > INT32_MAX || cols > INT32_MAX ? MOIM_EFORMAT : pack(w, how);
    if (rc) {
        moim_weight_free(w);
        return moim_fail(err, rc,
                         rc == MOIM_ENOMEM ? "tensor %s: out of memory" : "tensor %s has an impossible shape",
                         t->name);
    }
    *out = w;
    return MOIM_OK;
}

void moim_weight_free(struct moim_weight *w)
{
    if (!w) return;
    free(w->copy);
    free(w->blocks);
    free(w);
}

int moim_weight_rows(const struct moim_weight *w)
{
    return w->rows;
}
int moim_weight_cols(const struct moim_weight *w)
{
    return w->cols;
}

void moim_weight_row(const struct moim_weight *w, int i, float *dst)
{
    if (w->copy)
        memcpy(dst, w->copy + (size_t)i * (size_t)w->cols, (size_t)w->cols * sizeof *dst);
    else
        moim_dequantize(w->type, w->data + (size_t)i * w->row_bytes, (uint64_t)w->cols, dst);
}

struct moim_matmul_ws *moim_matmul_ws_new(void)
{
    return calloc(1, sizeof(struct moim_matmul_ws));
}

void moim_matmul_ws_free(struct moim_matmul_ws *ws)
{
    if (!ws) return;
    free(ws->acts);
    free(ws->rows);
    free(ws);
}

static bool reserve(void **p, size_t *have, size_t want)
{
    if (want <= *have) return true;
    void *grown = NULL;
    if (posix_memalign(&grown, 64, want)) return false;
    memset(grown, 0, want);
    free(*p);
    *p = grown;
    *have = want;
    return true;
}

struct product {
    const struct moim_weight *w;
    const struct moim_qkernels *k;
    const float *x, *bias;
    float *y;
    size_t ldx, ldy;
    int n, cols64, tasks;
    struct moim_qacts acts;
    uint8_t *rows; /* [tasks] areas of row_area() bytes */
};

static size_t row_area(int cols64)
{
    return (size_t)MOIM_QROWS * ((size_t)cols64 + 2 * (size_t)cols64 / 16 * sizeof(float));
}

static void quantize_one(void *arg, int i, int n)
{
    struct product *p = arg;
    /* A few rows of activations a task: one alone is too little work. */
    for (int t = p->n * i / n; t < p->n * (i + 1) / n; t++) {
        size_t blocks = (size_t)p->cols64 / 16;
        p->k->quantize(p->x + (size_t)t * p->ldx, p->w->cols, p->w->type >= MOIM_Q4_K ? 256 : 32,
                       p->acts.x + (size_t)t * (size_t)p->cols64, p->acts.scale + (size_t)t * blocks,
                       p->acts.sum + (size_t)t * blocks);
    }
}

/* Rows first ... last - 1 of the result, four at a time against every activation. */
static void quantized_rows(void *arg, int task, int n_tasks)
{
    struct product *p = arg;
    size_t cols = (size_t)p->cols64, blocks = cols / 16;
    uint8_t *area = p->rows + (size_t)task * row_area(p->cols64);
    struct moim_qweights q = {area, (float *)(void *)(area + MOIM_QROWS * cols), NULL, p->cols64};
    q.c = q.s + MOIM_QROWS * blocks;
    int groups = (p->w->rows + MOIM_QROWS - 1) / MOIM_QROWS;
    int first = (int)((long)groups * task / n_tasks) * MOIM_QROWS,
        last = (int)((long)groups * (task + 1) / n_tasks) * MOIM_QROWS;
    for (int o = first; o < last; o += MOIM_QROWS) {
        int live = p->w->rows - o < MOIM_QROWS ? p->w->rows - o : MOIM_QROWS;
        for (int r = 0; r < live; r++)
            p->k->unpack(p->w->type, p->w->data + (size_t)(o + r) * p->w->row_bytes, p->w->cols,
                         q.q + (size_t)r * cols, q.s + (size_t)r * blocks, q.c + (size_t)r * blocks);
        for (int t = 0; t < p->n; t++) {
            float out[MOIM_QROWS];
            p->k->dot4(&q, p->acts.x + (size_t)t * cols, p->acts.scale + (size_t)t * blocks,
                       p->acts.sum + (size_t)t * blocks, out);
            for (int r = 0; r < live; r++)
                p->y[(size_t)t * p->ldy + (size_t)(o + r)] = out[r] + (p->bias ? p->bias[o + r] : 0);
        }
    }
}

static int quantized_product(struct moim_pool *pool, struct moim_matmul_ws *ws, struct product *p)
{
    size_t cols = (size_t)p->cols64, blocks = cols / 16, n = (size_t)p->n;
    p->k = moim_qkernels_best();
    p->tasks = moim_pool_threads(pool);
    if (!reserve(&ws->acts, &ws->acts_size, n * (cols + 2 * blocks * sizeof(float))) ||
        !reserve(&ws->rows, &ws->rows_size, (size_t)p->tasks * row_area(p->cols64)))
        return MOIM_ENOMEM;
    p->acts =
        (struct moim_qacts){ws->acts, (float *)(void *)((uint8_t *)ws->acts + n * cols), NULL, p->cols64};
    p->acts.sum = p->acts.scale + n * blocks;
    p->rows = ws->rows;
    moim_pool_run(p->n < 8 ? NULL : pool, quantize_one, p, p->n < 8 ? 1 : p->tasks);
    moim_pool_run(pool, quantized_rows, p, p->tasks);
    return MOIM_OK;
}

/* f16 and its kin where they lie: rows are widened one by one. */
static void plain_rows(void *arg, int task, int n_tasks)
{
    struct product *p = arg;
    float *row = (float *)(void *)(p->rows + (size_t)task * (size_t)p->cols64 * sizeof *row);
    for (int o = (int)((long)p->w->rows * task / n_tasks); o < (int)((long)p->w->rows * (task + 1) / n_tasks);
         o++) {
        moim_weight_row(p->w, o, row);
        for (int t = 0; t < p->n; t++)
            p->y[(size_t)t * p->ldy + (size_t)o] =
                moim_dot(p->x + (size_t)t * p->ldx, row, (size_t)p->w->cols) + (p->bias ? p->bias[o] : 0);
    }
}

int moim_matmul(struct moim_pool *pool, struct moim_matmul_ws *ws, const struct moim_weight *w,
                const float *x, size_t ldx, int n, const float *bias, float *y, size_t ldy)
{
    if (n <= 0) return MOIM_OK;
    struct product p = {
        .w = w, .x = x, .bias = bias, .y = y, .ldx = ldx, .ldy = ldy, .n = n, .cols64 = (w->cols + 63) & ~63};
    if (w->copy) {
        moim_sgemm(n, w->rows, w->cols, 1, x, (int)ldx, w->copy, w->cols, 1, 0, y, (int)ldy);
        for (int t = 0; bias && t < n; t++) moim_axpy(y + (size_t)t * ldy, 1, bias, (size_t)w->rows);
        return MOIM_OK;
    }
    if (is_quantized(w->type)) return quantized_product(pool, ws, &p);
    p.tasks = moim_pool_threads(pool);
    if (!reserve(&ws->rows, &ws->rows_size, (size_t)p.tasks * (size_t)p.cols64 * sizeof(float)))
        return MOIM_ENOMEM;
    p.rows = ws->rows;
    moim_pool_run(pool, plain_rows, &p, p.tasks);
    return MOIM_OK;
}

void moim_sgemm(int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                int trans_b, float beta, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
                ldb, beta, c, ldc);
}

const char *moim_simd_name(void)
{
    return "scalar";
}
