/* Many branches over one prefix, as a tree (as in speculative decoding: Miao et al., SpecInfer, 2023).
 *
 *   prefix ─ node 0 "the" ─┬─ node 1 "cat" ─ node 2 "sat"
 *                          └─ node 3 "bat" ─ node 4 "sat"
 * Node i lies in cache slot n_past + i; its position is n_past + depth. Parents come before children. */
#include "lm/llm_int.h"
#include "nn/vec.h"

/* Adds a sequence; returns the number of nodes, or -1 when the tree is full. */
static int add_branch(struct moim_llm *m, const int32_t *seq, int len, int n_past, int n_nodes)
{
    int cap = m->n_ctx - n_past, parent = -1, start = n_nodes;
    for (int i = 0; i < len; i++) {
        /* roots are chained from node 0 by t_next, like the children of one parent */
        int32_t first = parent >= 0 ? m->t_child[parent] : n_nodes > 0 ? 0 : -1, node = first, last = -1;
        for (; node >= 0 && m->t_tok[node] != seq[i]; node = m->t_next[node]) last = node;
        if (node < 0) {
            if (n_nodes == cap) break;
            node = n_nodes++;
            m->t_tok[node] = seq[i], m->t_parent[node] = parent, m->t_pos[node] = n_past + i;
            m->t_child[node] = m->t_next[node] = -1;
            if (last >= 0)
                m->t_next[last] = node;
            else if (parent >= 0)
                m->t_child[parent] = node;
        }
        parent = node;
        if (i == len - 1) return n_nodes;
    }
    /* full: unlink what was added (new nodes form one chain, so one link leads to it) */
    for (int i = 0; i < start; i++) {
        if (m->t_child[i] >= start) m->t_child[i] = -1;
        if (m->t_next[i] >= start) m->t_next[i] = -1;
    }
    return -1;
}

/* Scores the children of those rows of a pass that have any. Row r is node at + r. */
static int score_children(struct moim_llm *m, int at, int n)
{
    int rows[LLM_LOGIT_ROWS], k = 0, rc = MOIM_OK;
    for (int r = 0; r < n && !rc; r++) {
        if (m->t_child[at + r] >= 0) rows[k++] = r;
        if (k == 0 || (k < LLM_LOGIT_ROWS && r + 1 < n)) continue;
        rc = llm_logits(m, rows, k);
        for (int i = 0; i < k && !rc; i++) {
            const float *y = m->logits + (size_t)i * (size_t)m->n_vocab;
            float all = moim_logsumexp(y, (size_t)m->n_vocab);
            for (int c = m->t_child[at + rows[i]]; c >= 0; c = m->t_next[c])
                m->t_logprob[c] = y[m->t_tok[c]] - all;
        }
        k = 0;
    }
    return rc;
}

static int run_tree(struct moim_llm *m, int n_nodes, int n_past)
{
    int rc = MOIM_OK;
    for (int at = 0; at < n_nodes && !rc; at += m->n_batch) {
        int n = n_nodes - at < m->n_batch ? n_nodes - at : m->n_batch;
        rc = llm_forward(m, &(struct llm_pass){m->t_tok + at, n, n_past + at, m->t_pos, m->t_parent, n_past});
        if (!rc) rc = score_children(m, at, n);
    }
    return rc;
}

static void collect(const struct moim_llm *m, const int32_t *seq, int len, float *logprob)
{
    int node = 0;
    while (m->t_tok[node] != seq[0]) node = m->t_next[node];
    for (int i = 1; i < len; i++) {
        node = m->t_child[node];
        while (m->t_tok[node] != seq[i]) node = m->t_next[node];
        logprob[i - 1] = m->t_logprob[node];
    }
}

int moim_llm_score_set(struct moim_llm *m, const int32_t *const *seq, const int *len, int n_seq, int n_past,
                       float *const *logprob, struct moim_err *err)
{
    if (n_past < 0 || n_past > m->n_ctx) return moim_fail(err, MOIM_EINVAL, "prefix of %d tokens", n_past);
    for (int b = 0; b < n_seq; b++) {
        if (len[b] < 1 || len[b] > m->n_ctx - n_past)
            return moim_fail(err, MOIM_EINVAL, "branch of %d tokens after %d in a context of %d", len[b],
                             n_past, m->n_ctx);
        for (int i = 0; i < len[b]; i++)
            if (seq[b][i] < 0 || seq[b][i] >= m->n_vocab)
                return moim_fail(err, MOIM_EINVAL, "token %d is not in the vocabulary", seq[b][i]);
    }
    int rc = MOIM_OK;
    for (int first = 0, next = 0; first < n_seq && !rc; first = next) {
        int n_nodes = 0;
        for (; next < n_seq; next++) {
            int more = add_branch(m, seq[next], len[next], n_past, n_nodes);
            if (more < 0) break;
            n_nodes = more;
        }
        rc = run_tree(m, n_nodes, n_past);
        for (int b = first; b < next && !rc; b++) collect(m, seq[b], len[b], logprob[b]);
    }
    return rc ? moim_fail(err, rc, "out of memory while scoring") : MOIM_OK;
}
