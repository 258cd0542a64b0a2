#include "firmware/library/sound_mute.h"
#include "audio/journal.h"
#include "firmware/library/party_plan.h"

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK 8192 /* frames */
#define LOUD 1600  /* of 32767: a tone that is heard and does not hurt */

/* Frames from ... from + n - 1 of a recording. */
static void mute(short *pcm, long long n, long long from, const SF_INFO *info, const struct moim_mutes *m)
{
    double turn = 2 * M_PI * 1000 / info->samplerate;
    for (int i = 0; i < m->n; i++) {
        long long a = (long long)floor(m->list[i].start * info->samplerate) - from,
                  b = (long long)ceil(m->list[i].end * info->samplerate) - from;
        for (long long k = a > 0 ? a : 0; k < b && k < n; k++)
            for (int c = 0; c < info->channels; c++)
                pcm[k * info->channels + c] =
                    m->tone ? (short)lrint(LOUD * sin(turn * (double)((from + k) % info->samplerate))) : 0;
    }
}

static int copy(SNDFILE *in, SNDFILE *out, const SF_INFO *info, const char *audio,
                const struct moim_mutes *mutes, struct moim_err *err)
{
    short *pcm = malloc((size_t)BLOCK * (size_t)info->channels * sizeof *pcm);
    long long at = 0, n = 0;
    int rc = pcm ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    while (!rc && (n = sf_readf_short(in, pcm, BLOCK)) > 0) {
        mute(pcm, n, at, info, mutes);
        errno = 0;
        if (sf_writef_short(out, pcm, n) != n)
            rc = errno == ENOSPC || errno == EDQUOT
                     ? moim_fail(err, MOIM_ENOSPC, "%s: the disk is full", audio)
                     : moim_fail(err, MOIM_EIO, "%s: cannot be written", audio);
        at += n;
    }
    free(pcm);
    return rc;
}

/* Whose channel is whose, without names: they may be what is to go. */
static int copy_parties(SNDFILE *in, SNDFILE *out, int channels, struct moim_err *err)
{
    struct moim_parties p;
    const char *comment = sf_get_string(in, SF_STR_COMMENT);
    int rc = moim_party_table_read(comment ? comment : "", channels, &p);
    char *table = !rc && p.n ? moim_party_table(&p, false) : NULL;
    if (rc || (p.n && (!table || sf_set_string(out, SF_STR_COMMENT, table))))
        rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    free(table);
    if (!rc) moim_parties_clear(&p);
    return rc;
}

int moim_sound_mute(const char *from, const char *audio, int fd, const struct moim_mutes *mutes,
                    struct moim_err *err)
{
    SF_INFO info = {0};
    SNDFILE *in = sf_open(from, SFM_READ, &info), *out = NULL;
    if (!in) return moim_fail(err, MOIM_EIO, "%s: %s", from, sf_strerror(NULL));
    SF_INFO made = {.samplerate = info.samplerate,
                    .channels = info.channels,
                    .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    int rc = MOIM_OK;
    if (!(out = sf_open_fd(fd, SFM_WRITE, &made, 0)))
        rc = moim_fail(err, MOIM_EIO, "%s: %s", audio, sf_strerror(NULL));
    if (!rc) rc = copy_parties(in, out, info.channels, err);
    if (!rc) rc = copy(in, out, &info, audio, mutes, err);
    if (!rc && sf_error(in)) rc = moim_fail(err, MOIM_EIO, "%s: %s", from, sf_strerror(in));
    sf_close(in);
    if (out && sf_close(out) && !rc) rc = moim_fail(err, MOIM_EIO, "%s: cannot be written", audio);
    if (!rc && fsync(fd)) rc = moim_fail_errno(err, "%s", audio);
    if (!rc) moim_sync_directory(audio); /* the row must not outlive the file's name in a power cut */
    return rc;
}
