/* Live speakers: the same voice has the same number also after minutes, a line is divided where the voice changes, a new voice
 * gets a number of its own, and each change is told once. */
#define LINES 6 /* so that they run out */
#include "asr/live_speakers.c"
#include "audio/decode.h"
#include "testing.h"

#define SECOND 16000

static struct moim_segmentation *segmentation;
static struct moim_speaker_encoder *encoder;
static float *man, *other; /* two voices */
static size_t n_man, n_other;
static struct moim_err err;

static int open_all(void **state)
{
    (void)state;
    assert_ok(moim_segmentation_open(&segmentation, test_model("pyannote-segmentation-3.0.pt"), NULL, &err),
              err);
    assert_ok(moim_speaker_encoder_open(&encoder, test_model("campplus.pt"), &err), err);
    assert_ok(moim_decode_file(test_model("samples/beckett.wav"), 0, &man, &n_man, &err), err);
    /* The other is the same, higher and faster by a third. */
    n_other = n_man * 3 / 4;
    other = malloc(n_other * sizeof *other);
    assert_non_null(other);
    for (size_t i = 0; i + 1 < n_other; i++) {
        size_t at = i * 4 / 3;
        float part = (float)(i * 4 % 3) / 3;
        other[i] = (1 - part) * man[at] + part * man[at + 1];
    }
    other[n_other - 1] = 0;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    moim_segmentation_close(segmentation);
    moim_speaker_encoder_close(encoder);
    free(man);
    free(other);
    return 0;
}

/* Line `number` at a second of the recording: so many seconds of pcm. */
static void say(struct moim_live_speakers *l, int number, double at, const float *pcm, double seconds)
{
    assert_ok(moim_live_speakers_line(l, number, at, at + seconds, pcm, (size_t)(seconds * SECOND), at, &err),
              err);
}

/* Takes what changed; speaker[] of the first part of each line. */
static int take(struct moim_live_speakers *l, int *speaker)
{
    const struct moim_live_line *line = NULL;
    int n = 0;
    for (; moim_live_speakers_next(l, &line); n++) speaker[line->number] = line->part[0].speaker;
    return n;
}

static void a_voice_keeps_its_number(void **state)
{
    (void)state;
    struct moim_live_speakers *l;
    int who[8] = {0};
    float voice[MOIM_SPEAKER_DIM], seconds;
    assert_ok(moim_live_speakers_new(&l, segmentation, encoder, &err), err);
    assert_false(moim_live_speakers_voice(l, 1, voice, &seconds));
    say(l, 0, 0, man, 6);
    assert_int_equal(take(l, who), 1);
    assert_int_equal(take(l, who), 0); /* told once */
    say(l, 1, 10, other, 6);
    take(l, who);
    say(l, 2, 20, man + 8 * SECOND, 5);
    take(l, who);
    assert_int_equal(who[0], 1);
    assert_int_equal(who[1], 2);
    assert_int_equal(who[2], 1);
    /* Long after, both are known still. */
    say(l, 3, 1000, other + SECOND, 6);
    assert_int_equal(take(l, who), 1);
    assert_int_equal(who[3], 2);
    say(l, 4, 2000, man + 2 * SECOND, 6);
    take(l, who);
    assert_int_equal(who[4], 1);
    assert_true(moim_live_speakers_voice(l, 1, voice, &seconds));
    assert_true(seconds > 9 && seconds < 18);
    assert_false(moim_live_speakers_voice(l, 3, voice, &seconds));
    moim_live_speakers_free(l);
}

static void a_line_is_divided_where_the_voice_changes(void **state)
{
    (void)state;
    struct moim_live_speakers *l;
    const struct moim_live_line *line = NULL;
    static float both[9 * SECOND];
    float *actor;
    size_t n;
    assert_ok(moim_decode_file(test_model("samples/endgame_nagg_nell.wav"), 0, &actor, &n, &err), err);
    memcpy(both, man, 5 * SECOND * sizeof *both);
    memcpy(both + 5 * SECOND, actor + 20 * SECOND, 4 * SECOND * sizeof *both);
    free(actor);
    assert_ok(moim_live_speakers_new(&l, segmentation, encoder, &err), err);
    say(l, 0, 30, both, 9);
    assert_true(moim_live_speakers_next(l, &line));
    assert_int_equal(line->n, 2);
    assert_true(line->part[0].start == 30 && line->part[1].end == 39);
    assert_true(line->part[0].end == line->part[1].start);
    assert_true(fabs(line->part[0].end - 35) < 0.7);
    assert_int_equal(line->part[0].speaker, 1);
    assert_int_equal(line->part[1].speaker, 2);
    moim_live_speakers_free(l);
}

/* A sound too short to know a voice by is taken for whoever spoke before, and founds nobody. */
static void a_short_line_is_nobody_new(void **state)
{
    (void)state;
    struct moim_live_speakers *l;
    int who[8] = {0};
    assert_ok(moim_live_speakers_new(&l, segmentation, encoder, &err), err);
    say(l, 0, 0, man, 6);
    say(l, 1, 7, man + 6 * SECOND, 0.3);
    take(l, who);
    assert_int_equal(who[1], 1);
    assert_int_equal(moim_live_speakers_line(l, 2, 0, 11, man, 11 * SECOND, 0, &err), MOIM_EINVAL);
    moim_live_speakers_free(l);
}

/* More lines within two minutes than are kept: the oldest go, with what is known of their voices. */
static void the_oldest_lines_make_room(void **state)
{
    (void)state;
    struct moim_live_speakers *l;
    int who[32] = {0};
    assert_ok(moim_live_speakers_new(&l, segmentation, encoder, &err), err);
    for (int i = 0; i < 10; i++) {
        say(l, i, 4 * i, i % 3 ? man + i * SECOND / 2 : other + i * SECOND / 4, 4);
        take(l, who);
    }
    for (int i = 1; i < 10; i++) assert_int_equal(who[i], i % 3 ? 2 : 1);
    moim_live_speakers_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voice_keeps_its_number),
        cmocka_unit_test(a_line_is_divided_where_the_voice_changes),
        cmocka_unit_test(a_short_line_is_nobody_new),
        cmocka_unit_test(the_oldest_lines_make_room),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
