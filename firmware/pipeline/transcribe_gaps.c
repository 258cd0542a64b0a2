#include "firmware/pipeline/transcribe_gaps.h"

#include "audio/decode.h"

#include <stdlib.h>
#include <string.h>

#define UNSAID 1.0 /* seconds of speech that no misplaced word explains */

bool moim_text_gap(const struct moim_hyp *h, const struct moim_segmenter *s, double t0, size_t offset,
                   double after, double until, double *from, double *to)
{
    double end = t0;
    for (int i = 0; i <= h->n_words; i++) {
        if (i) end = h->words[i - 1].end;
        double start = i < h->n_words ? h->words[i].start : until;
        if (start < after || start - end <= UNSAID) continue;
        size_t first = offset + (size_t)((end - t0) * MOIM_RATE),
               last = offset + (size_t)((start - t0) * MOIM_RATE);
        if (moim_segmenter_voiced(s, first, last) <= UNSAID) continue;
        *from = end;
        *to = start;
        return true;
    }
    return false;
}

static int add(struct moim_hyp *to, const struct moim_hyp *from, int first, int last)
{
    int rc = MOIM_OK;
    for (int i = first; !rc && i < last; i++) {
        const struct moim_word *w = &from->words[i];
        rc = moim_hyp_add_word(to, w->text, w->start, w->end, w->confidence,
                               to->n_words && (w->space_before || i == first));
    }
    return rc;
}

int moim_insert_words(struct moim_hyp *h, const struct moim_hyp *part)
{
    struct moim_nbest both = {0};
    struct moim_hyp *to = part->n_words ? moim_nbest_add(&both) : NULL;
    if (!to) return part->n_words ? MOIM_ENOMEM : MOIM_OK;
    int at = 0;
    while (at < h->n_words && h->words[at].start < part->words[0].start) at++;
    int rc = add(to, h, 0, at);
    if (!rc) rc = add(to, part, 0, part->n_words);
    if (!rc) rc = add(to, h, at, h->n_words);
    if (!rc) { /* trade words and text */
        struct moim_hyp was = *h;
        h->text = to->text, h->words = to->words, h->n_words = to->n_words;
        to->text = was.text, to->words = was.words, to->n_words = was.n_words;
    }
    moim_nbest_free(&both);
    return rc;
}
