/* fbank [T][80], mean taken away, seen as an image 80 x T of one channel
 *   -> conv 3x3, 32 channels                                             [80][T][32]
 *   -> 2 residual blocks, the first halves the bands                     [40][T][32]
 *   -> 2 residual blocks, the first halves the bands                     [20][T][32]
 *   -> conv 3x3 that halves the bands: 320 values a frame                [T][320]
 *   -> conv k=5, every other frame: U = (T + 1) / 2                      [U][128]
 *   -> 12 dense layers +32 each, halved; 24 dense layers (dilation 2), halved; 16 more, halved   [U][512]
 *   -> mean and deviation over U -> linear 1024 -> 192 -> unit length
 * A dense layer: norm, ReLU, linear -> 128, norm, ReLU, then conv k=3 -> 32, scaled by a mask that the mean
 * of all frames and of 100 of them gives. Every norm is a batch norm at inference: one scale, one shift.
 * Images are kept with one frame of zeros at both ends, so that a row's three taps lie side by side. */
#include "asr/speaker.h"
#include "nn/matmul.h"
#include "nn/vec.h"
#include "nn/weights.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define C 32 /* channels of the head, and growth of a dense layer */
#define W 128
#define BANDS MOIM_SPEAKER_BANDS
#define HEAD 320
#define LAYERS 52
#define WIDEST 1024
#define SEGMENT 100 /* frames that share a mask */
#define MAX_T MOIM_SPEAKER_MAX_FRAMES
#define MAX_U ((MAX_T + 1) / 2)
#define PADDED ((size_t)(MAX_T + 2) * C)

struct norm {
    float *scale, *shift;
};

struct conv {
    int in, stride; /* of the bands; time is never strided */
    float *w;       /* [C][3 bands][3 frames][in] */
    float *bias;    /* [C] */
};

struct block {
    struct conv a, b;
    float *shortcut; /* [C][C], NULL where the shape does not change; its bias lies in b's */
};

struct dense {
    int in, dilation;
    struct norm norm;        /* [in] */
    float *w, *bias;         /* [W][in], the second norm folded in */
    float *local;            /* [3 frames][C][W] */
    float *ctx1, *ctx1_bias; /* [64][W] */
    float *ctx2, *ctx2_bias; /* [C][64] */
};

struct transit {
    struct norm norm;
    float *w; /* [in / 2][in] */
};

struct moim_speaker_encoder {
    struct moim_weights *file; /* NULL once loaded */
    float *values;             /* all weights */
    size_t used, room;
    struct conv first, last;
    struct block block[4];
    float *tdnn, *tdnn_bias; /* [5][W][320] */
    struct dense dense[LAYERS];
    struct transit transit[3];
    struct norm out;
    float *embed, *embed_bias; /* [192][1024] */
    float *image[3];           /* [80][MAX_T + 2][C] */
    float *frames;             /* [MAX_T + 4][320], then [MAX_U][WIDEST] */
    float *grown;              /* [MAX_U][WIDEST] */
    float *bottle;             /* [MAX_U + 4][W] */
    float *local;              /* [MAX_U][C] */
};

/* ---- loading ---- */

static float *take(struct moim_speaker_encoder *s, size_t n)
{
    if (n > s->room - s->used) return NULL;
    s->used += n;
    return s->values + s->used - n;
}

static const struct moim_tensor *need(struct moim_speaker_encoder *s, struct moim_err *err, uint64_t count,
                                      const char *fmt, ...)
{
    char name[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    const struct moim_tensor *t = moim_weights_find(s->file, name);
    if (t && moim_tensor_count(t) == count && t->type <= MOIM_BF16) return t;
    moim_fail(err, MOIM_EFORMAT, "%s: tensor %s is missing or has a wrong size", moim_weights_path(s->file),
              name);
    return NULL;
}

static float *load(struct moim_speaker_encoder *s, const struct moim_tensor *t)
{
    uint64_t n = t ? moim_tensor_count(t) : 0;
    float *p = t ? take(s, n) : NULL;
    if (p) moim_dequantize(t->type, t->data, n, p);
    return p;
}

/* name.weight and .bias (where affine), .running_mean, .running_var */
static int load_norm(struct moim_speaker_encoder *s, struct norm *b, uint64_t n, bool affine,
                     const char *name, struct moim_err *err)
{
    float *v[4] = {0};
    static const char *const part[] = {"running_mean", "running_var", "weight", "bias"};
    for (int i = 0; i < (affine ? 4 : 2); i++)
        if (!(v[i] = load(s, need(s, err, n, "%s.%s", name, part[i])))) return MOIM_EFORMAT;
    b->scale = v[1];
    b->shift = v[0];
    for (uint64_t i = 0; i < n; i++) {
        float scale = (affine ? v[2][i] : 1) / sqrtf(v[1][i] + 1e-5f);
        b->scale[i] = scale;
        b->shift[i] = (affine ? v[3][i] : 0) - v[0][i] * scale;
    }
    return MOIM_OK;
}

/* conv [C][in][3][3], PyTorch's order, and the norm behind it, as struct conv wants them */
static int load_conv(struct moim_speaker_encoder *s, struct conv *k, const char *conv, const char *norm,
                     struct moim_err *err)
{
    struct norm b;
    const float *raw = load(s, need(s, err, (uint64_t)(C * k->in * 9), "%s.weight", conv));
    int rc = raw ? load_norm(s, &b, C, true, norm, err) : MOIM_EFORMAT;
    k->w = take(s, (size_t)(C * k->in * 9));
    if (rc || !k->w) return MOIM_EFORMAT;
    for (int o = 0; o < C; o++)
        for (int i = 0; i < k->in; i++)
            for (int r = 0; r < 3; r++)
                for (int t = 0; t < 3; t++)
                    k->w[((o * 3 + r) * 3 + t) * k->in + i] =
                        raw[((o * k->in + i) * 3 + r) * 3 + t] * b.scale[o];
    k->bias = b.shift;
    return MOIM_OK;
}

static int load_block(struct moim_speaker_encoder *s, struct block *b, const char *name, bool halves,
                      struct moim_err *err)
{
    char conv[64], norm[64];
    b->a = (struct conv){.in = C, .stride = halves ? 2 : 1};
    b->b = (struct conv){.in = C, .stride = 1};
    snprintf(conv, sizeof conv, "%s.conv1", name);
    snprintf(norm, sizeof norm, "%s.bn1", name);
    int rc = load_conv(s, &b->a, conv, norm, err);
    snprintf(conv, sizeof conv, "%s.conv2", name);
    snprintf(norm, sizeof norm, "%s.bn2", name);
    if (!rc) rc = load_conv(s, &b->b, conv, norm, err);
    if (rc || !halves) return rc;
    struct norm n;
    snprintf(norm, sizeof norm, "%s.shortcut.1", name);
    b->shortcut = load(s, need(s, err, C * C, "%s.shortcut.0.weight", name));
    if (!b->shortcut || load_norm(s, &n, C, true, norm, err)) return MOIM_EFORMAT;
    for (int o = 0; o < C; o++) {
        for (int i = 0; i < C; i++) b->shortcut[o * C + i] *= n.scale[o];
        b->b.bias[o] += n.shift[o];
    }
    return MOIM_OK;
}

/* [out][in][taps] -> [out][taps][in] (taps_first false) or [taps][out][in] */
static float *turned(struct moim_speaker_encoder *s, const float *raw, int out, int in, int taps,
                     bool taps_first)
{
    float *w = raw ? take(s, (size_t)out * (size_t)in * (size_t)taps) : NULL;
    for (int o = 0; w && o < out; o++)
        for (int i = 0; i < in; i++)
            for (int t = 0; t < taps; t++)
                w[((taps_first ? t * out + o : o * taps + t)) * in + i] = raw[(o * in + i) * taps + t];
    return w;
}

static void scale_rows(float *w, const float *scale, int rows, int cols)
{
    for (int o = 0; o < rows; o++)
        for (int i = 0; i < cols; i++) w[(size_t)o * (size_t)cols + (size_t)i] *= scale[o];
}

static int load_dense(struct moim_speaker_encoder *s, struct dense *d, const char *name, struct moim_err *err)
{
    char norm[128];
    struct norm second;
    snprintf(norm, sizeof norm, "%s.nonlinear1.batchnorm", name);
    int rc = load_norm(s, &d->norm, (uint64_t)d->in, true, norm, err);
    snprintf(norm, sizeof norm, "%s.nonlinear2.batchnorm", name);
    if (!rc) rc = load_norm(s, &second, W, true, norm, err);
    if (rc) return rc;
    d->w = load(s, need(s, err, (uint64_t)(W * d->in), "%s.linear1.weight", name));
    d->local =
        turned(s, load(s, need(s, err, C * W * 3, "%s.cam_layer.linear_local.weight", name)), C, W, 3, true);
    d->ctx1 = load(s, need(s, err, 64 * W, "%s.cam_layer.linear1.weight", name));
    d->ctx1_bias = load(s, need(s, err, 64, "%s.cam_layer.linear1.bias", name));
    d->ctx2 = load(s, need(s, err, C * 64, "%s.cam_layer.linear2.weight", name));
    d->ctx2_bias = load(s, need(s, err, C, "%s.cam_layer.linear2.bias", name));
    if (!d->w || !d->local || !d->ctx1 || !d->ctx1_bias || !d->ctx2 || !d->ctx2_bias) return MOIM_EFORMAT;
    scale_rows(d->w, second.scale, W, d->in);
    d->bias = second.shift;
    return MOIM_OK;
}

static const struct {
    int layers, in, dilation;
} stage[3] = {{12, 128, 1}, {24, 256, 2}, {16, 512, 2}};

static int load_stages(struct moim_speaker_encoder *s, struct moim_err *err)
{
    char name[96];
    struct dense *d = s->dense;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < stage[k].layers; i++, d++) {
            *d = (struct dense){.in = stage[k].in + i * C, .dilation = stage[k].dilation};
            snprintf(name, sizeof name, "xvector.block%d.tdnnd%d", k + 1, i + 1);
            if (load_dense(s, d, name, err)) return MOIM_EFORMAT;
        }
        int in = stage[k].in + stage[k].layers * C;
        snprintf(name, sizeof name, "xvector.transit%d.nonlinear.batchnorm", k + 1);
        if (load_norm(s, &s->transit[k].norm, (uint64_t)in, true, name, err)) return MOIM_EFORMAT;
        s->transit[k].w =
            load(s, need(s, err, (uint64_t)(in * in / 2), "xvector.transit%d.linear.weight", k + 1));
        if (!s->transit[k].w) return MOIM_EFORMAT;
    }
    return MOIM_OK;
}

/* The head's 320 values come from PyTorch as [channel][band], from us as [band][channel]. */
static int load_tdnn(struct moim_speaker_encoder *s, struct moim_err *err)
{
    struct norm n;
    const float *raw = load(s, need(s, err, W * HEAD * 5, "xvector.tdnn.linear.weight"));
    s->tdnn = take(s, (size_t)W * HEAD * 5);
    if (!raw || !s->tdnn || load_norm(s, &n, W, true, "xvector.tdnn.nonlinear.batchnorm", err))
        return MOIM_EFORMAT;
    for (int o = 0; o < W; o++)
        for (int i = 0; i < HEAD; i++)
            for (int t = 0; t < 5; t++)
                s->tdnn[(t * W + o) * HEAD + i % 10 * C + i / 10] = raw[(o * HEAD + i) * 5 + t] * n.scale[o];
    s->tdnn_bias = n.shift;
    return MOIM_OK;
}

static int load_all(struct moim_speaker_encoder *s, struct moim_err *err)
{
    static const char *const block[] = {"head.layer1.0", "head.layer1.1", "head.layer2.0", "head.layer2.1"};
    struct norm n;
    for (size_t i = 0; i < moim_weights_count(s->file); i++)
        s->room += 2 * moim_tensor_count(moim_weights_at(s->file, i));
    s->values = malloc(s->room * sizeof *s->values);
    if (!s->values) return moim_fail(err, MOIM_ENOMEM, "speaker model: out of memory");
    s->first = (struct conv){.in = 1, .stride = 1};
    s->last = (struct conv){.in = C, .stride = 2};
    int rc = load_conv(s, &s->first, "head.conv1", "head.bn1", err);
    for (int i = 0; !rc && i < 4; i++) rc = load_block(s, &s->block[i], block[i], i % 2 == 0, err);
    if (!rc) rc = load_conv(s, &s->last, "head.conv2", "head.bn2", err);
    if (!rc) rc = load_tdnn(s, err);
    if (!rc) rc = load_stages(s, err);
    if (!rc) rc = load_norm(s, &s->out, 512, true, "xvector.out_nonlinear.batchnorm", err);
    if (!rc) rc = load_norm(s, &n, MOIM_SPEAKER_DIM, false, "xvector.dense.nonlinear.batchnorm", err);
    if (rc) return rc;
    s->embed = load(s, need(s, err, MOIM_SPEAKER_DIM * 1024, "xvector.dense.linear.weight"));
    if (!s->embed) return MOIM_EFORMAT;
    scale_rows(s->embed, n.scale, MOIM_SPEAKER_DIM, 1024);
    s->embed_bias = n.shift;
    return MOIM_OK;
}

static bool make_buffers(struct moim_speaker_encoder *s)
{
    bool ok = true;
    for (int i = 0; i < 3; i++) ok = (s->image[i] = malloc(sizeof(float) * PADDED * BANDS)) && ok;
    s->frames = malloc(sizeof(float) * (size_t)(MAX_T + 4) * WIDEST);
    s->grown = malloc(sizeof(float) * (size_t)MAX_U * WIDEST);
    s->bottle = malloc(sizeof(float) * (size_t)(MAX_U + 4) * W);
    s->local = malloc(sizeof(float) * (size_t)MAX_U * C);
    return ok && s->frames && s->grown && s->bottle && s->local;
}

int moim_speaker_encoder_open(struct moim_speaker_encoder **out, const char *path, struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    struct moim_speaker_encoder *s = calloc(1, sizeof *s);
    if (!s) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    int rc = moim_torch_open(&s->file, path, err);
    if (!rc) rc = load_all(s, err);
    if (!rc && !make_buffers(s)) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    moim_weights_close(s->file);
    s->file = NULL;
    if (rc) {
        moim_speaker_encoder_close(s);
        return rc;
    }
    *out = s;
    return MOIM_OK;
}

void moim_speaker_encoder_close(struct moim_speaker_encoder *s)
{
    if (!s) return;
    for (int i = 0; i < 3; i++) free(s->image[i]);
    free(s->frames);
    free(s->grown);
    free(s->bottle);
    free(s->local);
    free(s->values);
    free(s);
}

/* ---- the head ---- */

static void relu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

/* One band of a convolution: out[T][C]; patch[T][9 * in] is scratch. */
static void conv_row(const struct conv *k, const float *in, int bands, int T, int row, float *patch,
                     float *out)
{
    size_t line = (size_t)(T + 2) * (size_t)k->in, taps = 3 * (size_t)k->in;
    for (int r = 0; r < 3; r++) {
        int from = row * k->stride + r - 1;
        for (int t = 0; t < T; t++) {
            float *to = patch + ((size_t)t * 3 + (size_t)r) * taps;
            if (from < 0 || from >= bands)
                memset(to, 0, taps * sizeof *to);
            else
                memcpy(to, in + (size_t)from * line + (size_t)t * (size_t)k->in, taps * sizeof *to);
        }
    }
    for (int t = 0; t < T; t++) memcpy(out + (size_t)t * C, k->bias, C * sizeof *out);
    moim_sgemm(T, C, (int)(3 * taps), 1, patch, (int)(3 * taps), k->w, (int)(3 * taps), 1, 1, out, C);
}

static float *row_of(float *image, int T, int band)
{
    float *row = image + (size_t)band * (size_t)(T + 2) * C;
    memset(row, 0, C * sizeof *row);
    memset(row + (size_t)(T + 1) * C, 0, C * sizeof *row);
    return row + C;
}

static int conv_image(const struct conv *k, const float *in, int bands, int T, float *patch, float *out)
{
    int rows = (bands - 1) / k->stride + 1;
    for (int f = 0; f < rows; f++) {
        float *row = row_of(out, T, f);
        conv_row(k, in, bands, T, f, patch, row);
        relu(row, (size_t)T * C);
    }
    return rows;
}

/* out = ReLU(b(ReLU(a(in))) + in, or a shortcut of it); mid and patch are scratch. Returns the bands left. */
static int residual(const struct block *b, const float *in, int bands, int T, float *patch, float *mid,
                    float *out)
{
    int rows = conv_image(&b->a, in, bands, T, patch, mid);
    size_t line = (size_t)(T + 2) * C;
    for (int f = 0; f < rows; f++) {
        float *row = row_of(out, T, f);
        const float *same = in + (size_t)(f * b->a.stride) * line + C;
        conv_row(&b->b, mid, rows, T, f, patch, row);
        if (b->shortcut)
            moim_sgemm(T, C, C, 1, same, C, b->shortcut, C, 1, 1, row, C);
        else
            moim_axpy(row, 1, same, (size_t)T * C);
        relu(row, (size_t)T * C);
    }
    return rows;
}

/* fbank -> s->frames[2 + T + 2][320], with zeros at both ends */
static void run_head(struct moim_speaker_encoder *s, const float *fbank, int T)
{
    float mean[BANDS] = {0}, *in = s->image[1];
    for (int t = 0; t < T; t++) moim_axpy(mean, 1.0f / (float)T, fbank + (size_t)t * BANDS, BANDS);
    for (int f = 0; f < BANDS; f++) {
        float *row = in + (size_t)f * (size_t)(T + 2);
        row[0] = row[T + 1] = 0;
        for (int t = 0; t < T; t++) row[t + 1] = fbank[(size_t)t * BANDS + (size_t)f] - mean[f];
    }
    int bands = conv_image(&s->first, in, BANDS, T, s->frames, s->image[0]), at = 0;
    for (int i = 0; i < 4; i++) {
        bands = residual(&s->block[i], s->image[at], bands, T, s->frames, s->image[(at + 1) % 3],
                         s->image[(at + 2) % 3]);
        at = (at + 2) % 3;
    }
    memset(s->frames, 0, sizeof(float) * (size_t)(T + 4) * HEAD);
    for (int f = 0; f < (bands + 1) / 2; f++) {
        float *row = s->image[(at + 1) % 3];
        conv_row(&s->last, s->image[at], bands, T, f, s->image[(at + 2) % 3], row);
        relu(row, (size_t)T * C);
        for (int t = 0; t < T; t++)
            memcpy(s->frames + (size_t)(t + 2) * HEAD + (size_t)f * C, row + (size_t)t * C, C * sizeof *row);
    }
}

/* ---- the dense part ---- */

static void norm_relu(const struct norm *n, const float *in, size_t ld, int U, int width, float *out)
{
    for (int t = 0; t < U; t++) {
        const float *x = in + (size_t)t * ld;
        float *y = out + (size_t)t * (size_t)width;
        for (int i = 0; i < width; i++) {
            float v = x[i] * n->scale[i] + n->shift[i];
            y[i] = v > 0 ? v : 0;
        }
    }
}

/* The mask of one segment: sigmoid(ctx2(ReLU(ctx1(mean of all + mean of the segment)))) */
static void mask_of(const struct dense *d, const float *mean, const float *x, int n, float mask[C])
{
    float context[W], hidden[64];
    memcpy(context, mean, sizeof context);
    for (int t = 0; t < n; t++) moim_axpy(context, 1.0f / (float)n, x + (size_t)t * W, W);
    for (int o = 0; o < 64; o++) {
        float v = moim_dot(d->ctx1 + (size_t)o * W, context, W) + d->ctx1_bias[o];
        hidden[o] = v > 0 ? v : 0;
    }
    for (int o = 0; o < C; o++) mask[o] = moim_dot(d->ctx2 + (size_t)o * 64, hidden, 64) + d->ctx2_bias[o];
    moim_sigmoid(mask, C);
}

/* Appends 32 columns to s->grown[U][in]. */
static void run_dense(struct moim_speaker_encoder *s, const struct dense *d, int U)
{
    float *x = s->bottle + 2 * W, mean[W] = {0}, mask[C];
    norm_relu(&d->norm, s->grown, WIDEST, U, d->in, s->frames);
    for (int t = 0; t < U; t++) memcpy(x + (size_t)t * W, d->bias, W * sizeof *x);
    moim_sgemm(U, W, d->in, 1, s->frames, d->in, d->w, d->in, 1, 1, x, W);
    relu(x, (size_t)U * W);
    memset(s->bottle, 0, 2 * W * sizeof *x);
    memset(x + (size_t)U * W, 0, 2 * W * sizeof *x);
    for (int r = 0; r < 3; r++)
        moim_sgemm(U, C, W, 1, x + (ptrdiff_t)(r - 1) * d->dilation * W, W, d->local + (size_t)r * C * W, W,
                   1, r > 0, s->local, C);
    for (int t = 0; t < U; t++) moim_axpy(mean, 1.0f / (float)U, x + (size_t)t * W, W);
    for (int first = 0; first < U; first += SEGMENT) {
        int n = U - first < SEGMENT ? U - first : SEGMENT;
        mask_of(d, mean, x + (size_t)first * W, n, mask);
        for (int t = first; t < first + n; t++)
            for (int i = 0; i < C; i++)
                s->grown[(size_t)t * WIDEST + (size_t)(d->in + i)] =
                    s->local[(size_t)t * C + (size_t)i] * mask[i];
    }
}

static void run_transit(struct moim_speaker_encoder *s, const struct transit *k, int in, int U)
{
    norm_relu(&k->norm, s->grown, WIDEST, U, in, s->frames);
    moim_sgemm(U, in / 2, in, 1, s->frames, in, k->w, in, 1, 0, s->grown, WIDEST);
}

static void pool_statistics(const float *x, int U, float *out)
{
    float *mean = out, *deviation = out + 512;
    memset(out, 0, 1024 * sizeof *out);
    for (int t = 0; t < U; t++) moim_axpy(mean, 1.0f / (float)U, x + (size_t)t * 512, 512);
    for (int t = 0; t < U; t++)
        for (int i = 0; i < 512; i++) {
            float d = x[(size_t)t * 512 + (size_t)i] - mean[i];
            deviation[i] += d * d / (float)(U - 1);
        }
    for (int i = 0; i < 512; i++) deviation[i] = sqrtf(deviation[i]);
}

int moim_speaker_encoder_embed(struct moim_speaker_encoder *s, const float *fbank, int frames,
                               float embedding[MOIM_SPEAKER_DIM], struct moim_err *err)
{
    if (frames < MOIM_SPEAKER_MIN_FRAMES || frames > MOIM_SPEAKER_MAX_FRAMES)
        return moim_fail(err, MOIM_EINVAL, "speaker embedding: %d frames", frames);
    int U = (frames + 1) / 2;
    float statistics[1024], norm = 0;
    run_head(s, fbank, frames);
    for (int t = 0; t < U; t++) memcpy(s->grown + (size_t)t * WIDEST, s->tdnn_bias, W * sizeof(float));
    for (int r = 0; r < 5; r++)
        moim_sgemm(U, W, HEAD, 1, s->frames + (size_t)r * HEAD, 2 * HEAD, s->tdnn + (size_t)r * W * HEAD,
                   HEAD, 1, 1, s->grown, WIDEST);
    for (int t = 0; t < U; t++) relu(s->grown + (size_t)t * WIDEST, W);
    const struct dense *d = s->dense;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < stage[k].layers; i++) run_dense(s, d++, U);
        run_transit(s, &s->transit[k], stage[k].in + stage[k].layers * C, U);
    }
    norm_relu(&s->out, s->grown, WIDEST, U, 512, s->frames);
    pool_statistics(s->frames, U, statistics);
    for (int o = 0; o < MOIM_SPEAKER_DIM; o++) {
        embedding[o] = moim_dot(s->embed + (size_t)o * 1024, statistics, 1024) + s->embed_bias[o];
        norm += embedding[o] * embedding[o];
    }
    for (int o = 0; norm > 0 && o < MOIM_SPEAKER_DIM; o++) embedding[o] /= sqrtf(norm);
    return MOIM_OK;
}

float moim_speaker_similarity(const float *a, const float *b)
{
    return moim_dot(a, b, MOIM_SPEAKER_DIM);
}
