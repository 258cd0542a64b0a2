#include "lm/ngram.h"
#include "base/mapfile.h"
#include "base/unicode.h"
#include "lm/ngram_int.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct moim_ngram {
    struct moim_map map;
    const struct ngram_record *rec[MOIM_NGRAM_ORDER]; /* [n[k]] of order k + 1, by rising key */
    size_t n[MOIM_NGRAM_ORDER];
    float unknown;
};

int ngram_symbols(const char *text, uint16_t *s, int max)
{
    size_t len = strlen(text), used;
    int n = 0;
    s[n++] = ' ';
    for (size_t i = 0; i < len && n < max - 1; i += used) {
        uint32_t c;
        used = moim_utf8_next(text + i, len - i, &c);
        enum moim_uc k = moim_uc_class(c);
        if (c >= 'A' && c <= 'Z') c += 32;
        if (k != MOIM_UC_LETTER && k != MOIM_UC_NUMBER && c != '\'') c = ' ';
        if (c > 0xFFFF) c = 0xFFFD;
        if (c != ' ' || s[n - 1] != ' ') s[n++] = (uint16_t)c;
    }
    if (s[n - 1] != ' ') s[n++] = ' ';
    return n;
}

int moim_ngram_open(struct moim_ngram **out, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_ngram *m = calloc(1, sizeof *m);
    if (!m) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_map_open(&m->map, path, err);
    if (rc) {
        free(m);
        return rc;
    }
    struct ngram_header h = {0};
    size_t at = sizeof h, left = m->map.size;
    if (left < at || memcmp(m->map.data, NGRAM_MAGIC, 8))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: not an n-gram model", path);
    if (!rc) {
        memcpy(&h, m->map.data, sizeof h);
        if (h.version != NGRAM_VERSION || h.order != MOIM_NGRAM_ORDER)
            rc = moim_fail(err, MOIM_EVERSION, "%s: n-gram model of version %u, order %u", path, h.version,
                           h.order);
    }
    for (int k = 0; !rc && k < MOIM_NGRAM_ORDER; k++) {
        size_t room = (left - at) / sizeof(struct ngram_record);
        if (h.n[k] > room) {
            rc = moim_fail(err, MOIM_EFORMAT, "%s: ends before its %d-grams do", path, k + 1);
        } else {
            m->rec[k] = (const struct ngram_record *)(const void *)((const char *)m->map.data + at);
            m->n[k] = (size_t)h.n[k];
            at += m->n[k] * sizeof(struct ngram_record);
        }
    }
    if (!rc && (at != left || !isfinite(h.unknown)))
        rc = moim_fail(err, MOIM_EFORMAT, "%s: damaged n-gram model", path);
    if (rc) {
        moim_ngram_close(m);
        return rc;
    }
    m->unknown = fminf(0, h.unknown);
    *out = m;
    return MOIM_OK;
}

void moim_ngram_close(struct moim_ngram *m)
{
    if (!m) return;
    moim_map_close(&m->map);
    free(m);
}

size_t moim_ngram_entries(const struct moim_ngram *m, int order)
{
    return order >= 1 && order <= MOIM_NGRAM_ORDER ? m->n[order - 1] : 0;
}

static const struct ngram_record *find(const struct moim_ngram *m, const uint16_t *s, int k)
{
    uint64_t key = ngram_key(s, k);
    const struct ngram_record *r = m->rec[k - 1];
    size_t lo = 0, hi = m->n[k - 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->n[k - 1] && r[lo].key == key ? &r[lo] : NULL;
}

/* Numbers of a damaged file may be anything. */
static double sane(float x)
{
    return isfinite(x) ? fmin(0, x) : -20;
}

/* ln p(s[i] | up to three symbols before it) */
static double symbol_logprob(const struct moim_ngram *m, const uint16_t *s, int i)
{
    double weight = 0;
    for (int k = i + 1 < MOIM_NGRAM_ORDER ? i + 1 : MOIM_NGRAM_ORDER; k >= 1; k--) {
        const struct ngram_record *r = find(m, s + i - k + 1, k);
        if (r) return weight + sane(r->logprob);
        const struct ngram_record *context = k > 1 ? find(m, s + i - k + 1, k - 1) : NULL;
        if (context) weight += sane(context->backoff);
    }
    return weight + m->unknown;
}

/* ---- a text, its Korean words split where that is likeliest ---- */

enum { CONTEXT = MOIM_NGRAM_ORDER - 1, STATES = 1 << CONTEXT };

/* Texts with the same last symbols: the likeliest of them. */
struct state {
    uint16_t s[MOIM_NGRAM_ORDER];
    int n;
    double logprob;
};
struct states {
    struct state at[2 * STATES];
    int n;
};

static struct state after(const struct moim_ngram *m, const struct state *from, uint16_t symbol)
{
    struct state to = *from;
    to.s[to.n] = symbol;
    to.logprob += symbol_logprob(m, to.s, to.n);
    if (to.n < CONTEXT)
        to.n++;
    else
        memmove(to.s, to.s + 1, CONTEXT * sizeof *to.s);
    return to;
}

static void keep_best(struct states *set, struct state x)
{
    for (int i = 0; i < set->n; i++) {
        struct state *have = &set->at[i];
        if (have->n != x.n || memcmp(have->s, x.s, (size_t)x.n * sizeof *x.s)) continue;
        if (x.logprob > have->logprob) have->logprob = x.logprob;
        return;
    }
    if (set->n < 2 * STATES) set->at[set->n++] = x;
}

static bool is_syllable(uint16_t c)
{
    return c >= 0xAC00 && c <= 0xD7A3;
}

double moim_ngram_score(const struct moim_ngram *m, const char *text, int *letters)
{
    uint16_t s[NGRAM_TEXT];
    int n = ngram_symbols(text, s, NGRAM_TEXT);
    struct states now = {.n = 1, .at = {{.s = {' '}, .n = 1}}};
    for (int i = 1; i < n; i++) {
        struct states next = {.n = 0};
        bool may_split = is_syllable(s[i]) && is_syllable(s[i - 1]);
        for (int k = 0; k < now.n; k++) {
            keep_best(&next, after(m, &now.at[k], s[i]));
            if (!may_split) continue;
            struct state gap = after(m, &now.at[k], ' ');
            keep_best(&next, after(m, &gap, s[i]));
        }
        now = next;
    }
    double best = now.at[0].logprob;
    for (int k = 1; k < now.n; k++) best = fmax(best, now.at[k].logprob);
    if (letters) *letters = n - 1;
    return best;
}
