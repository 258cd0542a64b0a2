/* Any bytes as a GGUF file, and its metadata read back; as a language model, which it then must not bring to its knees. */
#include "lm/llm.h"
#include "tests/fuzz/weights.h"

static void read_metadata(const struct moim_weights *w)
{
    const char *s;
    size_t len, at = moim_weights_arr_len(w, "tokenizer.ggml.tokens");
    uint64_t v;
    double d;
    moim_weights_str(w, "general.architecture", &s, &len);
    moim_weights_u64(w, "llama.block_count", &v);
    moim_weights_f64(w, "llama.rope.freq_base", &d);
    if (at) moim_weights_arr_str(w, "tokenizer.ggml.tokens", at - 1, &s, &len);
    moim_weights_arr_f64(w, "tokenizer.ggml.scores", 0, &d);
    struct moim_llm *m;
    struct moim_llm_params p = {.n_ctx = 16, .n_batch = 16};
    if (moim_llm_open(&m, moim_weights_path(w), NULL, &p, NULL)) return;
    int32_t tok[8];
    char role = 0;
    int n = moim_chat_tokenize(moim_llm_chat(m), moim_llm_tokenizer(m), MOIM_CHAT_USER "Hi" MOIM_CHAT_END, 0,
                               &role, tok, 8);
    if (n > 0) moim_llm_eval(m, tok, n < 8 ? n : 8, 0, NULL, NULL);
    moim_llm_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_weights(data, size, moim_gguf_open, read_metadata);
}
