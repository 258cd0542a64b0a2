/* The speaker networks against their references, and telling speakers apart by them.
 * tests/golden/make_speaker.py makes the golden values. */
#include "asr/certainty.h"
#include "asr/diarize_int.h"
#include "audio/decode.h"
#include "audio/fbank.h"
#include "testing.h"

#include <math.h>
#include <unistd.h>

#undef RATE
#define RATE 16000

static struct moim_segmentation *segmentation;
static struct moim_speaker_encoder *speaker;
static struct moim_vad *vad;

static int open_nets(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_ok(moim_segmentation_open(&segmentation, test_model("pyannote-segmentation-3.0.pt"), NULL, &err),
              err);
    assert_ok(moim_speaker_encoder_open(&speaker, test_model("campplus.pt"), &err), err);
    assert_ok(moim_vad_open(&vad, test_model("silero-vad-v6.2.0.bin"), &err), err);
    return 0;
}

static int close_nets(void **state)
{
    (void)state;
    moim_segmentation_close(segmentation);
    moim_speaker_encoder_close(speaker);
    moim_vad_close(vad);
    return 0;
}

static float *sound(const char *name, size_t *n)
{
    struct moim_err err = {0};
    float *pcm;
    assert_ok(moim_decode_file(test_model(name), 0, &pcm, n, &err), err);
    return pcm;
}

static void golden(const char *name, float *x, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "tests/asr/golden/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(x, sizeof *x, n, f), n);
    assert_int_equal(fgetc(f), EOF);
    fclose(f);
}

static double largest_difference(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

static void features_and_voice_agree_with_the_reference(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_fbank *f;
    size_t n;
    float *pcm = sound("samples/beckett.wav", &n), want[800], voice[MOIM_SPEAKER_DIM], got[800];
    static float bands[498 * 80];
    assert_ok(moim_fbank_new(&f, 80, &err), err);
    assert_int_equal(moim_fbank_frames(80000), 498);
    moim_fbank_run(f, pcm, 80000, bands);
    golden("fbank_beckett.f32", want, 800);
    for (int t = 0; t < 10; t++) memcpy(got + t * 80, bands + t * 50 * 80, 80 * sizeof *got);
    double worst = largest_difference(got, want, 800);
    print_message("filter bank: largest difference %.1e\n", worst);
    assert_true(worst < 1e-3);
    golden("voice_beckett.f32", want, MOIM_SPEAKER_DIM);
    assert_ok(moim_speaker_encoder_embed(speaker, bands, 498, voice, &err), err);
    worst = largest_difference(voice, want, MOIM_SPEAKER_DIM);
    print_message("voice: largest difference %.1e\n", worst);
    assert_true(worst < 1e-4);
    assert_int_equal(moim_speaker_encoder_embed(speaker, bands, MOIM_SPEAKER_MIN_FRAMES - 1, voice, &err),
                     MOIM_EINVAL);
    assert_int_equal(moim_speaker_encoder_embed(speaker, bands, MOIM_SPEAKER_MAX_FRAMES + 1, voice, &err),
                     MOIM_EINVAL);
    moim_fbank_free(f);
    free(pcm);
}

static void segmentation_agrees_with_the_reference(void **state)
{
    (void)state;
    size_t n;
    float *pcm = sound("samples/beckett.wav", &n), want[59 * 7],
          *x = calloc(2 * MOIM_SEGMENT_SAMPLES, sizeof *x),
          *out = malloc(2 * MOIM_SEGMENT_FRAMES * 7 * sizeof *out);
    double worst = 0;
    golden("segments_beckett.f32", want, 59 * 7);
    memcpy(x + MOIM_SEGMENT_SAMPLES, pcm,
           n * sizeof *x); /* the second of two: side by side changes nothing */
    moim_segmentation_run(segmentation, x, 2, out);
    for (int t = 0; t < 59; t++)
        for (int c = 0; c < 7; c++)
            worst =
                fmax(worst, fabs(exp(out[(MOIM_SEGMENT_FRAMES + t * 10) * 7 + c]) - exp(want[t * 7 + c])));
    print_message("segmentation: largest difference of a probability %.1e\n", worst);
    assert_true(worst < 1e-3);
    free(pcm);
    free(x);
    free(out);
}

/* ---- diarization ---- */

static void diarize(const float *pcm, size_t n, const struct moim_diarize_options *o, size_t block,
                    struct moim_diarization *out)
{
    struct moim_err err = {0};
    struct moim_diarizer *d;
    assert_ok(moim_diarizer_new(&d, segmentation, speaker, vad, &err), err);
    for (size_t i = 0; i < n; i += block)
        assert_ok(moim_diarizer_push(d, pcm + i, n - i < block ? n - i : block, &err), err);
    assert_ok(moim_diarizer_finish(d, o, out, &err), err);
    moim_diarizer_free(d);
}

static void one_voice_is_one_speaker(void **state)
{
    (void)state;
    struct moim_diarization d;
    size_t n;
    float *pcm = sound("samples/two_cities.wav", &n);
    diarize(pcm, n, NULL, 1600, &d);
    assert_int_equal(d.speakers, 1);
    double spoken = 0;
    for (int i = 0; i < d.n; i++) {
        assert_true(d.turns[i].start < d.turns[i].end && d.turns[i].end <= (double)n / RATE);
        spoken += d.turns[i].end - d.turns[i].start;
    }
    assert_true(spoken > 30);
    moim_diarization_free(&d);
    free(pcm);
}

static double seconds_of_turns(const float *pcm, size_t n, int *speakers)
{
    struct moim_diarization d;
    double sum = 0;
    diarize(pcm, n, NULL, 4000, &d);
    for (int i = 0; i < d.n; i++) sum += d.turns[i].end - d.turns[i].start;
    *speakers = d.speakers;
    moim_diarization_free(&d);
    return sum;
}

/* Speech that drowns in noise is somebody's; the noise alone is nobody's. */
static void faint_speech_has_a_speaker(void **state)
{
    (void)state;
    size_t n;
    float *pcm = sound("samples/beckett.wav", &n), *noise = malloc(n * sizeof *noise);
    assert_non_null(noise);
    uint32_t seed = 3;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = 0.0255f * ((float)(seed >> 8) / 8388608 - 1);
        pcm[i] = pcm[i] * 0.1f + noise[i];
    }
    int speakers;
    double said = seconds_of_turns(pcm, n, &speakers);
    print_message("%.2f of %.2f s\n", said, (double)n / RATE);
    assert_int_equal(speakers, 1);
    assert_true(said > 5);
    assert_true(seconds_of_turns(noise, n, &speakers) == 0);
    assert_int_equal(speakers, 0);
    free(noise);
    free(pcm);
}

static void silence_has_no_speaker(void **state)
{
    (void)state;
    struct moim_diarization d;
    float *pcm = calloc(12 * RATE, sizeof *pcm);
    size_t length[] = {0, 1, 100, 5 * RATE, 12 * RATE};
    for (int i = 0; i < 5; i++) {
        diarize(pcm, length[i], NULL, 4000, &d);
        assert_int_equal(d.speakers, 0);
        assert_int_equal(d.n, 0);
        assert_int_equal(moim_diarization_at(&d, 0, 1), -1);
        moim_diarization_free(&d);
    }
    free(pcm);
}

/* Nine seconds from second `from` on, played faster: a higher and another voice. */
static void take(const float *pcm, double from, double speed, float *out)
{
    for (size_t i = 0; i < 9 * RATE; i++) {
        double at = from * RATE + (double)i * speed;
        size_t k = (size_t)at;
        out[i] = (float)((1 - (at - (double)k)) * pcm[k] + (at - (double)k) * pcm[k + 1]);
    }
}

static float *two_voices(size_t *n)
{
    static const double from[] = {1, 10, 19, 28}, speed[] = {1, 1.35, 1, 1.35};
    float *in = sound("samples/two_cities.wav", n), *pcm = malloc(4 * 9 * RATE * sizeof *pcm);
    assert_true(*n > (size_t)(28 + 9 * 1.35 + 1) * RATE);
    for (int i = 0; i < 4; i++) take(in, from[i], speed[i], pcm + (size_t)i * 9 * RATE);
    *n = 4 * 9 * RATE;
    free(in);
    return pcm;
}

static bool spoken_at(const struct moim_diarization *d, double at, int who)
{
    for (int i = 0; i < d->n; i++)
        if (d->turns[i].speaker == who && d->turns[i].start <= at && at < d->turns[i].end) return true;
    return false;
}

/* The second begins three seconds before the first has ended, and so on: nine seconds each, six apart. */
static void who_breaks_in_is_heard_beside_who_speaks(void **state)
{
    (void)state;
    struct moim_diarization d;
    size_t n, shift = 6 * RATE;
    float *pcm = two_voices(&n), *mix = calloc(n, sizeof *mix);
    for (size_t turn = 0; turn < 4; turn++)
        for (size_t i = 0; i < 9 * RATE; i++) mix[turn * shift + i] += 0.5f * pcm[turn * 9 * RATE + i];
    diarize(mix, 27 * RATE, NULL, 16000, &d);
    assert_int_equal(d.speakers, 2);
    int both = 0, one = 0; /* tenths of a second with two speakers */
    for (int t = 0; t < 180; t++) {
        double at = 6 + t * 0.1; /* of every six seconds the first three are spoken by both */
        bool two = spoken_at(&d, at, 0) && spoken_at(&d, at, 1);
        if (t % 60 < 30)
            both += two;
        else
            one += two;
    }
    print_message("both heard in %.1f of 9 s where both speak, in %.1f of 9 s where one does\n", both * 0.1,
                  one * 0.1);
    assert_true(both > 45 && one < 20);
    moim_diarization_free(&d);
    free(mix);
    free(pcm);
}

/* Windows of the second voice that sound like speech to the diarizer's voice activity, or to a bare one. */
static int speechlike(const struct moim_diarizer *d, const float *pcm, size_t n)
{
    int count = 0;
    moim_vad_reset(vad);
    for (size_t w = 0; w < n / MOIM_VAD_WINDOW; w++) {
        bool speech = d ? d->speech[w] >= 128 : moim_vad_window(vad, pcm + w * MOIM_VAD_WINDOW) >= 0.5f;
        count += speech && w * MOIM_VAD_WINDOW / RATE % 18 >= 9;
    }
    return count;
}

/* Nine seconds each; the second voice is 40 dB below the first. */
static void voice_activity_hears_a_quiet_voice_raised(void **state)
{
    (void)state;
    struct moim_diarizer *d;
    struct moim_err err = {0};
    size_t n;
    float *pcm = two_voices(&n);
    for (size_t i = 0; i < n; i++) pcm[i] *= i / (9 * RATE) % 2 ? 0.01f : 1;
    assert_ok(moim_diarizer_new(&d, segmentation, speaker, vad, &err), err);
    assert_ok(moim_diarizer_push(d, pcm, n, &err), err);
    assert_ok(moim_diarizer_rest(d, &err), err);
    int raised = speechlike(d, pcm, n), bare = speechlike(NULL, pcm, n);
    print_message("%d windows of 562 sound like speech, %d as they are\n", raised, bare);
    assert_true(raised > bare + 50);
    moim_diarizer_free(d);
    free(pcm);
}

static float probability(float heard, float nobody, float first, int class)
{
    float p[MOIM_SEGMENT_CLASSES] = {nobody, first};
    for (int c = 2; c < MOIM_SEGMENT_CLASSES; c++) p[c] = (1 - nobody - first) / (MOIM_SEGMENT_CLASSES - 2);
    for (int c = 0; c < MOIM_SEGMENT_CLASSES; c++) p[c] = logf(p[c]);
    moim_heed_speech(p, heard);
    return expf(p[class]);
}

static void what_voice_activity_hears_is_somebodys(void **state)
{
    (void)state;
    assert_true(fabsf(probability(0.9f, 0.8f, 0.15f, 0) - 0.1f) < 1e-4f);
    assert_true(fabsf(probability(0.9f, 0.8f, 0.15f, 1) - 0.675f) < 1e-4f);   /* three quarters, as before */
    assert_true(fabsf(probability(0.4f, 0.8f, 0.15f, 1) - 0.15f) < 1e-4f);    /* hardly heard */
    assert_true(fabsf(probability(0.9f, 0.99f, 0.009f, 1) - 0.009f) < 1e-4f); /* a noise: nobody's for sure */
    assert_true(fabsf(probability(0.6f, 0.05f, 0.9f, 1) - 0.9f) < 1e-4f);     /* plain speech stays plain */
}

/* Nine seconds of one, then 18 of another, over whom the first says a word of 0.9 s three times: it is the
 * first one's or nobody's, and no third person comes of it. */
static void a_word_under_anothers_speech_is_its_speakers_or_nobodys(void **state)
{
    (void)state;
    static const double at[] = {12.5, 17, 23.5};
    struct moim_diarization d;
    size_t n, word = RATE * 9 / 10;
    float *pcm = two_voices(&n), *mix = calloc(27 * RATE, sizeof *mix);
    memcpy(mix, pcm + 9 * RATE, 9 * RATE * sizeof *mix);
    memcpy(mix + 9 * RATE, pcm, 9 * RATE * sizeof *mix);
    memcpy(mix + 18 * RATE, pcm + 18 * RATE, 9 * RATE * sizeof *mix);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < word; i++)
            mix[(size_t)(at[k] * RATE) + i] += 1.5f * pcm[27 * RATE + (2 * k + 1) * RATE + i];
    diarize(mix, 27 * RATE, NULL, 16000, &d);
    assert_int_equal(d.speakers, 2);
    int under = 0, elsewhere = 0, goes_on = 0; /* tenths of a second */
    for (int t = 95; t < 265; t++) {
        bool in = false;
        for (int k = 0; k < 3; k++) in |= t * 0.1 >= at[k] - 0.3 && t * 0.1 < at[k] + 1.2;
        *(in ? &under : &elsewhere) += spoken_at(&d, t * 0.1, 0);
        goes_on += spoken_at(&d, t * 0.1, 1);
    }
    print_message("the word heard for %.1f of 2.7 s, elsewhere %.1f s; the other for %.1f of 17 s\n",
                  under * 0.1, elsewhere * 0.1, goes_on * 0.1);
    assert_true(under >= 10 && elsewhere <= 3 && goes_on >= 155);
    moim_diarization_free(&d);
    free(mix);
    free(pcm);
}

/* Two people in turn, then three seconds of a voice between theirs, which is as like the one as the other: whoever is said
 * to speak there, it is doubtful. */
static void a_turn_between_two_voices_is_doubtful_and_the_others_are_not(void **state)
{
    (void)state;
    struct moim_diarization d;
    size_t n, more;
    float *pcm = two_voices(&n), *in = sound("samples/two_cities.wav", &more);
    pcm = realloc(pcm, (n + 9 * RATE) * sizeof *pcm);
    assert_non_null(pcm);
    take(in, 37, 1.1, pcm + n);
    diarize(pcm, n + 3 * RATE, &(struct moim_diarize_options){2, 2}, 16000, &d);
    assert_int_equal(d.speakers, 2);
    double least = 1;
    for (int turn = 0; turn < 4; turn++)
        for (int part = 0; part < 2; part++)
            least = fmin(least, moim_speaker_certainty(&d, turn % 2, 9 * turn + 1 + 4 * part,
                                                       9 * turn + 4 + 4 * part));
    int who = moim_diarization_at(&d, 36.3, 38.7);
    assert_true(who >= 0);
    double between = moim_speaker_certainty(&d, who, 36.3, 38.7);
    print_message("three seconds of one of them %.3f at least, between both %.3f\n", least, between);
    assert_true(least > 0.9);
    assert_true(between < 0.8);
    moim_diarization_free(&d);
    free(in);
    free(pcm);
}

static void two_voices_are_two_speakers_and_always_the_same(void **state)
{
    (void)state;
    struct moim_diarization d, again;
    struct moim_der der;
    struct moim_err err = {0};
    size_t n;
    float *pcm = two_voices(&n);
    struct moim_turn truth[] = {{0, 9, 0}, {9, 18, 1}, {18, 27, 0}, {27, 36, 1}};
    diarize(pcm, n, NULL, 1600, &d);
    assert_int_equal(d.speakers, 2);
    assert_ok(moim_der_score(truth, 4, d.turns, d.n, 0.25, &der, &err), err);
    print_message("confusion %.2f s of %.1f s\n", der.confusion, der.speech);
    assert_true(der.confusion < 0.03 * der.speech);
    assert_true(moim_speaker_similarity(d.voice[0], d.voice[1]) < 0.5f);
    assert_int_equal(moim_diarization_at(&d, 3, 3.5), 0);
    assert_int_equal(moim_diarization_at(&d, 12, 12.5), 1);
    diarize(pcm, n, NULL, 33333, &again); /* however it comes in */
    assert_int_equal(d.n, again.n);
    for (int i = 0; i < d.n; i++)
        assert_true(d.turns[i].start == again.turns[i].start && d.turns[i].end == again.turns[i].end &&
                    d.turns[i].speaker == again.turns[i].speaker);
    moim_diarization_free(&again);
    diarize(pcm, n, &(struct moim_diarize_options){1, 1}, 16000, &again);
    assert_int_equal(again.speakers, 1);
    moim_diarization_free(&again);
    moim_diarization_free(&d);
    free(pcm);
}

static void a_damaged_model_is_refused(void **state)
{
    (void)state;
    struct moim_err err;
    struct moim_speaker_encoder *s;
    struct moim_segmentation *g;
    char path[] = "/tmp/moim-speaker-XXXXXX";
    int fd = mkstemp(path);
    FILE *in = fopen(test_model("campplus.pt"), "rb");
    static char head[200000];
    assert_non_null(in);
    assert_int_equal(fread(head, 1, sizeof head, in), sizeof head);
    fclose(in);
    for (size_t n = 1; n <= sizeof head; n = n * 3 + 7) {
        assert_int_equal(pwrite(fd, head, n, 0), n);
        assert_int_equal(moim_speaker_encoder_open(&s, path, &err), MOIM_EFORMAT);
        assert_null(s);
        assert_int_equal(moim_segmentation_open(&g, path, NULL, &err), MOIM_EFORMAT);
    }
    close(fd);
    unlink(path);
    assert_int_equal(moim_speaker_encoder_open(&s, "/nonexistent", &err), MOIM_ENOENT);
    assert_int_equal(moim_speaker_encoder_open(&s, test_model("pyannote-segmentation-3.0.pt"), &err),
                     MOIM_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_and_voice_agree_with_the_reference),
        cmocka_unit_test(segmentation_agrees_with_the_reference),
        cmocka_unit_test(one_voice_is_one_speaker),
        cmocka_unit_test(faint_speech_has_a_speaker),
        cmocka_unit_test(silence_has_no_speaker),
        cmocka_unit_test(a_turn_between_two_voices_is_doubtful_and_the_others_are_not),
        cmocka_unit_test(two_voices_are_two_speakers_and_always_the_same),
        cmocka_unit_test(what_voice_activity_hears_is_somebodys),
        cmocka_unit_test(a_word_under_anothers_speech_is_its_speakers_or_nobodys),
        cmocka_unit_test(voice_activity_hears_a_quiet_voice_raised),
        cmocka_unit_test(who_breaks_in_is_heard_beside_who_speaks),
        cmocka_unit_test(a_damaged_model_is_refused),
    };
    return cmocka_run_group_tests(tests, open_nets, close_nets);
}
