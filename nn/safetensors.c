/* safetensors: u64 length of the header, the header (JSON: an object of tensors, each {"dtype", "shape", "data_offsets": [from,
 * to]}; "__metadata__" besides), then the bytes that the offsets count from. Little-endian, unaligned. */
#include "base/json.h"
#include "nn/weights_int.h"

#include <cjson/cJSON.h>
#include <string.h>

/* A tree takes some thirty times the bytes that it was read from: a header is small beside the weights it lists. */
#define HEADER_SHARE 64
#define HEADER_ALWAYS 65536

static bool dtype_of(const char *name, enum moim_dtype *t)
{
    static const struct {
        const char *name;
        enum moim_dtype type;
    } known[] = {{"F32", MOIM_F32}, {"F16", MOIM_F16}, {"BF16", MOIM_BF16}, {"I8", MOIM_I8},
                 {"I32", MOIM_I32}, {"I64", MOIM_I64}, {"U8", MOIM_U8}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name)) {
            *t = known[i].type;
            return true;
        }
    return false;
}

/* A whole number of JSON, exact below 2^53. */
static bool whole(const cJSON *x, uint64_t *v)
{
    if (!cJSON_IsNumber(x) || !(x->valuedouble >= 0 && x->valuedouble < 9e15)) return false;
    *v = (uint64_t)x->valuedouble;
    return (double)*v == x->valuedouble;
}

static bool read_shape(const cJSON *shape, struct moim_tensor *t)
{
    int rank = cJSON_GetArraySize(shape);
    const cJSON *x;
    if (!cJSON_IsArray(shape) || rank > MOIM_MAX_RANK) return false;
    cJSON_ArrayForEach(x, shape) if (!whole(x, &t->dims[t->rank++]) || !t->dims[t->rank - 1]) return false;
    return true;
}

static int read_tensor(struct moim_weights *w, const struct moim_cursor *c, const cJSON *x,
                       const char *(*rename)(const char *name, char out[128]), struct moim_err *err)
{
    struct moim_tensor t = {0};
    char own[128];
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(x, "dtype"),
                *range = cJSON_GetObjectItemCaseSensitive(x, "data_offsets");
    uint64_t from, to, all = c->size - c->pos;
    if (!cJSON_IsString(dtype) || !read_shape(cJSON_GetObjectItemCaseSensitive(x, "shape"), &t))
        return MOIM_EFORMAT;
    if (!dtype_of(dtype->valuestring, &t.type))
        return moim_fail(err, MOIM_EUNSUP, "%s: tensor %.64s has type %.16s, which is not supported", w->path,
                         x->string, dtype->valuestring);
    if (!whole(cJSON_GetArrayItem(range, 0), &from) || !whole(cJSON_GetArrayItem(range, 1), &to) ||
        from > to || to > all)
        return MOIM_EFORMAT;
    uint64_t n = t.rank ? moim_tensor_count(&t) : 1;
    t.bytes = (size_t)(to - from);
    if (!n || n > all || t.bytes != moim_row_bytes(t.type, n)) return MOIM_EFORMAT;
    t.data = c->data + c->pos + from;
    const char *name = rename ? rename(x->string, own) : x->string;
    struct moim_tensor *slot = moim_weights_push(w, name, strlen(name));
    if (!slot) return MOIM_ENOMEM;
    t.name = slot->name;
    *slot = t;
    return MOIM_OK;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    const char *(*const *rename)(const char *, char *) = arg;
    cJSON *root;
    uint64_t n = moim_read_u64(c);
    if (!c->ok || n > c->size - c->pos || (n > HEADER_ALWAYS && n > c->size / HEADER_SHARE))
        return MOIM_EFORMAT;
    const char *header = (const char *)moim_read_bytes(c, n);
    int rc = header && n ? moim_json_parse(&root, header, (size_t)n, false) : MOIM_EFORMAT;
    if (rc) return rc;
    if (!cJSON_IsObject(root)) rc = MOIM_EFORMAT;
    for (const cJSON *x = root->child; !rc && x; x = x->next)
        if (strcmp(x->string, "__metadata__")) rc = read_tensor(w, c, x, *rename, err);
    cJSON_Delete(root);
    return rc;
}

int moim_safetensors_open(struct moim_weights **out, const char *path,
                          const char *(*rename)(const char *name, char out[128]), struct moim_err *err)
{
    return moim_weights_read(out, path, "safetensors file", parse, &rename, err);
}
