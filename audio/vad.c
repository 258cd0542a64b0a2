/* 512 samples, 64 mirrored at each end [640] (ggml's engine does so; Silero's own carries 64 samples of
 * context)
 *   -> STFT by convolution: 256-sample windows every 128, 129 magnitudes [4][129]
 *   -> conv k=3: 129 -> 128, 128 -> 64 stride 2, 64 -> 64 stride 2, 64 -> 128, each with ReLU [1][128]
 *   -> LSTM 128 -> ReLU -> linear 128 -> 1 -> sigmoid */
#include "audio/vad.h"
#include "base/mapfile.h"
#include "nn/tensor.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAD 64
#define INPUT (MOIM_VAD_WINDOW + 2 * PAD)
#define FFT 256
#define HOP 128
#define FRAMES 4
#define BINS 129
#define H 128
#define LAYERS 4

struct conv {
    int in, out, stride;
    float *w; /* [out][in][3] as stored, turned to [out][3][in] at load */
    float *b; /* [out] */
};

struct moim_vad {
    float *basis; /* [2 * BINS][FFT], real parts then imaginary ones */
    struct conv conv[LAYERS];
    float *ih, *hh;     /* [4H][H]; gates i, f, g, o */
    float *b_ih, *b_hh; /* [4H] */
    float *out_w;       /* [H] */
    float *out_b;       /* [1] */
    float hidden[H], cell[H];
};

struct slot {
    const char *name;
    float **to;
    uint64_t count;
};

static float *read_values(struct moim_cursor *c, int type, uint64_t n)
{
    enum moim_dtype t = type == 1 ? MOIM_F16 : MOIM_F32;
    const uint8_t *p = moim_read_bytes(c, moim_row_bytes(t, n));
    float *v = p ? malloc((size_t)n * sizeof *v) : NULL;
    if (v) moim_dequantize(t, p, n, v);
    return v;
}

/* One tensor: i32 rank, i32 name length, i32 type (0 f32, 1 f16), i32 dims..., name, values. */
static int read_tensor(struct moim_cursor *c, struct slot *slots, int n, const char *path,
                       struct moim_err *err)
{
    uint32_t rank = moim_read_u32(c), len = moim_read_u32(c), type = moim_read_u32(c);
    uint64_t count = 1;
    for (uint32_t i = 0; i < rank && rank <= 4; i++) {
        uint32_t d = moim_read_u32(c);
        if (!d || d > 4096) c->ok = false;
        count *= c->ok ? d : 1;
    }
    const char *name = (const char *)moim_read_bytes(c, len);
    if (!c->ok || rank > 4 || type > 1) return moim_fail(err, MOIM_EFORMAT, "%s: damaged or truncated", path);
    for (int i = 0; i < n; i++) {
        if (strlen(slots[i].name) != len || memcmp(slots[i].name, name, len)) continue;
        if (*slots[i].to || count != slots[i].count)
            return moim_fail(err, MOIM_EFORMAT, "%s: %s has a wrong shape", path, slots[i].name);
        if ((*slots[i].to = read_values(c, (int)type, count))) return MOIM_OK;
        return c->ok ? moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path)
                     : moim_fail(err, MOIM_EFORMAT, "%s: truncated", path);
    }
    return moim_fail(err, MOIM_EFORMAT, "%s: holds a tensor that Silero VAD v6 does not have", path);
}

/* Taps first, so that the inner product runs over neighbouring values. */
static int turn(struct conv *k)
{
    size_t n = (size_t)k->out * (size_t)k->in * 3;
    float *w = malloc(n * sizeof *w);
    if (!w) return MOIM_ENOMEM;
    for (int o = 0; o < k->out; o++)
        for (int i = 0; i < k->in; i++)
            for (int t = 0; t < 3; t++) w[(o * 3 + t) * k->in + i] = k->w[(o * k->in + i) * 3 + t];
    free(k->w);
    k->w = w;
    return MOIM_OK;
}

static int parse(struct moim_vad *v, const struct moim_map *map, const char *path, struct moim_err *err)
{
    struct moim_cursor c = {map->data, map->size, 0, true};
    uint32_t magic = moim_read_u32(&c), len = moim_read_u32(&c);
    const uint8_t *kind = moim_read_bytes(&c, len);
    if (!c.ok || magic != 0x67676d6c || len != 10 || memcmp(kind, "silero-16k", 10))
        return moim_fail(err, MOIM_EFORMAT, "%s: not a Silero VAD model", path);
    for (int i = 0; i < 3; i++) moim_read_u32(&c); /* version */
    /* window, context, layers, per layer in, out, kernel; LSTM in and hidden, head in and out */
    static const uint32_t shape[] = {512, 64, 4,  129, 128, 3,   128, 64,  3, 64,
                                     64,  3,  64, 128, 3,   128, 128, 128, 1};
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        if (moim_read_u32(&c) != shape[i])
            return moim_fail(err, MOIM_EUNSUP, "%s: a Silero VAD of another shape", path);
    struct slot slots[] = {
        {"_model.encoder.0.reparam_conv.weight", &v->conv[0].w, 128 * 129 * 3},
        {"_model.encoder.0.reparam_conv.bias", &v->conv[0].b, 128},
        {"_model.encoder.1.reparam_conv.weight", &v->conv[1].w, 64 * 128 * 3},
        {"_model.encoder.1.reparam_conv.bias", &v->conv[1].b, 64},
        {"_model.encoder.2.reparam_conv.weight", &v->conv[2].w, 64 * 64 * 3},
        {"_model.encoder.2.reparam_conv.bias", &v->conv[2].b, 64},
        {"_model.encoder.3.reparam_conv.weight", &v->conv[3].w, 128 * 64 * 3},
        {"_model.encoder.3.reparam_conv.bias", &v->conv[3].b, 128},
        {"_model.decoder.rnn.weight_ih", &v->ih, 4 * H * H},
        {"_model.decoder.rnn.weight_hh", &v->hh, 4 * H * H},
        {"_model.decoder.rnn.bias_ih", &v->b_ih, 4 * H},
        {"_model.decoder.rnn.bias_hh", &v->b_hh, 4 * H},
        {"_model.decoder.decoder.2.weight", &v->out_w, H},
        {"_model.decoder.decoder.2.bias", &v->out_b, 1},
        {"_model.stft.forward_basis_buffer", &v->basis, 2 * BINS * FFT},
    };
    int n = sizeof slots / sizeof *slots, rc = MOIM_OK;
    for (int i = 0; i < n && !rc; i++) rc = read_tensor(&c, slots, n, path, err);
    for (int i = 0; i < LAYERS && !rc; i++) {
        static const int in[] = {129, 128, 64, 64}, out[] = {128, 64, 64, 128}, stride[] = {1, 2, 2, 1};
        v->conv[i].in = in[i];
        v->conv[i].out = out[i];
        v->conv[i].stride = stride[i];
        if (turn(&v->conv[i])) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    return rc;
}

int moim_vad_open(struct moim_vad **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_map map;
    int rc = moim_map_open(&map, path, err);
    if (rc) return rc;
    struct moim_vad *v = calloc(1, sizeof *v);
    rc = v ? parse(v, &map, path, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    moim_map_close(&map);
    if (rc) {
        moim_vad_close(v);
        return rc;
    }
    *out = v;
    return MOIM_OK;
}

void moim_vad_close(struct moim_vad *v)
{
    if (!v) return;
    for (int i = 0; i < LAYERS; i++) {
        free(v->conv[i].w);
        free(v->conv[i].b);
    }
    free(v->basis);
    free(v->ih);
    free(v->hh);
    free(v->b_ih);
    free(v->b_hh);
    free(v->out_w);
    free(v->out_b);
    free(v);
}

void moim_vad_reset(struct moim_vad *v)
{
    memset(v->hidden, 0, sizeof v->hidden);
    memset(v->cell, 0, sizeof v->cell);
}

static void spectrum(const struct moim_vad *v, const float *x, float *mag)
{
    for (int t = 0; t < FRAMES; t++)
        for (int b = 0; b < BINS; b++) {
            float re = moim_dot(v->basis + b * FFT, x + t * HOP, FFT),
                  im = moim_dot(v->basis + (BINS + b) * FFT, x + t * HOP, FFT);
            mag[t * BINS + b] = sqrtf(re * re + im * im);
        }
}

/* The reference engine (ggml) rounds the input of every convolution to f16; following it brings the largest
 * difference of probability from 1.5e-3 to below 1e-3 (docs/models/silero-vad.md). */
static void round_f16(float *x, size_t n)
{
    uint16_t half[INPUT];
    moim_f32_to_f16(half, x, n);
    moim_f16_to_f32(x, half, n);
}

/* x[n][in], zeros beyond both ends -> y[ceil(n / stride)][out] after ReLU; returns the number of rows. */
static int convolve(const struct conv *k, const float *x, int n, float *y)
{
    int rows = (n - 1) / k->stride + 1;
    for (int t = 0; t < rows; t++)
        for (int o = 0; o < k->out; o++) {
            float sum = k->b[o];
            for (int tap = 0; tap < 3; tap++) {
                int at = t * k->stride + tap - 1;
                if (at >= 0 && at < n)
                    sum += moim_dot(k->w + (o * 3 + tap) * k->in, x + at * k->in, (size_t)k->in);
            }
            y[t * k->out + o] = sum > 0 ? sum : 0;
        }
    return rows;
}

static void recur(struct moim_vad *v, const float *x)
{
    float g[4 * H];
    for (int i = 0; i < 4 * H; i++)
        g[i] =
            moim_dot(v->ih + i * H, x, H) + moim_dot(v->hh + i * H, v->hidden, H) + v->b_ih[i] + v->b_hh[i];
    moim_sigmoid(g, 2 * H);
    moim_tanh(g + 2 * H, H);
    moim_sigmoid(g + 3 * H, H);
    for (int i = 0; i < H; i++) {
        v->cell[i] = g[H + i] * v->cell[i] + g[i] * g[2 * H + i];
        v->hidden[i] = g[3 * H + i] * tanhf(v->cell[i]);
    }
}

float moim_vad_window(struct moim_vad *v, const float *pcm)
{
    float x[INPUT], a[FRAMES * BINS], b[FRAMES * H];
    for (int i = 0; i < PAD; i++) x[i] = pcm[PAD - i];
    memcpy(x + PAD, pcm, MOIM_VAD_WINDOW * sizeof *x);
    for (int i = 0; i < PAD; i++) x[PAD + MOIM_VAD_WINDOW + i] = pcm[MOIM_VAD_WINDOW - 2 - i];
    round_f16(x, INPUT);
    spectrum(v, x, a);
    round_f16(a, FRAMES * BINS);
    int n = convolve(&v->conv[0], a, FRAMES, b);
    round_f16(b, FRAMES * H);
    n = convolve(&v->conv[1], b, n, a);
    round_f16(a, (size_t)n * 64);
    n = convolve(&v->conv[2], a, n, b);
    round_f16(b, (size_t)n * 64);
    convolve(&v->conv[3], b, n, a);
    recur(v, a);
    float logit = v->out_b[0];
    for (int i = 0; i < H; i++) b[i] = v->hidden[i] > 0 ? v->hidden[i] : 0;
    round_f16(b, H);
    for (int i = 0; i < H; i++) logit += v->out_w[i] * b[i];
    float p = 1 / (1 + expf(-logit));
    if (p == p) return p;
    moim_vad_reset(v); /* NaN input must not deafen it for ever */
    return 0;
}
