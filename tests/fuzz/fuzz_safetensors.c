/* Any bytes as a safetensors file of a Whisper. */
#include "asr/whisper_int.h"
#include "tests/fuzz/weights.h"

static int open_it(struct moim_weights **out, const char *path, struct moim_err *err)
{
    return moim_safetensors_open(out, path, whisper_reference_name, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, open_it, NULL);
}
