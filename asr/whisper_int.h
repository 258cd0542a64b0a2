/* Inside of the Whisper recogniser: shared by asr/whisper_*.c and their tests only. */
#ifndef MOIM_ASR_WHISPER_INT_H
#define MOIM_ASR_WHISPER_INT_H

#include "asr/whisper.h"
#include "audio/mel.h"
#include "nn/matmul.h"
#include "nn/weights.h"

#include <stdbool.h>

#define HEAD 64        /* values per attention head, in every Whisper */
#define MAX_PROMPT 223 /* tokens of context, half the window less one, as in the reference */

struct whisper_dims {
    int mels, audio_ctx, d, audio_heads, audio_layers, text_ctx, text_heads, text_layers, vocab;
};

/* Ids of special tokens; they follow the text tokens in one fixed order. */
struct whisper_ids {
    int eot, sot, lang0, n_langs, translate, transcribe, prev, no_speech, no_timestamps, time0;
};

struct wlin {
    struct moim_weight *w; /* [out, in] */
    float *b;              /* [out] or NULL */
};
struct wnorm {
    float *g, *b; /* [d] */
};
struct wattn {
    struct wnorm ln;
    struct wlin q, k, v, o; /* [d, d] each */
};
struct wblock {
    struct wattn self, cross; /* cross in the decoder only */
    struct wnorm ln;
    struct wlin up, down; /* [4d, d], [d, 4d] */
};

/* Token texts (raw bytes) and the byte-pair encoder over them. */
struct whisper_vocab {
    char *bytes;
    uint32_t *start; /* [n + 1] */
    int n;
    int32_t *hash; /* id + 1 by text */
    uint32_t mask;
};

struct whisper_model {
    struct moim_weights *file;
    struct moim_pool *pool;
    struct moim_matmul_ws *ws;
    struct whisper_dims dims;
    struct whisper_ids ids;
    struct wlin conv1, conv2; /* weights re-ordered to [out][3][in] */
    float *enc_pos, *dec_pos; /* [audio_ctx][d], [text_ctx][d] */
    struct wblock *enc, *dec;
    struct wnorm enc_ln, dec_ln;
    struct moim_weight *project;     /* [vocab, d]: the embedding, used as output layer */
    const struct moim_tensor *embed; /* [vocab, d] as in the file */
    uint8_t *align;                  /* [text_layers][text_heads] 1: head follows the sound */
    int n_align;
    struct whisper_vocab words;
    uint8_t *suppress; /* [vocab] 1: never, 2: not as the first token, 4: a figure, 8: not Korean script */
    struct moim_mel *mel;
};

/* A buffer that grows when asked and never shrinks. */
struct wbuf {
    float *p;
    size_t n;
};
int whisper_need(struct wbuf *b, size_t n); /* MOIM_OK or MOIM_ENOMEM */

/* lean: the encoder's weights in 8 bits too, a quarter of their memory for 0.7 points of CER. */
int whisper_load(struct whisper_model **out, const char *path, bool lean, struct moim_pool *pool,
                 struct moim_err *err);
void whisper_unload(struct whisper_model *m);
/* The name that whisper.cpp's files give a tensor of Hugging Face's Whisper: a constant, or written to out; any other name as it
 * is, but for "model." before it. */
const char *whisper_reference_name(const char *name, char out[128]);
/* whisper_heads.c: fills m->align, from config.json in dir, the model's shape, or the upper half of its layers. */
void whisper_alignment_heads(struct whisper_model *m, const char *dir);

/* whisper_tokenizer.c */
int whisper_vocab_file(struct whisper_vocab *v, const char *dir, int n, struct moim_err *err);
int whisper_vocab_meta(struct whisper_vocab *v, const struct moim_weights *w, int n, struct moim_err *err);
void whisper_vocab_free(struct whisper_vocab *v);
const char *whisper_token(const struct whisper_vocab *v, int id, size_t *len);
int whisper_tokenize(const struct whisper_vocab *v, const char *text, int *ids, int max); /* count */
/* Bits of whisper_model.suppress for tokens below eot, by the reference's list of non-speech symbols. */
void whisper_suppress(const struct whisper_vocab *v, int eot, uint8_t *suppress);
int whisper_lang_index(const char *code); /* -1 if unknown */
const char *whisper_lang_code(int index);

/* whisper_encoder.c: row-wise helpers and the encoder. */
struct whisper_encoder {
    struct wbuf pcm, mel, a, b, x, h, q, k, v, kt, att, ff;
    int frames; /* T of the last run */
    float *out; /* [T][d] */
};
void whisper_encoder_free(struct whisper_encoder *e);
void whisper_norm_rows(struct moim_pool *pool, float *y, const float *x, const struct wnorm *ln, int n,
                       int d);
void whisper_gelu_rows(struct moim_pool *pool, float *x, int n, int d);
int whisper_linear(const struct whisper_model *m, const struct wlin *l, const float *x, int n, float *y);
/* log-mel as the reference: e->mel [frames][mels], frames = 2T. */
int whisper_logmel(const struct whisper_model *m, struct whisper_encoder *e, const float *pcm, size_t n,
                   double margin, int *frames);
int whisper_encode(const struct whisper_model *m, struct whisper_encoder *e, const float *pcm, size_t n,
                   double margin);

/* whisper_decoder.c: the network of the decoder over a tree of nodes. A node is one token at one position;
 * its keys, values and cross-attention are kept; a row's path lists its ancestors and itself. */
struct wrow {
    int token, pos;
    const int *path; /* [pos + 1] nodes, path[pos] is this row's own */
};
struct whisper_decoder {
    uint16_t **cross_k,
        **cross_v; /* f16 [layers] each [d][T16], T16 being T rounded up to 16, and [heads][T][HEAD] */
    size_t cross_cap;
    uint16_t **k, **v; /* f16 [layers] each [cap][d] */
    float *att;        /* [cap][n_align][T] cross-attention of the alignment heads, if it is wanted */
    bool attentive;    /* it is */
    int cap, nodes, frames;
    int hear_from, hear_to; /* frames that rows listen to; 0, 0: all */
    struct wbuf x, h, q, y, ff, scores, self, logits, keys,
        turned; /* turned: [threads][HEAD][T16] when used */
};
int whisper_decoder_init(struct whisper_decoder *s, const struct whisper_model *m, bool attentive);
void whisper_decoder_free(struct whisper_decoder *s, const struct whisper_model *m);
/* Projects the encoder's output for cross-attention and forgets all nodes. */
int whisper_decoder_begin(struct whisper_decoder *s, const struct whisper_model *m, const float *enc,
                          int frames);
/* Runs n rows; logits of rows [from, n) into s->logits [n - from][vocab]. */
int whisper_forward(struct whisper_decoder *s, const struct whisper_model *m, const struct wrow *rows, int n,
                    int from);

/* whisper_bias.c: a trie of vocabulary words over tokens. A hypothesis is at one of its nodes; 0 is the root.
 */
struct whisper_bias;
int whisper_bias_new(struct whisper_bias **out, const struct whisper_vocab *v,
                     const struct moim_vocab_word *words, int n, float bonus);
void whisper_bias_free(struct whisper_bias *b);
/* Bonus that token earns at node, or gives back where it breaks a word off; *next is the node after it. 0 for
 * NULL b. */
float whisper_bias_step(const struct whisper_bias *b, int node, int token, int *next);
/* Tokens that would earn a bonus at node; returns their number, at most max. */
int whisper_bias_tokens(const struct whisper_bias *b, int node, int *tokens, int max);

/* whisper_beam.c */
struct whisper_hyp {
    int n;        /* tokens of text and times, without <|endoftext|> */
    int *tokens;  /* [text_ctx] */
    float *lp;    /* [text_ctx + 1] log-probability of each, then that of the end */
    int *path;    /* [text_ctx] nodes of prefix and tokens */
    double sum;   /* log-probability, end included */
    double bonus; /* of vocabulary words */
    double score; /* what ranks */
    bool ended;
    int bias;         /* node of the vocabulary trie */
    uint64_t letters; /* hash of its letters so far, signs and (in Korean) gaps left out */
};
struct whisper_search {
    int beam, max_new, prefix; /* prefix: tokens before the text */
    int ensemble_passes;       /* encodings of the sound, whose logits are averaged; 0 means 1 */
    const int *prefix_tokens;
    float temperature; /* 0: beam search; else independent samples */
    float length_penalty;
    float prune; /* nats */
    uint64_t seed;
    const struct whisper_bias *bias;
    bool timed;                     /* sentences end with a time, as <|0.00|> at the prefix's end asks for */
    bool spoken_numbers;            /* no figures */
    bool hangul;                    /* no kana, no Chinese characters */
    int frame0, frames;             /* of the sound itself; alignment looks no further */
    const struct whisper_hyp *from; /* go on after its first `given` tokens instead of the prefix, or NULL */
    int given;
    bool may_end;    /* with from: nothing need follow */
    bool signs;      /* with from: so does a sentence's sign, */
    double heard;    /* ... where the text listens from this second on */
    int close;       /* with from: a closing time from this token on ends the text, too */
    int sot;         /* position of <|startoftranscript|> in the prefix */
    float no_speech; /* out */
};
struct whisper_beams {
    struct whisper_hyp store[3 * MOIM_WHISPER_MAX_BEAM];
    struct whisper_hyp *active[MOIM_WHISPER_MAX_BEAM], *next[MOIM_WHISPER_MAX_BEAM],
        *done[MOIM_WHISPER_MAX_BEAM];
    int n_active, n_done; /* done: best first */
};
int whisper_beams_init(struct whisper_beams *b, const struct whisper_model *m);
void whisper_beams_free(struct whisper_beams *b);
/* Rules out what may not come next: symbols of no speech, and at the first place the end. */
void whisper_mask(const struct whisper_model *m, const struct whisper_search *p, float *logits, bool first);
/* What h says after its first `given` tokens, as a hypothesis of its own; it borrows h's memory. */
struct whisper_hyp whisper_tail(const struct whisper_hyp *h, int given);
/* s[ensemble_passes]: one decoder for each encoding; hypotheses' paths and cross-attention are those of s[0]. */
int whisper_search(struct whisper_beams *b, struct whisper_decoder *s, const struct whisper_model *m,
                   struct whisper_search *p);
/* whisper_forward by every view; their mean logits into s[0].logits. A mean of logits is, after
 * normalisation, the geometric mean of the passes' probabilities. */
int whisper_forward_ensemble(struct whisper_decoder *s, const struct whisper_model *m,
                             const struct wrow *rows, int n, int from, int ensemble_passes);
/* Forgets all nodes and runs p's prompt; logits of the rows from p->sot on into s[0]. path[p->prefix]: its nodes. Sets
 * p->no_speech, which is what <|startoftranscript|> gives. */
int whisper_run_prompt(struct whisper_decoder *s, const struct whisper_model *m, struct whisper_search *p,
                       int *path);
/* letters of a hypothesis after text[len]. */
uint64_t whisper_letters(uint64_t letters, const char *text, size_t len, bool gaps);
/* Whether a token's text is a sentence's end. */
bool whisper_sentence_sign(const char *text, size_t len);
/* True when tokens repeat themselves as a stuck decoder does. */
bool whisper_repeats_tokens(const int *tokens, int n);

/* whisper_align.c: start and end seconds of each text token of h. */
int whisper_align(const struct whisper_decoder *s, const struct whisper_model *m, const struct whisper_hyp *h,
                  const struct whisper_search *p, double *start, double *end);
/* Where in the sound of so many seconds h listens at its end: a text that breaks off stays behind. */
double whisper_coverage_end(const struct whisper_decoder *s, const struct whisper_model *m,
                            const struct whisper_hyp *h, const struct whisper_search *p, double seconds);
/* True when h says the same tokens twice running and listens to the same sound both times. */
bool whisper_repeats_audio(const struct whisper_decoder *s, const struct whisper_model *m,
                           const struct whisper_hyp *h, const struct whisper_search *p);

/* True when a good part of h listens to sound that h has been through already: it says things again, if not
 * in the same tokens. */
bool whisper_attends_backwards(const struct whisper_decoder *s, const struct whisper_model *m,
                               const struct whisper_hyp *h, const struct whisper_search *p);

/* whisper_asr.c, for whisper_long.c */
struct whisper_recogniser {
    struct whisper_model *m;
    struct whisper_encoder enc;
    struct whisper_decoder dec[MOIM_WHISPER_MAX_PASSES];
    struct wbuf sound; /* of a view that is not the sound itself */
    struct whisper_beams beams;
    struct whisper_hyp best; /* [text_ctx] of a window, while its sentences are searched again */
    struct moim_whisper_tuning tune;
    double *start, *end; /* [text_ctx] scratch of alignment */
    uint64_t heard;      /* mark of the sound that enc and dec[0] hold, 0: none */
    int sound_frames;    /* of it, without the silence after it */
    bool unspaced;       /* the language at hand is written without spaces */
};
/* whisper_language.c: whether the model knows more than English; the index of the language that is asked for, or
 * that the sound is in. */
bool whisper_multilingual(const struct whisper_model *m);
int whisper_choose_language(struct whisper_recogniser *r, const struct moim_asr_options *opt, int *lang,
                            struct moim_err *err);
/* Encodes pcm[n] as the first pass hears it, unless that is what was encoded last. */
int whisper_listen(struct whisper_recogniser *r, const float *pcm, size_t n);
/* Encodes pcm[n] and fills p and its prefix ids[MAX_PROMPT + 8]; *bias is the caller's to free. */
int whisper_prepare(struct whisper_recogniser *r, const float *pcm, size_t n,
                    const struct moim_asr_options *opt, struct whisper_search *p, int *ids,
                    struct whisper_bias **bias, char lang[8], struct moim_err *err);
/* whisper_prefix.c: runs p's prompt and the tokens of text, so that the search goes on behind them: p->from is
 * then r->best. Empty text changes nothing. MOIM_EINVAL: the text is too long. */
int whisper_force(struct whisper_recogniser *r, struct whisper_search *p, const char *text);
/* Search with its guards: what loops is sampled again. */
int whisper_decide(struct whisper_recogniser *r, struct whisper_search *p);
bool whisper_stuck(const struct whisper_recogniser *r, const struct whisper_hyp *h,
                   const struct whisper_search *p);
/* Of the finished texts, which are out of use; returns how far the rest tells, in seconds. */
double whisper_rule_out(const struct whisper_recogniser *r, const struct whisper_search *p, double seconds,
                        bool *out_of_use);
bool whisper_is_silent(const struct whisper_recogniser *r, float no_speech);
bool whisper_is_quiet(const float *pcm, size_t n);
/* The middle of the quietest tenth of a second between two moments. */
double whisper_quietest(const float *pcm, size_t n, double from, double to);
#define WHISPER_PAUSE 0.3 /* seconds behind a text's end within which it is cut: speech may go on at once */
/* Where to cut behind text that ends at second `to`: later than that a pause may lie behind a word that is not in the
 * text. */
double whisper_cut_behind(const float *pcm, size_t n, double to);
/* Words of h's tokens [first, last), whose times are start[] and end[]; those beyond `seconds` end them. */
int whisper_words(const struct whisper_recogniser *r, const struct whisper_hyp *h, int first, int last,
                  const double *start, const double *end, double seconds, double t0, struct moim_hyp *out);

/* Whether the last hypothesis' text is one of those before it; that hypothesis away. */
bool whisper_text_is_double(const struct moim_nbest *nb);
void whisper_drop_last(struct moim_nbest *nb);

#define WHISPER_UNTOLD 2.0 /* seconds that no pause inside a stretch explains */

#endif
