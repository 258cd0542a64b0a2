/* Forced alignment: the most probable way in which known symbols lie in the frames. */
#include "asr/ctc_int.h"

#include <stdlib.h>
#include <string.h>

/* States: blank, symbol 0, blank, symbol 1, ..., blank. From state s one may come from s, s - 1, and, where
 * symbols allow, further back; the step is what is remembered. */
struct lattice {
    const uint8_t *symbols;
    const bool *optional;
    int n, states;
    float *now, *before;
    uint8_t *step; /* [t][states] */
};

static int symbol_of(const struct lattice *l, int state)
{
    return state & 1 ? l->symbols[state / 2] : MOIM_CTC_BLANK;
}

/* How many states back a path may jump to reach this one: over a blank between different symbols, over an
 * optional symbol and its blanks. */
static int longest_step(const struct lattice *l, int state)
{
    if (!(state & 1) || state < 2) return state < 1 ? 0 : 1;
    int i = state / 2;
    if (i >= 2 && l->optional[i - 1]) return l->symbols[i] == l->symbols[i - 2] ? 3 : 4;
    return l->symbols[i] == l->symbols[i - 1] ? 1 : 2;
}

static void advance(struct lattice *l, const float *lp, uint8_t *step)
{
    for (int s = 0; s < l->states; s++) {
        float best = l->before[s];
        int from = 0, most = longest_step(l, s);
        for (int k = 1; k <= most && k <= s; k++) {
            if (k == 2 && l->symbols[s / 2] == l->symbols[s / 2 - 1]) continue;
            if (l->before[s - k] > best) best = l->before[s - k], from = k;
        }
        l->now[s] = best <= NONE / 2 ? NONE : best + lp[symbol_of(l, s)];
        step[s] = (uint8_t)from;
    }
}

static void trace(const struct lattice *l, int t, int state, int *first, int *last)
{
    for (int i = 0; i < l->n; i++) first[i] = last[i] = -1;
    for (int f = t - 1; f >= 0; f--) {
        if (state & 1) {
            int i = state / 2;
            first[i] = f;
            if (last[i] < 0) last[i] = f;
        }
        state -= l->step[(size_t)f * (size_t)l->states + (size_t)state];
    }
}

bool ctc_align(const float *logprob, int t, const uint8_t *symbols, const bool *optional, int n, int *first,
               int *last, float *logp)
{
    struct lattice l = {.symbols = symbols, .optional = optional, .n = n, .states = 2 * n + 1};
    size_t s = (size_t)l.states;
    l.now = malloc(sizeof *l.now * s);
    l.before = malloc(sizeof *l.before * s);
    l.step = malloc((size_t)t * s + 1);
    bool fits = l.now && l.before && l.step && t > 0 && n > 0;
    if (fits) {
        for (size_t i = 0; i < s; i++) l.before[i] = NONE;
        l.before[0] = 0; /* a state before the first frame that leads to blank or to the first symbol */
        for (int f = 0; f < t; f++) {
            advance(&l, logprob + (size_t)f * MOIM_CTC_SYMBOLS, l.step + (size_t)f * s);
            float *swap = l.now;
            l.now = l.before;
            l.before = swap;
        }
        int end = l.states - 1; /* at least 2: n > 0 */
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the analyzer does not multiply */
        if (l.before[end - 1] > l.before[end]) end--;
        *logp = l.before[end];
        fits = *logp > NONE / 2;
        if (fits) trace(&l, t, end, first, last);
    }
    free(l.now);
    free(l.before);
    free(l.step);
    return fits;
}
