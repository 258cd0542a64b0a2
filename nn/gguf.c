/* GGUF version 2 and 3 (ggml/docs/gguf.md): "GGUF", u32 version, u64 tensor count, u64 key count; keys;
 * tensor infos (name, rank, dims innermost first, type, offset); padding to general.alignment; data.
 * Little-endian. */
#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

enum { G_U8, G_I8, G_U16, G_I16, G_U32, G_I32, G_F32, G_BOOL, G_STR, G_ARR, G_U64, G_I64, G_F64, G_COUNT };
static const uint8_t value_size[G_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

static bool dtype_of(uint32_t ggml, enum moim_dtype *t)
{
    switch (ggml) {
    case 0: *t = MOIM_F32; return true;
    case 1: *t = MOIM_F16; return true;
    case 2: *t = MOIM_Q4_0; return true;
    case 6: *t = MOIM_Q5_0; return true;
    case 8: *t = MOIM_Q8_0; return true;
    case 12: *t = MOIM_Q4_K; return true;
    case 13: *t = MOIM_Q5_K; return true;
    case 14: *t = MOIM_Q6_K; return true;
    case 24: *t = MOIM_I8; return true;
    case 26: *t = MOIM_I32; return true;
    case 27: *t = MOIM_I64; return true;
    case 30: *t = MOIM_BF16; return true;
    default: return false;
    }
}

static const char *read_string(struct moim_cursor *c, size_t *len)
{
    uint64_t n = moim_read_u64(c);
    *len = (size_t)n;
    return (const char *)moim_read_bytes(c, n);
}

static void number(const uint8_t *p, int type, uint64_t *u, double *f, bool *whole)
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

static int read_array(struct moim_cursor *c, struct moim_meta *m)
{
    uint32_t type = moim_read_u32(c);
    uint64_t n = moim_read_u64(c);
    if (!c->ok || type >= G_COUNT || type == G_ARR || n > c->size - c->pos) return MOIM_EFORMAT;
    m->n = (size_t)n;
    m->item_type = (int)type;
    if (type != G_STR) {
        m->kind = MOIM_META_ARR_NUM;
        m->items = moim_read_bytes(c, n * value_size[type]);
        return c->ok ? MOIM_OK : MOIM_EFORMAT;
    }
    m->kind = MOIM_META_ARR_STR;
    m->strs = calloc(m->n + 1, sizeof *m->strs);
    m->lens = calloc(m->n + 1, sizeof *m->lens);
    if (!m->strs || !m->lens) return MOIM_ENOMEM;
    for (size_t i = 0; i < m->n && c->ok; i++) m->strs[i] = read_string(c, &m->lens[i]);
    return c->ok ? MOIM_OK : MOIM_EFORMAT;
}

static int read_meta(struct moim_weights *w, struct moim_cursor *c)
{
    size_t len;
    const char *key = read_string(c, &len);
    uint32_t type = moim_read_u32(c);
    if (!c->ok || type >= G_COUNT || memchr(key, 0, len)) return MOIM_EFORMAT;
    struct moim_meta *m = moim_weights_push_meta(w, key, len);
    if (!m) return MOIM_ENOMEM;
    if (type == G_ARR) return read_array(c, m);
    if (type == G_STR) {
        m->kind = MOIM_META_STR;
        m->s = read_string(c, &m->n);
        return c->ok ? MOIM_OK : MOIM_EFORMAT;
    }
    const uint8_t *p = moim_read_bytes(c, value_size[type]);
    if (!p) return MOIM_EFORMAT;
    bool whole;
    number(p, (int)type, &m->u, &m->f, &whole);
    m->kind = whole ? MOIM_META_U64 : MOIM_META_F64;
    return MOIM_OK;
}

static int read_info(struct moim_weights *w, struct moim_cursor *c, struct moim_err *err)
{
    size_t len;
    const char *name = read_string(c, &len);
    uint32_t rank = moim_read_u32(c);
    if (!c->ok || rank > MOIM_MAX_RANK || memchr(name, 0, len))
        return moim_fail(err, MOIM_EFORMAT, "%s: damaged tensor table", w->path);
    struct moim_tensor *t = moim_weights_push(w, name, len);
    if (!t) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", w->path);
    t->rank = (int)rank;
    for (uint32_t i = 0; i < rank; i++) t->dims[rank - 1 - i] = moim_read_u64(c);
    uint32_t type = moim_read_u32(c);
    uint64_t offset = moim_read_u64(c);
    if (!c->ok) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    if (!dtype_of(type, &t->type))
        return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.64s has type %u, which is not supported", w->path,
                         t->name, type);
    uint64_t count = moim_tensor_count(t), row = rank ? t->dims[rank - 1] : 1;
    uint64_t row_bytes = moim_row_bytes(t->type, row);
    if (!count || !row_bytes || count / row > SIZE_MAX / row_bytes)
        return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s has an impossible shape", w->path, t->name);
    t->bytes = (size_t)(count / row * row_bytes);
    t->data = (const void *)(uintptr_t)offset;
    return MOIM_OK;
}

static int place(struct moim_weights *w, size_t table_end, struct moim_err *err)
{
    uint64_t align = 32;
    moim_weights_u64(w, "general.alignment", &align);
    if (!align || align > 65536 || (align & (align - 1)))
        return moim_fail(err, MOIM_EFORMAT, "%s: impossible alignment", w->path);
    uint64_t base = (table_end + align - 1) & ~(align - 1);
    if (w->n && base > w->map.size) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    for (size_t i = 0; i < w->n; i++) {
        struct moim_tensor *t = &w->tensors[i];
        uint64_t offset = (uintptr_t)t->data, room = w->map.size - base;
        if (offset % align || offset > room || t->bytes > room - offset)
            return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s lies outside the file (truncated?)",
                             w->path, t->name);
        t->data = w->map.data + base + offset;
    }
    return MOIM_OK;
}

static int parse(struct moim_weights *w, struct moim_err *err)
{
    struct moim_cursor c = {w->map.data, w->map.size, 0, true};
    const uint8_t *magic = moim_read_bytes(&c, 4);
    uint32_t version = moim_read_u32(&c);
    uint64_t n_tensors = moim_read_u64(&c), n_keys = moim_read_u64(&c);
    if (!magic || memcmp(magic, "GGUF", 4))
        return moim_fail(err, MOIM_EFORMAT, "%s: not a GGUF file", w->path);
    if (c.ok && (version < 2 || version > 3))
        return moim_fail(err, MOIM_EUNSUP, "%s: GGUF version %u is not supported", w->path, version);
    for (uint64_t i = 0; c.ok && i < n_keys; i++) {
        int rc = read_meta(w, &c);
        if (rc == MOIM_ENOMEM) return moim_fail(err, rc, "%s: out of memory", w->path);
        if (rc) return moim_fail(err, rc, "%s: damaged or truncated metadata", w->path);
    }
    for (uint64_t i = 0; c.ok && i < n_tensors; i++) {
        int rc = read_info(w, &c, err);
        if (rc) return rc;
    }
    if (!c.ok) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    int rc = place(w, c.pos, err);
    return rc ? rc : moim_weights_finish(w, err);
}

int moim_gguf_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    int rc = moim_weights_begin(out, path, err);
    if (!rc) rc = parse(*out, err);
    if (rc && *out) {
        moim_weights_close(*out);
        *out = NULL;
    }
    return rc;
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
    *s = m->strs[i];
    *len = m->lens[i];
    return true;
}

bool moim_weights_arr_f64(const struct moim_weights *w, const char *key, size_t i, double *v)
{
    const struct moim_meta *m = find_meta(w, key);
    if (!m || m->kind != MOIM_META_ARR_NUM || i >= m->n) return false;
    uint64_t u;
    bool whole;
    number(m->items + i * value_size[m->item_type], m->item_type, &u, v, &whole);
    return true;
}
