/* Recordings that are very quiet or have an offset are brought to where speech is expected; others stay as they are. */
#include "audio/decode.h"
#include "audio/gain.h"
#include "testing.h"

#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 4, N = SECONDS * MOIM_RATE };
static char path[] = "/tmp/moim-gain-XXXXXX";

/* A voice-like sound of that amplitude in every other half second, and an offset. */
static void write_sound(float amplitude, float offset)
{
    SF_INFO info = {.samplerate = MOIM_RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    assert_non_null(f);
    for (int i = 0; i < N; i++) {
        float on = i / (MOIM_RATE / 2) % 2 ? 1.0f : 0;
        float x = offset + on * amplitude * sinf(2 * 3.14159265f * 200 * (float)i / MOIM_RATE);
        assert_int_equal(sf_write_float(f, &x, 1), 1);
    }
    sf_close(f);
}

static void read_sound(float *pcm)
{
    struct moim_reader *r;
    struct moim_err err = {0};
    if (moim_gain_open(&r, path, &err)) fail_msg("%s", err.msg);
    assert_int_equal(moim_reader_read(r, pcm, N, &err), N);
    moim_reader_close(r);
}

static double rms(const float *pcm, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)pcm[i] * pcm[i];
    return sqrt(sum / (double)n);
}

static float pcm[N], clean[N];

static void speech_at_its_level_stays(void **state)
{
    (void)state;
    write_sound(0.1f, 0);
    read_sound(pcm);
    struct moim_reader *r;
    struct moim_err err = {0};
    assert_int_equal(moim_reader_open(&r, path, &err), 0);
    assert_int_equal(moim_reader_read(r, clean, N, &err), N);
    moim_reader_close(r);
    assert_memory_equal(pcm, clean, sizeof pcm);
}

static void quiet_speech_is_amplified(void **state)
{
    (void)state;
    write_sound(0.1f, 0);
    read_sound(clean);
    for (float quiet = 0.005f; quiet > 4e-5f; quiet /= 10) {
        write_sound(quiet, 0);
        read_sound(pcm);
        double level = rms(pcm + MOIM_RATE / 2, MOIM_RATE / 2);
        if (level < 0.04 || level > 0.06) fail_msg("%g: %g", (double)quiet, level);
    }
    write_sound(1e-7f, 0); /* the noise of a converter */
    read_sound(pcm);
    assert_true(rms(pcm, N) < 1e-6);
}

static void an_offset_is_taken_out(void **state)
{
    (void)state;
    write_sound(0.1f, 0.3f);
    read_sound(pcm);
    double sum = 0;
    for (int i = 0; i < N; i++) sum += pcm[i];
    assert_true(fabs(sum / N) < 1e-3);
    double level = rms(pcm + MOIM_RATE / 2, MOIM_RATE / 2);
    assert_true(level > 0.068 && level < 0.072);
    write_sound(1e-4f, 0.01f); /* quiet, behind an offset */
    read_sound(pcm);
    level = rms(pcm + MOIM_RATE / 2, MOIM_RATE / 2);
    assert_true(level > 0.04 && level < 0.06);
}

static void clicks_are_no_speech(void **state)
{
    (void)state;
    write_sound(1e-3f, 0);
    SF_INFO info = {0};
    SNDFILE *f = sf_open(path, SFM_RDWR, &info);
    assert_non_null(f);
    const float click = 0.9f;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sf_seek(f, (i + 1) * MOIM_RATE, SEEK_SET | SFM_WRITE), (i + 1) * MOIM_RATE);
        assert_int_equal(sf_write_float(f, &click, 1), 1);
    }
    sf_close(f);
    read_sound(pcm);
    assert_true(rms(pcm + MOIM_RATE / 2, MOIM_RATE / 4) > 0.03);
}

static int make(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int clean_up(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_at_its_level_stays),
        cmocka_unit_test(quiet_speech_is_amplified),
        cmocka_unit_test(an_offset_is_taken_out),
        cmocka_unit_test(clicks_are_no_speech),
    };
    return cmocka_run_group_tests(tests, make, clean_up);
}
