/* Any bytes as an n-gram model. */
#include "lm/ngram.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", 0);
    char path[64];
    struct moim_err err;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct moim_ngram *m;
    if (!moim_ngram_open(&m, path, &err)) {
        moim_ngram_score(m, "오늘 hello", NULL);
        moim_ngram_close(m);
    }
    close(fd);
    return 0;
}
