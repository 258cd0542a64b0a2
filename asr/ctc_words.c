/* What the search found, as words with times and confidences. */
#include "asr/ctc_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST 64        /* rows of words that confidences are taken over */
#define SHARPNESS 0.7f /* log-probabilities of neighbouring frames are not independent */
#define TAIL 2         /* frames that a sound lasts after its last peak */
#define MAX_ROW 512    /* words */
#define MAX_SYMBOLS 4096

struct row {
    uint32_t history;
    float acoustic, total;
};

/* Ends every prefix at a whole word and adds up those that say the same; best first, at most LIST. */
static int end_rows(struct moim_ctc *c, struct row *rows)
{
    int n = 0;
    for (int i = 0; i < c->n_now; i++) {
        const struct prefix *p = &c->now[i];
        uint32_t ends[8];
        int n_ends = 0;
        if (p->node == BOUNDARY) {
            ends[n_ends++] = p->history;
        } else if (KIND(p->node) == SPELLED) {
            ends[n_ends++] = ctc_add_word(c, p->history, p->node, p->node);
        } else {
            const struct moim_lexicon *l = c->lex[KIND(p->node)];
            const struct moim_lex_node *at = &l->node[INDEX(p->node)];
            for (uint32_t k = 0; k < at->n_words && k < 8; k++)
                ends[n_ends++] =
                    ctc_add_word(c, p->history, p->node, KIND(p->node) << 30 | l->entry[at->entry + k]);
        }
        float acoustic = ctc_log_add(p->blank, p->other);
        for (int k = 0; k < n_ends; k++) {
            if (!ends[k] && p->node != BOUNDARY) continue; /* no room for that word */
            int j = 0;
            while (j < n && rows[j].history != ends[k]) j++;
            if (j == n) rows[n++] = (struct row){ends[k], NONE, NONE};
            rows[j].acoustic = ctc_log_add(rows[j].acoustic, acoustic);
        }
    }
    for (int i = 0; i < n; i++) rows[i].total = rows[i].acoustic + c->history[rows[i].history].score;
    return n;
}

static int falling(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->total != y->total) return x->total < y->total ? 1 : -1;
    return x->history < y->history ? -1 : 1;
}

/* ---- one row ---- */

static int path_of(const struct moim_ctc *c, uint32_t history, uint32_t *path)
{
    int n = c->history[history].words;
    if (n > MAX_ROW) n = MAX_ROW;
    for (int i = n; i-- > 0; history = c->history[history].parent) path[i] = history;
    return n;
}

/* Symbols of the words with an optional <wb> between them; at[i] is where word i begins, at[words] the end.
 */
static int symbols_of(const struct moim_ctc *c, const uint32_t *path, int words, uint8_t *symbols,
                      bool *optional, int *at)
{
    int n = 0;
    for (int i = 0; i < words; i++) {
        if (i && n < MAX_SYMBOLS) {
            optional[n] = true;
            symbols[n++] = MOIM_CTC_WB;
        }
        at[i] = n;
        int k = ctc_phonemes(c, c->history[path[i]].node, symbols + n, MAX_SYMBOLS - n);
        memset(optional + n, 0, sizeof *optional * (size_t)k);
        n += k;
    }
    at[words] = n + 1; /* as if a <wb> followed */
    return n;
}

struct scratch {
    uint8_t symbols[MAX_SYMBOLS];
    bool optional[MAX_SYMBOLS];
    int first[MAX_SYMBOLS], last[MAX_SYMBOLS], at[MAX_ROW + 1];
    uint32_t path[MAX_ROW];
    char text[MOIM_CTC_TEXT];
};

static const char *spell_word(struct moim_ctc *c, uint32_t word, const struct moim_speller *spell)
{
    uint8_t phonemes[MAX_WORD];
    for (int i = 0; i < c->n_known; i++)
        if (c->known[i].word == word) return c->known[i].text;
    if (!spell) return "";
    struct spelled *k = &c->known[c->n_known < KNOWN ? c->n_known++ : KNOWN - 1];
    int n = ctc_phonemes(c, word, phonemes, MAX_WORD);
    k->word = word;
    if (!spell->spell(spell->arg, phonemes, n, k->text, sizeof k->text)) k->text[0] = 0;
    return k->text;
}

/* The pronoun is the one English word that is always written large. */
static void write_pronoun(char *s)
{
    if (s[0] == 'i' && (!s[1] || s[1] == '\'')) s[0] = 'I';
}

/* "" when it cannot be written. */
static void write_word(struct moim_ctc *c, uint32_t word, const struct moim_speller *spell, char *out)
{
    const char *text = KIND(word) == SPELLED ? spell_word(c, word, spell)
                                             : moim_lexicon_word(c->lex[KIND(word)], INDEX(word));
    snprintf(out, MOIM_CTC_TEXT, "%s", strlen(text) < MOIM_CTC_TEXT ? text : "");
    write_pronoun(out);
}

static int to_hypothesis(struct moim_ctc *c, const struct row *r, const float *logprob, int t, double t0,
                         const struct moim_speller *spell, struct scratch *s, struct moim_hyp *out)
{
    int words = path_of(c, r->history, s->path), rc = MOIM_OK;
    int n = symbols_of(c, s->path, words, s->symbols, s->optional, s->at);
    float logp;
    bool aligned = n > 0 && ctc_align(logprob, t, s->symbols, s->optional, n, s->first, s->last, &logp);
    for (int i = 0; !rc && i < words; i++) {
        int from = c->history[s->path[i]].frame, to = from;
        if (aligned) {
            from = s->first[s->at[i]];
            int next = i + 1 < words ? s->first[s->at[i + 1]] : t;
            to = s->last[s->at[i + 1] - 2] + TAIL;
            to = to < next ? to : next;
        }
        write_word(c, c->history[s->path[i]].word, spell, s->text);
        if (!*s->text) continue;
        rc = moim_hyp_add_word(out, s->text, t0 + from * 0.02, t0 + (to + 1) * 0.02, 0, out->n_words > 0);
    }
    out->acoustic = r->acoustic;
    out->ngram = c->history[r->history].logp;
    out->total = r->total;
    return rc;
}

/* ---- the list ---- */

static bool holds(const struct moim_hyp *h, const struct moim_word *w)
{
    double middle = (w->start + w->end) / 2;
    for (int i = 0; i < h->n_words; i++)
        if (h->words[i].start <= middle && middle <= h->words[i].end && !strcmp(h->words[i].text, w->text))
            return true;
    return false;
}

/* A word is as sure as the rows of words that hold it at its place are probable. */
static void set_confidence(struct moim_nbest *nb)
{
    float best = nb->n ? nb->hyps[0].total : 0, sum = 0;
    for (int i = 0; i < nb->n; i++) sum += expf(SHARPNESS * (nb->hyps[i].total - best));
    for (int i = 0; i < nb->n; i++)
        for (int k = 0; k < nb->hyps[i].n_words; k++) {
            float with = 0;
            for (int j = 0; j < nb->n; j++)
                if (j == i || holds(&nb->hyps[j], &nb->hyps[i].words[k]))
                    with += expf(SHARPNESS * (nb->hyps[j].total - best));
            nb->hyps[i].words[k].confidence = with / sum;
        }
}

static void cut_to(struct moim_nbest *nb, int n)
{
    if (n >= nb->n) return;
    struct moim_nbest rest = {.hyps = malloc(sizeof *rest.hyps * (size_t)(nb->n - n)), .n = nb->n - n};
    if (!rest.hyps) return; /* a longer list does less harm */
    memcpy(rest.hyps, nb->hyps + n, sizeof *rest.hyps * (size_t)rest.n);
    nb->n = n;
    moim_nbest_free(&rest);
}

static bool said_already(const struct moim_nbest *nb, const char *text)
{
    for (int i = 0; i + 1 < nb->n; i++)
        if (!strcmp(nb->hyps[i].text, text)) return true;
    return false;
}

int moim_ctc_finish(struct moim_ctc *c, const float *logprob, int t, double t0, int want,
                    const struct moim_speller *spell, struct moim_nbest *out, struct moim_err *err)
{
    struct row *rows = malloc(sizeof *rows * ((size_t)c->n_now * 8 + 1));
    struct scratch *s = malloc(sizeof *s);
    int rc = rows && s ? MOIM_OK : MOIM_ENOMEM, n = 0;
    if (!rc) n = end_rows(c, rows);
    if (n) qsort(rows, (size_t)n, sizeof *rows, falling);
    if (n && !rows[0].history) n = 0; /* saying nothing is the most probable */
    int most = want > LIST ? want : LIST;
    for (int i = 0; !rc && i < n && out->n < most; i++) {
        if (out->n && rows[i].total < rows[0].total - 12 && out->n >= want) break;
        struct moim_hyp *h = moim_nbest_add(out);
        /* Rows that only serve the confidences need no words spelled. */
        const struct moim_speller *speller = out->n <= want ? spell : NULL;
        rc = h ? to_hypothesis(c, &rows[i], logprob, t, t0, speller, s, h) : MOIM_ENOMEM;
        if (!rc && (said_already(out, h->text) || !h->n_words)) cut_to(out, out->n - 1);
    }
    if (!rc) {
        set_confidence(out);
        cut_to(out, want > 1 ? want : 1);
    }
    free(rows);
    free(s);
    return rc ? moim_fail(err, rc, "ctc: out of memory") : MOIM_OK;
}

/* ---- so far ---- */

/* The last history that a and b share. */
static uint32_t common(const struct moim_ctc *c, uint32_t a, uint32_t b)
{
    while (a != b) {
        if (a > b)
            a = c->history[a].parent;
        else
            b = c->history[b].parent;
    }
    return a;
}

static uint32_t shared_history(const struct moim_ctc *c)
{
    uint32_t shared = c->now[0].history;
    for (int i = 1; i < c->n_now; i++) shared = common(c, shared, c->now[i].history);
    return shared;
}

static const struct prefix *best_prefix(const struct moim_ctc *c)
{
    const struct prefix *best = &c->now[0];
    for (int i = 1; i < c->n_now; i++)
        if (c->now[i].rank > best->rank) best = &c->now[i];
    return best;
}

/* Words of the best prefix; *stable: those of them up to history `shared`. */
static int list_words(struct moim_ctc *c, uint32_t shared, const struct moim_speller *spell,
                      struct moim_ctc_word *words, int cap, int *stable)
{
    const struct prefix *best = best_prefix(c);
    uint32_t path[MAX_ROW + 1];
    int n = path_of(c, best->history, path), out = 0;
    *stable = 0;
    for (int i = 0; i < n && out < cap; i++) {
        write_word(c, c->history[path[i]].word, spell, words[out].text);
        words[out].frame = c->history[path[i]].frame;
        out += *words[out].text != 0;
        if (i < c->history[shared].words) *stable = out;
    }
    if (best->node != BOUNDARY && KIND(best->node) != SPELLED && out < cap) {
        const struct moim_lexicon *l = c->lex[KIND(best->node)];
        const struct moim_lex_node *at = &l->node[INDEX(best->node)];
        if (!at->n_words) return out;
        write_word(c, KIND(best->node) << 30 | l->entry[at->entry], spell, words[out].text);
        words[out++].frame = c->frame;
    }
    return out;
}

int moim_ctc_partial(struct moim_ctc *c, const struct moim_speller *spell, struct moim_ctc_word *words,
                     int cap, int *stable)
{
    return list_words(c, shared_history(c), spell, words, cap, stable);
}

static bool descends(const struct moim_ctc *c, uint32_t history, uint32_t from)
{
    while (history > from) history = c->history[history].parent;
    return history == from;
}

void moim_ctc_settle(struct moim_ctc *c, int age)
{
    /* cppcheck-suppress AssignmentAddressToInteger */
    uint32_t from = best_prefix(c)->history;
    int n = 0;
    while (from && c->history[from].frame > c->frame - age) from = c->history[from].parent;
    for (int i = 0; from && i < c->n_now; i++)
        if (descends(c, c->now[i].history, from)) c->now[n++] = c->now[i];
    if (from) c->n_now = n;
}

int moim_ctc_peek(struct moim_ctc *c, const float *logprob, int n, int beam, const struct moim_speller *spell,
                  struct moim_ctc_word *words, int cap, int *stable)
{
    int n_now = c->n_now, frame = c->frame;
    uint32_t shared = shared_history(c);
    /* Where histories have to be forgotten, those of the saved prefixes would be too. */
    if (c->n_history > MAX_HISTORY / 4) ctc_forget_histories(c), shared = shared_history(c);
    memcpy(c->saved, c->now, sizeof *c->now * (size_t)n_now);
    int wide = c->p.beam;
    ctc_keep_best(c, beam);
    c->p.beam = beam;
    moim_ctc_push(c, logprob, n);
    int found = list_words(c, shared, spell, words, cap, stable);
    c->p.beam = wide;
    memcpy(c->now, c->saved, sizeof *c->now * (size_t)n_now);
    c->n_now = n_now;
    c->frame = frame;
    return found;
}
