/* Weights and sizes of a Whisper, from CTranslate2's, whisper.cpp's or Hugging Face's container. */
#include "asr/whisper_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { Q, K, V, O, CQ, CK, CV, CO, UP, DOWN, N_LINEAR };

/* Where each linear layer lies: CTranslate2 joins query, key and value row-wise. */
static const struct {
    const char *ct2;
    int part, parts;
    const char *ggml;
} linear[N_LINEAR] = {
    [Q] = {"self_attention/linear_0", 0, 3, "attn.query"},
    [K] = {"self_attention/linear_0", 1, 3, "attn.key"},
    [V] = {"self_attention/linear_0", 2, 3, "attn.value"},
    [O] = {"self_attention/linear_1", 0, 1, "attn.out"},
    [CQ] = {"attention/linear_0", 0, 1, "cross_attn.query"},
    [CK] = {"attention/linear_1", 0, 2, "cross_attn.key"},
    [CV] = {"attention/linear_1", 1, 2, "cross_attn.value"},
    [CO] = {"attention/linear_2", 0, 1, "cross_attn.out"},
    [UP] = {"ffn/linear_0", 0, 1, "mlp.0"},
    [DOWN] = {"ffn/linear_1", 0, 1, "mlp.2"},
};

struct loader {
    struct whisper_model *m;
    bool ggml, lean; /* ggml: tensors are named as in whisper.cpp's files */
    struct moim_err *err;
    int rc; /* first failure; later steps do nothing */
};

static int out_of_memory(struct loader *l)
{
    return l->rc = moim_fail(l->err, MOIM_ENOMEM, "%s: out of memory", moim_weights_path(l->m->file));
}

/* n floats of a tensor whose element count must be n, from element first. */
static float *vector(struct loader *l, const char *name, uint64_t n, int part, int parts)
{
    if (l->rc) return NULL;
    const struct moim_tensor *t = moim_weights_find(l->m->file, name);
    if (!t || moim_tensor_count(t) != n * (uint64_t)parts) {
        l->rc = moim_fail(l->err, MOIM_EFORMAT, "%s: tensor %s %s", moim_weights_path(l->m->file), name,
                          t ? "has another shape than this network needs" : "is missing");
        return NULL;
    }
    float *v = malloc(sizeof *v * (size_t)n);
    if (!v) {
        out_of_memory(l);
        return NULL;
    }
    if (parts == 1 && t->rank > 1) {
        uint64_t width = n / t->dims[0];
        for (uint64_t r = 0; r < t->dims[0]; r++) moim_tensor_row(t, r, v + r * width);
        return v;
    }
    size_t skip = moim_row_bytes(t->type, n) * (size_t)part;
    moim_dequantize(t->type, (const char *)t->data + skip, n, v);
    return v;
}

static void load_linear(struct loader *l, struct wlin *out, const char *side, int layer, int which, int rows,
                        int cols)
{
    char name[128];
    if (l->rc) return;
    int parts = l->ggml ? 1 : linear[which].parts, part = l->ggml ? 0 : linear[which].part;
    if (l->ggml)
        snprintf(name, sizeof name, "%s.blocks.%d.%s.weight", side, layer, linear[which].ggml);
    else
        snprintf(name, sizeof name, "%s/layer_%d/%s/weight", side, layer, linear[which].ct2);
    uint64_t dims[] = {(uint64_t)rows * (uint64_t)parts, (uint64_t)cols};
    const struct moim_tensor *t = moim_weights_need(l->m->file, name, 2, dims, l->err);
    if (!t) {
        l->rc = MOIM_EFORMAT;
        return;
    }
    struct moim_tensor view = *t;
    view.dims[0] = (uint64_t)rows;
    view.bytes = t->bytes / (size_t)parts;
    view.data = (const char *)t->data + view.bytes * (size_t)part;
    if (view.row_scale) view.row_scale += (size_t)rows * (size_t)part;
    /* The encoder in 8 bits saves a tenth of the time and costs 0.7 points of CER (docs/experiments.md). */
    enum moim_pack pack = side[0] == 'd' || l->lean ? MOIM_PACK_Q8 : MOIM_PACK_FAST;
    l->rc = moim_weight_new(&out->w, &view, pack, l->err);
    if (l->ggml && (which == K || which == CK)) return; /* keys have no bias */
    if (l->ggml)
        snprintf(name, sizeof name, "%s.blocks.%d.%s.bias", side, layer, linear[which].ggml);
    else
        snprintf(name, sizeof name, "%s/layer_%d/%s/bias", side, layer, linear[which].ct2);
    out->b = vector(l, name, (uint64_t)rows, part, parts);
}

/* prefix is the norm's place in each container. */
static void load_norm(struct loader *l, struct wnorm *n, const char *side, int layer, const char *ct2,
                      const char *ggml)
{
    char base[100], name[128];
    uint64_t d = (uint64_t)l->m->dims.d;
    if (layer < 0)
        snprintf(base, sizeof base, l->ggml ? "%s.%s" : "%s/%s", side, l->ggml ? ggml : ct2);
    else if (l->ggml)
        snprintf(base, sizeof base, "%s.blocks.%d.%s", side, layer, ggml);
    else
        snprintf(base, sizeof base, "%s/layer_%d/%s", side, layer, ct2);
    snprintf(name, sizeof name, l->ggml ? "%s.weight" : "%s/gamma", base);
    n->g = vector(l, name, d, 0, 1);
    snprintf(name, sizeof name, l->ggml ? "%s.bias" : "%s/beta", base);
    n->b = vector(l, name, d, 0, 1);
}

static void load_block(struct loader *l, struct wblock *b, const char *side, int layer, bool cross)
{
    int d = l->m->dims.d;
    load_norm(l, &b->self.ln, side, layer, "self_attention/layer_norm", "attn_ln");
    load_linear(l, &b->self.q, side, layer, Q, d, d);
    load_linear(l, &b->self.k, side, layer, K, d, d);
    load_linear(l, &b->self.v, side, layer, V, d, d);
    load_linear(l, &b->self.o, side, layer, O, d, d);
    if (cross) {
        load_norm(l, &b->cross.ln, side, layer, "attention/layer_norm", "cross_attn_ln");
        load_linear(l, &b->cross.q, side, layer, CQ, d, d);
        load_linear(l, &b->cross.k, side, layer, CK, d, d);
        load_linear(l, &b->cross.v, side, layer, CV, d, d);
        load_linear(l, &b->cross.o, side, layer, CO, d, d);
    }
    load_norm(l, &b->ln, side, layer, "ffn/layer_norm", "mlp_ln");
    load_linear(l, &b->up, side, layer, UP, 4 * d, d);
    load_linear(l, &b->down, side, layer, DOWN, d, 4 * d);
}

/* A convolution of width 3 as a matrix [out][3 * in], so that three rows of input are one vector of it. */
static void load_conv(struct loader *l, struct wlin *c, int which, int in)
{
    char name[64];
    int d = l->m->dims.d;
    snprintf(name, sizeof name, l->ggml ? "encoder.conv%d.weight" : "encoder/conv%d/weight", which);
    float *raw = vector(l, name, (uint64_t)d * (uint64_t)in * 3, 0, 1);
    float *w = raw ? malloc(sizeof *w * (size_t)d * (size_t)in * 3) : NULL;
    if (raw && !w) out_of_memory(l);
    for (int o = 0; w && o < d; o++)
        for (int i = 0; i < in; i++)
            for (int k = 0; k < 3; k++) w[(o * 3 + k) * in + i] = raw[(o * in + i) * 3 + k];
    free(raw);
    if (l->rc) {
        free(w);
        return;
    }
    size_t n = (size_t)d * (size_t)in * 3;
    struct moim_tensor t = {.name = name,
                            .type = MOIM_F32,
                            .rank = 2,
                            .dims = {(uint64_t)d, (uint64_t)in * 3},
                            .data = w,
                            .bytes = n * sizeof *w};
    l->rc = moim_weight_new(&c->w, &t, MOIM_PACK_FAST, l->err); /* a copy of its own */
    free(w);
    snprintf(name, sizeof name, l->ggml ? "encoder.conv%d.bias" : "encoder/conv%d/bias", which);
    c->b = vector(l, name, (uint64_t)d, 0, 1);
}

static int scalar16(const struct moim_weights *w, const char *name, int absent)
{
    const struct moim_tensor *t = moim_weights_find(w, name);
    if (!t || t->bytes != 2) return absent;
    const uint8_t *p = t->data;
    return p[0] | p[1] << 8;
}

static int count_layers(const struct moim_weights *w, const char *format)
{
    char name[96];
    int n = 0;
    do snprintf(name, sizeof name, format, n);
    while (n < 128 && moim_weights_find(w, name) && ++n);
    return n;
}

/* Sizes by the shapes of tensors, which every later look-up then confirms. */
static int read_dims(struct loader *l)
{
    struct whisper_dims *z = &l->m->dims;
    struct moim_weights *w = l->m->file;
    const struct moim_tensor *embed = moim_weights_need(
        w, l->ggml ? "decoder.token_embedding.weight" : "decoder/embeddings/weight", 2, NULL, l->err);
    const struct moim_tensor *conv =
        embed
            ? moim_weights_need(w, l->ggml ? "encoder.conv1.weight" : "encoder/conv1/weight", 3, NULL, l->err)
            : NULL;
    const struct moim_tensor *ep = conv ? moim_weights_need(w,
                                                            l->ggml ? "encoder.positional_embedding"
                                                                    : "encoder/position_encodings/encodings",
                                                            2, NULL, l->err)
                                        : NULL;
    const struct moim_tensor *dp = ep ? moim_weights_need(w,
                                                          l->ggml ? "decoder.positional_embedding"
                                                                  : "decoder/position_encodings/encodings",
                                                          2, NULL, l->err)
                                      : NULL;
    if (!dp) return l->rc = MOIM_EFORMAT;
    l->m->embed = embed;
    bool sane = embed->dims[0] <= 60000 && embed->dims[1] <= 4096 && conv->dims[1] <= 256 &&
                ep->dims[0] <= 6000 && dp->dims[0] <= 4096;
    if (sane)
        *z = (struct whisper_dims){.mels = (int)conv->dims[1],
                                   .audio_ctx = (int)ep->dims[0],
                                   .d = (int)embed->dims[1],
                                   .text_ctx = (int)dp->dims[0],
                                   .vocab = (int)embed->dims[0]};
    z->audio_layers =
        count_layers(w, l->ggml ? "encoder.blocks.%d.mlp.0.weight" : "encoder/layer_%d/ffn/linear_0/weight");
    z->text_layers =
        count_layers(w, l->ggml ? "decoder.blocks.%d.mlp.0.weight" : "decoder/layer_%d/ffn/linear_0/weight");
    z->audio_heads = l->ggml ? z->d / HEAD : scalar16(w, "encoder/num_heads", z->d / HEAD);
    z->text_heads = l->ggml ? z->d / HEAD : scalar16(w, "decoder/num_heads", z->d / HEAD);
    sane = sane && z->d % HEAD == 0 && z->audio_heads == z->d / HEAD && z->text_heads == z->d / HEAD &&
           z->audio_layers && z->text_layers && z->audio_ctx >= 50 && z->text_ctx >= 64 && z->vocab >= 51864;
    if (!sane)
        l->rc = moim_fail(l->err, MOIM_EUNSUP, "%s: not the shape of a Whisper model", moim_weights_path(w));
    return l->rc;
}

/* English-only files lack one text token; large-v3 added a language. */
static void set_ids(struct whisper_model *m)
{
    struct whisper_ids *s = &m->ids;
    s->eot = m->dims.vocab >= 51865 ? 50257 : 50256;
    s->sot = s->eot + 1;
    s->lang0 = s->sot + 1;
    s->n_langs = m->dims.vocab >= 51866 ? 100 : 99;
    s->translate = s->lang0 + s->n_langs;
    s->transcribe = s->translate + 1;
    s->prev = s->transcribe + 2;
    s->no_speech = s->prev + 1;
    s->no_timestamps = s->no_speech + 1;
    s->time0 = s->no_timestamps + 1;
}

static void load_tables(struct loader *l, const char *dir)
{
    struct whisper_model *m = l->m;
    const struct whisper_dims *z = &m->dims;
    if (l->rc) return;
    l->rc = *dir ? whisper_vocab_file(&m->words, dir, z->vocab, l->err)
                 : whisper_vocab_meta(&m->words, m->file, z->vocab, l->err);
    if (l->rc) return;
    m->align = calloc((size_t)(z->text_layers * z->text_heads), 1);
    m->suppress = calloc((size_t)z->vocab, 1);
    m->ws = moim_matmul_ws_new();
    if (!m->align || !m->suppress || !m->ws) {
        out_of_memory(l);
        return;
    }
    set_ids(m);
    whisper_alignment_heads(m, dir);
    whisper_suppress(&m->words, m->ids.eot, m->suppress);
    for (int i = m->ids.eot + 1; i < z->vocab; i++) m->suppress[i] |= 1;
    struct moim_mel_params p = {400,   160, z->mels, MOIM_ASR_RATE, NULL, MOIM_MEL_REFLECT, MOIM_MEL_LOG10,
                                1e-10f};
    l->rc = moim_mel_new(&m->mel, &p, l->err);
}

static void load_network(struct loader *l)
{
    struct whisper_model *m = l->m;
    const struct whisper_dims *z = &m->dims;
    m->enc = calloc((size_t)z->audio_layers, sizeof *m->enc);
    m->dec = calloc((size_t)z->text_layers, sizeof *m->dec);
    if (!m->enc || !m->dec) {
        out_of_memory(l);
        return;
    }
    load_conv(l, &m->conv1, 1, z->mels);
    load_conv(l, &m->conv2, 2, z->d);
    m->enc_pos = vector(l, l->ggml ? "encoder.positional_embedding" : "encoder/position_encodings/encodings",
                        (uint64_t)z->audio_ctx * (uint64_t)z->d, 0, 1);
    m->dec_pos = vector(l, l->ggml ? "decoder.positional_embedding" : "decoder/position_encodings/encodings",
                        (uint64_t)z->text_ctx * (uint64_t)z->d, 0, 1);
    for (int i = 0; i < z->audio_layers; i++) {
        load_block(l, &m->enc[i], "encoder", i, false);
        moim_weights_release(m->file); /* what was copied need not lie there twice */
    }
    for (int i = 0; i < z->text_layers; i++) {
        load_block(l, &m->dec[i], "decoder", i, true);
        moim_weights_release(m->file);
    }
    load_norm(l, &m->enc_ln, "encoder", -1, "layer_norm", "ln_post");
    load_norm(l, &m->dec_ln, "decoder", -1, "layer_norm", "ln");
    if (l->rc) return;
    l->rc = moim_weight_new(&m->project, m->embed, MOIM_PACK_Q8, l->err);
    if (!l->rc) l->rc = moim_weights_all_used(m->file, l->err);
    moim_weights_release(m->file);
}

enum container { GGML, CT2, SAFETENSORS };

/* The file that path, a file or a folder, means; the folder of its tokens, "" where they are in the file. */
static enum container locate(const char *path, char file[1200], char dir[1100])
{
    static const char *const names[] = {[CT2] = "/model.bin", [SAFETENSORS] = "/model.safetensors"};
    struct stat st;
    snprintf(file, 1200, "%s", path);
    snprintf(dir, 1100, "%s", path);
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        snprintf(file, 1200, "%s%s", dir, names[SAFETENSORS]);
        if (!stat(file, &st)) return SAFETENSORS;
        snprintf(file, 1200, "%s%s", dir, names[CT2]);
        return CT2;
    }
    char *slash = strrchr(dir, '/');
    for (int k = CT2; slash && k <= SAFETENSORS; k++)
        if (!strcmp(slash, names[k])) {
            *slash = 0;
            return (enum container)k;
        }
    *dir = 0;
    return GGML;
}

/* Some files hold the output layer, which is the embedding again. */
static void drop_copy(struct loader *l)
{
    const struct moim_tensor *copy = l->rc ? NULL : moim_weights_find(l->m->file, "proj_out.weight"),
                             *t = l->m->embed;
    if (copy && (copy->bytes != t->bytes || memcmp(copy->data, t->data, t->bytes)))
        l->rc = moim_fail(l->err, MOIM_EUNSUP, "%s: tensor proj_out.weight is not the embedding",
                          moim_weights_path(l->m->file));
}

int whisper_load(struct whisper_model **out, const char *path, bool lean, struct moim_pool *pool,
                 struct moim_err *err)
{
    *out = NULL;
    struct whisper_model *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    char file[1200], dir[1100];
    enum container kind = locate(path, file, dir);
    struct loader l = {m, kind != CT2, lean, err, MOIM_OK};
    m->pool = pool;
    l.rc = kind == CT2    ? moim_ct2_open(&m->file, file, err)
           : kind == GGML ? moim_ggml_open(&m->file, file, err)
                          : moim_safetensors_open(&m->file, file, whisper_reference_name, err);
    if (!l.rc) read_dims(&l);
    if (kind == SAFETENSORS) drop_copy(&l);
    load_tables(&l, dir);
    if (!l.rc) load_network(&l);
    if (l.rc) {
        whisper_unload(m);
        return l.rc;
    }
    *out = m;
    return MOIM_OK;
}

static void free_linear(struct wlin *l)
{
    moim_weight_free(l->w);
    free(l->b);
}
static void free_norm(struct wnorm *n)
{
    free(n->g);
    free(n->b);
}
static void free_attn(struct wattn *a)
{
    free_norm(&a->ln);
    free_linear(&a->q);
    free_linear(&a->k);
    free_linear(&a->v);
    free_linear(&a->o);
}
static void free_blocks(struct wblock *b, int n)
{
    for (int i = 0; b && i < n; i++) {
        free_attn(&b[i].self);
        free_attn(&b[i].cross);
        free_norm(&b[i].ln);
        free_linear(&b[i].up);
        free_linear(&b[i].down);
    }
    free(b);
}

void whisper_unload(struct whisper_model *m)
{
    if (!m) return;
    free_linear(&m->conv1);
    free_linear(&m->conv2);
    free(m->enc_pos);
    free(m->dec_pos);
    free_blocks(m->enc, m->dims.audio_layers);
    free_blocks(m->dec, m->dims.text_layers);
    free_norm(&m->enc_ln);
    free_norm(&m->dec_ln);
    moim_weight_free(m->project);
    free(m->align);
    free(m->suppress);
    whisper_vocab_free(&m->words);
    moim_mel_free(m->mel);
    moim_matmul_ws_free(m->ws);
    if (m->file) moim_weights_close(m->file);
    free(m);
}
