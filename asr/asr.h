/* One interface to every recogniser. A recogniser turns one stretch of speech, cut at pauses by audio/vad.h
 * and at most MOIM_ASR_MAX_SECONDS long, into an n-best list; composing stretches into a transcript is
 * firmware's work. */
#ifndef MOIM_ASR_ASR_H
#define MOIM_ASR_ASR_H

#include "nn/nbest.h"
#include "nn/pool.h"
#include <stdbool.h>
#include <stddef.h>

#define MOIM_ASR_RATE 16000 /* samples per second, mono, f32 in [-1, 1] */
#define MOIM_ASR_MAX_SECONDS 30.0

/* A word the user taught: how it is written, and optionally how it sounds (NULL: derive it). */
struct moim_vocab_word {
    const char *text;
    const char *sounds_like;
};

struct moim_asr_options {
    const char *lang;                    /* "ko", "en", or NULL / "auto" to detect */
    int beam;                            /* 0: the recogniser's default */
    int nbest;                           /* hypotheses wanted, at least 1 */
    const struct moim_vocab_word *vocab; /* [n_vocab], biased for */
    int n_vocab;
    const char *context; /* transcript so far, for recognisers that can use it; may be NULL */
    bool spoken_numbers; /* words rather than figures, where the recogniser can choose */
    const char *likely;  /* with "auto": the language so far, or NULL */
    /* What pcm begins with, decided already: hypotheses hold what follows. Whisper only; NULL for none.
     * MOIM_EINVAL: too long. */
    const char *prefix;
};

struct moim_asr;

/* What a recogniser implements; each model's header offers a moim_<model>_open that fills a struct moim_asr.
 */
struct moim_asr_vtable {
    const char *name; /* "conformer", "whisper" */
    int (*decode)(void *impl, const float *pcm, size_t n, double t0, const struct moim_asr_options *opt,
                  struct moim_nbest *out, struct moim_err *err);
    void (*close)(void *impl);
};
struct moim_asr {
    const struct moim_asr_vtable *vt;
    void *impl;
};

/* Decodes pcm[n]; word times are t0 + offset, in seconds. out must be zeroed or freed; on silence it holds
 * one hypothesis without words. Confidences are filled. */
int moim_asr_decode(struct moim_asr *a, const float *pcm, size_t n, double t0,
                    const struct moim_asr_options *opt, struct moim_nbest *out, struct moim_err *err);
void moim_asr_close(struct moim_asr *a);

#endif
