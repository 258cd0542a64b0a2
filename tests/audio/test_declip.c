/* Clipped sound comes back nearer to what it was, whole sound is never touched, and not a sample is lost. */
#include "audio/declip.h"
#include "audio/decode.h"
#include "audio/gain.h"
#include "testing.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RATE = 16000, N = 4 * RATE };
static float whole[N], cut[N], back[N + 4096];

/* Four seconds of speech. */
static void speak(float amplitude)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(test_model("samples/two_cities.wav"), 0, &pcm, &n, &err), err);
    assert_true(n > N + RATE);
    float most = 0;
    for (int i = 0; i < N; i++) most = fmaxf(most, fabsf(pcm[RATE + i]));
    for (int i = 0; i < N; i++) whole[i] = pcm[RATE + i] * amplitude / most;
    free(pcm);
}

static void clip(float high, float low)
{
    for (int i = 0; i < N; i++) cut[i] = fmaxf(low, fminf(high, whole[i]));
}

/* In blocks of that size, as a reader asks for it. */
static size_t restore(const struct moim_clip_meter *m, const float *pcm, size_t n, size_t block)
{
    struct moim_err err = {0};
    struct moim_declip *d;
    size_t at = 0, got, done = 0;
    assert_ok(moim_declip_new(&d, m, &err), err);
    for (bool more = true; more;) {
        while ((got = moim_declip_take(d, back + done, block))) done += got;
        size_t hop = n - at < MOIM_DECLIP_HOP ? n - at : MOIM_DECLIP_HOP;
        if (hop)
            moim_declip_push(d, pcm + at, hop);
        else
            more = moim_declip_end(d);
        at += hop;
    }
    moim_declip_free(d);
    return done;
}

static struct moim_clip_meter measure(const float *pcm, size_t n)
{
    struct moim_clip_meter m = {.samples = 0};
    for (size_t i = 0; i < n; i += 1000) moim_clip_measure(&m, pcm + i, n - i < 1000 ? n - i : 1000);
    return m;
}

/* Of the first n samples, after the best common factor, dB. */
static double likeness(const float *x, size_t n)
{
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xy += (double)x[i] * whole[i];
        xx += (double)x[i] * x[i];
        yy += (double)whole[i] * whole[i];
    }
    return 10 * log10(yy / (yy - xy * xy / xx));
}

static void clipped_speech_comes_back(void **state)
{
    (void)state;
    static const float high[] = {0.5f, 0.5f, 0.4f}, low[] = {-0.5f, -0.3f, -9};
    for (int k = 0; k < 3; k++) { /* on both sides alike, unlike, on one side alone */
        speak(3);
        clip(high[k], low[k]);
        struct moim_clip_meter m = measure(cut, N);
        assert_true(moim_clip_found(&m));
        assert_int_equal(restore(&m, cut, N, 1600), N);
        double before = likeness(cut, N), after = likeness(back, N);
        print_message("%.1f -> %.1f dB\n", before, after);
        assert_true(after > before + 3);
    }
}

static void whole_sound_is_none_of_it(void **state)
{
    (void)state;
    struct moim_clip_meter m;
    speak(0.2f);
    m = measure(whole, N);
    assert_false(moim_clip_found(&m));
    whole[777] = whole[20000] = 1; /* single peaks */
    m = measure(whole, N);
    assert_false(moim_clip_found(&m));
    for (int hertz = 50; hertz < 8000; hertz = hertz * 5 / 4) { /* tones, whose tops are flat, too */
        for (int i = 0; i < N; i++) whole[i] = 0.5f * sinf(2 * 3.14159265f * (float)hertz * (float)i / RATE);
        m = measure(whole, N);
        assert_false(moim_clip_found(&m));
    }
    memset(whole, 0, sizeof whole);
    m = measure(whole, N);
    assert_false(moim_clip_found(&m));
    m = measure(whole, 0);
    assert_false(moim_clip_found(&m));
}

/* The level of the first clipping is no longer one when louder sound follows. */
static void a_louder_sound_is_the_level(void **state)
{
    (void)state;
    speak(3);
    clip(0.3f, -0.3f);
    for (int i = N / 2; i < N; i++) cut[i] = 0.3f * whole[i];
    struct moim_clip_meter m = measure(cut, N);
    assert_false(moim_clip_found(&m));
}

static void as_many_samples_come_as_went_in(void **state)
{
    (void)state;
    speak(3);
    clip(0.5f, -0.5f);
    struct moim_clip_meter m = measure(cut, N);
    static const size_t length[] = {0, 1, 511, 512, 513, 1024, 10000};
    for (int k = 0; k < 7; k++) {
        size_t n = restore(&m, cut, length[k], k % 2 ? 7 : 4096);
        assert_int_equal(n, length[k]);
    }
}

/* What is not cut off stays, but for the common factor. */
static void samples_that_are_whole_stay(void **state)
{
    (void)state;
    speak(3);
    clip(0.5f, -0.5f);
    struct moim_clip_meter m = measure(cut, N);
    restore(&m, cut, N, 1600);
    int at = 0;
    while (fabsf(cut[at]) < 0.2f || fabsf(cut[at]) > 0.4f) at++;
    float factor = back[at] / cut[at];
    assert_true(factor > 0.05f && factor < 1);
    for (int i = 0; i < N; i++)
        if (fabsf(cut[i]) < 0.44f)
            assert_true(fabsf(back[i] - factor * cut[i]) < 1e-4f);
        else
            assert_true(fabsf(back[i]) > 0.44f * factor);
}

static void a_reader_restores_a_clipped_file(void **state)
{
    (void)state;
    char path[] = "/tmp/moim-declip-XXXXXX";
    close(mkstemp(path));
    speak(6);
    clip(0.999f, -0.999f);
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    assert_int_equal(sf_write_float(f, cut, N), N);
    sf_close(f);
    struct moim_reader *r;
    struct moim_err err = {0};
    assert_ok(moim_gain_open(&r, path, &err), err);
    long got, n = 0;
    while ((got = moim_reader_read(r, back + n, 999, &err)) > 0) n += got;
    moim_reader_close(r);
    unlink(path);
    assert_int_equal(n, N);
    assert_true(likeness(back, N) > likeness(cut, N) + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clipped_speech_comes_back),   cmocka_unit_test(whole_sound_is_none_of_it),
        cmocka_unit_test(a_louder_sound_is_the_level), cmocka_unit_test(as_many_samples_come_as_went_in),
        cmocka_unit_test(samples_that_are_whole_stay), cmocka_unit_test(a_reader_restores_a_clipped_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
