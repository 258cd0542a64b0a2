#include "audio/capture_pulse.h"
#include "audio/decode.h"
#include "audio/source_vt.h"
#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <pulse/pulseaudio.h>
#include <soxr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_S 3.0 /* the server may think so long */
#define RETRY_S 1.0
#define FRAGMENT_S 0.03
#define CHUNK 480 /* native samples at once, at most: fewer than a block at 16 kHz from 8 kHz on */

struct found {
    struct moim_device *list;
    char (*name)[sizeof((struct moim_device *)0)->name]; /* as the server calls it */
    int n;
    bool failed;
};

struct link {
    pa_mainloop *loop;
    pa_context *context;
};

struct pulse {
    struct moim_source base;
    struct link link;
    pa_stream *stream; /* NULL: lost */
    char wanted[384], source[384], shown[384];
    uint32_t rate;
    soxr_t soxr;
    const float *peeked; /* [n_peeked], at: read already; NULL with n_peeked: a hole */
    size_t n_peeked, at;
    bool holds; /* the server's fragment has to be dropped */
    bool default_changed;
    double lost_at, tried_at;
    float out[MOIM_SOURCE_BLOCK];
};

/* ---- the server ---- */

static void hang_up(struct link *l)
{
    if (l->context) {
        pa_context_disconnect(l->context);
        pa_context_unref(l->context);
    }
    if (l->loop) pa_mainloop_free(l->loop);
    *l = (struct link){0};
}

/* One turn of the loop, waiting at most so long. False when the connection is over. */
static bool turn(struct link *l, double seconds)
{
    if (pa_mainloop_prepare(l->loop, (int)(seconds * 1e6)) < 0 || pa_mainloop_poll(l->loop) < 0 ||
        pa_mainloop_dispatch(l->loop) < 0)
        return false;
    return PA_CONTEXT_IS_GOOD(pa_context_get_state(l->context));
}

static int dial(struct link *l, struct moim_err *err)
{
    double until = moim_monotonic() + ANSWER_S;
    *l = (struct link){.loop = pa_mainloop_new()};
    if (l->loop) l->context = pa_context_new(pa_mainloop_get_api(l->loop), "moim");
    bool ok = l->context && pa_context_connect(l->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) >= 0;
    while (ok && pa_context_get_state(l->context) != PA_CONTEXT_READY)
        ok = moim_monotonic() < until && turn(l, 0.05);
    if (ok) return MOIM_OK;
    int rc = moim_fail(err, MOIM_ENOENT, "no sound server that can be asked for outputs: %s",
                       l->context ? pa_strerror(pa_context_errno(l->context)) : "out of memory");
    hang_up(l);
    return rc;
}

static bool wait_for(struct link *l, pa_operation *op)
{
    double until = moim_monotonic() + ANSWER_S;
    bool ok = op != NULL;
    while (ok && pa_operation_get_state(op) == PA_OPERATION_RUNNING)
        ok = moim_monotonic() < until && turn(l, 0.05);
    if (op) pa_operation_unref(op);
    return ok;
}

/* ---- what there is ---- */

static void copy_text(char *out, size_t cap, const char *text)
{
    if (snprintf(out, cap, "%s", text ? text : "") >= (int)cap) moim_cut_whole(out);
    moim_text_clean_in(out, cap, false);
}

static void on_source(pa_context *c, const pa_source_info *i, int end, void *user)
{
    struct found *f = user;
    (void)c;
    if (end || !i || f->failed) return;
    struct moim_device *list = realloc(f->list, sizeof *list * (size_t)(f->n + 1));
    if (list) f->list = list;
    void *names = list ? realloc(f->name, sizeof *f->name * (size_t)(f->n + 1)) : NULL;
    if (!names) {
        f->failed = true;
        return;
    }
    f->name = names;
    struct moim_device *d = &list[f->n];
    *d = (struct moim_device){.index = -1,
                              .channels = i->sample_spec.channels,
                              .rate = i->sample_spec.rate,
                              .output = i->monitor_of_sink != PA_INVALID_INDEX};
    copy_text(d->name, sizeof d->name, i->description && *i->description ? i->description : i->name);
    copy_text(d->api, sizeof d->api, "PulseAudio");
    snprintf(f->name[f->n++], sizeof *f->name, "%s", i->name);
}

static int list_sources(struct link *l, struct found *f, struct moim_err *err)
{
    *f = (struct found){0};
    if (!wait_for(l, pa_context_get_source_info_list(l->context, on_source, f)) || f->failed)
        return moim_fail(err, f->failed ? MOIM_ENOMEM : MOIM_EIO,
                         "the sound server does not list its sources");
    return MOIM_OK;
}

static void clear(struct found *f)
{
    free(f->list);
    free(f->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct moim_device *)a)->name, ((const struct moim_device *)b)->name);
}

int moim_pulse_outputs(struct moim_device **list, int *n, struct moim_err *err)
{
    struct link l;
    struct found f = {0};
    *list = NULL;
    *n = 0;
    if (dial(&l, NULL)) return MOIM_OK;
    int rc = list_sources(&l, &f, err);
    hang_up(&l);
    if (!rc) {
        for (int i = 0; i < f.n; i++)
            if (f.list[i].output) f.list[(*n)++] = f.list[i];
        if (*n) qsort(f.list, (size_t)*n, sizeof *f.list, by_name);
        *list = f.list;
        f.list = NULL;
    }
    clear(&f);
    return rc;
}

static void on_server(pa_context *c, const pa_server_info *i, void *user)
{
    struct pulse *p = user;
    (void)c;
    if (i && i->default_sink_name)
        snprintf(p->source, sizeof p->source, "%.370s.monitor", i->default_sink_name);
}

/* 4 exact, 3 begins so, 2 contains it; a monitor is liked better by half. */
static int likeness(const struct found *f, int k, const char *wanted)
{
    const char *name = f->name[k], *text = f->list[k].name;
    size_t n = strlen(wanted);
    int like = !strcasecmp(name, wanted) || !strcasecmp(text, wanted)           ? 8
               : !strncasecmp(name, wanted, n) || !strncasecmp(text, wanted, n) ? 6
               : strcasestr(name, wanted) || strcasestr(text, wanted)           ? 4
                                                                                : 0;
    return like ? like + f->list[k].output : 0;
}

/* p->source and p->shown from what is wanted. */
static int choose(struct pulse *p, struct moim_err *err)
{
    struct found f = {0};
    int best = 0, at = -1, rc = list_sources(&p->link, &f, err);
    bool follow = !strcmp(p->wanted, MOIM_CALL_DEFAULT);
    *p->source = 0;
    if (!rc && follow) wait_for(&p->link, pa_context_get_server_info(p->link.context, on_server, p));
    const char *wanted = follow ? p->source : p->wanted;
    for (int k = 0; !rc && *wanted && k < f.n; k++) {
        int like = likeness(&f, k, wanted);
        if (like > best) best = like, at = k;
    }
    if (!rc && at < 0)
        rc = moim_fail(err, MOIM_ENOENT,
                       follow ? "no output that can be heard" : "no output or microphone \"%s\"", p->wanted);
    if (!rc) {
        snprintf(p->source, sizeof p->source, "%s", f.name[at]);
        snprintf(p->shown, sizeof p->shown, "%s", f.list[at].name);
    }
    clear(&f);
    return rc;
}

/* ---- the stream ---- */

static void end_stream(struct pulse *p)
{
    if (p->stream) {
        pa_stream_disconnect(p->stream);
        pa_stream_unref(p->stream);
    }
    p->stream = NULL;
    hang_up(&p->link);
    soxr_delete(p->soxr);
    p->soxr = NULL;
    p->n_peeked = p->at = 0;
    p->holds = false;
}

static void on_change(pa_context *c, pa_subscription_event_type_t type, uint32_t index, void *user)
{
    (void)c, (void)type, (void)index;
    ((struct pulse *)user)->default_changed = true;
}

static int start_stream(struct pulse *p, struct moim_err *err)
{
    pa_sample_spec spec = {.format = PA_SAMPLE_FLOAT32NE, .rate = 48000, .channels = 1};
    pa_buffer_attr attr = {.maxlength = (uint32_t)-1, .fragsize = (uint32_t)(FRAGMENT_S * 48000 * 4)};
    double until = moim_monotonic() + ANSWER_S;
    p->stream = pa_stream_new(p->link.context, "the far side of a call", &spec, NULL);
    bool ok = p->stream && pa_stream_connect_record(p->stream, p->source, &attr,
                                                    PA_STREAM_DONT_MOVE | PA_STREAM_FIX_RATE |
                                                        PA_STREAM_ADJUST_LATENCY) >= 0;
    while (ok && pa_stream_get_state(p->stream) == PA_STREAM_CREATING)
        ok = moim_monotonic() < until && turn(&p->link, 0.05);
    if (!ok || pa_stream_get_state(p->stream) != PA_STREAM_READY)
        return moim_fail(err, MOIM_EIO, "%s: cannot be heard: %s", p->shown,
                         pa_strerror(pa_context_errno(p->link.context)));
    p->rate = pa_stream_get_sample_spec(p->stream)->rate;
    return MOIM_OK;
}

static int open_stream(struct pulse *p, struct moim_err *err)
{
    soxr_error_t why = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    int rc = dial(&p->link, err);
    if (!rc) rc = choose(p, err);
    if (!rc) rc = start_stream(p, err);
    if (!rc) {
        p->soxr = soxr_create(p->rate, MOIM_RATE, 1, &why, NULL, &quality, NULL);
        if (why || !p->soxr) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", p->shown);
    }
    if (!rc && !strcmp(p->wanted, MOIM_CALL_DEFAULT)) {
        pa_context_set_subscribe_callback(p->link.context, on_change, p);
        pa_operation *op = pa_context_subscribe(p->link.context, PA_SUBSCRIPTION_MASK_SERVER, NULL, NULL);
        if (op) pa_operation_unref(op);
    }
    p->default_changed = false;
    if (rc) end_stream(p);
    return rc;
}

/* Another output became the default: its monitor is the one to hear. */
static bool moved(struct pulse *p)
{
    char before[sizeof p->source];
    if (!p->default_changed) return false;
    p->default_changed = false;
    memcpy(before, p->source, sizeof before);
    bool asked = wait_for(&p->link, pa_context_get_server_info(p->link.context, on_server, p));
    bool other = asked && strcmp(before, p->source) != 0;
    memcpy(p->source, before, sizeof before);
    return other;
}

/* ---- sound ---- */

/* The next fragment of the server's; false when there is none. */
static bool peek(struct pulse *p)
{
    const void *data;
    size_t bytes;
    if (p->holds) pa_stream_drop(p->stream);
    p->holds = false;
    p->n_peeked = p->at = 0;
    if (pa_stream_peek(p->stream, &data, &bytes) < 0 || !bytes) return false;
    p->holds = true;
    p->peeked = data;
    p->n_peeked = bytes / sizeof(float);
    return true;
}

/* Sound at 16 kHz from what was peeked. */
static void deliver(struct pulse *p, struct moim_block *b)
{
    static const float nothing[CHUNK];
    size_t most = (size_t)((MOIM_SOURCE_BLOCK - 64) * (double)p->rate / MOIM_RATE), used, made;
    size_t n = p->n_peeked - p->at;
    if (n > CHUNK) n = CHUNK;
    if (n > most) n = most;
    soxr_process(p->soxr, p->peeked ? p->peeked + p->at : nothing, n, &used, p->out, MOIM_SOURCE_BLOCK,
                 &made);
    p->at += used;
    if (p->base.paused || !made) return;
    for (size_t i = 0; i < made; i++) p->out[i] = isfinite(p->out[i]) ? fminf(fmaxf(p->out[i], -1), 1) : 0;
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = p->out;
    b->n = made;
}

static void lose(struct pulse *p, struct moim_block *b, double now)
{
    p->lost_at = now;
    p->tried_at = 0;
    b->kind = MOIM_BLOCK_DEVICE_LOST;
    snprintf(b->text, sizeof b->text, "%s is gone: the recording goes on without it", p->shown);
    end_stream(p);
}

static bool try_again(struct pulse *p, struct moim_block *b, double now)
{
    if (now - p->tried_at < RETRY_S) return false;
    p->tried_at = now;
    if (open_stream(p, NULL)) return false;
    double away = moim_monotonic() - p->lost_at;
    b->kind = MOIM_BLOCK_DEVICE_BACK;
    snprintf(b->text, sizeof b->text, "%s is heard again after %.1f s; silence stands for them", p->shown,
             away);
    return true;
}

static int pulse_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct pulse *p = s->impl;
    double until = moim_monotonic() + timeout_ms / 1000.0;
    (void)err;
    for (;;) {
        double now = moim_monotonic();
        if (!p->stream) {
            if (try_again(p, b, now) || now >= until) return MOIM_OK;
            moim_source_sleep(fmin(0.02, until - now));
            continue;
        }
        if (p->at < p->n_peeked || peek(p)) {
            deliver(p, b);
            if (b->kind == MOIM_BLOCK_SOUND) return MOIM_OK;
            continue;
        }
        bool good = turn(&p->link, fmax(0, fmin(0.02, until - now))) &&
                    pa_stream_get_state(p->stream) == PA_STREAM_READY && !moved(p);
        if (!good) {
            lose(p, b, now);
            return MOIM_OK;
        }
        if (now >= until && !pa_stream_readable_size(p->stream)) return MOIM_OK;
    }
}

static void pulse_close(struct moim_source *s)
{
    struct pulse *p = s->impl;
    end_stream(p);
    free(p);
}

int moim_source_pulse(struct moim_source **out, const char *name, struct moim_err *err)
{
    *out = NULL;
    struct pulse *p = calloc(1, sizeof *p);
    if (!p) return moim_fail(err, MOIM_ENOMEM, "out of memory for a call");
    copy_text(p->wanted, sizeof p->wanted, name);
    p->base = (struct moim_source){.impl = p, .name = p->shown, .next = pulse_next, .close = pulse_close};
    moim_level_reset(&p->base.level);
    int rc = open_stream(p, err);
    if (rc)
        pulse_close(&p->base);
    else
        *out = &p->base;
    return rc;
}
