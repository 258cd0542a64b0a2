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
    const uint8_t *items; /* numbers as stored */
    int item_type;        /* GGUF value type of items */
    const char **strs;    /* owned array of pointers into the map */
    size_t *lens;         /* owned */
};

struct moim_weights {
    char *path;
    struct moim_map map;
    struct moim_tensor *tensors; /* names owned */
    size_t n, cap;
    struct moim_meta *meta;
    size_t n_meta, cap_meta;
    void **owned; /* blobs that a reader had to decode */
    size_t n_owned;
    uint32_t *index; /* open-addressed hash of names: tensor number + 1 */
    size_t index_mask;
};

/* Creates the object and maps path. */
int moim_weights_begin(struct moim_weights **out, const char *path, struct moim_err *err);
/* Appends a tensor; the name is copied. NULL when memory runs out. */
struct moim_tensor *moim_weights_push(struct moim_weights *w, const char *name, size_t name_len);
struct moim_meta *moim_weights_push_meta(struct moim_weights *w, const char *key, size_t key_len);
/* Builds the name index; MOIM_EFORMAT on a name that occurs twice. */
int moim_weights_finish(struct moim_weights *w, struct moim_err *err);

#endif
