/* A pronunciation lexicon as a tree of phonemes, in memory or mapped from its file. Numbers of phonemes are
 * the Conformer's and G2P's.
 *
 * File, little-endian, every section a multiple of 4 bytes:
 *     "MOIMLEX\0", u32 version, u32 source (the caller's: how many words were asked for),
 *     u32 CRC-32 of all that follows the header, u32 words, u32 nodes, u32 entries, u32 text bytes, u32 0
 *     nodes [nodes] of struct moim_lex_node, breadth first, node 0 the root
 *     entries [entries] u32: words of the nodes, most frequent first in each
 *     logp [words] f32
 *     text offsets [words] u32, text (zero-terminated words, padded with zeros) */
#ifndef MOIM_ASR_LEXICON_H
#define MOIM_ASR_LEXICON_H

#include "asr/g2p.h"
#include "nn/pool.h"
#include <stddef.h>

#define MOIM_LEXICON_VERSION 2

struct moim_lex_node {
    uint32_t parent;
    uint32_t child; /* the first of n_children, side by side, ordered by phoneme */
    uint32_t entry; /* the first of n_words */
    float best;     /* largest logp of a word at or below this node: what pruning may still hope for */
    uint8_t phoneme, n_children;
    uint16_t n_words;
};

struct moim_lexicon {
    const struct moim_lex_node *node;
    const uint32_t *entry;
    const float *logp;
    const uint32_t *text_at;
    const char *text;
    uint32_t n_words, n_nodes, n_entries;
    const uint8_t *bytes; /* the whole file */
    size_t size;
    int origin; /* for moim_lexicon_close */
};

struct moim_pronunciation {
    const char *word;
    float logp; /* ln of its frequency */
    const uint8_t *phonemes;
    int n;
};

/* Makes a lexicon in memory. A word may come with several pronunciations; those without phonemes are left
 * out. MOIM_ENOMEM; MOIM_EINVAL for a phoneme out of range. */
int moim_lexicon_build(struct moim_lexicon **out, const struct moim_pronunciation *list, int n,
                       uint32_t source, struct moim_err *err);
/* Writes it beside path and renames, so that path is whole or not there. */
int moim_lexicon_save(const struct moim_lexicon *l, const char *path, struct moim_err *err);
/* MOIM_EVERSION: made by another version of the program. MOIM_EFORMAT: damaged. Everything is checked. */
int moim_lexicon_open(struct moim_lexicon **out, const char *path, struct moim_err *err);
/* The same from bytes that stay where they are until the lexicon is closed. */
int moim_lexicon_view(struct moim_lexicon **out, const uint8_t *bytes, size_t size, const char *name,
                      struct moim_err *err);
void moim_lexicon_close(struct moim_lexicon *l);

static inline const char *moim_lexicon_word(const struct moim_lexicon *l, uint32_t word)
{
    return l->text + l->text_at[word];
}
uint32_t moim_lexicon_source(const struct moim_lexicon *l);

/* Pronounces the first max words of a wordfreq list that are made of letters and apostrophes, and writes the
 * lexicon to path. Done in parallel on pool; progress may be NULL. */
int moim_lexicon_make(const char *path, const char *wordlist, const struct moim_g2p *g2p, int max,
                      struct moim_pool *pool, void (*progress)(void *arg, double done), void *arg,
                      struct moim_err *err);

#endif
