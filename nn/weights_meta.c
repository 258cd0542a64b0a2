/* Metadata of a weights file, as GGUF stores it. */
#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t value_size[G_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

size_t moim_meta_size(uint32_t type)
{
    return type < G_COUNT ? value_size[type] : 0;
}

void moim_meta_number(const uint8_t *p, int type, uint64_t *u, double *f, bool *whole)
{
    uint64_t raw = 0;
    int n = value_size[type];
    for (int i = 0; i < n; i++) raw |= (uint64_t)p[i] << (8 * i);
    *whole = type != G_F32 && type != G_F64;
    if (type == G_F32) {
        float v;
        uint32_t bits = (uint32_t)raw;
        memcpy(&v, &bits, sizeof v);
        *f = v;
    } else if (type == G_F64) {
        memcpy(f, &raw, sizeof *f);
    } else if (type == G_I8 || type == G_I16 || type == G_I32 || type == G_I64) {
        int shift = 64 - 8 * n;
        int64_t v = (int64_t)(raw << shift) >> shift;
        *f = (double)v;
        *whole = v >= 0;
    } else {
        *f = (double)raw;
    }
    *u = raw;
}

int moim_meta_strings(struct moim_meta *m, struct moim_cursor *c, uint64_t n, int prefix)
{
    if (n > (c->size - c->pos) / (size_t)prefix) return MOIM_EFORMAT;
    m->kind = MOIM_META_ARR_STR;
    m->n = (size_t)n;
    m->prefix = prefix;
    m->items = c->data + c->pos;
    m->offsets = malloc((m->n + 1) * sizeof *m->offsets);
    if (!m->offsets) return MOIM_ENOMEM;
    for (size_t i = 0, start = c->pos; i < m->n && c->ok; i++) {
        if (c->pos - start > UINT32_MAX) return MOIM_EFORMAT;
        m->offsets[i] = (uint32_t)(c->pos - start);
        moim_read_bytes(c, prefix == 8 ? moim_read_u64(c) : moim_read_u32(c));
    }
    return c->ok ? MOIM_OK : MOIM_EFORMAT;
}

static const struct moim_meta *find_meta(const struct moim_weights *w, const char *key)
{
    for (size_t i = 0; i < w->n_meta; i++)
        if (!strcmp(w->meta[i].key, key)) return &w->meta[i];
    return NULL;
}

bool moim_weights_str(const struct moim_weights *w, const char *key, const char **s, size_t *len)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || m->kind != MOIM_META_STR) return false;
    *s = m->s;
    *len = m->n;
    return true;
}

bool moim_weights_u64(const struct moim_weights *w, const char *key, uint64_t *v)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || m->kind != MOIM_META_U64) return false;
    *v = m->u;
    return true;
}

bool moim_weights_f64(const struct moim_weights *w, const char *key, double *v)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || (m->kind != MOIM_META_F64 && m->kind != MOIM_META_U64)) return false;
    *v = m->f;
    return true;
}

size_t moim_weights_arr_len(const struct moim_weights *w, const char *key)
{
    const struct moim_meta *m = find_meta(w, key);
    return m && (m->kind == MOIM_META_ARR_STR || m->kind == MOIM_META_ARR_NUM) ? m->n : 0;
}

bool moim_weights_arr_str(const struct moim_weights *w, const char *key, size_t i, const char **s,
                          size_t *len)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || m->kind != MOIM_META_ARR_STR || i >= m->n) return false;
    const uint8_t *p = m->items + m->offsets[i];
    uint64_t n = 0;
    for (int k = 0; k < m->prefix; k++) n |= (uint64_t)p[k] << (8 * k);
    *s = (const char *)p + m->prefix;
    *len = (size_t)n;
    return true;
}

bool moim_weights_arr_f64(const struct moim_weights *w, const char *key, size_t i, double *v)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || m->kind != MOIM_META_ARR_NUM || i >= m->n) return false;
    uint64_t u;
    bool whole;
    moim_meta_number(m->items + i * value_size[m->item_type], m->item_type, &u, v, &whole);
    return true;
}
