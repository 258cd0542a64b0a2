#include "summarize/terms.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TERMS_MAX 4096 /* of one turn */

struct builder {
    uint64_t *hash; /* open addressing, 0 empty */
    uint32_t *id;
    int *count;
    uint32_t mask;
    int n;
};

static int grow(struct builder *b)
{
    uint32_t size = b->hash ? 2 * (b->mask + 1) : 1024;
    struct builder g = {calloc(size, sizeof *g.hash), calloc(size, sizeof *g.id),
                        realloc(b->count, sizeof *g.count * size), size - 1, b->n};
    if (g.count) b->count = g.count;
    if (!g.hash || !g.id || !g.count) {
        free(g.hash);
        free(g.id);
        return MOIM_ENOMEM;
    }
    for (uint32_t i = 0; b->hash && i <= b->mask; i++) {
        if (!b->hash[i]) continue;
        uint32_t at = (uint32_t)b->hash[i] & g.mask;
        while (g.hash[at]) at = (at + 1) & g.mask;
        g.hash[at] = b->hash[i];
        g.id[at] = b->id[i];
    }
    free(b->hash);
    free(b->id);
    b->hash = g.hash;
    b->id = g.id;
    b->mask = g.mask;
    return MOIM_OK;
}

static int number(struct builder *b, uint64_t hash, uint32_t *id)
{
    if (!hash) hash = 1;
    if ((!b->hash || (uint32_t)b->n * 2 > b->mask) && grow(b)) return MOIM_ENOMEM;
    uint32_t at = (uint32_t)hash & b->mask;
    while (b->hash[at] && b->hash[at] != hash) at = (at + 1) & b->mask;
    if (!b->hash[at]) {
        b->hash[at] = hash;
        b->id[at] = (uint32_t)b->n;
        b->count[b->n++] = 0;
    }
    *id = b->id[at];
    return MOIM_OK;
}

static const char *const stop[] = {
    "the",   "and",   "you",   "that",  "it's",  "for",       "this",   "have",       "with",       "but",
    "not",   "are",   "was",   "what",  "they",  "just",      "like",   "know",       "yeah",       "okay",
    "think", "well",  "would", "there", "can",   "then",      "that's", "get",        "don't",      "one",
    "all",   "about", "your",  "from",  "will",  "could",     "should", "mean",       "some",       "them",
    "which", "been",  "were",  "had",   "has",   "how",       "when",   "because",    "really",     "also",
    "going", "right", "gonna", "want",  "see",   "something", "thing",  "things",     "very",       "our",
    "more",  "out",   "any",   "here",  "these", "those",     "other",  "actually",   "maybe",      "sort",
    "kind",  "their", "into",  "than",  "i'm",   "we're",     "yes",    "vocalsound", "disfmarker", "pause",
    "gap",   "say",   "said",  "let",   "need",  "make",      "got",    NULL};

static bool is_stop(const char *w, size_t n)
{
    if (n < 3) return true;
    for (int i = 0; stop[i]; i++)
        if (strlen(stop[i]) == n && !memcmp(stop[i], w, n)) return true;
    return false;
}

/* Plurals and the commonest verb endings: enough to bring "buttons" and "button" together. */
static size_t stem(const char *w, size_t n)
{
    static const char *const ending[] = {"ing", "ed", "es", "s", "ly"};
    for (int i = 0; i < 5; i++) {
        size_t m = strlen(ending[i]);
        if (n > m + 3 && !memcmp(w + n - m, ending[i], m)) return n - m;
    }
    return n;
}

static uint64_t hash_of(const char *w, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)w[i]) * 0x100000001b3u;
    return h;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* One word: its stem, or each two syllables of it; the last syllables of a Korean word are mostly particles
 * and endings, so that a pair at its front counts for the word. */
static int add_word(struct builder *b, const char *w, size_t n, uint32_t *out, int *count)
{
    bool hangul = (unsigned char)*w >= 0xea && (unsigned char)*w <= 0xed;
    if (!hangul) {
        if (is_stop(w, n) || *count >= TERMS_MAX) return MOIM_OK;
        return number(b, hash_of(w, stem(w, n)), &out[(*count)++]);
    }
    for (size_t i = 0; i + 6 <= n && i < 9 && *count < TERMS_MAX; i += 3) {
        if (i && i + 6 == n) break; /* the word's tail */
        if (number(b, hash_of(w + i, 6), &out[(*count)++])) return MOIM_ENOMEM;
    }
    return MOIM_OK;
}

static int read_turn(struct builder *b, const char *text, struct moim_terms *t)
{
    uint32_t id[TERMS_MAX];
    char word[256];
    int n = 0, rc = MOIM_OK;
    for (const char *p = text; *p && !rc;) {
        size_t len = 0;
        while (*p && !isalnum((unsigned char)*p) && !(*p & 0x80)) p++;
        while ((isalnum((unsigned char)*p) || *p == '\'' || (*p & 0x80)) && len + 1 < sizeof word)
            word[len++] = (char)tolower((unsigned char)*p++);
        if (len) t->words++;
        if (len) rc = add_word(b, word, len, id, &n);
    }
    if (rc) return rc;
    /* cppcheck-suppress uninitvar */
    qsort(id, (size_t)n, sizeof *id, ascending);
    for (int i = 0; i < n; i++)
        if (!i || id[i] != id[i - 1]) id[t->n++] = id[i];
    t->id = malloc(sizeof *t->id * (size_t)(t->n + 1));
    if (!t->id) return MOIM_ENOMEM;
    memcpy(t->id, id, sizeof *id * (size_t)t->n);
    for (int i = 0; i < t->n; i++) b->count[t->id[i]]++;
    return MOIM_OK;
}

int moim_terms_read(struct moim_term_table *t, const struct moim_turn_text *turns, int n)
{
    struct builder b = {0};
    memset(t, 0, sizeof *t);
    t->turn = calloc((size_t)n + 1, sizeof *t->turn);
    int rc = t->turn ? MOIM_OK : MOIM_ENOMEM;
    t->n_turns = n;
    for (int i = 0; i < n && !rc; i++) rc = read_turn(&b, turns[i].text, &t->turn[i]);
    t->n_ids = b.n;
    t->idf = rc ? NULL : malloc(sizeof *t->idf * (size_t)(b.n + 1));
    if (!rc && !t->idf) rc = MOIM_ENOMEM;
    for (int i = 0; i < b.n && !rc; i++) t->idf[i] = log(1 + (double)n / b.count[i]);
    free(b.hash);
    free(b.id);
    free(b.count);
    if (rc) moim_terms_free(t);
    return rc;
}

void moim_terms_free(struct moim_term_table *t)
{
    for (int i = 0; t->turn && i < t->n_turns; i++) free(t->turn[i].id);
    free(t->turn);
    free(t->idf);
    memset(t, 0, sizeof *t);
}
