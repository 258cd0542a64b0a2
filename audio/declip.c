#include "audio/declip.h"

#include <fftw3.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 1024       /* samples of a piece; pieces overlap by half */
#define FFT (2 * SIZE)  /* with as many zeros behind, so that frequencies lie twice as close */
#define BINS (SIZE + 1) /* of FFT */
#define HOP MOIM_DECLIP_HOP
#define ROUNDS 150       /* at most, */
#define MORE 2           /* frequencies more in each; */
#define NEAR 0.1f        /* of the height: enough when what is sparse and what is consistent lie so near */
#define FLAT 0.05f       /* of a peak's height below it: flat tops lie up there; */
#define CUT 0.1f         /* samples so high are taken for cut off: a resampler left ripples */
#define STEEP 0.2f       /* a sample so far below beside a flat top, which the top of no tone has */
#define OVERSHOOT 1.6f   /* of full scale: less is what a resampler makes of flat tops there */
#define FLAT_RUN 3       /* so many side by side: a single one may be an honest peak */
#define CLIPPED 0.002    /* of all samples: what is less is not heard in words */
#define BRING_DOWN 40.0f /* the more was cut off, the higher the peaks that come back */

struct moim_declip {
    float high, low; /* samples from high up or from low down were cut off */
    float scale, near;
    float *window;                                  /* [SIZE], its square adds up to one */
    float in[SIZE], piece[SIZE], restored[SIZE];    /* the last samples; as they are, windowed */
    float out[SIZE];                                /* overlapped pieces; the first HOP are ready */
    float *time;                                    /* [FFT] */
    fftwf_complex *spectrum;                        /* [BINS] of what is consistent, */
    float (*sparse)[2], (*dual)[2], *size, *sorted; /* [BINS] */
    fftwf_plan forward, back;
    size_t ready, at;         /* samples of out that may be taken, and how many were */
    uint64_t pushed, emitted; /* samples in all */
    int begun;                /* hops whose output lies before the recording */
};

/* ---- the level ---- */

/* How far the side reaches from the mean, whose sign is turned like the side's. */
static float height(const struct moim_clip_side *s, double mean)
{
    return s->peak - (float)mean;
}

static void measure_side(struct moim_clip_side *s, float x, double mean)
{
    float high = height(s, mean);
    if (x > 1 && x < OVERSHOOT) x = 1;
    if (x - FLAT * high > s->peak) s->clipped = s->run = 0;
    if (x > s->peak) s->peak = x;
    if (x >= s->peak - FLAT * high) {
        if (!s->run++) s->steep = s->before < s->peak - STEEP * high;
    } else {
        if (s->run >= FLAT_RUN && (s->steep || x < s->peak - STEEP * high)) s->clipped += s->run;
        s->run = 0;
    }
    s->before = x;
}

static double mean_of(const struct moim_clip_meter *m)
{
    return m->samples > 0 ? m->sum / m->samples : 0;
}

void moim_clip_measure(struct moim_clip_meter *m, const float *pcm, size_t n)
{
    if (n && m->samples == 0) {
        m->high.before = m->high.peak = pcm[0];
        m->low.before = m->low.peak = -pcm[0];
    }
    for (size_t i = 0; i < n; i++) {
        m->sum += pcm[i];
        m->samples++;
        double mean = mean_of(m);
        measure_side(&m->high, pcm[i], mean);
        measure_side(&m->low, -pcm[i], -mean);
    }
}

static double clipped_share(const struct moim_clip_meter *m)
{
    return m->samples > 0 ? (m->high.clipped + m->low.clipped) / m->samples : 0;
}

bool moim_clip_found(const struct moim_clip_meter *m)
{
    return clipped_share(m) >= CLIPPED;
}

/* ---- memory ---- */

void moim_declip_free(struct moim_declip *d)
{
    if (!d) return;
    if (d->forward) fftwf_destroy_plan(d->forward);
    if (d->back) fftwf_destroy_plan(d->back);
    fftwf_free(d->time);
    fftwf_free(d->spectrum);
    free(d->window);
    free(d->sparse);
    free(d->dual);
    free(d->size);
    free(d->sorted);
    free(d);
}

static bool take_memory(struct moim_declip *d)
{
    d->window = malloc(SIZE * sizeof *d->window);
    d->time = fftwf_alloc_real(FFT);
    d->spectrum = fftwf_alloc_complex(BINS);
    d->sparse = malloc(BINS * sizeof *d->sparse);
    d->dual = malloc(BINS * sizeof *d->dual);
    d->size = malloc(BINS * sizeof *d->size);
    d->sorted = malloc(BINS * sizeof *d->sorted);
    if (!d->window || !d->time || !d->spectrum || !d->sparse || !d->dual || !d->size || !d->sorted)
        return false;
    d->forward = fftwf_plan_dft_r2c_1d(FFT, d->time, d->spectrum, FFTW_ESTIMATE);
    d->back = fftwf_plan_dft_c2r_1d(FFT, d->spectrum, d->time, FFTW_ESTIMATE);
    return d->forward && d->back;
}

int moim_declip_new(struct moim_declip **out, const struct moim_clip_meter *m, struct moim_err *err)
{
    *out = NULL;
    struct moim_declip *d = calloc(1, sizeof *d);
    if (!d || !take_memory(d)) {
        moim_declip_free(d);
        return moim_fail(err, MOIM_ENOMEM, "clipped sound: out of memory");
    }
    double mean = mean_of(m);
    /* A side without flat tops is whole. */
    d->high = m->high.clipped > 0 ? m->high.peak - CUT * height(&m->high, mean) : INFINITY;
    d->low = m->low.clipped > 0 ? CUT * height(&m->low, -mean) - m->low.peak : -INFINITY;
    d->near = NEAR * fmaxf(height(&m->high, mean), height(&m->low, -mean));
    d->scale = 1 / (1 + BRING_DOWN * (float)clipped_share(m));
    for (int i = 0; i < SIZE; i++) d->window[i] = sinf(3.14159265f * ((float)i + 0.5f) / SIZE);
    d->begun = SIZE / HOP - 1;
    *out = d;
    return MOIM_OK;
}

/* ---- one piece ---- */

/* The k-th largest of x[BINS], which is disordered. */
static float largest(float *x, int k)
{
    int from = 0, to = BINS - 1;
    while (from < to) {
        float pivot = x[(from + to) / 2];
        int i = from, j = to;
        while (i <= j) {
            while (x[i] > pivot) i++;
            while (x[j] < pivot) j--;
            if (i > j) break;
            float t = x[i];
            x[i++] = x[j];
            x[j--] = t;
        }
        if (k <= j)
            to = j;
        else if (k >= i)
            from = i;
        else
            break;
    }
    return x[k];
}

/* sparse = the k largest of spectrum + dual. */
static void keep_largest(struct moim_declip *d, int k)
{
    for (int b = 0; b < BINS; b++) {
        for (int c = 0; c < 2; c++) d->sparse[b][c] = d->spectrum[b][c] + d->dual[b][c];
        d->sorted[b] = d->size[b] = d->sparse[b][0] * d->sparse[b][0] + d->sparse[b][1] * d->sparse[b][1];
    }
    float least = largest(d->sorted, k - 1);
    for (int b = 0; b < BINS; b++)
        if (d->size[b] < least) d->sparse[b][0] = d->sparse[b][1] = 0;
}

/* restored = what is nearest to sparse - dual among the sounds that could have been cut off like this; spectrum is its
 * own. */
static void make_consistent(struct moim_declip *d)
{
    const float norm = 1 / sqrtf(FFT);
    for (int b = 0; b < BINS; b++)
        for (int c = 0; c < 2; c++) d->spectrum[b][c] = (d->sparse[b][c] - d->dual[b][c]) * norm;
    fftwf_execute(d->back);
    for (int i = 0; i < SIZE; i++) {
        float x = d->in[i], y = d->piece[i];
        if (x >= d->high) y = fmaxf(y, d->time[i]);
        if (x <= d->low) y = fminf(y, d->time[i]);
        d->restored[i] = y;
    }
}

static void transform(struct moim_declip *d)
{
    const float norm = 1 / sqrtf(FFT);
    memcpy(d->time, d->restored, sizeof d->restored);
    memset(d->time + SIZE, 0, (FFT - SIZE) * sizeof *d->time);
    fftwf_execute(d->forward);
    for (int b = 0; b < BINS; b++)
        for (int c = 0; c < 2; c++) d->spectrum[b][c] *= norm;
}

/* Takes the difference into account next time; returns how large it is. */
static float difference(struct moim_declip *d)
{
    double sum = 0;
    for (int b = 0; b < BINS; b++)
        for (int c = 0; c < 2; c++) {
            float apart = d->spectrum[b][c] - d->sparse[b][c];
            d->dual[b][c] += apart;
            sum += (double)apart * apart;
        }
    return (float)sqrt(sum);
}

static void restore(struct moim_declip *d)
{
    int cut = 0;
    for (int i = 0; i < SIZE; i++) {
        cut += d->in[i] >= d->high || d->in[i] <= d->low;
        d->restored[i] = d->piece[i] = d->in[i] * d->window[i];
    }
    memset(d->dual, 0, BINS * sizeof *d->dual);
    if (cut) transform(d);
    for (int round = 0; cut && round < ROUNDS; round++) {
        keep_largest(d, MORE * (round + 1));
        make_consistent(d);
        transform(d);
        if (difference(d) <= d->near) break;
    }
}

/* ---- the stream ---- */

static void next_piece(struct moim_declip *d)
{
    restore(d);
    memmove(d->out, d->out + HOP, (SIZE - HOP) * sizeof *d->out);
    memset(d->out + SIZE - HOP, 0, HOP * sizeof *d->out);
    for (int i = 0; i < SIZE; i++) d->out[i] += d->restored[i] * d->window[i] * d->scale;
    d->ready = d->begun ? 0 : HOP;
    d->at = 0;
    if (d->begun) d->begun--;
    if (d->ready > d->pushed - d->emitted) d->ready = (size_t)(d->pushed - d->emitted);
    d->emitted += d->ready;
}

void moim_declip_push(struct moim_declip *d, const float *pcm, size_t n)
{
    memmove(d->in, d->in + HOP, (SIZE - HOP) * sizeof *d->in);
    if (n) memcpy(d->in + SIZE - HOP, pcm, n * sizeof *pcm);
    memset(d->in + SIZE - HOP + n, 0, (HOP - n) * sizeof *d->in);
    d->pushed += n;
    next_piece(d);
}

size_t moim_declip_take(struct moim_declip *d, float *pcm, size_t n)
{
    if (n > d->ready - d->at) n = d->ready - d->at;
    memcpy(pcm, d->out + d->at, n * sizeof *pcm);
    d->at += n;
    return n;
}

bool moim_declip_end(struct moim_declip *d)
{
    if (d->emitted == d->pushed) return false;
    moim_declip_push(d, NULL, 0);
    return true;
}
