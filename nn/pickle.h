/* A reader for the pickles that PyTorch writes: enough of the protocol to see dictionaries, lists, strings,
 * numbers and tensors; it runs nothing. Objects of other classes become opaque values. Used by nn/torch.c.
 * The protocol: Lib/pickletools.py of Python. */
#ifndef MOIM_NN_PICKLE_H
#define MOIM_NN_PICKLE_H

#include "base/mapfile.h"

enum moim_pickle_kind {
    MOIM_PK_NONE,
    MOIM_PK_INT,     /* also true and false */
    MOIM_PK_FLOAT,   /* its value is not kept */
    MOIM_PK_STR,     /* s[n] */
    MOIM_PK_GLOBAL,  /* s[n] = "module\nname" */
    MOIM_PK_TUPLE,   /* items */
    MOIM_PK_LIST,    /* items */
    MOIM_PK_DICT,    /* items: key, value, key, value ... */
    MOIM_PK_STORAGE, /* items[0]: the persistent id, a tuple */
    MOIM_PK_TENSOR,  /* items: storage, offset, sizes, strides */
    MOIM_PK_OPAQUE
};

struct moim_pickle_value {
    enum moim_pickle_kind kind;
    int64_t i;
    const char *s; /* in the file, not NUL-terminated */
    size_t n;
    uint32_t *items; /* numbers of other values */
    size_t n_items, cap_items;
};

struct moim_pickle {
    struct moim_pickle_value *values;
    size_t n, cap;
    uint32_t *stack;
    size_t depth, cap_stack;
    size_t *marks;
    size_t n_marks, cap_marks;
    uint32_t *memo; /* value number + 1 */
    size_t n_memo;
};

/* Reads one pickle at c and leaves c behind it; *root is its value's number. MOIM_EFORMAT or MOIM_ENOMEM.
 * Zero-initialise p before the first, free after the last; values of earlier pickles stay. */
int moim_pickle_read(struct moim_pickle *p, struct moim_cursor *c, uint32_t *root);
void moim_pickle_free(struct moim_pickle *p);

#endif
