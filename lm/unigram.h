/* SentencePiece's unigram segmentation, as XLM-RoBERTa uses it: a text is normalized code point by code
 * point, spaces become U+2581, and of all ways to cut it into pieces of the vocabulary the one with the
 * highest sum of scores is taken (Kudo 2018, "Subword Regularization"; Viterbi). A character that no piece
 * holds costs the lowest score minus 10 and is the unknown token. */
#ifndef MOIM_LM_UNIGRAM_H
#define MOIM_LM_UNIGRAM_H

#include "base/status.h"
#include <stddef.h>
#include <stdint.h>

/* The vocabulary as it lies in a file that must outlive the tokenizer. */
struct moim_unigram_vocab {
    int n;                /* pieces */
    const uint32_t *offs; /* [n + 1] ascending byte offsets into blob */
    const float *scores;  /* [n] */
    const char *blob;
    size_t blob_bytes;
    int bos, eos, pad, unk; /* never found in a text */
    /* Normalization: records of u32 code point, u8 count, count x u32, in ascending order. */
    const uint8_t *norm;
    size_t norm_bytes;
    int n_norm;
};

struct moim_unigram;

/* MOIM_EFORMAT when offsets descend or leave the blob, a score is no number, or the map is not well formed.
 */
int moim_unigram_new(struct moim_unigram **out, const struct moim_unigram_vocab *v, struct moim_err *err);
void moim_unigram_free(struct moim_unigram *u);

/* Tokens of text[len] without begin and end marks into id[cap]; returns their number, of which only the first
 * cap are stored, or MOIM_ENOMEM. There are at most 4 len + 1. Broken UTF-8 reads as U+FFFD. */
int moim_unigram_encode(const struct moim_unigram *u, const char *text, size_t len, int32_t *id, int cap);

#endif
