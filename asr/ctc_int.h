/* Inside of the search: shared by asr/ctc*.c only. */
#ifndef MOIM_ASR_CTC_INT_H
#define MOIM_ASR_CTC_INT_H

#include "asr/ctc.h"

#define NONE (-1e30f)
#define MAX_HISTORY (1u << 17)
#define MAX_WORD 64 /* phonemes of a word that is spelled from its sounds */

/* Where a prefix is: a node of the lexicon, of the user's, or a chain of phonemes. Words are told apart
 * likewise. */
#define KIND(x) ((x) >> 30)
#define INDEX(x) ((x)&0x3FFFFFFFu)
enum { LISTED, USER, SPELLED };
#define BOUNDARY 0u /* node 0 of the lexicon: between two words */

struct prefix {
    uint32_t history, node;
    float blank, other; /* ln P of the alignments that end in a blank, or do not */
    float rank;
};

struct history { /* a row of words; entry 0 is the empty one, parents come before their children */
    uint32_t parent, word, node, lm_state;
    float score; /* weighted, with bonuses */
    float logp;  /* ln P(words) */
    int frame, words;
};

struct chain { /* phonemes of a word no lexicon lists; entry 0 is none */
    uint32_t parent;
    uint8_t phoneme, n;
};

struct table { /* open addressing over (a, b) */
    uint32_t *slot, *stamp;
    uint32_t mask, now;
};

#define KNOWN 64

struct spelled { /* spelling takes a net, and most rows of a list hold the same words */
    uint32_t word;
    char text[MOIM_CTC_TEXT];
};

struct moim_ctc {
    struct moim_ctc_params p;
    const struct moim_lexicon *lex[2]; /* [LISTED], [USER] */
    struct moim_word_lm lm;
    struct prefix *now, *next; /* [MAX_NEXT] */
    float *order;              /* scratch for pruning */
    int n_now, n_next;
    struct table seen; /* of next */
    struct history *history;
    uint32_t n_history, *moved;
    struct table words;
    struct chain *chain;
    uint32_t n_chain;
    struct table chains;
    int frame;
    struct prefix *saved; /* [MAX_NEXT] of a search that only peeks */
    struct spelled known[KNOWN];
    int n_known;
};

/* Keeps what the prefixes stand on; what else was tried makes room. */
void ctc_forget_histories(struct moim_ctc *c);
/* Best first: the one the next frames would most likely go on from. */
void ctc_keep_best(struct moim_ctc *c, int beam);
float ctc_log_add(float a, float b);
/* The history that one more word makes; 0 when there is no more room. */
uint32_t ctc_add_word(struct moim_ctc *c, uint32_t history, uint32_t node, uint32_t word);
/* Phonemes of a word that ended at node, first to last; returns their number, at most cap. */
int ctc_phonemes(const struct moim_ctc *c, uint32_t node, uint8_t *out, int cap);
/* Best alignment of symbols[n] with t frames: first[i] and last[i] are the frames of symbol i. optional[i]:
 * may be passed over. False when it does not fit, or without memory. */
bool ctc_align(const float *logprob, int t, const uint8_t *symbols, const bool *optional, int n, int *first,
               int *last, float *logp);

#endif
