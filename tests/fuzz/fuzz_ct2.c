/* Any bytes as a CTranslate2 container. */
#include "tests/fuzz/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, moim_ct2_open, NULL);
}
