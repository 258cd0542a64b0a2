#include "audio/mix.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_DB 45.0 /* under the strongest channel */
#define SAME 0.5       /* correlation from which on two channels carry the same */
#define CHANCE 0.1     /* correlation up to which two have nothing in common */
#define WEAK_DB 10.0   /* of two that carry the same: worth a word */
#define LEVEL_SECONDS 0.05
#define ACTIVE_DB 25.0 /* under its own loud moments a channel counts as quiet */
#define HEARD_DB 40    /* under its loudest moment a channel is not heard */
#define EXCLUSIVE_DB 12.0
#define EXCLUSIVE 0.5  /* of the time in which one of two is active */
#define OWN_SHARE 0.05 /* of it each has at least so much for itself, */
#define OWN_MOST 100   /* or so many stretches */
#define APART 0.35     /* correlation up to which two are apart */
#define SUM_OF_OTHERS 0.9
#define FLOOR_DB (-100)
#define LEVELS_MOST 2000000 /* more than a day; a byte a channel each */
#define PARTIES_MOST 64     /* channels */

struct moim_mix {
    int channels;
    double n, *sum, *cross; /* [channels], [channels][channels] */
    double *energy;         /* [channels] of the stretch that is being measured */
    size_t filled, stretch; /* its frames */
    int8_t *level;          /* [levels][channels] dBFS of finished stretches */
    size_t levels, cap;
};

struct moim_mix *moim_mix_new(int channels, int rate)
{
    size_t c = (size_t)channels;
    struct moim_mix *m = channels <= PARTIES_MOST ? calloc(1, sizeof *m) : NULL;
    if (!m) return NULL;
    m->channels = channels;
    m->stretch = (size_t)(rate * LEVEL_SECONDS) + 1;
    m->sum = calloc(c, sizeof *m->sum);
    m->energy = calloc(c, sizeof *m->energy);
    m->cross = calloc(c * c, sizeof *m->cross);
    if (m->sum && m->energy && m->cross) return m;
    moim_mix_free(m);
    return NULL;
}

void moim_mix_free(struct moim_mix *m)
{
    if (!m) return;
    free(m->sum);
    free(m->energy);
    free(m->cross);
    free(m->level);
    free(m);
}

int moim_mix_channels(const struct moim_mix *m)
{
    return m->channels;
}

static int end_stretch(struct moim_mix *m)
{
    size_t c = (size_t)m->channels;
    m->filled = m->levels >= LEVELS_MOST ? 0 : m->filled;
    if (m->filled && m->levels == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 4096;
        int8_t *grown = realloc(m->level, cap * c);
        if (!grown) return MOIM_ENOMEM;
        m->level = grown;
        m->cap = cap;
    }
    for (size_t i = 0; i < c; i++) {
        double db = m->filled ? 10 * log10(m->energy[i] / (double)m->filled + 1e-10) : 0;
        if (m->filled) m->level[m->levels * c + i] = (int8_t)fmax(FLOOR_DB, fmin(20, db));
        m->energy[i] = 0;
    }
    m->levels += m->filled > 0;
    m->filled = 0;
    return MOIM_OK;
}

static void add_frame(struct moim_mix *m, const float *x)
{
    int c = m->channels, n = 0, heard[PARTIES_MOST];
    for (int i = 0; i < c; i++)
        if (x[i] != 0) heard[n++] = i;
    for (int a = 0; a < n; a++) {
        int i = heard[a];
        m->sum[i] += (double)x[i];
        m->energy[i] += (double)x[i] * (double)x[i];
        for (int b = 0; b <= a; b++) m->cross[i * c + heard[b]] += (double)x[i] * (double)x[heard[b]];
    }
}

int moim_mix_add(struct moim_mix *m, const float *frames, size_t n)
{
    size_t c = (size_t)m->channels;
    for (size_t f = 0; f < n; f++) {
        const float *x = frames + f * c;
        bool sound = true;
        for (size_t i = 0; i < c; i++) sound = sound && isfinite(x[i]) && fabsf(x[i]) < 1000;
        if (sound) add_frame(m, x);
        m->n++;
        if (++m->filled == m->stretch && end_stretch(m)) return MOIM_ENOMEM;
    }
    return MOIM_OK;
}

/* ---- weights ---- */

/* Without the mean: an offset is no sound. */
static double covariance(const struct moim_mix *m, int i, int j)
{
    int a = i > j ? i : j, b = i > j ? j : i;
    if (m->n <= 0) return 0;
    return m->cross[a * m->channels + b] / m->n - m->sum[i] / m->n * (m->sum[j] / m->n);
}

static double power(const struct moim_mix *m, int i)
{
    return fmax(0, covariance(m, i, i));
}

static double correlation(const struct moim_mix *m, int i, int j)
{
    double p = power(m, i) * power(m, j);
    return p > 0 ? fmax(-1, fmin(1, covariance(m, i, j) / sqrt(p))) : 0;
}

static double strongest(const struct moim_mix *m)
{
    double most = 0;
    for (int i = 0; i < m->channels; i++) most = fmax(most, power(m, i));
    return most;
}

static bool is_live(const struct moim_mix *m, int i, double most)
{
    return power(m, i) > most * pow(10, -SILENT_DB / 10) && power(m, i) > 1e-12;
}

/* The loudest channel that is stronger than i and carries the same, -1 none. */
static int model_of(const struct moim_mix *m, int i)
{
    int best = -1;
    for (int j = 0; j < m->channels; j++) {
        bool stronger = power(m, j) > power(m, i) || (power(m, j) == power(m, i) && j < i);
        if (stronger && fabs(correlation(m, i, j)) > SAME && (best < 0 || power(m, j) > power(m, best)))
            best = j;
    }
    return best;
}

/* +1 or -1, by the chain of stronger channels that it resembles. */
static float sign_of(const struct moim_mix *m, int i)
{
    float sign = 1;
    for (int steps = 0, j; steps < m->channels && (j = model_of(m, i)) >= 0; steps++, i = j)
        if (correlation(m, i, j) < 0) sign = -sign;
    return sign;
}

/* What little two sounds have in common by chance is nothing. */
static double resemblance(const struct moim_mix *m, int i, int j)
{
    double r = fabs(correlation(m, i, j));
    return r > CHANCE ? r : 0;
}

void moim_mix_weights(const struct moim_mix *m, float *weight, struct moim_mix_verdict *verdict)
{
    double most = strongest(m);
    *verdict = (struct moim_mix_verdict){0};
    for (int i = 0; i < m->channels; i++) {
        weight[i] = 0;
        if (!is_live(m, i, most)) continue;
        double shared = 0;
        for (int j = 0; j < m->channels; j++)
            if (is_live(m, j, most)) shared += resemblance(m, i, j) * power(m, j);
        int model = model_of(m, i);
        double db = model >= 0 ? 10 * log10(power(m, model) / power(m, i)) : 0;
        weight[i] = sign_of(m, i) * (float)(power(m, i) / shared);
        verdict->live++;
        if (weight[i] < 0) verdict->turned = i + 1;
        if (db > WEAK_DB) verdict->weak = i + 1, verdict->weak_db = db;
    }
    for (int i = 0; !verdict->live && i < m->channels; i++) weight[i] = 1 / (float)m->channels;
}

/* ---- parties ---- */

/* The level that a channel passes in a twentieth of the stretches in which it is heard at all: who says little in a long
 * meeting is a party, too. */
static int loud_level(const struct moim_mix *m, int i)
{
    size_t count[128] = {0}, heard = 0, above = 0;
    int top = 127, at;
    for (size_t t = 0; t < m->levels; t++) count[m->level[t * (size_t)m->channels + (size_t)i] - FLOOR_DB]++;
    while (top > 0 && !count[top]) top--;
    for (at = top; at > 0 && at > top - HEARD_DB; at--) heard += count[at];
    for (at = top; at > 0 && above + count[at] <= heard / 20;) above += count[at--];
    return at + FLOOR_DB;
}

static bool are_apart(const struct moim_mix *m, int i, int j)
{
    int loud_i = loud_level(m, i), loud_j = loud_level(m, j);
    size_t active = 0, only_i = 0, only_j = 0;
    for (size_t t = 0; t < m->levels; t++) {
        int a = m->level[t * (size_t)m->channels + (size_t)i] - loud_i,
            b = m->level[t * (size_t)m->channels + (size_t)j] - loud_j;
        if (a < -ACTIVE_DB && b < -ACTIVE_DB) continue;
        active++;
        only_i += a - b > EXCLUSIVE_DB;
        only_j += b - a > EXCLUSIVE_DB;
    }
    double least = fmin(OWN_SHARE * (double)active, OWN_MOST);
    return fabs(correlation(m, i, j)) < APART && (double)(only_i + only_j) > EXCLUSIVE * (double)active &&
           (double)only_i > least && (double)only_j > least;
}

/* Correlation of channel k with the sum of the others that count. */
static double like_sum(const struct moim_mix *m, const bool *counts, int k)
{
    double with = 0, all = 0;
    for (int i = 0; i < m->channels; i++) {
        if (!counts[i] || i == k) continue;
        with += covariance(m, k, i);
        for (int j = 0; j < m->channels; j++)
            if (counts[j] && j != k) all += covariance(m, i, j);
    }
    return all > 0 && power(m, k) > 0 ? with / sqrt(all * power(m, k)) : 0;
}

static int count(const bool *flags, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) sum += flags[i];
    return sum;
}

int moim_mix_parties(const struct moim_mix *m, bool *party)
{
    double most = strongest(m);
    for (int i = 0; i < m->channels; i++) party[i] = is_live(m, i, most);
    for (int k = 0; k < m->channels && count(party, m->channels) > 2; k++)
        if (party[k] && like_sum(m, party, k) > SUM_OF_OTHERS) party[k] = false;
    int n = count(party, m->channels);
    bool all = n > 1;
    for (int i = 0; all && i < m->channels; i++)
        for (int j = 0; all && j < i; j++) all = !party[i] || !party[j] || are_apart(m, i, j);
    if (all) return n;
    memset(party, 0, (size_t)m->channels * sizeof *party);
    return 0;
}
