/* Quiet stretches are raised towards the recording's loud ones, by so much and no more; noise is left where it was. */
#include "audio/leveller.h"
#include "testing.h"

#include <math.h>
#include <string.h>

enum { RATE = 16000, SECONDS = 40, N = SECONDS * RATE };
static float pcm[N], out[N];

static float noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 8388608 - 1;
}

/* Five seconds of a loud voice, then five of a quiet one, and so on; each second of it ends with a pause of 0.3 s. */
static void voices(float loud, float quiet, float floor)
{
    uint32_t seed = 1;
    for (int i = 0; i < N; i++) {
        float level = i / (5 * RATE) % 2 ? quiet : loud;
        pcm[i] = (i % RATE < RATE * 7 / 10 ? level : 0) * noise(&seed) + floor * noise(&seed);
    }
}

static void level(struct moim_leveller *l, size_t n)
{
    memset(l, 0, sizeof *l);
    moim_leveller_hear(l, pcm, n);
    memset(out, 0x55, sizeof out);
    moim_leveller_apply(l, pcm, n, out);
}

static double db(const float *x, int from, int to)
{
    double sum = 0;
    for (int i = from; i < to; i++) sum += (double)x[i] * x[i];
    return 10 * log10(sum / (to - from));
}

/* By how much the middle second of the k-th five seconds was raised. */
static double raised(int k)
{
    int from = (5 * k + 2) * RATE, to = from + RATE;
    return db(out, from, to) - db(pcm, from, to);
}

static void a_quiet_voice_is_raised_and_a_loud_one_stays(void **state)
{
    (void)state;
    struct moim_leveller l;
    voices(0.5f, 0.5f / 8, 0.0005f);
    level(&l, N);
    for (int k = 0; k < 8; k++) {
        print_message("%.2f dB\n", raised(k));
        if (k % 2)
            assert_true(fabs(raised(k) - MOIM_LEVELLER_MAX_DB) < 0.01);
        else
            assert_true(raised(k) >= 0 && raised(k) < 1);
    }
}

static void a_voice_slightly_quieter_is_raised_slightly(void **state)
{
    (void)state;
    struct moim_leveller l;
    voices(0.5f, 0.2f, 0.0005f); /* 8 dB */
    level(&l, N);
    assert_true(raised(3) > 4 && raised(3) < 8);
}

static void noise_stays_well_below_the_voices(void **state)
{
    (void)state;
    struct moim_leveller l;
    voices(0.5f, 0.011f, 0.011f); /* loud parts lie 31 dB above the noise */
    level(&l, N);
    assert_true(raised(1) > 2 && raised(1) < 9);
    voices(0.5f, 0.03f, 0.03f); /* less than 25 dB: none is left to raise it by */
    level(&l, N);
    assert_memory_equal(out, pcm, sizeof out);
}

static void noise_and_silence_alone_stay_as_they_are(void **state)
{
    (void)state;
    struct moim_leveller l;
    static const float floor[] = {0, 0.001f, 0.3f};
    for (int i = 0; i < 3; i++) {
        voices(0, 0, floor[i]);
        level(&l, N);
        assert_memory_equal(out, pcm, sizeof out);
    }
}

/* Its factor moves by at most 10 dB in a block, without a step. */
static void the_gain_is_smooth(void **state)
{
    (void)state;
    struct moim_leveller l;
    voices(0.5f, 0.05f, 0.0005f);
    level(&l, N);
    float before = 1, most = powf(10, MOIM_LEVELLER_MAX_DB / 20);
    for (int i = 0; i < N; i++) {
        if (fabsf(pcm[i]) < 1e-5f) continue;
        float now = out[i] / pcm[i];
        assert_true(now >= 1 - 1e-5f && now <= most + 1e-4f);
        if (i) assert_true(fabsf(now - before) < 0.05f);
        before = now;
    }
}

static void any_length_is_filled(void **state)
{
    (void)state;
    struct moim_leveller l;
    voices(0.5f, 0.05f, 0.0005f);
    static const size_t length[] = {0, 1, 511, 512, 513, 1000, 5 * RATE, 20 * RATE + 77};
    for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
        level(&l, length[k]);
        for (size_t i = 0; i < length[k]; i++)
            assert_true(fabsf(out[i]) <= 4 * fabsf(pcm[i]) && out[i] * pcm[i] >= 0);
        for (size_t i = length[k]; i < length[k] + 4; i++) {
            unsigned char untouched[4] = {0x55, 0x55, 0x55, 0x55};
            assert_memory_equal(&out[i], untouched, 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_voice_is_raised_and_a_loud_one_stays),
        cmocka_unit_test(a_voice_slightly_quieter_is_raised_slightly),
        cmocka_unit_test(noise_stays_well_below_the_voices),
        cmocka_unit_test(noise_and_silence_alone_stay_as_they_are),
        cmocka_unit_test(the_gain_is_smooth),
        cmocka_unit_test(any_length_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
