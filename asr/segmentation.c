/* 10 s [160000] -> mean 0, deviation 1, affine
 *   -> 80 sinc filters of 251 taps every 10 samples, |.|, max of 3, normalised over time, leaky ReLU
 * [5325][80]
 *   -> conv k=5 80 -> 60, max of 3, normalised, leaky ReLU [1773][60]
 *   -> conv k=5 60 -> 60, max of 3, normalised, leaky ReLU [589][60]
 *   -> 4 x LSTM 128 forwards and 128 backwards [589][256]
 *   -> linear 128, leaky ReLU, twice -> linear 7 -> log softmax [589][7] Chunks go through an LSTM side by
 * side, so that a step is one product for all; both directions at once. */
#include "asr/segmentation.h"
#include "nn/matmul.h"
#include "nn/vec.h"
#include "nn/weights.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILTERS 80
#define TAPS 251
#define HALF 125
#define T1 15975 /* (160000 - 251) / 10 + 1 */
#define P1 5325
#define P2 1773
#define T MOIM_SEGMENT_FRAMES
#define CH 60
#define H 128
#define GATES (4 * H)
#define LAYERS 4
#define BATCH MOIM_SEGMENT_BATCH
#define TILE 256
#define LEAK 0.01f

const unsigned char moim_segmentation_set[MOIM_SEGMENT_CLASSES] = {0, 1, 2, 4, 3, 5, 6};

int moim_segmentation_likeliest(const float *logp)
{
    int best = 0;
    for (int c = 1; c < MOIM_SEGMENT_CLASSES; c++)
        if (logp[c] > logp[best]) best = c;
    return best;
}

struct direction {
    float *ih, *hh, *bias; /* [4H][in], [4H][H], [4H]; gates i, f, g, o */
};

struct moim_segmentation {
    struct moim_weights *file; /* NULL once loaded */
    struct moim_pool *pool;
    float *values;
    size_t used, room;
    float *wave; /* [2]: scale and shift of the waveform */
    float sinc[FILTERS * TAPS];
    float *conv[2], *conv_bias[2]; /* [5][60][in] */
    float *norm[3][2];             /* scale and shift */
    struct direction lstm[LAYERS][2];
    float *linear[2], *linear_bias[2]; /* [128][256], [128][128] */
    float *out, *out_bias;             /* [7][128] */
    float *pcm;                        /* [160000], normalised */
    float *patch;                      /* [TILE][TAPS] */
    float *wide;                       /* [T1][80], a convolution's output before the maximum */
    float *narrow;                     /* [P1][80] */
    float *seq[2];                     /* [T][BATCH][2H] */
    float *gates[2];                   /* [T][BATCH][4H], one a direction */
    float *step[2];                    /* [BATCH][4H] */
    float *cell[2];                    /* [BATCH][H] */
};

/* ---- loading ---- */

static float *load(struct moim_segmentation *s, struct moim_err *err, uint64_t count, const char *fmt, ...)
{
    char name[128] = "state_dict.";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name + 11, sizeof name - 11, fmt, ap);
    va_end(ap);
    const struct moim_tensor *t = moim_weights_find(s->file, name);
    if (!t || moim_tensor_count(t) != count || t->type > MOIM_BF16 || count > s->room - s->used) {
        moim_fail(err, MOIM_EFORMAT, "%s: tensor %s is missing or has a wrong size",
                  moim_weights_path(s->file), name);
        return NULL;
    }
    float *p = s->values + s->used;
    s->used += count;
    moim_dequantize(t->type, t->data, count, p);
    return p;
}

/* Band-pass filters from two frequencies each: 40 even (differences of sines), 40 odd (of cosines), under a
 * Hamming window, scaled to a peak of one. */
static void make_sinc(struct moim_segmentation *s, const float *low_hz, const float *band_hz)
{
    for (int f = 0; f < FILTERS / 2; f++) {
        double low = 50 + fabs(low_hz[f]), high = fmin(fmax(low + 50 + fabs(band_hz[f]), 50), 8000);
        double band = high - low;
        float *even = s->sinc + f * TAPS, *odd = s->sinc + (f + FILTERS / 2) * TAPS;
        even[HALF] = 1;
        odd[HALF] = 0;
        for (int i = 0; i < HALF; i++) {
            double n = 2 * M_PI * (i - HALF) / 16000.0;
            double window = 0.54 - 0.46 * cos(2 * M_PI * i / (TAPS - 1)),
                   scale = window / (n / 2) / (2 * band);
            even[i] = even[TAPS - 1 - i] = (float)((sin(high * n) - sin(low * n)) * scale);
            odd[i] = (float)((cos(low * n) - cos(high * n)) * scale);
            odd[TAPS - 1 - i] = -odd[i];
        }
    }
}

static int load_sincnet(struct moim_segmentation *s, struct moim_err *err)
{
    const float *low = load(s, err, FILTERS / 2, "sincnet.conv1d.0.filterbank.low_hz_"),
                *band = load(s, err, FILTERS / 2, "sincnet.conv1d.0.filterbank.band_hz_");
    float *scale = load(s, err, 1, "sincnet.wav_norm1d.weight"),
          *shift = load(s, err, 1, "sincnet.wav_norm1d.bias");
    if (!low || !band || !scale || !shift) return MOIM_EFORMAT;
    make_sinc(s, low, band);
    s->wave = scale; /* the shift lies just behind it */
    for (int i = 0; i < 3; i++) {
        uint64_t n = i ? CH : FILTERS;
        s->norm[i][0] = load(s, err, n, "sincnet.norm1d.%d.weight", i);
        s->norm[i][1] = load(s, err, n, "sincnet.norm1d.%d.bias", i);
        if (!s->norm[i][0] || !s->norm[i][1]) return MOIM_EFORMAT;
    }
    for (int k = 0; k < 2; k++) {
        int in = k ? CH : FILTERS;
        const float *raw = load(s, err, (uint64_t)(CH * in * 5), "sincnet.conv1d.%d.weight", k + 1);
        s->conv_bias[k] = load(s, err, CH, "sincnet.conv1d.%d.bias", k + 1);
        s->conv[k] = s->values + s->used;
        if (!raw || !s->conv_bias[k] || (size_t)(CH * in * 5) > s->room - s->used) return MOIM_EFORMAT;
        s->used += (size_t)(CH * in * 5);
        for (int o = 0; o < CH; o++)
            for (int i = 0; i < in; i++)
                for (int t = 0; t < 5; t++) s->conv[k][(t * CH + o) * in + i] = raw[(o * in + i) * 5 + t];
    }
    return MOIM_OK;
}

static int load_rest(struct moim_segmentation *s, struct moim_err *err)
{
    for (int l = 0; l < LAYERS; l++)
        for (int d = 0; d < 2; d++) {
            const char *way = d ? "_reverse" : "";
            struct direction *k = &s->lstm[l][d];
            k->ih = load(s, err, (uint64_t)GATES * (l ? 2 * H : CH), "lstm.weight_ih_l%d%s", l, way);
            k->hh = load(s, err, GATES * H, "lstm.weight_hh_l%d%s", l, way);
            k->bias = load(s, err, GATES, "lstm.bias_ih_l%d%s", l, way);
            const float *more = load(s, err, GATES, "lstm.bias_hh_l%d%s", l, way);
            if (!k->ih || !k->hh || !k->bias || !more) return MOIM_EFORMAT;
            moim_axpy(k->bias, 1, more, GATES);
        }
    for (int i = 0; i < 2; i++) {
        s->linear[i] = load(s, err, (uint64_t)H * (i ? H : 2 * H), "linear.%d.weight", i);
        s->linear_bias[i] = load(s, err, H, "linear.%d.bias", i);
        if (!s->linear[i] || !s->linear_bias[i]) return MOIM_EFORMAT;
    }
    s->out = load(s, err, MOIM_SEGMENT_CLASSES * H, "classifier.weight");
    s->out_bias = load(s, err, MOIM_SEGMENT_CLASSES, "classifier.bias");
    return s->out && s->out_bias ? MOIM_OK : MOIM_EFORMAT;
}

static bool make_buffers(struct moim_segmentation *s)
{
    bool ok = true;
    s->pcm = malloc(sizeof(float) * MOIM_SEGMENT_SAMPLES);
    s->patch = malloc(sizeof(float) * TILE * TAPS);
    s->wide = malloc(sizeof(float) * T1 * FILTERS);
    s->narrow = malloc(sizeof(float) * P1 * FILTERS);
    for (int d = 0; d < 2; d++) {
        s->seq[d] = malloc(sizeof(float) * T * BATCH * 2 * H);
        s->gates[d] = malloc(sizeof(float) * T * BATCH * GATES);
        s->step[d] = malloc(sizeof(float) * BATCH * GATES);
        s->cell[d] = malloc(sizeof(float) * BATCH * H);
        ok = ok && s->seq[d] && s->gates[d] && s->step[d] && s->cell[d];
    }
    return ok && s->pcm && s->patch && s->wide && s->narrow;
}

int moim_segmentation_open(struct moim_segmentation **out, const char *path, struct moim_pool *pool,
                           struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    struct moim_segmentation *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    s->pool = pool;
    int rc = moim_torch_open(&s->file, path, err);
    for (size_t i = 0; !rc && i < moim_weights_count(s->file); i++)
        s->room += 2 * moim_tensor_count(moim_weights_at(s->file, i));
    if (!rc && (!(s->values = malloc((s->room + 1) * sizeof *s->values)) || !make_buffers(s)))
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (!rc) rc = load_sincnet(s, err);
    if (!rc) rc = load_rest(s, err);
    moim_weights_close(s->file);
    s->file = NULL;
    if (rc) {
        moim_segmentation_close(s);
        return rc;
    }
    *out = s;
    return MOIM_OK;
}

void moim_segmentation_close(struct moim_segmentation *s)
{
    if (!s) return;
    for (int d = 0; d < 2; d++) {
        free(s->seq[d]);
        free(s->gates[d]);
        free(s->step[d]);
        free(s->cell[d]);
    }
    free(s->pcm);
    free(s->patch);
    free(s->wide);
    free(s->narrow);
    free(s->values);
    free(s);
}

/* ---- SincNet ---- */

static void normalise(float *x, size_t n, size_t stride, float scale, float shift)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += x[i * stride];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) square += (x[i * stride] - mean) * (x[i * stride] - mean);
    double k = scale / sqrt(square / (double)n + 1e-5);
    for (size_t i = 0; i < n; i++) x[i * stride] = (float)((x[i * stride] - mean) * k) + shift;
}

/* Maximum of three frames; what does not fill three is left out. Then each channel normalised over time. */
static void pool_and_norm(const float *in, int frames, int width, const float *const norm[2], float *out)
{
    int n = frames / 3;
    for (int t = 0; t < n; t++)
        for (int c = 0; c < width; c++) {
            const float *x = in + (size_t)(3 * t) * (size_t)width + c;
            out[(size_t)t * (size_t)width + (size_t)c] = fmaxf(fmaxf(x[0], x[width]), x[2 * width]);
        }
    for (int c = 0; c < width; c++) normalise(out + c, (size_t)n, (size_t)width, norm[0][c], norm[1][c]);
    for (size_t i = 0; i < (size_t)n * (size_t)width; i++) out[i] = out[i] > 0 ? out[i] : LEAK * out[i];
}

static void sinc_filters(struct moim_segmentation *s, const float *pcm)
{
    memcpy(s->pcm, pcm, sizeof(float) * MOIM_SEGMENT_SAMPLES);
    normalise(s->pcm, MOIM_SEGMENT_SAMPLES, 1, s->wave[0], s->wave[1]);
    for (int t = 0; t < T1; t += TILE) {
        int n = T1 - t < TILE ? T1 - t : TILE;
        for (int i = 0; i < n; i++) memcpy(s->patch + i * TAPS, s->pcm + (t + i) * 10, TAPS * sizeof(float));
        moim_sgemm(n, FILTERS, TAPS, 1, s->patch, TAPS, s->sinc, TAPS, 1, 0, s->wide + (size_t)t * FILTERS,
                   FILTERS);
    }
    for (size_t i = 0; i < (size_t)T1 * FILTERS; i++) s->wide[i] = fabsf(s->wide[i]);
}

static int convolve(struct moim_segmentation *s, int k, const float *in, int frames)
{
    int width = k ? CH : FILTERS, n = frames - 4;
    for (int t = 0; t < n; t++) memcpy(s->wide + (size_t)t * CH, s->conv_bias[k], CH * sizeof(float));
    for (int r = 0; r < 5; r++)
        moim_sgemm(n, CH, width, 1, in + r * width, width, s->conv[k] + (size_t)(r * CH * width), width, 1, 1,
                   s->wide, CH);
    return n;
}

/* One chunk's features into column b of x[T][count][60]. */
static void run_sincnet(struct moim_segmentation *s, const float *pcm, int b, int count, float *x)
{
    const float *norm[3][2];
    memcpy(norm, s->norm, sizeof norm);
    sinc_filters(s, pcm);
    pool_and_norm(s->wide, T1, FILTERS, norm[0], s->narrow);
    int n = convolve(s, 0, s->narrow, P1);
    pool_and_norm(s->wide, n, CH, norm[1], s->narrow);
    n = convolve(s, 1, s->narrow, P2);
    pool_and_norm(s->wide, n, CH, norm[2], s->narrow);
    for (int t = 0; t < T; t++)
        memcpy(x + ((size_t)t * (size_t)count + (size_t)b) * CH, s->narrow + (size_t)t * CH, CH * sizeof *x);
}

/* ---- LSTM ---- */

struct layer {
    struct moim_segmentation *s;
    int number, count;
    const float *in;
    float *out; /* [T][count][2H] */
};

static void cell_step(float *g, float *cell, float *out, int count)
{
    for (int b = 0; b < count; b++, g += GATES, cell += H, out += 2 * H) {
        moim_sigmoid(g, 2 * H);
        moim_tanh(g + 2 * H, H);
        moim_sigmoid(g + 3 * H, H);
        for (int i = 0; i < H; i++) out[i] = cell[i] = g[H + i] * cell[i] + g[i] * g[2 * H + i];
        moim_tanh(out, H);
        for (int i = 0; i < H; i++) out[i] *= g[3 * H + i];
    }
}

static void run_direction(void *arg, int d, int n)
{
    (void)n;
    struct layer *l = arg;
    struct moim_segmentation *s = l->s;
    const struct direction *k = &s->lstm[l->number][d];
    int width = l->number ? 2 * H : CH, count = l->count;
    float *gates = s->gates[d];
    for (int i = 0; i < T * count; i++) memcpy(gates + (size_t)i * GATES, k->bias, GATES * sizeof *gates);
    moim_sgemm(T * count, GATES, width, 1, l->in, width, k->ih, width, 1, 1, gates, GATES);
    memset(s->cell[d], 0, sizeof(float) * (size_t)(count * H));
    for (int i = 0; i < T; i++) {
        int t = d ? T - 1 - i : i, before = d ? t + 1 : t - 1;
        float *g = gates + (size_t)(t * count) * GATES, *out = l->out + (size_t)(t * count) * 2 * H + d * H;
        if (i)
            moim_sgemm(count, GATES, H, 1, l->out + (size_t)(before * count) * 2 * H + d * H, 2 * H, k->hh, H,
                       1, 1, g, GATES);
        cell_step(g, s->cell[d], out, count);
    }
}

static void leaky(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : LEAK * x[i];
}

static void classify(struct moim_segmentation *s, const float *x, int rows, float *mid, float *out)
{
    for (int i = 0; i < 2; i++) {
        int width = i ? H : 2 * H;
        float *y = mid + (size_t)i * (size_t)rows * H;
        for (int t = 0; t < rows; t++) memcpy(y + (size_t)t * H, s->linear_bias[i], H * sizeof *y);
        moim_sgemm(rows, H, width, 1, x, width, s->linear[i], width, 1, 1, y, H);
        leaky(y, (size_t)rows * H);
        x = y;
    }
    for (int t = 0; t < rows; t++) {
        float *y = out + (size_t)t * MOIM_SEGMENT_CLASSES;
        for (int o = 0; o < MOIM_SEGMENT_CLASSES; o++)
            y[o] = moim_dot(s->out + (size_t)o * H, x + (size_t)t * H, H) + s->out_bias[o];
        moim_log_softmax(y, MOIM_SEGMENT_CLASSES);
    }
}

void moim_segmentation_run(struct moim_segmentation *s, const float *pcm, int count, float *out)
{
    for (int b = 0; b < count; b++)
        run_sincnet(s, pcm + (size_t)b * MOIM_SEGMENT_SAMPLES, b, count, s->seq[0]);
    for (int l = 0; l < LAYERS; l++) {
        struct layer layer = {s, l, count, s->seq[l % 2], s->seq[(l + 1) % 2]};
        moim_pool_run(s->pool, run_direction, &layer, 2);
    }
    float *sorted = s->gates[1];
    classify(s, s->seq[0], T * count, s->gates[0], sorted);
    for (int b = 0; b < count; b++)
        for (int t = 0; t < T; t++)
            memcpy(out + ((size_t)b * T + (size_t)t) * MOIM_SEGMENT_CLASSES,
                   sorted + ((size_t)t * (size_t)count + (size_t)b) * MOIM_SEGMENT_CLASSES,
                   MOIM_SEGMENT_CLASSES * sizeof *out);
}
