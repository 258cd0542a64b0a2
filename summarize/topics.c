#include "summarize/topics.h"
#include "summarize/terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_WORDS 90   /* compared on either side of a gap */
#define TOPIC_SECONDS 40 /* no topic is shorter */
#define MOVE_ON 0.25     /* worth of "다음 안건은" among similarities of 0..1 */

/* A meeting of a minute has one topic, of ten minutes five, of an hour eleven. */
static int wanted(const struct moim_turn_text *turns, int n)
{
    double minutes = (turns[n - 1].end - turns[0].start) / 60;
    int k = (int)lround(1.45 * sqrt(minutes > 0 ? minutes : 0));
    return k < 1 ? 1 : k > MOIM_TOPICS_MAX ? MOIM_TOPICS_MAX : k;
}

static bool moves_on(const char *text)
{
    static const char *const phrase[] = {
        "다음 안건",     "다음으로",   "다음은",     "첫 번째",   "두 번째",    "세 번째",
        "네 번째",       "마지막으로", "그리고 ",    "넘어가",    "한 가지 더", "아, 그리고",
        "next topic",    "next item",  "next point", "moving on", "move on",    "let's go to",
        "another thing", "the next",   "secondly",   "finally",   NULL};
    for (int i = 0; phrase[i]; i++) {
        const char *p = strcasestr(text, phrase[i]);
        if (p && p - text < 24) return true;
    }
    return false;
}

/* Adds turn i's terms, sign +1 or -1 to a block's counts. */
static void count(const struct moim_terms *t, float *block, float sign)
{
    for (int i = 0; i < t->n; i++) block[t->id[i]] += sign;
}

/* Cosine of the terms of turns [a, g) and [g, b). */
static double similarity(const struct moim_term_table *t, int a, int g, int b, float *left, float *right)
{
    double dot = 0, x = 0, y = 0;
    for (int i = a; i < g; i++) count(&t->turn[i], left, 1);
    for (int i = g; i < b; i++) count(&t->turn[i], right, 1);
    for (int i = a; i < b; i++)
        for (int k = 0; k < t->turn[i].n; k++) {
            uint32_t id = t->turn[i].id[k];
            double w = t->idf[id] * t->idf[id], l = left[id], r = right[id];
            left[id] = right[id] = 0; /* each term once */
            dot += w * l * r;
            x += w * l * l;
            y += w * r * r;
        }
    return x > 0 && y > 0 ? dot / sqrt(x * y) : 0;
}

static void gap_scores(const struct moim_term_table *t, double *sim, float *left, float *right)
{
    for (int g = 1; g < t->n_turns; g++) {
        int a = g, b = g, had = 0;
        while (a > 0 && had < BLOCK_WORDS) had += t->turn[--a].words;
        for (had = 0; b < t->n_turns && had < BLOCK_WORDS; b++) had += t->turn[b].words;
        sim[g] = similarity(t, a, g, b, left, right);
    }
}

/* How deep the valley at g is, from the hills on either side. */
static double depth(const double *sim, int n, int g)
{
    double l = sim[g], r = sim[g];
    for (int i = g - 1; i >= 1 && sim[i] >= l; i--) l = sim[i];
    for (int i = g + 1; i < n && sim[i] >= r; i++) r = sim[i];
    return l + r - 2 * sim[g];
}

static int by_turn(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int choose(const struct moim_turn_text *turns, int n, const double *deep, int most, int *first)
{
    int count = 1;
    double least = (turns[n - 1].end - turns[0].start) / (3.0 * most);
    if (least < TOPIC_SECONDS) least = TOPIC_SECONDS;
    first[0] = 0;
    while (count < most) {
        int best = -1;
        for (int g = 1; g < n; g++) {
            bool free = turns[n - 1].end - turns[g].start >= least;
            for (int k = 0; k < count && free; k++)
                free = fabs(turns[g].start - turns[first[k]].start) >= least;
            if (free && deep[g] > 0.02 && (best < 0 || deep[g] > deep[best])) best = g;
        }
        if (best < 0) break;
        first[count++] = best;
    }
    qsort(first, (size_t)count, sizeof *first, by_turn);
    return count;
}

int moim_topics_split(const struct moim_turn_text *turns, int n, int first[MOIM_TOPICS_MAX])
{
    struct moim_term_table t;
    int most = wanted(turns, n), rc;
    first[0] = 0;
    if (most < 2 || n < 4) return 1;
    if ((rc = moim_terms_read(&t, turns, n))) return rc;
    double *sim = calloc((size_t)n + 1, sizeof *sim), *deep = calloc((size_t)n + 1, sizeof *deep);
    float *left = calloc((size_t)t.n_ids + 1, sizeof *left),
          *right = calloc((size_t)t.n_ids + 1, sizeof *right);
    if (sim && deep && left && right) {
        gap_scores(&t, sim, left, right);
        for (int g = 1; g < n; g++) deep[g] = depth(sim, n, g) + (moves_on(turns[g].text) ? MOVE_ON : 0);
        rc = choose(turns, n, deep, most, first);
    } else {
        rc = MOIM_ENOMEM;
    }
    free(sim);
    free(deep);
    free(left);
    free(right);
    moim_terms_free(&t);
    return rc;
}
