/* Counts and the model from them, by interpolated absolute discounting:
 *   p(w | h) = max(c(hw) - D, 0) / c(h) + D types(h) / c(h) * p(w | h without its first symbol)
 * A word list has no neighbours, so that Kneser-Ney's continuation counts would say nothing here. */
#include "lm/ngram_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISCOUNT 0.75
#define ALPHABET 20000.0 /* symbols that a text may hold, for those never seen */

struct entry {
    uint64_t key; /* 0: free, as no symbol is 0 */
    double count, total;
    uint32_t types;
    float logprob;
};
struct table {
    struct entry *e;
    size_t n, cap;
};
struct moim_ngram_builder {
    struct table t[MOIM_NGRAM_ORDER];
    uint16_t s[NGRAM_TEXT];
};

static size_t slot_of(const struct table *t, uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    size_t at = (size_t)(h >> 20) & (t->cap - 1);
    while (t->e[at].key && t->e[at].key != key) at = (at + 1) & (t->cap - 1);
    return at;
}

static int grow(struct table *t)
{
    struct table bigger = {calloc(t->cap * 2, sizeof *t->e), t->n, t->cap * 2};
    if (!bigger.e) return MOIM_ENOMEM;
    for (size_t i = 0; i < t->cap; i++)
        if (t->e[i].key) bigger.e[slot_of(&bigger, t->e[i].key)] = t->e[i];
    free(t->e);
    *t = bigger;
    return MOIM_OK;
}

static int count_key(struct table *t, uint64_t key, double count)
{
    if (t->n * 2 >= t->cap && grow(t)) return MOIM_ENOMEM;
    struct entry *e = &t->e[slot_of(t, key)];
    if (!e->key) t->n++;
    e->key = key;
    e->count += count;
    return MOIM_OK;
}

int moim_ngram_builder_new(struct moim_ngram_builder **out, struct moim_err *err)
{
    struct moim_ngram_builder *b = *out = calloc(1, sizeof *b);
    if (!b) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int k = 0; k < MOIM_NGRAM_ORDER; k++) {
        b->t[k].cap = 1024;
        b->t[k].e = calloc(1024, sizeof *b->t[k].e);
        if (b->t[k].e) continue;
        moim_ngram_builder_free(b);
        *out = NULL;
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    return MOIM_OK;
}

void moim_ngram_builder_free(struct moim_ngram_builder *b)
{
    if (!b) return;
    for (int k = 0; k < MOIM_NGRAM_ORDER; k++) free(b->t[k].e);
    free(b);
}

int moim_ngram_add(struct moim_ngram_builder *b, const char *text, double count, struct moim_err *err)
{
    if (!(count > 0)) return moim_fail(err, MOIM_EINVAL, "n-gram counts are positive");
    int n = ngram_symbols(text, b->s, NGRAM_TEXT);
    for (int i = 1; n > 2 && i < n; i++)
        for (int k = 1; k <= MOIM_NGRAM_ORDER && k <= i + 1; k++)
            if (count_key(&b->t[k - 1], ngram_key(b->s + i - k + 1, k), count))
                return moim_fail(err, MOIM_ENOMEM, "out of memory");
    return MOIM_OK;
}

static double weight_left(double types, double total)
{
    return total > 0 ? fmin(1, DISCOUNT * types / total) : 1;
}

/* Totals of every context, then probabilities from short to long. */
static double estimate(struct moim_ngram_builder *b)
{
    double total = 0, types = 0;
    for (int k = 0; k < MOIM_NGRAM_ORDER; k++)
        for (size_t i = 0; i < b->t[k].cap; i++) b->t[k].e[i].total = b->t[k].e[i].types = 0;
    for (size_t i = 0; i < b->t[0].cap; i++)
        if (b->t[0].e[i].key) total += b->t[0].e[i].count, types++;
    for (int k = 1; k < MOIM_NGRAM_ORDER; k++)
        for (size_t i = 0; i < b->t[k].cap; i++) {
            const struct entry *e = &b->t[k].e[i];
            if (!e->key) continue;
            struct entry *c = &b->t[k - 1].e[slot_of(&b->t[k - 1], e->key >> 16)];
            c->total += e->count; /* a context without an entry of its own adds to a free slot: never read */
            c->types++;
        }
    double unknown = weight_left(types, total) / ALPHABET;
    for (int k = 0; k < MOIM_NGRAM_ORDER; k++) {
        uint64_t mask = k ? ((uint64_t)1 << (16 * k)) - 1 : 0;
        for (size_t i = 0; i < b->t[k].cap; i++) {
            struct entry *e = &b->t[k].e[i];
            if (!e->key) continue;
            const struct entry *c = k ? &b->t[k - 1].e[slot_of(&b->t[k - 1], e->key >> 16)] : NULL;
            double shorter =
                k ? exp(b->t[k - 1].e[slot_of(&b->t[k - 1], e->key & mask)].logprob) : 1 / ALPHABET;
            double all = c ? c->total : total, left = weight_left(c ? c->types : types, all);
            e->logprob = (float)log(fmax(e->count - DISCOUNT, 0) / all + left * shorter);
        }
    }
    return log(unknown > 0 ? unknown : 1 / ALPHABET);
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct ngram_record *)a)->key, y = ((const struct ngram_record *)b)->key;
    return (x > y) - (x < y);
}

static int write_order(const struct table *t, FILE *f)
{
    struct ngram_record *r = malloc((t->n + 1) * sizeof *r);
    if (!r) return MOIM_ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < t->cap; i++)
        if (t->e[i].key)
            r[n++] = (struct ngram_record){t->e[i].key, t->e[i].logprob,
                                           (float)log(weight_left(t->e[i].types, t->e[i].total))};
    qsort(r, n, sizeof *r, by_key);
    int rc = fwrite(r, sizeof *r, n, f) == n ? MOIM_OK : MOIM_EIO;
    free(r);
    return rc;
}

int moim_ngram_write(struct moim_ngram_builder *b, const char *path, struct moim_err *err)
{
    char part[4200];
    struct ngram_header h = {.version = NGRAM_VERSION, .order = MOIM_NGRAM_ORDER};
    memcpy(h.magic, NGRAM_MAGIC, 8);
    h.unknown = (float)estimate(b);
    for (int k = 0; k < MOIM_NGRAM_ORDER; k++) h.n[k] = b->t[k].n;
    snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    FILE *f = fopen(part, "wb");
    if (!f) return moim_fail_errno(err, "%s", part);
    int rc = fwrite(&h, sizeof h, 1, f) == 1 ? MOIM_OK : MOIM_EIO;
    for (int k = 0; !rc && k < MOIM_NGRAM_ORDER; k++) rc = write_order(&b->t[k], f);
    if (!rc && (fflush(f) || fsync(fileno(f)))) rc = MOIM_EIO;
    if (rc == MOIM_EIO) rc = moim_fail_errno(err, "%s", part);
    if (rc == MOIM_ENOMEM) moim_fail(err, rc, "out of memory");
    if (fclose(f) && !rc) rc = moim_fail_errno(err, "%s", part);
    if (!rc && rename(part, path)) rc = moim_fail_errno(err, "%s", path);
    if (rc) unlink(part);
    return rc;
}
