#include "nn/weights_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int begin(struct moim_weights **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_weights *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        free(w);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    int rc = moim_map_open(&w->map, path, err);
    if (rc) {
        moim_weights_close(w);
        return rc;
    }
    *out = w;
    return MOIM_OK;
}

static void *grow(void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return p;
    if (n >= MOIM_MOST_ENTRIES) return NULL;
    size_t want = *cap ? *cap * 2 : 64;
    void *q = realloc(p, want * size);
    if (q) *cap = want;
    return q;
}

struct moim_tensor *moim_weights_push(struct moim_weights *w, const char *name, size_t name_len)
{
    struct moim_tensor *t = grow(w->tensors, w->n, &w->cap, sizeof *t);
    char *copy = strndup(name, name_len);
    if (t) w->tensors = t;
    if (!t || !copy) {
        free(copy);
        return NULL;
    }
    t = &w->tensors[w->n++];
    memset(t, 0, sizeof *t);
    t->name = copy;
    return t;
}

struct moim_meta *moim_weights_push_meta(struct moim_weights *w, const char *key, size_t key_len)
{
    struct moim_meta *m = grow(w->meta, w->n_meta, &w->cap_meta, sizeof *m);
    char *copy = strndup(key, key_len);
    if (m) w->meta = m;
    if (!m || !copy) {
        free(copy);
        return NULL;
    }
    m = &w->meta[w->n_meta++];
    memset(m, 0, sizeof *m);
    m->key = copy;
    return m;
}

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *s; s++) h = (h ^ (uint8_t)*s) * 16777619u;
    return h;
}

/* The slot where name is, or where it would go. */
static uint32_t *slot(const struct moim_weights *w, const char *name)
{
    size_t i = hash(name) & w->index_mask;
    while (w->index[i] && strcmp(w->tensors[w->index[i] - 1].name, name)) i = (i + 1) & w->index_mask;
    return &w->index[i];
}

/* Builds the name index. */
static int finish(struct moim_weights *w, struct moim_err *err)
{
    size_t size = 16;
    while (size < w->n * 2) size *= 2;
    w->index = calloc(size, sizeof *w->index);
    w->used = calloc(w->n + 1, 1);
    if (!w->index || !w->used) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", w->path);
    w->index_mask = size - 1;
    for (size_t i = 0; i < w->n; i++) {
        uint32_t *s = slot(w, w->tensors[i].name);
        if (*s)
            return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s occurs twice", w->path, w->tensors[i].name);
        *s = (uint32_t)i + 1;
    }
    return MOIM_OK;
}

int moim_weights_read(struct moim_weights **out, const char *path, const char *what,
                      int (*parse)(struct moim_weights *w, struct moim_cursor *c, void *arg,
                                   struct moim_err *err),
                      void *arg, struct moim_err *err)
{
    struct moim_weights *w;
    struct moim_err why = {0};
    *out = NULL;
    int rc = begin(&w, path, err);
    if (rc) return rc;
    struct moim_cursor c = {w->map.data, w->map.size, 0, true};
    rc = parse(w, &c, arg, &why);
    if (!rc) rc = finish(w, &why);
    if (!rc) {
        *out = w;
        return MOIM_OK;
    }
    if (w->n >= MOIM_MOST_ENTRIES || w->n_meta >= MOIM_MOST_ENTRIES)
        rc = moim_fail(&why, MOIM_EUNSUP, "%s: more than %d tensors or keys", path, MOIM_MOST_ENTRIES);
    moim_weights_close(w);
    if (*why.msg) return moim_fail(err, rc, "%s", why.msg);
    return rc == MOIM_ENOMEM ? moim_fail(err, rc, "%s: out of memory", path)
                             : moim_fail(err, rc, "%s: damaged, or no %s", path, what);
}

size_t moim_weights_count(const struct moim_weights *w)
{
    return w->n;
}

const struct moim_tensor *moim_weights_at(const struct moim_weights *w, size_t i)
{
    return i < w->n ? &w->tensors[i] : NULL;
}

const struct moim_tensor *moim_weights_find(const struct moim_weights *w, const char *name)
{
    uint32_t i = *slot(w, name);
    if (i) w->used[i - 1] = 1;
    return i ? &w->tensors[i - 1] : NULL;
}

const struct moim_tensor *moim_weights_need(const struct moim_weights *w, const char *name, int rank,
                                            const uint64_t *dims, struct moim_err *err)
{
    const struct moim_tensor *t = moim_weights_find(w, name);
    if (!t) {
        moim_fail(err, MOIM_EFORMAT, "%s: tensor %s is missing", w->path, name);
        return NULL;
    }
    bool fits = t->rank == rank;
    for (int i = 0; fits && i < rank; i++) fits = !dims || !dims[i] || dims[i] == t->dims[i];
    if (fits) return t;
    moim_fail(err, MOIM_EFORMAT, "%s: tensor %s has another shape than this network needs", w->path, name);
    return NULL;
}

static bool same_data_used(const struct moim_weights *w, const struct moim_tensor *t)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->used[i] && w->tensors[i].data == t->data) return true;
    return false;
}

int moim_weights_all_used(const struct moim_weights *w, struct moim_err *err)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct moim_tensor *t = &w->tensors[i];
        if (!w->used[i] && t->rank && t->type != MOIM_U8 && moim_tensor_count(t) > 1 && !same_data_used(w, t))
            return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.64s belongs to no network known here", w->path,
                             t->name);
    }
    return MOIM_OK;
}

int moim_weights_own(struct moim_weights *w, void *block)
{
    void **grown = realloc(w->owned, (w->n_owned + 1) * sizeof *grown);
    if (!grown) {
        free(block);
        return MOIM_ENOMEM;
    }
    w->owned = grown;
    w->owned[w->n_owned++] = block;
    return MOIM_OK;
}

const char *moim_weights_path(const struct moim_weights *w)
{
    return w->path;
}

void moim_weights_release(const struct moim_weights *w)
{
    moim_map_release(&w->map);
    for (size_t i = 0; i < w->n_more; i++) moim_map_release(&w->more[i]);
}

void moim_weights_close(struct moim_weights *w)
{
    if (!w) return;
    for (size_t i = 0; i < w->n; i++) free((void *)(uintptr_t)w->tensors[i].name);
    for (size_t i = 0; i < w->n_meta; i++) {
        free(w->meta[i].key);
        free(w->meta[i].offsets);
    }
    for (size_t i = 0; i < w->n_owned; i++) free(w->owned[i]);
    free(w->owned);
    free(w->tensors);
    free(w->meta);
    free(w->index);
    free(w->used);
    moim_map_close(&w->map);
    for (size_t i = 0; i < w->n_more; i++) moim_map_close(&w->more[i]);
    free(w->more);
    free(w->path);
    free(w);
}

bool moim_ggml_dtype(uint32_t id, enum moim_dtype *t)
{
    static const struct {
        uint8_t id;
        enum moim_dtype type;
    } known[] = {{0, MOIM_F32},   {1, MOIM_F16},   {2, MOIM_Q4_0},    {3, MOIM_Q4_1},    {6, MOIM_Q5_0},
                 {7, MOIM_Q5_1},  {8, MOIM_Q8_0},  {10, MOIM_Q2_K},   {11, MOIM_Q3_K},   {12, MOIM_Q4_K},
                 {13, MOIM_Q5_K}, {14, MOIM_Q6_K}, {20, MOIM_IQ4_NL}, {23, MOIM_IQ4_XS}, {24, MOIM_I8},
                 {26, MOIM_I32},  {27, MOIM_I64},  {30, MOIM_BF16},   {39, MOIM_MXFP4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].id == id) {
            *t = known[i].type;
            return true;
        }
    return false;
}

int moim_ggml_unsupported(const struct moim_weights *w, const char *name, size_t len, uint32_t id,
                          struct moim_err *err)
{
    static const char *const names[] = {
        [9] = "Q8_1",   [15] = "Q8_K",  [16] = "IQ2_XXS", [17] = "IQ2_XS", [18] = "IQ3_XXS",
        [19] = "IQ1_S", [21] = "IQ3_S", [22] = "IQ2_S",   [25] = "I16",    [28] = "F64",
        [29] = "IQ1_M", [34] = "TQ1_0", [35] = "TQ2_0"};
    const char *type = id < sizeof names / sizeof *names ? names[id] : NULL;
    char number[16];
    snprintf(number, sizeof number, "%u", id);
    return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.*s has type %s, which is not supported", w->path,
                     (int)(len < 64 ? len : 64), name, type ? type : number);
}
