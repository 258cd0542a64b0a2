#include "audio/source_int.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

struct ff {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    SwrContext *swr; /* only turns sample formats into interleaved f32: rate and channels stay */
    int stream;
    float *held; /* frames decoded but not yet asked for */
    size_t held_cap, held_n, held_at;
    bool draining, ended;
};

static void ff_free(struct ff *f)
{
    if (!f) return;
    swr_free(&f->swr);
    av_frame_free(&f->frame);
    av_packet_free(&f->packet);
    avcodec_free_context(&f->codec);
    avformat_close_input(&f->format);
    free(f->held);
    free(f);
}

/* Feeds packets until the codec gives a frame. False at the end. */
static bool next_frame(struct moim_decoder *d, struct ff *f)
{
    while (!f->ended) {
        int rc = avcodec_receive_frame(f->codec, f->frame);
        if (rc == 0) return true;
        if (rc == AVERROR_EOF) break;
        if (rc != AVERROR(EAGAIN) || f->draining) {
            d->damaged = true;
            break;
        }
        rc = av_read_frame(f->format, f->packet);
        if (rc < 0) {
            if (rc != AVERROR_EOF) d->damaged = true;
            f->draining = true;
            avcodec_send_packet(f->codec, NULL);
            continue;
        }
        if (f->packet->stream_index == f->stream && avcodec_send_packet(f->codec, f->packet) < 0)
            d->damaged = true;
        av_packet_unref(f->packet);
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
    int got =
        f->frame->ch_layout.nb_channels == d->channels
            ? swr_convert(f->swr, &out, (int)n, (const uint8_t **)(uintptr_t)f->frame->extended_data, (int)n)
            : 0; /* a stream that changes its channels half-way: leave that frame out */
    f->held_n = got > 0 ? (size_t)got : 0;
    f->held_at = 0;
    av_frame_unref(f->frame);
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

static const char *open_codec(struct ff *f, const char *path)
{
    if (avformat_open_input(&f->format, path, NULL, NULL) < 0) return "not a known audio format";
    if (avformat_find_stream_info(f->format, NULL) < 0) return "cannot be read as audio";
    const AVCodec *codec = NULL;
    f->stream = av_find_best_stream(f->format, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    if (f->stream < 0 || !codec) return "holds no sound";
    const AVCodecParameters *par = f->format->streams[f->stream]->codecpar;
    if (!(f->codec = avcodec_alloc_context3(codec)) || avcodec_parameters_to_context(f->codec, par) < 0)
        return "out of memory";
    f->codec->pkt_timebase = f->format->streams[f->stream]->time_base;
    if (avcodec_open2(f->codec, codec, NULL) < 0) return "its codec cannot be opened";
    if (f->codec->ch_layout.nb_channels < 1) return "has no audio channel";
    if (f->codec->sample_rate < 1) return "has no sample rate";
    AVChannelLayout *layout = &f->codec->ch_layout;
    if (swr_alloc_set_opts2(&f->swr, layout, AV_SAMPLE_FMT_FLT, f->codec->sample_rate, layout,
                            f->codec->sample_fmt, f->codec->sample_rate, 0, NULL) < 0 ||
        swr_init(f->swr) < 0)
        return "its sample format is not supported";
    f->packet = av_packet_alloc();
    f->frame = av_frame_alloc();
    return f->packet && f->frame ? NULL : "out of memory";
}

int moim_ffmpeg_open(struct moim_decoder *d, const char *path, struct moim_err *err)
{
    av_log_set_level(AV_LOG_QUIET);
    struct ff *f = calloc(1, sizeof *f);
    const char *why = f ? open_codec(f, path) : "out of memory";
    if (why) {
        ff_free(f);
        return moim_fail(err, MOIM_EFORMAT, "%s: %s", path, why);
    }
    *d = (struct moim_decoder){.impl = f,
                               .rate = f->codec->sample_rate,
                               .channels = f->codec->ch_layout.nb_channels,
                               .read = read_frames,
                               .close = close_file};
    if (f->format->duration > 0) d->duration = (double)f->format->duration / AV_TIME_BASE;
    return MOIM_OK;
}
