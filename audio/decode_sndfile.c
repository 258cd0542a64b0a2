#include "audio/source_int.h"

#include <fcntl.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long read_frames(struct moim_decoder *d, float *frames, size_t n)
{
    sf_count_t got = sf_readf_float(d->impl, frames, (sf_count_t)n);
    if (got < (sf_count_t)n && sf_error(d->impl)) d->damaged = true;
    return got < 0 ? 0 : (long)got;
}

static void close_file(struct moim_decoder *d)
{
    sf_close(d->impl);
}

/* MP3 is left to FFmpeg: libsndfile's decoder, libmpg123, writes to stderr about every damaged file. */
static bool looks_like_mp3(int fd)
{
    unsigned char b[3] = {0};
    if (pread(fd, b, 3, 0) != 3) return false;
    return !memcmp(b, "ID3", 3) || (b[0] == 0xFF && (b[1] & 0xE0) == 0xE0);
}

int moim_sndfile_open(struct moim_decoder *d, const char *path, struct moim_err *err)
{
    SF_INFO info = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    if (looks_like_mp3(fd)) {
        close(fd);
        return moim_fail(err, MOIM_EUNSUP, "%s: MP3", path);
    }
    /* By descriptor: given a name, libsndfile believes an extension where the content says nothing. */
    SNDFILE *f = sf_open_fd(fd, SFM_READ, &info, SF_TRUE);
    if (!f) return moim_fail(err, MOIM_EUNSUP, "%s: %s", path, sf_strerror(NULL));
    /* A truncated header leaves libsndfile with a file of no frames; FFmpeg would say no more. */
    *d = (struct moim_decoder){.impl = f,
                               .rate = info.samplerate,
                               .channels = info.channels,
                               .read = read_frames,
                               .close = close_file};
    if (info.samplerate > 0 && info.frames > 0 && info.frames < SF_COUNT_MAX)
        d->duration = (double)info.frames / info.samplerate;
    return MOIM_OK;
}
