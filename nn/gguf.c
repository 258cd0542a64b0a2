/* GGUF version 2 and 3 (ggml/docs/gguf.md): "GGUF", u32 version, u64 tensor count, u64 key count; keys;
 * tensor infos (name, rank, dims innermost first, type, offset); padding to general.alignment; data.
 * Little-endian. */
#include "nn/weights_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_string(struct moim_cursor *c, size_t *len)
{
    uint64_t n = moim_read_u64(c);
    *len = (size_t)n;
    return (const char *)moim_read_bytes(c, n);
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
        m->items = moim_read_bytes(c, n * moim_meta_size(type));
        return c->ok ? MOIM_OK : MOIM_EFORMAT;
    }
    return moim_meta_strings(m, c, n, 8);
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
    const uint8_t *p = moim_read_bytes(c, moim_meta_size(type));
    if (!p) return MOIM_EFORMAT;
    bool whole;
    moim_meta_number(p, (int)type, &m->u, &m->f, &whole);
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
    if (!t) return MOIM_ENOMEM;
    t->rank = (int)rank;
    for (uint32_t i = 0; i < rank; i++) t->dims[rank - 1 - i] = moim_read_u64(c);
    uint32_t type = moim_read_u32(c);
    uint64_t offset = moim_read_u64(c);
    if (!c->ok) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    if (!moim_ggml_dtype(type, &t->type))
        return moim_ggml_unsupported(w, t->name, strlen(t->name), type, err);
    uint64_t count = moim_tensor_count(t), row = rank ? t->dims[rank - 1] : 1;
    uint64_t row_bytes = moim_row_bytes(t->type, row);
    if (!count || !row_bytes || count / row > SIZE_MAX / row_bytes)
        return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s has an impossible shape", w->path, t->name);
    t->bytes = (size_t)(count / row * row_bytes);
    t->data = (const void *)(uintptr_t)offset;
    return MOIM_OK;
}

/* Finds the data of tensors [first, w->n), which lie in map. */
static int place(struct moim_weights *w, const struct moim_map *map, size_t first, uint64_t align,
                 size_t table_end, struct moim_err *err)
{
    if (!align || align > 65536 || (align & (align - 1)))
        return moim_fail(err, MOIM_EFORMAT, "%s: impossible alignment", w->path);
    uint64_t base = (table_end + align - 1) & ~(align - 1);
    if (w->n > first && base > map->size) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    for (size_t i = first; i < w->n; i++) {
        struct moim_tensor *t = &w->tensors[i];
        uint64_t offset = (uintptr_t)t->data, room = map->size - base;
        if (offset % align || offset > room || t->bytes > room - offset)
            return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s lies outside the file (truncated?)",
                             w->path, t->name);
        t->data = map->data + base + offset;
    }
    return MOIM_OK;
}

/* One file: its metadata and tensors are appended. */
static int read_file(struct moim_weights *w, const struct moim_map *map, struct moim_err *err)
{
    struct moim_cursor cursor = {map->data, map->size, 0, true}, *c = &cursor;
    const uint8_t *magic = moim_read_bytes(c, 4);
    uint32_t version = moim_read_u32(c);
    uint64_t n_tensors = moim_read_u64(c), n_keys = moim_read_u64(c), align = 32;
    size_t first = w->n, first_key = w->n_meta;
    if (!magic || memcmp(magic, "GGUF", 4)) return MOIM_EFORMAT;
    if (c->ok && (version < 2 || version > 3))
        return moim_fail(err, MOIM_EUNSUP, "%s: GGUF version %u is not supported", w->path, version);
    for (uint64_t i = 0; c->ok && i < n_keys; i++) {
        int rc = read_meta(w, c);
        if (rc == MOIM_ENOMEM) return rc;
        if (rc) return moim_fail(err, rc, "%s: damaged or truncated metadata", w->path);
    }
    for (uint64_t i = 0; c->ok && i < n_tensors; i++) {
        int rc = read_info(w, c, err);
        if (rc) return rc;
    }
    if (!c->ok) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    for (size_t i = first_key; i < w->n_meta; i++)
        if (!strcmp(w->meta[i].key, "general.alignment") && w->meta[i].kind == MOIM_META_U64)
            align = w->meta[i].u;
    return place(w, map, first, align, c->pos, err);
}

/* The other files of a model of n files, whose names end in -00001-of-0000N.gguf. */
static int read_more(struct moim_weights *w, uint64_t n, struct moim_err *err)
{
    static const char tail[] = "-00001-of-00002.gguf";
    size_t len = strlen(w->path);
    char *path = len < sizeof tail || n > 99999 ? NULL : strdup(w->path);
    uint64_t no = 1;
    moim_weights_u64(w, "split.no", &no);
    if (no != 0 || !path || strncmp(path + len - 20, tail, 10)) {
        free(path);
        return moim_fail(err, MOIM_EINVAL, "%s: one of %llu parts; name the first, ...-00001-of-%05llu.gguf",
                         w->path, (unsigned long long)n, (unsigned long long)n);
    }
    int rc = MOIM_OK;
    for (uint64_t i = 2; !rc && i <= n; i++) {
        struct moim_map *more = realloc(w->more, i * sizeof *more);
        if (!more) rc = MOIM_ENOMEM;
        if (rc) break;
        w->more = more;
        snprintf(path + len - 20, 21, "-%05u-of-%05u.gguf", (unsigned)i % 100000, (unsigned)n % 100000);
        rc = moim_map_open(&w->more[w->n_more], path, err);
        if (rc) break;
        w->n_more++;
        rc = read_file(w, &w->more[w->n_more - 1], err);
        if (rc == MOIM_EFORMAT && err && !*err->msg) moim_fail(err, rc, "%s: damaged, or no GGUF file", path);
    }
    free(path);
    return rc;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    (void)c;
    (void)arg;
    uint64_t parts = 1;
    int rc = read_file(w, &w->map, err);
    if (!rc) moim_weights_u64(w, "split.count", &parts);
    return rc || parts < 2 ? rc : read_more(w, parts, err);
}

int moim_gguf_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    return moim_weights_read(out, path, "GGUF file", parse, NULL, err);
}
