#include "asr/ctc_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NEXT (1 << 14)
#define MAX_CHAIN (1u << 16)
#define FLOOR (-9.0f)       /* symbols below this are not followed */
#define SPELL_FLOOR (-1.2f) /* nor, in a word that no lexicon checks, those below this */
#define HOMOPHONES 6

/* Tuned on 590 words of English that are no evaluation speech (docs/experiments.md). */
const struct moim_ctc_params moim_ctc_defaults = {.beam = 160,
                                                  .window = 14,
                                                  .lm_weight = 0.6f,
                                                  .word_bonus = 1,
                                                  .join = -3,
                                                  .oov = -16,
                                                  .oov_phoneme = -2.25f};

float ctc_log_add(float a, float b)
{
    if (a < b) {
        float t = a;
        a = b;
        b = t;
    }
    return b <= NONE / 2 || a - b > 20 ? a : a + log1pf(expf(b - a));
}

/* ---- tables ---- */

static int table_new(struct table *t, uint32_t slots)
{
    t->slot = calloc(slots, sizeof *t->slot);
    t->stamp = calloc(slots, sizeof *t->stamp);
    t->mask = slots - 1;
    t->now = 1;
    return t->slot && t->stamp ? MOIM_OK : MOIM_ENOMEM;
}

static void table_free(struct table *t)
{
    free(t->slot);
    free(t->stamp);
}

static void table_clear(struct table *t)
{
    if (++t->now) return;
    memset(t->stamp, 0, sizeof *t->stamp * (t->mask + 1u));
    t->now = 1;
}

static uint32_t hash(uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(h >> 32) ^ (uint32_t)h >> 7;
}

/* ---- histories ---- */

static uint32_t find_history(struct moim_ctc *c, uint32_t parent, uint32_t word, bool *fresh)
{
    struct table *t = &c->words;
    uint32_t i = hash(parent, word) & t->mask;
    for (; t->stamp[i] == t->now; i = (i + 1) & t->mask) {
        const struct history *h = &c->history[t->slot[i]];
        if (h->parent == parent && h->word == word) return *fresh = false, t->slot[i];
    }
    if (c->n_history == MAX_HISTORY) return *fresh = false, 0;
    t->stamp[i] = t->now;
    t->slot[i] = c->n_history;
    *fresh = true;
    return c->n_history++;
}

static int chain_length(const struct moim_ctc *c, uint32_t node)
{
    return KIND(node) == SPELLED ? c->chain[INDEX(node)].n : 0;
}

uint32_t ctc_add_word(struct moim_ctc *c, uint32_t history, uint32_t node, uint32_t word)
{
    bool fresh;
    uint32_t id = find_history(c, history, word, &fresh);
    if (!fresh) return id;
    const struct history *from = &c->history[history];
    struct history *h = &c->history[id];
    float logp = 1;
    uint32_t next = c->lm.start;
    if (KIND(word) == SPELLED) {
        logp = c->p.oov + c->p.oov_phoneme * (float)chain_length(c, node);
        if (c->lm.score) c->lm.score(c->lm.lm, from->lm_state, "<unk>", &next);
    } else {
        const struct moim_lexicon *l = c->lex[KIND(word)];
        if (c->lm.score)
            logp = c->lm.score(c->lm.lm, from->lm_state, moim_lexicon_word(l, INDEX(word)), &next);
        if (logp > 0) logp = l->logp[INDEX(word)];
    }
    *h = (struct history){.parent = history,
                          .word = word,
                          .node = node,
                          .lm_state = next,
                          .score = from->score + c->p.lm_weight * logp + c->p.word_bonus,
                          .logp = from->logp + logp,
                          .frame = c->frame,
                          .words = from->words + 1};
    return id;
}

void ctc_forget_histories(struct moim_ctc *c)
{
    memset(c->moved, 0, sizeof *c->moved * c->n_history);
    for (int i = 0; i < c->n_now; i++)
        for (uint32_t h = c->now[i].history; h && !c->moved[h]; h = c->history[h].parent) c->moved[h] = 1;
    table_clear(&c->words);
    uint32_t old = c->n_history;
    c->n_history = 1;
    for (uint32_t i = 1; i < old; i++) {
        if (!c->moved[i]) continue;
        struct history h = c->history[i];
        bool fresh;
        h.parent = h.parent ? c->moved[h.parent] : 0;
        c->moved[i] = find_history(c, h.parent, h.word, &fresh);
        c->history[c->moved[i]] = h;
    }
    for (int i = 0; i < c->n_now; i++)
        if (c->now[i].history) c->now[i].history = c->moved[c->now[i].history];
}

/* ---- words from sounds ---- */

static uint32_t add_phoneme(struct moim_ctc *c, uint32_t parent, uint8_t phoneme)
{
    struct table *t = &c->chains;
    uint32_t i = hash(parent, phoneme) & t->mask;
    for (; t->stamp[i] == t->now; i = (i + 1) & t->mask) {
        const struct chain *h = &c->chain[t->slot[i]];
        if (h->parent == parent && h->phoneme == phoneme) return t->slot[i];
    }
    if (c->n_chain == MAX_CHAIN || c->chain[parent].n == MAX_WORD) return 0;
    t->stamp[i] = t->now;
    t->slot[i] = c->n_chain;
    c->chain[c->n_chain] = (struct chain){parent, phoneme, (uint8_t)(c->chain[parent].n + 1)};
    return c->n_chain++;
}

int ctc_phonemes(const struct moim_ctc *c, uint32_t node, uint8_t *out, int cap)
{
    int n = 0;
    uint32_t at = INDEX(node);
    while (at && n < cap) {
        if (KIND(node) == SPELLED) {
            out[n++] = c->chain[at].phoneme;
            at = c->chain[at].parent;
        } else {
            out[n++] = c->lex[KIND(node)]->node[at].phoneme;
            at = c->lex[KIND(node)]->node[at].parent;
        }
    }
    for (int i = 0; i < n / 2; i++) {
        uint8_t t = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = t;
    }
    return n;
}

/* ---- the search ---- */

static int last_symbol(const struct moim_ctc *c, uint32_t node)
{
    if (node == BOUNDARY) return MOIM_CTC_WB;
    return KIND(node) == SPELLED ? c->chain[INDEX(node)].phoneme
                                 : c->lex[KIND(node)]->node[INDEX(node)].phoneme;
}

static void put(struct moim_ctc *c, uint32_t history, uint32_t node, float blank, float other)
{
    struct table *t = &c->seen;
    uint32_t i = hash(history, node) & t->mask;
    for (; t->stamp[i] == t->now; i = (i + 1) & t->mask) {
        struct prefix *p = &c->next[t->slot[i]];
        if (p->history != history || p->node != node) continue;
        p->blank = ctc_log_add(p->blank, blank);
        p->other = ctc_log_add(p->other, other);
        return;
    }
    if (c->n_next == MAX_NEXT) return;
    t->stamp[i] = t->now;
    t->slot[i] = (uint32_t)c->n_next;
    c->next[c->n_next++] = (struct prefix){history, node, blank, other, 0};
}

/* One phoneme further from node of a lexicon. */
static void descend(struct moim_ctc *c, const struct prefix *p, uint32_t history, uint32_t node, float from,
                    const float *lp)
{
    const struct moim_lexicon *l = c->lex[KIND(node)];
    const struct moim_lex_node *at = &l->node[INDEX(node)];
    int last = last_symbol(c, p->node);
    for (uint32_t k = at->child; k < at->child + at->n_children; k++) {
        int s = l->node[k].phoneme;
        if (lp[s] < FLOOR) continue;
        /* The same symbol twice needs a blank between. */
        float before = s == last ? p->blank + (from - ctc_log_add(p->blank, p->other)) : from;
        put(c, history, KIND(node) << 30 | k, NONE, before + lp[s]);
    }
}

static void spell_on(struct moim_ctc *c, const struct prefix *p, uint32_t history, uint32_t chain, float from,
                     const float *lp)
{
    int last = last_symbol(c, p->node);
    for (int s = 4; s < MOIM_G2P_SYMBOLS; s++) {
        if (lp[s] < SPELL_FLOOR) continue;
        uint32_t next = add_phoneme(c, chain, (uint8_t)s);
        float before = s == last ? p->blank : from;
        if (next) put(c, history, (uint32_t)SPELLED << 30 | next, NONE, before + lp[s]);
    }
}

static void start_word(struct moim_ctc *c, const struct prefix *p, uint32_t history, float from,
                       const float *lp)
{
    descend(c, p, history, BOUNDARY, from, lp);
    if (c->lex[USER]) descend(c, p, history, (uint32_t)USER << 30, from, lp);
}

/* A word may end at p: by <wb>, or the next one follows at once. */
static void end_word(struct moim_ctc *c, const struct prefix *p, uint32_t word, float total, const float *lp)
{
    uint32_t h = ctc_add_word(c, p->history, p->node, word);
    if (!h) return;
    if (lp[MOIM_CTC_WB] >= FLOOR) put(c, h, BOUNDARY, NONE, total + lp[MOIM_CTC_WB]);
    start_word(c, p, h, total + c->p.join, lp);
}

static void extend(struct moim_ctc *c, const struct prefix *p, const float *lp)
{
    float total = ctc_log_add(p->blank, p->other);
    put(c, p->history, p->node, total + lp[MOIM_CTC_BLANK], p->other + lp[last_symbol(c, p->node)]);
    if (p->node == BOUNDARY) {
        put(c, p->history, BOUNDARY, NONE, p->blank + lp[MOIM_CTC_WB]);
        start_word(c, p, p->history, total, lp);
        if (c->p.oov <= 0) spell_on(c, p, p->history, 0, total, lp);
    } else if (KIND(p->node) == SPELLED) {
        spell_on(c, p, p->history, INDEX(p->node), total, lp);
        if (lp[MOIM_CTC_WB] >= FLOOR) end_word(c, p, p->node, total, lp);
    } else {
        const struct moim_lexicon *l = c->lex[KIND(p->node)];
        const struct moim_lex_node *at = &l->node[INDEX(p->node)];
        descend(c, p, p->history, p->node, total, lp);
        for (uint32_t k = 0; k < at->n_words && k < HOMOPHONES; k++)
            end_word(c, p, KIND(p->node) << 30 | l->entry[at->entry + k], total, lp);
    }
}

/* What a prefix may hope for at best. */
static float hope(const struct moim_ctc *c, const struct prefix *p)
{
    float score = c->history[p->history].score;
    if (p->node == BOUNDARY) return score;
    float logp = KIND(p->node) == SPELLED ? c->p.oov + c->p.oov_phoneme * (float)chain_length(c, p->node)
                                          : c->lex[KIND(p->node)]->node[INDEX(p->node)].best;
    return score + c->p.word_bonus + c->p.lm_weight * logp;
}

static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void prune(struct moim_ctc *c)
{
    float best = NONE;
    for (int i = 0; i < c->n_next; i++) {
        struct prefix *p = &c->next[i];
        p->rank = ctc_log_add(p->blank, p->other) + hope(c, p);
        best = fmaxf(best, p->rank);
    }
    float least = best - c->p.window;
    int n = 0;
    for (int i = 0; i < c->n_next; i++)
        if (c->next[i].rank >= least) c->order[n++] = c->next[i].rank;
    if (n > c->p.beam) {
        qsort(c->order, (size_t)n, sizeof *c->order, falling);
        least = c->order[c->p.beam - 1];
    }
    c->n_now = 0;
    for (int i = 0; i < c->n_next && c->n_now < c->p.beam; i++)
        if (c->next[i].rank >= least) c->now[c->n_now++] = c->next[i];
}

static void step(struct moim_ctc *c, const float *lp)
{
    /* Most frames say nothing new: there every prefix goes on with its blank. */
    if (lp[MOIM_CTC_BLANK] > -0.0005f) {
        for (int i = 0; i < c->n_now; i++) {
            struct prefix *p = &c->now[i];
            float total = ctc_log_add(p->blank, p->other);
            p->other += lp[last_symbol(c, p->node)];
            p->blank = total + lp[MOIM_CTC_BLANK];
        }
        return;
    }
    if (c->n_history > MAX_HISTORY / 2) ctc_forget_histories(c);
    c->n_next = 0;
    table_clear(&c->seen);
    for (int i = 0; i < c->n_now; i++) extend(c, &c->now[i], lp);
    prune(c);
}

void moim_ctc_push(struct moim_ctc *c, const float *logprob, int n)
{
    for (int i = 0; i < n; i++) {
        step(c, logprob + (size_t)i * MOIM_CTC_SYMBOLS);
        c->frame++;
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct prefix *x = a, *y = b;
    return (x->rank < y->rank) - (x->rank > y->rank);
}

void ctc_keep_best(struct moim_ctc *c, int beam)
{
    qsort(c->now, (size_t)c->n_now, sizeof *c->now, by_rank);
    if (c->n_now > beam) c->n_now = beam;
}

void moim_ctc_begin(struct moim_ctc *c, const struct moim_lexicon *user, const struct moim_word_lm *lm)
{
    c->lex[USER] = user && user->n_words ? user : NULL;
    c->lm = lm ? *lm : (struct moim_word_lm){0};
    table_clear(&c->words);
    table_clear(&c->chains);
    c->history[0] = (struct history){.lm_state = c->lm.start};
    c->chain[0] = (struct chain){0};
    c->n_history = c->n_chain = 1;
    c->now[0] = (struct prefix){0, BOUNDARY, 0, NONE, 0};
    c->n_now = 1;
    c->frame = c->n_known = 0;
}

int moim_ctc_new(struct moim_ctc **out, const struct moim_lexicon *lexicon,
                 const struct moim_ctc_params *params, struct moim_err *err)
{
    *out = NULL;
    struct moim_ctc *c = calloc(1, sizeof *c);
    if (!c) return moim_fail(err, MOIM_ENOMEM, "ctc: out of memory");
    c->p = params ? *params : moim_ctc_defaults;
    if (c->p.beam < 1) c->p.beam = 1;
    if (c->p.beam > MAX_NEXT) c->p.beam = MAX_NEXT;
    c->lex[LISTED] = lexicon;
    c->now = malloc(sizeof *c->now * MAX_NEXT);
    c->next = malloc(sizeof *c->next * MAX_NEXT);
    c->saved = malloc(sizeof *c->saved * MAX_NEXT);
    c->order = malloc(sizeof *c->order * MAX_NEXT);
    c->history = malloc(sizeof *c->history * MAX_HISTORY);
    c->moved = malloc(sizeof *c->moved * MAX_HISTORY);
    c->chain = malloc(sizeof *c->chain * MAX_CHAIN);
    if (!c->now || !c->next || !c->saved || !c->order || !c->history || !c->moved || !c->chain ||
        table_new(&c->seen, MAX_NEXT * 2) || table_new(&c->words, MAX_HISTORY * 2) ||
        table_new(&c->chains, MAX_CHAIN * 2)) {
        moim_ctc_free(c);
        return moim_fail(err, MOIM_ENOMEM, "ctc: out of memory");
    }
    moim_ctc_begin(c, NULL, NULL);
    *out = c;
    return MOIM_OK;
}

void moim_ctc_free(struct moim_ctc *c)
{
    if (!c) return;
    table_free(&c->seen);
    table_free(&c->words);
    table_free(&c->chains);
    free(c->now);
    free(c->next);
    free(c->saved);
    free(c->order);
    free(c->history);
    free(c->moved);
    free(c->chain);
    free(c);
}
