/* Tokenizers read from GGUF metadata: byte-level BPE (gpt2, qwen2) and SentencePiece (llama, gemma).
 * Exact to llama.cpp / the reference on any bytes, broken UTF-8 included. */
#ifndef MOIM_LM_TOKENIZER_H
#define MOIM_LM_TOKENIZER_H

#include "nn/weights.h"
#include <stdint.h>

struct moim_tokenizer;

enum {
    MOIM_TOK_BOS = 1,     /* add BOS if the model wants one */
    MOIM_TOK_SPECIAL = 2, /* recognise control tokens such as <|im_start|> in the text */
};

int moim_tokenizer_new(struct moim_tokenizer **out, const struct moim_weights *gguf, struct moim_err *err);
void moim_tokenizer_free(struct moim_tokenizer *t);

/* Encodes text[len] into ids[cap]; returns the number of tokens (which may exceed cap: call again), or a
 * negative code. */
int moim_tokenize(const struct moim_tokenizer *t, const char *text, size_t len, int flags, int32_t *ids,
                  int cap);

/* The bytes of one token as they appear in running text ("" for control tokens). Valid as long as t. */
const char *moim_token_bytes(const struct moim_tokenizer *t, int32_t id, size_t *len);

int moim_tokenizer_size(const struct moim_tokenizer *t);
int32_t moim_tokenizer_bos(const struct moim_tokenizer *t); /* -1 when there is none */
int32_t moim_tokenizer_eos(const struct moim_tokenizer *t);
int32_t
moim_tokenizer_eot(const struct moim_tokenizer *t); /* end of turn (<|im_end|>, <end_of_turn>), or eos */
int32_t moim_tokenizer_find(const struct moim_tokenizer *t,
                            const char *piece); /* id of a piece as stored, or -1 */
int moim_token_is_control(const struct moim_tokenizer *t, int32_t id);

#endif
