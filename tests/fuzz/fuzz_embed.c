/* Any bytes as an E5S1 model: what opens must embed a text without leaving its file. */
#include "lm/embed.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_embed *m;
    if (fd < 0) return 0;
    if (!moim_embed_open(&m, path, NULL, &err)) {
        float v[MOIM_EMBED_DIM];
        moim_embed_text(m, MOIM_EMBED_QUERY, "any words", v, &err);
        moim_embed_close(m);
    }
    close(fd);
    return 0;
}
