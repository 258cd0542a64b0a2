/* The content of turns as sets of terms: stemmed content words in Latin script, pairs of syllables inside
 * words in Hangul. */
#ifndef MOIM_SUMMARIZE_TERMS_H
#define MOIM_SUMMARIZE_TERMS_H

#include "summarize/minutes.h"

#include <stdint.h>

struct moim_terms {
    uint32_t *id; /* [n] ascending, each once; numbers below n_ids */
    int n, words; /* words: all that were said */
};

struct moim_term_table {
    struct moim_terms *turn; /* [n_turns] */
    int n_turns, n_ids;
    double *idf; /* [n_ids] ln(1 + turns / turns that hold it) */
};

/* MOIM_ENOMEM. */
int moim_terms_read(struct moim_term_table *t, const struct moim_turn_text *turns, int n);
void moim_terms_free(struct moim_term_table *t);

#endif
