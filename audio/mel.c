#include "audio/mel.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

struct band {
    int first, count; /* bins with weight */
};

struct moim_mel {
    struct moim_mel_params p;
    int bins;
    float *window;     /* [n_fft] */
    float *weight;     /* [n_mels][bins], each band's weights from its first bin */
    struct band *band; /* [n_mels] */
    float *time;       /* [n_fft] FFTW input */
    fftwf_complex *freq;
    float *power; /* [bins] */
    fftwf_plan plan;
};

/* FFTW's planner is not thread-safe; executing plans is. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

static double slaney_mel(double hz)
{
    return hz < 1000 ? hz * 3 / 200 : 15 + 27 * log(hz / 1000) / log(6.4);
}
static double slaney_hz(double mel)
{
    return mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27);
}

/* Triangles evenly spaced on Slaney's scale, each of area 2 / width, so that wide bands do not outweigh
 * narrow ones. */
static float slaney_weight(const struct moim_mel *m, int bin, int band)
{
    double top = slaney_mel(m->p.rate / 2), step = top / (m->p.n_mels + 1), hz = bin * m->p.rate / m->p.n_fft;
    double left = slaney_hz(band * step), centre = slaney_hz((band + 1) * step),
           right = slaney_hz((band + 2) * step);
    double rise = (hz - left) / (centre - left), fall = (right - hz) / (right - centre);
    double w = rise < fall ? rise : fall;
    return w > 0 ? (float)(w * 2 / (right - left)) : 0;
}

static void build_filters(struct moim_mel *m)
{
    for (int b = 0; b < m->p.n_mels; b++) {
        float *w = m->weight + (size_t)b * (size_t)m->bins;
        int first = -1, last = -1;
        for (int i = 0; i < m->bins; i++) {
            w[i] = m->p.filters ? m->p.filters[(size_t)i * (size_t)m->p.n_mels + (size_t)b]
                                : slaney_weight(m, i, b);
            if (w[i] != 0) last = i, first = first < 0 ? i : first;
        }
        m->band[b] = (struct band){first < 0 ? 0 : first, first < 0 ? 0 : last - first + 1};
    }
    m->p.filters = NULL; /* the caller's, not kept */
}

int moim_mel_new(struct moim_mel **out, const struct moim_mel_params *p, struct moim_err *err)
{
    *out = NULL;
    if (p->n_fft < 2 || p->hop < 1 || p->n_mels < 1 || p->n_mels > 4096 || p->n_fft > 1 << 20)
        return moim_fail(err, MOIM_EINVAL, "mel: %d bands of a %d-point transform are not possible",
                         p->n_mels, p->n_fft);
    struct moim_mel *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "mel: out of memory");
    m->p = *p;
    m->bins = p->n_fft / 2 + 1;
    m->window = malloc(sizeof *m->window * (size_t)p->n_fft);
    m->weight = malloc(sizeof *m->weight * (size_t)p->n_mels * (size_t)m->bins);
    m->band = malloc(sizeof *m->band * (size_t)p->n_mels);
    m->power = malloc(sizeof *m->power * (size_t)m->bins);
    m->time = fftwf_alloc_real((size_t)p->n_fft);
    m->freq = fftwf_alloc_complex((size_t)m->bins);
    bool room = m->window && m->weight && m->band && m->power && m->time && m->freq;
    if (room) {
        pthread_mutex_lock(&planner);
        m->plan = fftwf_plan_dft_r2c_1d(p->n_fft, m->time, m->freq, FFTW_ESTIMATE);
        pthread_mutex_unlock(&planner);
    }
    if (!room || !m->plan) {
        moim_mel_free(m);
        return moim_fail(err, MOIM_ENOMEM, "mel: out of memory");
    }
    for (int i = 0; i < p->n_fft; i++) m->window[i] = (float)(0.5 - 0.5 * cos(2 * PI * i / p->n_fft));
    build_filters(m);
    *out = m;
    return MOIM_OK;
}

void moim_mel_free(struct moim_mel *m)
{
    if (!m) return;
    pthread_mutex_lock(&planner);
    if (m->plan) fftwf_destroy_plan(m->plan);
    pthread_mutex_unlock(&planner);
    fftwf_free(m->time);
    fftwf_free(m->freq);
    free(m->window);
    free(m->weight);
    free(m->band);
    free(m->power);
    free(m);
}

int moim_mel_frames(const struct moim_mel *m, size_t n)
{
    return n ? 1 + (int)(n / (size_t)m->p.hop) : 0;
}

/* The sample at position i of a signal continued beyond its ends. */
static float beyond(const struct moim_mel *m, const float *pcm, long n, long i)
{
    if (m->p.pad == MOIM_MEL_ZERO) return 0;
    if (n == 1) return pcm[0];
    long period = 2 * (n - 1);
    i = labs(i) % period;
    return pcm[i < n ? i : period - i];
}

static void one_frame(struct moim_mel *m, const float *pcm, long n, long start, float *out)
{
    for (int i = 0; i < m->p.n_fft; i++) {
        long at = start + i;
        m->time[i] = m->window[i] * (at >= 0 && at < n ? pcm[at] : beyond(m, pcm, n, at));
    }
    fftwf_execute(m->plan);
    for (int i = 0; i < m->bins; i++)
        m->power[i] = m->freq[i][0] * m->freq[i][0] + m->freq[i][1] * m->freq[i][1];
    for (int b = 0; b < m->p.n_mels; b++) {
        const float *w = m->weight + (size_t)b * (size_t)m->bins + m->band[b].first,
                    *x = m->power + m->band[b].first;
        float sum = 0;
        for (int i = 0; i < m->band[b].count; i++) sum += w[i] * x[i];
        if (m->p.log != MOIM_MEL_POWER)
            sum = m->p.log == MOIM_MEL_LN ? logf(fmaxf(sum, m->p.floor)) : log10f(fmaxf(sum, m->p.floor));
        out[b] = sum;
    }
}

void moim_mel_run(struct moim_mel *m, const float *pcm, size_t n, int first, int count, float *out)
{
    for (int t = 0; t < count; t++)
        one_frame(m, pcm, (long)n, (long)(first + t) * m->p.hop - m->p.n_fft / 2,
                  out + (size_t)t * (size_t)m->p.n_mels);
}
