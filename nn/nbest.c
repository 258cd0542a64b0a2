#include "nn/nbest.h"

#include <stdlib.h>
#include <string.h>

static void hyp_clear(struct moim_hyp *h)
{
    moim_words_free(h->words, h->n_words);
    free(h->text);
    memset(h, 0, sizeof *h);
}

void moim_nbest_free(struct moim_nbest *nb)
{
    if (!nb) return;
    for (int i = 0; i < nb->n; i++) hyp_clear(&nb->hyps[i]);
    free(nb->hyps);
    memset(nb, 0, sizeof *nb);
}

struct moim_hyp *moim_nbest_add(struct moim_nbest *nb)
{
    struct moim_hyp *grown = realloc(nb->hyps, sizeof *grown * (size_t)(nb->n + 1));
    if (!grown) return NULL;
    nb->hyps = grown;
    struct moim_hyp *h = &grown[nb->n];
    memset(h, 0, sizeof *h);
    h->text = calloc(1, 1);
    if (!h->text) return NULL;
    nb->n++;
    return h;
}

int moim_hyp_add_word(struct moim_hyp *h, const char *text, double start, double end, float confidence,
                      bool space_before)
{
    struct moim_word *words = realloc(h->words, sizeof *words * (size_t)(h->n_words + 1));
    if (!words) return MOIM_ENOMEM;
    h->words = words;
    size_t have = strlen(h->text), add = strlen(text);
    bool gap = space_before && have > 0;
    char *joined = realloc(h->text, have + add + 2);
    if (!joined) return MOIM_ENOMEM;
    h->text = joined;
    char *copy = strdup(text);
    if (!copy) return MOIM_ENOMEM;
    if (gap) joined[have++] = ' ';
    memcpy(joined + have, text, add + 1);
    words[h->n_words++] = (struct moim_word){copy, NULL, start, end, confidence, space_before};
    /* cppcheck-suppress memleak */
    return MOIM_OK;
}

/* Insertion sort: lists are short, and equal scores must keep the recogniser's order. */
void moim_nbest_sort(struct moim_nbest *nb)
{
    for (int i = 1; i < nb->n; i++) {
        struct moim_hyp h = nb->hyps[i];
        int j = i;
        for (; j > 0 && nb->hyps[j - 1].total < h.total; j--) nb->hyps[j] = nb->hyps[j - 1];
        nb->hyps[j] = h;
    }
}
