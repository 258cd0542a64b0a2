#include "lm/sample.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOP_MAX = 256, TOP_DEFAULT = 40, TRIE_MAX_BYTES = 512 };

struct cand {
    float logit;
    int32_t id;
};

static bool bit_ok(const struct moim_token_filter *f, int32_t t)
{
    return !f || !f->bits || (f->bits[t >> 5] >> (t & 31) & 1);
}

/* The k best tokens that pass the bits, unordered, in a min-heap; NaN never enters. */
static int select_top(const float *logits, int n, const struct moim_token_filter *f, struct cand *top, int k)
{
    int have = 0;
    for (int32_t t = 0; t < n; t++) {
        float v = logits[t];
        if (!(v > -INFINITY) || (have == k && !(v > top[0].logit)) || !bit_ok(f, t)) continue;
        int i;
        if (have < k) {
            for (i = have++; i > 0 && v < top[(i - 1) / 2].logit; i = (i - 1) / 2) top[i] = top[(i - 1) / 2];
        } else {
            i = 0;
            for (int c; (c = 2 * i + 1) < k; i = c) {
                if (c + 1 < k && top[c + 1].logit < top[c].logit) c++;
                if (!(top[c].logit < v)) break;
                top[i] = top[c];
            }
        }
        top[i] = (struct cand){v, t};
    }
    return have;
}

static int by_logit(const void *x, const void *y)
{
    const struct cand *a = x, *b = y;
    if (a->logit != b->logit) return a->logit > b->logit ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* The best token of all that the filter allows, when none of the top candidates is. */
static int32_t best_allowed(const float *logits, int n, const struct moim_token_filter *f)
{
    int32_t best = -1;
    for (int32_t t = 0; t < n; t++)
        if (bit_ok(f, t) && logits[t] > -INFINITY && (best < 0 || logits[t] > logits[best]) &&
            f->allowed(f->arg, t))
            best = t;
    return best;
}

static double uniform(uint64_t *seed)
{
    /* splitmix64 */
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static int32_t draw(const struct cand *top, int n, const struct moim_sample_params *p, uint64_t *seed)
{
    double w[TOP_MAX], sum = 0, kept = 0;
    for (int i = 0; i < n; i++)
        sum += w[i] = exp((double)(top[i].logit - top[0].logit) / (double)p->temperature);
    int last = 0;
    bool cut = p->top_p > 0 && p->top_p < 1;
    for (; last < n; last++) {
        kept += w[last];
        if (cut && kept >= (double)p->top_p * sum) break;
    }
    double r = uniform(seed) * kept;
    for (int i = 0; i < n && i <= last; i++)
        if ((r -= w[i]) < 0) return top[i].id;
    return top[0].id;
}

static void penalize(float *logits, int n_vocab, float penalty, const int32_t *recent, int n)
{
    for (int i = 0; i < n; i++) {
        bool seen = recent[i] < 0 || recent[i] >= n_vocab;
        for (int j = 0; j < i && !seen; j++) seen = recent[j] == recent[i];
        if (seen) continue;
        float *v = &logits[recent[i]];
        *v = *v > 0 ? *v / penalty : *v * penalty;
    }
}

int32_t moim_sample(float *logits, int n_vocab, const struct moim_sample_params *params,
                    const struct moim_token_filter *filter, const int32_t *recent, int n_recent,
                    uint64_t *seed)
{
    struct cand top[TOP_MAX];
    if (params->repeat_penalty > 1 && recent)
        penalize(logits, n_vocab, params->repeat_penalty, recent, n_recent);
    bool greedy = !(params->temperature > 0), ask = filter && filter->allowed;
    int k = params->top_k > 0 ? params->top_k : TOP_DEFAULT;
    if (k > TOP_MAX) k = TOP_MAX;
    if (greedy) k = ask ? TOP_DEFAULT : 1;
    int n = select_top(logits, n_vocab, filter, top, k), kept = 0;
    qsort(top, (size_t)n, sizeof *top, by_logit);
    if (!ask) return n == 0 ? -1 : greedy ? top[0].id : draw(top, n, params, seed);
    for (int i = 0; i < n; i++) {
        if (!filter->allowed(filter->arg, top[i].id)) continue;
        if (greedy) return top[i].id;
        top[kept++] = top[i];
    }
    return kept ? draw(top, kept, params, seed) : n < k ? -1 : best_allowed(logits, n_vocab, filter);
}

struct trie_row {
    const char *s;
    uint16_t len;
    uint16_t shared; /* bytes shared with the row before */
    int32_t id;
};
struct moim_token_trie {
    int n, n_words, depth;
    struct trie_row row[];
};

static int by_bytes(const void *x, const void *y)
{
    const struct trie_row *a = x, *b = y;
    int c = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);
    return c ? c : a->len != b->len ? (a->len < b->len ? -1 : 1) : a->id < b->id ? -1 : 1;
}

int moim_token_trie_new(struct moim_token_trie **out, const struct moim_tokenizer *t, struct moim_err *err)
{
    int size = moim_tokenizer_size(t);
    struct moim_token_trie *tr = malloc(sizeof *tr + (size_t)size * sizeof *tr->row);
    *out = tr;
    if (!tr) return moim_fail(err, MOIM_ENOMEM, "no memory for a token trie");
    tr->n = tr->depth = 0, tr->n_words = (size + 31) / 32;
    for (int32_t i = 0; i < size; i++) {
        size_t len;
        const char *s = moim_token_bytes(t, i, &len);
        if (len > 0 && len <= TRIE_MAX_BYTES) tr->row[tr->n++] = (struct trie_row){s, (uint16_t)len, 0, i};
    }
    qsort(tr->row, (size_t)tr->n, sizeof *tr->row, by_bytes);
    for (int i = 0; i < tr->n; i++) {
        struct trie_row *r = &tr->row[i];
        if (r->len > tr->depth) tr->depth = r->len;
        while (i && r->shared < r->len && r->shared < r[-1].len && r->s[r->shared] == r[-1].s[r->shared])
            r->shared++;
    }
    return MOIM_OK;
}

void moim_token_trie_free(struct moim_token_trie *tr)
{
    free(tr);
}
int moim_token_trie_depth(const struct moim_token_trie *tr)
{
    return tr->depth;
}

int moim_token_trie_walk(const struct moim_token_trie *tr, bool (*step)(void *arg, int depth, uint8_t byte),
                         void *arg, uint32_t *bits)
{
    int good = 0, count = 0; /* the first `good` bytes of the current row were accepted */
    bool rejected = false;   /* ... and byte number `good` was not */
    memset(bits, 0, (size_t)tr->n_words * sizeof *bits);
    for (int i = 0; i < tr->n; i++) {
        const struct trie_row *r = &tr->row[i];
        if (r->shared < good) good = r->shared, rejected = false;
        if (rejected && r->shared > good) continue; /* holds the rejected byte as well */
        rejected = false;
        while (good < r->len && !rejected) {
            if (step(arg, good, (uint8_t)r->s[good]))
                good++;
            else
                rejected = true;
        }
        if (rejected) continue;
        bits[r->id >> 5] |= 1u << (r->id & 31);
        count++;
    }
    return count;
}
