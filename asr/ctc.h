/* Words from phoneme probabilities: CTC prefix beam search over a pronunciation lexicon (Graves and Jaitly,
 * "Towards End-To-End Speech Recognition with Recurrent Neural Networks", 2014; Hannun et al., "First-Pass
 * Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs", 2014).
 *
 * A prefix is a row of words and a place in the lexicon's tree; its probability sums over all alignments,
 * kept apart by whether they end in a blank. It ranks by ln P(sound) + lm_weight * ln P(words) + word_bonus *
 * words, where a word that is still being spoken counts as the most probable one it can become. Words are
 * parted by the symbol <wb>, or at a cost by nothing. What no lexicon lists may be spelled from its sounds,
 * at a cost. */
#ifndef MOIM_ASR_CTC_H
#define MOIM_ASR_CTC_H

#include "asr/lexicon.h"
#include "nn/nbest.h"
#include <stdbool.h>

#define MOIM_CTC_WB 189
#define MOIM_CTC_BLANK 190
#define MOIM_CTC_SYMBOLS 191
#define MOIM_CTC_TEXT 128 /* bytes of a word, with the final zero */

struct moim_ctc_params {
    int beam;                    /* prefixes kept after each frame */
    float window;                /* those this much behind the best are dropped (natural log) */
    float lm_weight, word_bonus; /* see above */
    float join;                  /* of two words that no <wb> parts: ln, negative */
    float oov, oov_phoneme; /* ln P of a word no lexicon lists, and of each of its phonemes; oov > 0: none */
};
extern const struct moim_ctc_params moim_ctc_defaults;

/* A word model from outside: ln P(word | state) and the state that follows; positive when it does not know
 * the word, whose logp in the lexicon is taken then. */
struct moim_word_lm {
    void *lm;
    uint32_t start;
    float (*score)(void *lm, uint32_t state, const char *word, uint32_t *next);
};

struct moim_ctc;

/* The lexicon is used, not owned. All memory is taken here: about 20 MB. */
int moim_ctc_new(struct moim_ctc **out, const struct moim_lexicon *lexicon,
                 const struct moim_ctc_params *params, struct moim_err *err);
void moim_ctc_free(struct moim_ctc *c);

/* Starts an utterance. user: a second lexicon, searched beside the first, or NULL; lm: NULL for the lexicons'
 * own frequencies. Both are used until the next begin. */
void moim_ctc_begin(struct moim_ctc *c, const struct moim_lexicon *user, const struct moim_word_lm *lm);
/* Takes the next frames, logprob[n][191]. */
void moim_ctc_push(struct moim_ctc *c, const float *logprob, int n);

/* Spells phonemes (numbers of the lexicon); false when it cannot. */
struct moim_speller {
    void *arg;
    bool (*spell)(void *arg, const uint8_t *phonemes, int n, char *text, size_t cap);
};

/* A word of the best prefix so far. */
struct moim_ctc_word {
    char text[MOIM_CTC_TEXT];
    int frame; /* about where it ended */
};
/* The words of the best prefix, the open one included when it could end here; at most cap. *stable of them
 * are common to every prefix that is left: nothing that follows can change them. */
int moim_ctc_partial(struct moim_ctc *c, const struct moim_speller *spell, struct moim_ctc_word *words,
                     int cap, int *stable);
/* Decides for the best prefix where it is older than `age` frames: those that began otherwise are dropped, so
 * that its words become stable. */
void moim_ctc_settle(struct moim_ctc *c, int age);
/* As moim_ctc_partial, as if the frames logprob[n][191] had been pushed, which they have not when it returns;
 * *stable tells of the words before them. A narrower beam looks ahead: at most `beam` prefixes. */
int moim_ctc_peek(struct moim_ctc *c, const float *logprob, int n, int beam, const struct moim_speller *spell,
                  struct moim_ctc_word *words, int cap, int *stable);

/* The best `want` rows of words into out (whose hypotheses it appends): times from an alignment of each with
 * logprob[t][191], all frames since begin, frame 0 at t0 seconds; confidences from the probability of each
 * word over the list. acoustic is ln P(sound), ngram ln P(words), total their weighted sum. Nothing
 * recognised: no hypothesis. */
int moim_ctc_finish(struct moim_ctc *c, const float *logprob, int t, double t0, int want,
                    const struct moim_speller *spell, struct moim_nbest *out, struct moim_err *err);

#endif
