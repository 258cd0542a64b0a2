/* Weights of a small net as f32 in one allocation: what the .hama nets of this folder share. */
#ifndef MOIM_ASR_NETLOAD_H
#define MOIM_ASR_NETLOAD_H

#include "nn/weights.h"

struct moim_netload {
    float *values; /* owned by the net that loads */
    size_t used, room;
};

/* Makes room for every tensor of w and `extra` values more. */
int moim_netload_begin(struct moim_netload *n, const struct moim_weights *w, size_t extra,
                       struct moim_err *err);

struct moim_wanted {
    const float **to;
    const char *name;
    int rank;
    uint64_t dims[3];
};
/* Copies each tensor of the list, checked for its shape. */
int moim_netload_take(struct moim_netload *n, const struct moim_weights *w, const struct moim_wanted *list,
                      int count, struct moim_err *err);

/* One array of strings of a JSON file: *list[*n], one allocation for all, released with free. Not more than
 * max entries. MOIM_EFORMAT when the file is no object that holds it. */
int moim_netload_strings(const char *path, const char *key, int max, char ***list, int *n,
                         struct moim_err *err);

#endif
