#include "asr/cluster.h"
#include "nn/matmul.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* LAPACK, which OpenBLAS carries: eigenvalues il..iu (and vectors) of a symmetric matrix. */
void ssyevr_(const char *jobz, const char *range, const char *uplo, const int *n, float *a, const int *lda,
             const float *vl, const float *vu, const int *il, const int *iu, const float *abstol, int *m,
             float *w, float *z, const int *ldz, int *isuppz, float *work, const int *lwork, int *iwork,
             const int *liwork, int *info);

struct spectral {
    int n, dim, kmax;
    const float *x;
    float *sim;  /* [n][n] cosine similarities */
    float *lap;  /* [n][n] Laplacian, destroyed by the eigensolver */
    float *vec;  /* [kmax + 1][n] eigenvectors, one a row */
    float *val;  /* [n] eigenvalues, ascending */
    float *work; /* LAPACK's */
    float *row;  /* [n] */
    int *iwork, *isuppz;
    int lwork, liwork;
};

static void spectral_free(struct spectral *s)
{
    free(s->sim);
    free(s->lap);
    free(s->vec);
    free(s->val);
    free(s->work);
    free(s->row);
    free(s->iwork);
    free(s->isuppz);
}

static bool spectral_init(struct spectral *s, const float *x, int n, int dim, int kmax)
{
    size_t nn = (size_t)n * (size_t)n;
    *s = (struct spectral){.n = n, .dim = dim, .kmax = kmax, .x = x, .lwork = 64 * n, .liwork = 16 * n};
    s->sim = malloc(nn * sizeof *s->sim);
    s->lap = malloc(nn * sizeof *s->lap);
    s->vec = malloc((size_t)(kmax + 1) * (size_t)n * sizeof *s->vec);
    s->val = malloc((size_t)n * sizeof *s->val);
    s->row = malloc((size_t)n * sizeof *s->row);
    s->work = malloc((size_t)s->lwork * sizeof *s->work);
    s->iwork = malloc((size_t)s->liwork * sizeof *s->iwork);
    s->isuppz = malloc((size_t)(2 * n) * sizeof *s->isuppz);
    return s->sim && s->lap && s->vec && s->val && s->row && s->work && s->iwork && s->isuppz;
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Laplacian of the graph that joins each point to its p most similar ones, made symmetric by averaging. */
static void laplacian(struct spectral *s, int p)
{
    int n = s->n;
    memset(s->lap, 0, (size_t)n * (size_t)n * sizeof *s->lap);
    for (int i = 0; i < n; i++) {
        const float *sim = s->sim + (size_t)i * (size_t)n;
        memcpy(s->row, sim, (size_t)n * sizeof *sim);
        qsort(s->row, (size_t)n, sizeof *s->row, descending);
        float least = s->row[p < n ? p : n - 1];
        for (int j = 0; j < n; j++) {
            if (j == i || sim[j] < least) continue;
            s->lap[(size_t)i * (size_t)n + (size_t)j] -= 0.5f;
            s->lap[(size_t)j * (size_t)n + (size_t)i] -= 0.5f;
        }
    }
    for (int i = 0; i < n; i++) {
        float degree = 0, *row = s->lap + (size_t)i * (size_t)n;
        for (int j = 0; j < n; j++) degree -= j == i ? 0 : row[j];
        row[i] = degree;
    }
}

static bool eigen(struct spectral *s, bool vectors, int first, int last)
{
    float zero = 0, tolerance = 0;
    int m, info, il = first + 1, iu = last + 1;
    ssyevr_(vectors ? "V" : "N", "I", "U", &s->n, s->lap, &s->n, &zero, &zero, &il, &iu, &tolerance, &m,
            s->val, s->vec, &s->n, s->isuppz, s->work, &s->lwork, s->iwork, &s->liwork, &info);
    return info == 0 && m == last - first + 1;
}

/* The widest gap between consecutive eigenvalues says how many clusters; returns the gap over the largest
 * eigenvalue. */
static float eigengap(struct spectral *s, int kmin, int *k)
{
    int last = s->kmax < s->n - 1 ? s->kmax : s->n - 1;
    if (!eigen(s, false, 0, last)) return 0;
    float best = 0;
    for (int i = kmin; i <= last; i++)
        if (s->val[i] - s->val[i - 1] > best) best = s->val[i] - s->val[i - 1], *k = i;
    return best;
}

static float largest_eigenvalue(struct spectral *s)
{
    return eigen(s, false, s->n - 1, s->n - 1) ? s->val[0] : 0;
}

/* NME-SC: the p whose graph has the clearest gap for the fewest edges. */
static int choose_graph(struct spectral *s, int kmin, int *k)
{
    int best_p = 1, n = s->n, most = n / 4 > 4 ? n / 4 : n - 1, step = most / 24 + 1;
    float best = INFINITY;
    *k = kmin;
    for (int p = 2; p <= most; p += step) {
        int kp = kmin;
        laplacian(s, p);
        float top = largest_eigenvalue(s);
        laplacian(s, p); /* the solver destroys its input */
        float gap = eigengap(s, kmin, &kp) / (top + 1e-10f);
        float ratio = ((float)p / (float)n) / (gap + 1e-10f);
        if (ratio < best) best = ratio, best_p = p, *k = kp;
    }
    return best_p;
}

static float distance2(const float *a, const float *b, int k)
{
    float d = 0;
    for (int i = 0; i < k; i++) d += (a[i] - b[i]) * (a[i] - b[i]);
    return d;
}

/* k-means on points[n][k] from farthest-first seeds, so that equal input gives equal output. */
static void kmeans(const float *points, int n, int k, float *centre, int *label)
{
    memcpy(centre, points, (size_t)k * sizeof *centre);
    for (int c = 1; c < k; c++) {
        int far = 0;
        float most = -1;
        for (int i = 0; i < n; i++) {
            float least = INFINITY;
            for (int d = 0; d < c; d++) least = fminf(least, distance2(points + i * k, centre + d * k, k));
            if (least > most) most = least, far = i;
        }
        memcpy(centre + c * k, points + far * k, (size_t)k * sizeof *centre);
    }
    for (int round = 0; round < 50; round++) {
        bool moved = false;
        for (int i = 0; i < n; i++) {
            int nearest = 0;
            for (int c = 1; c < k; c++)
                if (distance2(points + i * k, centre + c * k, k) <
                    distance2(points + i * k, centre + nearest * k, k))
                    nearest = c;
            moved |= round == 0 || label[i] != nearest;
            label[i] = nearest;
        }
        if (!moved) break;
        for (int c = 0; c < k; c++) {
            int count = 0;
            float *sum = centre + c * k;
            for (int i = 0; i < n; i++) count += label[i] == c;
            if (!count) continue;
            memset(sum, 0, (size_t)k * sizeof *sum);
            for (int i = 0; i < n; i++)
                for (int d = 0; label[i] == c && d < k; d++) sum[d] += points[i * k + d] / (float)count;
        }
    }
}

static int number_by_appearance(int *label, int n, int k)
{
    int name[64], next = 0;
    for (int c = 0; c < k; c++) name[c] = -1;
    for (int i = 0; i < n; i++) {
        if (name[label[i]] < 0) name[label[i]] = next++;
        label[i] = name[label[i]];
    }
    return next;
}

static int embed_and_split(struct spectral *s, int p, int k, int *label)
{
    float *points = malloc((size_t)s->n * (size_t)k * sizeof *points),
          *centre = malloc((size_t)k * (size_t)k * sizeof *centre);
    if (!points || !centre) {
        free(points);
        free(centre);
        return MOIM_ENOMEM;
    }
    laplacian(s, p);
    bool ok = eigen(s, true, 0, k - 1);
    for (int i = 0; ok && i < s->n; i++)
        for (int c = 0; c < k; c++) points[i * k + c] = s->vec[(size_t)c * (size_t)s->n + (size_t)i];
    if (ok)
        kmeans(points, s->n, k, centre, label);
    else
        memset(label, 0, (size_t)s->n * sizeof *label);
    free(points);
    free(centre);
    return MOIM_OK;
}

int moim_cluster(const float *x, int n, int dim, const struct moim_cluster_options *opt, int *label,
                 int *n_clusters, struct moim_err *err)
{
    int kmin = opt && opt->min_clusters > 0 ? opt->min_clusters : 1,
        kmax = opt && opt->max_clusters > 0 ? opt->max_clusters : 10;
    if (n < 0 || n > MOIM_CLUSTER_MAX || dim < 1 || kmax > 64 || kmin > kmax)
        return moim_fail(err, MOIM_EINVAL, "clustering: %d points into %d to %d clusters is not possible", n,
                         kmin, kmax);
    if (kmax > n) kmax = n;
    if (kmin > n) kmin = n;
    *n_clusters = n > 0;
    if (n) memset(label, 0, (size_t)n * sizeof *label);
    if (n < 3 || kmax <= 1) return MOIM_OK;
    struct spectral s;
    int rc = spectral_init(&s, x, n, dim, kmax) ? MOIM_OK : MOIM_ENOMEM;
    if (!rc) {
        moim_sgemm(n, n, dim, 1, x, dim, x, dim, 1, 0, s.sim, n);
        int k = kmin, p = choose_graph(&s, kmin, &k);
        if (k > 1) rc = embed_and_split(&s, p, k, label);
        if (!rc) *n_clusters = number_by_appearance(label, n, k);
    }
    spectral_free(&s);
    return rc ? moim_fail(err, rc, "clustering: out of memory") : MOIM_OK;
}
