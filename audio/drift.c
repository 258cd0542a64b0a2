#include "audio/drift.h"
#include "audio/decode.h"

#include <math.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>

#define FORGET_S 40.0 /* after which a point of a line counts a third */
#define PRIOR 2500.0  /* as if points of a clock without any error had been seen: the first ones say little */
#define CORRECT_S 10.0 /* in which an error of place is taken back */
#define JUMP_S 0.25    /* a larger one is no drift: the sound goes on at the right place at once */
#define RATE_MOST 0.003
#define FIFO ((size_t)1 << 18)
#define STEP ((size_t)320) /* samples at one rate */
#define KNOWN_S 0.5        /* of points before a line is trusted */

/* y: samples more than time * MOIM_RATE; moments about the means, weighted by age. */
struct line {
    double begin, last; /* time of the first and of the last point */
    double weight, x, y, xx, xy;
    int points;
};

struct moim_drift {
    struct line first, second;
    uint64_t given;          /* the first device's samples, those with a point included */
    uint64_t taken;          /* ... and those that were asked for */
    uint64_t received, read; /* the second one's: into the FIFO, out of it */
    double begun;            /* where its sound began anew */
    double place; /* of the next sample that is given out, in the second one's; it may lie before `read` */
    bool anchored;
    float fifo[FIFO];
    soxr_t soxr; /* NULL: nothing was given yet */
};

/* ---- clocks ---- */

static void add_point(struct line *l, double t, uint64_t count)
{
    if (!l->points) *l = (struct line){.begin = t, .last = t};
    double x = t - l->begin, y = (double)count - x * MOIM_RATE, age = exp(-(t - l->last) / FORGET_S);
    l->weight = l->weight * age + 1;
    double dx = x - l->x, dy = y - l->y;
    l->x += dx / l->weight;
    l->y += dy / l->weight;
    l->xx = l->xx * age + dx * (x - l->x);
    l->xy = l->xy * age + dx * (y - l->y);
    l->last = t;
    l->points++;
}

static double slope(const struct line *l)
{
    return l->xy / (l->xx + PRIOR);
}

static double count_at(const struct line *l, double t)
{
    double x = t - l->begin;
    return l->y + slope(l) * (x - l->x) + x * MOIM_RATE;
}

static bool known(const struct line *l)
{
    return l->points > 2 && l->last - l->begin >= KNOWN_S;
}

static double ratio(const struct moim_drift *d)
{
    double r = (MOIM_RATE + slope(&d->second)) / (MOIM_RATE + slope(&d->first));
    return fmin(fmax(r, 1 - RATE_MOST), 1 + RATE_MOST);
}

double moim_drift_ppm(const struct moim_drift *d)
{
    return (ratio(d) - 1) * 1e6;
}

/* ---- sound in ---- */

int moim_drift_new(struct moim_drift **out, struct moim_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory for a second device");
}

void moim_drift_free(struct moim_drift *d)
{
    if (!d) return;
    soxr_delete(d->soxr);
    free(d);
}

void moim_drift_first(struct moim_drift *d, double t, size_t n)
{
    d->given += n;
    add_point(&d->first, t, d->given);
}

void moim_drift_second(struct moim_drift *d, double t, const float *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) d->fifo[(d->received + i) % FIFO] = pcm[i];
    d->received += n;
    if (d->received - d->read > FIFO) d->read = d->received - FIFO;
    add_point(&d->second, t, d->received);
}

void moim_drift_restart_first(struct moim_drift *d)
{
    d->first.points = 0;
    d->given = d->taken;
    d->anchored = false;
}

void moim_drift_restart_second(struct moim_drift *d)
{
    d->second.points = 0;
    d->read = d->received;
    d->begun = (double)d->received;
    d->anchored = false;
}

size_t moim_drift_due(const struct moim_drift *d, double t)
{
    double due = known(&d->first) ? count_at(&d->first, t) - (double)d->taken : 0;
    return due > 0 ? (size_t)due : 0;
}

/* ---- sound out ---- */

/* Where in the second device's sound the first one's next sample lies, by the clocks. */
static double place_now(const struct moim_drift *d)
{
    double t = fmax(d->first.last, d->second.last);
    double behind = count_at(&d->first, t) - (double)d->taken;
    return count_at(&d->second, t) - MOIM_DRIFT_LEAD * MOIM_RATE - behind * ratio(d);
}

static soxr_t resampler(void)
{
    soxr_error_t why = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, SOXR_VR);
    soxr_t s = soxr_create(1 + 2 * RATE_MOST, 1, 1, &why, NULL, &quality, NULL);
    return why ? NULL : s;
}

/* The sound goes on at the place where it should be. False while that has not come yet. */
static bool anchor(struct moim_drift *d)
{
    double oldest = d->received > FIFO ? (double)(d->received - FIFO) : 0;
    double place = fmax(floor(place_now(d)), fmax(oldest, d->begun));
    d->anchored = false;
    if (place >= (double)d->received) return false;
    soxr_delete(d->soxr);
    if (!(d->soxr = resampler())) return false;
    d->place = place;
    d->read = (uint64_t)place;
    return d->anchored = true;
}

/* The rate for the next samples, 0 where there is no sound to be given. */
static double steer(struct moim_drift *d)
{
    if (!known(&d->first) || !known(&d->second)) return 0;
    double away = place_now(d) - d->place;
    if ((!d->anchored || fabs(away) > JUMP_S * MOIM_RATE) && !anchor(d)) return 0;
    away = place_now(d) - d->place;
    return fmin(fmax(ratio(d) * (1 + away / (CORRECT_S * MOIM_RATE)), 1 - RATE_MOST), 1 + RATE_MOST);
}

/* Up to n samples at that rate; fewer when the FIFO is empty. */
static size_t resample(struct moim_drift *d, double rate, float *out, size_t n)
{
    size_t done = 0;
    soxr_set_io_ratio(d->soxr, rate, 0);
    while (done < n) {
        size_t at = d->read % FIFO, have = (size_t)(d->received - d->read), used = 0, made = 0;
        if (have > FIFO - at) have = FIFO - at;
        if (have > STEP) have = STEP;
        if (soxr_process(d->soxr, d->fifo + at, have, &used, out + done, n - done, &made)) break;
        d->read += used;
        done += made;
        if (!made && !used) break;
    }
    d->place += rate * (double)done;
    return done;
}

size_t moim_drift_take(struct moim_drift *d, float *out, size_t n)
{
    size_t silent = 0;
    for (size_t done = 0; done < n;) {
        size_t step = n - done < STEP ? n - done : STEP;
        double rate = steer(d);
        size_t made = rate > 0 ? resample(d, rate, out + done, step) : 0;
        for (size_t i = made; i < step; i++) out[done + i] = 0;
        silent += step - made;
        d->taken += step;
        done += step;
    }
    return silent;
}
