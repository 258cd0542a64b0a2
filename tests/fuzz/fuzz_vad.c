/* Any bytes as a Silero VAD model. */
#include "audio/vad.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_vad *v;
    if (fd < 0) return 0;
    if (!moim_vad_open(&v, path, &err)) {
        float x[MOIM_VAD_WINDOW] = {0.5f};
        moim_vad_window(v, x);
        moim_vad_close(v);
    }
    close(fd);
    return 0;
}
