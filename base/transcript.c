#include "base/transcript.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void moim_texts_free(char **text, int n)
{
    for (int i = 0; text && i < n; i++) free(text[i]);
    free(text);
}

char **moim_turn_texts(const struct moim_turn_text *turns, int n)
{
    char **text = calloc((size_t)n + 1, sizeof *text);
    for (int i = 0; text && i < n; i++)
        if (asprintf(&text[i], "%s: %s", turns[i].speaker, turns[i].text) < 0) {
            moim_texts_free(text, i);
            return NULL;
        }
    return text;
}

void moim_words_free(struct moim_word *words, int n)
{
    for (int i = 0; words && i < n; i++) {
        free(words[i].text);
        free(words[i].spoken);
    }
    free(words);
}

int moim_words_copy(const struct moim_word *words, int n, struct moim_word **out)
{
    *out = n ? calloc((size_t)n, sizeof **out) : NULL;
    if (n && !*out) return MOIM_ENOMEM;
    for (int i = 0; i < n; i++) {
        struct moim_word *w = &(*out)[i];
        *w = words[i];
        w->text = strdup(words[i].text);
        w->spoken = words[i].spoken ? strdup(words[i].spoken) : NULL;
        if (w->text && !w->spoken == !words[i].spoken) continue;
        moim_words_free(*out, i + 1);
        *out = NULL;
        return MOIM_ENOMEM;
    }
    return MOIM_OK;
}

void moim_segment_clear(struct moim_segment *g)
{
    moim_words_free(g->words, g->n_words);
    free(g->speaker_name);
    free(g->clean);
    free(g->text);
    free(g->first_pass);
    free(g->language);
    *g = (struct moim_segment){0};
}

void moim_segments_free(struct moim_segment *list, int n)
{
    for (int i = 0; i < n; i++) moim_segment_clear(&list[i]);
    free(list);
}
