#include "asr/asr.h"

#include <string.h>

int moim_asr_decode(struct moim_asr *a, const float *pcm, size_t n, double t0,
                    const struct moim_asr_options *opt, struct moim_nbest *out, struct moim_err *err)
{
    if (!a || !a->vt || !opt || !out || (!pcm && n))
        return moim_fail(err, MOIM_EINVAL, "asr: missing argument");
    if ((double)n > MOIM_ASR_MAX_SECONDS * MOIM_ASR_RATE)
        return moim_fail(err, MOIM_EINVAL, "asr: segment of %.1f s is over %.0f s", (double)n / MOIM_ASR_RATE,
                         MOIM_ASR_MAX_SECONDS);
    memset(out, 0, sizeof *out);
    return a->vt->decode(a->impl, pcm, n, t0, opt, out, err);
}

void moim_asr_close(struct moim_asr *a)
{
    if (!a || !a->vt) return;
    a->vt->close(a->impl);
    a->vt = NULL;
    a->impl = NULL;
}
