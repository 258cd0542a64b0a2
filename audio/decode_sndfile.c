#include "audio/source_int.h"

#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096 /* frames decoded at once */

struct snd {
    SNDFILE *file;
    struct moim_range range;
    float *block; /* [BLOCK][channels] */
};

static sf_count_t length_of(void *user)
{
    const struct moim_range *r = user;
    return r->to - r->from;
}
static sf_count_t seek_to(sf_count_t offset, int whence, void *user)
{
    return moim_range_seek(user, offset, whence);
}
static sf_count_t read_from(void *out, sf_count_t n, void *user)
{
    long got = moim_range_read(user, out, (size_t)n);
    return got < 0 ? 0 : got;
}
static sf_count_t write_to(const void *data, sf_count_t n, void *user)
{
    (void)data, (void)n, (void)user;
    return 0;
}
static sf_count_t tell(void *user)
{
    return ((struct moim_range *)user)->at;
}

static long next_block(struct moim_decoder *d, const float **frames)
{
    struct snd *s = d->impl;
    sf_count_t got = sf_readf_float(s->file, s->block, BLOCK);
    if (got < BLOCK && (sf_error(s->file) || s->range.failed)) d->damaged = true;
    *frames = s->block;
    return got < 0 ? 0 : (long)got;
}

static void close_file(struct moim_decoder *d)
{
    struct snd *s = d->impl;
    if (s->file) sf_close(s->file);
    free(s->block);
    free(s);
}

/* MP3 is left to FFmpeg: libsndfile's decoder, libmpg123, writes to stderr about every damaged file. */
static bool looks_like_mp3(struct moim_range r)
{
    unsigned char b[3] = {0};
    r.at = 0;
    if (moim_range_read(&r, b, 3) != 3) return false;
    return !memcmp(b, "ID3", 3) || (b[0] == 0xFF && (b[1] & 0xE0) == 0xE0);
}

/* EBU 3285: what a broadcast recorder says, in its local time. */
static int64_t broadcast_time(SNDFILE *f)
{
    SF_BROADCAST_INFO b;
    struct tm tm = {.tm_isdst = -1};
    char text[32];
    if (sf_command(f, SFC_GET_BROADCAST_INFO, &b, sizeof b) != SF_TRUE) return 0;
    memcpy(text, b.origination_date, 10);
    text[10] = ' ';
    memcpy(text + 11, b.origination_time, 8);
    text[19] = 0;
    text[4] = text[7] = '-';
    text[13] = text[16] = ':';
    const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    return rest && !*rest ? (int64_t)mktime(&tm) : 0;
}

int moim_sndfile_open(struct moim_decoder *d, const struct moim_range *range, const char *path,
                      struct moim_err *err)
{
    static SF_VIRTUAL_IO io = {length_of, seek_to, read_from, write_to, tell};
    SF_INFO info = {0};
    if (looks_like_mp3(*range)) return moim_fail(err, MOIM_EUNSUP, "%s: MP3", path);
    struct snd *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    s->range = *range;
    s->range.at = 0;
    s->file = sf_open_virtual(&io, SFM_READ, &info, &s->range);
    if (!s->file || info.channels < 1 || info.channels > MOIM_CHANNELS_MOST) {
        *d = (struct moim_decoder){.impl = s};
        close_file(d);
        return moim_fail(err, MOIM_EUNSUP, "%s: %s", path, sf_strerror(NULL));
    }
    s->block = malloc(sizeof *s->block * BLOCK * (size_t)info.channels);
    if (!s->block) {
        *d = (struct moim_decoder){.impl = s};
        close_file(d);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    /* A truncated header leaves libsndfile with a file of no frames; FFmpeg would say no more. */
    *d = (struct moim_decoder){.impl = s,
                               .rate = info.samplerate,
                               .channels = info.channels,
                               .tracks = 1,
                               .began = broadcast_time(s->file),
                               .next = next_block,
                               .close = close_file};
    const char *comment = sf_get_string(s->file, SF_STR_COMMENT);
    if (comment && !(d->comment = strdup(comment))) {
        close_file(d);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    if (info.samplerate > 0 && info.frames > 0 && info.frames < SF_COUNT_MAX)
        d->duration = (double)info.frames / info.samplerate;
    return MOIM_OK;
}
