/* Any bytes as a PyTorch state, zip or legacy: every tensor it then shows must be readable. */
#include "nn/weights.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_weights *w;
    if (fd < 0) return 0;
    if (!moim_torch_open(&w, path, &err)) {
        volatile uint8_t sum = 0;
        for (size_t i = 0; i < moim_weights_count(w); i++) {
            const struct moim_tensor *t = moim_weights_at(w, i);
            for (size_t b = 0; b < t->bytes; b++) sum = (uint8_t)(sum + ((const uint8_t *)t->data)[b]);
        }
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
