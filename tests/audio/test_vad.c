/* Silero VAD against its reference, and the cutting of speech at pauses. */
#include "audio/decode.h"
#include "audio/segment.h"
#include "audio/vad.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

#define RATE 16000
#define MODEL "silero-vad-v6.2.0.bin"

static struct moim_vad *open_vad(void)
{
    struct moim_err err = {0};
    struct moim_vad *v;
    assert_ok(moim_vad_open(&v, test_model(MODEL), &err), err);
    return v;
}

static float *sample(size_t *n)
{
    struct moim_err err = {0};
    float *pcm;
    assert_ok(moim_decode_file(test_model("samples/beckett.wav"), 0, &pcm, n, &err), err);
    return pcm;
}

static void probabilities_agree_with_the_reference(void **state)
{
    (void)state;
    struct moim_vad *v = open_vad();
    size_t n;
    float *pcm = sample(&n), want[2000];
    FILE *f = fopen("tests/audio/golden/vad_beckett.f32", "rb");
    assert_non_null(f);
    size_t count = fread(want, sizeof *want, 2000, f);
    fclose(f);
    assert_int_equal(count, n / MOIM_VAD_WINDOW);
    double worst = 0, sum = 0;
    int speech = 0;
    for (int round = 0; round < 2; round++) { /* the second after a reset: the state is really gone */
        moim_vad_reset(v);
        for (size_t i = 0; i < count; i++) {
            double d = fabsf(moim_vad_window(v, pcm + i * MOIM_VAD_WINDOW) - want[i]);
            worst = fmax(worst, d);
            sum += d / (double)count / 2;
            speech += want[i] > 0.5f;
        }
    }
    print_message("%zu windows: mean difference %.1e, largest %.1e\n", count, sum, worst);
    assert_true(speech > 100 && speech < 2 * (int)count);
    if (!(worst < 1e-3)) fail_msg("largest difference %g", worst);
    free(pcm);
    moim_vad_close(v);
}

static void nonsense_samples_do_not_deafen_it(void **state)
{
    (void)state;
    struct moim_vad *v = open_vad();
    size_t n;
    float *pcm = sample(&n), bad[MOIM_VAD_WINDOW], best = 0;
    for (int i = 0; i < MOIM_VAD_WINDOW; i++) bad[i] = i % 2 ? NAN : INFINITY;
    float p = moim_vad_window(v, bad);
    assert_true(p >= 0 && p <= 1);
    for (size_t i = 0; i + MOIM_VAD_WINDOW <= n; i += MOIM_VAD_WINDOW)
        best = fmaxf(best, moim_vad_window(v, pcm + i));
    assert_true(best > 0.9f);
    free(pcm);
    moim_vad_close(v);
}

static void damaged_model_is_refused(void **state)
{
    (void)state;
    static char data[1000000];
    FILE *f = fopen(test_model(MODEL), "rb");
    size_t size = fread(data, 1, sizeof data, f);
    fclose(f);
    char path[] = "/tmp/moim-vad-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct moim_err err;
    struct moim_vad *v;
    int refused = 0;
    for (size_t cut = 0; cut < size; cut += cut < 300 ? 1 : 17011) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, data, cut, 0), (ssize_t)cut);
        int rc = moim_vad_open(&v, path, &err);
        assert_true(rc == MOIM_EFORMAT || rc == MOIM_EUNSUP);
        assert_null(v);
        refused++;
    }
    assert_true(refused > 300);
    for (size_t at = 0; at < 200; at++) { /* a wrong byte in the header or the first tensor's description */
        data[at] ^= 0x40;
        assert_int_equal(pwrite(fd, data, size, 0), (ssize_t)size);
        if (!moim_vad_open(&v, path, &err)) moim_vad_close(v);
        data[at] ^= 0x40;
    }
    close(fd);
    unlink(path);
    assert_int_equal(moim_vad_open(&v, "/nonexistent", &err), MOIM_ENOENT);
}

struct cuts {
    uint64_t start[256], end[256];
    int n;
};

/* Pushes pcm in uneven pieces and collects the stretches, checking that each is what was pushed. */
static void cut_by(const struct moim_segment_params *p, const float *pcm, size_t n, struct cuts *c)
{
    struct moim_err err = {0};
    struct moim_segmenter *s;
    struct moim_vad *v = open_vad();
    c->n = 0;
    assert_ok(moim_segmenter_new(&s, v, p, &err), err);
    size_t at = 0, piece = 1;
    for (bool ended = false;;) {
        const float *got;
        size_t m;
        uint64_t start;
        while (moim_segmenter_next(s, &got, &m, &start)) {
            assert_true(start + m <= n && c->n < 256);
            assert_memory_equal(got, pcm + start, m * sizeof *got);
            c->start[c->n] = start;
            c->end[c->n++] = start + m;
        }
        if (ended) break;
        if (at < n) {
            piece = piece * 7 % 509 + 1;
            at += moim_segmenter_push(s, pcm + at, n - at < piece ? n - at : piece);
        } else {
            moim_segmenter_end(s);
            ended = true;
        }
    }
    moim_segmenter_free(s);
    moim_vad_close(v);
}

static void cut(const float *pcm, size_t n, struct cuts *c)
{
    cut_by(NULL, pcm, n, c);
}

/* Three times 5 s of speech: 2 s apart one stretch, 8 s apart two, of which the second begins where the silence before its speech
 * ends, or a voice may be that is too faint to tell: up to 2 s before it. */
static void turns_close_by_are_one_stretch(void **state)
{
    (void)state;
    size_t k;
    float *one = sample(&k), *pcm = calloc(34 * RATE, sizeof *pcm);
    assert_true(k >= 5 * RATE);
    const size_t at[] = {3 * RATE, 10 * RATE, 23 * RATE};
    for (int i = 0; i < 3; i++) memcpy(pcm + at[i], one, 5 * RATE * sizeof *pcm);
    struct cuts by_default, c;
    cut(pcm, 34 * RATE, &by_default);
    cut_by(&moim_segment_packed, pcm, 34 * RATE, &c);
    assert_true(by_default.n >= 3);
    assert_int_equal(c.n, 2);
    assert_true(c.start[0] < by_default.start[0] && c.end[0] >= at[1] + 3 * RATE &&
                c.end[0] < at[2] - 3 * RATE);
    size_t lead = by_default.start[by_default.n - 1] - c.start[1];
    assert_true(c.start[1] >= c.end[0] && lead <= 2 * RATE);
    assert_true(lead < RATE / 4);
    uint32_t seed = 3;
    for (size_t i = at[2] - 3 * RATE / 2; i < at[2]; i++) {
        seed = seed * 1664525 + 1013904223;
        pcm[i] = 0.02F * one[i - at[2] + 3 * RATE] + 0.005F * ((float)(seed >> 8) / (1 << 23) - 1);
    }
    cut_by(&moim_segment_packed, pcm, 34 * RATE, &c);
    assert_int_equal(c.n, 2);
    assert_true(at[2] - c.start[1] > RATE && at[2] - c.start[1] <= 5 * RATE / 2);
    free(one);
    free(pcm);
}

static void silence_and_noise_yield_nothing(void **state)
{
    (void)state;
    size_t n = 60 * RATE;
    float *pcm = calloc(n, sizeof *pcm);
    struct cuts c;
    cut(pcm, n, &c);
    assert_int_equal(c.n, 0);
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        pcm[i] = 0.02f * ((float)(seed >> 8) / 8388608 - 1);
    }
    cut(pcm, n, &c);
    assert_int_equal(c.n, 0);
    cut(pcm, 0, &c);
    assert_int_equal(c.n, 0);
    free(pcm);
}

/* Speech without a pause: what the recogniser leaves untold of a window begins the next one, and no sample is
 * lost or given twice. */
static void an_open_window_goes_on_where_it_was_left(void **state)
{
    (void)state;
    struct moim_err err = {0};
    size_t k, copies = 10, n = 0, at = 0, windows = 0;
    float *one = sample(&k), *pcm = calloc(k * copies, sizeof *pcm);
    for (size_t i = 0; i < copies; i++, n += k) memcpy(pcm + n, one, k * sizeof *pcm);
    struct moim_vad *v = open_vad();
    struct moim_segmenter *s;
    struct moim_segment_params p = moim_segment_whole;
    p.short_pause = p.pause; /* only length ends a stretch */
    assert_ok(moim_segmenter_new(&s, v, &p, &err), err);
    uint64_t next = 0, start;
    while (at < n) {
        const float *got;
        size_t m;
        at += moim_segmenter_push(s, pcm + at, n - at < MOIM_VAD_WINDOW ? n - at : MOIM_VAD_WINDOW);
        while (moim_segmenter_next(s, &got, &m, &start)) {
            size_t whole = moim_segmenter_beyond(s), told = 10 * RATE / MOIM_VAD_WINDOW * MOIM_VAD_WINDOW;
            if (windows++) assert_int_equal(start, next);
            assert_true(whole > m && whole <= 29 * RATE);
            assert_memory_equal(got, pcm + start, whole * sizeof *got);
            assert_true(moim_segmenter_voiced(s, 0, whole) > 10);
            moim_segmenter_told(s, told);
            next = start + told;
        }
    }
    assert_true(windows >= 3);
    moim_segmenter_free(s);
    moim_vad_close(v);
    free(pcm);
    free(one);
}

/* Speech, silence, speech, ... : every voiced window is in a stretch, none is longer than 28 s, they are in
 * order. */
static void speech_is_kept_whole_and_in_bounds(void **state)
{
    (void)state;
    size_t k, copies = 12, at = 0;
    float *one = sample(&k), *pcm = calloc((k + 5 * RATE) * copies, sizeof *pcm);
    for (size_t i = 0; i < copies; i++) { /* pauses of 0 to 5 s between copies */
        memcpy(pcm + at, one, k * sizeof *pcm);
        at += k + (i % 4) * 5 * RATE / 3;
    }
    struct cuts c;
    cut(pcm, at, &c);
    print_message("%.0f s in %d stretches\n", (double)at / RATE, c.n);
    assert_in_range(c.n, 4, 60);
    uint64_t kept = 0;
    for (int i = 0; i < c.n; i++) {
        assert_true(c.end[i] - c.start[i] <= (uint64_t)(28.5 * RATE));
        if (i) assert_true(c.start[i] >= c.end[i - 1]);
        kept += c.end[i] - c.start[i];
    }
    assert_true(kept < at);
    struct moim_vad *v = open_vad();
    int voiced = 0, outside = 0, j = 0;
    for (size_t i = 0; i + MOIM_VAD_WINDOW <= at; i += MOIM_VAD_WINDOW) {
        if (moim_vad_window(v, pcm + i) < 0.9f) continue;
        voiced++;
        while (j < c.n && c.end[j] <= i) j++;
        outside += j == c.n || c.start[j] > i;
    }
    moim_vad_close(v);
    if (outside) fail_msg("%d of %d voiced windows are in no stretch", outside, voiced);
    assert_true(voiced > 1000);
    free(one);
    free(pcm);
}

/* Speech without any pause must still be cut, and nothing may be lost between the cuts. */
static void endless_speech_is_cut_without_loss(void **state)
{
    (void)state;
    size_t k;
    float *one = sample(&k);
    size_t n = 100 * RATE, voiced = 0;
    float *pcm = calloc(n, sizeof *pcm), *speech = malloc(k * sizeof *speech);
    struct moim_vad *v = open_vad();
    for (size_t i = 0; i + 512 <= k; i += 512) /* the voiced windows alone, one after another */
        if (moim_vad_window(v, one + i) > 0.8f) {
            memcpy(speech + voiced, one + i, 512 * sizeof *one);
            voiced += 512;
        }
    moim_vad_close(v);
    assert_true(voiced > 2 * RATE);
    for (size_t i = 0; i < n; i++) pcm[i] = speech[i % voiced];
    struct cuts c;
    cut(pcm, n, &c);
    uint64_t kept = 0;
    for (int i = 0; i < c.n; i++) {
        assert_true(c.end[i] - c.start[i] <= (uint64_t)(28.5 * RATE));
        kept += c.end[i] - c.start[i];
    }
    print_message("%d stretches, %.1f of 100 s\n", c.n, (double)kept / RATE);
    assert_true(c.n >= 4);
    assert_true(kept > 97 * RATE);
    free(one);
    free(pcm);
    free(speech);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_agree_with_the_reference),
        cmocka_unit_test(nonsense_samples_do_not_deafen_it),
        cmocka_unit_test(damaged_model_is_refused),
        cmocka_unit_test(turns_close_by_are_one_stretch),
        cmocka_unit_test(silence_and_noise_yield_nothing),
        cmocka_unit_test(an_open_window_goes_on_where_it_was_left),
        cmocka_unit_test(speech_is_kept_whole_and_in_bounds),
        cmocka_unit_test(endless_speech_is_cut_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
