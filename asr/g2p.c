/* letters [T] -> embedding [80]; + depthwise conv k=5, pointwise 80; norm
 *     -> two bidirectional GRU layers of 96; + residual 80 -> 192; norm = memory [T][192]; keys 192 -> 96
 *     -> bridge: each layer's last states, 192 -> 96, tanh = the decoder's first states
 * each step: last phoneme's embedding [80] -> two GRU layers of 96; + residual 80 -> 96; norm = query
 *     -> energy(tanh(query + key + location(last attention))) - 0.1 |position - last expected position|
 *     -> context of memory; norm; [query; context] 288 -> 96, tanh, norm, 80, 189 -> best */
#include "asr/g2p.h"
#include "asr/netload.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EMBED 80
#define HIDDEN 96
#define MEMORY (2 * HIDDEN)
#define GATES (3 * HIDDEN) /* update, reset, new */
#define LETTERS 19750
#define SYMBOLS MOIM_G2P_SYMBOLS
#define MAX_LETTERS 128
#define LOCATION 16
#define LOCATION_TAPS 11
#define PULL 0.0999755859375f /* 0.1 in half precision: how attention is held to where it was */

enum { PAD, SOS, EOS, UNK }; /* of the phonemes; of the letters only PAD and 1 for the unknown */

struct gru {
    const float *b;     /* [2][GATES]: input's, state's */
    const float *w, *r; /* [GATES][in], [GATES][HIDDEN] */
    int in;
};

struct norm {
    const float *w, *b;
};

struct moim_g2p {
    struct moim_netload net[2];
    char **letter, **ipa;
    int n_letters, n_ipa;
    int *by_letter; /* letters sorted, for look-up */
    const float *embed, *depth, *point, *key, *residual, *bridge_w, *bridge_b;
    struct norm front, memory;
    struct gru layer[2][2]; /* [layer][direction] */
    const float *out_embed, *location, *location_proj, *query, *energy, *state_residual;
    const float *mix_w, *mix_b, *out1_w, *out1_b, *out2;
    struct norm state, context, fusion;
    struct gru step[2];
};

/* ---- loading ---- */

#define TAKE(net, w, list) moim_netload_take(net, w, list, sizeof list / sizeof *list, err)

static int load_encoder(struct moim_g2p *g, const struct moim_weights *w, struct moim_err *err)
{
    const float *gru[2][3];
    const struct moim_wanted list[] = {
        {&g->embed, "model.encoder_embedding.weight", 2, {LETTERS, EMBED}},
        {&g->depth, "model.frontend.depthwise.weight", 3, {EMBED, 1, 5}},
        {&g->point, "model.frontend.pointwise.weight", 3, {EMBED, EMBED, 1}},
        {&g->front.w, "model.frontend.norm.weight", 1, {EMBED}},
        {&g->front.b, "model.frontend.norm.bias", 1, {EMBED}},
        {&g->memory.w, "model.encoder_out_norm.weight", 1, {MEMORY}},
        {&g->memory.b, "model.encoder_out_norm.bias", 1, {MEMORY}},
        {&g->bridge_w, "model.bridge.weight", 2, {HIDDEN, MEMORY}},
        {&g->bridge_b, "model.bridge.bias", 1, {HIDDEN}},
        {&gru[0][0], "onnx::GRU_483", 2, {2, 2 * GATES}},
        {&gru[0][1], "onnx::GRU_484", 3, {2, GATES, EMBED}},
        {&gru[0][2], "onnx::GRU_485", 3, {2, GATES, HIDDEN}},
        {&gru[1][0], "onnx::GRU_526", 2, {2, 2 * GATES}},
        {&gru[1][1], "onnx::GRU_527", 3, {2, GATES, MEMORY}},
        {&gru[1][2], "onnx::GRU_528", 3, {2, GATES, HIDDEN}},
        {&g->residual, "onnx::MatMul_532", 2, {EMBED, MEMORY}},
        {&g->key, "onnx::MatMul_539", 2, {MEMORY, HIDDEN}},
    };
    int rc = TAKE(&g->net[0], w, list);
    for (int l = 0; !rc && l < 2; l++)
        for (int d = 0; d < 2; d++) {
            int in = l ? MEMORY : EMBED;
            g->layer[l][d] = (struct gru){gru[l][0] + d * 2 * GATES, gru[l][1] + d * GATES * in,
                                          gru[l][2] + d * GATES * HIDDEN, in};
        }
    return rc;
}

static int load_decoder(struct moim_g2p *g, const struct moim_weights *w, struct moim_err *err)
{
    struct gru *a = &g->step[0], *b = &g->step[1];
    const struct moim_wanted list[] = {
        {&g->out_embed, "model.decoder_embedding.weight", 2, {SYMBOLS, EMBED}},
        {&g->location, "model.attention.location_conv.weight", 3, {LOCATION, 1, LOCATION_TAPS}},
        {&g->mix_w, "model.context_proj.weight", 2, {HIDDEN, HIDDEN + MEMORY}},
        {&g->mix_b, "model.context_proj.bias", 1, {HIDDEN}},
        {&g->state.w, "model.decoder_state_norm.weight", 1, {HIDDEN}},
        {&g->state.b, "model.decoder_state_norm.bias", 1, {HIDDEN}},
        {&g->context.w, "model.context_norm.weight", 1, {MEMORY}},
        {&g->context.b, "model.context_norm.bias", 1, {MEMORY}},
        {&g->fusion.w, "model.fusion_norm.weight", 1, {HIDDEN}},
        {&g->fusion.b, "model.fusion_norm.bias", 1, {HIDDEN}},
        {&g->out1_w, "model.output_in_proj.weight", 2, {EMBED, HIDDEN}},
        {&g->out1_b, "model.output_in_proj.bias", 1, {EMBED}},
        {&a->w, "onnx::GRU_279", 3, {1, GATES, EMBED}},
        {&a->r, "onnx::GRU_280", 3, {1, GATES, HIDDEN}},
        {&a->b, "onnx::GRU_281", 2, {1, 2 * GATES}},
        {&b->w, "onnx::GRU_299", 3, {1, GATES, HIDDEN}},
        {&b->r, "onnx::GRU_300", 3, {1, GATES, HIDDEN}},
        {&b->b, "onnx::GRU_301", 2, {1, 2 * GATES}},
        {&g->state_residual, "onnx::MatMul_302", 2, {EMBED, HIDDEN}},
        {&g->query, "onnx::MatMul_303", 2, {HIDDEN, HIDDEN}},
        {&g->location_proj, "onnx::MatMul_304", 2, {LOCATION, HIDDEN}},
        {&g->energy, "onnx::MatMul_305", 2, {HIDDEN, 1}},
        {&g->out2, "onnx::MatMul_306", 2, {EMBED, SYMBOLS}},
    };
    a->in = EMBED;
    b->in = HIDDEN;
    return TAKE(&g->net[1], w, list);
}

static int by_text(const void *a, const void *b, void *letters)
{
    char **l = letters;
    return strcmp(l[*(const int *)a], l[*(const int *)b]);
}

static int load_vocab(struct moim_g2p *g, const char *path, struct moim_err *err)
{
    int rc = moim_netload_strings(path, "encoder", LETTERS, &g->letter, &g->n_letters, err);
    if (!rc) rc = moim_netload_strings(path, "decoder", SYMBOLS, &g->ipa, &g->n_ipa, err);
    if (!rc && (g->n_letters != LETTERS || g->n_ipa != SYMBOLS || strcmp(g->ipa[SOS], "<sos>") ||
                strcmp(g->ipa[EOS], "<eos>")))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: not the vocabulary of these nets", path);
    if (rc) return rc;
    g->by_letter = malloc(sizeof *g->by_letter * LETTERS);
    if (!g->by_letter) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    for (int i = 0; i < LETTERS; i++) g->by_letter[i] = i;
    qsort_r(g->by_letter, LETTERS, sizeof *g->by_letter, by_text, g->letter);
    return MOIM_OK;
}

int moim_g2p_open(struct moim_g2p **out, const char *encoder, const char *decoder, const char *vocab,
                  struct moim_err *err)
{
    *out = NULL;
    struct moim_g2p *g = calloc(1, sizeof *g);
    if (!g) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", encoder);
    int rc = load_vocab(g, vocab, err);
    for (int i = 0; !rc && i < 2; i++) {
        struct moim_weights *w;
        if ((rc = moim_hama_open(&w, i ? decoder : encoder, err))) break;
        rc = moim_netload_begin(&g->net[i], w, 0, err);
        if (!rc) rc = i ? load_decoder(g, w, err) : load_encoder(g, w, err);
        moim_weights_close(w);
    }
    if (rc) {
        moim_g2p_close(g);
        return rc;
    }
    *out = g;
    return MOIM_OK;
}

void moim_g2p_close(struct moim_g2p *g)
{
    if (!g) return;
    free(g->net[0].values);
    free(g->net[1].values);
    free(g->letter);
    free(g->ipa);
    free(g->by_letter);
    free(g);
}

const char *moim_g2p_ipa(const struct moim_g2p *g, int id)
{
    return id >= 0 && id < SYMBOLS ? g->ipa[id] : "";
}

int moim_g2p_id(const struct moim_g2p *g, const char *ipa)
{
    for (int i = 0; i < SYMBOLS; i++)
        if (!strcmp(g->ipa[i], ipa)) return i;
    return -1;
}

/* ---- letters ---- */

static int letter_id(const struct moim_g2p *g, const char *s)
{
    int lo = 0, hi = LETTERS - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2, c = strcmp(s, g->letter[g->by_letter[mid]]);
        if (!c) return g->by_letter[mid];
        if (c < 0)
            hi = mid - 1;
        else
            lo = mid + 1;
    }
    return 1; /* <unk> */
}

/* One character of well-formed UTF-8; malformed bytes count one each as U+FFFD. */
static uint32_t next_char(const unsigned char **s)
{
    const unsigned char *p = *s;
    int more = p[0] < 0x80                   ? 0
               : p[0] >= 0xC2 && p[0] < 0xE0 ? 1
               : (p[0] & 0xF0) == 0xE0       ? 2
               : (p[0] & 0xF8) == 0xF0       ? 3
                                             : -1;
    uint32_t c = more <= 0 ? p[0] : p[0] & (0x3Fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            more = -1;
        else
            c = c << 6 | (p[i] & 0x3Fu);
    }
    *s += more > 0 ? more + 1 : 1;
    return more < 0 ? 0xFFFD : c;
}

static int add_letter(const struct moim_g2p *g, uint32_t c, int *ids, int n)
{
    char s[5] = {0};
    if (n >= MAX_LETTERS) return n + 1;
    if (c < 0x80) {
        s[0] = (char)c;
    } else if (c < 0x800) {
        s[0] = (char)(0xC0 | c >> 6);
        s[1] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        s[0] = (char)(0xE0 | c >> 12);
        s[1] = (char)(0x80 | (c >> 6 & 0x3F));
        s[2] = (char)(0x80 | (c & 0x3F));
    } else {
        s[0] = (char)(0xF0 | c >> 18);
        s[1] = (char)(0x80 | (c >> 12 & 0x3F));
        s[2] = (char)(0x80 | (c >> 6 & 0x3F));
        s[3] = (char)(0x80 | (c & 0x3F));
    }
    ids[n] = letter_id(g, s);
    return n + 1;
}

/* Hangul syllables become their two or three jamo; Latin and Latin-1 letters are lowered. */
static int read_letters(const struct moim_g2p *g, const char *word, int *ids)
{
    int n = 0;
    for (const unsigned char *s = (const unsigned char *)word; *s;) {
        uint32_t c = next_char(&s);
        if (c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || c == 0x3000) continue;
        if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) c += 32;
        if (c >= 0xAC00 && c < 0xD7A4) {
            uint32_t k = c - 0xAC00;
            n = add_letter(g, 0x1100 + k / 588, ids, n);
            n = add_letter(g, 0x1161 + k % 588 / 28, ids, n);
            if (k % 28) n = add_letter(g, 0x11A7 + k % 28, ids, n);
        } else {
            n = add_letter(g, c, ids, n);
        }
    }
    return n;
}

/* ---- the nets ---- */

/* y = W[rows][cols] x (+ b) */
static void by_rows(float *y, const float *w, const float *b, const float *x, int rows, int cols)
{
    for (int i = 0; i < rows; i++)
        y[i] = moim_dot(w + (size_t)i * (size_t)cols, x, (size_t)cols) + (b ? b[i] : 0);
}

/* y = x W[rows][cols], a row of W for each value of x */
static void by_cols(float *y, const float *w, const float *x, int rows, int cols)
{
    memset(y, 0, sizeof *y * (size_t)cols);
    for (int i = 0; i < rows; i++) moim_axpy(y, x[i], w + (size_t)i * (size_t)cols, (size_t)cols);
}

static void normalize(float *x, const struct norm *n, size_t size)
{
    moim_layernorm(x, x, n->w, n->b, size, 1e-5f);
}

/* h = (1 - z) tanh(Wx + r (Rh)) + z h */
static void gru(const struct gru *g, const float *x, float *h)
{
    float in[GATES], st[GATES], next[HIDDEN];
    by_rows(in, g->w, g->b, x, GATES, g->in);
    by_rows(st, g->r, g->b + GATES, h, GATES, HIDDEN);
    for (int i = 0; i < 2 * HIDDEN; i++) in[i] += st[i];
    moim_sigmoid(in, 2 * HIDDEN);
    for (int i = 0; i < HIDDEN; i++) next[i] = in[2 * HIDDEN + i] + in[HIDDEN + i] * st[2 * HIDDEN + i];
    moim_tanh(next, HIDDEN);
    for (int i = 0; i < HIDDEN; i++) h[i] = (1 - in[i]) * next[i] + in[i] * h[i];
}

struct run {
    int t;
    float *front;  /* [t][EMBED] */
    float *first;  /* [t][MEMORY] */
    float *memory; /* [t][MEMORY] */
    float *key;    /* [t][HIDDEN] */
    float *attn;   /* [LOCATION_TAPS / 2 + t + LOCATION_TAPS / 2], zeros at both ends */
    float state[2][HIDDEN];
};

static void front_end(const struct moim_g2p *g, const int *ids, struct run *r)
{
    for (int i = 0; i < r->t; i++) {
        float mid[EMBED], *y = r->front + i * EMBED;
        memset(mid, 0, sizeof mid);
        for (int k = 0; k < 5; k++) {
            int at = i + k - 2;
            if (at < 0) continue;
            /* Behind the word lies padding, which has an embedding like any letter. */
            const float *e = g->embed + (size_t)(at < r->t ? ids[at] : PAD) * EMBED;
            for (int c = 0; c < EMBED; c++) mid[c] += g->depth[c * 5 + k] * e[c];
        }
        by_rows(y, g->point, g->embed + (size_t)ids[i] * EMBED, mid, EMBED, EMBED);
        normalize(y, &g->front, EMBED);
    }
}

static void encode(const struct moim_g2p *g, const int *ids, struct run *r)
{
    front_end(g, ids, r);
    for (int l = 0; l < 2; l++) {
        float h[2][HIDDEN] = {{0}};
        float *y = l ? r->memory : r->first;
        for (int d = 0; d < 2; d++)
            for (int i = 0; i < r->t; i++) {
                int at = d ? r->t - 1 - i : i;
                gru(&g->layer[l][d], l ? r->first + at * MEMORY : r->front + at * EMBED, h[d]);
                memcpy(y + at * MEMORY + d * HIDDEN, h[d], sizeof h[d]);
            }
        by_rows(r->state[l], g->bridge_w, g->bridge_b, h[0], HIDDEN, MEMORY);
        moim_tanh(r->state[l], HIDDEN);
    }
    for (int i = 0; i < r->t; i++) {
        float more[MEMORY], *m = r->memory + i * MEMORY;
        by_cols(more, g->residual, r->front + i * EMBED, EMBED, MEMORY);
        moim_axpy(m, 1, more, MEMORY);
        normalize(m, &g->memory, MEMORY);
        by_cols(r->key + i * HIDDEN, g->key, m, MEMORY, HIDDEN);
    }
}

/* attn [t] <- the next attention, given the query and the last attention */
static void attend(const struct moim_g2p *g, struct run *r, const float *query)
{
    float *attn = r->attn + LOCATION_TAPS / 2, energy[MAX_LETTERS], expected = 0;
    for (int i = 0; i < r->t; i++) expected += attn[i] * (float)i;
    for (int i = 0; i < r->t; i++) {
        float where[LOCATION], e[HIDDEN];
        by_rows(where, g->location, NULL, attn + i - LOCATION_TAPS / 2, LOCATION, LOCATION_TAPS);
        by_cols(e, g->location_proj, where, LOCATION, HIDDEN);
        for (int k = 0; k < HIDDEN; k++) e[k] += query[k] + r->key[i * HIDDEN + k];
        moim_tanh(e, HIDDEN);
        energy[i] = moim_dot(e, g->energy, HIDDEN) - PULL * fabsf((float)i - expected);
    }
    moim_softmax(energy, (size_t)r->t);
    memcpy(attn, energy, sizeof *attn * (size_t)r->t);
}

static int best_symbol(const struct moim_g2p *g, struct run *r, int last)
{
    const float *e = g->out_embed + last * EMBED;
    float both[HIDDEN + MEMORY], *state = both, *context = both + HIDDEN, query[HIDDEN];
    gru(&g->step[0], e, r->state[0]);
    gru(&g->step[1], r->state[0], r->state[1]);
    by_cols(state, g->state_residual, e, EMBED, HIDDEN);
    moim_axpy(state, 1, r->state[1], HIDDEN);
    normalize(state, &g->state, HIDDEN);
    by_cols(query, g->query, state, HIDDEN, HIDDEN);
    attend(g, r, query);
    memset(context, 0, sizeof *context * MEMORY);
    for (int i = 0; i < r->t; i++)
        moim_axpy(context, r->attn[LOCATION_TAPS / 2 + i], r->memory + i * MEMORY, MEMORY);
    normalize(context, &g->context, MEMORY);
    float mix[HIDDEN], low[EMBED], logit[SYMBOLS];
    by_rows(mix, g->mix_w, g->mix_b, both, HIDDEN, HIDDEN + MEMORY);
    moim_tanh(mix, HIDDEN);
    normalize(mix, &g->fusion, HIDDEN);
    by_rows(low, g->out1_w, g->out1_b, mix, EMBED, HIDDEN);
    by_cols(logit, g->out2, low, EMBED, SYMBOLS);
    int best = 0;
    for (int i = 1; i < SYMBOLS; i++)
        if (logit[i] > logit[best]) best = i;
    return best;
}

int moim_g2p_word(const struct moim_g2p *g, const char *word, uint8_t *ids, int *n, struct moim_err *err)
{
    int letters[MAX_LETTERS];
    struct run r = {.t = read_letters(g, word, letters)};
    *n = 0;
    if (r.t < 1 || r.t > MAX_LETTERS) return moim_fail(err, MOIM_EINVAL, "g2p: a word of %d letters", r.t);
    size_t t = (size_t)r.t;
    float *scratch = calloc(t * (EMBED + 2 * MEMORY + HIDDEN + 1) + LOCATION_TAPS, sizeof *scratch);
    if (!scratch) return moim_fail(err, MOIM_ENOMEM, "g2p: out of memory");
    r.front = scratch;
    r.first = r.front + t * EMBED;
    r.memory = r.first + t * MEMORY;
    r.key = r.memory + t * MEMORY;
    r.attn = r.key + t * HIDDEN;
    encode(g, letters, &r);
    for (int i = 0; i < r.t; i++) r.attn[LOCATION_TAPS / 2 + i] = 1 / (float)r.t;
    for (int step = 0, last = SOS; step < MOIM_G2P_MAX_PHONEMES; step++) {
        last = best_symbol(g, &r, last);
        if (last == EOS) break;
        if (last != PAD && !(last == SOS && *n == 0)) ids[(*n)++] = (uint8_t)last;
    }
    free(scratch);
    return MOIM_OK;
}
