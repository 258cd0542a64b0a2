/* Whisper (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision") on nn kernels.
 *
 *   pcm 16 kHz ─ log-mel [F][80] ─ conv3 GELU ─ conv3/2 GELU ─ + positions [T][d], T = F/2, 20 ms a frame
 *     ─ encoder blocks (self-attention, FFN) ─ LayerNorm ─ [T][d]
 *   tokens ─ embedding + positions ─ decoder blocks (self-attention, cross-attention, FFN) ─ LayerNorm
 *     ─ embeddingᵀ ─ logits [vocab]
 *
 * All sizes come from the file: tiny to large. docs/models/whisper.md describes everything.
 * Only the real frames and a margin of silence are encoded, not 30 s. Beams advance in one matrix product,
 * and their key/value cache is a tree, so that reordering beams copies nothing. */
#ifndef MOIM_ASR_WHISPER_H
#define MOIM_ASR_WHISPER_H

#include "asr/asr.h"

#define MOIM_WHISPER_MAX_BEAM 40
#define MOIM_WHISPER_MAX_PASSES 4

/* path is a directory with model.bin, vocabulary.txt (or vocabulary.json) and, if there is one, config.json
 * (CTranslate2), or whisper.cpp's ggml-*.bin file. The pool is borrowed. Errors: MOIM_ENOENT, MOIM_EFORMAT,
 * MOIM_EUNSUP, MOIM_ENOMEM. The recogniser serves one thread at a time.
 *
 * Options: beam 0 means 5; at most MOIM_WHISPER_MAX_BEAM. nbest hypotheses come, or fewer where the search
 * ended with fewer. lang "auto" chooses between Korean and English by the model's own probabilities. context
 * is the text before this segment; vocab words get a bonus inside the beam. Result: hyp.acoustic is the sum
 * of token log-probabilities, hyp.total that sum divided by tokens + 1; out->no_speech is the probability of
 * <|nospeech|>; out->lang the language used. */
int moim_whisper_open(struct moim_asr *out, const char *path, struct moim_pool *pool, struct moim_err *err);

/* The same in less memory (some 60 MB less for the base model) and a little less exact: for live captions. */
int moim_whisper_open_lean(struct moim_asr *out, const char *path, struct moim_pool *pool,
                           struct moim_err *err);

/* Settings beyond struct moim_asr_options; defaults by moim_whisper_defaults. */
struct moim_whisper_tuning {
    double margin;         /* seconds of silence encoded after the speech; >= 30 pads to the full window */
    float vocab_bonus;     /* natural-log bonus for each token of a vocabulary word */
    float no_speech;       /* with ... */
    float min_avg_logprob; /* ... an average below this, probability above which a segment is silent */
    float sure;            /* nats that a sentence's text may cost and still need no second search */
    int fallback;          /* 1: retry at rising temperature when a result loops or is improbable */
    float length_penalty;  /* hypotheses rank by logprob / (tokens + 1)^this */
    float prune;           /* nats behind the best, live or finished, at which a hypothesis is given up */
    bool strict;           /* a text that loops or is told twice is given up: no words rather than those */
    bool timed;            /* as if times were wanted: texts break off less before a long silence */
    int ensemble_passes; /* 1..MOIM_WHISPER_MAX_PASSES encodings of the same sound, their logits averaged at each step */
    struct moim_whisper_view {
        double lead;   /* seconds of silence put before the sound */
        double margin; /* as above, of this view; the first view's is margin */
        double speed;  /* 1: as it is; 1.1: a tenth faster, by resampling */
    } view[4];
};
struct moim_whisper_tuning moim_whisper_defaults(void);

/* One sentence after another, each with its own list. */
struct moim_whisper_told {
    struct moim_nbest *part; /* [n], in time order; what the search chose comes first in each */
    int n;
    size_t told; /* samples that are told; the rest, if any, begins with a sentence */
    double sure; /* mean log-probability of a token */
};
/* pcm[n] of up to 30 s, decoded as one and told sentence by sentence (or what the model puts between two
 * times). open: the sound goes on in speech after n; a sentence that it cuts is left for the next call.
 * opt->nbest > 1: a sentence that the search is not sure of (tuning: sure) is searched again by itself, in a
 * beam of at most nbest, and gets a list; those that are sure keep one hypothesis. out must be zeroed; it is
 * released with moim_whisper_told_free. Silence: told is n, and there are no parts. */
int moim_whisper_tell(struct moim_asr *a, const float *pcm, size_t n, bool open, double t0,
                      const struct moim_asr_options *opt, struct moim_whisper_told *out,
                      struct moim_err *err);
void moim_whisper_told_free(struct moim_whisper_told *t);

/* a must come from moim_whisper_open. */
void moim_whisper_tune(struct moim_asr *a, const struct moim_whisper_tuning *t);

/* The code of a language that Whisper knows (a constant), or NULL. */
const char *moim_whisper_language(const char *code);
/* False for languages that are written without spaces between words. */
bool moim_whisper_spaced(const char *lang);

/* The language at the beginning of pcm[n], at most 30 s, and how many samples it goes on: n, unless the speech changes
 * between Korean and English (a word or two of the other is no change). before: the language so far, or NULL. The
 * sound stays encoded, so that decoding the same samples next costs no second time. */
int moim_whisper_language_of(struct moim_asr *a, const float *pcm, size_t n, const char *before, char lang[8],
                             size_t *until, struct moim_err *err);

/* Probabilities of Korean and English for pcm[n], summing to 1; for "auto" the larger decides. */
int moim_whisper_detect(struct moim_asr *a, const float *pcm, size_t n, float *p_ko, float *p_en,
                        struct moim_err *err);

#endif
