#include "audio/fbank.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_FFT 512
#define BINS (N_FFT / 2) /* Kaldi leaves the bin at half the rate out */
#define RATE 16000.0
#define LOWEST 20.0
#define FLOOR 1.1920929e-07f

struct moim_fbank {
    int bands;
    float window[MOIM_FBANK_WINDOW];
    float *weight;  /* [bands][BINS] */
    int *from, *to; /* [bands]: bins that a band has weight in */
    float *in;      /* [N_FFT] */
    fftwf_complex *out;
    fftwf_plan plan;
};

static double mel(double hz)
{
    return 1127.0 * log(1.0 + hz / 700.0);
}

static void make_bands(struct moim_fbank *f)
{
    double low = mel(LOWEST), step = (mel(RATE / 2) - low) / (f->bands + 1);
    for (int b = 0; b < f->bands; b++) {
        double left = low + b * step, centre = left + step, right = centre + step;
        float *w = f->weight + (size_t)b * BINS;
        f->from[b] = BINS;
        for (int i = 0; i < BINS; i++) {
            double m = mel(i * RATE / N_FFT), up = (m - left) / step, down = (right - m) / step;
            w[i] = (float)fmax(0, fmin(up, down));
            if (w[i] > 0 && f->from[b] == BINS) f->from[b] = i;
            if (w[i] > 0) f->to[b] = i + 1;
        }
    }
}

int moim_fbank_new(struct moim_fbank **out, int bands, struct moim_err *err)
{
    *out = NULL;
    if (bands < 1 || bands > 128) return moim_fail(err, MOIM_EINVAL, "filter bank: %d bands", bands);
    struct moim_fbank *f = calloc(1, sizeof *f);
    if (f) {
        f->bands = bands;
        f->weight = calloc((size_t)bands * BINS, sizeof *f->weight);
        f->from = calloc((size_t)bands, sizeof *f->from);
        f->to = calloc((size_t)bands, sizeof *f->to);
        f->in = fftwf_alloc_real(N_FFT);
        f->out = fftwf_alloc_complex(N_FFT / 2 + 1);
        if (f->in && f->out) f->plan = fftwf_plan_dft_r2c_1d(N_FFT, f->in, f->out, FFTW_ESTIMATE);
    }
    if (!f || !f->weight || !f->from || !f->to || !f->plan) {
        moim_fbank_free(f);
        return moim_fail(err, MOIM_ENOMEM, "filter bank: out of memory");
    }
    for (int i = 0; i < MOIM_FBANK_WINDOW; i++)
        f->window[i] = (float)pow(0.5 - 0.5 * cos(2 * M_PI * i / (MOIM_FBANK_WINDOW - 1)), 0.85);
    make_bands(f);
    *out = f;
    return MOIM_OK;
}

void moim_fbank_free(struct moim_fbank *f)
{
    if (!f) return;
    if (f->plan) fftwf_destroy_plan(f->plan);
    fftwf_free(f->in);
    fftwf_free(f->out);
    free(f->weight);
    free(f->from);
    free(f->to);
    free(f);
}

size_t moim_fbank_frames(size_t n)
{
    return n < MOIM_FBANK_WINDOW ? 0 : 1 + (n - MOIM_FBANK_WINDOW) / MOIM_FBANK_HOP;
}

static void one_frame(struct moim_fbank *f, const float *x, float *out)
{
    float mean = 0, power[BINS];
    for (int i = 0; i < MOIM_FBANK_WINDOW; i++) mean += x[i];
    mean /= MOIM_FBANK_WINDOW;
    for (int i = 0; i < MOIM_FBANK_WINDOW; i++) {
        float before = (i ? x[i - 1] : x[0]) - mean;
        f->in[i] = (x[i] - mean - 0.97f * before) * f->window[i];
    }
    memset(f->in + MOIM_FBANK_WINDOW, 0, (N_FFT - MOIM_FBANK_WINDOW) * sizeof *f->in);
    fftwf_execute(f->plan);
    for (int i = 0; i < BINS; i++) power[i] = f->out[i][0] * f->out[i][0] + f->out[i][1] * f->out[i][1];
    for (int b = 0; b < f->bands; b++) {
        const float *w = f->weight + (size_t)b * BINS;
        float sum = 0;
        for (int i = f->from[b]; i < f->to[b]; i++) sum += w[i] * power[i];
        out[b] = logf(sum > FLOOR ? sum : FLOOR);
    }
}

void moim_fbank_run(struct moim_fbank *f, const float *pcm, size_t n, float *out)
{
    size_t frames = moim_fbank_frames(n);
    for (size_t t = 0; t < frames; t++) one_frame(f, pcm + t * MOIM_FBANK_HOP, out + t * (size_t)f->bands);
}
