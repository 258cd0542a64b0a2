/* Any bytes as a GGUF file, and its metadata read back; every tensor that is accepted is read to its end. */
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
    if (!moim_gguf_open(&w, path, &err)) {
        read_every_tensor(w);
        const char *s;
        size_t len, at = moim_weights_arr_len(w, "tokenizer.ggml.tokens");
        uint64_t v;
        double d;
        moim_weights_str(w, "general.architecture", &s, &len);
        moim_weights_u64(w, "llama.block_count", &v);
        moim_weights_f64(w, "llama.rope.freq_base", &d);
        if (at) moim_weights_arr_str(w, "tokenizer.ggml.tokens", at - 1, &s, &len);
        moim_weights_arr_f64(w, "tokenizer.ggml.scores", 0, &d);
        moim_weights_close(w);
    }
    close(fd);
    return 0;
}
