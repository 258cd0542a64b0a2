#include "audio/capture.h"
#include "audio/decode.h"
#include "audio/devices.h"
#include "audio/ring.h"
#include "audio/source_vt.h"
#include "base/clock.h"

#include <math.h>
#include <portaudio.h>
#include <pthread.h>
#include <soxr.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK 1024     /* native frames handled at once */
#define STALL_S 2.0    /* without a callback: the device is gone */
#define FIRST_S 5.0    /* before the first one: some servers think for long */
#define RETRY_S 1.0    /* between two looks for it */
#define OTHER_S 3.0    /* without it: another one will do */
#define STOPPED_S 0.5  /* between two looks at the device: the program itself was stopped */
#define GAP_MAX_S 60.0 /* a longer hole is marked, not filled */
#define POLL_S 0.005
#define CLOSE_S 5 /* PortAudio may take so long to close */

/* What the callback touches. It takes no lock, allocates nothing, makes no system call. */
struct tap {
    struct moim_ring *ring;
    double rate;
    double anchor; /* ADC time of the last regular block, and frames given since its begin */
    uint64_t since;
    bool anchored;
    _Atomic uint64_t callbacks;
};

struct capture {
    struct moim_source base;
    struct tap tap;
    PaStream *stream;
    struct moim_device device; /* the one in use; looked for again by its name */
    struct moim_capture_options want;
    char *wanted, *never;
    int channels;
    soxr_t soxr;
    float *frames; /* [CHUNK][channels] */
    float mono[CHUNK], out[MOIM_SOURCE_BLOCK];
    uint64_t silence; /* native frames of silence still to deliver */
    int run[64];      /* clipping so far, per channel */
    double clip_told;
    bool clipped;
    uint64_t seen;
    double seen_at, looked_at, tried_at, lost_at; /* lost_at: since when there is no sound */
    char home[sizeof((struct moim_device *)0)->name + sizeof((struct moim_device *)0)->api +
              1];          /* the one that was asked for */
    bool lost, started;    /* started: Pa_Initialize holds */
    bool returns, another; /* a device is open again, or another one, and its first sound not there yet */
    bool closing;          /* closer still waits for PortAudio */
    pthread_t closer;
};

/* How many frames are missing before this block, by the device's own clock since the last regular block. */
static uint64_t frames_missing(struct tap *t, double adc, unsigned long n)
{
    if (!t->anchored || adc <= 0) return n; /* no clock: at least one block */
    double missing = (adc - t->anchor) * t->rate - (double)t->since;
    double most = GAP_MAX_S * t->rate;
    return missing < 1 ? 0 : missing > most ? (uint64_t)most : (uint64_t)missing;
}

static int on_audio(const void *in, void *out, unsigned long n, const PaStreamCallbackTimeInfo *time,
                    PaStreamCallbackFlags flags, void *user)
{
    (void)out;
    struct tap *t = user;
    double adc = time ? time->inputBufferAdcTime : 0;
    if (flags & paInputOverflow) {
        moim_ring_lose(t->ring, frames_missing(t, adc, n));
        t->anchored = false;
    }
    double late = (adc - t->anchor) * t->rate - (double)t->since;
    if (!t->anchored || (late < (double)n / 2 && late > -(double)n / 2)) {
        t->anchored = adc > 0;
        t->anchor = adc;
        t->since = 0;
    }
    t->since += n;
    if (in) moim_ring_write(t->ring, in, n);
    atomic_fetch_add_explicit(&t->callbacks, 1, memory_order_release);
    return paContinue;
}

static void *close_portaudio(void *arg)
{
    PaStream *stream = arg;
    if (stream) Pa_AbortStream(stream);
    if (stream) Pa_CloseStream(stream);
    Pa_Terminate();
    return NULL;
}

/* True when PortAudio has let go within so many seconds; then what its callback used is freed. */
static bool closed_within(struct capture *c, double seconds)
{
    if (c->closing) {
        struct timespec until = moim_deadline(seconds);
        if (pthread_clockjoin_np(c->closer, NULL, CLOCK_MONOTONIC, &until)) return false;
        c->closing = false;
    }
    moim_ring_free(c->tap.ring);
    soxr_delete(c->soxr);
    free(c->frames);
    c->tap.ring = NULL;
    c->soxr = NULL;
    c->frames = NULL;
    return true;
}

/* PortAudio waits up to ten minutes for the thread of a JACK server that is no more, so a thread of its own
 * closes it, and until that has come back nothing that the callback may touch is freed. */
static bool close_device(struct capture *c)
{
    int saved = moim_stderr_off();
    if (c->started && !c->closing) {
        c->closing = !pthread_create(&c->closer, NULL, close_portaudio, c->stream);
        if (!c->closing) close_portaudio(c->stream);
    }
    c->stream = NULL;
    c->started = false;
    bool closed = closed_within(c, CLOSE_S);
    moim_stderr_on(saved);
    return closed;
}

static int open_buffers(struct capture *c, struct moim_err *err)
{
    soxr_error_t why = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    double seconds = c->want.ring_seconds > 0 ? c->want.ring_seconds : 10;
    c->tap.rate = c->device.rate;
    c->tap.anchored = false;
    c->silence = 0;
    if (c->device.rate != MOIM_RATE)
        c->soxr = soxr_create(c->device.rate, MOIM_RATE, 1, &why, NULL, &quality, NULL);
    c->frames = malloc(sizeof *c->frames * CHUNK * (size_t)c->channels);
    if (why || !c->frames)
        return moim_fail(err, MOIM_ENOMEM, "%s: %s", c->device.name, why ? why : "out of memory");
    return moim_ring_new(&c->tap.ring, (size_t)(seconds * c->device.rate), c->channels, err);
}

static int start_stream(struct capture *c, struct moim_err *err)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(c->device.index);
    PaStreamParameters p = {.device = c->device.index,
                            .channelCount = c->channels,
                            .sampleFormat = paFloat32,
                            /* recording bears a tenth of a second; a short buffer only adds overflows */
                            .suggestedLatency = fmax(info ? info->defaultHighInputLatency : 0, 0.1)};
    PaError e = Pa_OpenStream(&c->stream, &p, NULL, c->device.rate, paFramesPerBufferUnspecified,
                              paClipOff | paDitherOff, on_audio, &c->tap);
    if (e) c->stream = NULL;
    if (!e) e = Pa_StartStream(c->stream);
    if (!e) return MOIM_OK;
    const char *why =
        e == paUnanticipatedHostError ? Pa_GetLastHostErrorInfo()->errorText : Pa_GetErrorText(e);
    return moim_fail(err, MOIM_EIO, "%s: cannot be opened: %s", c->device.name, why);
}

static int pick_channels(struct capture *c, struct moim_err *err)
{
    int have = c->device.channels, open = c->want.channels;
    if (!open) open = c->want.channel > 2 ? c->want.channel : 2;
    if (open > have && !c->want.channels && c->want.channel <= have) open = have;
    if (open < 1 || open > have || open > 64 || c->want.channel > open || c->want.channel < 0)
        return moim_fail(err, MOIM_EINVAL, "%s: has %d channels", c->device.name, have);
    c->channels = open;
    return MOIM_OK;
}

/* Starts PortAudio afresh, finds the device by name (exact: nothing but it) and starts it. */
static int open_device(struct capture *c, const char *name, bool exact, struct moim_err *err)
{
    int saved = moim_stderr_off();
    int rc = moim_portaudio_start(err);
    c->started = rc == MOIM_OK;
    if (!rc) rc = moim_device_find(name, exact, &c->device, err);
    if (!rc && c->lost && c->want.never && !strcmp(c->device.name, c->want.never))
        rc = moim_fail(err, MOIM_ENOENT, "%s: hears something else", c->device.name);
    if (!rc) rc = pick_channels(c, err);
    if (!rc) rc = open_buffers(c, err);
    if (!rc) rc = start_stream(c, err);
    moim_stderr_on(saved);
    if (rc) close_device(c);
    c->seen = atomic_load(&c->tap.callbacks);
    c->seen_at = moim_monotonic() + FIRST_S - STALL_S;
    return rc;
}

/* A program that did not run has not seen what the device did meanwhile: it is given its time anew. */
static void note_own_absence(struct capture *c, double now)
{
    if (c->looked_at > 0 && now - c->looked_at > STOPPED_S) c->seen_at = fmax(c->seen_at, now);
    c->looked_at = now;
}

static bool device_gone(struct capture *c, double now)
{
    uint64_t callbacks = atomic_load_explicit(&c->tap.callbacks, memory_order_acquire);
    if (callbacks != c->seen) {
        c->seen = callbacks;
        c->seen_at = now;
    }
    return now - c->seen_at > STALL_S || Pa_IsStreamActive(c->stream) != 1;
}

static void note_clipping(struct capture *c, size_t n, double now)
{
    uint64_t clips = 0;
    int only = c->want.channel;
    for (int k = 0; k < c->channels; k++)
        if (!only || k == only - 1) clips += moim_level_count_clips(c->frames, n, c->channels, k, &c->run[k]);
    if (!clips || (c->clipped && now - c->clip_told < MOIM_LEVEL_CLIP_HOLD_S)) return;
    c->clipped = true;
    c->clip_told = now;
    c->base.warnings |= MOIM_LEVEL_CLIPPED;
}

static void mix(struct capture *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float *f = c->frames + i * (size_t)c->channels;
        float sum = 0;
        if (c->want.channel)
            sum = f[c->want.channel - 1];
        else
            for (int k = 0; k < c->channels; k++) sum += f[k] / (float)c->channels;
        c->mono[i] = isfinite(sum) ? fminf(fmaxf(sum, -1), 1) : 0;
    }
}

/* Native frames that yield at most a block of 16 kHz. */
static size_t chunk_size(const struct capture *c)
{
    double n = (MOIM_SOURCE_BLOCK - 64) * c->device.rate / MOIM_RATE;
    return n < CHUNK ? (size_t)n : CHUNK;
}

/* Silence that is owed, or frames from the ring, to 16 kHz. False when there is neither. */
static bool deliver(struct capture *c, struct moim_block *b, double now)
{
    size_t n = chunk_size(c), used = 0, made = 0;
    if (c->silence) {
        if (n > c->silence) n = (size_t)c->silence;
        memset(c->mono, 0, n * sizeof *c->mono);
        c->silence -= n;
    } else {
        n = moim_ring_read(c->tap.ring, c->frames, n);
        if (!n) return false;
        if (c->base.paused) return true;
        note_clipping(c, n, now);
        mix(c, n);
    }
    if (c->soxr) {
        soxr_process(c->soxr, c->mono, n, &used, c->out, MOIM_SOURCE_BLOCK, &made);
        for (size_t i = 0; i < made; i++) c->out[i] = fminf(fmaxf(c->out[i], -1), 1);
    } else {
        memcpy(c->out, c->mono, n * sizeof *c->out);
        made = n;
    }
    if (!made) return true;
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = c->out;
    b->n = made;
    return true;
}

static bool tell_gap(struct capture *c, struct moim_block *b)
{
    struct moim_gap gap;
    if (c->silence || !moim_ring_take_gap(c->tap.ring, &gap) || c->base.paused) return false;
    c->silence = gap.frames;
    b->kind = gap.device ? MOIM_BLOCK_GAP : MOIM_BLOCK_OVERRUN;
    b->missing = (uint64_t)((double)gap.frames * MOIM_RATE / c->device.rate + 0.5);
    snprintf(b->text, sizeof b->text, "%.3f s of sound lost by %s; silence stands for it",
             (double)gap.frames / c->device.rate, gap.device ? "the device" : "a program that was too slow");
    return true;
}

/* The first sound after a loss: silence stands for the time without any, as far as that is not too long. */
static bool tell_return(struct capture *c, struct moim_block *b, double now)
{
    char what[48];
    if (!c->returns || !atomic_load_explicit(&c->tap.callbacks, memory_order_acquire)) return false;
    double away = now - c->lost_at, filled = c->base.paused || away > GAP_MAX_S ? 0 : away;
    c->returns = false;
    c->silence = (uint64_t)(filled * c->device.rate);
    b->kind = MOIM_BLOCK_DEVICE_BACK;
    b->missing = (uint64_t)(filled * MOIM_RATE + 0.5);
    snprintf(what, sizeof what, "%.1f s%s", away,
             filled > 0 ? "; silence stands for them" : ", which are not recorded");
    if (c->another)
        snprintf(b->text, sizeof b->text, "the recording goes on with another microphone, %s, after %s",
                 c->device.name, what);
    else
        snprintf(b->text, sizeof b->text, "%s is back: the recording goes on after %s", c->device.name, what);
    return true;
}

/* Looks for the lost device once a second, and after some of them for any. */
static void try_again(struct capture *c, double now)
{
    if (now - c->tried_at < RETRY_S || !closed_within(c, 0)) return;
    atomic_store(&c->tap.callbacks, 0);
    int rc = open_device(c, c->home, true, NULL);
    c->another = rc != MOIM_OK;
    if (rc && !c->want.same && now - c->lost_at > OTHER_S && closed_within(c, 0)) {
        c->want.channel = c->want.channels = 0; /* which were the lost one's */
        rc = open_device(c, "", false, NULL);
    }
    c->tried_at = moim_monotonic();
    c->lost = rc != MOIM_OK;
    c->returns = !c->lost;
}

static bool lose_device(struct capture *c, struct moim_block *b, double now)
{
    if (!device_gone(c, now)) return false;
    close_device(c);
    c->lost = true;
    c->tried_at = now;
    if (c->returns) { /* it opened, and gave no sound: nothing new */
        c->returns = false;
        return false;
    }
    c->lost_at = fmin(c->seen_at, now);
    b->kind = MOIM_BLOCK_DEVICE_LOST;
    snprintf(b->text, sizeof b->text, "%s is gone: the recording waits for it", c->device.name);
    return true;
}

static int capture_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct capture *c = s->impl;
    (void)err;
    double until = moim_monotonic() + timeout_ms / 1000.0;
    for (;;) {
        double now = moim_monotonic();
        note_own_absence(c, now);
        if (c->lost) {
            try_again(c, now);
        } else {
            if (tell_return(c, b, now) || tell_gap(c, b)) return MOIM_OK;
            bool more = deliver(c, b, now);
            if (b->kind == MOIM_BLOCK_SOUND) return MOIM_OK;
            if (more && now < until) continue;
            if (!more && lose_device(c, b, now)) return MOIM_OK;
        }
        if (now >= until) return MOIM_OK;
        /* The callback may not wake us: that is a system call. */
        moim_source_sleep(fmin(POLL_S, until - now));
    }
}

static void capture_close(struct moim_source *s)
{
    struct capture *c = s->impl;
    if (!close_device(c)) { /* PortAudio may still write to the tap: leave it all to it */
        pthread_detach(c->closer);
        return;
    }
    free(c->wanted);
    free(c->never);
    free(c);
}

int moim_source_capture(struct moim_source **out, const struct moim_capture_options *options,
                        struct moim_err *err)
{
    *out = NULL;
    struct capture *c = calloc(1, sizeof *c);
    if (!c) return moim_fail(err, MOIM_ENOMEM, "out of memory for a recording");
    if (options) c->want = *options;
    const char *name = c->want.device ? c->want.device : "";
    c->never = c->want.never ? strdup(c->want.never) : NULL;
    if (!(c->wanted = strdup(name)) || (c->want.never && !c->never)) {
        free(c->wanted);
        free(c->never);
        free(c);
        return moim_fail(err, MOIM_ENOMEM, "out of memory for a recording");
    }
    c->want.device = c->wanted;
    c->want.never = c->never;
    c->base =
        (struct moim_source){.impl = c, .name = c->device.name, .next = capture_next, .close = capture_close};
    moim_level_reset(&c->base.level);
    int rc = open_device(c, c->wanted, false, err);
    snprintf(c->home, sizeof c->home, "%s:%s", c->device.api, c->device.name);
    if (rc) {
        capture_close(&c->base);
        return rc;
    }
    *out = &c->base;
    return MOIM_OK;
}
