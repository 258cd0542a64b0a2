#include "summarize/textrank.h"
#include "summarize/terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REACH                                                                                                \
    60 /* turns on either side that a turn is compared with: cost grows with the meeting's length, not its   \
          square */
#define ROUNDS 25
#define DAMPING 0.85

static double alike(const struct moim_term_table *t, int a, int b)
{
    const struct moim_terms *x = &t->turn[a], *y = &t->turn[b];
    if (x->n < 2 || y->n < 2) return 0;
    double sum = 0;
    for (int i = 0, j = 0; i < x->n && j < y->n;) {
        if (x->id[i] == y->id[j])
            sum += t->idf[x->id[i]], i++, j++;
        else if (x->id[i] < y->id[j])
            i++;
        else
            j++;
    }
    return sum / (log(x->n + 1) + log(y->n + 1));
}

/* edge[i * REACH + k]: between i and i + k + 1. */
static void rank(const float *edge, const double *out_weight, int n, double *score)
{
    double *next = calloc((size_t)n, sizeof *next);
    for (int i = 0; i < n; i++) score[i] = 1;
    for (int round = 0; round < ROUNDS && next; round++) {
        for (int i = 0; i < n; i++) next[i] = 1 - DAMPING;
        for (int i = 0; i < n; i++)
            for (int k = 0; k < REACH && i + k + 1 < n; k++) {
                double w = edge[(size_t)i * REACH + (size_t)k];
                int j = i + k + 1;
                if (w <= 0) continue;
                next[j] += DAMPING * score[i] * w / out_weight[i];
                next[i] += DAMPING * score[j] * w / out_weight[j];
            }
        memcpy(score, next, sizeof *score * (size_t)n);
    }
    free(next);
}

int moim_textrank(const struct moim_turn_text *turns, int n, double *score)
{
    struct moim_term_table t;
    int rc = moim_terms_read(&t, turns, n);
    if (rc) return rc;
    float *edge = calloc((size_t)n * REACH, sizeof *edge);
    double *weight = calloc((size_t)n, sizeof *weight);
    if (edge && weight) {
        for (int i = 0; i < n; i++)
            for (int k = 0; k < REACH && i + k + 1 < n; k++) {
                double w = alike(&t, i, i + k + 1);
                edge[(size_t)i * REACH + (size_t)k] = (float)w;
                weight[i] += w;
                weight[i + k + 1] += w;
            }
        rank(edge, weight, n, score);
    } else {
        rc = MOIM_ENOMEM;
    }
    free(edge);
    free(weight);
    moim_terms_free(&t);
    return rc;
}

static int count_words(const char *s)
{
    int n = 0;
    for (bool in = false; *s; s++) {
        n += *s != ' ' && !in;
        in = *s != ' ';
    }
    return n;
}

static char *join(const struct moim_turn_text *turns, int n, const bool *take)
{
    size_t len = 1;
    for (int i = 0; i < n; i++) len += take[i] ? strlen(turns[i].text) + 1 : 0;
    char *out = malloc(len), *p = out;
    for (int i = 0; out && i < n; i++) {
        if (!take[i]) continue;
        size_t m = strlen(turns[i].text);
        memcpy(p, turns[i].text, m);
        p += m;
        *p++ = ' ';
    }
    if (out) *p = 0;
    return out;
}

char *moim_extract_lead(const struct moim_turn_text *turns, int n, int words)
{
    bool *take = calloc((size_t)n + 1, sizeof *take);
    for (int i = 0, had = 0; take && i < n && had < words; i++) {
        take[i] = true;
        had += count_words(turns[i].text);
    }
    char *out = take ? join(turns, n, take) : NULL;
    free(take);
    return out;
}

char *moim_extract_textrank(const struct moim_turn_text *turns, int n, int words)
{
    bool *take = calloc((size_t)n + 1, sizeof *take);
    double *score = calloc((size_t)n + 1, sizeof *score);
    char *out = NULL;
    if (take && score && !moim_textrank(turns, n, score)) {
        for (int had = 0; had < words;) {
            int best = -1;
            for (int i = 0; i < n; i++)
                if (!take[i] && (best < 0 || score[i] > score[best])) best = i;
            if (best < 0) break;
            take[best] = true;
            had += count_words(turns[best].text);
        }
        out = join(turns, n, take);
    }
    free(take);
    free(score);
    return out;
}
