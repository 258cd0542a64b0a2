/* Times of tokens: the cross-attention of the heads that follow the sound, normalised over tokens, smoothed
 * over frames, averaged, then dynamic time warping of tokens against frames (as the reference does). */
#include "asr/whisper_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 0.02 /* seconds */
#define WIDTH 7    /* median filter */

static float median(const float *x, int n, int at)
{
    float v[WIDTH] = {0};
    for (int k = 0; k < WIDTH; k++) {
        int i = abs(at + k - WIDTH / 2); /* reflected at both ends */
        if (i >= n) i = 2 * (n - 1) - i;
        float f = x[i < 0 ? 0 : i];
        int j = k;
        for (; j > 0 && v[j - 1] > f; j--) v[j] = v[j - 1];
        v[j] = f;
    }
    return v[WIDTH / 2];
}

/* Adds one head's normalised and filtered attention of rows [skip, n) to sum[n - skip][t]: of each row the
 * first t frames. */
static void add_head(const float *const *row, int n, int skip, int t, float *norm, float *sum)
{
    for (int f = 0; f < t; f++) {
        double mean = 0, var = 0;
        for (int i = 0; i < n; i++) mean += row[i][f];
        mean /= n;
        for (int i = 0; i < n; i++) var += (row[i][f] - mean) * (row[i][f] - mean);
        double scale = var > 0 ? 1 / sqrt(var / n) : 0;
        for (int i = skip; i < n; i++)
            norm[(size_t)(i - skip) * (size_t)t + (size_t)f] = (float)((row[i][f] - mean) * scale);
    }
    for (int i = 0; i < n - skip; i++)
        for (int f = 0; f < t; f++)
            sum[(size_t)i * (size_t)t + (size_t)f] += median(norm + (size_t)i * (size_t)t, t, f);
}

/* Cheapest monotone path through -a[n][t]; first[i] is the frame where it enters row i. */
static void warp(const float *a, int n, int t, float *cost, uint8_t *from, int *first)
{
    size_t w = (size_t)t + 1;
    for (size_t i = 0; i < (size_t)(n + 1) * w; i++) cost[i] = INFINITY;
    cost[0] = 0;
    for (int i = 1; i <= n; i++)
        for (int f = 1; f <= t; f++) {
            size_t at = (size_t)i * w + (size_t)f;
            float both = cost[at - w - 1], up = cost[at - w], left = cost[at - 1], best = both;
            uint8_t move = 0;
            if (!(both < up && both < left)) {
                move = up < both && up < left ? 1 : 2;
                best = move == 1 ? up : left;
            }
            cost[at] = best - a[(size_t)(i - 1) * (size_t)t + (size_t)(f - 1)];
            from[at] = move;
        }
    for (int i = n, f = t; i > 0 && f > 0;) {
        first[i - 1] = f - 1;
        uint8_t move = from[(size_t)i * w + (size_t)f];
        if (move != 2) i--;
        if (move != 1) f--;
    }
}

int whisper_align(const struct whisper_decoder *s, const struct whisper_model *m, const struct whisper_hyp *h,
                  const struct whisper_search *p, double *start, double *end)
{
    int all = s->frames, t = (p->frames > 0 && p->frames < all ? p->frames : all) - p->frame0,
        lead = p->prefix - p->sot, n = lead + h->n, skip = lead - 1, rows = n - skip;
    if (!h->n) return MOIM_OK;
    if (t < 1) return MOIM_EINVAL;
    size_t cells = (size_t)rows * (size_t)t, path = (size_t)(rows + 1) * (size_t)(t + 1);
    float *norm = calloc(cells, sizeof *norm), *sum = calloc(cells, sizeof *sum),
          *cost = malloc(path * sizeof *cost);
    uint8_t *from = malloc(path);
    int *first = calloc((size_t)rows, sizeof *first);
    const float **row = malloc((size_t)n * sizeof *row);
    /* A hypothesis cut off at the length limit never ran its last token. */
    int last = h->ended ? h->n : h->n - 1, rc = MOIM_ENOMEM;
    if (norm && sum && cost && from && first && row) {
        for (int head = 0; head < m->n_align; head++) {
            for (int i = 0; i < n; i++) {
                int at = i < lead + last ? i : lead + last - 1;
                size_t node = (size_t)h->path[p->sot + at];
                row[i] =
                    s->att + (node * (size_t)m->n_align + (size_t)head) * (size_t)all + (size_t)p->frame0;
            }
            add_head(row, n, skip, t, norm, sum);
        }
        warp(sum, rows, t, cost, from, first);
        for (int i = 0; i < h->n; i++) {
            start[i] = (p->frame0 + first[i]) * FRAME;
            end[i] = (p->frame0 + first[i + 1]) * FRAME;
        }
        rc = MOIM_OK;
    }
    free(norm);
    free(sum);
    free(cost);
    free(from);
    free(first);
    free(row);
    return rc;
}

#define ECHO_SECONDS 0.5 /* two sayings of a word lie further apart than this */

/* Where token i of h listens: the frame that the alignment heads together attend to most. Attention that
 * chose a token is that of the row before it. */
static int loudest_frame(const struct whisper_decoder *s, const struct whisper_model *m,
                         const struct whisper_hyp *h, const struct whisper_search *p, int i, int within)
{
    size_t t = (size_t)s->frames, node = (size_t)h->path[p->prefix + i - 1];
    const float *a = s->att + node * (size_t)m->n_align * t;
    int best = 0;
    float most = -1;
    for (int from = 0, n; from < within; from += n) {
        float sum[64] = {0};
        n = within - from < 64 ? within - from : 64;
        for (int head = 0; head < m->n_align; head++)
            for (int k = 0; k < n; k++) sum[k] += a[(size_t)head * t + (size_t)(from + k)];
        for (int k = 0; k < n; k++)
            if (sum[k] > most) most = sum[k], best = from + k;
    }
    return best;
}

/* Half or more of n tokens from at on listen where their twins one period earlier did. */
static bool same_sound(const struct whisper_decoder *s, const struct whisper_model *m,
                       const struct whisper_hyp *h, const struct whisper_search *p, int at, int n, int period)
{
    int same = 0;
    for (int i = at; i < at + n; i++) {
        int apart =
            loudest_frame(s, m, h, p, i, s->frames) - loudest_frame(s, m, h, p, i - period, s->frames);
        same += abs(apart) * FRAME < ECHO_SECONDS;
    }
    return 2 * same >= n;
}

bool whisper_repeats_audio(const struct whisper_decoder *s, const struct whisper_model *m,
                           const struct whisper_hyp *h, const struct whisper_search *p)
{
    for (int period = 2; period <= h->n / 2 + 1; period++) {
        int enough = period - period / 4, same = 0; /* the second time may differ in a sign or an ending */
        for (int i = period; i < h->n; i++) {
            same += h->tokens[i] == h->tokens[i - period];
            if (i >= 2 * period) same -= h->tokens[i - period] == h->tokens[i - 2 * period];
            int first = i - period + 1 < period ? period : i - period + 1;
            if (same >= enough && same_sound(s, m, h, p, first, i - first + 1, period)) return true;
        }
    }
    return false;
}

#define GO_BACK 0.75 /* seconds: attention wavers by less */

/* Median of up to five frames around token i. */
static int steady(const int *frame, int n, int i)
{
    int v[5] = {0}, k = 0;
    for (int j = i - 2; j <= i + 2; j++) {
        if (j < 0 || j >= n) continue;
        int at = k++;
        for (; at > 0 && v[at - 1] > frame[j]; at--) v[at] = v[at - 1];
        v[at] = frame[j];
    }
    return v[k / 2];
}

/* Where h's tokens listen within so many frames, into frame[512]; returns how many there are. A time listens
 * where it likes. */
static int frames_of(const struct whisper_decoder *s, const struct whisper_model *m,
                     const struct whisper_hyp *h, const struct whisper_search *p, int within, int *frame)
{
    int n = h->n < 512 ? h->n : 512;
    for (int i = 0; i < n; i++)
        frame[i] = h->tokens[i] < m->ids.eot || !i ? loudest_frame(s, m, h, p, i, within) : frame[i - 1];
    return n;
}

double whisper_coverage_end(const struct whisper_decoder *s, const struct whisper_model *m,
                            const struct whisper_hyp *h, const struct whisper_search *p, double seconds)
{
    int frame[512], last = 0, sound = (int)(seconds / FRAME);
    if (sound > s->frames) sound = s->frames; /* the silence after it draws attention, too */
    int n = frames_of(s, m, h, p, sound, frame);
    for (int i = n > 4 ? n - 4 : 0; i < n; i++) {
        int at = steady(frame, n, i);
        if (at > last) last = at;
    }
    return last * FRAME;
}

bool whisper_attends_backwards(const struct whisper_decoder *s, const struct whisper_model *m,
                               const struct whisper_hyp *h, const struct whisper_search *p)
{
    int frame[512], back = 0, furthest = 0, n = frames_of(s, m, h, p, s->frames, frame);
    for (int i = 0; i < n; i++) {
        int at = steady(frame, n, i);
        if (at > furthest) furthest = at;
        back += (furthest - at) * FRAME > GO_BACK;
    }
    return back >= 6 && 10 * back >= 3 * n;
}
