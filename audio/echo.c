#include "audio/echo.h"
#include "audio/decode.h"

#include <fftw3.h>
#include <math.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 256
#define TAIL 3200                 /* of the filter, samples: 0.2 s */
#define AHEAD 160                 /* far comes so much before its echo: the filter looks back only */
#define EARLIEST (-MOIM_RATE / 2) /* echo before far: far's sound waits for its clock (audio/drift.h) */
#define LATEST MOIM_RATE          /* a sound server may buffer so much */
#define FFT ((size_t)1 << 19)     /* holds a chunk and all delays without wrapping */
#define BINS (FFT / 2 + 1)
#define KEEP 0.6f                        /* of what earlier chunks say of the delay */
#define CLEAR 12.0f                      /* a peak so many times above the mean magnitude is one */
#define SAME (MOIM_RATE / 200)           /* delays that are one */
#define HISTORY ((size_t)LATEST + FRAME) /* of far before the chunk */

struct moim_echo {
    float *time;                /* [FFT] */
    fftwf_complex *a, *b, *sum; /* [BINS]; sum: of the chunks' cross spectra */
    fftwf_plan forward_a, forward_b, back;
    float *
        far; /* [HISTORY + MOIM_ECHO_CHUNK + MOIM_ECHO_AHEAD]: what came before the chunk, and from there on */
    bool found;
    int delay;
    SpeexEchoState *filter;
    SpeexPreprocessState *rest;
};

/* ---- when ---- */

static void spectrum(struct moim_echo *e, fftwf_plan plan, const float *pcm, size_t n)
{
    memcpy(e->time, pcm, n * sizeof *pcm);
    memset(e->time + n, 0, (FFT - n) * sizeof *pcm);
    fftwf_execute(plan);
}

static void add_cross_spectrum(struct moim_echo *e)
{
    for (size_t i = 0; i < BINS; i++) {
        float re = e->a[i][0] * e->b[i][0] + e->a[i][1] * e->b[i][1],
              im = e->a[i][1] * e->b[i][0] - e->a[i][0] * e->b[i][1], size = sqrtf(re * re + im * im) + 1e-9f;
        e->sum[i][0] = KEEP * e->sum[i][0] + re / size;
        e->sum[i][1] = KEEP * e->sum[i][1] + im / size;
    }
}

static float energy(const float *pcm, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += pcm[i] * pcm[i];
    return sum / (float)(n ? n : 1);
}

/* True when the delay has changed. */
static bool find_delay(struct moim_echo *e, const float *near, const float *far, size_t n)
{
    float most = 0, mean = 0;
    int at = 0;
    if (energy(near, n) < 1e-9f || energy(far, n) < 1e-9f) return false;
    spectrum(e, e->forward_a, near, n);
    spectrum(e, e->forward_b, far, n);
    add_cross_spectrum(e);
    memcpy(e->a, e->sum, BINS * sizeof *e->a);
    fftwf_execute(e->back);
    for (int lag = EARLIEST; lag <= LATEST; lag++) {
        float x = fabsf(e->time[lag < 0 ? (size_t)((int)FFT + lag) : (size_t)lag]);
        mean += x / (LATEST - EARLIEST + 1);
        if (x > most) most = x, at = lag;
    }
    if (most < CLEAR * mean || (e->found && abs(at - e->delay) < SAME)) return false;
    e->found = true;
    e->delay = at;
    return true;
}

double moim_echo_delay(const struct moim_echo *e)
{
    return e->delay * 1000.0 / MOIM_RATE;
}

/* ---- what ---- */

static spx_int16_t to_16_bit(float x)
{
    return (spx_int16_t)lrintf(fminf(fmaxf(x, -1), 1) * 32767);
}

/* out NULL: the filter learns, and nothing is written. */
static void filter(struct moim_echo *e, const float *in, float *out, size_t n)
{
    spx_int16_t mic[FRAME], speaker[FRAME], clean[FRAME];
    const float *far = e->far + HISTORY - (e->delay - AHEAD);
    for (size_t at = 0; at < n; at += FRAME) {
        size_t take = n - at < FRAME ? n - at : FRAME;
        for (size_t i = 0; i < FRAME; i++) {
            mic[i] = i < take ? to_16_bit(in[at + i]) : 0;
            speaker[i] = i < take ? to_16_bit(far[at + i]) : 0;
        }
        speex_echo_cancellation(e->filter, mic, speaker, clean);
        speex_preprocess_run(e->rest, clean);
        for (size_t i = 0; out && i < take; i++) out[at + i] = (float)clean[i] / 32768;
    }
}

void moim_echo_remove(struct moim_echo *e, float *near, const float *far, size_t n)
{
    memcpy(e->far + HISTORY, far, (n + MOIM_ECHO_AHEAD) * sizeof *far);
    if (find_delay(e, near, far, n)) {
        speex_echo_state_reset(e->filter);
        filter(e, near, NULL, n);
    }
    if (e->found) filter(e, near, near, n);
    memmove(e->far, e->far + n, HISTORY * sizeof *far);
}

/* ---- life ---- */

static int make_plans(struct moim_echo *e)
{
    e->time = fftwf_malloc(FFT * sizeof *e->time);
    e->a = fftwf_malloc(BINS * sizeof *e->a);
    e->b = fftwf_malloc(BINS * sizeof *e->b);
    e->sum = fftwf_malloc(BINS * sizeof *e->sum);
    e->far = calloc(HISTORY + MOIM_ECHO_CHUNK + MOIM_ECHO_AHEAD, sizeof *e->far);
    if (!e->time || !e->a || !e->b || !e->sum || !e->far) return MOIM_ENOMEM;
    memset(e->sum, 0, BINS * sizeof *e->sum);
    e->forward_a = fftwf_plan_dft_r2c_1d((int)FFT, e->time, e->a, FFTW_ESTIMATE);
    e->forward_b = fftwf_plan_dft_r2c_1d((int)FFT, e->time, e->b, FFTW_ESTIMATE);
    e->back = fftwf_plan_dft_c2r_1d((int)FFT, e->a, e->time, FFTW_ESTIMATE);
    return e->forward_a && e->forward_b && e->back ? MOIM_OK : MOIM_ENOMEM;
}

static int make_filter(struct moim_echo *e)
{
    spx_int32_t rate = MOIM_RATE, off = 0, left = -60, left_while_speaking = -30;
    e->filter = speex_echo_state_init(FRAME, TAIL);
    e->rest = speex_preprocess_state_init(FRAME, MOIM_RATE);
    if (!e->filter || !e->rest) return MOIM_ENOMEM;
    speex_echo_ctl(e->filter, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_DENOISE, &off);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_STATE, e->filter);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &left);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &left_while_speaking);
    return MOIM_OK;
}

int moim_echo_new(struct moim_echo **out, struct moim_err *err)
{
    struct moim_echo *e = *out = calloc(1, sizeof *e);
    if (e && !make_plans(e) && !make_filter(e)) return MOIM_OK;
    moim_echo_free(e);
    *out = NULL;
    return moim_fail(err, MOIM_ENOMEM, "out of memory for taking an echo out");
}

void moim_echo_free(struct moim_echo *e)
{
    if (!e) return;
    if (e->forward_a) fftwf_destroy_plan(e->forward_a);
    if (e->forward_b) fftwf_destroy_plan(e->forward_b);
    if (e->back) fftwf_destroy_plan(e->back);
    fftwf_free(e->time);
    fftwf_free(e->a);
    fftwf_free(e->b);
    fftwf_free(e->sum);
    free(e->far);
    if (e->filter) speex_echo_state_destroy(e->filter);
    if (e->rest) speex_preprocess_state_destroy(e->rest);
    free(e);
}
