/* What every cmocka suite needs: cmocka's own prelude in order, and the paths of models and evaluation data.
 */
#ifndef MOIM_TESTING_H
#define MOIM_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

/* Path of a fetched model, $MOIM_MODELS or $XDG_CACHE_HOME/moim/models or ~/.cache/moim/models. Fails the
 * test when it is not there: `make check` fetches models first, so a missing one is a fault, not a reason to
 * skip. */
static inline const char *test_model(const char *name)
{
    static char path[8][1024];
    static unsigned turn;
    char *p = path[turn++ % 8];
    const char *dir = getenv("MOIM_MODELS"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (dir && *dir)
        snprintf(p, 1024, "%s/%s", dir, name);
    else if (cache && *cache)
        snprintf(p, 1024, "%s/moim/models/%s", cache, name);
    else
        snprintf(p, 1024, "%s/.cache/moim/models/%s", home ? home : "", name);
    FILE *f = fopen(p, "rb");
    if (!f) fail_msg("model %s is missing: run `make models`", p);
    if (f) fclose(f);
    return p;
}

#define assert_ok(call, err)                                                                                 \
    do {                                                                                                     \
        int rc_ = (call);                                                                                    \
        if (rc_ != MOIM_OK) fail_msg("%s = %d: %s", #call, rc_, (err).msg);                                  \
    } while (0)

#endif
