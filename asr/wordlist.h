/* Word frequency lists as the package wordfreq stores them: gzip around MessagePack around
 * [{"format": "cB", "version": 1}, [words of -0 cB], [words of -1 cB], ...], 100 centibels being a factor of
 * ten. */
#ifndef MOIM_ASR_WORDLIST_H
#define MOIM_ASR_WORDLIST_H

#include "base/status.h"
#include <stddef.h>
#include <stdint.h>

struct moim_wordlist {
    char *text;   /* every word, zero-terminated, one after another */
    uint32_t *at; /* [n] where each begins in text */
    float *logp;  /* [n] ln of its frequency */
    int n;        /* most frequent first */
};

/* Reads the first max words (max <= 0: all) of the file at path. Free with moim_wordlist_free.
 * MOIM_EFORMAT for anything that is not such a list, or would unpack to more than 64 MB. */
int moim_wordlist_open(struct moim_wordlist *out, const char *path, int max, struct moim_err *err);
/* The same from bytes, already unpacked; name is for messages. */
int moim_wordlist_parse(struct moim_wordlist *out, const uint8_t *data, size_t size, int max,
                        const char *name, struct moim_err *err);
void moim_wordlist_free(struct moim_wordlist *w);

#endif
