#include "audio/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 16000
#define WINDOW MOIM_VAD_WINDOW
#define FAINT 0.01f /* probability of speech from which on a far or noisy voice may be there */

/* The hysteresis is Silero's own advice; the rest follows from what the recognisers can take (30 s) and want
 * (context). */
const struct moim_segment_params moim_segment_defaults = {.on = 0.5f,
                                                          .off = 0.35f,
                                                          .pad = 0.2,
                                                          .lead = 0.2,
                                                          .min_speech = 0.2,
                                                          .pause = 0.9,
                                                          .target = 14,
                                                          .speech = INFINITY,
                                                          .short_pause = 0.35,
                                                          .max = 28};

/* A recogniser that tells how far it came needs no cut at a short pause: a window of 30 s is what it pays
 * for. */
const struct moim_segment_params moim_segment_whole = {.on = 0.5f,
                                                       .off = 0.35f,
                                                       .pad = 0.3,
                                                       .lead = 0.3,
                                                       .min_speech = 0.2,
                                                       .pause = 3,
                                                       .target = 22,
                                                       .speech = INFINITY,
                                                       .short_pause = 0.9,
                                                       .max = 28.5};

/* Turns of a word or two are heard better among their neighbours, pauses and all, than each by itself. */
const struct moim_segment_params moim_segment_packed = {.on = 0.5f,
                                                        .off = 0.35f,
                                                        .pad = 0.2,
                                                        .lead = 2,
                                                        .min_speech = 0.2,
                                                        .pause = 3,
                                                        .target = 24,
                                                        .speech = 12,
                                                        .short_pause = 0.35,
                                                        .max = 28};

/* buf holds samples from sample number `base` of the recording on: the pad before speech, and the open
 * stretch. */
struct moim_segmenter {
    struct moim_segment_params p;
    struct moim_vad *vad;
    float *buf;
    size_t cap, n;
    uint64_t base;
    float *prob; /* of each window of buf */
    size_t n_prob;
    bool in_speech, ended;
    size_t last_voiced; /* end of the last voiced window, in samples of buf */
    size_t voiced;      /* voiced samples in the open stretch */
    size_t taken;       /* samples of the stretch that was given last */
    size_t ready;       /* samples of a finished stretch at the front of buf, 0: none */
    size_t drop;        /* how much of buf goes once it has been taken */
    bool cut;           /* the finished stretch was cut in speech */
    bool follows;       /* buf begins where a stretch ended, less than a lead ago */
    float last;
};

static size_t samples(double seconds)
{
    return (size_t)(seconds * RATE);
}

int moim_segmenter_new(struct moim_segmenter **out, struct moim_vad *vad,
                       const struct moim_segment_params *params, struct moim_err *err)
{
    *out = NULL;
    struct moim_segmenter *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "segmenter: out of memory");
    s->p = params ? *params : moim_segment_defaults;
    s->vad = vad;
    s->cap = (samples(s->p.max + s->p.pad + s->p.lead) / WINDOW + 4) * WINDOW;
    s->buf = malloc(s->cap * sizeof *s->buf);
    s->prob = malloc((s->cap / WINDOW + 1) * sizeof *s->prob);
    if (!s->buf || !s->prob) {
        moim_segmenter_free(s);
        return moim_fail(err, MOIM_ENOMEM, "segmenter: out of memory");
    }
    *out = s;
    return MOIM_OK;
}

void moim_segmenter_free(struct moim_segmenter *s)
{
    if (!s) return;
    free(s->buf);
    free(s->prob);
    free(s);
}

/* Forgets the first k samples (whole windows, but for the recording's end). */
static void forget(struct moim_segmenter *s, size_t k)
{
    size_t w = k / WINDOW;
    memmove(s->buf, s->buf + k, (s->n - k) * sizeof *s->buf);
    s->n -= k;
    s->base += k;
    w = w < s->n_prob ? w : s->n_prob;
    memmove(s->prob, s->prob + w, (s->n_prob - w) * sizeof *s->prob);
    s->n_prob -= w;
}

static size_t whole_windows(size_t n)
{
    return n / WINDOW * WINDOW;
}

/* The stretch ends at sample `end`; buf goes on from `next`. Too little speech is silently dropped. */
static void finish(struct moim_segmenter *s, size_t end, size_t next)
{
    s->ready = s->voiced >= samples(s->p.min_speech) ? end : 0;
    s->drop = next;
    if (!s->ready) {
        forget(s, next);
        s->drop = 0;
    }
    s->in_speech = s->cut = false;
    s->follows = next == end;
    s->voiced = 0;
}

/* The least speech-like moment of the second half, windows smoothed over three. */
static size_t quietest(const struct moim_segmenter *s)
{
    size_t best = s->n_prob - 2;
    float least = INFINITY;
    for (size_t i = s->n_prob / 2; i + 2 < s->n_prob; i++) {
        float sum = s->prob[i - 1] + s->prob[i] + s->prob[i + 1];
        if (sum <= least) least = sum, best = i;
    }
    return (best + 1) * WINDOW;
}

/* Samples at the buffer's end from the first one on in which a voice may be, however faint. */
static size_t faintly_voiced(const struct moim_segmenter *s)
{
    size_t w = 0;
    while (w < s->n_prob && s->prob[w] < FAINT) w++;
    return s->n > w * WINDOW ? s->n - w * WINDOW : 0;
}

/* After a short pause nothing but the pause lies before speech; after a long one a voice may. */
static void in_silence(struct moim_segmenter *s)
{
    size_t pad = whole_windows(samples(s->p.pad)) + WINDOW, lead = whole_windows(samples(s->p.lead)) + WINDOW;
    if (s->last >= s->p.on) {
        size_t keep = pad + (s->follows ? WINDOW : faintly_voiced(s));
        if (s->n > keep) forget(s, whole_windows(s->n - keep));
        s->in_speech = true;
        s->voiced = WINDOW;
        s->last_voiced = s->n;
        return;
    }
    if (s->n <= lead) return;
    forget(s, whole_windows(s->n - lead));
    s->follows = false;
}

/* The pause in seconds that ends a stretch of n samples, of which `voiced` are speech. */
static double wanted_pause(const struct moim_segment_params *p, size_t n, size_t voiced)
{
    bool enough = (double)n >= p->target * RATE || (double)voiced >= p->speech * RATE;
    return enough ? p->short_pause : p->pause;
}

static void in_stretch(struct moim_segmenter *s)
{
    if (s->last >= s->p.off) {
        s->last_voiced = s->n;
        s->voiced += WINDOW;
    }
    size_t silent = s->n - s->last_voiced, pad = whole_windows(samples(s->p.pad)),
           lead = whole_windows(samples(s->p.lead));
    if (silent >= samples(wanted_pause(&s->p, s->n, s->voiced))) {
        size_t end = s->last_voiced + pad < s->n ? s->last_voiced + pad : s->n;
        finish(s, end, s->n > end + lead ? s->n - lead : end);
    } else if (s->n >= samples(s->p.max)) {
        size_t cut = quietest(s);
        size_t rest = s->last_voiced > cut ? s->last_voiced - cut : 0;
        finish(s, cut, cut);
        /* What follows the cut is still speech. */
        s->in_speech = rest > 0;
        s->voiced = rest;
        s->last_voiced = rest;
        s->cut = s->ready > 0;
    }
}

size_t moim_segmenter_beyond(struct moim_segmenter *s)
{
    return s->cut ? s->n : 0;
}

void moim_segmenter_told(struct moim_segmenter *s, size_t told)
{
    if (!s->cut) return;
    size_t cut = whole_windows(told < s->n ? told : s->n), rest = 0;
    s->voiced = 0;
    for (size_t w = cut / WINDOW; w < s->n_prob; w++)
        if (s->prob[w] >= s->p.off) rest = (w + 1) * WINDOW - cut, s->voiced += WINDOW;
    s->drop = cut;
    s->in_speech = rest > 0;
    s->last_voiced = rest;
    s->cut = false;
}

double moim_segmenter_voiced(const struct moim_segmenter *s, size_t from, size_t to)
{
    size_t voiced = 0;
    for (size_t w = from / WINDOW; w < s->n_prob && w * WINDOW < to; w++) voiced += s->prob[w] >= s->p.off;
    return (double)(voiced * WINDOW) / RATE;
}

bool moim_segmenter_pause(const struct moim_segmenter *s, size_t from, size_t n, size_t *end, size_t *next)
{
    const struct moim_segment_params *p = &moim_segment_packed;
    size_t last = 0, voiced = 0, pad = whole_windows(samples(p->pad)), lead = whole_windows(samples(p->lead));
    for (size_t w = from / WINDOW; w < s->n_prob && (w + 1) * WINDOW <= n; w++) {
        size_t at = (w + 1) * WINDOW, silent = last ? at - last : 0;
        if (s->prob[w] >= p->off) {
            last = at;
            voiced += WINDOW;
        } else if (silent >= samples(wanted_pause(p, at - from, voiced))) {
            *end = last + pad < at ? last + pad : at;
            *next = at > *end + lead ? at - lead : *end;
            return last > from;
        }
    }
    return false;
}

static void drop_taken(struct moim_segmenter *s)
{
    if (!s->drop) return;
    forget(s, s->drop);
    s->drop = s->ready = 0;
}

size_t moim_segmenter_push(struct moim_segmenter *s, const float *pcm, size_t n)
{
    if (s->ready) return 0;
    drop_taken(s);
    size_t have = s->n % WINDOW, take = WINDOW - have < n ? WINDOW - have : n;
    memcpy(s->buf + s->n, pcm, take * sizeof *pcm);
    s->n += take;
    if (have + take < WINDOW) return take;
    s->last = moim_vad_window(s->vad, s->buf + s->n - WINDOW);
    s->prob[s->n_prob++] = s->last;
    if (s->in_speech)
        in_stretch(s);
    else
        in_silence(s);
    return take;
}

void moim_segmenter_end(struct moim_segmenter *s)
{
    if (s->ready) return;
    drop_taken(s);
    if (s->in_speech) finish(s, s->n, s->n);
    s->ended = true;
}

bool moim_segmenter_next(struct moim_segmenter *s, const float **pcm, size_t *n, uint64_t *start)
{
    if (!s->ready) return false;
    *pcm = s->buf;
    *n = s->taken = s->ready;
    *start = s->base;
    s->ready = 0; /* dropped at the next push or end */
    return true;
}

float moim_segmenter_speech(const struct moim_segmenter *s)
{
    size_t n = s->taken / WINDOW < s->n_prob ? s->taken / WINDOW : s->n_prob;
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += s->prob[i];
    return n ? sum / (float)n : 0;
}

size_t moim_segmenter_open(const struct moim_segmenter *s, const float **pcm, uint64_t *start)
{
    if (!s->in_speech || s->drop) return 0;
    *pcm = s->buf;
    *start = s->base;
    return s->n;
}
