/* Vocabulary that the user's corrections suggest: words put where the recogniser had others. Only listed
 * here; nothing enters the vocabulary unasked. */
#ifndef MOIM_FIRMWARE_LIBRARY_VOCAB_SUGGESTIONS_H
#define MOIM_FIRMWARE_LIBRARY_VOCAB_SUGGESTIONS_H

#include "storage/store.h"

struct moim_suggestion {
    char *word;  /* without a Korean particle after it */
    char *heard; /* what stood there, of the last correction */
    int count;   /* corrections that put it */
};

/* Most often corrected first; words already in the vocabulary, of one letter, or mere figures are left out.
 * Release with moim_suggestions_free. */
int moim_suggest(struct moim_store *s, struct moim_suggestion **list, int *n, struct moim_err *err);
void moim_suggestions_free(struct moim_suggestion *list, int n);

/* Suggestions of one correction, appended to the list. */
int moim_suggest_from(const char *before, const char *after, struct moim_suggestion **list, int *n,
                      struct moim_err *err);

#endif
