/* The Conformer as a recogniser of English: asr/conformer.h, then asr/ctc.h over the lexicon, or, with beam
 * 1, its best phonemes spelled by P2G.
 *
 * Options: beam 0 means moim_ctc_defaults.beam; vocab words are pronounced by G2P and searched beside the
 * lexicon. Other languages than "en", "auto" and NULL are MOIM_EUNSUP. Text is lower case but for "I" and the
 * user's words. */
#ifndef MOIM_ASR_CONFORMER_ASR_H
#define MOIM_ASR_CONFORMER_ASR_H

#include "asr/asr.h"
#include "asr/ctc.h"

struct moim_conformer_files {
    const char *model, *lexicon; /* asr_waveform.hama; a file that moim_lexicon_make made */
    const char *g2p_encoder, *g2p_decoder, *g2p_vocab;
    const char *p2g, *p2g_vocab;
};

/* Errors: those of the files. The recogniser serves one thread at a time. */
int moim_conformer_asr_open(struct moim_asr *out, const struct moim_conformer_files *files,
                            struct moim_pool *pool, struct moim_err *err);

#endif
