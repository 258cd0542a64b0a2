/* What comes after a sentence, told to another text of that sentence: one that has told the next sentence's beginning
 * already leaves it unlikely. */
#include "asr/whisper_int.h"
#include "nn/vec.h"

#include <string.h>

#define MOST 4             /* tokens of text; what comes later is copied from the window's own text */
#define LONGEST (MOST + 4) /* and times between them */

int whisper_next_text(const struct whisper_model *m, const struct whisper_hyp *h, int first)
{
    int last = first, text = 0;
    while (last < h->n && last - first < LONGEST && text < MOST) text += h->tokens[last++] < m->ids.eot;
    return text ? last : first;
}

int whisper_follow(struct whisper_decoder *s, const struct whisper_model *m, const struct whisper_search *p,
                   const struct whisper_hyp *h, const int *next, int n, double *lp)
{
    int path[512], rc, at = p->prefix + h->n - 1;
    struct wrow rows[LONGEST];
    *lp = 0;
    if (n < 1 || n > LONGEST || h->n < 1 || at + n > m->dims.text_ctx || at + n > 512) return MOIM_OK;
    memcpy(path, h->path, (size_t)at * sizeof *path);
    for (int i = 0; i < n; i++) {
        path[at + i] = s->nodes + i;
        rows[i] = (struct wrow){i ? next[i - 1] : h->tokens[h->n - 1], at + i, path};
    }
    if ((rc = whisper_forward_ensemble(s, m, rows, n, 0, p->ensemble_passes))) return rc;
    for (int i = 0; i < n; i++) {
        const float *x = s->logits.p + (size_t)i * (size_t)m->dims.vocab;
        if (next[i] < m->ids.eot) *lp += x[next[i]] - moim_logsumexp(x, (size_t)m->dims.vocab);
    }
    return MOIM_OK;
}
