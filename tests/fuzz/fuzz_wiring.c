/* firmware/device/hal.h: any file as a wiring file. */
#include "firmware/device/hal.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(data, size, path);
    struct moim_err err;
    struct moim_wiring w;
    if (fd < 0) return 0;
    moim_wiring_read(&w, path, &err);
    close(fd);
    return 0;
}
