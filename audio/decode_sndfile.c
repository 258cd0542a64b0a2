#include "audio/source_int.h"

#include <sndfile.h>
#include <stdlib.h>

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

int moim_sndfile_open(struct moim_decoder *d, const char *path, struct moim_err *err)
{
    SF_INFO info = {0};
    SNDFILE *f = sf_open(path, SFM_READ, &info);
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
