/* Text from a model under a grammar: greedy, so that the same meeting gives the same minutes. */
#ifndef MOIM_SUMMARIZE_CONSTRAINED_DECODE_H
#define MOIM_SUMMARIZE_CONSTRAINED_DECODE_H

#include "lm/llm.h"
#include "summarize/grammar.h"
#include "summarize/minutes.h"

struct moim_writer {
    struct moim_llm *model;           /* NULL: script answers */
    const struct moim_script *script; /* NULL: the model does */
    char *said;                       /* the script's prefix */
    float *logits;                    /* [n_vocab] */
    int32_t *token;                   /* [n_ctx] scratch */
    int32_t *held;                    /* [n_ctx] the tokens that are in the cache */
    int n_held;
    int n_prefix; /* tokens of the shared prefix that are in the cache */
    char role;    /* who speaks at its end (lm/chat.h) */
    const volatile int *cancel;
    struct moim_model_cost cost;
};

/* One of model and script is not NULL. */
int moim_writer_init(struct moim_writer *w, struct moim_llm *model, const struct moim_script *script,
                     const volatile int *cancel, struct moim_err *err);
void moim_writer_clear(struct moim_writer *w);

/* Evaluates the part of the prompt that all calls share; it stays in the cache. Prompts have the marks of lm/chat.h. */
int moim_writer_prefix(struct moim_writer *w, const char *text, struct moim_err *err);
/* Continues prefix + text under the grammar to its end; out receives NUL-terminated JSON. MOIM_EINVAL when it
 * does not fit the context or cap. */
int moim_writer_run(struct moim_writer *w, const char *text, const struct moim_grammar *g, char *out,
                    size_t cap, struct moim_err *err);

#endif
