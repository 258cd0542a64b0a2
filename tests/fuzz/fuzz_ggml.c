/* Any bytes as whisper.cpp's ggml container. */
#include "tests/fuzz/weights.h"

static void read_tokens(const struct moim_weights *w)
{
    const char *s;
    size_t len;
    for (size_t i = 0; i < moim_weights_arr_len(w, "tokens"); i++)
        moim_weights_arr_str(w, "tokens", i, &s, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, moim_ggml_open, read_tokens);
}
