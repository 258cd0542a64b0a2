/* CTranslate2's model.bin, binary versions 2 to 6: u32 version, string spec name, u32 spec revision, u32
 * count; per variable: string name, u8 rank, u32 dims[rank], u8 type, u32 bytes, the bytes; then u32 count of
 * aliases: string alias, string variable. An int8 matrix NAME has NAME_scale, what each of its rows is divided by. A
 * string is u16 length, which counts its final NUL. Little-endian,
 * unaligned. */
#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

static bool dtype_of(uint8_t id, enum moim_dtype *t)
{
    switch (id) {
    case 0: *t = MOIM_F32; return true;
    case 1: *t = MOIM_I8; return true;
    case 3: *t = MOIM_I32; return true;
    case 4: *t = MOIM_F16; return true;
    case 5: *t = MOIM_BF16; return true;
    default: return false;
    }
}

/* NULL when the bytes are not there or the final NUL is not its only one. */
static const char *read_string(struct moim_cursor *c, size_t *len)
{
    uint16_t n = moim_read_u16(c);
    const char *s = (const char *)moim_read_bytes(c, n);
    if (!s || !n || memchr(s, 0, n) != s + n - 1) {
        c->ok = false;
        return NULL;
    }
    *len = n - 1u;
    return s;
}

static int read_variable(struct moim_weights *w, struct moim_cursor *c, struct moim_err *err)
{
    size_t len = 0;
    const char *name = read_string(c, &len);
    if (!name) return MOIM_EFORMAT;
    struct moim_tensor t = {0};
    t.rank = moim_read_u8(c);
    if (t.rank > MOIM_MAX_RANK) return MOIM_EFORMAT;
    uint64_t count = 1;
    for (int i = 0; i < t.rank; i++) {
        t.dims[i] = moim_read_u32(c);
        if (!t.dims[i] || count > UINT32_MAX / t.dims[i]) return MOIM_EFORMAT;
        count *= t.dims[i];
    }
    uint8_t id = moim_read_u8(c);
    t.bytes = moim_read_u32(c);
    t.data = moim_read_bytes(c, t.bytes);
    if (!c->ok) return MOIM_EFORMAT;
    if (id == 2 && t.rank > 1)
        return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.*s has type int16, which is not supported", w->path,
                         (int)(len < 64 ? len : 64), name);
    if (id == 2) { /* int16: only scalars such as the number of heads; kept as raw bytes */
        t.type = MOIM_U8;
        if (t.bytes != count * 2 || t.rank >= MOIM_MAX_RANK) return MOIM_EFORMAT;
        t.dims[t.rank++] = 2;
    } else if (!dtype_of(id, &t.type)) {
        return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.*s has type %u, which is not supported", w->path,
                         (int)(len < 64 ? len : 64), name, id);
    } else if (t.bytes != moim_row_bytes(t.type, count)) {
        return MOIM_EFORMAT;
    }
    struct moim_tensor *slot = moim_weights_push(w, name, len);
    if (!slot) return MOIM_ENOMEM;
    t.name = slot->name;
    *slot = t;
    return MOIM_OK;
}

static int read_alias(struct moim_weights *w, struct moim_cursor *c)
{
    size_t alias_len = 0, name_len = 0;
    const char *alias = read_string(c, &alias_len), *name = read_string(c, &name_len);
    if (!alias || !name) return MOIM_EFORMAT;
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->tensors[i].name, name)) continue;
        struct moim_tensor *t = moim_weights_push(w, alias, alias_len);
        if (!t) return MOIM_ENOMEM;
        const char *own = t->name;
        *t = w->tensors[i];
        t->name = own;
        return MOIM_OK;
    }
    return MOIM_EFORMAT;
}

/* The int8 matrix whose scales a tensor of that name holds, or NULL. */
static struct moim_tensor *scaled_by(struct moim_weights *w, const char *name)
{
    size_t len = strlen(name);
    if (len < 6 || strcmp(name + len - 6, "_scale")) return NULL;
    for (size_t i = 0; i < w->n; i++) {
        struct moim_tensor *t = &w->tensors[i];
        if (t->type == MOIM_I8 && t->rank > 1 && t->name && !strncmp(t->name, name, len - 6) &&
            !t->name[len - 6])
            return t;
    }
    return NULL;
}

/* Gives int8 matrices the scales of their rows, and takes those out of the list. */
static int join_scales(struct moim_weights *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++) {
        struct moim_tensor *s = &w->tensors[i], *t = scaled_by(w, s->name);
        if (!t) continue;
        uint64_t n = moim_tensor_count(s);
        if (n != 1 && n != t->dims[0]) return MOIM_EFORMAT;
        float *scale = malloc(sizeof *scale * (size_t)t->dims[0]);
        if (!scale || moim_weights_own(w, scale)) return MOIM_ENOMEM;
        moim_dequantize(s->type, s->data, n, scale);
        for (uint64_t r = 1; n == 1 && r < t->dims[0]; r++) scale[r] = scale[0];
        t->row_scale = scale;
        free((void *)(uintptr_t)s->name);
        s->name = NULL;
    }
    for (size_t i = 0; i < w->n; i++)
        if (w->tensors[i].name) w->tensors[kept++] = w->tensors[i];
    w->n = kept;
    return MOIM_OK;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    (void)arg;
    size_t len;
    uint32_t version = moim_read_u32(c);
    if (c->ok && version > 6 && version < 64)
        return moim_fail(err, MOIM_EVERSION, "%s: written by a newer CTranslate2", w->path);
    if (!c->ok || version < 2 || version > 6 || !read_string(c, &len)) return MOIM_EFORMAT;
    moim_read_u32(c);
    uint32_t n = moim_read_u32(c);
    int rc = MOIM_OK;
    for (uint32_t i = 0; !rc && i < n; i++) rc = read_variable(w, c, err);
    n = rc || version < 3 ? 0 : moim_read_u32(c); /* aliases came with version 3 */
    if (!rc && !c->ok) return MOIM_EFORMAT;
    for (uint32_t i = 0; !rc && i < n; i++) rc = read_alias(w, c);
    return rc ? rc : join_scales(w);
}

int moim_ct2_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    return moim_weights_read(out, path, "CTranslate2 model", parse, NULL, err);
}
