/* The .hama container: "HAMAPK", u8 version, u8 kind, u32 tensor count; per tensor u16 name length, name, u8
 * dtype, u8 rank, u32 dims..., u64 offset, u64 bytes; padding to 16; the data that offsets count from.
 * Little-endian. */
#include "nn/weights_int.h"

#include <string.h>

static const enum moim_dtype hama_dtype[] = {MOIM_F32, MOIM_F16, MOIM_I64, MOIM_I32, MOIM_U8};

static int read_tensor(struct moim_weights *w, struct moim_cursor *c, struct moim_err *err)
{
    uint16_t name_len = moim_read_u16(c);
    const uint8_t *name = moim_read_bytes(c, name_len);
    uint8_t dtype = moim_read_u8(c), rank = moim_read_u8(c);
    if (!c->ok || dtype >= sizeof hama_dtype / sizeof *hama_dtype || rank > MOIM_MAX_RANK ||
        memchr(name, 0, name_len))
        return moim_fail(err, MOIM_EFORMAT, "%s: damaged tensor table", w->path);
    struct moim_tensor *t = moim_weights_push(w, (const char *)name, name_len);
    if (!t) return MOIM_ENOMEM;
    t->type = hama_dtype[dtype];
    t->rank = rank;
    for (int i = 0; i < rank; i++) t->dims[i] = moim_read_u32(c);
    uint64_t offset = moim_read_u64(c), bytes = moim_read_u64(c), count = moim_tensor_count(t);
    /* The blob's start is known only after the table; the offset waits in data until then. */
    t->data = (const void *)(uintptr_t)offset;
    t->bytes = (size_t)bytes;
    if (!c->ok || !count || bytes != moim_row_bytes(t->type, count))
        return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s has a wrong size", w->path, t->name);
    return MOIM_OK;
}

static int place(struct moim_weights *w, size_t base, struct moim_err *err)
{
    for (size_t i = 0; i < w->n; i++) {
        struct moim_tensor *t = &w->tensors[i];
        uint64_t offset = (uintptr_t)t->data, room = w->map.size - base;
        if (offset > room || t->bytes > room - offset)
            return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s lies outside the file (truncated?)",
                             w->path, t->name);
        t->data = w->map.data + base + offset;
    }
    return MOIM_OK;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    (void)arg;
    const uint8_t *magic = moim_read_bytes(c, 6);
    uint8_t version = moim_read_u8(c);
    moim_read_u8(c); /* kind: the tensors' names say it too */
    uint32_t count = moim_read_u32(c);
    if (!c->ok || memcmp(magic, "HAMAPK", 6)) return MOIM_EFORMAT;
    if (version != 1)
        return moim_fail(err, MOIM_EUNSUP, "%s: .hama version %d is not supported", w->path, version);
    for (uint32_t i = 0; i < count; i++) {
        int rc = read_tensor(w, c, err);
        if (rc) return rc;
    }
    size_t base = (c->pos + 15) & ~(size_t)15;
    if (base > w->map.size) return moim_fail(err, MOIM_EFORMAT, "%s: truncated", w->path);
    return place(w, base, err);
}

int moim_hama_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    return moim_weights_read(out, path, ".hama file", parse, NULL, err);
}
