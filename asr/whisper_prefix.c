/* A text that is decided already: its tokens are run in one go, and the search goes on behind them. */
#include "asr/whisper_int.h"

#define MOST 160 /* tokens of a decided text; a window of captions holds far fewer */

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
    int rc = whisper_run_prompt(r->dec, r->m, p, h->path);
    if (!rc) rc = run_text(r, p, n);
    if (rc) return rc;
    h->n = n;
    p->from = h;
    p->given = n;
    p->may_end = true;
    if (p->max_new > room - n) p->max_new = room - n;
    return MOIM_OK;
}
