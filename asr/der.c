#include "asr/der.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Shortest augmenting paths with potentials (Jonker and Volgenant) on the square cost matrix -gain, padded
 * with zeros. */
int moim_assign(const double *gain, int rows, int cols, int *match)
{
    int n = rows > cols ? rows : cols;
    double *u = calloc((size_t)(3 * (n + 1)), sizeof *u);
    int *p = calloc((size_t)(3 * (n + 1)), sizeof *p);
    if (!u || !p) {
        free(u);
        free(p);
        return MOIM_ENOMEM;
    }
    double *v = u + n + 1, *minv = v + n + 1;
    int *way = p + n + 1, *used = way + n + 1;
    for (int i = 1; i <= n; i++) {
        int j0 = 0;
        p[0] = i;
        for (int j = 0; j <= n; j++) minv[j] = INFINITY, used[j] = 0;
        do {
            int i0 = p[j0], j1 = 0;
            double delta = INFINITY;
            used[j0] = 1;
            for (int j = 1; j <= n; j++) {
                if (used[j]) continue;
                double g =
                    i0 <= rows && j <= cols ? gain[(size_t)(i0 - 1) * (size_t)cols + (size_t)(j - 1)] : 0;
                double cost = -g - u[i0] - v[j];
                if (cost < minv[j]) minv[j] = cost, way[j] = j0;
                if (minv[j] < delta) delta = minv[j], j1 = j;
            }
            for (int j = 0; j <= n; j++) {
                if (used[j])
                    u[p[j]] += delta, v[j] -= delta;
                else
                    minv[j] -= delta;
            }
            j0 = j1;
        } while (p[j0]);
        for (; j0; j0 = way[j0]) p[j0] = p[way[j0]];
    }
    for (int r = 0; r < rows; r++) match[r] = -1;
    for (int j = 1; j <= cols; j++)
        if (p[j] >= 1 && p[j] <= rows) match[p[j] - 1] = j - 1;
    free(u);
    free(p);
    return MOIM_OK;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int speakers_in(const struct moim_turn *t, int n)
{
    int most = 0;
    for (int i = 0; i < n; i++)
        if (t[i].speaker >= most) most = t[i].speaker + 1;
    return most;
}

static bool active(const struct moim_turn *t, int n, int speaker, double at)
{
    for (int i = 0; i < n; i++)
        if (t[i].speaker == speaker && t[i].start <= at && at < t[i].end) return true;
    return false;
}

static bool in_collar(const struct moim_turn *ref, int n, double at, double collar)
{
    for (int i = 0; i < n; i++)
        if (fabs(at - ref[i].start) < collar || fabs(at - ref[i].end) < collar) return true;
    return false;
}

struct scoring {
    const struct moim_turn *ref, *hyp;
    int n_ref, n_hyp, rs, hs; /* turns and speakers on each side */
    double *cuts;             /* instants between which nothing changes */
    int n_cuts;
    double collar;
    double *both; /* [rs][hs] seconds that a pair speaks together */
    int *match;   /* [rs] */
};

static int collect_cuts(struct scoring *s)
{
    s->cuts = malloc(sizeof *s->cuts * (size_t)(6 * s->n_ref + 2 * s->n_hyp + 1));
    if (!s->cuts) return MOIM_ENOMEM;
    for (int i = 0; i < s->n_ref; i++)
        for (int k = -1; k <= 1; k++) {
            s->cuts[s->n_cuts++] = s->ref[i].start + k * s->collar;
            s->cuts[s->n_cuts++] = s->ref[i].end + k * s->collar;
        }
    for (int i = 0; i < s->n_hyp; i++) {
        s->cuts[s->n_cuts++] = s->hyp[i].start;
        s->cuts[s->n_cuts++] = s->hyp[i].end;
    }
    qsort(s->cuts, (size_t)s->n_cuts, sizeof *s->cuts, compare_double);
    return MOIM_OK;
}

/* Between two cuts: fills in who speaks; returns the length in seconds, 0 where the collar forbids scoring.
 */
static double stretch(const struct scoring *s, int i, bool *ref_on, bool *hyp_on, int *nr, int *nh)
{
    double len = s->cuts[i + 1] - s->cuts[i], at = s->cuts[i] + len / 2;
    if (len <= 0 || in_collar(s->ref, s->n_ref, at, s->collar)) return 0;
    *nr = *nh = 0;
    for (int r = 0; r < s->rs; r++) *nr += ref_on[r] = active(s->ref, s->n_ref, r, at);
    for (int h = 0; h < s->hs; h++) *nh += hyp_on[h] = active(s->hyp, s->n_hyp, h, at);
    return len;
}

static void tally(struct scoring *s, bool *ref_on, bool *hyp_on, struct moim_der *out)
{
    int nr = 0, nh = 0;
    for (int i = 0; i + 1 < s->n_cuts; i++) {
        double len = stretch(s, i, ref_on, hyp_on, &nr, &nh);
        for (int r = 0; len > 0 && r < s->rs; r++)
            for (int h = 0; h < s->hs; h++)
                if (ref_on[r] && hyp_on[h]) s->both[r * s->hs + h] += len;
    }
    if (moim_assign(s->both, s->rs, s->hs, s->match)) return;
    for (int i = 0; i + 1 < s->n_cuts; i++) {
        double len = stretch(s, i, ref_on, hyp_on, &nr, &nh);
        if (len <= 0) continue;
        int right = 0;
        for (int r = 0; r < s->rs; r++) right += ref_on[r] && s->match[r] >= 0 && hyp_on[s->match[r]];
        out->speech += len * nr;
        out->missed += len * (nr > nh ? nr - nh : 0);
        out->false_alarm += len * (nh > nr ? nh - nr : 0);
        out->confusion += len * ((nr < nh ? nr : nh) - right);
    }
}

int moim_der_score(const struct moim_turn *ref, int n_ref, const struct moim_turn *hyp, int n_hyp,
                   double collar, struct moim_der *out, struct moim_err *err)
{
    memset(out, 0, sizeof *out);
    struct scoring s = {.ref = ref, .hyp = hyp, .n_ref = n_ref, .n_hyp = n_hyp, .collar = collar};
    s.rs = speakers_in(ref, n_ref);
    s.hs = speakers_in(hyp, n_hyp);
    s.both = calloc((size_t)(s.rs * s.hs + 1), sizeof *s.both);
    s.match = calloc((size_t)s.rs + 1, sizeof *s.match);
    bool *on = calloc((size_t)(s.rs + s.hs + 2), sizeof *on);
    int rc = MOIM_OK;
    if (!s.both || !s.match || !on || collect_cuts(&s))
        rc = moim_fail(err, MOIM_ENOMEM, "diarization scoring: out of memory");
    else
        tally(&s, on, on + s.rs + 1, out);
    free(s.cuts);
    free(s.both);
    free(s.match);
    free(on);
    return rc;
}
