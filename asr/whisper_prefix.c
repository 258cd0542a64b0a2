/* A text that is decided already: its tokens are run in one go, and the search goes on behind them. */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 160 /* tokens of a decided text; a window of captions holds far fewer */

/* Runs the tokens of the prompt; the probability of silence is what <|startoftranscript|> gives. */
static int run_prompt(struct whisper_recogniser *r, struct whisper_search *p, int *path)
{
    struct wrow rows[MAX_PROMPT + 8];
    for (int i = 0; i < p->prefix; i++) {
        path[i] = i;
        rows[i] = (struct wrow){p->prefix_tokens[i], i, path};
    }
    for (int v = 0; v < p->ensemble_passes; v++) r->dec[v].nodes = 0;
    int rc = whisper_forward_ensemble(r->dec, r->m, rows, p->prefix, p->sot, p->ensemble_passes);
    if (rc) return rc;
    const float *x = r->dec->logits.p;
    p->no_speech = expf(x[r->m->ids.no_speech] - moim_logsumexp(x, (size_t)r->m->dims.vocab));
    return MOIM_OK;
}

static int run_text(struct whisper_recogniser *r, const struct whisper_search *p, int n)
{
    struct wrow rows[MOST];
    struct whisper_hyp *h = &r->best;
    for (int i = 0; i < n; i++) {
        h->path[p->prefix + i] = p->prefix + i;
        h->lp[i] = 0;
        rows[i] = (struct wrow){h->tokens[i], p->prefix + i, h->path};
    }
    return whisper_forward_ensemble(r->dec, r->m, rows, n, n, p->ensemble_passes);
}

int whisper_force(struct whisper_recogniser *r, struct whisper_search *p, const char *text)
{
    struct whisper_hyp *h = &r->best;
    int room = r->m->dims.text_ctx - p->prefix - 32;
    int n = whisper_tokenize(&r->m->words, text, h->tokens, room < MOST ? room : MOST);
    if (n < 1) return MOIM_OK;
    if (n >= room || n >= MOST) return MOIM_EINVAL;
    int rc = run_prompt(r, p, h->path);
    if (!rc) rc = run_text(r, p, n);
    if (rc) return rc;
    h->n = n;
    p->from = h;
    p->given = n;
    p->may_end = true;
    if (p->max_new > room - n) p->max_new = room - n;
    return MOIM_OK;
}
