/* Sentences taken out of a transcript as they are: the most central ones by TextRank, the first ones by
 * position. They choose what a model reads of a long meeting, and are what its summaries are compared with.
 */
#ifndef MOIM_SUMMARIZE_TEXTRANK_H
#define MOIM_SUMMARIZE_TEXTRANK_H

#include "summarize/minutes.h"

/* score[i] of each turn: how central it is among its neighbours by TextRank (Mihalcea and Tarau, 2004) over
 * shared content words, in Korean over shared syllable pairs; all of them sum to the number of turns.
 * MOIM_ENOMEM. */
int moim_textrank(const struct moim_turn_text *turns, int n, double *score);

/* The first, or the most central, turns in their order, of about that many words in all; to be freed. NULL:
 * out of memory. */
char *moim_extract_lead(const struct moim_turn_text *turns, int n, int words);
char *moim_extract_textrank(const struct moim_turn_text *turns, int n, int words);

#endif
