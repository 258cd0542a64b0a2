/* Words of a line as bytes: lists, suffixes, cutting. */
#ifndef MOIM_SUMMARIZE_WORD_TEXT_H
#define MOIM_SUMMARIZE_WORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the word of n bytes is one of a list that NULL ends, case aside. */
bool moim_word_in(const char *w, size_t n, const char *const *list);
/* Whether it ends in the suffix and is longer than it. */
bool moim_word_ends(const char *w, size_t n, const char *suffix);
/* Whether it so ends in one of a list that NULL ends. */
bool moim_word_ends_any(const char *w, size_t n, const char *const *suffix);
/* Whether p starts with an entry of a NULL-terminated list. */
bool moim_starts_any(const char *p, const char *const *list);
/* Whether the character at p is a Hangul syllable, by its first byte. */
bool moim_hangul_at(const char *p);
/* For qsort over int, ascending. */
int moim_by_int(const void *a, const void *b);
/* Takes bytes from..to out of s, and the blanks and commas behind them. */
void moim_cut_bytes(char *s, size_t from, size_t to);
/* One blank between words, none around them, no punctuation at the end. In place. */
void moim_tidy_line(char *s);

#endif
