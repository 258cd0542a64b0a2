/* PyTorch's saved state: a pickle of nested dictionaries whose tensors point into storages.
 *
 *   zip (since 1.6)   NAME/data.pkl, NAME/data/KEY: one stored (never compressed) file a storage
 *   legacy            pickles of magic, version, system, the object, the list of keys; then for each key in
 *                     that order i64 count and the values
 *
 * A tensor's name is the path of dictionary keys to it, joined by dots. Little-endian. */
#include "nn/pickle.h"
#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 8
#define MOST_VISITS 200000 /* a pickle may share values; this bounds what is made of them */

struct storage {
    const char *key; /* in the map */
    size_t key_len;
    const uint8_t *data;
    size_t bytes;
};

struct loader {
    struct moim_weights *w;
    struct moim_pickle pk;
    struct storage *storage;
    size_t n_storage, cap;
    int visits;
};

static bool add_storage(struct loader *l, const char *key, size_t key_len, const uint8_t *data, size_t bytes)
{
    if (l->n_storage == l->cap) {
        size_t want = l->cap ? l->cap * 2 : 64;
        struct storage *q = realloc(l->storage, want * sizeof *q);
        if (!q) return false;
        l->storage = q;
        l->cap = want;
    }
    l->storage[l->n_storage++] = (struct storage){key, key_len, data, bytes};
    return true;
}

static const struct storage *find_storage(const struct loader *l, const struct moim_pickle_value *key)
{
    for (size_t i = 0; i < l->n_storage; i++)
        if (l->storage[i].key_len == key->n && !memcmp(l->storage[i].key, key->s, key->n))
            return &l->storage[i];
    return NULL;
}

static bool dtype_of(const struct moim_pickle_value *g, enum moim_dtype *t)
{
    static const struct {
        const char *name;
        enum moim_dtype t;
    } kinds[] = {{"torch\nFloatStorage", MOIM_F32},     {"torch\nHalfStorage", MOIM_F16},
                 {"torch\nBFloat16Storage", MOIM_BF16}, {"torch\nLongStorage", MOIM_I64},
                 {"torch\nIntStorage", MOIM_I32},       {"torch\nCharStorage", MOIM_I8},
                 {"torch\nByteStorage", MOIM_U8},       {"torch\nBoolStorage", MOIM_U8}};
    for (size_t i = 0; g->kind == MOIM_PK_GLOBAL && i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == g->n && !memcmp(kinds[i].name, g->s, g->n)) {
            *t = kinds[i].t;
            return true;
        }
    return false;
}

/* Sizes and strides; only tensors that lie in one piece are taken. */
static bool read_shape(const struct loader *l, const struct moim_pickle_value *v, struct moim_tensor *t)
{
    const struct moim_pickle_value *size = &l->pk.values[v->items[2]], *stride = &l->pk.values[v->items[3]];
    if (size->kind != MOIM_PK_TUPLE || stride->kind != MOIM_PK_TUPLE || size->n_items != stride->n_items ||
        size->n_items > MOIM_MAX_RANK)
        return false;
    t->rank = (int)size->n_items;
    uint64_t expect = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        const struct moim_pickle_value *n = &l->pk.values[size->items[i]],
                                       *s = &l->pk.values[stride->items[i]];
        if (n->kind != MOIM_PK_INT || s->kind != MOIM_PK_INT || n->i < 1 || n->i > INT32_MAX) return false;
        if (n->i != 1 && (uint64_t)s->i != expect) return false;
        t->dims[i] = (uint64_t)n->i;
        if (expect > UINT64_MAX / 16 / t->dims[i]) return false;
        expect *= t->dims[i];
    }
    return true;
}

/* False for tensors of a kind that no network here uses: they are left out, not refused. */
static bool read_tensor(const struct loader *l, const struct moim_pickle_value *v, struct moim_tensor *t)
{
    const struct moim_pickle_value *st = &l->pk.values[v->items[0]], *at = &l->pk.values[v->items[1]];
    if (st->kind != MOIM_PK_STORAGE || at->kind != MOIM_PK_INT || at->i < 0) return false;
    const struct moim_pickle_value *id = &l->pk.values[st->items[0]];
    if (id->kind != MOIM_PK_TUPLE || id->n_items < 5) return false;
    const struct moim_pickle_value *key = &l->pk.values[id->items[2]];
    const struct storage *s = key->kind == MOIM_PK_STR ? find_storage(l, key) : NULL;
    if (!s || !dtype_of(&l->pk.values[id->items[1]], &t->type) || !read_shape(l, v, t)) return false;
    uint64_t count = t->rank ? moim_tensor_count(t) : 1, size = moim_row_bytes(t->type, 1);
    if (!count || (uint64_t)at->i > s->bytes / size || count > s->bytes / size - (uint64_t)at->i)
        return false;
    t->data = s->data + (size_t)at->i * size;
    t->bytes = (size_t)(count * size);
    return true;
}

static int walk(struct loader *l, uint32_t value, char *name, size_t len, size_t cap, int depth)
{
    const struct moim_pickle_value *v = &l->pk.values[value];
    if (++l->visits > MOST_VISITS || depth > DEEPEST) return MOIM_EFORMAT;
    if (v->kind == MOIM_PK_TENSOR) {
        struct moim_tensor t = {0};
        if (!len || !read_tensor(l, v, &t)) return MOIM_OK;
        struct moim_tensor *slot = moim_weights_push(l->w, name, len);
        if (!slot) return MOIM_ENOMEM;
        t.name = slot->name;
        *slot = t;
        return MOIM_OK;
    }
    int rc = MOIM_OK;
    for (size_t i = 0; v->kind == MOIM_PK_DICT && !rc && i + 1 < v->n_items; i += 2) {
        const struct moim_pickle_value *key = &l->pk.values[v->items[i]];
        size_t dot = len ? 1 : 0;
        if (key->kind != MOIM_PK_STR || !key->n || len + dot + key->n >= cap || memchr(key->s, 0, key->n))
            continue;
        if (dot) name[len] = '.';
        memcpy(name + len + dot, key->s, key->n);
        rc = walk(l, v->items[i + 1], name, len + dot + key->n, cap, depth + 1);
        v = &l->pk.values[value];
    }
    return rc;
}

/* ---- zip ---- */

/* The 22 bytes that end a zip, before at most a short comment; 0 when there are none. */
static size_t find_end(const struct moim_map *m)
{
    for (size_t at = m->size < 22 ? 0 : m->size - 22; at && at + 1024 > m->size; at--)
        if (!memcmp(m->data + at, "PK\5\6", 4)) return at;
    return 0;
}

/* Where a stored file's bytes lie: behind its local header, whose name and extra field may differ in length
 * from the directory's. */
static const uint8_t *entry_data(const struct moim_map *m, uint32_t local, uint32_t size)
{
    struct moim_cursor c = {m->data, m->size, local, local < m->size};
    uint32_t magic = moim_read_u32(&c);
    moim_read_bytes(&c, 22);
    uint16_t name = moim_read_u16(&c), extra = moim_read_u16(&c);
    moim_read_bytes(&c, name);
    moim_read_bytes(&c, extra);
    return magic == 0x04034b50 ? moim_read_bytes(&c, size) : NULL;
}

static int read_entry(struct loader *l, struct moim_cursor *c, struct moim_cursor *pickle)
{
    uint32_t magic = moim_read_u32(c);
    moim_read_bytes(c, 6);
    uint16_t method = moim_read_u16(c);
    moim_read_bytes(c, 8);
    uint32_t packed = moim_read_u32(c), size = moim_read_u32(c);
    uint16_t name_len = moim_read_u16(c), extra = moim_read_u16(c), comment = moim_read_u16(c);
    moim_read_bytes(c, 8);
    uint32_t local = moim_read_u32(c);
    const char *name = (const char *)moim_read_bytes(c, name_len);
    moim_read_bytes(c, (uint64_t)extra + comment);
    if (!c->ok || magic != 0x02014b50 || method || packed != size) return MOIM_EFORMAT;
    if (!size) return MOIM_OK;
    const uint8_t *data = entry_data(&l->w->map, local, size);
    if (!data) return MOIM_EFORMAT;
    const char *slash = memchr(name, '/', name_len);
    if (!slash) return MOIM_OK;
    size_t rest = name_len - (size_t)(slash + 1 - name);
    if (rest == 8 && !memcmp(slash + 1, "data.pkl", 8))
        *pickle = (struct moim_cursor){data, size, 0, true};
    else if (rest > 5 && !memcmp(slash + 1, "data/", 5) && !add_storage(l, slash + 6, rest - 5, data, size))
        return MOIM_ENOMEM;
    return MOIM_OK;
}

static int read_zip(struct loader *l, uint32_t *root)
{
    size_t end = find_end(&l->w->map);
    struct moim_cursor c = {l->w->map.data, l->w->map.size, end, end > 0}, pickle = {0};
    moim_read_bytes(&c, 10);
    uint16_t entries = moim_read_u16(&c);
    moim_read_u32(&c);
    c.pos = moim_read_u32(&c);
    if (!c.ok || c.pos > c.size) return MOIM_EFORMAT;
    int rc = MOIM_OK;
    for (uint16_t i = 0; !rc && i < entries; i++) rc = read_entry(l, &c, &pickle);
    if (rc) return rc;
    return pickle.data ? moim_pickle_read(&l->pk, &pickle, root) : MOIM_EFORMAT;
}

/* ---- legacy ---- */

/* Bytes of one value of the storage with that key, as the object's tensors say. */
static size_t value_bytes(const struct loader *l, const struct moim_pickle_value *key)
{
    for (size_t i = 0; i < l->pk.n; i++) {
        if (l->pk.values[i].kind != MOIM_PK_STORAGE) continue;
        const struct moim_pickle_value *id = &l->pk.values[l->pk.values[i].items[0]];
        if (id->kind != MOIM_PK_TUPLE || id->n_items < 5) continue;
        const struct moim_pickle_value *k = &l->pk.values[id->items[2]];
        enum moim_dtype t;
        if (k->kind == MOIM_PK_STR && k->n == key->n && !memcmp(k->s, key->s, k->n))
            return dtype_of(&l->pk.values[id->items[1]], &t) ? moim_row_bytes(t, 1) : 0;
    }
    return 0;
}

static int read_legacy(struct loader *l, uint32_t *root)
{
    struct moim_cursor c = {l->w->map.data, l->w->map.size, 0, true};
    uint32_t skip, keys;
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < 3; i++) rc = moim_pickle_read(&l->pk, &c, &skip);
    if (!rc) rc = moim_pickle_read(&l->pk, &c, root);
    if (!rc) rc = moim_pickle_read(&l->pk, &c, &keys);
    for (size_t i = 0; !rc && i < l->pk.values[keys].n_items; i++) {
        const struct moim_pickle_value *key = &l->pk.values[l->pk.values[keys].items[i]];
        size_t each = key->kind == MOIM_PK_STR ? value_bytes(l, key) : 0;
        uint64_t count = moim_read_u64(&c);
        if (!each || count > c.size / each) return MOIM_EFORMAT;
        const uint8_t *data = moim_read_bytes(&c, count * each);
        if (!data) return MOIM_EFORMAT;
        if (!add_storage(l, key->s, key->n, data, (size_t)count * each)) rc = MOIM_ENOMEM;
    }
    return rc;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    (void)err;
    struct loader *l = arg;
    l->w = w;
    uint32_t root = 0;
    char name[256];
    bool zip = c->size > 4 && !memcmp(c->data, "PK\3\4", 4);
    int rc = zip ? read_zip(l, &root) : read_legacy(l, &root);
    if (!rc) rc = walk(l, root, name, 0, sizeof name, 0);
    return !rc && !w->n ? MOIM_EFORMAT : rc;
}

int moim_torch_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    struct loader l = {0};
    int rc = moim_weights_read(out, path, "PyTorch state", parse, &l, err);
    moim_pickle_free(&l.pk);
    free(l.storage);
    return rc;
}
