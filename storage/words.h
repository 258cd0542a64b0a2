/* The words of a line with their times: as JSON in the store, and fitted to a text that the user changed. No
 * store is needed. */
#ifndef MOIM_STORAGE_WORDS_H
#define MOIM_STORAGE_WORDS_H

#include "base/transcript.h"
#include <stddef.h>

/* [[start, end, confidence, "text"(, "spoken")], ...], confidence in three places. Malloc'ed; NULL when memory runs
 * out. */
char *moim_words_encode(const struct moim_word *words, int n);
/* The inverse: *words[*n]. What is no such list, or holds what is no such word, is no words at all. MOIM_ENOMEM. */
int moim_words_decode(const char *json, struct moim_word **words, int *n);

struct moim_line_word {
    double start, end, confidence;
    size_t from, to;               /* its bytes in the text */
    const struct moim_word *heard; /* NULL for a word that the recogniser did not say */
};

struct moim_line_words {
    struct moim_line_word *list; /* [n] in the order of the text */
    int n;
};

/* Times without words of their own are shared within. */
struct moim_line_span {
    double start, end, confidence;
};

/* The words of text, a line whose recognised words are heard[n_heard], which must outlive w. A word that was heard
 * keeps its time and its confidence; those between share the time between by their length and have the span's
 * confidence. MOIM_ENOMEM. */
int moim_line_words_read(struct moim_line_words *w, const char *text, const struct moim_word *heard,
                         int n_heard, struct moim_line_span span);
void moim_line_words_free(struct moim_line_words *w);

/* Words first ... last - 1 into *out, their times kept within start and end. MOIM_ENOMEM. */
int moim_line_words_cut(const struct moim_line_words *w, const char *text, int first, int last, double start,
                        double end, struct moim_word **out);
/* All words of text fitted to what was heard: the two functions above in one. */
int moim_line_words_fit(const char *text, const struct moim_word *heard, int n_heard,
                        struct moim_line_span span, struct moim_word **out, int *n);

#endif
