/* Any bytes as whisper.cpp's ggml container. */
#include "nn/weights.h"

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
