/* Any bytes as a recording: libsndfile, FFmpeg and what stands around them. */
#include "audio/decode.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_reader *r;
    if (fd < 0) return 0;
    if (!moim_reader_open(&r, path, &err)) {
        static float pcm[16000];
        for (int i = 0; i < 20; i++)
            if (moim_reader_read(r, pcm, 16000, &err) <= 0) break;
        moim_reader_close(r);
    }
    close(fd);
    return 0;
}
