/* The E5S1 container, little-endian:
 *
 *   "E5S1", u32 version 1, i32 dim, layers, heads, ff, vocab, positions, types, f32 eps, i32 block (32)
 *   i32 pieces, bos, eos, pad, unk; u64 blob bytes; u32 offsets[pieces + 1]; f32 scores[pieces]; blob
 *   i32 normalization records, u32 their bytes; the records
 *   i32 tensors; for each: u16 name length, name, u8 type (0 f32, 1 Q4_0), u32 values, u64 offset, u64 bytes
 *
 * Offsets count from the start of the file. */
#include "lm/embed_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char name[24];
    enum moim_dtype type;
    uint64_t values, offset, bytes;
};

struct directory {
    struct entry *list;
    int n;
};

static int damaged(const char *path, const char *what, struct moim_err *err)
{
    return moim_fail(err, MOIM_EFORMAT, "%s: damaged: %s", path, what);
}

static int read_header(struct moim_embed *m, struct moim_cursor *c, const char *path, struct moim_err *err)
{
    const uint8_t *magic = moim_read_bytes(c, 4);
    if (!magic || memcmp(magic, "E5S1", 4)) return moim_fail(err, MOIM_EFORMAT, "%s: not an E5 model", path);
    uint32_t version = moim_read_u32(c);
    m->dim = (int)moim_read_u32(c);
    m->layers = (int)moim_read_u32(c);
    m->heads = (int)moim_read_u32(c);
    m->ff = (int)moim_read_u32(c);
    m->vocab = (int)moim_read_u32(c);
    m->positions = (int)moim_read_u32(c);
    uint32_t types = moim_read_u32(c);
    m->eps = moim_read_f32(c);
    uint32_t block = moim_read_u32(c);
    if (!c->ok) return damaged(path, "it breaks off", err);
    if (version != 1 || block != 32 || m->dim != MOIM_EMBED_DIM)
        return moim_fail(err, MOIM_EUNSUP, "%s: an E5 model of another kind (version %u, width %d)", path,
                         version, m->dim);
    if (m->layers < 1 || m->layers > 64 || m->heads < 1 || m->dim % m->heads || m->ff < 32 || m->ff > 65536 ||
        m->ff % 32 || m->vocab < 1 || m->vocab > 1 << 24 || m->positions < 3 || m->positions > 4096 ||
        types < 1 || !(m->eps > 0 && m->eps < 1))
        return damaged(path, "impossible sizes", err);
    return MOIM_OK;
}

static int read_vocab(struct moim_embed *m, struct moim_cursor *c, const char *path, struct moim_err *err)
{
    struct moim_unigram_vocab v = {0};
    uint32_t n = moim_read_u32(c);
    m->bos = v.bos = (int)moim_read_u32(c);
    m->eos = v.eos = (int)moim_read_u32(c);
    v.pad = (int)moim_read_u32(c);
    v.unk = (int)moim_read_u32(c);
    v.blob_bytes = (size_t)moim_read_u64(c);
    if (!c->ok || n > (uint32_t)m->vocab) return damaged(path, "impossible vocabulary", err);
    v.n = (int)n;
    v.offs = (const uint32_t *)(const void *)moim_read_bytes(c, 4 * ((uint64_t)n + 1));
    v.scores = (const float *)(const void *)moim_read_bytes(c, 4 * (uint64_t)n);
    v.blob = (const char *)moim_read_bytes(c, v.blob_bytes);
    v.n_norm = (int)moim_read_u32(c);
    v.norm_bytes = moim_read_u32(c);
    v.norm = moim_read_bytes(c, v.norm_bytes);
    if (!c->ok) return damaged(path, "it breaks off", err);
    if (m->bos < 0 || m->bos >= v.n || m->eos < 0 || m->eos >= v.n || v.unk < 0 || v.unk >= v.n)
        return damaged(path, "impossible vocabulary", err);
    struct moim_err why = {0};
    int rc = moim_unigram_new(&m->tokenizer, &v, &why);
    return rc ? moim_fail(err, rc, "%s: %s", path, why.msg) : MOIM_OK;
}

static int read_directory(struct moim_embed *m, struct moim_cursor *c, struct directory *d, const char *path,
                          struct moim_err *err)
{
    uint32_t n = moim_read_u32(c);
    if (!c->ok || n > 65536) return damaged(path, "impossible number of tensors", err);
    d->list = calloc((size_t)n + 1, sizeof *d->list);
    if (!d->list) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    for (uint32_t i = 0; i < n; i++) {
        struct entry *e = &d->list[d->n++];
        uint16_t len = moim_read_u16(c);
        const uint8_t *name = moim_read_bytes(c, len);
        uint8_t type = moim_read_u8(c);
        e->values = moim_read_u32(c);
        e->offset = moim_read_u64(c);
        e->bytes = moim_read_u64(c);
        if (!c->ok || len >= sizeof e->name || type > 1) return damaged(path, "its tensor table", err);
        memcpy(e->name, name, len);
        e->type = type ? MOIM_Q4_0 : MOIM_F32;
        if (e->bytes != moim_row_bytes(e->type, e->values) || e->offset % 4 || e->offset > m->map.size ||
            e->bytes > m->map.size - e->offset)
            return damaged(path, "a tensor lies outside of it", err);
    }
    return MOIM_OK;
}

/* The tensor of that name with so many values, or NULL with err filled. */
static const struct entry *need(const struct directory *d, const char *name, enum moim_dtype type,
                                uint64_t values, const char *path, struct moim_err *err)
{
    for (int i = 0; i < d->n; i++) {
        if (strcmp(d->list[i].name, name)) continue;
        if (d->list[i].type == type && d->list[i].values == values) return &d->list[i];
        moim_fail(err, MOIM_EFORMAT, "%s: tensor %s has a wrong size", path, name);
        return NULL;
    }
    moim_fail(err, MOIM_EFORMAT, "%s: tensor %s is missing", path, name);
    return NULL;
}

static const float *need_f32(struct moim_embed *m, const struct directory *d, const char *name,
                             uint64_t values, const char *path, struct moim_err *err)
{
    const struct entry *e = need(d, name, MOIM_F32, values, path, err);
    return e ? (const float *)(const void *)(m->map.data + e->offset) : NULL;
}

static struct moim_weight *need_q4(struct moim_embed *m, const struct directory *d, const char *name,
                                   int rows, int cols, const char *path, struct moim_err *err)
{
    const struct entry *e =
        need(d, name, MOIM_Q4_0, (uint64_t)(unsigned)rows * (uint64_t)(unsigned)cols, path, err);
    if (!e) return NULL;
    struct moim_tensor t = {.name = name,
                            .type = MOIM_Q4_0,
                            .rank = 2,
                            .dims = {(uint64_t)(unsigned)rows, (uint64_t)(unsigned)cols},
                            .data = m->map.data + e->offset,
                            .bytes = (size_t)e->bytes};
    struct moim_weight *w;
    return moim_weight_new(&w, &t, MOIM_PACK_VIEW, err) ? NULL : w;
}

static bool load_layer(struct moim_embed *m, const struct directory *d, int l, const char *path,
                       struct moim_err *err)
{
    struct moim_embed_layer *y = &m->layer[l];
    const struct {
        const char *name;
        struct moim_weight **at;
        int rows, cols;
    } matrix[] = {{"q.w", &y->q, m->dim, m->dim},  {"k.w", &y->k, m->dim, m->dim},
                  {"v.w", &y->v, m->dim, m->dim},  {"ao.w", &y->o, m->dim, m->dim},
                  {"fi.w", &y->up, m->ff, m->dim}, {"fo.w", &y->down, m->dim, m->ff}};
    const struct {
        const char *name;
        const float **at;
        int n;
    } vector[] = {{"q.b", &y->bq, m->dim},      {"k.b", &y->bk, m->dim},      {"v.b", &y->bv, m->dim},
                  {"ao.b", &y->bo, m->dim},     {"fi.b", &y->bup, m->ff},     {"fo.b", &y->bdown, m->dim},
                  {"aln.w", &y->ln1_w, m->dim}, {"aln.b", &y->ln1_b, m->dim}, {"oln.w", &y->ln2_w, m->dim},
                  {"oln.b", &y->ln2_b, m->dim}};
    char name[32];
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++) {
        snprintf(name, sizeof name, "l%d.%s", l, matrix[i].name);
        *matrix[i].at = need_q4(m, d, name, matrix[i].rows, matrix[i].cols, path, err);
        if (!*matrix[i].at) return false;
    }
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        snprintf(name, sizeof name, "l%d.%s", l, vector[i].name);
        *vector[i].at = need_f32(m, d, name, (uint64_t)(unsigned)vector[i].n, path, err);
        if (!*vector[i].at) return false;
    }
    return true;
}

static int load_tensors(struct moim_embed *m, const struct directory *d, const char *path,
                        struct moim_err *err)
{
    uint64_t dim = (uint64_t)(unsigned)m->dim;
    m->layer = calloc((size_t)m->layers, sizeof *m->layer);
    if (!m->layer) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    bool ok = (m->words = need_q4(m, d, "emb.word", m->vocab, m->dim, path, err)) &&
              (m->pos = need_f32(m, d, "emb.pos", dim * (uint64_t)(unsigned)m->positions, path, err)) &&
              (m->ln_w = need_f32(m, d, "emb.ln.w", dim, path, err)) &&
              (m->ln_b = need_f32(m, d, "emb.ln.b", dim, path, err));
    /* One row for each type of text; retrieval knows one, row 0. */
    const struct entry *type = NULL;
    for (int i = 0; i < d->n; i++)
        if (!strcmp(d->list[i].name, "emb.type") && d->list[i].type == MOIM_F32 && d->list[i].values >= dim)
            type = &d->list[i];
    if (ok && !type) return damaged(path, "tensor emb.type is missing", err);
    if (ok) m->type = (const float *)(const void *)(m->map.data + type->offset);
    for (int l = 0; ok && l < m->layers; l++) ok = load_layer(m, d, l, path, err);
    return ok ? MOIM_OK : err->code;
}

int moim_embed_load(struct moim_embed *m, const char *path, struct moim_err *err)
{
    int rc = moim_map_open(&m->map, path, err);
    if (rc) return rc;
    struct moim_cursor c = {m->map.data, m->map.size, 0, true};
    struct directory d = {0};
    rc = read_header(m, &c, path, err);
    if (!rc) rc = read_vocab(m, &c, path, err);
    if (!rc) rc = read_directory(m, &c, &d, path, err);
    if (!rc) rc = load_tensors(m, &d, path, err);
    free(d.list);
    return rc;
}
