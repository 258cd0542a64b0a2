#include "firmware/pipeline/transcribe_gaps.h"

#include "audio/decode.h"

#include <stdlib.h>
#include <string.h>

#define UNSAID 1.0        /* seconds of speech that no misplaced word explains */
#define SLOWEST 0.6       /* a word takes at most so many seconds, */
#define SLOWEST_BYTE 0.08 /* ... and these for each byte; one that takes longer hides speech without words */

double moim_word_until(const struct moim_word *w)
{
    double most = w->start + SLOWEST + SLOWEST_BYTE * (double)strlen(w->text);
    return w->end < most ? w->end : most;
}

bool moim_text_gap(const struct moim_hyp *h, const struct moim_segmenter *s, double t0, size_t offset,
                   double after, double until, double *from, double *to)
{
    double end = t0;
    for (int i = 0; i <= h->n_words; i++) {
        if (i) end = moim_word_until(&h->words[i - 1]);
        double start = i < h->n_words ? h->words[i].start : until;
        if (start < after || start - end <= UNSAID) continue;
        size_t first = offset + (size_t)((end - t0) * MOIM_RATE),
               last = offset + (size_t)((start - t0) * MOIM_RATE);
        if (moim_segmenter_voiced(s, first, last) <= UNSAID) continue;
        bool hides = i && h->words[i - 1].end > end;
        *from = hides ? h->words[i - 1].start : end;
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

int moim_insert_words(struct moim_hyp *h, const struct moim_hyp *part, double from, double to)
{
    struct moim_nbest both = {0};
    struct moim_hyp *joined = part->n_words ? moim_nbest_add(&both) : NULL;
    if (!joined) return part->n_words ? MOIM_ENOMEM : MOIM_OK;
    int first = 0, next;
    while (first < h->n_words && h->words[first].start < from) first++;
    for (next = first; next < h->n_words && h->words[next].start < to;) next++;
    int rc = add(joined, h, 0, first);
    if (!rc) rc = add(joined, part, 0, part->n_words);
    if (!rc) rc = add(joined, h, next, h->n_words);
    if (!rc) { /* trade words and text */
        struct moim_hyp was = *h;
        h->text = joined->text, h->words = joined->words, h->n_words = joined->n_words;
        joined->text = was.text, joined->words = was.words, joined->n_words = was.n_words;
    }
    moim_nbest_free(&both);
    return rc;
}
