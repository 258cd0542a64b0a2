/* Any bytes as an E5S1 model: what opens must embed a text without leaving its file. */
#include "lm/embed.h"

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
    struct moim_embed *m;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!moim_embed_open(&m, path, NULL, &err)) {
        float v[MOIM_EMBED_DIM];
        moim_embed_text(m, MOIM_EMBED_QUERY, "any words", v, &err);
        moim_embed_close(m);
    }
    close(fd);
    return 0;
}
