#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

int moim_weights_begin(struct moim_weights **out, const char *path, struct moim_err *err)
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

int moim_weights_finish(struct moim_weights *w, struct moim_err *err)
{
    size_t size = 16;
    while (size < w->n * 2) size *= 2;
    w->index = calloc(size, sizeof *w->index);
    if (!w->index) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", w->path);
    w->index_mask = size - 1;
    for (size_t i = 0; i < w->n; i++) {
        uint32_t *s = slot(w, w->tensors[i].name);
        if (*s)
            return moim_fail(err, MOIM_EFORMAT, "%s: tensor %.64s occurs twice", w->path, w->tensors[i].name);
        *s = (uint32_t)i + 1;
    }
    return MOIM_OK;
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

const char *moim_weights_path(const struct moim_weights *w)
{
    return w->path;
}

void moim_weights_release(const struct moim_weights *w)
{
    moim_map_release(&w->map);
}

void moim_weights_close(struct moim_weights *w)
{
    if (!w) return;
    for (size_t i = 0; i < w->n; i++) free((void *)(uintptr_t)w->tensors[i].name);
    for (size_t i = 0; i < w->n_meta; i++) {
        free(w->meta[i].key);
        free(w->meta[i].strs);
        free(w->meta[i].lens);
    }
    for (size_t i = 0; i < w->n_owned; i++) free(w->owned[i]);
    free(w->owned);
    free(w->tensors);
    free(w->meta);
    free(w->index);
    moim_map_close(&w->map);
    free(w->path);
    free(w);
}
