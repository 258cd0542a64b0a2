/* Any bytes as a CTranslate2 container. */
#include "nn/weights.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", 0);
    char path[64];
    struct moim_err err;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct moim_weights *w;
    if (!moim_ct2_open(&w, path, &err)) {
        moim_weights_find(w, "encoder/conv1/weight");
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
