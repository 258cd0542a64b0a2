#include "nn/pickle.h"

#include <stdlib.h>
#include <string.h>

#define MEMO_MAX (1u << 22)

static bool room(void **p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return true;
    size_t want = *cap ? *cap * 2 : 16;
    void *q = realloc(*p, want * size);
    if (!q) return false;
    *p = q;
    *cap = want;
    return true;
}

static int push(struct moim_pickle *p, uint32_t v)
{
    if (!room((void **)&p->stack, p->depth, &p->cap_stack, sizeof *p->stack)) return MOIM_ENOMEM;
    p->stack[p->depth++] = v;
    return MOIM_OK;
}

static struct moim_pickle_value *push_new(struct moim_pickle *p, enum moim_pickle_kind kind)
{
    if (p->n >= UINT32_MAX - 1 || !room((void **)&p->values, p->n, &p->cap, sizeof *p->values) ||
        push(p, (uint32_t)p->n))
        return NULL;
    struct moim_pickle_value *v = &p->values[p->n++];
    memset(v, 0, sizeof *v);
    v->kind = kind;
    return v;
}

static int push_int(struct moim_pickle *p, int64_t i)
{
    struct moim_pickle_value *v = push_new(p, MOIM_PK_INT);
    if (v) v->i = i;
    return v ? MOIM_OK : MOIM_ENOMEM;
}

static int push_text(struct moim_pickle *p, struct moim_cursor *c, enum moim_pickle_kind kind, uint64_t n)
{
    const char *s = (const char *)moim_read_bytes(c, n);
    if (!s) return MOIM_EFORMAT;
    struct moim_pickle_value *v = push_new(p, kind);
    if (!v) return MOIM_ENOMEM;
    v->s = s;
    v->n = (size_t)n;
    return MOIM_OK;
}

/* Nothing may be taken from below the last mark. */
static size_t floor_of(const struct moim_pickle *p)
{
    return p->n_marks ? p->marks[p->n_marks - 1] : 0;
}

static bool pop(struct moim_pickle *p, uint32_t *v)
{
    if (p->depth <= floor_of(p)) return false;
    *v = p->stack[--p->depth];
    return true;
}

static int add_item(struct moim_pickle *p, uint32_t to, uint32_t item)
{
    struct moim_pickle_value *v = &p->values[to];
    if (!room((void **)&v->items, v->n_items, &v->cap_items, sizeof *v->items)) return MOIM_ENOMEM;
    v->items[v->n_items++] = item;
    return MOIM_OK;
}

/* Moves what lies from stack place first on into a new value of that kind. */
static int gather(struct moim_pickle *p, enum moim_pickle_kind kind, size_t first)
{
    size_t n = p->depth - first;
    if (!push_new(p, kind)) return MOIM_ENOMEM;
    uint32_t made = p->stack[--p->depth];
    int rc = MOIM_OK;
    for (size_t i = 0; !rc && i < n; i++) rc = add_item(p, made, p->stack[first + i]);
    p->depth = first;
    return rc ? rc : push(p, made);
}

static int tuple_of(struct moim_pickle *p, size_t n)
{
    return p->depth - floor_of(p) < n ? MOIM_EFORMAT : gather(p, MOIM_PK_TUPLE, p->depth - n);
}

static bool pop_mark(struct moim_pickle *p, size_t *first)
{
    if (!p->n_marks) return false;
    *first = p->marks[--p->n_marks];
    return *first <= p->depth;
}

/* SETITEMS, APPENDS: the container lies just below the mark. */
static int extend(struct moim_pickle *p, size_t first)
{
    if (first <= floor_of(p)) return MOIM_EFORMAT;
    uint32_t to = p->stack[first - 1];
    int rc = MOIM_OK;
    for (size_t i = first; !rc && i < p->depth; i++) rc = add_item(p, to, p->stack[i]);
    p->depth = first;
    return rc;
}

static bool global_is(const struct moim_pickle_value *v, const char *name)
{
    return v->kind == MOIM_PK_GLOBAL && v->n == strlen(name) && !memcmp(v->s, name, v->n);
}

/* Calls that matter: making a tensor, a parameter, an ordered dictionary. All others yield an opaque value.
 */
static int reduce(struct moim_pickle *p)
{
    uint32_t args, fn;
    if (!pop(p, &args) || !pop(p, &fn)) return MOIM_EFORMAT;
    const struct moim_pickle_value *f = &p->values[fn], *a = &p->values[args];
    bool tuple = a->kind == MOIM_PK_TUPLE;
    if (global_is(f, "torch._utils\n_rebuild_parameter") && tuple && a->n_items > 0)
        return push(p, a->items[0]);
    enum moim_pickle_kind kind = MOIM_PK_OPAQUE;
    size_t keep = 0;
    if (global_is(f, "torch._utils\n_rebuild_tensor_v2") && tuple && a->n_items >= 4)
        kind = MOIM_PK_TENSOR, keep = 4;
    else if (global_is(f, "collections\nOrderedDict"))
        kind = MOIM_PK_DICT;
    if (!push_new(p, kind)) return MOIM_ENOMEM;
    uint32_t made = (uint32_t)p->n - 1;
    int rc = MOIM_OK;
    for (size_t i = 0; !rc && i < keep; i++) rc = add_item(p, made, p->values[args].items[i]);
    return rc;
}

static int put_memo(struct moim_pickle *p, uint32_t at)
{
    if (p->depth <= floor_of(p) || at >= MEMO_MAX) return MOIM_EFORMAT;
    if (at >= p->n_memo) {
        size_t want = p->n_memo * 2 > at + 256u ? p->n_memo * 2 : at + 256u;
        uint32_t *q = realloc(p->memo, want * sizeof *q);
        if (!q) return MOIM_ENOMEM;
        memset(q + p->n_memo, 0, (want - p->n_memo) * sizeof *q);
        p->memo = q;
        p->n_memo = want;
    }
    p->memo[at] = p->stack[p->depth - 1] + 1;
    return MOIM_OK;
}

static int get_memo(struct moim_pickle *p, uint32_t at)
{
    return at < p->n_memo && p->memo[at] ? push(p, p->memo[at] - 1) : MOIM_EFORMAT;
}

static int read_global(struct moim_pickle *p, struct moim_cursor *c)
{
    size_t start = c->pos;
    for (int lines = 0; lines < 2;) {
        uint8_t b = moim_read_u8(c);
        if (!c->ok) return MOIM_EFORMAT;
        lines += b == '\n';
    }
    struct moim_pickle_value *v = push_new(p, MOIM_PK_GLOBAL);
    if (!v) return MOIM_ENOMEM;
    v->s = (const char *)c->data + start;
    v->n = c->pos - start - 1;
    return MOIM_OK;
}

static int replace_top(struct moim_pickle *p, int drop, enum moim_pickle_kind kind)
{
    uint32_t v;
    for (int i = 0; i < drop; i++)
        if (!pop(p, &v)) return MOIM_EFORMAT;
    return push_new(p, kind) ? MOIM_OK : MOIM_ENOMEM;
}

static int read_long(struct moim_pickle *p, struct moim_cursor *c)
{
    uint8_t n = moim_read_u8(c);
    const uint8_t *b = moim_read_bytes(c, n);
    if (!b && n) return MOIM_EFORMAT;
    uint64_t v = 0;
    for (int i = 0; i < n && i < 8; i++) v |= (uint64_t)b[i] << (8 * i);
    if (n && n < 8 && b[n - 1] & 0x80) v |= ~0ull << (8 * n);
    return push_int(p, (int64_t)v);
}

static int one_more(struct moim_pickle *p, bool pair)
{
    size_t n = pair ? 2 : 1;
    return p->depth < floor_of(p) + n + 1 ? MOIM_EFORMAT : extend(p, p->depth - n);
}

/* The opcodes that make or find a value. */
static int constant(struct moim_pickle *p, struct moim_cursor *c, uint8_t op)
{
    switch (op) {
    case 'N': return push_new(p, MOIM_PK_NONE) ? MOIM_OK : MOIM_ENOMEM;
    case 0x88: return push_int(p, 1);
    case 0x89: return push_int(p, 0);
    case 'K': return push_int(p, moim_read_u8(c));
    case 'M': return push_int(p, moim_read_u16(c));
    case 'J': return push_int(p, (int32_t)moim_read_u32(c));
    case 0x8a: return read_long(p, c);
    case 'G': return moim_read_bytes(c, 8) && push_new(p, MOIM_PK_FLOAT) ? MOIM_OK : MOIM_EFORMAT;
    case 'X': return push_text(p, c, MOIM_PK_STR, moim_read_u32(c));
    case 0x8c:
    case 'U': return push_text(p, c, MOIM_PK_STR, moim_read_u8(c));
    case 'c': return read_global(p, c);
    case '}': return push_new(p, MOIM_PK_DICT) ? MOIM_OK : MOIM_ENOMEM;
    case ']': return push_new(p, MOIM_PK_LIST) ? MOIM_OK : MOIM_ENOMEM;
    case ')': return push_new(p, MOIM_PK_TUPLE) ? MOIM_OK : MOIM_ENOMEM;
    case 'h': return get_memo(p, moim_read_u8(c));
    case 'j': return get_memo(p, moim_read_u32(c));
    default: return MOIM_EFORMAT;
    }
}

static int step(struct moim_pickle *p, struct moim_cursor *c, uint8_t op)
{
    size_t first;
    uint32_t v;
    switch (op) {
    case 0x80: moim_read_u8(c); return MOIM_OK;
    case '(':
        if (!room((void **)&p->marks, p->n_marks, &p->cap_marks, sizeof *p->marks)) return MOIM_ENOMEM;
        p->marks[p->n_marks++] = p->depth;
        return MOIM_OK;
    case 'q': return put_memo(p, moim_read_u8(c));
    case 'r': return put_memo(p, moim_read_u32(c));
    case 't': return pop_mark(p, &first) ? gather(p, MOIM_PK_TUPLE, first) : MOIM_EFORMAT;
    case 0x85:
    case 0x86:
    case 0x87: return tuple_of(p, op - 0x84u);
    case 'u':
    case 'e': return pop_mark(p, &first) ? extend(p, first) : MOIM_EFORMAT;
    case 's': return one_more(p, true);
    case 'a': return one_more(p, false);
    case 'R': return reduce(p);
    case 0x81: return replace_top(p, 2, MOIM_PK_OPAQUE);  /* NEWOBJ */
    case 'b': return pop(p, &v) ? MOIM_OK : MOIM_EFORMAT; /* BUILD: the state of an opaque object */
    case 'Q': return p->depth > floor_of(p) ? gather(p, MOIM_PK_STORAGE, p->depth - 1) : MOIM_EFORMAT;
    default: return constant(p, c, op);
    }
}

int moim_pickle_read(struct moim_pickle *p, struct moim_cursor *c, uint32_t *root)
{
    p->depth = p->n_marks = 0;
    if (p->n_memo) memset(p->memo, 0, p->n_memo * sizeof *p->memo);
    for (;;) {
        uint8_t op = moim_read_u8(c);
        if (!c->ok) return MOIM_EFORMAT;
        if (op == '.') return p->depth == 1 && !p->n_marks && pop(p, root) ? MOIM_OK : MOIM_EFORMAT;
        int rc = step(p, c, op);
        if (rc) return rc;
    }
}

void moim_pickle_free(struct moim_pickle *p)
{
    for (size_t i = 0; i < p->n; i++) free(p->values[i].items);
    free(p->values);
    free(p->stack);
    free(p->marks);
    free(p->memo);
    memset(p, 0, sizeof *p);
}
