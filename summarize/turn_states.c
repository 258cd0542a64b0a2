#include "summarize/minutes.h"

#include <stdio.h>
#include <stdlib.h>

int moim_turn_states(struct moim_embed *m, const struct moim_turn_text *turns, int n,
                     const volatile int *cancel, float **state, struct moim_err *err)
{
    int rc = MOIM_OK;
    char **text = calloc((size_t)n + 1, sizeof *text);
    *state = calloc((size_t)n + 1, MOIM_TURN_STATE * sizeof **state);
    if (!text || !*state) rc = moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    for (int i = 0; i < n && !rc; i++)
        if (asprintf(&text[i], "%s: %s", turns[i].speaker, turns[i].text) < 0) {
            text[i] = NULL;
            rc = moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
        }
    if (!rc) rc = moim_embed_in_context(m, (const char *const *)text, n, *state, cancel, err);
    for (int i = 0; i < n && text; i++) free(text[i]);
    free(text);
    if (rc) {
        free(*state);
        *state = NULL;
    }
    return rc;
}
