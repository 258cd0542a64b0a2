#include "audio/lane.h"
#include "audio/container.h"

#include <math.h>
#include <soxr.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 0.8f /* of full scale: what is louder in a sum of channels is bent */

struct moim_lane {
    const struct moim_sound *sound;
    int track, channel, link;
    struct moim_remarks *remarks;
    struct moim_decoder dec;
    double heard; /* seconds of this link */
    bool damaged, ended;
    soxr_t soxr; /* NULL when the source is at 16 kHz already */
    int rate;    /* that soxr takes */
    bool draining;
    float *mono; /* the last block */
    size_t mono_cap, mono_n, mono_at;
    const struct moim_party_span *span; /* [spans] that are to come, NULL: all of it */
    int spans;
    int64_t frame;                         /* of the source that comes next */
    float *weight[MOIM_CHANNELS_MOST + 1]; /* by number of channels, made when first needed */
};

void moim_remark_add(struct moim_remarks *r, double at, const char *format, ...)
{
    struct moim_remark made = {.at = at};
    va_list args;
    if (!r) return;
    va_start(args, format);
    vsnprintf(made.text, sizeof made.text, format, args);
    va_end(args);
    moim_cut_whole(made.text);
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->list[i].text, made.text) && r->list[i].at == at) return;
    if (r->n < MOIM_REMARKS_MOST)
        r->list[r->n++] = made;
    else
        r->more++;
}

/* ---- links ---- */

void moim_decoder_close(struct moim_decoder *d)
{
    d->close(d);
    free(d->name);
    free(d->comment);
    d->name = d->comment = NULL;
}

static struct moim_range range_of(const struct moim_sound *s, int link)
{
    return (struct moim_range){
        .fd = s->fd, .from = s->link[link], .to = link + 1 < s->links ? s->link[link + 1] : s->size};
}

/* libsndfile first: it opens at once what FFmpeg's libraries must be loaded for. */
static int open_link(struct moim_decoder *d, const struct moim_sound *s, int link, int track,
                     struct moim_err *err)
{
    struct moim_range range = range_of(s, link);
    struct moim_err ignored;
    int64_t at;
    bool unfilled = !link && moim_container_unfilled(s->fd, s->size, &at);
    int rc = track > 0 || unfilled ? MOIM_EUNSUP : moim_sndfile_open(d, &range, s->path, &ignored);
    if (rc) rc = moim_ffmpeg_open(d, &range, s->path, track, err);
    const char *fault = rc == MOIM_EFORMAT ? moim_container_fault(s->fd, s->size) : NULL;
    if (fault) return moim_fail(err, MOIM_EFORMAT, "%s: %s", s->path, fault);
    if (rc) return rc;
    if (d->channels >= 1 && d->channels <= MOIM_CHANNELS_MOST && d->rate >= MOIM_RATE_LEAST &&
        d->rate <= MOIM_RATE_MOST)
        return MOIM_OK;
    rc = moim_fail(err, MOIM_EFORMAT, "%s: %d channels at %d Hz is not a recording", s->path, d->channels,
                   d->rate);
    moim_decoder_close(d);
    return rc;
}

static void end_link(struct moim_lane *l)
{
    struct moim_decoder *d = &l->dec;
    /* A container that promised clearly more than it held was cut off. */
    l->damaged |= d->damaged || (!d->judged && d->duration > 0 && l->heard < d->duration - 1);
    l->heard = 0;
}

/* The next link that can be opened. */
static bool next_link(struct moim_lane *l)
{
    struct moim_err why;
    end_link(l);
    while (l->link + 1 < l->sound->links) {
        struct moim_decoder d;
        if (open_link(&d, l->sound, ++l->link, l->track, &why)) {
            moim_remark_add(l->remarks, 0, "part %d of the file could not be read", l->link + 1);
            l->damaged = true;
            continue;
        }
        d.remarks = l->remarks;
        moim_decoder_close(&l->dec);
        l->dec = d;
        return true;
    }
    return false;
}

static long next_block(struct moim_lane *l, const float **frames)
{
    long n;
    while ((n = l->dec.next(&l->dec, frames)) == 0 && next_link(l)) continue;
    if (n > 0) l->heard += (double)n / l->dec.rate;
    return n;
}

int moim_lane_open(struct moim_lane **out, const struct moim_sound *s, int track, int channel,
                   struct moim_remarks *remarks, struct moim_err *err)
{
    *out = NULL;
    struct moim_lane *l = calloc(1, sizeof *l);
    if (!l) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    *l = (struct moim_lane){
        .sound = s, .track = track, .channel = channel, .remarks = remarks, .damaged = s->cut};
    int rc = open_link(&l->dec, s, 0, track, err);
    if (rc) {
        free(l);
        return rc;
    }
    l->dec.remarks = remarks;
    l->rate = MOIM_RATE;
    *out = l;
    return MOIM_OK;
}

void moim_lane_set_spans(struct moim_lane *l, const struct moim_party_span *spans, int n)
{
    l->span = spans;
    l->spans = n;
}

void moim_lane_close(struct moim_lane *l)
{
    if (!l) return;
    moim_decoder_close(&l->dec);
    soxr_delete(l->soxr);
    for (int i = 0; i <= MOIM_CHANNELS_MOST; i++) free(l->weight[i]);
    free(l->mono);
    free(l);
}

const struct moim_decoder *moim_lane_decoder(const struct moim_lane *l)
{
    return &l->dec;
}

bool moim_lane_damaged(const struct moim_lane *l)
{
    return l->damaged || l->dec.damaged;
}

/* ---- channels ---- */

int moim_lane_survey(const struct moim_sound *s, int track, int channels, struct moim_mix **out,
                     struct moim_err *err)
{
    struct moim_lane *l;
    const float *frames;
    long n = 0;
    *out = NULL;
    int rc = moim_lane_open(&l, s, track, -1, NULL, err);
    if (rc) return rc;
    while (!rc && (n = next_block(l, &frames)) > 0) {
        if (l->dec.channels != channels || !frames) continue;
        if (!*out && !(*out = moim_mix_new(channels, l->dec.rate))) rc = MOIM_ENOMEM;
        if (!rc) rc = moim_mix_add(*out, frames, (size_t)n);
    }
    moim_lane_close(l);
    if (!rc && n >= 0) return MOIM_OK;
    moim_mix_free(*out);
    *out = NULL;
    return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
}

static void say(struct moim_remarks *r, int channels, const struct moim_mix_verdict *v)
{
    if (v->live && v->live < channels)
        moim_remark_add(r, 0, "%d of %d channels hold sound; the others are silent and were left out",
                        v->live, channels);
    if (v->turned) moim_remark_add(r, 0, "channel %d is in opposite phase and was turned about", v->turned);
    if (v->weak)
        moim_remark_add(r, 0, "channel %d holds the same, %.0f dB quieter: the louder one counts", v->weak,
                        v->weak_db);
}

/* What each channel weighs in a block of so many; NULL: out of memory. */
static const float *weights(struct moim_lane *l, int channels)
{
    if (l->weight[channels]) return l->weight[channels];
    float *w = calloc((size_t)channels, sizeof *w);
    struct moim_mix *m = NULL;
    struct moim_err ignored;
    struct moim_mix_verdict v;
    if (!w) return NULL;
    if (channels == 1) {
        w[0] = 1;
    } else if (l->channel >= 0) {
        w[l->channel < channels ? l->channel : 0] = 1;
    } else if (!moim_lane_survey(l->sound, l->track, channels, &m, &ignored) && m) {
        moim_mix_weights(m, w, &v);
        say(l->remarks, channels, &v);
    } else {
        for (int i = 0; i < channels; i++) w[i] = 1 / (float)channels;
    }
    moim_mix_free(m);
    return l->weight[channels] = w;
}

static float clip(float x, bool loud)
{
    if (!isfinite(x)) return 0;
    float a = fabsf(x);
    if (!loud || a <= LIMIT) return fminf(fmaxf(x, -1), 1);
    return copysignf(LIMIT + (1 - LIMIT) * tanhf((a - LIMIT) / (1 - LIMIT)), x);
}

/* A sample that is no number becomes silence. */
static void mix_down(const float *frames, size_t n, int channels, const float *weight, float *mono)
{
    float all = 0;
    for (int c = 0; c < channels; c++) all += fabsf(weight[c]);
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (int c = 0; c < channels; c++)
            if (weight[c] != 0) sum += frames[i * (size_t)channels + (size_t)c] * weight[c];
        mono[i] = clip(sum, all > 1.001f);
    }
}

/* Of each frame the channel that is the party's at that time; silence between its spans. */
static void pick(struct moim_lane *l, const float *frames, size_t n, int channels)
{
    for (size_t i = 0; i < n; i++, l->frame++) {
        while (l->spans && l->frame >= l->span->to) l->span++, l->spans--;
        bool in = frames && l->spans && l->frame >= l->span->from && l->span->channel < channels;
        l->mono[i] = in ? clip(frames[i * (size_t)channels + (size_t)l->span->channel], false) : 0;
    }
}

/* Decodes the next block into mono[]. */
static int refill(struct moim_lane *l)
{
    const float *frames, *weight;
    long n = next_block(l, &frames);
    l->mono_at = l->mono_n = 0;
    l->ended = n <= 0;
    if (n <= 0) return n ? MOIM_ENOMEM : MOIM_OK;
    if ((size_t)n > l->mono_cap) {
        float *grown = realloc(l->mono, (size_t)n * sizeof *grown);
        if (!grown) return MOIM_ENOMEM;
        l->mono = grown;
        l->mono_cap = (size_t)n;
    }
    l->mono_n = (size_t)n;
    if (l->span) {
        pick(l, frames, (size_t)n, l->dec.channels);
        return MOIM_OK;
    }
    if (!frames) {
        memset(l->mono, 0, (size_t)n * sizeof *l->mono);
        return MOIM_OK;
    }
    if (!(weight = weights(l, l->dec.channels))) return MOIM_ENOMEM;
    mix_down(frames, (size_t)n, l->dec.channels, weight, l->mono);
    return MOIM_OK;
}

/* ---- rate ---- */

static int set_rate(struct moim_lane *l, int rate)
{
    soxr_error_t why = NULL;
    soxr_delete(l->soxr);
    l->soxr = NULL;
    l->rate = rate;
    l->draining = false;
    if (rate == MOIM_RATE) return MOIM_OK;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    l->soxr = soxr_create(rate, MOIM_RATE, 1, &why, NULL, &quality, NULL);
    return why || !l->soxr ? MOIM_ENOMEM : MOIM_OK;
}

/* One step: takes from mono[], or from the resampler's tail when the rate changes or the sound ends. */
static int step(struct moim_lane *l, float *pcm, size_t n, size_t *made)
{
    size_t used = l->mono_n - l->mono_at;
    *made = 0;
    if (!l->soxr) {
        if (l->ended) return MOIM_OK;
        if (l->draining) return set_rate(l, l->dec.rate);
        if (used > n) used = n;
        memcpy(pcm, l->mono + l->mono_at, used * sizeof *pcm);
        *made = used;
    } else {
        bool tail = l->ended || l->draining;
        /* NULL input tells soxr that the source has ended and its tail may come out. */
        if (soxr_process(l->soxr, tail ? NULL : l->mono + l->mono_at, tail ? 0 : used, &used, pcm, n, made))
            return MOIM_ENOMEM;
        if (tail && !*made) return l->ended ? MOIM_OK : set_rate(l, l->dec.rate);
        if (tail) return MOIM_OK;
    }
    l->mono_at += used;
    return MOIM_OK;
}

long moim_lane_read(struct moim_lane *l, float *pcm, size_t n, struct moim_err *err)
{
    size_t done = 0, made;
    int rc = MOIM_OK;
    while (!rc && done < n) {
        if (!l->ended && !l->draining && l->mono_at == l->mono_n) {
            rc = refill(l);
            l->draining = !rc && !l->ended && l->dec.rate != l->rate;
            if (rc) break;
        }
        rc = step(l, pcm + done, n - done, &made);
        done += made;
        if (l->ended && !made) break;
    }
    return rc ? moim_fail(err, rc, "%s: out of memory", l->sound->path) : (long)done;
}
