/* Letters to sounds: hama's grapheme-to-phoneme nets (encoder.hama, decoder_step.hama, g2p_vocab.json) for
 * one word of English or Korean at a time. docs/models/g2p.md describes them whole. Cho et al., "Learning
 * Phrase Representations using RNN Encoder-Decoder", 2014; location-aware attention of Chorowski et al.,
 * 2015. */
#ifndef MOIM_ASR_G2P_H
#define MOIM_ASR_G2P_H

#include "base/status.h"
#include <stdint.h>

#define MOIM_G2P_SYMBOLS 189     /* numbered as the Conformer's first 189 outputs */
#define MOIM_G2P_MAX_PHONEMES 32 /* of one word */

struct moim_g2p;

int moim_g2p_open(struct moim_g2p **out, const char *encoder, const char *decoder, const char *vocab,
                  struct moim_err *err);
void moim_g2p_close(struct moim_g2p *g);

/* The most probable phonemes of word (UTF-8; white space is dropped, letters are lowered) into ids, at most
 * MOIM_G2P_MAX_PHONEMES; *n of them. The net is not changed: several threads may call at once.
 * MOIM_EINVAL when word holds nothing or more than 128 letters, MOIM_ENOMEM. */
int moim_g2p_word(const struct moim_g2p *g, const char *word, uint8_t *ids, int *n, struct moim_err *err);

/* IPA of a phoneme, "" outside of [0, MOIM_G2P_SYMBOLS); and back, -1 for none. */
const char *moim_g2p_ipa(const struct moim_g2p *g, int id);
int moim_g2p_id(const struct moim_g2p *g, const char *ipa);

#endif
