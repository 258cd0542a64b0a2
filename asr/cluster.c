/* A similarity matrix of clusters; the most alike pair merges, its row becomes the weighted mean of the two
 * (Lance and Williams), until the rule says stop. Each row remembers its best partner, so that a merge costs
 * O(n) but for rows whose partner went away. */
#include "asr/cluster.h"
#include "nn/matmul.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct tree {
    int n, alive;
    float *sim;    /* [n][n] */
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
    float wa = t->weight[a], wb = t->weight[b];
    t->weight[a] = wa + wb;
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

int moim_cluster(const float *x, const float *weight, int n, int dim, const struct moim_cluster_options *opt,
                 int *label, int *n_clusters, struct moim_err *err)
{
    int kmin = opt->min_clusters > 0 ? opt->min_clusters : 1,
        kmax = opt->max_clusters > 0 ? opt->max_clusters : 10;
    *n_clusters = 0;
    if (n < 0 || n > MOIM_CLUSTER_MAX || dim < 1 || kmin > kmax)
        return moim_fail(err, MOIM_EINVAL, "clustering: %d points into %d to %d clusters is not possible", n,
                         kmin, kmax);
    if (!n) return MOIM_OK;
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
        grow(&t, opt, kmin, kmax);
        *n_clusters = number_by_appearance(label, n);
    }
    free(t.sim);
    free(t.weight);
    free(t.best);
    return rc;
}
