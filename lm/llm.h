/* Decoder-only transformers from GGUF (qwen2, qwen3, llama, gemma2, gemma3, exaone, exaone4, phi3, smollm3,
 * granite) with a KV cache.
 *
 * A moim_llm is one model with one sequence. Its KV cache is indexed by position: evaluating at n_past
 * overwrites whatever lay at that position and after, so going back to a shared prefix is just a smaller
 * n_past. */
#ifndef MOIM_LM_LLM_H
#define MOIM_LM_LLM_H

#include "lm/chat.h"
#include "lm/tokenizer.h"
#include "nn/pool.h"

struct moim_llm;

struct moim_llm_params {
    int n_ctx;   /* positions in the KV cache; 0: 4096 or the model's own limit if smaller */
    int n_batch; /* tokens evaluated at once; 0: 256 */
    int exact;   /* keys, values and what meets them stay in f32: twice the memory, for comparing engines */
};

/* pool may be NULL (one thread) and must outlive the model. All memory is taken here; evaluation allocates
 * nothing. */
int moim_llm_open(struct moim_llm **out, const char *gguf_path, struct moim_pool *pool,
                  const struct moim_llm_params *params, struct moim_err *err);
void moim_llm_close(struct moim_llm *m);

const struct moim_tokenizer *moim_llm_tokenizer(const struct moim_llm *m);
const struct moim_chat *moim_llm_chat(const struct moim_llm *m);
const char *moim_llm_name(const struct moim_llm *m); /* general.name, or the file's name */
int moim_llm_n_ctx(const struct moim_llm *m);
int moim_llm_n_vocab(const struct moim_llm *m);
size_t moim_llm_bytes(const struct moim_llm *m); /* memory held beside the mapped file */

/* Evaluates tok[n] at positions n_past ... n_past + n - 1, any n (it is split into batches).
 * logits, if not NULL, receives [n_vocab] for the last token. MOIM_EINVAL past n_ctx. */
int moim_llm_eval(struct moim_llm *m, const int32_t *tok, int n, int n_past, float *logits,
                  struct moim_err *err);

/* Scores continuations: evaluates tok[n] at n_past and sets logprob[i] = ln p(tok[i + 1] | ... tok[i]) for i
 * in [0, n - 1). One forward pass; the cache then holds all n tokens. */
int moim_llm_score(struct moim_llm *m, const int32_t *tok, int n, int n_past, float *logprob,
                   struct moim_err *err);

/* Scores branches that continue one prefix: seq[b][0] follows the n_past tokens in the cache, and
 * logprob[b][i] = ln p(seq[b][i + 1] | prefix, seq[b][0..i]) for i in [0, len[b] - 1). What branches share is
 * evaluated once (they form a tree, and a token attends to its own ancestors alone), so fifty hypotheses that
 * differ in a few words cost little more than their differences. Slots from n_past on are overwritten. One
 * branch must fit into n_ctx - n_past; the set may be any size. */
int moim_llm_score_set(struct moim_llm *m, const int32_t *const *seq, const int *len, int n_seq, int n_past,
                       float *const *logprob, struct moim_err *err);

#endif
