/* Sounds to letters: hama's phoneme-to-grapheme net (p2g.hama, p2g_vocab.json), a prefix language model of
 * four transformer layers. docs/models/g2p.md describes it whole. Spells what no lexicon knows. */
#ifndef MOIM_ASR_P2G_H
#define MOIM_ASR_P2G_H

#include "base/status.h"
#include "nn/pool.h"
#include <stddef.h>

#define MOIM_P2G_MAX_PHONEMES 192
#define MOIM_P2G_MAX_TEXT 1024 /* bytes, with the final zero */

struct moim_p2g;

int moim_p2g_open(struct moim_p2g **out, const char *path, const char *vocab, struct moim_pool *pool,
                  struct moim_err *err);
void moim_p2g_close(struct moim_p2g *p);

/* The number of a phoneme in this net (IPA, "|" between words); the unknown's for one it does not know. */
int moim_p2g_id(const struct moim_p2g *p, const char *ipa);

/* ids[n], at most 192 of them read, -> lower-case text by greedy search; "" when there is none. Hangul comes
 * composed. */
int moim_p2g_run(struct moim_p2g *p, const int *ids, int n, char text[MOIM_P2G_MAX_TEXT],
                 struct moim_err *err);

#endif
