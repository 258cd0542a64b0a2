/* The words of a line with their times: read from a segment's JSON, fitted to a text that the user changed,
 * and written again for a part of the line. No store is needed. */
#ifndef MOIM_STORAGE_WORDS_H
#define MOIM_STORAGE_WORDS_H

#include "storage/store.h"

struct cJSON;

struct moim_line_word {
    double start, end, confidence;
    size_t from, to; /* its bytes in the text */
    const struct cJSON
        *stored; /* as the recogniser wrote it; NULL for a word that the recogniser did not say */
};

struct moim_line_words {
    struct moim_line_word *list; /* [n] in the order of the text */
    int n;
    struct cJSON *parsed; /* what list[].stored points into */
};

/* The words of text, a line from start to end whose recognised words are json ([[start, end, confidence,
 * "word", ...], ...], may be anything else). A word that json has too keeps its time and its confidence;
 * those between share the time between by their length and have the given confidence. MOIM_ENOMEM. */
int moim_line_words_read(struct moim_line_words *w, const char *text, const char *json, double start,
                         double end, double confidence);
void moim_line_words_free(struct moim_line_words *w);

/* Words first ... last - 1 as JSON, their times kept within start and end. Malloc'ed; NULL when memory runs
 * out. */
char *moim_line_words_json(const struct moim_line_words *w, const char *text, int first, int last,
                           double start, double end);
/* All words of text fitted to json, as JSON: the two functions above in one. */
char *moim_line_words_fit(const char *text, const char *json, double start, double end, double confidence);

#endif
