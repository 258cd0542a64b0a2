/* What libsndfile does not know, by FFmpeg. Its libraries bring some seventy others along, so they are loaded
 * when a file needs them: a daemon that waits, or a command that only lists, stays small.
 *
 * A file may name others (a playlist does, and addresses too). It is given its own bytes and nothing else:
 * the program opens no connection, whatever somebody sends it. */
#include "audio/source_int.h"

#include <dlfcn.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRING(x) #x
#define SONAME(lib, version) "lib" #lib ".so." STRING(version)
/* clang-format off */
#define FORMAT(X) \
    X(av_find_best_stream) X(av_read_frame) X(avformat_alloc_context) X(avformat_close_input) \
    X(avformat_find_stream_info) X(avformat_open_input)
#define CODEC(X) \
    X(av_packet_alloc) X(av_packet_free) X(av_packet_unref) X(avcodec_alloc_context3) X(avcodec_free_context) \
    X(avcodec_open2) X(avcodec_parameters_to_context) X(avcodec_receive_frame) X(avcodec_send_packet)
#define UTIL(X) X(av_frame_alloc) X(av_frame_free) X(av_frame_unref) X(av_log_set_level)
#define RESAMPLE(X) X(swr_alloc_set_opts2) X(swr_convert) X(swr_free) X(swr_init)
/* clang-format on */

#define DECLARE(f) __typeof__(f) *f;
static struct {
    FORMAT(DECLARE) CODEC(DECLARE) UTIL(DECLARE) RESAMPLE(DECLARE) bool there;
} lib; /* the functions, once loaded; nothing of a file's */

static void load(void)
{
    void *format = dlopen(SONAME(avformat, LIBAVFORMAT_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *codec = dlopen(SONAME(avcodec, LIBAVCODEC_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *util = dlopen(SONAME(avutil, LIBAVUTIL_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    void *resample = dlopen(SONAME(swresample, LIBSWRESAMPLE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    bool all = format && codec && util && resample;
#define FIND(from, f) all = all && (*(void **)&lib.f = dlsym(from, #f)) != NULL;
#define IN_FORMAT(f) FIND(format, f)
#define IN_CODEC(f) FIND(codec, f)
#define IN_UTIL(f) FIND(util, f)
#define IN_RESAMPLE(f) FIND(resample, f)
    FORMAT(IN_FORMAT) CODEC(IN_CODEC) UTIL(IN_UTIL) RESAMPLE(IN_RESAMPLE) lib.there = all;
    if (all) lib.av_log_set_level(AV_LOG_QUIET);
}

struct ff {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    SwrContext *swr; /* only turns sample formats into interleaved f32: rate and channels stay */
    int (*open_default)(AVFormatContext *, AVIOContext **, const char *, int, AVDictionary **);
    int stream;
    bool opened;
    float *held; /* frames decoded but not yet asked for */
    size_t held_cap, held_n, held_at;
    bool draining, ended;
    double reached; /* seconds: how far the packets of all streams came */
};

static void ff_free(struct ff *f)
{
    if (!f) return;
    lib.swr_free(&f->swr);
    lib.av_frame_free(&f->frame);
    lib.av_packet_free(&f->packet);
    lib.avcodec_free_context(&f->codec);
    lib.avformat_close_input(&f->format);
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

/* A file is cut when all its streams end before its length: the sound of a whole video may be shorter. A
 * length that is guessed from the bit rate is no promise. */
static bool broke_off(const struct ff *f)
{
    const AVFormatContext *c = f->format;
    if (c->duration <= 0 || c->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return false;
    double start = c->start_time == AV_NOPTS_VALUE ? 0 : (double)c->start_time / AV_TIME_BASE;
    return f->reached - start < (double)c->duration / AV_TIME_BASE - 1;
}

/* Feeds packets until the codec gives a frame. False at the end. */
static bool next_frame(struct moim_decoder *d, struct ff *f)
{
    while (!f->ended) {
        int rc = lib.avcodec_receive_frame(f->codec, f->frame);
        if (rc == 0) return true;
        if (rc == AVERROR_EOF) break;
        if (rc != AVERROR(EAGAIN) || f->draining) {
            d->damaged = true;
            break;
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

static bool hold(struct moim_decoder *d, struct ff *f)
{
    size_t n = (size_t)f->frame->nb_samples;
    if (n > f->held_cap) {
        float *grown = realloc(f->held, n * (size_t)d->channels * sizeof *grown);
        if (!grown) return false;
        f->held = grown;
        f->held_cap = n;
    }
    uint8_t *out = (uint8_t *)f->held;
    int got = f->frame->ch_layout.nb_channels == d->channels
                  ? lib.swr_convert(f->swr, &out, (int)n,
                                    (const uint8_t **)(uintptr_t)f->frame->extended_data, (int)n)
                  : 0; /* a stream that changes its channels half-way: leave that frame out */
    f->held_n = got > 0 ? (size_t)got : 0;
    f->held_at = 0;
    lib.av_frame_unref(f->frame);
    return true;
}

static long read_frames(struct moim_decoder *d, float *frames, size_t n)
{
    struct ff *f = d->impl;
    size_t done = 0;
    while (done < n) {
        if (f->held_at == f->held_n && (!next_frame(d, f) || !hold(d, f))) break;
        size_t take = f->held_n - f->held_at;
        if (take > n - done) take = n - done;
        memcpy(frames + done * (size_t)d->channels, f->held + f->held_at * (size_t)d->channels,
               take * (size_t)d->channels * sizeof *frames);
        f->held_at += take;
        done += take;
    }
    return (long)done;
}

static void close_file(struct moim_decoder *d)
{
    ff_free(d->impl);
}

/* The file itself, and no second one. */
static int open_once(AVFormatContext *s, AVIOContext **pb, const char *url, int flags, AVDictionary **options)
{
    struct ff *f = s->opaque;
    if (f->opened) return AVERROR(EACCES);
    f->opened = true;
    return f->open_default(s, pb, url, flags, options);
}

static const char *open_codec(struct ff *f, const char *path)
{
    char file[4200];
    /* "file:" in front: a name with a colon in it is no other protocol. */
    if (snprintf(file, sizeof file, "file:%s", path) >= (int)sizeof file) return "its path is too long";
    if (!(f->format = lib.avformat_alloc_context())) return "out of memory";
    f->open_default = f->format->io_open;
    f->format->opaque = f;
    f->format->io_open = open_once;
    if (lib.avformat_open_input(&f->format, file, NULL, NULL) < 0) return "not a known audio format";
    if (lib.avformat_find_stream_info(f->format, NULL) < 0) return "cannot be read as audio";
    const AVCodec *codec = NULL;
    f->stream = lib.av_find_best_stream(f->format, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    if (f->stream < 0 || !codec) return "holds no sound";
    const AVCodecParameters *par = f->format->streams[f->stream]->codecpar;
    if (!(f->codec = lib.avcodec_alloc_context3(codec)) ||
        lib.avcodec_parameters_to_context(f->codec, par) < 0)
        return "out of memory";
    f->codec->pkt_timebase = f->format->streams[f->stream]->time_base;
    if (lib.avcodec_open2(f->codec, codec, NULL) < 0) return "its codec cannot be opened";
    if (f->codec->ch_layout.nb_channels < 1) return "has no audio channel";
    if (f->codec->sample_rate < 1) return "has no sample rate";
    AVChannelLayout *layout = &f->codec->ch_layout;
    if (lib.swr_alloc_set_opts2(&f->swr, layout, AV_SAMPLE_FMT_FLT, f->codec->sample_rate, layout,
                                f->codec->sample_fmt, f->codec->sample_rate, 0, NULL) < 0 ||
        lib.swr_init(f->swr) < 0)
        return "its sample format is not supported";
    f->packet = lib.av_packet_alloc();
    f->frame = lib.av_frame_alloc();
    return f->packet && f->frame ? NULL : "out of memory";
}

int moim_ffmpeg_open(struct moim_decoder *d, const char *path, struct moim_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!lib.there)
        return moim_fail(err, MOIM_EUNSUP,
                         "%s: WAV, FLAC, OGG, Opus and MP3 only; FFmpeg's libraries are missing", path);
    struct ff *f = calloc(1, sizeof *f);
    const char *why = f ? open_codec(f, path) : "out of memory";
    if (why) {
        ff_free(f);
        return moim_fail(err, MOIM_EFORMAT, "%s: %s", path, why);
    }
    *d = (struct moim_decoder){.impl = f,
                               .rate = f->codec->sample_rate,
                               .channels = f->codec->ch_layout.nb_channels,
                               .judged = true,
                               .read = read_frames,
                               .close = close_file};
    if (f->format->duration > 0) d->duration = (double)f->format->duration / AV_TIME_BASE;
    return MOIM_OK;
}
