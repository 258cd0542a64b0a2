#include "lm/rescore.h"
#include "base/unicode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 640, MAX_CONTEXT = 64, MAX_UNITS = 1024 };

/* A hypothesis as it is compared: letters of Korean, hashes of words else. */
struct units {
    uint32_t *u;
    int n;
};

struct moim_rescorer {
    struct moim_llm *llm;
    const struct moim_ngram *ngram;
    int32_t prefix[MAX_CONTEXT + 8];
};

struct moim_rescore_params moim_rescore_defaults(const char *lang, bool transformer)
{
    bool ko = !strcmp(lang, "ko");
    struct moim_rescore_params p = {.vocab = 0.5f, .scale = 0.7f, .reads = 6};
    p.lm = transformer ? 0.3f : 0;
    p.ngram = transformer ? 0 : 0.1f;
    p.length = transformer ? (ko ? 0.9f : 0.5f) : (ko ? 0.4f : 0.2f); /* what a letter costs, given back */
    return p;
}

int moim_rescorer_new(struct moim_rescorer **out, struct moim_llm *llm, const struct moim_ngram *ngram,
                      struct moim_err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    (*out)->llm = llm;
    (*out)->ngram = ngram;
    return MOIM_OK;
}

void moim_rescorer_free(struct moim_rescorer *r)
{
    free(r);
}

/* ---- the transformer ---- */

/* The end of the context, some 60 tokens, begun at a word; the beginning of a text without one. */
static int prefix_tokens(struct moim_rescorer *r, const char *context)
{
    const struct moim_tokenizer *t = moim_llm_tokenizer(r->llm);
    int32_t tokens[4 * MAX_CONTEXT];
    int n = 0, have = 0;
    if (moim_tokenizer_bos(t) >= 0) r->prefix[n++] = moim_tokenizer_bos(t);
    if (context && *context) {
        size_t len = strlen(context), most = 160;
        const char *tail = len > most ? context + len - most : context;
        while (((uint8_t)*tail & 0xC0) == 0x80) tail++;
        if (tail > context && strchr(tail, ' ')) tail = strchr(tail, ' ') + 1;
        have = moim_tokenize(t, tail, strlen(tail), 0, tokens, 4 * MAX_CONTEXT);
        if (have > 4 * MAX_CONTEXT) have = 4 * MAX_CONTEXT;
    }
    if (have <= 0 && !n) have = moim_tokenize(t, "\n", 1, 0, tokens, 1);
    int take = have < MAX_CONTEXT ? have : MAX_CONTEXT;
    for (int i = have - take; i < have; i++) r->prefix[n++] = tokens[i];
    return n;
}

struct branches {
    int32_t **seq;
    float **logprob;
    int *len;
    int n;
};

static void free_branches(struct branches *b)
{
    for (int i = 0; i < b->n; i++) {
        if (b->seq) free(b->seq[i]);
        if (b->logprob) free(b->logprob[i]);
    }
    free(b->seq);
    free(b->logprob);
    free(b->len);
}

/* seq[i]: the prefix's last token, the text, a line's end (so that an unfinished sentence costs something).
 */
static int make_branch(struct moim_rescorer *r, struct branches *b, int i, const char *text, int32_t last,
                       bool gap)
{
    const struct moim_tokenizer *t = moim_llm_tokenizer(r->llm);
    size_t len = strlen(text);
    char *line = malloc(len + 3);
    b->seq[i] = malloc(MAX_TOKENS * sizeof(int32_t));
    b->logprob[i] = calloc(MAX_TOKENS, sizeof(float));
    if (line && b->seq[i] && b->logprob[i]) {
        line[0] = ' ';
        memcpy(line + gap, text, len);
        memcpy(line + gap + len, "\n", 2);
        int n = moim_tokenize(t, line, len + 1 + gap, 0, b->seq[i] + 1, MAX_TOKENS - 1);
        b->seq[i][0] = last;
        b->len[i] = 1 + (n < 0 ? 0 : n < MAX_TOKENS ? n : MAX_TOKENS - 1);
    }
    free(line);
    return line && b->seq[i] && b->logprob[i] ? MOIM_OK : MOIM_ENOMEM;
}

/* lm[i] of the n_which hypotheses which[]. */
static int by_transformer(struct moim_rescorer *r, const struct moim_nbest *nb, const int *which, int n_which,
                          const char *context, float *lm, struct moim_err *err)
{
    if (!n_which) return MOIM_OK;
    int n = prefix_tokens(r, context), rc = MOIM_OK;
    size_t count = (size_t)n_which;
    struct branches b = {calloc(count, sizeof *b.seq), calloc(count, sizeof *b.logprob),
                         calloc(count, sizeof *b.len), n_which};
    if (!b.seq || !b.logprob || !b.len) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n_which; i++)
        if (make_branch(r, &b, i, nb->hyps[which[i]].text, r->prefix[n - 1], context && *context))
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc && n > 1) rc = moim_llm_eval(r->llm, r->prefix, n - 1, 0, NULL, err);
    if (!rc)
        rc = moim_llm_score_set(r->llm, (const int32_t *const *)b.seq, b.len, n_which, n - 1, b.logprob, err);
    for (int i = 0; !rc && i < n_which; i++) {
        double sum = 0;
        for (int k = 0; k + 1 < b.len[i]; k++) sum += b.logprob[i][k];
        lm[which[i]] = (float)sum;
    }
    free_branches(&b);
    return rc;
}

/* ---- comparing texts ---- */

static uint32_t lower(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* Letters and figures of text, lowered, into u[max]; words: one hash for each word. */
static int units_of(const char *text, bool words, uint32_t *u, int max)
{
    size_t n = strlen(text), used;
    uint32_t hash = 0;
    int count = 0;
    for (size_t i = 0; i < n && count < max; i += used) {
        uint32_t c;
        used = moim_utf8_next(text + i, n - i, &c);
        enum moim_uc k = moim_uc_class(c);
        bool counts = k == MOIM_UC_LETTER || k == MOIM_UC_NUMBER;
        if (counts && !words) u[count++] = lower(c);
        if (counts && words) hash = (hash ? hash : 2166136261u) * 16777619u ^ lower(c);
        if (words && hash && (k == MOIM_UC_SPACE || c == '-' || i + used >= n)) {
            u[count++] = hash;
            hash = 0;
        }
    }
    return count;
}

/* Levenshtein; row[max + 1] is scratch. */
static int edits(const struct units *a, const struct units *b, int *row)
{
    for (int j = 0; j <= b->n; j++) row[j] = j;
    for (int i = 1; i <= a->n; i++) {
        int corner = row[0];
        row[0] = i;
        for (int j = 1; j <= b->n; j++) {
            int best = corner + (a->u[i - 1] != b->u[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[b->n];
}

/* risk[i] from totals; units and row are scratch of the caller. */
static void set_risks(struct moim_nbest *nb, const struct units *u, float scale, int *row)
{
    float top = -INFINITY;
    int best = 0;
    double sum = 0;
    for (int i = 0; i < nb->n; i++)
        if (nb->hyps[i].total > top) top = nb->hyps[i].total, best = i;
    for (int i = 0; i < nb->n; i++) sum += exp(scale * (nb->hyps[i].total - top));
    for (int i = 0; i < nb->n; i++) {
        double risk = 0;
        for (int k = 0; k < nb->n; k++)
            if (k != i) risk += exp(scale * (nb->hyps[k].total - top)) / sum * edits(&u[i], &u[k], row);
        nb->hyps[i].risk = (float)(risk / (u[best].n ? u[best].n : 1));
    }
}

/* Letters are compared where words are long or not parted: Korean, and what is written without spaces. */
static bool by_words(const struct moim_nbest *nb)
{
    if (!strcmp(nb->lang, "en")) return true;
    for (int i = 0; i < nb->n; i++)
        if (strchr(nb->hyps[i].text, ' ')) return strcmp(nb->lang, "ko") != 0;
    return false;
}

static int order_by_risk(struct moim_nbest *nb, float scale, struct moim_err *err)
{
    int n = nb->n, *row = malloc((MAX_UNITS + 1) * sizeof *row);
    uint32_t *store = malloc((size_t)n * MAX_UNITS * sizeof *store);
    struct units *u = calloc((size_t)n, sizeof *u);
    int rc = row && store && u ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n; i++) {
        u[i].u = store + (size_t)i * MAX_UNITS;
        u[i].n = units_of(nb->hyps[i].text, by_words(nb), u[i].u, MAX_UNITS);
    }
    if (!rc) set_risks(nb, u, scale, row);
    /* insertion sort: short, stable, and equal risks fall back on total */
    for (int i = 1; !rc && i < n; i++) {
        struct moim_hyp h = nb->hyps[i];
        int j = i;
        for (; j > 0 && (h.risk < nb->hyps[j - 1].risk ||
                         (h.risk == nb->hyps[j - 1].risk && h.total > nb->hyps[j - 1].total));
             j--)
            nb->hyps[j] = nb->hyps[j - 1];
        nb->hyps[j] = h;
    }
    free(row);
    free(store);
    free(u);
    return rc;
}

/* Letters of text that belong to one of the user's words. */
static int user_letters(const char *text, const char *const *words, int n)
{
    int sum = 0;
    uint32_t u[64];
    for (int i = 0; i < n; i++) {
        if (!words[i] || !*words[i]) continue;
        for (const char *at = strstr(text, words[i]); at; at = strstr(at + 1, words[i]))
            sum += units_of(words[i], false, u, 64);
    }
    return sum;
}

/* Letters that fit into the stretch: beyond them a text says more than there is, and earns nothing by it. */
static float max_letters(const struct moim_nbest *nb)
{
    double seconds = nb->end - nb->start;
    return seconds > 0 ? (float)(seconds * (strcmp(nb->lang, "ko") ? 20 : 8)) : MAX_UNITS;
}

/* A text much shorter or longer than the recogniser's own choice leaves sound out or says it twice: how much
 * was said is for the recogniser to tell, and a language model, to which fewer words are always likelier, may
 * not. */
static float other_length(float letters, float first)
{
    float apart = fabsf(letters - first);
    return apart > fmaxf(4, fminf(first / 4, 8)) ? 10 + 2 * apart : 0;
}

/* total without the transformer's share */
static void set_totals(struct moim_nbest *nb, const struct moim_rescore_params *p)
{
    uint32_t u[MAX_UNITS];
    float first = 0;
    for (int i = nb->n - 1; i >= 0; i--)
        if (nb->hyps[i].rank == 0) first = (float)units_of(nb->hyps[i].text, false, u, MAX_UNITS);
    for (int i = 0; i < nb->n; i++) {
        struct moim_hyp *h = &nb->hyps[i];
        float letters = (float)units_of(h->text, false, u, MAX_UNITS);
        h->total = h->acoustic + p->ngram * h->ngram + p->length * fminf(letters, max_letters(nb)) +
                   h->bonus - other_length(letters, first);
    }
}

int moim_rescore_combine(struct moim_nbest *nb, const struct moim_rescore_params *p, struct moim_err *err)
{
    set_totals(nb, p);
    for (int i = 0; i < nb->n; i++) nb->hyps[i].total += p->lm * nb->hyps[i].lm;
    moim_nbest_sort(nb);
    return p->scale > 0 ? order_by_risk(nb, p->scale, err) : MOIM_OK;
}

/* The transformer reads what it can still bring to the front; the rest is taken to be as unlikely as the
 * unlikeliest that it has read. */
static int score_survivors(struct moim_rescorer *r, const struct moim_nbest *nb, const char *context,
                           float reads, float *lm, struct moim_err *err)
{
    float best = -INFINITY, least = 0;
    int *which = malloc((size_t)nb->n * sizeof *which), n = 0;
    if (!which) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < nb->n; i++) best = fmaxf(best, nb->hyps[i].total);
    for (int i = 0; i < nb->n; i++)
        if (nb->hyps[i].total >= best - reads) which[n++] = i;
    int rc = by_transformer(r, nb, which, n, context, lm, err);
    for (int i = 0; i < n; i++) least = fminf(least, lm[which[i]]);
    for (int i = 0; i < nb->n; i++)
        if (nb->hyps[i].total < best - reads) lm[i] = least;
    free(which);
    return rc;
}

int moim_rescore(struct moim_rescorer *r, struct moim_nbest *nb, const char *context,
                 const char *const *words, int n_words, const struct moim_rescore_params *p,
                 struct moim_err *err)
{
    struct moim_rescore_params own = p ? *p : moim_rescore_defaults(nb->lang, r->llm != NULL);
    if (nb->n < 1) return MOIM_OK;
    float *lm = calloc((size_t)nb->n, sizeof *lm);
    if (!lm) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = MOIM_OK;
    for (int i = 0; i < nb->n; i++) {
        struct moim_hyp *h = &nb->hyps[i];
        h->rank = i;
        if (r->ngram) h->ngram = (float)moim_ngram_score(r->ngram, h->text, NULL);
        h->bonus = own.vocab * (float)user_letters(h->text, words, n_words);
    }
    set_totals(nb, &own);
    if (r->llm && own.lm != 0 && nb->n > 1) rc = score_survivors(r, nb, context, own.reads, lm, err);
    for (int i = 0; i < nb->n; i++) nb->hyps[i].lm = lm[i];
    free(lm);
    return rc ? rc : moim_rescore_combine(nb, &own, err);
}
