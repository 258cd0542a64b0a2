/* Mel spectrograms against the references that the models were trained with (tests/golden/make_audio.py). */
#include "audio/decode.h"
#include "audio/mel.h"
#include "testing.h"

#include <math.h>
#include <pthread.h>

#define FRAMES_KEPT 25 /* the golden files hold every 25th frame */

static float *golden(const char *name, size_t *n)
{
    char path[128];
    snprintf(path, sizeof path, "tests/audio/golden/%s", name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is missing", path);
    float *v = malloc(sizeof *v * 100000);
    *n = fread(v, sizeof *v, 100000, f);
    fclose(f);
    return v;
}

static float *sample(size_t *n)
{
    struct moim_err err = {0};
    float *pcm;
    assert_ok(moim_decode_file(test_model("samples/beckett.wav"), 0, &pcm, n, &err), err);
    return pcm;
}

static const struct moim_mel_params whisper = {400,   160, 80, 16000, NULL, MOIM_MEL_REFLECT, MOIM_MEL_LOG10,
                                               1e-10f};

static void whisper_features_agree_with_faster_whisper(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_mel *m;
    size_t n, want_n;
    float *pcm = sample(&n), *want = golden("mel_whisper.f32", &want_n);
    assert_true(n > 80000);
    assert_ok(moim_mel_new(&m, &whisper, &err), err);
    const int frames = 500; /* Whisper leaves the last one out */
    assert_int_equal(moim_mel_frames(m, 80000), frames + 1);
    assert_int_equal(want_n, frames / FRAMES_KEPT * 80);
    float *mel = malloc(sizeof *mel * 80 * frames), top = -INFINITY;
    moim_mel_run(m, pcm, 80000, 0, frames, mel);
    for (int i = 0; i < frames * 80; i++) top = fmaxf(top, mel[i]);
    double worst = 0;
    for (int t = 0; t < frames / FRAMES_KEPT; t++)
        for (int b = 0; b < 80; b++) {
            float x = (fmaxf(mel[t * FRAMES_KEPT * 80 + b], top - 8) + 4) / 4;
            worst = fmax(worst, fabs(x - want[t * 80 + b]));
        }
    print_message("largest difference %.2e\n", worst);
    if (!(worst < 1e-4)) fail_msg("largest difference %g", worst);
    moim_mel_free(m);
    free(mel);
    free(pcm);
    free(want);
}

static void ge2e_features_agree_with_librosa(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_mel *m;
    struct moim_mel_params p = {400, 160, 40, 16000, NULL, MOIM_MEL_ZERO, MOIM_MEL_POWER, 0};
    size_t n, want_n;
    float *pcm = sample(&n), *want = golden("mel_ge2e.f32", &want_n), mel[40];
    assert_ok(moim_mel_new(&m, &p, &err), err);
    assert_int_equal(want_n, (500 / FRAMES_KEPT + 1) * 40);
    double worst = 0;
    for (int t = 0; t <= 500 / FRAMES_KEPT; t++) {
        moim_mel_run(m, pcm, 80000, t * FRAMES_KEPT, 1, mel);
        for (int b = 0; b < 40; b++)
            worst = fmax(worst, fabs(mel[b] - want[t * 40 + b]) / (1e-6 + fabs(want[t * 40 + b])));
    }
    print_message("largest relative difference %.2e\n", worst);
    if (!(worst < 1e-3)) fail_msg("largest relative difference %g", worst);
    moim_mel_free(m);
    free(pcm);
    free(want);
}

/* Frames do not depend on how many are asked for at once, on the length far away, or on the thread. */
static void *run_all(void *arg)
{
    float *out = malloc(sizeof *out * 80 * 101), *pcm = arg;
    struct moim_mel *m;
    if (moim_mel_new(&m, &whisper, NULL)) return NULL;
    for (int i = 0; i < 20; i++) moim_mel_run(m, pcm, 16000, 0, 101, out);
    moim_mel_free(m);
    return out;
}

static void frames_are_independent_and_threads_agree(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_mel *m;
    float pcm[16000], one[80], *all[4];
    for (int i = 0; i < 16000; i++) pcm[i] = sinf((float)(i * i % 5000) * 0.01f);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&thread[i], NULL, run_all, pcm), 0);
    for (int i = 0; i < 4; i++) pthread_join(thread[i], (void **)&all[i]);
    assert_ok(moim_mel_new(&m, &whisper, &err), err);
    for (int i = 0; i < 4; i++) {
        assert_non_null(all[i]);
        assert_memory_equal(all[0], all[i], sizeof(float) * 80 * 101);
    }
    for (int t = 0; t < 101; t++) {
        moim_mel_run(m, pcm, 16000, t, 1, one);
        assert_memory_equal(one, all[0] + t * 80, sizeof one);
    }
    for (int i = 0; i < 4; i++) free(all[i]);
    moim_mel_free(m);
}

static void shortest_signals_and_bad_sizes(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_mel *m;
    float pcm[3] = {0.5f, -0.25f, NAN}, out[80];
    assert_ok(moim_mel_new(&m, &whisper, &err), err);
    assert_int_equal(moim_mel_frames(m, 0), 0);
    for (size_t n = 1; n <= 2; n++) {
        assert_int_equal(moim_mel_frames(m, n), 1);
        moim_mel_run(m, pcm, n, 0, 1, out);
        for (int i = 0; i < 80; i++) assert_true(isfinite(out[i]));
    }
    moim_mel_free(m);
    struct moim_mel_params p = whisper;
    p.hop = 0;
    assert_int_equal(moim_mel_new(&m, &p, &err), MOIM_EINVAL);
    p = whisper, p.n_mels = 0;
    assert_int_equal(moim_mel_new(&m, &p, &err), MOIM_EINVAL);
    p = whisper, p.n_fft = 1;
    assert_int_equal(moim_mel_new(&m, &p, &err), MOIM_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whisper_features_agree_with_faster_whisper),
        cmocka_unit_test(ge2e_features_agree_with_librosa),
        cmocka_unit_test(frames_are_independent_and_threads_agree),
        cmocka_unit_test(shortest_signals_and_bad_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
