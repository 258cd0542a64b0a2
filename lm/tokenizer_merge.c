/* Greedy pair merging with a heap, the heart of both kinds: BPE takes the pair of lowest merge rank,
 * SentencePiece the pair whose product has the highest score; ties go to the leftmost. */
#include "lm/tokenizer_int.h"
#include <stdlib.h>
#include <string.h>

static bool before(const struct tok_bigram *a, const struct tok_bigram *b)
{
    return a->key < b->key || (a->key == b->key && a->left < b->left);
}

static int heap_push(struct tok_scratch *s, struct tok_bigram b)
{
    if (s->n_heap == s->heap_cap) {
        size_t cap = s->heap_cap ? s->heap_cap * 2 : 256;
        void *p = realloc(s->heap, cap * sizeof *s->heap);
        if (!p) return MOIM_ENOMEM;
        s->heap = p, s->heap_cap = cap;
    }
    size_t i = s->n_heap++;
    for (; i > 0 && before(&b, &s->heap[(i - 1) / 2]); i = (i - 1) / 2) s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = b;
    return MOIM_OK;
}

static struct tok_bigram heap_pop(struct tok_scratch *s)
{
    struct tok_bigram top = s->heap[0], last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= s->n_heap) break;
        if (c + 1 < s->n_heap && before(&s->heap[c + 1], &s->heap[c])) c++;
        if (!before(&s->heap[c], &last)) break;
        s->heap[i] = s->heap[c];
        i = c;
    }
    s->heap[i] = last;
    return top;
}

struct tok_merge *tok_merge_slot(const struct moim_tokenizer *t, int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    for (size_t i = h >> 20 & (t->merge_cap - 1);; i = (i + 1) & (t->merge_cap - 1)) {
        struct tok_merge *m = &t->merges[i];
        if (m->left < 0 || (m->left == left && m->right == right)) return m;
    }
}

static int try_pair(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, int32_t l,
                    int32_t r)
{
    if (l < 0 || r < 0) return MOIM_OK;
    const struct tok_sym *a = &s->sym[l], *b = &s->sym[r];
    struct tok_bigram g = {.left = l, .right = r, .len = a->len + b->len};
    if (t->kind == TOK_BPE) {
        if (a->id < 0 || b->id < 0) return MOIM_OK;
        const struct tok_merge *m = tok_merge_slot(t, a->id, b->id);
        if (m->left < 0) return MOIM_OK;
        g.key = (float)m->rank, g.id = m->id;
    } else {
        g.id = moim_strmap_get(&t->map, text + a->pos, g.len);
        if (g.id < 0) return MOIM_OK;
        g.key = -t->score[g.id];
    }
    return heap_push(s, g);
}

int tok_merge_all(const struct moim_tokenizer *t, struct tok_scratch *s, const char *text, int n)
{
    s->n_heap = 0;
    for (int i = 0; i < n; i++) s->sym[i].prev = i - 1, s->sym[i].next = i + 1 < n ? i + 1 : -1;
    for (int i = 1; i < n; i++)
        if (try_pair(t, s, text, i - 1, i)) return MOIM_ENOMEM;
    while (s->n_heap) {
        struct tok_bigram g = heap_pop(s);
        struct tok_sym *a = &s->sym[g.left], *b = &s->sym[g.right];
        /* one of the two was merged with another neighbour meanwhile */
        if (!a->len || !b->len || a->len + b->len != g.len) continue;
        a->len = g.len, a->id = g.id, a->next = b->next;
        b->len = 0;
        if (b->next >= 0) s->sym[b->next].prev = g.left;
        if (try_pair(t, s, text, a->prev, g.left) || try_pair(t, s, text, g.left, a->next))
            return MOIM_ENOMEM;
    }
    return MOIM_OK;
}

int tok_scratch_syms(struct tok_scratch *s, size_t n)
{
    if (n > INT32_MAX) return MOIM_EINVAL;
    if (n <= s->sym_cap) return MOIM_OK;
    size_t cap = n + n / 2 + 64;
    void *p = realloc(s->sym, cap * sizeof *s->sym);
    if (!p) return MOIM_ENOMEM;
    s->sym = p, s->sym_cap = cap;
    return MOIM_OK;
}

void tok_scratch_free(struct tok_scratch *s)
{
    free(s->sym);
    free(s->heap);
    memset(s, 0, sizeof *s);
}
