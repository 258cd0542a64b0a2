/* The n-gram file, shared by the one that reads (ngram.c) and the one that makes it (ngram_make.c).
 *
 *   header, then the records of order 1, 2, 3, 4, each by rising key. Little-endian. A key holds the symbols
 *   as 16-bit code points, the last in its lowest bits. A space stands for any gap between words; what lies
 *   beyond the basic plane is U+FFFD. */
#ifndef MOIM_LM_NGRAM_INT_H
#define MOIM_LM_NGRAM_INT_H

#include "lm/ngram.h"
#include <stdint.h>

#define NGRAM_MAGIC "MOIMNGRM"
#define NGRAM_VERSION 1
#define NGRAM_TEXT 4096 /* symbols of one text that count */

struct ngram_header {
    char magic[8];
    uint32_t version, order;
    uint64_t n[MOIM_NGRAM_ORDER];
    float unknown; /* ln p of a symbol never seen */
    uint32_t zero;
};
struct ngram_record {
    uint64_t key;
    float logprob; /* interpolated, natural */
    float backoff; /* ln of the weight left to shorter contexts after this one */
};

/* Symbols of text: " word word ". Returns their number, at most max >= 2. */
int ngram_symbols(const char *text, uint16_t *s, int max);

static inline uint64_t ngram_key(const uint16_t *s, int k)
{
    uint64_t key = 0;
    for (int i = 0; i < k; i++) key = key << 16 | s[i];
    return key;
}

#endif
