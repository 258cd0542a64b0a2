#include "asr/conformer_words.h"
#include "asr/p2g.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAUGHT_LOGP (-8.0f) /* a word that the user taught counts as frequent as one in three thousand */
#define MOST_TAUGHT 4096

/* ---- loading ---- */

int moim_conformer_words_tune(struct moim_conformer_words *w, const struct moim_ctc_params *p,
                              struct moim_err *err)
{
    struct moim_ctc *fresh;
    int rc = moim_ctc_new(&fresh, w->lexicon, p, err);
    if (rc) return rc;
    moim_ctc_free(w->ctc);
    w->ctc = fresh;
    w->params = *p;
    return MOIM_OK;
}

int moim_conformer_words_open(struct moim_conformer_words *w, const struct moim_conformer_files *files,
                              struct moim_pool *pool, struct moim_err *err)
{
    memset(w, 0, sizeof *w);
    int rc = moim_lexicon_open(&w->lexicon, files->lexicon, err);
    if (!rc) rc = moim_g2p_open(&w->g2p, files->g2p_encoder, files->g2p_decoder, files->g2p_vocab, err);
    if (!rc) rc = moim_p2g_open(&w->p2g, files->p2g, files->p2g_vocab, pool, err);
    if (!rc) rc = moim_conformer_words_tune(w, &moim_ctc_defaults, err);
    for (int i = 0; !rc && i < MOIM_G2P_SYMBOLS; i++)
        w->p2g_id[i] = moim_p2g_id(w->p2g, moim_g2p_ipa(w->g2p, i));
    if (!rc) w->p2g_gap = moim_p2g_id(w->p2g, "|");
    if (rc) moim_conformer_words_close(w);
    return rc;
}

void moim_conformer_words_close(struct moim_conformer_words *w)
{
    moim_ctc_free(w->ctc);
    moim_lexicon_close(w->lexicon);
    moim_lexicon_close(w->user);
    moim_g2p_close(w->g2p);
    moim_p2g_close(w->p2g);
    memset(w, 0, sizeof *w);
}

/* ---- the user's words ---- */

struct taught {
    struct moim_pronunciation *list;
    uint8_t (*phonemes)[MOIM_G2P_MAX_PHONEMES];
    char (*text)[128];
    int n;
};

static void teach(struct moim_conformer_words *w, struct taught *t, const char *text, size_t len,
                  const char *sounds)
{
    if (t->n == MOST_TAUGHT || !len || len >= sizeof *t->text) return;
    struct moim_pronunciation *p = &t->list[t->n];
    memcpy(t->text[t->n], text, len);
    t->text[t->n][len] = 0;
    *p = (struct moim_pronunciation){t->text[t->n], TAUGHT_LOGP, t->phonemes[t->n], 0};
    /* What cannot be pronounced (signs alone) cannot be heard either. */
    if (!moim_g2p_word(w->g2p, sounds ? sounds : t->text[t->n], t->phonemes[t->n], &p->n, NULL) && p->n)
        t->n++;
}

/* A term of several words is taught word by word, because the net hears a boundary between them. */
static void teach_term(struct moim_conformer_words *w, struct taught *t, const struct moim_vocab_word *v)
{
    bool single = !strchr(v->text, ' ');
    for (const char *s = v->text; *s;) {
        size_t n = strcspn(s, " ");
        teach(w, t, s, n, single ? v->sounds_like : NULL);
        s += n + strspn(s + n, " ");
    }
}

static int learn(struct moim_conformer_words *w, const struct moim_vocab_word *vocab, int n,
                 struct moim_err *err)
{
    moim_lexicon_close(w->user);
    w->user = NULL;
    if (n <= 0) return MOIM_OK;
    struct taught t = {calloc(MOST_TAUGHT, sizeof *t.list), malloc(MOST_TAUGHT * sizeof *t.phonemes),
                       malloc(MOST_TAUGHT * sizeof *t.text), 0};
    int rc =
        t.list && t.phonemes && t.text ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "vocabulary: out of memory");
    for (int i = 0; !rc && i < n; i++)
        if (vocab[i].text) teach_term(w, &t, &vocab[i]);
    if (!rc) rc = moim_lexicon_build(&w->user, t.list, t.n, 0, err);
    free(t.list);
    free(t.phonemes);
    free(t.text);
    return rc;
}

int moim_conformer_words_begin(struct moim_conformer_words *w, const struct moim_vocab_word *vocab, int n,
                               struct moim_err *err)
{
    int rc = learn(w, vocab, n, err);
    if (!rc) moim_ctc_begin(w->ctc, w->user, NULL);
    return rc;
}

/* ---- results ---- */

static bool spell(void *arg, const uint8_t *phonemes, int n, char *text, size_t cap)
{
    struct moim_conformer_words *w = arg;
    int ids[MOIM_P2G_MAX_PHONEMES];
    char out[MOIM_P2G_MAX_TEXT];
    if (n > MOIM_P2G_MAX_PHONEMES) return false;
    for (int i = 0; i < n; i++) ids[i] = w->p2g_id[phonemes[i]];
    if (moim_p2g_run(w->p2g, ids, n, out, NULL)) return false;
    char *gap = strchr(out, ' ');
    if (gap) *gap = 0; /* one word was asked for */
    if (strlen(out) >= cap) return false;
    strcpy(text, out);
    return *text != 0;
}

int moim_conformer_words_finish(struct moim_conformer_words *w, const float *logprob, int t, double t0,
                                int want, struct moim_nbest *out, struct moim_err *err)
{
    struct moim_speller s = {w, spell};
    return moim_ctc_finish(w->ctc, logprob, t, t0, want, &s, out, err);
}

#define PEEK_BEAM 32

int moim_conformer_words_so_far(struct moim_conformer_words *w, const float *ahead, int n,
                                struct moim_ctc_word *words, int cap, int *stable)
{
    struct moim_speller s = {w, spell};
    return moim_ctc_peek(w->ctc, ahead, n, PEEK_BEAM, &s, words, cap, stable);
}

/* ---- without a lexicon ---- */

/* hama's own decoding: temperature 0.95, 0.1 taken from the blank. */
static int best_symbol(const float *lp)
{
    int best = 0;
    float most = -INFINITY;
    for (int i = 0; i < MOIM_CTC_SYMBOLS; i++) {
        float v = lp[i] / 0.95f - (i == MOIM_CTC_BLANK ? 0.1f : 0);
        if (v > most) most = v, best = i;
    }
    return best;
}

struct spelling { /* words' phonemes until P2G is asked for them */
    int ids[MOIM_P2G_MAX_PHONEMES], n, words;
    int first[MOIM_P2G_MAX_PHONEMES], last[MOIM_P2G_MAX_PHONEMES]; /* frames of each word */
};

/* P2G sees whole rows of words, as it was trained; its words take the times of the sounds' words in order. */
static int spell_row(struct moim_conformer_words *w, struct spelling *s, double t0, struct moim_hyp *h,
                     struct moim_err *err)
{
    char text[MOIM_P2G_MAX_TEXT], *save;
    int rc = moim_p2g_run(w->p2g, s->ids, s->n, text, err), i = 0;
    for (char *word = rc ? NULL : strtok_r(text, " ", &save); !rc && word;
         word = strtok_r(NULL, " ", &save)) {
        int k = i < s->words ? i : s->words - 1;
        rc = moim_hyp_add_word(h, word, t0 + s->first[k] * 0.02, t0 + (s->last[k] + 1) * 0.02, 0.5f,
                               h->n_words > 0);
        i++;
    }
    s->n = s->words = 0;
    return rc;
}

int moim_conformer_words_greedy(struct moim_conformer_words *w, const float *logprob, int t, double t0,
                                struct moim_nbest *out, struct moim_err *err)
{
    struct spelling s = {.n = 0};
    struct moim_hyp *h = moim_nbest_add(out);
    if (!h) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = MOIM_OK;
    bool open = false;
    for (int f = 0, last = -1; !rc && f < t; f++) {
        const float *lp = logprob + (size_t)f * MOIM_CTC_SYMBOLS;
        int k = best_symbol(lp);
        h->acoustic += lp[k];
        bool again = k == last;
        last = k;
        if (again || k == MOIM_CTC_BLANK) continue;
        if (k == MOIM_CTC_WB) {
            open = false;
            if (s.n > MOIM_P2G_MAX_PHONEMES * 2 / 3) rc = spell_row(w, &s, t0, h, err);
            continue;
        }
        if (!rc && s.n + 2 > MOIM_P2G_MAX_PHONEMES) rc = spell_row(w, &s, t0, h, err), open = false;
        if (!open && s.n) s.ids[s.n++] = w->p2g_gap;
        if (!open) s.first[s.words++] = f;
        open = true;
        s.last[s.words - 1] = f;
        s.ids[s.n++] = w->p2g_id[k];
    }
    if (!rc && s.n) rc = spell_row(w, &s, t0, h, err);
    h->total = h->acoustic;
    return rc;
}
