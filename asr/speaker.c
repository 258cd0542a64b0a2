/* mel [T][40] -> LSTM 256 -> LSTM 256 -> LSTM 256 -> last hidden state -> linear 256x256 -> ReLU -> x / |x|
 * Windows go through the LSTM side by side, so that each step is one matrix product for all of them. */
#include "asr/speaker.h"
#include "nn/matmul.h"
#include "nn/vec.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define H 256
#define LAYERS 3
#define BATCH 32 /* windows at once */

struct lstm_layer {
    struct moim_weight *ih, *hh; /* [4H, in] and [4H, H]; gates in PyTorch's order i, f, g, o */
    float bias[4 * H];           /* b_ih + b_hh */
};

struct moim_speaker {
    struct moim_weights *file;
    struct moim_pool *pool;
    struct moim_matmul_ws *ws;
    struct lstm_layer layer[LAYERS];
    struct moim_weight *linear; /* [256, 256] */
    float linear_bias[MOIM_SPEAKER_DIM];
    float *gates; /* [BATCH][4H] */
    float *seq;   /* [T][BATCH][H]: a layer's output, the next one's input */
    float *cell;  /* [BATCH][H] */
    float *x;     /* [T][BATCH][40] */
    float *in;    /* [T][BATCH][4H]: all input products of a layer at once */
    int frames;   /* T that the buffers hold */
};

static int load_matrix(struct moim_speaker *s, const char *name, uint64_t rows, uint64_t cols,
                       struct moim_weight **w, struct moim_err *err)
{
    const struct moim_tensor *t = moim_weights_need(s->file, name, 2, (uint64_t[]){rows, cols}, err);
    return t ? moim_weight_new(w, t, MOIM_PACK_FAST, err) : err->code;
}

static int add_bias(struct moim_speaker *s, const char *name, float *bias, uint64_t n, struct moim_err *err)
{
    const struct moim_tensor *t = moim_weights_need(s->file, name, 1, &n, err);
    if (!t) return err->code;
    float values[4 * H];
    moim_dequantize(t->type, t->data, n, values);
    for (uint64_t i = 0; i < n; i++) bias[i] += values[i];
    return MOIM_OK;
}

static int load_layer(struct moim_speaker *s, int l, struct moim_err *err)
{
    static const char *const bias[] = {"bias_ih", "bias_hh"};
    char name[64];
    snprintf(name, sizeof name, "model_state.lstm.weight_ih_l%d", l);
    int rc = load_matrix(s, name, 4 * H, l ? H : MOIM_SPEAKER_MELS, &s->layer[l].ih, err);
    snprintf(name, sizeof name, "model_state.lstm.weight_hh_l%d", l);
    if (!rc) rc = load_matrix(s, name, 4 * H, H, &s->layer[l].hh, err);
    for (int i = 0; !rc && i < 2; i++) {
        snprintf(name, sizeof name, "model_state.lstm.%s_l%d", bias[i], l);
        rc = add_bias(s, name, s->layer[l].bias, 4 * H, err);
    }
    return rc;
}

static int reserve(struct moim_speaker *s, int frames)
{
    if (frames <= s->frames) return MOIM_OK;
    size_t n = (size_t)frames * BATCH;
    float *seq = malloc(n * H * sizeof *seq), *x = malloc(n * MOIM_SPEAKER_MELS * sizeof *x),
          *in = malloc(n * 4 * H * sizeof *in);
    if (!seq || !x || !in) {
        free(seq);
        free(x);
        free(in);
        return MOIM_ENOMEM;
    }
    free(s->seq);
    free(s->x);
    free(s->in);
    s->seq = seq;
    s->x = x;
    s->in = in;
    s->frames = frames;
    return MOIM_OK;
}

int moim_speaker_open(struct moim_speaker **out, const char *path, struct moim_pool *pool,
                      struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    struct moim_speaker *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    s->pool = pool;
    int rc = moim_torch_open(&s->file, path, err);
    for (int l = 0; !rc && l < LAYERS; l++) rc = load_layer(s, l, err);
    if (!rc) rc = load_matrix(s, "model_state.linear.weight", MOIM_SPEAKER_DIM, H, &s->linear, err);
    if (!rc) rc = add_bias(s, "model_state.linear.bias", s->linear_bias, MOIM_SPEAKER_DIM, err);
    if (!rc) {
        s->ws = moim_matmul_ws_new();
        s->gates = malloc(sizeof *s->gates * BATCH * 4 * H);
        s->cell = malloc(sizeof *s->cell * BATCH * H);
        if (!s->ws || !s->gates || !s->cell || reserve(s, MOIM_SPEAKER_FRAMES))
            rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    if (rc) {
        moim_speaker_close(s);
        return rc;
    }
    *out = s;
    return MOIM_OK;
}

void moim_speaker_close(struct moim_speaker *s)
{
    if (!s) return;
    for (int l = 0; l < LAYERS; l++) {
        moim_weight_free(s->layer[l].ih);
        moim_weight_free(s->layer[l].hh);
    }
    moim_weight_free(s->linear);
    moim_matmul_ws_free(s->ws);
    moim_weights_close(s->file);
    free(s->gates);
    free(s->seq);
    free(s->cell);
    free(s->x);
    free(s->in);
    free(s);
}

/* One time step for b windows: gates -> new cell and hidden state, in place. */
static void lstm_cell(float *gates, float *cell, float *hidden, int b)
{
    for (int w = 0; w < b; w++) {
        float *g = gates + (size_t)w * 4 * H, *c = cell + (size_t)w * H, *h = hidden + (size_t)w * H;
        moim_sigmoid(g, 2 * H);
        moim_tanh(g + 2 * H, H);
        moim_sigmoid(g + 3 * H, H);
        for (int i = 0; i < H; i++) h[i] = c[i] = g[H + i] * c[i] + g[i] * g[2 * H + i];
        moim_tanh(h, H);
        for (int i = 0; i < H; i++) h[i] *= g[3 * H + i];
    }
}

static int run_layer(struct moim_speaker *s, const struct lstm_layer *l, const float *in, int width,
                     int frames, int b)
{
    int rc = moim_matmul(s->pool, s->ws, l->ih, in, (size_t)width, frames * b, l->bias, s->in, 4 * H);
    memset(s->cell, 0, sizeof *s->cell * (size_t)b * H);
    for (int t = 0; !rc && t < frames; t++) {
        float *gates = s->in + (size_t)t * (size_t)b * 4 * H, *h = s->seq + (size_t)t * (size_t)b * H;
        if (t) {
            rc = moim_matmul(s->pool, s->ws, l->hh, h - (size_t)b * H, H, b, NULL, s->gates, 4 * H);
            for (int i = 0; i < b * 4 * H; i++) gates[i] += s->gates[i];
        }
        lstm_cell(gates, s->cell, h, b);
    }
    return rc;
}

static void unit_length(float *x)
{
    float norm = 0;
    for (int i = 0; i < MOIM_SPEAKER_DIM; i++) {
        if (!(x[i] > 0)) x[i] = 0; /* ReLU, and no NaN gets out */
        norm += x[i] * x[i];
    }
    for (int i = 0; norm > 0 && i < MOIM_SPEAKER_DIM; i++) x[i] /= sqrtf(norm);
}

static int embed_batch(struct moim_speaker *s, const float *mel, int b, int frames, float *embedding)
{
    for (int t = 0; t < frames; t++)
        for (int w = 0; w < b; w++)
            memcpy(s->x + ((size_t)t * (size_t)b + (size_t)w) * MOIM_SPEAKER_MELS,
                   mel + ((size_t)w * (size_t)frames + (size_t)t) * MOIM_SPEAKER_MELS,
                   sizeof *mel * MOIM_SPEAKER_MELS);
    int rc = run_layer(s, &s->layer[0], s->x, MOIM_SPEAKER_MELS, frames, b);
    for (int l = 1; !rc && l < LAYERS; l++) rc = run_layer(s, &s->layer[l], s->seq, H, frames, b);
    if (!rc)
        rc = moim_matmul(s->pool, s->ws, s->linear, s->seq + (size_t)(frames - 1) * (size_t)b * H, H, b,
                         s->linear_bias, embedding, MOIM_SPEAKER_DIM);
    for (int w = 0; !rc && w < b; w++) unit_length(embedding + (size_t)w * MOIM_SPEAKER_DIM);
    return rc;
}

int moim_speaker_embed_mel(struct moim_speaker *s, const float *mel, int count, int frames, float *embedding,
                           struct moim_err *err)
{
    if (count < 0 || frames < 1 || frames > 100000)
        return moim_fail(err, MOIM_EINVAL, "speaker: %d frames", frames);
    if (reserve(s, frames)) return moim_fail(err, MOIM_ENOMEM, "speaker: out of memory");
    for (int i = 0; i < count; i += BATCH) {
        int b = count - i < BATCH ? count - i : BATCH;
        int rc = embed_batch(s, mel + (size_t)i * (size_t)frames * MOIM_SPEAKER_MELS, b, frames,
                             embedding + (size_t)i * MOIM_SPEAKER_DIM);
        if (rc) return moim_fail(err, rc, "speaker: out of memory");
    }
    return MOIM_OK;
}
