/* Any bytes as a recording: libsndfile, FFmpeg and what stands around them. */
#include "audio/decode.h"

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
    struct moim_reader *r;
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!moim_reader_open(&r, path, &err)) {
        static float pcm[16000];
        for (int i = 0; i < 20; i++)
            if (moim_reader_read(r, pcm, 16000, &err) <= 0) break;
        moim_reader_close(r);
    }
    close(fd);
    return 0;
}
