/* Inside of struct moim_weights, for the container readers only. */
#ifndef MOIM_NN_WEIGHTS_INT_H
#define MOIM_NN_WEIGHTS_INT_H

#include "base/mapfile.h"
#include "nn/weights.h"

enum moim_meta_kind { MOIM_META_U64, MOIM_META_F64, MOIM_META_STR, MOIM_META_ARR_STR, MOIM_META_ARR_NUM };

struct moim_meta {
    char *key; /* owned */
    enum moim_meta_kind kind;
    uint64_t u;
    double f;
    const char *s;        /* in the map, not NUL-terminated */
    size_t n;             /* bytes of s, or elements of the array */
    const uint8_t *items; /* of an array, as stored */
    int item_type;        /* GGUF value type of items */
    uint32_t *offsets;    /* of strings in items, owned; a string is its length and its bytes */
    int prefix;           /* bytes of that length, 4 or 8 */
};

/* A file has no more tensors or keys: what is kept of each must not outgrow a small file. */
#define MOIM_MOST_ENTRIES 65536

struct moim_weights {
    char *path;
    struct moim_map map;
    struct moim_map *more; /* further files of one model, owned */
    size_t n_more;
    struct moim_tensor *tensors; /* names owned */
    size_t n, cap;
    struct moim_meta *meta;
    size_t n_meta, cap_meta;
    void **owned; /* blobs that a reader had to decode */
    size_t n_owned;
    uint32_t *index; /* open-addressed hash of names: tensor number + 1 */
    size_t index_mask;
    uint8_t *used; /* [n] 1: it was looked for */
};

/* GGUF's types of metadata values, and the bytes of one; 0: of no fixed size. */
enum { G_U8, G_I8, G_U16, G_I16, G_U32, G_I32, G_F32, G_BOOL, G_STR, G_ARR, G_U64, G_I64, G_F64, G_COUNT };
size_t moim_meta_size(uint32_t type);
/* n strings from where c stands become the array m. */
int moim_meta_strings(struct moim_meta *m, struct moim_cursor *c, uint64_t n, int prefix);
/* The value at p; *whole: it is a whole number that is not negative. */
void moim_meta_number(const uint8_t *p, int type, uint64_t *u, double *f, bool *whole);

/* What every reader begins and ends with: maps path, lets parse fill w from the file's start, builds the index;
 * *out is NULL on failure. parse says in err what it found; where it says nothing, `what` ("CTranslate2 model")
 * is named as what the file is not. */
int moim_weights_read(struct moim_weights **out, const char *path, const char *what,
                      int (*parse)(struct moim_weights *w, struct moim_cursor *c, void *arg,
                                   struct moim_err *err),
                      void *arg, struct moim_err *err);
/* ggml's number of a tensor type; false when it is not supported. */
bool moim_ggml_dtype(uint32_t id, enum moim_dtype *t);
/* "FILE: tensor NAME has type TYPE, which is not supported", TYPE by its name where it has one. */
int moim_ggml_unsupported(const struct moim_weights *w, const char *name, size_t len, uint32_t id,
                          struct moim_err *err);
/* Takes over a block from malloc, to be freed with w; on failure it is freed at once. */
int moim_weights_own(struct moim_weights *w, void *block);
/* Appends a tensor; the name is copied. NULL when memory runs out. */
struct moim_tensor *moim_weights_push(struct moim_weights *w, const char *name, size_t name_len);
struct moim_meta *moim_weights_push_meta(struct moim_weights *w, const char *key, size_t key_len);

#endif
