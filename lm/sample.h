/* Choosing the next token from logits: greedy or drawn, with a repetition penalty and a filter that a grammar
 * can set. And a walk over the vocabulary by bytes, which tells a grammar's allowed tokens cheaply. */
#ifndef MOIM_LM_SAMPLE_H
#define MOIM_LM_SAMPLE_H

#include "lm/tokenizer.h"
#include <stdbool.h>

struct moim_sample_params {
    float temperature; /* <= 0: greedy, the rest but the penalty is ignored */
    int top_k;         /* 1 ... 256; 0: 40 */
    float top_p;       /* the smallest set of candidates that holds this mass; <= 0 or >= 1: all top_k */
    float
        repeat_penalty; /* logits of recent tokens are divided (if positive) or multiplied by it; <= 1: off */
};

/* Which tokens may be chosen. Both fields may be set: a token must pass both. */
struct moim_token_filter {
    const uint32_t *bits; /* bit t & 31 of bits[t >> 5]: token t passes; NULL: all do */
    bool (*allowed)(void *arg,
                    int32_t token); /* asked only for the best candidates, in order; NULL: all pass */
    void *arg;
};

/* Returns the chosen token, or -1 when the filter lets none pass. logits[n_vocab] is changed (penalty).
 * filter and recent may be NULL; *seed is the generator's state and moves on (start with any value). */
int32_t moim_sample(float *logits, int n_vocab, const struct moim_sample_params *params,
                    const struct moim_token_filter *filter, const int32_t *recent, int n_recent,
                    uint64_t *seed);

/* The vocabulary sorted by bytes. Control tokens and empty ones are left out. */
struct moim_token_trie;
int moim_token_trie_new(struct moim_token_trie **out, const struct moim_tokenizer *t, struct moim_err *err);
void moim_token_trie_free(struct moim_token_trie *tr);
int moim_token_trie_depth(const struct moim_token_trie *tr); /* bytes of the longest token */

/* Sets the bits of all tokens whose every byte is accepted, and clears the others; bits has
 * (moim_tokenizer_size + 31) / 32 words. step(arg, depth, byte) says whether byte may stand at that depth of
 * a token, after bytes that it accepted at depths 0 ... depth - 1: keep one automaton state per depth. Tokens
 * that share a rejected prefix cost nothing. Returns the number of tokens set. */
int moim_token_trie_walk(const struct moim_token_trie *tr, bool (*step)(void *arg, int depth, uint8_t byte),
                         void *arg, uint32_t *bits);

#endif
