#include "nn/matmul.h"
#include "nn/quant.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct moim_weight {
    enum moim_dtype type; /* in the file */
    int kind;             /* that, or MOIM_W8 */
    int rows, cols;
    size_t row_bytes;
    const uint8_t *data;
    float *copy;     /* f32, owned, when packed: [outs / 64][in][64], the last panel padded with zeros */
    uint8_t *blocks; /* panels of MOIM_W8, owned, when quantized at load */
};

struct moim_matmul_ws {
    void *acts, *rows; /* quantized activations; one set of unpacked panels for each task */
    size_t acts_size, rows_size;
};

static bool is_quantized(int kind)
{
    return kind >= MOIM_Q8_0 && kind <= MOIM_W8;
}

/* Rows to 8 bits, in panels that the kernels read as they lie. */
static int pack_w8(struct moim_weight *w)
{
    size_t panel = moim_qpanel_bytes(MOIM_W8, w->cols), cols = (size_t)w->cols;
    int panels = (w->rows + 15) / 16;
    float *row = malloc(16 * cols * sizeof *row);
    const float *rows[16];
    if (!row || posix_memalign((void **)&w->blocks, 64, panel * (size_t)panels)) {
        free(row);
        w->blocks = NULL;
        return MOIM_ENOMEM;
    }
    for (int p = 0; p < panels; p++) {
        int live = w->rows - 16 * p < 16 ? w->rows - 16 * p : 16;
        for (int r = 0; r < live; r++) {
            rows[r] = row + (size_t)r * cols;
            moim_dequantize(w->type, w->data + (size_t)(16 * p + r) * w->row_bytes, cols,
                            row + (size_t)r * cols);
        }
        moim_w8_pack(rows, live, w->cols, w->blocks + (size_t)p * panel);
    }
    free(row);
    w->kind = MOIM_W8;
    return MOIM_OK;
}

#define F32_PANEL 64

static int pack_f32(struct moim_weight *w)
{
    size_t cols = (size_t)w->cols, panels = ((size_t)w->rows + F32_PANEL - 1) / F32_PANEL;
    float *row = malloc(cols * sizeof *row);
    if (!row || posix_memalign((void **)&w->copy, 64, panels * F32_PANEL * cols * sizeof *w->copy)) {
        free(row);
        w->copy = NULL;
        return MOIM_ENOMEM;
    }
    memset(w->copy, 0, panels * F32_PANEL * cols * sizeof *w->copy);
    for (size_t o = 0; o < (size_t)w->rows; o++) {
        moim_dequantize(w->type, w->data + o * w->row_bytes, cols, row);
        float *at = w->copy + o / F32_PANEL * F32_PANEL * cols + o % F32_PANEL;
        for (size_t i = 0; i < cols; i++) at[i * F32_PANEL] = row[i];
    }
    free(row);
    return MOIM_OK;
}

static int pack(struct moim_weight *w, enum moim_pack how)
{
    bool plain = w->type == MOIM_F16 || w->type == MOIM_F32 || w->type == MOIM_BF16;
    if (!plain || how == MOIM_PACK_VIEW) return MOIM_OK;
    if (how == MOIM_PACK_FAST) return pack_f32(w);
    return pack_w8(w);
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
                              .kind = (int)t->type,
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

static void row_w8(const struct moim_weight *w, int i, float *dst)
{
    const uint8_t *p = w->blocks + (size_t)(i / 16) * moim_qpanel_bytes(MOIM_W8, w->cols);
    int r = i % 16;
    for (int k = 0; k < w->cols; k++) {
        int c = k % MOIM_W8_COLS;
        float d = ((const float *)(const void *)(p + 16 * MOIM_W8_COLS))[r];
        dst[k] = d * (float)(p[c / 4 * 64 + r * 4 + c % 4] - 128);
        if (c == MOIM_W8_COLS - 1) p += MOIM_W8_BLOCK;
    }
}

void moim_weight_row(const struct moim_weight *w, int i, float *dst)
{
    if (w->copy) {
        const float *at = w->copy + (size_t)(i / F32_PANEL) * F32_PANEL * (size_t)w->cols + i % F32_PANEL;
        for (int k = 0; k < w->cols; k++) dst[k] = at[(size_t)k * F32_PANEL];
    } else if (w->kind == MOIM_W8)
        row_w8(w, i, dst);
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
    int n, tasks, panels, group; /* panels of the whole matrix; panels unpacked at once */
    size_t panel;                /* bytes of one */
    int8_t *q;
    float *d;
    int32_t *sums;
    uint8_t *rows; /* [tasks] areas of group panels */
};

static void quantize_some(void *arg, int i, int n)
{
    struct product *p = arg;
    size_t cols = moim_qcols(p->w->kind, p->w->cols), blocks = cols / (size_t)moim_qblock(p->w->kind);
    for (int t = (int)((long)p->n * i / n); t < (int)((long)p->n * (i + 1) / n); t++)
        p->k->quantize(p->w->kind, p->x + (size_t)t * p->ldx, p->w->cols, p->q + (size_t)t * cols,
                       p->d + (size_t)t * blocks, p->sums + (size_t)t * (cols / 4));
}

/* Activation rows [from, to) against panels [first, first + count), which lie at `at`. */
static void multiply(const struct product *p, const uint8_t *at, int first, int count, int from, int to)
{
    const struct moim_qacts a = {p->q, p->d, p->sums};
    int rows = moim_qrows(p->w->kind);
    float out[MOIM_QTILE * MOIM_QROWS_MAX];
    for (int t = from; t < to; t += MOIM_QTILE) {
        int n = to - t < MOIM_QTILE ? to - t : MOIM_QTILE;
        for (int i = 0; i < count; i++) {
            int o = (first + i) * rows, live = p->w->rows - o < rows ? p->w->rows - o : rows;
            p->k->tile(p->w->kind, at + (size_t)i * p->panel, p->w->cols, &a, t, n, out);
            for (int k = 0; k < n; k++) {
                float *y = p->y + (size_t)(t + k) * p->ldy + o;
                for (int r = 0; r < live; r++) y[r] = out[k * rows + r] + (p->bias ? p->bias[o + r] : 0);
            }
        }
    }
}

#define CACHED (256 << 10) /* bytes of activations or of panels that stay in the second-level cache */

static void some_panels(void *arg, int task, int n_tasks)
{
    struct product *p = arg;
    const struct moim_weight *w = p->w;
    int first = (int)((long)p->panels * task / n_tasks), last = (int)((long)p->panels * (task + 1) / n_tasks);
    int rows = moim_qrows(w->kind);
    uint8_t *area = p->rows + (size_t)task * (size_t)p->group * p->panel;
    if (w->kind == MOIM_W8) {
        int chunk = (int)(CACHED / moim_qcols(w->kind, w->cols)) / MOIM_QTILE * MOIM_QTILE;
        if (chunk < MOIM_QTILE) chunk = MOIM_QTILE;
        for (int t = 0; t < p->n; t += chunk)
            for (int i = first; i < last; i++)
                multiply(p, w->blocks + (size_t)i * p->panel, i, 1, t, p->n - t < chunk ? p->n : t + chunk);
        return;
    }
    for (int i = first; i < last; i += p->group) {
        int count = last - i < p->group ? last - i : p->group;
        for (int k = 0; k < count; k++) {
            int o = (i + k) * rows, live = w->rows - o < rows ? w->rows - o : rows;
            p->k->unpack(w->kind, w->data + (size_t)o * w->row_bytes, w->row_bytes, live, w->cols,
                         area + (size_t)k * p->panel);
        }
        multiply(p, area, i, count, 0, p->n);
    }
}

/* One activation row against a share of the rows as they lie. */
static void some_rows(void *arg, int task, int n_tasks)
{
    struct product *p = arg;
    const struct moim_weight *w = p->w;
    const struct moim_qacts a = {p->q, p->d, p->sums};
    long eights = (w->rows + 7) / 8, from = eights * task / n_tasks * 8,
         to = eights * (task + 1) / n_tasks * 8;
    if (to > w->rows) to = w->rows;
    p->k->rows(w->kind, w->data + (size_t)from * w->row_bytes, w->row_bytes, (int)(to - from), w->cols, &a,
               p->y + from);
    for (long o = from; o < to; o++) p->y[o] += p->bias ? p->bias[o] : 0;
}

static bool has_rows(const struct moim_qkernels *k, int kind)
{
    return k->rows && k->rows(kind, NULL, 0, 0, 0, NULL, NULL);
}

static int quantized_product(struct moim_pool *pool, struct moim_matmul_ws *ws, struct product *p)
{
    int kind = p->w->kind, threads = moim_pool_threads(pool), rows = moim_qrows(kind);
    size_t cols = moim_qcols(kind, p->w->cols), blocks = cols / (size_t)moim_qblock(kind), n = (size_t)p->n;
    size_t floats = (n * blocks * sizeof(float) + 63) / 64 * 64;
    p->k = moim_qkernels_best();
    p->panels = (p->w->rows + rows - 1) / rows;
    p->panel = moim_qpanel_bytes(kind, p->w->cols);
    /* One panel that stays in the first-level cache while few activations pass; many when many do. */
    p->group = p->n > MOIM_QTILE && rows == 4 ? (int)(CACHED / 2 / p->panel) + 1 : 1;
    /* More tasks than threads, so that one that is held up does not hold up all. */
    p->tasks = threads > 1 ? 4 * threads : 1;
    if (p->tasks > p->panels) p->tasks = p->panels;
    size_t area = kind == MOIM_W8 ? 0 : (size_t)p->tasks * (size_t)p->group * p->panel;
    if (!reserve(&ws->acts, &ws->acts_size, n * cols * 2 + floats) ||
        !reserve(&ws->rows, &ws->rows_size, area + 64))
        return MOIM_ENOMEM;
    p->d = ws->acts;
    p->sums = (int32_t *)(void *)((uint8_t *)ws->acts + floats);
    p->q = (int8_t *)ws->acts + floats + n * cols;
    p->rows = ws->rows;
    moim_pool_run(p->n < 8 ? NULL : pool, quantize_some, p, p->n < 8 ? 1 : p->tasks);
    moim_pool_run(pool, p->n == 1 && has_rows(p->k, kind) ? some_rows : some_panels, p, p->tasks);
    return MOIM_OK;
}

#define F32_BLOCK 96 /* activation rows a task */

static void f32_block(void *arg, int task, int n_tasks)
{
    (void)n_tasks;
    const struct product *p = arg;
    size_t cols = (size_t)p->w->cols;
    int panel = task % p->panels, t0 = task / p->panels * F32_BLOCK, o = panel * F32_PANEL;
    int n = p->n - t0 < F32_BLOCK ? p->n - t0 : F32_BLOCK;
    int live = p->w->rows - o < F32_PANEL ? p->w->rows - o : F32_PANEL;
    const float *x = p->x + (size_t)t0 * p->ldx, *b = p->w->copy + (size_t)panel * F32_PANEL * cols;
    float *y = p->y + (size_t)t0 * p->ldy + o;
    if (live == F32_PANEL) moim_gemm((size_t)n, F32_PANEL, cols, 1, x, p->ldx, b, F32_PANEL, y, p->ldy);
    for (int t = 0; live < F32_PANEL && t < n; t += 6) {
        float part[6 * F32_PANEL];
        int k = n - t < 6 ? n - t : 6;
        moim_gemm((size_t)k, F32_PANEL, cols, 1, x + (size_t)t * p->ldx, p->ldx, b, F32_PANEL, part,
                  F32_PANEL);
        for (int i = 0; i < k; i++)
            memcpy(y + (size_t)(t + i) * p->ldy, part + i * F32_PANEL, (size_t)live * sizeof *y);
    }
    for (int t = 0; p->bias && t < n; t++) moim_axpy(y + (size_t)t * p->ldy, 1, p->bias + o, (size_t)live);
}

/* f16 and its kin where they lie: rows are widened one by one. */
static void plain_rows(void *arg, int task, int n_tasks)
{
    struct product *p = arg;
    float *row = (float *)(void *)(p->rows + (size_t)task * (size_t)p->w->cols * sizeof *row);
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
    struct product p = {.w = w, .x = x, .bias = bias, .y = y, .ldx = ldx, .ldy = ldy, .n = n};
    if (w->copy) {
        int panels = (w->rows + F32_PANEL - 1) / F32_PANEL, blocks = (n + F32_BLOCK - 1) / F32_BLOCK;
        p.panels = panels;
        moim_pool_run((size_t)n * (size_t)w->rows * (size_t)w->cols > 100000 ? pool : NULL, f32_block, &p,
                      panels * blocks);
        return MOIM_OK;
    }
    if (is_quantized(w->kind)) return quantized_product(pool, ws, &p);
    p.tasks = moim_pool_threads(pool);
    if (!reserve(&ws->rows, &ws->rows_size, (size_t)p.tasks * (size_t)w->cols * sizeof(float)))
        return MOIM_ENOMEM;
    p.rows = ws->rows;
    moim_pool_run(pool, plain_rows, &p, p.tasks);
    return MOIM_OK;
}

const char *moim_simd_name(void)
{
    return moim_qkernels_best()->name;
}
