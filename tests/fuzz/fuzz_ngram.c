/* Any bytes as an n-gram model. */
#include "lm/ngram.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    if (fd < 0) return 0;
    struct moim_ngram *m;
    if (!moim_ngram_open(&m, path, &err)) {
        moim_ngram_score(m, "오늘 hello", NULL);
        moim_ngram_close(m);
    }
    close(fd);
    return 0;
}
