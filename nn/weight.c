/* Weights made ready to multiply. */
#include "nn/matmul_int.h"
#include "nn/vec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static float scale_of(const struct moim_weight *w, int row)
{
    const float *s = w->t.row_scale;
    return s && s[row] != 0 ? 1 / s[row] : 1;
}

/* Rows to 8 bits, in panels that the kernels read as they lie; what is in 8 bits stays as it is. */
static int pack_w8(struct moim_weight *w)
{
    size_t panel = moim_qpanel_bytes(MOIM_W8, w->cols), cols = (size_t)w->cols;
    int panels = (w->rows + 15) / 16;
    float *row = malloc(16 * cols * sizeof *row);
    if (!row || posix_memalign((void **)&w->blocks, 64, panel * (size_t)panels)) {
        free(row);
        w->blocks = NULL;
        return MOIM_ENOMEM;
    }
    for (int p = 0; p < panels; p++) {
        int live = w->rows - 16 * p < 16 ? w->rows - 16 * p : 16;
        const float *rows[16];
        const int8_t *codes[16];
        float scale[16];
        for (int r = 0; r < live; r++) {
            rows[r] = row + (size_t)r * cols;
            codes[r] = (const int8_t *)w->t.data + (size_t)(16 * p + r) * cols;
            scale[r] = scale_of(w, 16 * p + r);
            if (w->t.type != MOIM_I8) moim_tensor_row(&w->t, (uint64_t)(16 * p + r), row + (size_t)r * cols);
        }
        if (w->t.type == MOIM_I8)
            moim_w8_pack_codes(codes, scale, live, w->cols, w->blocks + (size_t)p * panel);
        else
            moim_w8_pack(rows, live, w->cols, w->blocks + (size_t)p * panel);
    }
    free(row);
    w->kind = MOIM_W8;
    return MOIM_OK;
}

static int pack_panels(struct moim_weight *w)
{
    size_t cols = (size_t)w->cols, panels = ((size_t)w->rows + MOIM_PANEL - 1) / MOIM_PANEL,
           size = moim_row_bytes(w->t.type, 1);
    if (posix_memalign((void **)&w->copy, 64, panels * MOIM_PANEL * cols * size)) {
        w->copy = NULL;
        return MOIM_ENOMEM;
    }
    memset(w->copy, 0, panels * MOIM_PANEL * cols * size);
    for (size_t o = 0; o < (size_t)w->rows; o++) {
        const uint8_t *row = (const uint8_t *)w->t.data + o * w->row_bytes;
        uint8_t *at = w->copy + (o / MOIM_PANEL * MOIM_PANEL * cols + o % MOIM_PANEL) * size;
        for (size_t i = 0; i < cols; i++, at += MOIM_PANEL * size) memcpy(at, row + i * size, size);
    }
    return MOIM_OK;
}

const float *moim_weight_panel(const struct moim_weight *w, int i, float *scratch)
{
    size_t n = MOIM_PANEL * (size_t)w->cols;
    const uint8_t *from = w->copy + (size_t)i * n * moim_row_bytes(w->t.type, 1);
    if (w->t.type == MOIM_F32) return (const float *)(const void *)from;
    moim_dequantize(w->t.type, from, n, scratch);
    if (!w->t.row_scale) return scratch;
    float scale[MOIM_PANEL] = {0};
    for (int r = 0; r < MOIM_PANEL && i * MOIM_PANEL + r < w->rows; r++)
        scale[r] = scale_of(w, i * MOIM_PANEL + r);
    for (size_t k = 0; k < n; k += MOIM_PANEL)
        for (size_t r = 0; r < MOIM_PANEL; r++) scratch[k + r] *= scale[r];
    return scratch;
}

static int pack(struct moim_weight *w, enum moim_pack how)
{
    enum moim_dtype t = w->t.type;
    bool plain = t == MOIM_F16 || t == MOIM_F32 || t == MOIM_BF16 || t == MOIM_I8;
    if (!plain || how == MOIM_PACK_VIEW) return MOIM_OK;
    return how == MOIM_PACK_FAST ? pack_panels(w) : pack_w8(w);
}

int moim_weight_new(struct moim_weight **out, const struct moim_tensor *t, enum moim_pack how,
                    struct moim_err *err)
{
    *out = NULL;
    if (t->rank < 1 || t->rank > 2) return moim_fail(err, MOIM_EINVAL, "tensor %s is no matrix", t->name);
    uint64_t rows = t->rank == 2 ? t->dims[0] : 1, cols = t->dims[t->rank - 1];
    struct moim_weight *w = calloc(1, sizeof *w);
    if (!w) return moim_fail(err, MOIM_ENOMEM, "tensor %s: out of memory", t->name);
    *w = (struct moim_weight){.t = *t,
                              .kind = (int)t->type,
                              .rows = (int)rows,
                              .cols = (int)cols,
                              .row_bytes = moim_row_bytes(t->type, cols)};
    w->t.rank = 2;
    w->t.dims[0] = rows;
    w->t.dims[1] = cols;
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
enum moim_dtype moim_weight_type(const struct moim_weight *w)
{
    return w->t.type;
}
size_t moim_weight_bytes(const struct moim_weight *w)
{
    size_t panels = ((size_t)w->rows + MOIM_PANEL - 1) / MOIM_PANEL;
    if (w->copy) return panels * MOIM_PANEL * (size_t)w->cols * moim_row_bytes(w->t.type, 1);
    return w->blocks ? moim_qpanel_bytes(MOIM_W8, w->cols) * (((size_t)w->rows + 15) / 16) : 0;
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
    if (w->kind == MOIM_W8) {
        row_w8(w, i, dst);
        return;
    }
    if (!w->copy) {
        moim_tensor_row(&w->t, (uint64_t)i, dst);
        return;
    }
    size_t size = moim_row_bytes(w->t.type, 1);
    const uint8_t *at =
        w->copy + ((size_t)(i / MOIM_PANEL) * MOIM_PANEL * (size_t)w->cols + i % MOIM_PANEL) * size;
    float scale = scale_of(w, i);
    for (int k = 0; k < w->cols; k++, at += MOIM_PANEL * size) {
        moim_dequantize(w->t.type, at, 1, dst + k);
        dst[k] *= scale;
    }
}
