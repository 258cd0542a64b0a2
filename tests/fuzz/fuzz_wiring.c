/* firmware/device/hal.h: any file as a wiring file. */
#include "firmware/device/hal.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[64];
    struct moim_err err;
    struct moim_wiring w;
    int fd = memfd_create("wiring", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    moim_wiring_read(&w, path, &err);
    close(fd);
    return 0;
}
