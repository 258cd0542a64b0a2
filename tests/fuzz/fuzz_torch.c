/* Any bytes as a PyTorch state, zip or legacy: every tensor it then shows must be readable. */
#include "tests/fuzz/weights.h"

static void read_bytes(const struct moim_weights *w)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < moim_weights_count(w); i++) {
        const struct moim_tensor *t = moim_weights_at(w, i);
        for (size_t b = 0; b < t->bytes; b++) sum = (uint8_t)(sum + ((const uint8_t *)t->data)[b]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, moim_torch_open, read_bytes);
}
