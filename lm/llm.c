#include "lm/llm.h"
#include "lm/llm_int.h"
#include "nn/vec.h"
#include <stdlib.h>
#include <string.h>

int moim_llm_open(struct moim_llm **out, const char *gguf_path, struct moim_pool *pool,
                  const struct moim_llm_params *params, struct moim_err *err)
{
    *out = NULL;
    struct moim_llm *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "no memory for a model");
    m->pool = pool;
    int rc = llm_load(m, gguf_path, params, err);
    if (rc) {
        moim_llm_close(m);
        return rc;
    }
    *out = m;
    return MOIM_OK;
}

void moim_llm_close(struct moim_llm *m)
{
    if (!m) return;
    llm_unload(m);
    free(m);
}

const struct moim_tokenizer *moim_llm_tokenizer(const struct moim_llm *m)
{
    return m->tok;
}
const struct moim_chat *moim_llm_chat(const struct moim_llm *m)
{
    return m->chat;
}

const char *moim_llm_name(const struct moim_llm *m)
{
    return m->name;
}
int moim_llm_n_ctx(const struct moim_llm *m)
{
    return m->n_ctx;
}
int moim_llm_n_vocab(const struct moim_llm *m)
{
    return m->n_vocab;
}
size_t moim_llm_bytes(const struct moim_llm *m)
{
    return m->bytes;
}

static int check_tokens(const struct moim_llm *m, const int32_t *tok, int n, int n_past, struct moim_err *err)
{
    if (n < 1 || n_past < 0 || n > m->n_ctx || n_past > m->n_ctx - n)
        return moim_fail(err, MOIM_EINVAL, "%d tokens at position %d do not fit a context of %d", n, n_past,
                         m->n_ctx);
    for (int i = 0; i < n; i++)
        if (tok[i] < 0 || tok[i] >= m->n_vocab)
            return moim_fail(err, MOIM_EINVAL, "token %d is not in the vocabulary", tok[i]);
    return MOIM_OK;
}

int moim_llm_eval(struct moim_llm *m, const int32_t *tok, int n, int n_past, float *logits,
                  struct moim_err *err)
{
    int rc = check_tokens(m, tok, n, n_past, err);
    for (int at = 0; at < n && !rc; at += m->n_batch) {
        int k = n - at < m->n_batch ? n - at : m->n_batch, last = k - 1;
        rc =
            llm_forward(m, &(struct llm_pass){.tok = tok + at, .n = k, .slot = n_past + at, .tree_base = -1});
        if (rc || !logits || at + k < n) continue;
        rc = llm_logits(m, &last, 1);
        memcpy(logits, m->logits, (size_t)m->n_vocab * sizeof *logits);
    }
    return rc;
}

/* ln p of the token that follows each of rows [0, n) of the pass just run. */
static int score_rows(struct moim_llm *m, const int32_t *next, int n, float *logprob)
{
    int rows[LLM_LOGIT_ROWS], rc = MOIM_OK;
    for (int at = 0; at < n && !rc; at += LLM_LOGIT_ROWS) {
        int k = n - at < LLM_LOGIT_ROWS ? n - at : LLM_LOGIT_ROWS;
        for (int i = 0; i < k; i++) rows[i] = at + i;
        rc = llm_logits(m, rows, k);
        for (int i = 0; i < k && !rc; i++) {
            const float *y = m->logits + (size_t)i * (size_t)m->n_vocab;
            logprob[at + i] = y[next[at + i]] - moim_logsumexp(y, (size_t)m->n_vocab);
        }
    }
    return rc;
}

int moim_llm_score(struct moim_llm *m, const int32_t *tok, int n, int n_past, float *logprob,
                   struct moim_err *err)
{
    int rc = check_tokens(m, tok, n, n_past, err);
    for (int at = 0; at < n && !rc; at += m->n_batch) {
        int k = n - at < m->n_batch ? n - at : m->n_batch;
        rc =
            llm_forward(m, &(struct llm_pass){.tok = tok + at, .n = k, .slot = n_past + at, .tree_base = -1});
        if (!rc) rc = score_rows(m, tok + at + 1, at + k < n ? k : k - 1, logprob + at);
    }
    return rc;
}
