/* Hashed n-grams of what is said, for the meeting tagger: of syllables in Hangul, of words and the beginnings of words
 * in Latin script; case, punctuation, apostrophes and (in Hangul) spaces aside, so that a recogniser's text
 * gives the same as a typist's. */
#ifndef MOIM_SUMMARIZE_TAGGER_GRAMS_H
#define MOIM_SUMMARIZE_TAGGER_GRAMS_H

#include <stdint.h>

/* *gram receives [*n] hashes, ascending, each once; NULL when there are none. MOIM_ENOMEM. */
int moim_tagger_grams(const char *text, uint32_t **gram, int *n);
/* The same of the content alone: pairs of syllables, words of four letters and more, numbers. */
int moim_tagger_content(const char *text, uint32_t **gram, int *n);

#endif
