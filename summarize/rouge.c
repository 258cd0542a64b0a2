#include "summarize/rouge.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct words {
    uint64_t *w; /* a hash of each word: FNV-1a over 64 bits does not collide on texts of this size */
    int n;
};

static int read_words(const char *s, struct words *out)
{
    out->n = 0;
    out->w = malloc(sizeof *out->w * (strlen(s) + 1));
    if (!out->w) return MOIM_ENOMEM;
    uint64_t hash = 0;
    bool open = false;
    for (const unsigned char *p = (const unsigned char *)s;; p++) {
        bool hangul = *p >= 0xea && *p <= 0xed && p[1] && p[2];
        if (isascii(*p) && isalnum(*p)) {
            if (!open) hash = 0xcbf29ce484222325u;
            open = true;
            hash = (hash ^ (uint64_t)tolower(*p)) * 0x100000001b3u;
            continue;
        }
        if (open) out->w[out->n++] = hash;
        open = false;
        if (hangul) {
            out->w[out->n++] = (uint64_t)p[0] << 16 | (uint64_t)p[1] << 8 | p[2];
            p += 2;
        }
        if (!*p) break;
    }
    return MOIM_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The n-grams' hashes in order of value; n 1 or 2. Returns their number. */
static int grams(const struct words *t, int n, uint64_t *out)
{
    int count = t->n - n + 1;
    for (int i = 0; i < count; i++) out[i] = n == 1 ? t->w[i] : t->w[i] * 0x9e3779b97f4a7c15u ^ t->w[i + 1];
    if (count > 0) qsort(out, (size_t)count, sizeof *out, by_value);
    return count > 0 ? count : 0;
}

static double f_measure(int common, int reference, int text)
{
    if (!common) return 0;
    double p = (double)common / text, r = (double)common / reference;
    return 2 * p * r / (p + r);
}

static double rouge_n(const struct words *a, const struct words *b, int n, uint64_t *x, uint64_t *y)
{
    int na = grams(a, n, x), nb = grams(b, n, y), i = 0, j = 0, common = 0;
    while (i < na && j < nb) {
        if (x[i] == y[j])
            common++, i++, j++;
        else if (x[i] < y[j])
            i++;
        else
            j++;
    }
    return f_measure(common, na, nb);
}

/* Longest common subsequence in one row of memory. */
static double rouge_l(const struct words *a, const struct words *b, int *row)
{
    memset(row, 0, sizeof *row * (size_t)(b->n + 1));
    for (int i = 0; i < a->n; i++)
        for (int j = 1, diagonal = 0; j <= b->n; j++) {
            int above = row[j];
            row[j] = a->w[i] == b->w[j - 1] ? diagonal + 1 : row[j - 1] > above ? row[j - 1] : above;
            diagonal = above;
        }
    return f_measure(row[b->n], a->n, b->n);
}

int moim_rouge(const char *reference, const char *text, struct moim_rouge *out, struct moim_err *err)
{
    struct words a = {0}, b = {0};
    memset(out, 0, sizeof *out);
    int rc = read_words(reference, &a);
    if (!rc) rc = read_words(text, &b);
    uint64_t *x = malloc(sizeof *x * (size_t)(a.n + 1)), *y = malloc(sizeof *y * (size_t)(b.n + 1));
    int *row = malloc(sizeof *row * (size_t)(b.n + 1));
    if (!x || !y || !row) rc = MOIM_ENOMEM;
    if (!rc) {
        out->r1 = rouge_n(&a, &b, 1, x, y);
        out->r2 = rouge_n(&a, &b, 2, x, y);
        out->rl = rouge_l(&a, &b, row);
    }
    free(a.w);
    free(b.w);
    free(x);
    free(y);
    free(row);
    return rc ? moim_fail(err, rc, "ROUGE: out of memory") : MOIM_OK;
}
