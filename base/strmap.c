#include "base/strmap.h"
#include "base/status.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static struct moim_strmap_slot *find_slot(const struct moim_strmap *m, const char *key, size_t len)
{
    size_t i = hash_bytes(key, len) & (m->cap - 1);
    while (m->slots[i].key && (m->slots[i].len != len || memcmp(m->slots[i].key, key, len) != 0))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

int moim_strmap_reserve(struct moim_strmap *m, size_t n)
{
    size_t cap = m->cap ? m->cap : 16;
    while (cap / 3 * 2 < n) {
        if (cap > SIZE_MAX / 64) return MOIM_ENOMEM;
        cap *= 2;
    }
    if (cap == m->cap) return MOIM_OK;
    struct moim_strmap bigger = {calloc(cap, sizeof *m->slots), cap, m->used};
    if (!bigger.slots) return MOIM_ENOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key) *find_slot(&bigger, m->slots[i].key, m->slots[i].len) = m->slots[i];
    free(m->slots);
    *m = bigger;
    return MOIM_OK;
}

void moim_strmap_free(struct moim_strmap *m)
{
    free(m->slots);
    memset(m, 0, sizeof *m);
}

int moim_strmap_put(struct moim_strmap *m, const char *key, size_t len, int32_t value)
{
    if (len > UINT32_MAX || moim_strmap_reserve(m, m->used + 1) != MOIM_OK) return MOIM_ENOMEM;
    struct moim_strmap_slot *s = find_slot(m, key, len);
    if (!s->key) m->used++;
    *s = (struct moim_strmap_slot){key, (uint32_t)len, value};
    return MOIM_OK;
}

int32_t moim_strmap_get(const struct moim_strmap *m, const char *key, size_t len)
{
    const struct moim_strmap_slot *s = m->cap ? find_slot(m, key, len) : NULL;
    return s && s->key ? s->value : -1;
}
