/* Any bytes as a CTranslate2 container. */
#include "nn/weights.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    if (fd < 0) return 0;
    struct moim_weights *w;
    if (!moim_ct2_open(&w, path, &err)) {
        moim_weights_find(w, "encoder/conv1/weight");
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
