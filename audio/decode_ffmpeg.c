/* What libsndfile does not know, by FFmpeg. Its libraries bring some seventy others along, so they are loaded
 * when a file needs them: a daemon that waits, or a command that only lists, stays small.
 *
 * A file may name others (a playlist does, and addresses too). FFmpeg is given a range of bytes and nothing else:
 * the program opens no connection, whatever somebody sends it.
 *
 * Time: a container that stamps its packets says when each is to be heard. What is missing between two of them, and
 * before the first where a picture begins earlier, is given as silence, so that whatever is said lies where the
 * file has it. */
#include "audio/frame_format.h"
#include "audio/source_int.h"

#include <dlfcn.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STRING(x) #x
#define SONAME(lib, version) "lib" #lib ".so." STRING(version)
/* clang-format off */
#define FORMAT(X) \
    X(av_find_best_stream) X(av_read_frame) X(avformat_alloc_context) X(avformat_close_input) \
    X(avformat_find_stream_info) X(avformat_open_input) X(avio_alloc_context) X(avio_context_free)
#define CODEC(X) \
    X(av_packet_alloc) X(av_packet_free) X(av_packet_unref) X(avcodec_alloc_context3) X(avcodec_find_decoder) \
    X(avcodec_free_context) X(avcodec_open2) X(avcodec_parameters_to_context) X(avcodec_receive_frame) X(avcodec_send_packet)
#define UTIL(X) X(av_dict_get) X(av_frame_alloc) X(av_frame_free) X(av_frame_unref) X(av_freep) X(av_log_set_level) X(av_malloc)
/* clang-format on */

#define DECLARE(f) __typeof__(f) *f;
static struct {
    FORMAT(DECLARE) CODEC(DECLARE) UTIL(DECLARE) bool there;
} lib; /* the functions, once loaded; nothing of a file's */

static void load(void)
{
    void *format = dlopen(SONAME(avformat, LIBAVFORMAT_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *codec = dlopen(SONAME(avcodec, LIBAVCODEC_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *util = dlopen(SONAME(avutil, LIBAVUTIL_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    bool all = format && codec && util;
#define FIND(from, f) all = all && (*(void **)&lib.f = dlsym(from, #f)) != NULL;
#define IN_FORMAT(f) FIND(format, f)
#define IN_CODEC(f) FIND(codec, f)
#define IN_UTIL(f) FIND(util, f)
    FORMAT(IN_FORMAT) CODEC(IN_CODEC) UTIL(IN_UTIL) lib.there = all;
    if (all) lib.av_log_set_level(AV_LOG_QUIET);
}

#define IO_BLOCK (1 << 16)
#define SILENCE 4096        /* frames of silence at once */
#define GAP 0.1             /* seconds that a stamp may be off: containers round, browsers jitter */
#define LATE 0.1            /* sound that begins so much after the picture begins later */
#define LONGEST_GAP 21600.0 /* one that is longer is a clock that was set, not a silence */
#define MOST_SILENCE 86400.0

struct ff {
    AVFormatContext *format;
    AVIOContext *io;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    struct moim_range range;
    int stream;
    float *held; /* the last frame as interleaved f32 */
    size_t held_cap;
    long silence; /* frames of it before the frame that is held */
    long waiting; /* frames held, not given yet */
    bool timed;   /* the container's stamps are to be believed */
    bool draining, ended;
    double reached; /* seconds: how far the packets of all streams came */
    double clock,
        offset; /* seconds: where the next frame belongs, and what to add for the place in what was given */
    double silenced; /* seconds of silence given */
    bool began;
};

static void ff_free(struct ff *f)
{
    if (!f) return;
    lib.av_frame_free(&f->frame);
    lib.av_packet_free(&f->packet);
    lib.avcodec_free_context(&f->codec);
    lib.avformat_close_input(&f->format);
    if (f->io) lib.av_freep(&f->io->buffer);
    lib.avio_context_free(&f->io);
    free(f->held);
    free(f);
}

static void look_at(struct ff *f)
{
    const AVPacket *p = f->packet;
    int64_t at = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
    if (at == AV_NOPTS_VALUE) return;
    double end = (double)(at + p->duration) * av_q2d(f->format->streams[p->stream_index]->time_base);
    if (end > f->reached) f->reached = end;
}

static double start_of(const AVFormatContext *c)
{
    return c->start_time == AV_NOPTS_VALUE ? 0 : (double)c->start_time / AV_TIME_BASE;
}

/* A file is cut when all its streams end before its length: the sound of a whole video may be shorter. A
 * length that is guessed from the bit rate is no promise. */
static bool broke_off(const struct ff *f)
{
    const AVFormatContext *c = f->format;
    if (c->duration <= 0 || c->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return false;
    return f->reached - start_of(c) < (double)c->duration / AV_TIME_BASE - 1;
}

/* Feeds packets until the codec gives a frame. False at the end. */
static bool next_frame(struct moim_decoder *d, struct ff *f)
{
    while (!f->ended) {
        int rc = lib.avcodec_receive_frame(f->codec, f->frame);
        if (rc == 0) return true;
        if (rc == AVERROR_EOF) break;
        if (rc != AVERROR(EAGAIN)) {
            d->damaged = true;
            if (f->draining) break;
        }
        rc = lib.av_read_frame(f->format, f->packet);
        if (rc < 0) {
            if (rc != AVERROR_EOF || broke_off(f)) d->damaged = true;
            f->draining = true;
            lib.avcodec_send_packet(f->codec, NULL);
            continue;
        }
        look_at(f);
        if (f->packet->stream_index == f->stream && lib.avcodec_send_packet(f->codec, f->packet) < 0)
            d->damaged = true;
        lib.av_packet_unref(f->packet);
    }
    f->ended = true;
    return false;
}

/* ---- time ---- */

static bool pictures_or_more(const AVFormatContext *c)
{
    int streams = 0;
    for (unsigned i = 0; i < c->nb_streams; i++) {
        const AVStream *s = c->streams[i];
        streams += s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO ||
                   (s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
                    !(s->disposition & AV_DISPOSITION_ATTACHED_PIC));
    }
    return streams > 1;
}

/* Containers that stamp what they hold; in others stamps are counted from lengths and say nothing. */
static bool is_timed(const char *name)
{
    static const char *const known[] = {"matroska", "mov,", "mpegts", "mpeg", "asf",
                                        "avi",      "flv",  "nut",    "mxf",  "rm"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strncmp(name, known[i], strlen(known[i]))) return true;
    return false;
}

static long silence_of(struct moim_decoder *d, struct ff *f, double seconds, const char *what)
{
    double at = f->clock + f->offset;
    if (seconds > LONGEST_GAP || f->silenced + seconds > MOST_SILENCE) {
        moim_remark_add(d->remarks, at, "its clock jumps by %.0f s here; no silence was put in", seconds);
        f->offset -= seconds;
        return 0;
    }
    f->silenced += seconds;
    moim_remark_add(d->remarks, at, what, seconds);
    return lround(seconds * d->rate);
}

/* Sets how much silence comes before the frame of n samples that was decoded. */
static void place(struct moim_decoder *d, struct ff *f, int64_t pts, long n)
{
    f->silence = 0;
    double length = (double)n / d->rate;
    if (f->timed && pts != AV_NOPTS_VALUE) {
        double at = (double)pts * av_q2d(f->format->streams[f->stream]->time_base), gap = at - f->clock;
        if (!f->began) {
            double late = pictures_or_more(f->format) ? at - start_of(f->format) : 0;
            f->clock = at - (late > LATE ? late : 0);
            f->offset = -f->clock;
            if (late > LATE)
                f->silence = silence_of(
                    d, f, late,
                    "the sound begins %.2f s after the picture or another track: silence stands before it");
        } else if (gap > GAP) {
            f->silence = silence_of(d, f, gap, "%.2f s are missing in the file: silence stands for them");
        } else if (gap < -GAP) {
            f->offset -= gap; /* it counts from the beginning again: what is given goes on */
        }
        if (!f->began || fabs(gap) > GAP) f->clock = at;
    }
    f->began = true;
    f->clock += length;
}

/* ---- frames ---- */

static long hold(struct moim_decoder *d, struct ff *f)
{
    const AVFrame *a = f->frame;
    long n = a->nb_samples;
    size_t channels = a->ch_layout.nb_channels > 0 ? (size_t)a->ch_layout.nb_channels : 0,
           all = (size_t)n * channels;
    bool fits = n > 0 && channels && channels <= MOIM_CHANNELS_MOST && a->sample_rate >= MOIM_RATE_LEAST &&
                a->sample_rate <= MOIM_RATE_MOST;
    if (fits && all > f->held_cap) {
        float *grown = realloc(f->held, all * sizeof *grown);
        if (!grown) return -1;
        f->held = grown;
        f->held_cap = all;
    }
    fits = fits && moim_frame_floats(f->held, a->extended_data, (size_t)n, channels, a->format);
    if (fits) {
        d->rate = a->sample_rate;
        d->channels = (int)channels;
        place(d, f, a->pts, n);
    } else if (n) {
        d->damaged = true;
    }
    lib.av_frame_unref(f->frame);
    return fits ? n : 0;
}

static long next_block(struct moim_decoder *d, const float **frames)
{
    struct ff *f = d->impl;
    while (!f->waiting && next_frame(d, f))
        if ((f->waiting = hold(d, f)) < 0) return f->waiting = 0, -1;
    long n = f->silence ? f->silence : f->waiting;
    if (f->silence) {
        n = n < SILENCE ? n : SILENCE;
        f->silence -= n;
        *frames = NULL;
        return n;
    }
    *frames = f->held;
    f->waiting = 0;
    return n;
}

static void close_file(struct moim_decoder *d)
{
    ff_free(d->impl);
}

/* ---- opening ---- */

static int read_packet(void *user, uint8_t *out, int n)
{
    long got = moim_range_read(user, out, (size_t)n);
    return got > 0 ? (int)got : got ? AVERROR(EIO) : AVERROR_EOF;
}

static int64_t seek(void *user, int64_t offset, int whence)
{
    const struct moim_range *r = user;
    return whence & AVSEEK_SIZE ? r->to - r->from : moim_range_seek(user, offset, whence & ~AVSEEK_FORCE);
}

/* No other file: neither a list's nor an address. */
static int open_none(AVFormatContext *s, AVIOContext **pb, const char *url, int flags, AVDictionary **options)
{
    (void)s, (void)pb, (void)url, (void)flags, (void)options;
    return AVERROR(EACCES);
}

static const char *open_format(struct ff *f, const char *path)
{
    if (!(f->format = lib.avformat_alloc_context())) return "out of memory";
    void *buffer = lib.av_malloc(IO_BLOCK);
    f->io = buffer ? lib.avio_alloc_context(buffer, IO_BLOCK, 0, &f->range, read_packet, NULL, seek) : NULL;
    if (!f->io) {
        lib.av_freep(&buffer);
        return "out of memory";
    }
    f->format->pb = f->io;
    f->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    f->format->io_open = open_none;
    if (lib.avformat_open_input(&f->format, path, NULL, NULL) < 0) return "not a known audio format";
    if (lib.avformat_find_stream_info(f->format, NULL) < 0) return "cannot be read as audio";
    return NULL;
}

static bool has_sound(const AVStream *s)
{
    return s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && lib.avcodec_find_decoder(s->codecpar->codec_id);
}

/* The stream of a track, -1 none; *tracks: how many there are. */
static int stream_of(const struct ff *f, int track, int *tracks)
{
    int found = -1;
    *tracks = 0;
    for (unsigned i = 0; i < f->format->nb_streams; i++) {
        if (!has_sound(f->format->streams[i])) continue;
        if ((*tracks)++ == track) found = (int)i;
    }
    return track < 0 && *tracks ? lib.av_find_best_stream(f->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0)
                                : found;
}

static const char *open_codec(struct ff *f, const char *path, int track, int *tracks)
{
    const char *why = open_format(f, path);
    if (why) return why;
    f->stream = stream_of(f, track, tracks);
    if (f->stream < 0) return "holds no sound";
    const AVStream *s = f->format->streams[f->stream];
    const AVCodec *codec = lib.avcodec_find_decoder(s->codecpar->codec_id);
    if (!codec) return "its codec is not known";
    if (!(f->codec = lib.avcodec_alloc_context3(codec)) ||
        lib.avcodec_parameters_to_context(f->codec, s->codecpar) < 0)
        return "out of memory";
    f->codec->pkt_timebase = s->time_base;
    if (lib.avcodec_open2(f->codec, codec, NULL) < 0) return "its codec cannot be opened";
    if (f->codec->ch_layout.nb_channels < 1) return "has no audio channel";
    if (f->codec->sample_rate < 1) return "has no sample rate";
    f->packet = lib.av_packet_alloc();
    f->frame = lib.av_frame_alloc();
    f->timed = is_timed(f->format->iformat->name);
    return f->packet && f->frame ? NULL : "out of memory";
}

static const char *tag(const AVDictionary *from, const char *key)
{
    const AVDictionaryEntry *e = lib.av_dict_get(from, key, NULL, 0);
    return e ? e->value : "";
}

/* "2026-03-02T10:30:00.000000Z" is UTC, "2026-03-02 10:30:00" here; a day alone says no more than a file's own time. */
static int64_t instant(const char *text)
{
    struct tm tm = {.tm_isdst = -1};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest) rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    if (!rest || tm.tm_year < 80) return 0; /* 1904 and 1970 are clocks that nobody set */
    if (*rest == '.') rest += 1 + strspn(rest + 1, "0123456789");
    return *rest == 'Z' ? (int64_t)timegm(&tm) : (int64_t)mktime(&tm);
}

static int64_t began(const struct ff *f)
{
    static const char *const key[] = {"creation_time", "com.apple.quicktime.creationdate", "date", "TDRC"};
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        int64_t t = instant(tag(f->format->metadata, key[i]));
        if (t <= 0) t = instant(tag(f->format->streams[f->stream]->metadata, key[i]));
        if (t > 0) return t;
    }
    return 0;
}

/* What the program that wrote it calls the track, unless it calls every track so. */
static int name_of(const struct ff *f, char **name)
{
    const AVDictionary *m = f->format->streams[f->stream]->metadata;
    const char *text = tag(m, "title");
    if (!*text) text = tag(m, "name");
    if (!*text) text = tag(m, "handler_name");
    if (strstr(text, "andler") || strstr(text, "Core Media") || strstr(text, "GPAC")) text = "";
    *name = strdup(text);
    return *name ? MOIM_OK : MOIM_ENOMEM;
}

int moim_ffmpeg_open(struct moim_decoder *d, const struct moim_range *range, const char *path, int track,
                     struct moim_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!lib.there)
        return moim_fail(err, MOIM_EUNSUP,
                         "%s: WAV, FLAC, OGG, Opus and MP3 only; FFmpeg's libraries are missing", path);
    struct ff *f = calloc(1, sizeof *f);
    int tracks = 0;
    if (f) f->range = *range, f->range.at = 0;
    const char *why = f ? open_codec(f, path, track, &tracks) : "out of memory";
    if (why) {
        ff_free(f);
        return moim_fail(err, MOIM_EFORMAT, "%s: %s", path, why);
    }
    *d = (struct moim_decoder){.impl = f,
                               .rate = f->codec->sample_rate,
                               .channels = f->codec->ch_layout.nb_channels,
                               .tracks = tracks,
                               .began = began(f),
                               .judged = true,
                               .next = next_block,
                               .close = close_file};
    if (name_of(f, &d->name)) {
        ff_free(f);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    if (f->format->duration > 0) d->duration = (double)f->format->duration / AV_TIME_BASE;
    return MOIM_OK;
}
