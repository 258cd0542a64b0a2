/* ROUGE-1, ROUGE-2 and ROUGE-L (C.-Y. Lin, 2004), F-measure, as Google's rouge-score computes them without
 * stemming: texts are lower-cased and everything but a-z and 0-9 separates words. Korean is compared by
 * syllables: each Hangul syllable is a word of its own, which needs no morphology. */
#ifndef MOIM_SUMMARIZE_ROUGE_H
#define MOIM_SUMMARIZE_ROUGE_H

#include "base/status.h"

struct moim_rouge {
    double r1, r2, rl; /* 0..1 */
};

int moim_rouge(const char *reference, const char *text, struct moim_rouge *out, struct moim_err *err);

#endif
