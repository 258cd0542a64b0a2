/* The rescoring pass with the models that are installed: the transformer in role "rescorer" and letter
 * n-grams made from the word frequencies in the model cache. */
#ifndef MOIM_FIRMWARE_PIPELINE_RESCORING_H
#define MOIM_FIRMWARE_PIPELINE_RESCORING_H

#include "firmware/pipeline/transcribe.h"
#include "lm/rescore.h"

/* What the engine needs for it; zero it before, release it with moim_rescoring_close. */
struct moim_rescoring {
    struct moim_llm *llm;
    struct moim_ngram *ngram[2];             /* Korean, English */
    struct moim_rescorer *by_lang[2], *bare; /* bare: without n-grams */
    bool tried;
};
/* Opens the installed models once; a missing one is no error and has no weight. */
int moim_rescoring_open(struct moim_rescoring *r, const struct moim_models *models, struct moim_pool *pool,
                        struct moim_err *err);
void moim_rescoring_close(struct moim_rescoring *r);

/* Hypotheses that the second pass chooses among, of a stretch of so many seconds: Whisper's search takes as
 * much longer as it is wider, and a short stretch can afford more. n-grams alone find little in a long list.
 */
int moim_rescoring_nbest(const struct moim_rescoring *r, const char *recogniser, double seconds);

/* Orders nb of the recogniser ("whisper", "conformer"); context is the text before it. The Conformer's own
 * words have their n-grams already: its total goes on as its acoustic score. by_sentences: a window's part, of whose
 * short list the transformer reads less. */
int moim_rescoring_run(struct moim_rescoring *r, const char *recogniser, struct moim_nbest *nb,
                       bool by_sentences, const char *context, const struct moim_vocab_word *vocab,
                       int n_vocab, struct moim_err *err);

#endif
