/* The n-best list: the one structure that crosses from asr to lm (architecture, decision 3).
 * It lives here because both sides may include nn and neither may include the other. */
#ifndef MOIM_NN_NBEST_H
#define MOIM_NN_NBEST_H

#include "base/status.h"
#include "base/transcript.h"
#include <stdbool.h>

struct moim_hyp {
    char *text;              /* words joined */
    struct moim_word *words; /* [n_words] */
    int n_words;
    float acoustic; /* log-probability by the recogniser, natural log, whole hypothesis */
    float ngram;    /* log-probability by the n-gram LM, 0 until set */
    float lm;       /* log-probability by the transformer LM, 0 until set */
    float bonus;    /* of user vocabulary, 0 until set */
    float total;    /* the combined score that orders the list until risk does */
    float risk;     /* expected share of its letters (or words) that are wrong, 0 until set */
    int rank;       /* place in the recogniser's own order, from 0; set by lm/rescore.h */
};

struct moim_nbest {
    struct moim_hyp *hyps; /* [n], best first */
    int n;
    double start, end; /* segment bounds in seconds of the recording */
    char lang[8];      /* "ko", "en", ... */
    float no_speech;   /* probability that the segment holds no speech, 0 if unknown */
};

/* All memory inside is malloc'ed. Clears to zero. */
void moim_nbest_free(struct moim_nbest *nb);
/* Appends an empty hypothesis and returns it; NULL when memory runs out. */
struct moim_hyp *moim_nbest_add(struct moim_nbest *nb);
/* Appends a word (text copied) and extends hyp->text. */
int moim_hyp_add_word(struct moim_hyp *h, const char *text, double start, double end, float confidence,
                      bool space_before);
/* Stable sort by total, best first. */
void moim_nbest_sort(struct moim_nbest *nb);

#endif
