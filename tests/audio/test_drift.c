/* A second device's clock on the first one's: an hour of simulated blocks, jitter and stalls, with known differences. */
#include "audio/decode.h"
#include "audio/drift.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 16000

/* A click at each second of the true time, as a device hears it whose clock runs `rate` times 16 kHz. */
static void clicks(float *pcm, uint64_t at, size_t n, double rate)
{
    for (size_t i = 0; i < n; i++) {
        double t = (double)(at + i) / (RATE * rate), off = t - (double)(long)(t + 0.5);
        pcm[i] = off < 0.001 && off > -0.001 ? (float)(0.5 * exp(-off * off * (RATE * RATE / 30.0))) : 0;
    }
}

struct device {
    double rate, late; /* of its clock; seconds between hearing and handing over */
    size_t block;
    uint64_t given;
    double next; /* when the next block is there */
    unsigned seed;
};

/* Gives what is there at time t: once a block, sometimes late. */
static size_t take_block(struct device *d, double t)
{
    if (t < d->next) return 0;
    d->given += d->block;
    double jitter = rand_r(&d->seed) % 1000 / 1000.0 * 0.008 + (rand_r(&d->seed) % 500 ? 0 : 0.1);
    d->next = (double)(d->given + d->block) / (RATE * d->rate) + d->late + jitter;
    return d->block;
}

struct run {
    struct device first, second;
    struct moim_drift *drift;
    double last_click, early,
        late; /* worst places of the second one's clicks on the first one's time, after the warm-up */
    int clicks;
    uint64_t out;
    size_t silent;
};

/* Notes where the second device's clicks stand against the first one's. */
static void hear(struct run *r, const float *pcm, size_t n, double warm)
{
    for (size_t i = 1; i + 1 < n; i++) {
        double at = (double)(r->out + i) / (RATE * r->first.rate);
        if (pcm[i] < 0.3f || pcm[i] < pcm[i - 1] || pcm[i] < pcm[i + 1] || at < warm) continue;
        double away = at - floor(at);
        r->early = fmin(r->early, away);
        r->late = fmax(r->late, away);
        r->clicks++;
    }
    r->out += n;
}

static void simulate(struct run *r, double seconds, double warm)
{
    struct moim_err err = {0};
    float pcm[4096];
    assert_ok(moim_drift_new(&r->drift, &err), err);
    r->early = 1e9;
    r->late = -1e9;
    for (double t = 0; t < seconds; t += 0.005) {
        size_t n = take_block(&r->second, t);
        if (n) {
            clicks(pcm, r->second.given - n, n, r->second.rate);
            moim_drift_second(r->drift, t, pcm, n);
        }
        n = take_block(&r->first, t);
        if (!n) continue;
        moim_drift_first(r->drift, t, n);
        r->silent += moim_drift_take(r->drift, pcm, n);
        hear(r, pcm, n, warm);
    }
    moim_drift_free(r->drift);
}

static void check(double seconds, double ppm, size_t first, size_t second)
{
    struct run r = {.first = {.rate = 1 + 13e-6, .late = 0.11, .block = first, .seed = 3},
                    .second = {.rate = 1 + 13e-6 + ppm * 1e-6, .late = 0.05, .block = second, .seed = 7}};
    simulate(&r, seconds, 30);
    if (r.clicks < seconds * 0.9) fail_msg("%.0f ppm: only %d clicks came through", ppm, r.clicks);
    if (r.late - r.early > 0.020)
        fail_msg("%.0f ppm, blocks of %zu and %zu: %.1f ms apart", ppm, first, second,
                 (r.late - r.early) * 1000);
    if (r.silent > RATE) fail_msg("%.0f ppm: %zu samples of silence", ppm, r.silent);
    print_message("%.0f ppm, blocks of %zu and %zu: clicks within %.1f ms over %.0f s\n", ppm, first, second,
                  (r.late - r.early) * 1000, seconds);
}

static void an_hour_of_200_ppm_holds_within_20_ms(void **state)
{
    (void)state;
    check(3600, 200, 1024, 800);
    check(300, -200, 800, 800); /* blocks that come at almost the same times, and slowly pass each other */
    check(300, 0, 320, 1600);
}

static void a_device_that_was_away_comes_back_in_its_place(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_drift *d;
    float pcm[1600], out[1600];
    size_t silent = 0;
    uint64_t taken = 0, heard = 0;
    assert_ok(moim_drift_new(&d, &err), err);
    for (int k = 0; k < 600; k++) {
        double t = k * 0.1;
        bool away = k >= 200 && k < 300;
        for (int i = 0; i < 1600; i++) pcm[i] = 0.25f;
        if (k == 300) moim_drift_restart_second(d);
        if (!away) moim_drift_second(d, t, pcm, 1600);
        moim_drift_first(d, t, 1600);
        size_t none = moim_drift_take(d, out, 1600);
        if (k >= 210 && k < 300) assert_int_equal(none, 1600);
        if (k >= 310) assert_int_equal(none, 0);
        silent += none;
        taken += 1600;
        heard += out[800] > 0.2f;
    }
    assert_true(heard > 480 && silent < 12 * 16000);
    assert_int_equal(moim_drift_due(d, 59.9), 0);
    assert_int_equal(moim_drift_due(d, 60.9) / 160, 100);
    moim_drift_free(d);
}

static void nothing_is_given_before_both_clocks_are_known(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_drift *d;
    float out[1600];
    assert_ok(moim_drift_new(&d, &err), err);
    moim_drift_first(d, 0, 1600);
    assert_int_equal(moim_drift_take(d, out, 1600), 1600);
    for (int i = 0; i < 1600; i++) assert_true(out[i] == 0);
    assert_int_equal(moim_drift_due(d, 5), 0);
    assert_true(moim_drift_ppm(d) == 0);
    moim_drift_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_of_200_ppm_holds_within_20_ms),
        cmocka_unit_test(a_device_that_was_away_comes_back_in_its_place),
        cmocka_unit_test(nothing_is_given_before_both_clocks_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
