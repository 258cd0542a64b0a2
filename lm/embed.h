/* Sentence embeddings by multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings"): texts
 * that mean the same lie close together, in whatever language. docs/models/e5.md describes the network and
 * its file.
 *
 *   text -> unigram tokens -> word + position + type embedding, layernorm   [T, 384]
 *        -> 12 x { attention over all T (12 heads of 32), add, layernorm;  384 -> 1536 GELU -> 384, add,
 * layernorm }
 *        -> mean over T -> unit length                                       [384]
 *
 * All memory is taken at load but for the tokens of a text. A handle serves one thread. */
#ifndef MOIM_LM_EMBED_H
#define MOIM_LM_EMBED_H

#include "base/status.h"
#include "nn/pool.h"
#include <stddef.h>
#include <stdint.h>

#define MOIM_EMBED_DIM 384

struct moim_embed;

/* What a text is: the model was trained with these two words in front, and expects them. */
enum moim_embed_kind { MOIM_EMBED_QUERY, MOIM_EMBED_PASSAGE };

/* Opens an E5S1 file; pool may be NULL and must outlive the model. MOIM_EFORMAT on a damaged file,
 * MOIM_EUNSUP on a network of another width than MOIM_EMBED_DIM. */
int moim_embed_open(struct moim_embed **out, const char *path, struct moim_pool *pool, struct moim_err *err);
void moim_embed_close(struct moim_embed *m);

/* Unit vector of a text of any length: beyond 510 tokens the mean over windows, weighted by their tokens.
 * MOIM_ENOMEM. */
int moim_embed_text(struct moim_embed *m, enum moim_embed_kind kind, const char *text,
                    float out[MOIM_EMBED_DIM], struct moim_err *err);

/* What a text is about, for comparing: its vector less the mean of texts of its kind and script (Hangul or
 * not), of length 1 again. All E5 vectors lie in one narrow cone, Korean ones and English ones each in a
 * corner of it; after this, texts that have nothing in common score about 0 whatever their languages. The
 * means belong to multilingual-e5-small. */
int moim_embed_topic(struct moim_embed *m, enum moim_embed_kind kind, const char *text,
                     float out[MOIM_EMBED_DIM], struct moim_err *err);

/* Texts that follow each other, as turns of a talk: each is read with up to three before it and two after it, so that its state
 * (state[n][MOIM_EMBED_DIM], the mean over its tokens after two thirds of the layers: those behind know better what a text is about,
 * and less what it does) tells what it says there and not by itself. Only the first 120 tokens of a text are read. MOIM_ENOMEM, MOIM_ECANCEL. */
int moim_embed_in_context(struct moim_embed *m, const char *const *text, int n, float *state,
                          const volatile int *cancel, struct moim_err *err);

/* The same before the mean, for texts [from, to) alone: the states of their tokens one behind another, state[cap][MOIM_EMBED_DIM],
 * of which length[i - from] are text i's. MOIM_EINVAL: they do not fit; MOIM_ENOMEM. */
int moim_embed_tokens_in_context(struct moim_embed *m, const char *const *text, int n, int from, int to,
                                 float *state, int cap, int *length, struct moim_err *err);

/* States of the tokens of a question by itself, with its prefix and marks, after the same layers: at most cap, the last of them the end
 * mark; returns how many. MOIM_ENOMEM. */
int moim_embed_question_states(struct moim_embed *m, const char *question, float *state, int cap,
                               struct moim_err *err);

/* What the same layers make of a few words or a sentence by itself: the mean of those states, marks left out. state[MOIM_EMBED_DIM]; the
 * first tokens of a long text. MOIM_ENOMEM. */
int moim_embed_words(struct moim_embed *m, const char *words, float *state, struct moim_err *err);

/* Tokens of text with its prefix, without begin and end marks; as moim_unigram_encode. */
int moim_embed_tokens(const struct moim_embed *m, enum moim_embed_kind kind, const char *text, int32_t *id,
                      int cap);

#endif
