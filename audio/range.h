/* A stretch of a file as a file of its own: what a decoder is given to read. Any number of ranges share one
 * descriptor, since none moves its offset. */
#ifndef MOIM_AUDIO_RANGE_H
#define MOIM_AUDIO_RANGE_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moim_range {
    int fd;           /* the caller's */
    int64_t from, to; /* bytes of the file */
    int64_t at;       /* where the next read begins, from `from` on */
    bool failed;      /* a read did; what a decoder takes for the end is none */
};

/* Bytes read, 0 at the end, -1 on an error. */
long moim_range_read(struct moim_range *r, void *out, size_t n);
/* whence as lseek's; the new place, or -1 when that is outside. */
int64_t moim_range_seek(struct moim_range *r, int64_t offset, int whence);

/* Opens a recording for reading by ranges: *size bytes. A pipe is taken in whole, into a file without a name.
 * Directories, devices and empty files are MOIM_EFORMAT. */
int moim_sound_fd(const char *path, int *fd, int64_t *size, struct moim_err *err);

#endif
