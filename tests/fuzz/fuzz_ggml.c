/* Any bytes as whisper.cpp's ggml container. */
#include "nn/weights.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    if (fd < 0) return 0;
    struct moim_weights *w;
    if (!moim_ggml_open(&w, path, &err)) {
        const char *s;
        size_t len;
        for (size_t i = 0; i < moim_weights_arr_len(w, "tokens"); i++)
            moim_weights_arr_str(w, "tokens", i, &s, &len);
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
