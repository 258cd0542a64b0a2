/* Any bytes as a container of weights: opened by its reader, and every tensor that is accepted read to its end. */
#ifndef MOIM_TESTS_FUZZ_WEIGHTS_H
#define MOIM_TESTS_FUZZ_WEIGHTS_H

#include "nn/weights.h"
#include "tests/fuzz/file.h"
#include "tests/fuzz/heap.h"
#include "tests/fuzz/tensors.h"

/* also: what else to ask of what was opened, or NULL. */
static inline int fuzz_weights(const uint8_t *data, size_t size,
                               int (*open_it)(struct moim_weights **, const char *, struct moim_err *),
                               void (*also)(const struct moim_weights *))
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_weights *w;
    if (fd < 0) return 0;
    fuzz_heap_begin(size);
    int rc = open_it(&w, path, &err);
    fuzz_heap_end();
    if (!rc) {
        read_every_tensor(w);
        if (also) also(w);
        moim_weights_all_used(w, &err);
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}

#endif
