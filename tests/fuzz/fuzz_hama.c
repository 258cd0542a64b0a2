/* Any bytes as a .hama file. */
#include "tests/fuzz/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, moim_hama_open, NULL);
}
