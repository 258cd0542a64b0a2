#include "nn/matmul.h"
#include "nn/vec.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct moim_weight {
    enum moim_dtype type;
    int rows, cols;
    size_t row_bytes;
    const uint8_t *data;
    float *copy; /* f32 copy, owned, when packed */
};

struct moim_matmul_ws {
    float *row; /* one dequantized block of rows for each task */
    size_t n;
};

int moim_weight_new(struct moim_weight **out, const struct moim_tensor *t, enum moim_pack pack,
                    struct moim_err *err)
{
    *out = NULL;
    if (t->rank < 1 || t->rank > 2) return moim_fail(err, MOIM_EINVAL, "tensor %s is no matrix", t->name);
    uint64_t rows = t->rank == 2 ? t->dims[0] : 1, cols = t->dims[t->rank - 1];
    struct moim_weight *w = calloc(1, sizeof *w);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "tensor %s: out of memory", t->name);
    *w = (struct moim_weight){t->type, (int)rows, (int)cols, moim_row_bytes(t->type, cols), t->data, NULL};
    if (!w->row_bytes || rows > INT32_MAX || cols > INT32_MAX) {
        free(w);
        return moim_fail(err, MOIM_EFORMAT, "tensor %s has an impossible shape", t->name);
    }
    if (pack != MOIM_PACK_VIEW && (t->type == MOIM_F16 || t->type == MOIM_F32)) {
        w->copy = malloc((size_t)(rows * cols) * sizeof *w->copy);
        if (!w->copy) {
            free(w);
            return moim_fail(err, MOIM_ENOMEM, "tensor %s: out of memory", t->name);
        }
        moim_dequantize(t->type, t->data, rows * cols, w->copy);
    }
    *out = w;
    return MOIM_OK;
}

void moim_weight_free(struct moim_weight *w)
{
    if (!w) return;
    free(w->copy);
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
    free(ws->row);
    free(ws);
}

#define ROWS_PER_TASK 64
struct product {
    const struct moim_weight *w;
    const float *x, *bias;
    float *y, *row;
    size_t ldx, ldy;
    int n;
};

static void some_rows(void *arg, int task, int n_tasks)
{
    (void)n_tasks;
    struct product *p = arg;
    int first = task * ROWS_PER_TASK, last = first + ROWS_PER_TASK;
    if (last > p->w->rows) last = p->w->rows;
    float *row = p->row + (size_t)task * (size_t)p->w->cols;
    for (int o = first; o < last; o++) {
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
    if (w->copy) {
        moim_sgemm(n, w->rows, w->cols, 1, x, (int)ldx, w->copy, w->cols, 1, 0, y, (int)ldy);
        for (int t = 0; bias && t < n; t++) moim_axpy(y + (size_t)t * ldy, 1, bias, (size_t)w->rows);
        return MOIM_OK;
    }
    int tasks = (w->rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    size_t need = (size_t)tasks * (size_t)w->cols;
    if (need > ws->n) {
        float *grown = realloc(ws->row, need * sizeof *grown);
        if (!grown) return MOIM_ENOMEM;
        ws->row = grown;
        ws->n = need;
    }
    struct product p = {w, x, bias, y, ws->row, ldx, ldy, n};
    moim_pool_run(pool, some_rows, &p, tasks);
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
