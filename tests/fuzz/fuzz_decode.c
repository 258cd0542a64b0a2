/* Any bytes as a recording: libsndfile, FFmpeg and what stands around them. */
#include "audio/decode.h"
#include "tests/fuzz/file.h"

/* libsndfile 1.2.0 loses 5784 bytes of libvorbis when sf_open meets an Ogg file whose Vorbis headers are damaged: sf_open and
 * sf_close alone show it. Nothing of ours can free them. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:vorbis_info_init\n";
}

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
