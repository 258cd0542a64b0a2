#include "audio/decode.h"
#include "audio/container.h"
#include "audio/source_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096 /* source frames decoded at once */

struct moim_reader {
    struct moim_decoder dec;
    soxr_t soxr;   /* NULL when the source is at 16 kHz already */
    float *frames; /* [BLOCK][channels] */
    float mono[BLOCK];
    size_t mono_n, mono_at;
    bool ended, failed;
    char *path;
    size_t given;
};

static int check_file(const char *path, struct moim_err *err)
{
    struct stat st;
    if (stat(path, &st)) return moim_fail_errno(err, "%s", path);
    if (S_ISDIR(st.st_mode)) return moim_fail(err, MOIM_EFORMAT, "%s: is a directory, not a recording", path);
    if (access(path, R_OK)) return moim_fail_errno(err, "%s", path);
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return moim_fail(err, MOIM_EFORMAT, "%s: the file is empty", path);
    return MOIM_OK;
}

static int open_decoder(struct moim_decoder *d, const char *path, struct moim_err *err)
{
    struct moim_err ignored;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool cut = fd >= 0 && moim_container_cut(fd);
    if (fd >= 0) close(fd);
    if (moim_sndfile_open(d, path, &ignored)) {
        int rc = moim_ffmpeg_open(d, path, err);
        if (rc) return rc;
    }
    if (d->channels < 1 || d->channels > 64 || d->rate < 1000 || d->rate > 768000) {
        int channels = d->channels, rate = d->rate;
        d->close(d);
        return moim_fail(err, MOIM_EFORMAT, "%s: %d channels at %d Hz is not a recording", path, channels,
                         rate);
    }
    d->damaged |= cut;
    return MOIM_OK;
}

int moim_reader_open(struct moim_reader **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    int rc = check_file(path, err);
    if (rc) return rc;
    struct moim_reader *r = calloc(1, sizeof *r);
    if (!r || !(r->path = strdup(path))) {
        free(r);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    rc = open_decoder(&r->dec, path, err);
    if (rc) {
        free(r->path);
        free(r);
        return rc;
    }
    r->frames = malloc(sizeof *r->frames * BLOCK * (size_t)r->dec.channels);
    soxr_error_t why = NULL;
    if (r->dec.rate != MOIM_RATE) {
        soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
        r->soxr = soxr_create(r->dec.rate, MOIM_RATE, 1, &why, NULL, &quality, NULL);
    }
    if (!r->frames || why) {
        moim_reader_close(r);
        return moim_fail(err, MOIM_ENOMEM, "%s: %s", path, why ? why : "out of memory");
    }
    *out = r;
    return MOIM_OK;
}

void moim_reader_close(struct moim_reader *r)
{
    if (!r) return;
    r->dec.close(&r->dec);
    soxr_delete(r->soxr);
    free(r->frames);
    free(r->path);
    free(r);
}

/* Decodes the next block into mono[]. A sample that is no number becomes silence. */
static void refill(struct moim_reader *r)
{
    int channels = r->dec.channels;
    long n = r->dec.read(&r->dec, r->frames, BLOCK);
    r->ended = n <= 0;
    r->mono_n = n > 0 ? (size_t)n : 0;
    r->mono_at = 0;
    for (size_t i = 0; i < r->mono_n; i++) {
        float sum = 0;
        for (int c = 0; c < channels; c++) sum += r->frames[i * (size_t)channels + (size_t)c];
        sum /= (float)channels;
        r->mono[i] = isfinite(sum) ? fminf(fmaxf(sum, -1), 1) : 0;
    }
}

static size_t read_direct(struct moim_reader *r, float *pcm, size_t n)
{
    if (r->mono_at == r->mono_n && !r->ended) refill(r);
    size_t take = r->mono_n - r->mono_at;
    if (take > n) take = n;
    memcpy(pcm, r->mono + r->mono_at, take * sizeof *pcm);
    r->mono_at += take;
    return take;
}

static size_t read_resampled(struct moim_reader *r, float *pcm, size_t n)
{
    size_t used = 0, made = 0;
    if (r->mono_at == r->mono_n && !r->ended) refill(r);
    /* NULL input tells soxr that the source has ended and its tail may come out. */
    const float *in = r->ended ? NULL : r->mono + r->mono_at;
    if (soxr_process(r->soxr, in, r->mono_n - r->mono_at, &used, pcm, n, &made)) {
        r->failed = true;
        return 0;
    }
    r->mono_at += used;
    return made;
}

long moim_reader_read(struct moim_reader *r, float *pcm, size_t n, struct moim_err *err)
{
    size_t done = 0;
    while (done < n) {
        bool was_ended = r->ended;
        size_t got = r->soxr ? read_resampled(r, pcm + done, n - done) : read_direct(r, pcm + done, n - done);
        if (r->failed) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", r->path);
        done += got;
        if (got == 0 && was_ended) break;
    }
    r->given += done;
    if (!done && !r->given) return moim_fail(err, MOIM_EFORMAT, "%s: holds no sound (truncated?)", r->path);
    /* A container that promised clearly more than it held was cut off. */
    if (!done && !r->dec.judged && r->dec.duration > 0 && (double)r->given / MOIM_RATE < r->dec.duration - 1)
        r->dec.damaged = true;
    return (long)done;
}

int moim_reader_source_rate(const struct moim_reader *r)
{
    return r->dec.rate;
}
int moim_reader_source_channels(const struct moim_reader *r)
{
    return r->dec.channels;
}
double moim_reader_duration(const struct moim_reader *r)
{
    return r->dec.duration;
}
bool moim_reader_damaged(const struct moim_reader *r)
{
    return r->dec.damaged;
}

int moim_decode_file(const char *path, double max_seconds, float **pcm, size_t *n, struct moim_err *err)
{
    struct moim_reader *r;
    *pcm = NULL;
    *n = 0;
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    size_t cap = 0;
    for (long got = 1; got > 0 && !rc;) {
        if (*n + BLOCK > cap) {
            cap = cap ? cap * 2 : (size_t)MOIM_RATE * 30;
            float *grown = realloc(*pcm, cap * sizeof *grown);
            if (!grown) {
                rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
                break;
            }
            *pcm = grown;
        }
        got = moim_reader_read(r, *pcm + *n, BLOCK, err);
        if (got < 0) rc = (int)got;
        if (got > 0) *n += (size_t)got;
        if (max_seconds > 0 && (double)*n > max_seconds * MOIM_RATE)
            rc = moim_fail(err, MOIM_EUNSUP, "%s: longer than %.0f s", path, max_seconds);
    }
    moim_reader_close(r);
    if (rc) {
        free(*pcm);
        *pcm = NULL;
    }
    return rc;
}
