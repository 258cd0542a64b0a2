/* A small Whisper of random weights in every tensor type against the same weights in f32: ggml's types, and those of safetensors
 * under Hugging Face's names. */
#include "testing.h"

#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { D = 256, MELS = 80, AUDIO = 100, TEXT = 64, VOCAB = 51865 };

static uint64_t seed;
static float noise(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (float)(seed >> 40) / 16777216.f * 2 - 1;
}

/* Blocks of a type whose scales give values of about 0.06; what they hold in v. */
static void blocks(enum moim_dtype type, uint8_t *p, float *v, size_t n)
{
    static const struct {
        int scale, minimum;
        float ratio, size; /* of minimum to scale; of a value at scale 1 */
    } of[MOIM_DTYPE_COUNT] = {[MOIM_Q8_0] = {0, -1, 0, 74},       [MOIM_Q5_0] = {0, -1, 0, 9.2f},
                              [MOIM_Q4_0] = {0, -1, 0, 4.6f},     [MOIM_Q4_1] = {0, 2, -7.5f, 4.6f},
                              [MOIM_Q5_1] = {0, 2, -15.5f, 9.2f}, [MOIM_IQ4_NL] = {0, -1, 0, 68},
                              [MOIM_IQ4_XS] = {0, -1, 0, 1250},   [MOIM_Q4_K] = {0, 2, 7.5f, 240},
                              [MOIM_Q5_K] = {0, 2, 15.5f, 480},   [MOIM_Q6_K] = {208, -1, 0, 1350},
                              [MOIM_Q2_K] = {80, 82, 1.5f, 17},   [MOIM_Q3_K] = {108, -1, 0, 42}};
    size_t each = moim_block_bytes(type), values = moim_block_values(type);
    for (size_t b = 0; b < n / values; b++, p += each) {
        if (values == 1) {
            float x = noise() * 0.1f;
            uint32_t bits;
            memcpy(&bits, &x, 4);
            if (type == MOIM_F16)
                moim_f32_to_f16(p, &x, 1);
            else
                memcpy(p, (uint8_t *)&bits + (type == MOIM_BF16 ? 2 : 0), each);
            continue;
        }
        for (size_t i = 0; i < each; i++) p[i] = (uint8_t)(noise() * 128 + 128);
        float d = 0.06f / of[type].size * (1 + 0.3f * noise()), m = d * of[type].ratio;
        if (type == MOIM_MXFP4)
            p[0] = 120;
        else
            moim_f32_to_f16(p + of[type].scale, &d, 1);
        if (of[type].minimum >= 0) moim_f32_to_f16(p + of[type].minimum, &m, 1);
    }
    moim_dequantize(type, p - n / values * each, n, v);
}

struct writer {
    FILE *f;
    bool plain; /* matrices as f32 */
    enum moim_dtype type;
};

static void put32(FILE *f, uint32_t v)
{
    fwrite(&v, 4, 1, f);
}

static void tensor(struct writer *w, const char *name, int rank, const int *dims, bool matrix, float size,
                   float around)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= (size_t)dims[i];
    enum moim_dtype type = matrix ? w->type : MOIM_F32;
    float *v = malloc(n * sizeof *v);
    uint8_t *p = malloc(moim_row_bytes(type, n));
    if (matrix)
        blocks(type, p, v, n);
    else
        for (size_t i = 0; i < n; i++) v[i] = around + size * noise();
    static const uint32_t ids[MOIM_DTYPE_COUNT] = {
        [MOIM_F32] = 0,     [MOIM_F16] = 1,    [MOIM_BF16] = 30,   [MOIM_Q8_0] = 8,
        [MOIM_Q5_0] = 6,    [MOIM_Q4_0] = 2,   [MOIM_Q4_1] = 3,    [MOIM_Q5_1] = 7,
        [MOIM_IQ4_NL] = 20, [MOIM_MXFP4] = 39, [MOIM_IQ4_XS] = 23, [MOIM_Q4_K] = 12,
        [MOIM_Q5_K] = 13,   [MOIM_Q6_K] = 14,  [MOIM_Q2_K] = 10,   [MOIM_Q3_K] = 11};
    bool as_is = matrix && !w->plain;
    put32(w->f, (uint32_t)rank), put32(w->f, (uint32_t)strlen(name)), put32(w->f, as_is ? ids[type] : 0);
    for (int i = rank - 1; i >= 0; i--) put32(w->f, (uint32_t)dims[i]);
    fputs(name, w->f);
    fwrite(as_is ? (void *)p : (void *)v, 1, as_is ? moim_row_bytes(type, n) : n * sizeof *v, w->f);
    free(v);
    free(p);
}

static void vector(struct writer *w, const char *prefix, const char *name, int n, float around)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    tensor(w, full, 1, &n, false, 0.1f, around);
}

static void linear(struct writer *w, const char *prefix, const char *name, int out, int in, bool bias)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s.weight", prefix, name);
    tensor(w, full, 2, (int[]){out, in}, true, 0, 0);
    snprintf(full, sizeof full, "%s.bias", name);
    if (bias) vector(w, prefix, full, out, 0);
}

static void attention(struct writer *w, const char *block, const char *name)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s%s", block, name);
    vector(w, prefix, "_ln.weight", D, 1);
    vector(w, prefix, "_ln.bias", D, 0);
    linear(w, prefix, ".query", D, D, true);
    linear(w, prefix, ".key", D, D, false);
    linear(w, prefix, ".value", D, D, true);
    linear(w, prefix, ".out", D, D, true);
}

static void side(struct writer *w, bool encoder)
{
    const char *block = encoder ? "encoder.blocks.0." : "decoder.blocks.0.",
               *end = encoder ? "encoder.ln_post" : "decoder.ln";
    tensor(w, encoder ? "encoder.positional_embedding" : "decoder.positional_embedding", 2,
           (int[]){encoder ? AUDIO : TEXT, D}, false, 0.3f, 0);
    attention(w, block, "attn");
    if (!encoder) attention(w, block, "cross_attn");
    vector(w, block, "mlp_ln.weight", D, 1);
    vector(w, block, "mlp_ln.bias", D, 0);
    linear(w, block, "mlp.0", 4 * D, D, true);
    linear(w, block, "mlp.2", D, 4 * D, true);
    vector(w, end, ".weight", D, 1);
    vector(w, end, ".bias", D, 0);
}

/* The largest by far: the same in all, and made once. */
static void embedding(FILE *f)
{
    static const char name[] = "decoder.token_embedding.weight";
    static uint16_t *half;
    if (!half) {
        float row[D];
        half = malloc(VOCAB * D * sizeof *half);
        for (size_t i = 0; i < VOCAB; i++) {
            for (int k = 0; k < D; k++) row[k] = noise() * 0.1f;
            moim_f32_to_f16(half + i * D, row, D);
        }
    }
    put32(f, 2), put32(f, sizeof name - 1), put32(f, 1), put32(f, D), put32(f, VOCAB);
    fputs(name, f);
    fwrite(half, sizeof *half, VOCAB * D, f);
}

static void write_model(const char *path, enum moim_dtype type, bool plain)
{
    struct writer w = {fopen(path, "wb"), plain, type};
    static const float filters[MELS * 201];
    const uint32_t head[] = {0x67676d6c, VOCAB, AUDIO, D, D / 64, 1, TEXT, D, D / 64, 1, MELS, 1, MELS, 201};
    assert_non_null(w.f);
    seed = 16;
    fwrite(head, 4, 14, w.f);
    fwrite(filters, 4, MELS * 201, w.f);
    put32(w.f, 50257);
    for (int i = 0; i < 50257; i++) {
        char text[16];
        uint32_t n = (uint32_t)snprintf(text, sizeof text, "%d", i);
        put32(w.f, n);
        fwrite(text, 1, n, w.f);
    }
    tensor(&w, "encoder.conv1.weight", 3, (int[]){D, MELS, 3}, false, 0.1f, 0);
    vector(&w, "encoder.conv1", ".bias", D, 0);
    tensor(&w, "encoder.conv2.weight", 3, (int[]){D, D, 3}, false, 0.05f, 0);
    vector(&w, "encoder.conv2", ".bias", D, 0);
    side(&w, true);
    side(&w, false);
    embedding(w.f);
    assert_int_equal(fclose(w.f), 0);
}

/* What the network makes of a second of sound: the encoder's output and the first logits. */
static float *run(const char *path, size_t *n_enc)
{
    struct moim_err err = {0};
    struct whisper_model *m;
    struct whisper_encoder enc = {0};
    struct whisper_decoder dec;
    float pcm[16000];
    int path0 = 0;
    assert_ok(whisper_load(&m, path, false, NULL, &err), err);
    for (int i = 0; i < 16000; i++)
        pcm[i] = 0.1f * sinf((float)i * 0.2f) + 0.05f * sinf((float)(i * i % 3000) * 0.01f);
    assert_int_equal(whisper_encode(m, &enc, pcm, 16000, 1), MOIM_OK);
    assert_int_equal(whisper_decoder_init(&dec, m, true), MOIM_OK);
    assert_int_equal(whisper_decoder_begin(&dec, m, enc.out, enc.frames), MOIM_OK);
    struct wrow row = {50258, 0, &path0};
    assert_int_equal(whisper_forward(&dec, m, &row, 1, 0), MOIM_OK);
    *n_enc = (size_t)enc.frames * D;
    float *out = malloc((*n_enc + VOCAB) * sizeof *out);
    memcpy(out, enc.out, *n_enc * sizeof *out);
    memcpy(out + *n_enc, dec.logits.p, VOCAB * sizeof *out);
    assert_true(m->n_align > 0 && m->n_align <= 24);
    whisper_decoder_free(&dec, m);
    whisper_encoder_free(&enc);
    whisper_unload(m);
    return out;
}

static double apart(const float *a, const float *b, size_t n)
{
    double d = 0, size = 0;
    for (size_t i = 0; i < n; i++) d += pow((double)a[i] - (double)b[i], 2), size += pow((double)b[i], 2);
    return sqrt(d / size);
}

static void every_ggml_type_says_what_its_values_say(void **state)
{
    (void)state;
    static const enum moim_dtype types[] = {MOIM_F16,  MOIM_Q8_0,   MOIM_Q5_0,  MOIM_Q5_1, MOIM_Q4_0,
                                            MOIM_Q4_1, MOIM_Q2_K,   MOIM_Q3_K,  MOIM_Q4_K, MOIM_Q5_K,
                                            MOIM_Q6_K, MOIM_IQ4_NL, MOIM_IQ4_XS};
    char path[] = "/tmp/moim-whisper-XXXXXX";
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n, m;
        write_model(path, types[i], true);
        float *want = run(path, &n);
        write_model(path, types[i], false);
        float *got = run(path, &m);
        assert_int_equal(n, m);
        double enc = apart(got, want, n), logits = apart(got + n, want + n, VOCAB);
        /* f16 alone is not multiplied with activations of 8 bits */
        double may = types[i] == MOIM_F16 ? 2e-3 : 0.03;
        if (enc > may || logits > 0.05 || enc != enc)
            fail_msg("%s: the encoder is off by %.4f, the logits by %.4f", moim_dtype_name(types[i]), enc,
                     logits);
        free(want);
        free(got);
    }
    unlink(path);
}

/* Hugging Face's name for a tensor of a ggml file. */
static void other_name(const char *name, char out[128])
{
    static const char *const swaps[][2] = {{"token_embedding", "embed_tokens"},
                                           {"positional_embedding", "embed_positions.weight"},
                                           {"blocks.", "layers."},
                                           {"cross_attn_ln", "encoder_attn_layer_norm"},
                                           {"attn_ln", "self_attn_layer_norm"},
                                           {"mlp_ln", "final_layer_norm"},
                                           {"ln_post", "layer_norm"},
                                           {"decoder.ln", "decoder.layer_norm"},
                                           {".cross_attn.", ".encoder_attn."},
                                           {".attn.", ".self_attn."},
                                           {".query.", ".q_proj."},
                                           {".key.", ".k_proj."},
                                           {".value.", ".v_proj."},
                                           {".out.", ".out_proj."},
                                           {"mlp.0", "fc1"},
                                           {"mlp.2", "fc2"}};
    snprintf(out, 128, "model.%s", name);
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        char *at = strstr(out, swaps[i][0]), rest[128];
        if (!at || (at > out && i == 4 && at[-1] == '_'))
            continue; /* encoder_attn_layer_norm holds no second one */
        snprintf(rest, sizeof rest, "%s", at + strlen(swaps[i][0]));
        snprintf(at, (size_t)(out + 128 - at), "%s%s", swaps[i][1], rest);
    }
}

static size_t put_entry(FILE *f, const struct moim_tensor *t, const char *name, size_t at)
{
    fprintf(f, "\"%s\":{\"dtype\":\"%s\",\"shape\":[", name,
            t->type == MOIM_F16    ? "F16"
            : t->type == MOIM_BF16 ? "BF16"
                                   : "F32");
    for (int i = 0; i < t->rank; i++) fprintf(f, "%s%llu", i ? "," : "", (unsigned long long)t->dims[i]);
    fprintf(f, "],\"data_offsets\":[%zu,%zu]},", at, at + t->bytes);
    return at + t->bytes;
}

/* The same tensors in dir as Hugging Face keeps them. extra: a name of one tensor more, a copy of the embedding; or NULL. */
static void write_folder(const char *dir, const char *ggml, const char *extra)
{
    struct moim_err err = {0};
    struct moim_weights *w;
    char path[128], name[128], *header;
    size_t at = 0, length;
    assert_ok(moim_ggml_open(&w, ggml, &err), err);
    const struct moim_tensor *embed = moim_weights_find(w, "decoder.token_embedding.weight");
    FILE *h = open_memstream(&header, &length);
    fputs("{\"__metadata__\":{\"format\":\"pt\"},", h);
    for (size_t i = 0; i < moim_weights_count(w); i++) {
        other_name(moim_weights_at(w, i)->name, name);
        at = put_entry(h, moim_weights_at(w, i), name, at);
    }
    if (extra) put_entry(h, embed, extra, at);
    fclose(h);
    header[length - 1] = '}';
    snprintf(path, sizeof path, "%s/model.safetensors", dir);
    FILE *f = fopen(path, "wb");
    uint64_t n = length;
    fwrite(&n, 8, 1, f);
    fwrite(header, 1, length, f);
    for (size_t i = 0; i < moim_weights_count(w); i++)
        fwrite(moim_weights_at(w, i)->data, 1, moim_weights_at(w, i)->bytes, f);
    if (extra) fwrite(embed->data, 1, embed->bytes, f);
    assert_int_equal(fclose(f), 0);
    free(header);
    moim_weights_close(w);
    snprintf(path, sizeof path, "%s/vocab.json", dir);
    f = fopen(path, "w");
    for (int i = 0; i < 50257; i++) fprintf(f, "%s\"%d\":%d", i ? "," : "{", i, i);
    fputs("}", f);
    fclose(f);
}

static void remove_folder(const char *dir)
{
    char path[128];
    snprintf(path, sizeof path, "%s/vocab.json", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.safetensors", dir);
    unlink(path);
    rmdir(dir);
}

static void safetensors_say_what_ggml_says(void **state)
{
    (void)state;
    static const enum moim_dtype types[] = {MOIM_F32, MOIM_F16, MOIM_BF16};
    char path[] = "/tmp/moim-whisper-XXXXXX", dir[] = "/tmp/moim-whisper-XXXXXX", file[128];
    close(mkstemp(path));
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/model.safetensors", dir);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n, m;
        write_model(path, types[i], false);
        float *want = run(path, &n);
        write_folder(dir, path, i ? NULL : "proj_out.weight");
        float *got = run(i == 1 ? file : dir, &m);
        assert_int_equal(n, m);
        assert_memory_equal(got, want, (n + VOCAB) * sizeof *want);
        free(want);
        free(got);
    }
    struct moim_err err = {0};
    struct whisper_model *model;
    write_folder(dir, path, "model.encoder.layers.0.adapter.weight");
    assert_int_equal(whisper_load(&model, dir, false, NULL, &err), MOIM_EUNSUP);
    assert_non_null(strstr(err.msg, "tensor encoder.layers.0.adapter.weight belongs to no network"));
    snprintf(file, sizeof file, "%s/vocab.json", dir);
    unlink(file);
    write_folder(dir, path, NULL);
    unlink(file);
    assert_int_equal(whisper_load(&model, dir, false, NULL, &err), MOIM_ENOENT);
    assert_non_null(strstr(err.msg, "vocab.json"));
    remove_folder(dir);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_ggml_type_says_what_its_values_say),
                                       cmocka_unit_test(safetensors_say_what_ggml_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
