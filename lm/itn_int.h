/* Inside of lm/itn: the two languages' rules over a list of words. */
#ifndef MOIM_LM_ITN_INT_H
#define MOIM_LM_ITN_INT_H

#include "nn/nbest.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a rule found at some word: used words become the texts of out (at most two words). */
struct itn_match {
    int used;      /* words consumed, 0: no number here */
    char out[128]; /* what stands for them */
};
void itn_match_ko(const struct moim_word *w, int n, const struct moim_word *before, struct itn_match *m);
void itn_match_en(const struct moim_word *w, int n, struct itn_match *m);

/* Writes the figures at *s as they are said and moves *s behind what it has used. */
void itn_say_ko(const char **s, FILE *out);
void itn_say_en(const char **s, FILE *out);

/* A figure: [0-9][0-9,]*[.[0-9]+]. */
struct itn_figure {
    int64_t whole;
    char digits[32], fraction[16]; /* whole's digits without commas; digits after the point */
    bool grouped;                  /* had commas */
};
/* Reads one at s; its length in bytes, 0 when there is none or it is too long to be a quantity. */
size_t itn_figure(const char *s, struct itn_figure *f);

#endif
