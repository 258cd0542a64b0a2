#include "nn/matmul_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct moim_matmul_ws {
    void *acts, *rows; /* quantized activations; one set of unpacked panels for each task */
    size_t acts_size, rows_size;
};

static bool is_quantized(int kind)
{
    return kind >= MOIM_Q8_0 && kind <= MOIM_W8;
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
    float *by_sum; /* [n][blocks] where the type has minima, else NULL */
    uint8_t *rows; /* [tasks] areas of group panels */
};

static void quantize_some(void *arg, int i, int n)
{
    struct product *p = arg;
    size_t cols = moim_qcols(p->w->kind, p->w->cols), blocks = cols / (size_t)moim_qblock(p->w->kind);
    for (int t = (int)((long)p->n * i / n); t < (int)((long)p->n * (i + 1) / n); t++) {
        p->k->quantize(p->w->kind, p->x + (size_t)t * p->ldx, p->w->cols, p->q + (size_t)t * cols,
                       p->d + (size_t)t * blocks, p->sums + (size_t)t * (cols / 4));
        if (p->by_sum)
            moim_block_sums(p->x + (size_t)t * p->ldx, p->q + (size_t)t * cols, p->w->cols,
                            p->by_sum + (size_t)t * blocks);
    }
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
            for (int k = 0; k < n && p->by_sum; k++)
                moim_add_minima(at + (size_t)i * p->panel, p->w->cols,
                                p->by_sum + (size_t)(t + k) * (size_t)(p->w->cols / 32), out + k * rows);
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
            p->k->unpack(w->kind, (const uint8_t *)w->t.data + (size_t)o * w->row_bytes, w->row_bytes, live,
                         w->cols, area + (size_t)k * p->panel);
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
    p->k->rows(w->kind, (const uint8_t *)w->t.data + (size_t)from * w->row_bytes, w->row_bytes,
               (int)(to - from), w->cols, &a, p->y + from);
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
    bool minima = moim_qhas_minima(kind);
    if (!reserve(&ws->acts, &ws->acts_size, n * cols * 2 + (minima ? 2 : 1) * floats) ||
        !reserve(&ws->rows, &ws->rows_size, area + 64))
        return MOIM_ENOMEM;
    p->d = ws->acts;
    p->sums = (int32_t *)(void *)((uint8_t *)ws->acts + floats);
    p->q = (int8_t *)ws->acts + floats + n * cols;
    if (minima) p->by_sum = (float *)(void *)(p->q + n * cols);
    p->rows = ws->rows;
    moim_pool_run(p->n < 8 ? NULL : pool, quantize_some, p, p->n < 8 ? 1 : p->tasks);
    moim_pool_run(pool, p->n == 1 && has_rows(p->k, kind) ? some_rows : some_panels, p, p->tasks);
    return MOIM_OK;
}

#define F32_BLOCK 96 /* activation rows that meet a panel at once */

/* Activation rows t0 ... t0 + n - 1 against panel number i, which lies at b as f32. */
static void times_panel(const struct product *p, int i, const float *b, int t0, int n)
{
    size_t cols = (size_t)p->w->cols;
    int o = i * MOIM_PANEL, live = p->w->rows - o < MOIM_PANEL ? p->w->rows - o : MOIM_PANEL;
    const float *x = p->x + (size_t)t0 * p->ldx;
    float *y = p->y + (size_t)t0 * p->ldy + o;
    if (live == MOIM_PANEL) moim_gemm((size_t)n, MOIM_PANEL, cols, 1, x, p->ldx, b, MOIM_PANEL, y, p->ldy);
    for (int t = 0; live < MOIM_PANEL && t < n; t += 6) {
        float part[6 * MOIM_PANEL];
        int k = n - t < 6 ? n - t : 6;
        moim_gemm((size_t)k, MOIM_PANEL, cols, 1, x + (size_t)t * p->ldx, p->ldx, b, MOIM_PANEL, part,
                  MOIM_PANEL);
        for (int r = 0; r < k; r++)
            memcpy(y + (size_t)(t + r) * p->ldy, part + r * MOIM_PANEL, (size_t)live * sizeof *y);
    }
    for (int t = 0; p->bias && t < n; t++) moim_axpy(y + (size_t)t * p->ldy, 1, p->bias + o, (size_t)live);
}

static void f32_block(void *arg, int task, int n_tasks)
{
    (void)n_tasks;
    const struct product *p = arg;
    int i = task % p->panels, t0 = task / p->panels * F32_BLOCK;
    times_panel(p, i, moim_weight_panel(p->w, i, NULL), t0, p->n - t0 < F32_BLOCK ? p->n - t0 : F32_BLOCK);
}

/* Panels of another type are widened one at a time. */
static void widened_panels(void *arg, int task, int n_tasks)
{
    const struct product *p = arg;
    float *scratch = (float *)(void *)(p->rows + (size_t)task * p->panel);
    int last = (int)((long)p->panels * (task + 1) / n_tasks);
    for (int i = (int)((long)p->panels * task / n_tasks); i < last; i++) {
        const float *b = moim_weight_panel(p->w, i, scratch);
        for (int t = 0; t < p->n; t += F32_BLOCK)
            times_panel(p, i, b, t, p->n - t < F32_BLOCK ? p->n - t : F32_BLOCK);
    }
}

static int plain_product(struct moim_pool *pool, struct moim_matmul_ws *ws, struct product *p)
{
    const struct moim_weight *w = p->w;
    p->panels = (w->rows + MOIM_PANEL - 1) / MOIM_PANEL;
    if ((size_t)p->n * (size_t)w->rows * (size_t)w->cols <= 100000) pool = NULL;
    if (w->t.type == MOIM_F32) {
        moim_pool_run(pool, f32_block, p, p->panels * ((p->n + F32_BLOCK - 1) / F32_BLOCK));
        return MOIM_OK;
    }
    int threads = moim_pool_threads(pool);
    p->tasks = threads > 1 ? 4 * threads : 1;
    if (p->tasks > p->panels) p->tasks = p->panels;
    p->panel = (size_t)w->cols * MOIM_PANEL * sizeof(float);
    if (!reserve(&ws->rows, &ws->rows_size, (size_t)p->tasks * p->panel)) return MOIM_ENOMEM;
    p->rows = ws->rows;
    moim_pool_run(pool, widened_panels, p, p->tasks);
    return MOIM_OK;
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
    if (w->copy) return plain_product(pool, ws, &p);
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
