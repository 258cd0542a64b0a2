/* A file as a source, and the level meter. */
#include "audio/decode.h"
#include "audio/level.h"
#include "audio/record.h"
#include "audio/source.h"
#include "testing.h"

#include <math.h>
#include <sndfile.h>
#include <time.h>
#include <unistd.h>

#define RATE 16000
static char path[] = "/tmp/moim-source-XXXXXX";

static void write_wav(double seconds, float amplitude)
{
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    assert_non_null(f);
    for (int i = 0; i < (int)(seconds * RATE); i++) {
        float v = amplitude * sinf((float)i * 0.1f);
        sf_writef_float(f, &v, 1);
    }
    sf_close(f);
}

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Runs to the end; counts samples and events by kind. */
static uint64_t drain(struct moim_source *s, int *events)
{
    struct moim_err err = {0};
    uint64_t n = 0;
    for (;;) {
        struct moim_block b;
        assert_ok(moim_source_next(s, &b, 1000, &err), err);
        events[b.kind]++;
        if (b.kind == MOIM_BLOCK_END) return n;
        if (b.kind != MOIM_BLOCK_SOUND) continue;
        assert_int_equal(b.at, n);
        assert_in_range(b.n, 1, MOIM_SOURCE_BLOCK);
        n += b.n;
    }
}

static void fast_file_gives_every_sample_and_ends(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    int events[MOIM_BLOCK_END + 1] = {0};
    write_wav(70.5, 0.5f);
    assert_ok(moim_source_file(&s, path, false, &err), err);
    assert_true(fabs(moim_source_duration(s) - 70.5) < 0.01);
    assert_int_equal(drain(s, events), (uint64_t)(70.5 * RATE));
    assert_int_equal(moim_source_samples(s), (uint64_t)(70.5 * RATE));
    assert_int_equal(events[MOIM_BLOCK_CLIPPED] + events[MOIM_BLOCK_SILENT], 0);
    float peak, rms;
    moim_source_level(s, &peak, &rms);
    assert_true(fabsf(peak + 6.02f) < 0.1f && fabsf(rms + 9.03f) < 0.1f);
    moim_source_close(s);
}

static void real_time_file_takes_its_time_and_pauses(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    int events[MOIM_BLOCK_END + 1] = {0};
    write_wav(0.6, 0.5f);
    assert_ok(moim_source_file(&s, path, true, &err), err);
    moim_source_pause(s, true);
    double t = clock_s();
    struct moim_block b;
    assert_ok(moim_source_next(s, &b, 100, &err), err);
    assert_int_equal(b.kind, MOIM_BLOCK_NOTHING);
    moim_source_pause(s, false);
    assert_int_equal(drain(s, events), (uint64_t)(0.6 * RATE));
    t = clock_s() - t;
    if (t < 0.68) fail_msg("0.6 s of sound and 0.1 s of pause took %.2f s", t);
    moim_source_close(s);
}

static void clipping_and_silence_are_told_once(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    int events[MOIM_BLOCK_END + 1] = {0};
    write_wav(4, 1.5f);
    assert_ok(moim_source_file(&s, path, false, &err), err);
    drain(s, events);
    assert_int_equal(events[MOIM_BLOCK_CLIPPED], 1); /* at most every 5 s */
    moim_source_close(s);
    memset(events, 0, sizeof events);
    write_wav(65, 1e-5f);
    assert_ok(moim_source_file(&s, path, false, &err), err);
    drain(s, events);
    assert_int_equal(events[MOIM_BLOCK_SILENT], 1);
    assert_int_equal(events[MOIM_BLOCK_HEARD], 0);
    moim_source_close(s);
}

/* Source to journal and back: every sample and every event is on disk before the caller sees it. */
static void recording_step_writes_sound_and_marks_first(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    struct moim_journal *j;
    struct moim_block b;
    char flac[64], marks[64];
    snprintf(flac, sizeof flac, "%s.flac", path);
    snprintf(marks, sizeof marks, "%s.marks", path);
    write_wav(40, 2e-4f);
    assert_ok(moim_source_file(&s, path, false, &err), err);
    assert_ok(moim_journal_create(&j, flac, NULL, &err), err);
    do {
        assert_ok(moim_record_step(s, j, &b, 100, &err), err);
        assert_int_equal(moim_source_samples(s), moim_journal_samples(j));
    } while (b.kind != MOIM_BLOCK_END);
    moim_record_pause(s, j, true);
    moim_record_pause(s, j, false);
    moim_source_close(s);
    assert_ok(moim_journal_close(j, &err), err);
    float *pcm;
    size_t n, count;
    assert_ok(moim_decode_file(flac, 0, &pcm, &n, &err), err);
    assert_int_equal(n, 40 * RATE);
    struct moim_mark *m;
    assert_ok(moim_marks_read(flac, &m, &count, &err), err);
    const enum moim_mark_kind want[] = {MOIM_MARK_START, MOIM_MARK_SILENT, MOIM_MARK_PAUSE, MOIM_MARK_RESUME,
                                        MOIM_MARK_STOP};
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(m[i].kind, want[i]);
    assert_int_equal(m[1].at, 30 * RATE);
    assert_int_equal(m[2].at, 40 * RATE);
    moim_marks_free(m, count);
    free(pcm);
    unlink(flac);
    unlink(marks);
}

static void level_meter_survives_nonsense_and_hears_again(void **state)
{
    (void)state;
    struct moim_level l;
    moim_level_reset(&l);
    float x[1600];
    for (int i = 0; i < 1600; i++) x[i] = i % 3 ? NAN : INFINITY;
    int told = 0;
    for (int i = 0; i < 299; i++) told |= moim_level_push(&l, x, 1600);
    assert_int_equal(told, 0);
    assert_int_equal(moim_level_push(&l, x, 1600), MOIM_LEVEL_SILENT); /* at 30.0 s exactly */
    assert_true(l.rms_db <= -119);
    for (int i = 0; i < 1600; i++) x[i] = 0.01f;
    assert_int_equal(moim_level_push(&l, x, 1600), MOIM_LEVEL_HEARD);
    float two[8] = {1, 0, 1, 0, 1, 0, 1, 0}; /* the left channel clips: its mix with the right would not */
    int run = 0;
    assert_int_equal(moim_level_count_clips(two, 4, 2, 0, &run), 1);
    run = 0;
    assert_int_equal(moim_level_count_clips(two, 4, 2, 1, &run), 0);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}
static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_file_gives_every_sample_and_ends),
        cmocka_unit_test(real_time_file_takes_its_time_and_pauses),
        cmocka_unit_test(clipping_and_silence_are_told_once),
        cmocka_unit_test(recording_step_writes_sound_and_marks_first),
        cmocka_unit_test(level_meter_survives_nonsense_and_hears_again),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
