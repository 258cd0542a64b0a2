/* Whether the words of a meeting support a statement about it. */
#ifndef MOIM_SUMMARIZE_EVIDENCE_H
#define MOIM_SUMMARIZE_EVIDENCE_H

#include "summarize/minutes.h"

/* Every number of the statement must stand in one of its turns, digits or the words for small ones; a turn
 * elsewhere that holds a missing number is added to the evidence. At least one turn must share a content word
 * (or, in Korean, two syllables) with the statement; turns that share none are taken out. False: nothing
 * supports it. */
bool moim_evidence_check(const struct moim_turn_text *turns, int n_turns, const char *statement,
                         int *evidence, int *n_evidence, int cap);

/* Whether every number, and every name of a speaker, in the text stands in the turns it cites (a speaker also
 * by speaking there). Numbers count in digits or, up to ten, as words. */
bool moim_evidence_holds(const struct moim_turn_text *turns, int n_turns, const char *text,
                         const int *evidence, int n_evidence);

/* The share of a statement's words that begin like a word of the turns: four letters or two syllables long at
 * least, the first five letters or two syllables alike. Tells a summary from a fancy that only borrows a word
 * or two. */
double moim_words_known(const struct moim_turn_text *turns, int n_turns, const char *statement);

/* How much two texts say the same: Dice coefficient of their character bigrams, 0..1, spaces and case aside.
 */
double moim_text_overlap(const char *a, const char *b);
/* The share of part's character bigrams that stand in whole. */
double moim_text_covered(const char *part, const char *whole);

#endif
