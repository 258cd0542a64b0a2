/* What stands between the Conformer's symbols and words, shared by the recognisers of whole stretches and of
 * a stream: lexicon, search, G2P for the user's words, P2G for what no lexicon lists. */
#ifndef MOIM_ASR_CONFORMER_WORDS_H
#define MOIM_ASR_CONFORMER_WORDS_H

#include "asr/conformer_asr.h"

struct moim_p2g;

struct moim_conformer_words {
    struct moim_lexicon *lexicon, *user;
    struct moim_g2p *g2p;
    struct moim_p2g *p2g;
    int p2g_id[MOIM_G2P_SYMBOLS], p2g_gap; /* numbers of phonemes in P2G's vocabulary */
    struct moim_ctc *ctc;
    struct moim_ctc_params params; /* of ctc */
};

int moim_conformer_words_open(struct moim_conformer_words *w, const struct moim_conformer_files *files,
                              struct moim_pool *pool, struct moim_err *err);
void moim_conformer_words_close(struct moim_conformer_words *w);
/* A search with these parameters in place of the one there is. */
int moim_conformer_words_tune(struct moim_conformer_words *w, const struct moim_ctc_params *p,
                              struct moim_err *err);
/* Starts an utterance with the user's words. */
int moim_conformer_words_begin(struct moim_conformer_words *w, const struct moim_vocab_word *vocab, int n,
                               struct moim_err *err);
int moim_conformer_words_finish(struct moim_conformer_words *w, const float *logprob, int t, double t0,
                                int want, struct moim_nbest *out, struct moim_err *err);
/* The words so far (moim_ctc_partial), as if the preliminary frames ahead[n][191] had come too. */
int moim_conformer_words_so_far(struct moim_conformer_words *w, const float *ahead, int n,
                                struct moim_ctc_word *words, int cap, int *stable);
/* The best symbol of each frame, as hama decodes, spelled by P2G: one hypothesis, or none without words. */
int moim_conformer_words_greedy(struct moim_conformer_words *w, const float *logprob, int t, double t0,
                                struct moim_nbest *out, struct moim_err *err);

#endif
