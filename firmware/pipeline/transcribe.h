/* From a recording to a transcript: decode, find speech, recognise, rescore, break into lines. */
#ifndef MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_H
#define MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_H

#include "asr/asr.h"
#include "audio/decode.h"
#include "firmware/pipeline/models.h"
#include "storage/store.h"

/* Models, loaded on first use and kept until closed. */
struct moim_engine;
int moim_engine_new(struct moim_engine **out, int threads, struct moim_err *err); /* threads 0: all cores */
void moim_engine_free(struct moim_engine *e);
const struct moim_models *moim_engine_models(const struct moim_engine *e);
struct moim_pool *moim_engine_pool(struct moim_engine *e);
/* Running calls of the engine end soon with MOIM_ECANCEL once any thread sets *cancel. NULL: never. */
void moim_engine_set_cancel(struct moim_engine *e, const volatile int *cancel);

struct moim_transcribe_options {
    const char *lang;             /* "ko", "en", "auto" */
    const struct moim_part *part; /* of the recording, or NULL: all of it, mixed */
    double from, to;              /* seconds: only what lies between; to 0: all of it */
    const char *model;   /* "whisper", "conformer", or NULL: the most accurate installed for the language */
    int nbest;           /* hypotheses kept for each stretch */
    int beam;            /* 0: the recogniser's default */
    int ensemble_passes; /* Whisper: encodings of the sound averaged, 0: 1, or 2 where no words come before */
    bool no_rescore;
    const char *context; /* context before the recording, or NULL */
    bool plain;          /* numbers as spoken; else in digits, with the spoken form beside them */
    const struct moim_vocab_word *vocab;
    int n_vocab;
    void (*progress)(void *arg, double done);                  /* 0..1; may be NULL */
    void (*said)(void *arg, const struct moim_nbest *stretch); /* each as soon as it is final; may be NULL */
    void *arg;
};

struct moim_transcript {
    struct moim_nbest *stretch; /* [n] stretches of speech in time order, best hypothesis first */
    int n, cap;
    double duration; /* seconds of the recording */
    bool damaged;    /* the recording was truncated */
    bool rescored;   /* the second pass ran */
    char lang[8];    /* of most of the speech; "" if there was none */
    const char *model;
};

/* Recordings of any length; memory grows only with the number of words. */
int moim_transcribe(struct moim_engine *e, const char *path, const struct moim_transcribe_options *opt,
                    struct moim_transcript *out, struct moim_err *err);
void moim_transcript_free(struct moim_transcript *t);

/* The best hypotheses' words alone: no punctuation, no figures. Malloc'ed; NULL when memory runs out. */
char *moim_transcript_plain(const struct moim_transcript *t);

/* Whether a word ends a sentence, by its sign; quotes and brackets may follow. */
bool moim_ends_sentence(const char *word);

/* The best hypotheses as lines for a reader: broken after a sentence, at a pause, or when they grow long.
 * *list is released with moim_segments_free. */
int moim_transcript_lines(const struct moim_transcript *t, struct moim_segment **list, int *n,
                          struct moim_err *err);

#endif
