#include "summarize/minutes.h"

#include <stdlib.h>

int moim_turn_states(struct moim_embed *m, const struct moim_turn_text *turns, int n,
                     const volatile int *cancel, float **state, struct moim_err *err)
{
    char **text = moim_turn_texts(turns, n);
    *state = calloc((size_t)n + 1, MOIM_TURN_STATE * sizeof **state);
    int rc = text && *state ? moim_embed_in_context(m, (const char *const *)text, n, *state, cancel, err)
                            : moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    moim_texts_free(text, n);
    if (rc) {
        free(*state);
        *state = NULL;
    }
    return rc;
}
