/* Any bytes as a Silero VAD model. */
#include "audio/vad.h"

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
    struct moim_vad *v;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!moim_vad_open(&v, path, &err)) {
        float x[MOIM_VAD_WINDOW] = {0.5f};
        moim_vad_window(v, x);
        moim_vad_close(v);
    }
    close(fd);
    return 0;
}
