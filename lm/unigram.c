#include "lm/unigram.h"
#include "base/unicode.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SPACE_MARK 0x2581u
#define MAX_EXPANSION 32 /* code points that one may normalize to */

struct moim_unigram {
    struct moim_unigram_vocab v;
    uint32_t *slot; /* open-addressed by hash of the bytes: piece + 1, 0 free */
    uint32_t mask;
    uint32_t *norm_cp, *norm_at; /* sorted code points and where their records start */
    size_t longest;              /* bytes of the longest piece */
    float unknown;               /* score of a character that no piece holds */
};

static uint32_t hash(const char *s, size_t n)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ n;
    for (; n >= 8; s += 8, n -= 8) {
        uint64_t w;
        memcpy(&w, s, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    uint64_t w = 0;
    memcpy(&w, s, n);
    h = (h ^ w) * 0xc4ceb9fe1a85ec53u;
    return (uint32_t)(h >> 32);
}

static int find_piece(const struct moim_unigram *u, const char *s, size_t n)
{
    const uint32_t *offs = u->v.offs;
    for (uint32_t i = hash(s, n) & u->mask; u->slot[i]; i = (i + 1) & u->mask) {
        uint32_t p = u->slot[i] - 1;
        if (offs[p + 1] - offs[p] == n && !memcmp(u->v.blob + offs[p], s, n)) return (int)p;
    }
    return -1;
}

static int index_pieces(struct moim_unigram *u, struct moim_err *err)
{
    const struct moim_unigram_vocab *v = &u->v;
    float least = 0;
    uint32_t size = 4;
    while (size < 2 * (uint32_t)v->n) size *= 2;
    u->slot = calloc(size, sizeof *u->slot);
    if (!u->slot) return moim_fail(err, MOIM_ENOMEM, "tokenizer: out of memory");
    u->mask = size - 1;
    for (int i = 0; i < v->n; i++) {
        if (v->offs[i] > v->offs[i + 1] || v->offs[i + 1] > v->blob_bytes || !isfinite(v->scores[i]))
            return moim_fail(err, MOIM_EFORMAT, "tokenizer: piece %d is damaged", i);
        size_t n = v->offs[i + 1] - v->offs[i];
        if (v->scores[i] < least) least = v->scores[i];
        if (!n || i == v->bos || i == v->eos || i == v->pad || i == v->unk) continue;
        if (n > u->longest) u->longest = n;
        uint32_t h = hash(v->blob + v->offs[i], n) & u->mask;
        while (u->slot[h]) h = (h + 1) & u->mask;
        u->slot[h] = (uint32_t)i + 1;
    }
    u->unknown = least - 10;
    return MOIM_OK;
}

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int index_norm(struct moim_unigram *u, struct moim_err *err)
{
    const struct moim_unigram_vocab *v = &u->v;
    u->norm_cp = calloc((size_t)v->n_norm + 1, sizeof *u->norm_cp);
    u->norm_at = calloc((size_t)v->n_norm + 1, sizeof *u->norm_at);
    if (!u->norm_cp || !u->norm_at) return moim_fail(err, MOIM_ENOMEM, "tokenizer: out of memory");
    size_t at = 0;
    for (int i = 0; i < v->n_norm; i++) {
        bool whole = v->norm_bytes - at >= 5 && v->norm[at + 4] <= MAX_EXPANSION &&
                     v->norm_bytes - at - 5 >= 4 * (size_t)v->norm[at + 4];
        if (!whole || (i && u32_at(v->norm + at) <= u->norm_cp[i - 1]))
            return moim_fail(err, MOIM_EFORMAT, "tokenizer: the normalization map is damaged");
        u->norm_cp[i] = u32_at(v->norm + at);
        u->norm_at[i] = (uint32_t)at;
        for (int k = 0; k < v->norm[at + 4]; k++)
            if (u32_at(v->norm + at + 5 + 4 * (size_t)k) > 0x10FFFF)
                return moim_fail(err, MOIM_EFORMAT, "tokenizer: the normalization map is damaged");
        at += 5 + 4 * (size_t)v->norm[at + 4];
    }
    return MOIM_OK;
}

int moim_unigram_new(struct moim_unigram **out, const struct moim_unigram_vocab *v, struct moim_err *err)
{
    *out = NULL;
    if (v->n < 1 || v->n > 1 << 24 || v->n_norm < 0 || (size_t)v->n_norm > v->norm_bytes / 5)
        return moim_fail(err, MOIM_EFORMAT, "tokenizer: impossible sizes");
    struct moim_unigram *u = calloc(1, sizeof *u);
    if (!u) return moim_fail(err, MOIM_ENOMEM, "tokenizer: out of memory");
    u->v = *v;
    int rc = index_pieces(u, err);
    if (!rc) rc = index_norm(u, err);
    if (rc)
        moim_unigram_free(u);
    else
        *out = u;
    return rc;
}

void moim_unigram_free(struct moim_unigram *u)
{
    if (!u) return;
    free(u->slot);
    free(u->norm_cp);
    free(u->norm_at);
    free(u);
}

/* What cp normalizes to, into out[MAX_EXPANSION]; the number of code points, which may be 0. */
static int normalize(const struct moim_unigram *u, uint32_t cp, uint32_t *out)
{
    int lo = 0, hi = u->v.n_norm;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (u->norm_cp[mid] < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo >= u->v.n_norm || u->norm_cp[lo] != cp) {
        out[0] = cp;
        return 1;
    }
    const uint8_t *r = u->v.norm + u->norm_at[lo];
    for (int k = 0; k < r[4]; k++) out[k] = u32_at(r + 5 + 4 * (size_t)k);
    return r[4];
}

/* The normalized text with marks for spaces, and where each character starts. */
struct text {
    char *bytes;
    int *start; /* [n + 1] */
    int n, cap;
};

static bool push(struct text *t, uint32_t cp)
{
    if (t->n + 1 >= t->cap) {
        int cap = t->cap ? 2 * t->cap : 256;
        char *bytes = realloc(t->bytes, (size_t)cap * 4);
        if (bytes) t->bytes = bytes;
        int *start = realloc(t->start, (size_t)cap * sizeof *start);
        if (start) t->start = start;
        if (!bytes || !start) return false;
        if (!t->cap) start[0] = 0;
        t->cap = cap;
    }
    int at = t->start[t->n];
    t->start[++t->n] = at + (int)moim_utf8_put(cp, t->bytes + at);
    return true;
}

/* Runs of spaces count as one, and a text begins with one. */
static bool prepare(const struct moim_unigram *u, const char *s, size_t len, struct text *t)
{
    bool was_space = false;
    for (size_t i = 0; i < len;) {
        uint32_t cp, out[MAX_EXPANSION] = {0};
        i += moim_utf8_next(s + i, len - i, &cp);
        int n = normalize(u, cp, out);
        for (int k = 0; k < n; k++) {
            bool space = out[k] == ' ';
            if (!t->n && !space && !push(t, SPACE_MARK)) return false;
            if ((!space || !was_space) && !push(t, space ? SPACE_MARK : out[k])) return false;
            was_space = space;
        }
    }
    return t->n || push(t, SPACE_MARK);
}

struct step {
    float score;
    int32_t piece, from; /* the piece that ends here and the character it starts at */
};

static void best_cut(const struct moim_unigram *u, const struct text *t, struct step *at)
{
    for (int i = 0; i <= t->n; i++) at[i] = (struct step){i ? -INFINITY : 0, -1, 0};
    for (int i = 0; i < t->n; i++) {
        for (int e = i + 1; e <= t->n; e++) {
            size_t n = (size_t)(t->start[e] - t->start[i]);
            if (n > u->longest) break;
            int p = find_piece(u, t->bytes + t->start[i], n);
            if (p >= 0 && at[i].score + u->v.scores[p] > at[e].score)
                at[e] = (struct step){at[i].score + u->v.scores[p], p, i};
        }
        if (at[i].score + u->unknown > at[i + 1].score)
            at[i + 1] = (struct step){at[i].score + u->unknown, u->v.unk, i};
    }
}

int moim_unigram_encode(const struct moim_unigram *u, const char *text, size_t len, int32_t *id, int cap)
{
    struct text t = {0};
    struct step *at = NULL;
    int n = MOIM_ENOMEM;
    if (prepare(u, text, len, &t) && (at = malloc((size_t)(t.n + 1) * sizeof *at))) {
        best_cut(u, &t, at);
        n = 0;
        for (int i = t.n; i > 0; i = at[i].from) n++;
        int k = n;
        for (int i = t.n; i > 0; i = at[i].from)
            if (--k < cap) id[k] = at[i].piece;
    }
    free(at);
    free(t.bytes);
    free(t.start);
    return n;
}
