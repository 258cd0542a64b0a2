/* Any bytes as a .hama file; every tensor that is accepted is read to its end. */
#include "nn/weights.h"
#include "tests/fuzz/tensors.h"

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
    struct moim_weights *w;
    if (fd < 0) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size && !moim_hama_open(&w, path, &err)) {
        read_every_tensor(w);
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
