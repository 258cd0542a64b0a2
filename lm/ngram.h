/* A letter n-gram language model, order 4, by interpolated absolute discounting (Ney, Essen and Kneser,
 * 1994). Letters, not words: Korean glues particles and endings to stems, so that a word list never closes,
 * and a syllable is a letter here. docs/ngram.md describes the file, which is made on the user's machine from
 * word frequencies and texts, and read in place. */
#ifndef MOIM_LM_NGRAM_H
#define MOIM_LM_NGRAM_H

#include "base/status.h"
#include <stddef.h>

#define MOIM_NGRAM_ORDER 4

struct moim_ngram;

/* Opens path by mmap; every bound is checked here. Errors: MOIM_ENOENT, MOIM_EFORMAT, MOIM_EVERSION. */
int moim_ngram_open(struct moim_ngram **out, const char *path, struct moim_err *err);
void moim_ngram_close(struct moim_ngram *m);
size_t moim_ngram_entries(const struct moim_ngram *m, int order); /* 1 .. MOIM_NGRAM_ORDER */

/* Natural-log probability of the text's letters and of the gaps between its words, both ends included. Text
 * is lowered; signs count as gaps; *letters receives how many symbols that were, if not NULL. */
double moim_ngram_score(const struct moim_ngram *m, const char *text, int *letters);

/* Making one. */
struct moim_ngram_builder;
int moim_ngram_builder_new(struct moim_ngram_builder **out, struct moim_err *err);
void moim_ngram_builder_free(struct moim_ngram_builder *b);
/* Counts text (words with gaps between them) count times, count > 0. */
int moim_ngram_add(struct moim_ngram_builder *b, const char *text, double count, struct moim_err *err);
/* Writes the model beside path and renames it: a reader sees the old file or the whole new one. */
int moim_ngram_write(struct moim_ngram_builder *b, const char *path, struct moim_err *err);

#endif
