/* The second pass: an n-best list put in a better order. Nothing is invented: what comes out first is one of
 * the hypotheses that came in, and each keeps the scores that moved it.
 *
 *   total = acoustic + ngram * ln p_ngram + lm * ln p_transformer(text | context)
 *           + length * letters + vocab * letters of user words
 *           - (10 + 2 d) where d, over a quarter (4 to 8), letters are more or fewer than in the first pass
 *   p(h)  = softmax(scale * total)
 *   risk(h) = sum_k p(k) edits(k, h) / letters of the best total
 *
 * The transformer reads those hypotheses that are at most `reads` nats behind without it; the rest is taken to be
 * as unlikely to it as the unlikeliest of these. The list is ordered by risk, the least first: minimum Bayes
 * risk (Stolcke, Koenig, Weintraub, "Explicit word error minimization in N-best list rescoring", 1997; Goel
 * and Byrne, 2000). Edits count letters for Korean, words for other languages. Hypotheses that differ in
 * signs alone lend each other their weight. */
#ifndef MOIM_LM_RESCORE_H
#define MOIM_LM_RESCORE_H

#include "lm/llm.h"
#include "lm/ngram.h"
#include "nn/nbest.h"
#include <stdbool.h>

struct moim_rescore_params {
    float ngram, lm; /* weights of the language models' natural-log probabilities */
    float length;    /* for each letter or figure, as many as can be said in the stretch's time */
    float vocab;     /* for each letter of a user's word that the text holds */
    float scale;     /* sharpness of p(h); <= 0 orders by total alone */
    float reads;     /* nats that the transformer may make up for */
};
/* Weights by language ("ko", "en", ...), with a transformer or by n-grams alone, tuned as docs/experiments.md
 * tells: beside the transformer the n-grams tell nothing more, and weigh nothing. */
struct moim_rescore_params moim_rescore_defaults(const char *lang, bool transformer);

struct moim_rescorer;

/* Both models are borrowed and may be NULL: what is missing weighs nothing. The transformer's cache is
 * overwritten by each call. */
int moim_rescorer_new(struct moim_rescorer **out, struct moim_llm *llm, const struct moim_ngram *ngram,
                      struct moim_err *err);
void moim_rescorer_free(struct moim_rescorer *r);

/* Fills ngram, lm, bonus, total, risk and rank of every hypothesis and orders the list. context is the text
 * before this stretch, or NULL; words[n_words] are the user's vocabulary. p NULL: the defaults for nb->lang
 * and what is there. On error nb is whole and in the order it had. */
int moim_rescore(struct moim_rescorer *r, struct moim_nbest *nb, const char *context,
                 const char *const *words, int n_words, const struct moim_rescore_params *p,
                 struct moim_err *err);

/* Orders the list anew from the scores it holds, by other weights (bonus stays); for showing what each model
 * contributes. */
int moim_rescore_combine(struct moim_nbest *nb, const struct moim_rescore_params *p, struct moim_err *err);

#endif
