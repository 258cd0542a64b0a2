/* Any bytes as a .hama file; every tensor that is accepted is read to its end. */
#include "nn/weights.h"
#include "tests/fuzz/file.h"
#include "tests/fuzz/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_weights *w;
    if (fd < 0) return 0;
    if (!moim_hama_open(&w, path, &err)) {
        read_every_tensor(w);
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
