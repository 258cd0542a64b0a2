/* The Conformer's weights from hama's file, and the memory it works in. */
#include "asr/conformer_int.h"
#include "nn/weights.h"

#include <stdio.h>
#include <stdlib.h>

/* Copies a tensor to f32 inside the arena. */
static const float *take(struct moim_conformer *c, const struct moim_weights *w, const char *name, int rank,
                         const uint64_t *dims, struct moim_err *err)
{
    const struct moim_tensor *t = moim_weights_need(w, name, rank, dims, err);
    if (!t) return NULL;
    uint64_t n = moim_tensor_count(t);
    if (n > c->room - c->used) {
        moim_fail(err, MOIM_EFORMAT, "%s: holds more weights than this network has", moim_weights_path(w));
        return NULL;
    }
    float *dst = c->weights + c->used;
    c->used += n;
    moim_dequantize(t->type, t->data, n, dst);
    return dst;
}

struct wanted {
    const float **to;
    const char *name;
    int rank;
    uint64_t dims[3];
};

static int take_all(struct moim_conformer *c, const struct moim_weights *w, const char *prefix,
                    const struct wanted *list, int n, struct moim_err *err)
{
    for (int i = 0; i < n; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", prefix, list[i].name);
        if (!(*list[i].to = take(c, w, name, list[i].rank, list[i].dims, err))) return MOIM_EFORMAT;
    }
    return MOIM_OK;
}
#define TAKE(list) take_all(c, w, prefix, list, sizeof list / sizeof *list, err)

static int load_block(struct moim_conformer *c, const struct moim_weights *w, int i, struct moim_err *err)
{
    struct block *b = &c->block[i];
    char prefix[64];
    snprintf(prefix, sizeof prefix, PREFIX "blocks.%d.", i);
    const struct wanted named[] = {
        {&b->ffn1.norm_w, "ffn1.norm.weight", 1, {D}},
        {&b->ffn1.norm_b, "ffn1.norm.bias", 1, {D}},
        {&b->ffn1.b1, "ffn1.fc1.bias", 1, {FFN}},
        {&b->ffn1.b2, "ffn1.fc2.bias", 1, {D}},
        {&b->ffn2.norm_w, "ffn2.norm.weight", 1, {D}},
        {&b->ffn2.norm_b, "ffn2.norm.bias", 1, {D}},
        {&b->ffn2.b1, "ffn2.fc1.bias", 1, {FFN}},
        {&b->ffn2.b2, "ffn2.fc2.bias", 1, {D}},
        {&b->attn_w, "attn_norm.weight", 1, {D}},
        {&b->attn_b, "attn_norm.bias", 1, {D}},
        {&b->qkv_b, "attn.in_proj_bias", 1, {3 * D}},
        {&b->out_b, "attn.out_proj.bias", 1, {D}},
        {&b->conv_w, "conv.norm.weight", 1, {D}},
        {&b->conv_b, "conv.norm.bias", 1, {D}},
        {&b->pw1_w, "conv.pointwise1.weight", 3, {2 * D, D, 1}},
        {&b->pw1_b, "conv.pointwise1.bias", 1, {2 * D}},
        {&b->pw2_w, "conv.pointwise2.weight", 3, {D, D, 1}},
        {&b->pw2_b, "conv.pointwise2.bias", 1, {D}},
        {&b->norm_w, "norm.weight", 1, {D}},
        {&b->norm_b, "norm.bias", 1, {D}},
    };
    int rc = TAKE(named);
    if (rc) return rc;
    /* The exporter numbered these instead of naming them: nine apart from block to block, three for a
     * convolution. */
    char n[8][24];
    static const int matmul[6] = {0, 1, 2, 6, 7, 8};
    for (int k = 0; k < 6; k++) snprintf(n[k], sizeof n[k], "MatMul_%d", 829 + 9 * i + matmul[k]);
    snprintf(n[6], sizeof n[6], "Conv_%d", 804 + 3 * i);
    snprintf(n[7], sizeof n[7], "Conv_%d", 805 + 3 * i);
    snprintf(prefix, sizeof prefix, "onnx::");
    const struct wanted numbered[] = {
        {&b->ffn1.w1, n[0], 2, {D, FFN}},    {&b->ffn1.w2, n[1], 2, {FFN, D}},
        {&b->qkv_w, n[2], 2, {D, 3 * D}},    {&b->out_w, n[3], 2, {D, D}},
        {&b->ffn2.w1, n[4], 2, {D, FFN}},    {&b->ffn2.w2, n[5], 2, {FFN, D}},
        {&b->dw_w, n[6], 3, {D, 1, KERNEL}}, {&b->dw_b, n[7], 1, {D}},
    };
    return TAKE(numbered);
}

/* [D][MELS][3] -> [3 * MELS][D] */
static int load_stem(struct moim_conformer *c, const struct moim_weights *w, struct moim_err *err)
{
    const float *stem;
    float *turned = c->weights + c->used;
    c->used += 3 * MELS * D;
    const char *prefix = "";
    const struct wanted list[] = {{&stem, "onnx::Conv_801", 3, {D, MELS, 3}},
                                  {&c->stem_b, "onnx::Conv_802", 1, {D}},
                                  {&c->proj_w, PREFIX "proj.weight", 3, {SYMBOLS, D, 1}},
                                  {&c->proj_b, PREFIX "proj.bias", 1, {SYMBOLS}}};
    int rc = TAKE(list);
    if (rc) return rc;
    for (int o = 0; o < D; o++)
        for (int i = 0; i < MELS; i++)
            for (int k = 0; k < 3; k++) turned[(k * MELS + i) * D + o] = stem[(o * MELS + i) * 3 + k];
    c->stem_w = turned;
    return MOIM_OK;
}

static int load_mel(struct moim_conformer *c, const struct moim_weights *w, struct moim_err *err)
{
    const struct moim_tensor *fb = moim_weights_need(w, "mel_fb", 2, (uint64_t[]){201, MELS}, err);
    if (!fb) return MOIM_EFORMAT;
    float *filters = malloc(sizeof *filters * 201 * MELS);
    if (!filters) return moim_fail(err, MOIM_ENOMEM, "conformer: out of memory");
    moim_dequantize(fb->type, fb->data, 201 * MELS, filters);
    struct moim_mel_params p = {400, 160, MELS, 16000, filters, MOIM_MEL_REFLECT, MOIM_MEL_LN, 1e-10f};
    int rc = moim_mel_new(&c->mel, &p, err);
    free(filters);
    return rc;
}

static bool take_buffers(struct moim_conformer *c)
{
    size_t t = (size_t)c->max_frames, all = t + (size_t)c->left;
    c->feat = calloc((2 * t + 4) * MELS, sizeof *c->feat);
    c->x = malloc(t * D * sizeof *c->x);
    c->norm = malloc(t * D * sizeof *c->norm);
    c->wide = malloc((t * FFN > all * 3 * D ? t * FFN : all * 3 * D) * sizeof *c->wide);
    c->mix = malloc(t * D * sizeof *c->mix);
    c->scores = malloc(HEADS * (t < ROWS ? t : ROWS) * all * sizeof *c->scores);
    c->padded = calloc((t + KERNEL - 1) * D, sizeof *c->padded);
    return c->feat && c->x && c->norm && c->wide && c->mix && c->scores && c->padded;
}

int conformer_open(struct moim_conformer **out, const char *path, int max_frames, int left,
                   struct moim_pool *pool, struct moim_err *err)
{
    struct moim_err local;
    if (!err) err = &local;
    *out = NULL;
    if (max_frames < 1 || max_frames > 20000)
        return moim_fail(err, MOIM_EINVAL, "conformer: %d frames at once", max_frames);
    struct moim_weights *w;
    int rc = moim_hama_open(&w, path, err);
    if (rc) return rc;
    struct moim_conformer *c = calloc(1, sizeof *c);
    if (c) {
        c->pool = pool;
        c->max_frames = max_frames;
        c->left = left;
        c->room = 3 * MELS * D;
        for (size_t i = 0; i < moim_weights_count(w); i++)
            c->room += moim_tensor_count(moim_weights_at(w, i));
        c->weights = malloc(c->room * sizeof *c->weights);
    }
    if (!c || !c->weights || !take_buffers(c)) rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (!rc) rc = load_mel(c, w, err);
    if (!rc) rc = load_stem(c, w, err);
    for (int i = 0; !rc && i < BLOCKS; i++) rc = load_block(c, w, i, err);
    moim_weights_close(w);
    if (rc) {
        moim_conformer_close(c);
        return rc;
    }
    *out = c;
    return MOIM_OK;
}

int moim_conformer_open(struct moim_conformer **out, const char *path, int max_frames, struct moim_pool *pool,
                        struct moim_err *err)
{
    return conformer_open(out, path, max_frames, 0, pool, err);
}

void moim_conformer_close(struct moim_conformer *c)
{
    if (!c) return;
    moim_mel_free(c->mel);
    free(c->weights);
    free(c->feat);
    free(c->x);
    free(c->norm);
    free(c->wide);
    free(c->mix);
    free(c->scores);
    free(c->padded);
    free(c);
}
