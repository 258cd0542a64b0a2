/* A similarity matrix of clusters; the most alike pair merges, its row becomes the weighted mean of the two
 * (Lance and Williams), until the rule says stop. Each row remembers its best partner, so that a merge costs
 * O(n) but for rows whose partner went away. */
#include "asr/cluster.h"
#include "nn/matmul.h"
#include "nn/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct tree {
    int n, alive;
    float *sim;    /* [n][n]; with itself: the squared length of its mean */
    float *weight; /* [n]; 0: merged away */
    int *best;     /* [n]: the most alike other cluster, -1 for none */
    int *label;
};

static float at(const struct tree *t, int i, int j)
{
    return t->sim[(size_t)i * (size_t)t->n + (size_t)j];
}

static void find_best(struct tree *t, int i)
{
    t->best[i] = -1;
    for (int j = 0; j < t->n; j++)
        if (j != i && t->weight[j] > 0 && (t->best[i] < 0 || at(t, i, j) > at(t, i, t->best[i])))
            t->best[i] = j;
}

static void merge(struct tree *t, int a, int b)
{
    float wa = t->weight[a], wb = t->weight[b], whole = wa + wb;
    t->sim[(size_t)a * (size_t)t->n + (size_t)a] =
        (wa * wa * at(t, a, a) + 2 * wa * wb * at(t, a, b) + wb * wb * at(t, b, b)) / (whole * whole);
    t->weight[a] = whole;
    t->weight[b] = 0;
    t->alive--;
    for (int i = 0; i < t->n; i++) {
        if (t->label[i] == b) t->label[i] = a;
        if (i == a || t->weight[i] <= 0) continue;
        float s = (wa * at(t, a, i) + wb * at(t, b, i)) / (wa + wb);
        t->sim[(size_t)a * (size_t)t->n + (size_t)i] = t->sim[(size_t)i * (size_t)t->n + (size_t)a] = s;
    }
    find_best(t, a);
    for (int i = 0; i < t->n; i++) {
        if (i == a || t->weight[i] <= 0) continue;
        if (t->best[i] == a || t->best[i] == b)
            find_best(t, i);
        else if (t->best[i] >= 0 && at(t, i, a) > at(t, i, t->best[i]))
            t->best[i] = a;
    }
}

static int most_alike(const struct tree *t)
{
    int found = -1;
    for (int i = 0; i < t->n; i++)
        if (t->weight[i] > 0 && t->best[i] >= 0 &&
            (found < 0 || at(t, i, t->best[i]) > at(t, found, t->best[found])))
            found = i;
    return found;
}

static int lightest(const struct tree *t)
{
    int found = -1;
    for (int i = 0; i < t->n; i++)
        if (t->weight[i] > 0 && (found < 0 || t->weight[i] < t->weight[found])) found = i;
    return found;
}

static float mean_similarity(const struct tree *t, int i, int j)
{
    return at(t, i, j) / sqrtf(fmaxf(1e-9f, at(t, i, i) * at(t, j, j)));
}

/* A light cluster and the one whose mean is as like its own as means of one voice are; false: there is none. */
static bool light_twin(const struct tree *t, const struct moim_cluster_options *o, int *light, int *twin)
{
    float most = o->twin_similarity;
    bool found = false;
    for (int i = 0; most > 0 && i < t->n; i++) {
        if (t->weight[i] <= 0 || t->weight[i] >= o->twin_weight) continue;
        for (int j = 0; j < t->n; j++) {
            if (j == i || t->weight[j] < t->weight[i] || mean_similarity(t, i, j) < most) continue;
            most = mean_similarity(t, i, j);
            *light = i;
            *twin = j;
            found = true;
        }
    }
    return found;
}

static void grow(struct tree *t, const struct moim_cluster_options *o, int kmin, int kmax)
{
    for (int i; t->alive > kmin && (i = most_alike(t)) >= 0;) {
        if (at(t, i, t->best[i]) < o->threshold) break;
        merge(t, i, t->best[i]);
    }
    for (int i; t->alive > kmin && (i = lightest(t)) >= 0 && t->best[i] >= 0;) {
        if (t->weight[i] >= o->min_weight) break;
        merge(t, t->best[i], i);
    }
    for (int i, j; t->alive > kmin && light_twin(t, o, &i, &j);) merge(t, j, i);
    for (int i; t->alive > kmax && (i = most_alike(t)) >= 0;) merge(t, i, t->best[i]);
}

static int number_by_appearance(int *label, int n)
{
    int next = 0;
    for (int i = 0; i < n; i++) {
        if (label[i] < 0) continue; /* numbered already, as -1 - number */
        int old = label[i];
        for (int j = i; j < n; j++)
            if (label[j] == old) label[j] = -1 - next;
        next++;
    }
    for (int i = 0; i < n; i++) label[i] = -1 - label[i];
    return next;
}

static int cluster_few(const float *x, const float *weight, int n, int dim,
                       const struct moim_cluster_options *opt, int *label, int *n_clusters,
                       struct moim_err *err)
{
    size_t count = (size_t)n;
    struct tree t = {.n = n, .alive = n, .label = label};
    t.sim = malloc(count * count * sizeof *t.sim);
    t.weight = malloc(count * sizeof *t.weight);
    t.best = malloc(count * sizeof *t.best);
    int rc = t.sim && t.weight && t.best ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "clustering: out of memory");
    if (!rc) {
        moim_sgemm(n, n, dim, 1, x, dim, x, dim, 1, 0, t.sim, n);
        memcpy(t.weight, weight, count * sizeof *weight);
        for (int i = 0; i < n; i++) label[i] = i;
        for (int i = 0; i < n; i++) find_best(&t, i);
        grow(&t, opt, opt->min_clusters, opt->max_clusters);
        *n_clusters = number_by_appearance(label, n);
    }
    free(t.sim);
    free(t.weight);
    free(t.best);
    return rc;
}

/* The clusters of each block of points as points of their own: their means and weights. */
struct groups {
    float *mean, *weight;
    int *of, *label; /* [n] the group of a point; the label of a group */
    int n;
};

/* At most half as many groups as points, so that groups of groups come to an end. */
static int group_blocks(struct groups *g, const float *x, const float *weight, int n, int dim,
                        float threshold, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int at = 0, m, k = 0; !rc && at < n; at += m, g->n += k) {
        m = n - at < MOIM_CLUSTER_AT_ONCE ? n - at : MOIM_CLUSTER_AT_ONCE;
        struct moim_cluster_options o = {
            .min_clusters = 1, .max_clusters = (m + 1) / 2, .threshold = threshold};
        rc = cluster_few(x + (size_t)at * (size_t)dim, weight + at, m, dim, &o, g->of + at, &k, err);
        for (int i = at; !rc && i < at + m; i++) {
            g->of[i] += g->n;
            g->weight[g->of[i]] += weight[i];
            moim_axpy(g->mean + (size_t)g->of[i] * (size_t)dim, weight[i], x + (size_t)i * (size_t)dim, dim);
        }
    }
    for (int j = 0; !rc && j < g->n; j++)
        for (int d = 0; d < dim; d++) g->mean[(size_t)j * (size_t)dim + (size_t)d] /= g->weight[j];
    return rc;
}

static int cluster_many(const float *x, const float *weight, int n, int dim,
                        const struct moim_cluster_options *opt, int *label, int *n_clusters,
                        struct moim_err *err)
{
    size_t most = (size_t)n / 2 + (size_t)n / MOIM_CLUSTER_AT_ONCE + 2;
    struct groups g = {calloc(most * (size_t)dim, sizeof *g.mean), calloc(most, sizeof *g.weight),
                       malloc((size_t)n * sizeof *g.of), malloc(most * sizeof *g.label), 0};
    int rc = g.mean && g.weight && g.of && g.label ? group_blocks(&g, x, weight, n, dim, opt->threshold, err)
                                                   : moim_fail(err, MOIM_ENOMEM, "clustering: out of memory");
    if (!rc) rc = moim_cluster(g.mean, g.weight, g.n, dim, opt, g.label, n_clusters, err);
    for (int i = 0; !rc && i < n; i++) label[i] = g.label[g.of[i]];
    free(g.mean);
    free(g.weight);
    free(g.of);
    free(g.label);
    return rc;
}

int moim_cluster(const float *x, const float *weight, int n, int dim, const struct moim_cluster_options *opt,
                 int *label, int *n_clusters, struct moim_err *err)
{
    struct moim_cluster_options o = *opt;
    if (o.min_clusters <= 0) o.min_clusters = 1;
    if (o.max_clusters <= 0) o.max_clusters = 10;
    *n_clusters = 0;
    if (n < 0 || dim < 1 || o.min_clusters > o.max_clusters)
        return moim_fail(err, MOIM_EINVAL, "clustering: %d points into %d to %d clusters is not possible", n,
                         o.min_clusters, o.max_clusters);
    if (!n) return MOIM_OK;
    return n <= MOIM_CLUSTER_AT_ONCE ? cluster_few(x, weight, n, dim, &o, label, n_clusters, err)
                                     : cluster_many(x, weight, n, dim, &o, label, n_clusters, err);
}
