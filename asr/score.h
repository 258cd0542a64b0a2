/* Scoring transcripts: edits between what was said and what was recognised, after the normalisation that
 * ../shared/eval/README.md states, pooled over a set. */
#ifndef MOIM_ASR_SCORE_H
#define MOIM_ASR_SCORE_H

#include "base/status.h"
#include <stddef.h>

struct moim_score {
    long edits, length; /* the error rate is edits / length */
};

/* Levenshtein distance between two sequences of code points or word numbers; negative when memory runs out.
 */
long moim_edit_distance(const unsigned *a, int na, const unsigned *b, int nb);

/* Korean: lower case, only [0-9a-z가-힣] kept, so that spacing and punctuation do not count. */
int moim_score_cer(const char *reference, const char *hypothesis, struct moim_score *add);
/* English: lower case, letters and apostrophes kept, digits spelled out; Korean: as above, but words. */
int moim_score_wer(const char *reference, const char *hypothesis, int korean, struct moim_score *add);

/* A number as English speech has it: 1850 "eighteen fifty", 2500 "two thousand five hundred", 16 "sixteen".
 */
void moim_spell_number(long n, char *out, size_t cap);

#endif
