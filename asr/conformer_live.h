/* The Conformer as people speak: one stretch of speech at a time goes in piece by piece, words so far come
 * out at any time, and an n-best list when it has ended. Nothing is allocated between begin and end but the
 * lists. */
#ifndef MOIM_ASR_CONFORMER_LIVE_H
#define MOIM_ASR_CONFORMER_LIVE_H

#include "asr/conformer_asr.h"
#include "asr/conformer_stream.h"

struct moim_conformer_live;

/* stream NULL: the defaults. */
int moim_conformer_live_open(struct moim_conformer_live **out, const struct moim_conformer_files *files,
                             const struct moim_conformer_stream_params *stream, struct moim_pool *pool,
                             struct moim_err *err);
void moim_conformer_live_close(struct moim_conformer_live *l);

/* A stretch begins; vocab as in struct moim_asr_options. */
int moim_conformer_live_begin(struct moim_conformer_live *l, const struct moim_vocab_word *vocab, int n_vocab,
                              struct moim_err *err);
/* Takes all n samples, true when words may have changed. What is beyond MOIM_ASR_MAX_SECONDS of a stretch is
 * lost. */
bool moim_conformer_live_push(struct moim_conformer_live *l, const float *pcm, size_t n);
/* Words so far, as moim_ctc_peek has them; frames are of 20 ms from the stretch's start. */
int moim_conformer_live_words(struct moim_conformer_live *l, struct moim_ctc_word *words, int cap,
                              int *stable);
/* The stretch ended with sample n (what was pushed beyond it is left out); its first sample lies at t0
 * seconds. out must be empty; one hypothesis without words when there were none. */
int moim_conformer_live_end(struct moim_conformer_live *l, size_t n, double t0, int want,
                            struct moim_nbest *out, struct moim_err *err);

#endif
