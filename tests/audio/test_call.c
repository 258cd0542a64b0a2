/* Both sides of a call: what the two devices give on one clock, whatever happens to one of them; the journal of two
 * channels; the echo that is taken out. */
#include "audio/call.h"
#include "audio/decode.h"
#include "audio/echo.h"
#include "audio/record.h"
#include "audio/source_vt.h"
#include "base/clock.h"
#include "firmware/library/import_sound.h"
#include "testing.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE 16000

static char dir[] = "/tmp/moim-call-XXXXXX";

static char *file(const char *name)
{
    static char path[8][200];
    static unsigned turn;
    char *p = path[turn++ % 8];
    snprintf(p, 200, "%s/%s", dir, name);
    return p;
}

/* ---- devices that do as they are told ---- */

struct fake {
    struct moim_source base;
    double begun;
    uint64_t given;
    float level, pcm[160];
    bool lost, *gone, back; /* gone: the test's switch */
    double lost_at;
    uint64_t owed; /* samples of silence, as a microphone brings them when it is back */
    int open;
};

static int fake_next(struct moim_source *s, struct moim_block *b, int timeout_ms, struct moim_err *err)
{
    struct fake *f = s->impl;
    double now = moim_monotonic();
    (void)err;
    if (*f->gone != f->lost) {
        f->lost = *f->gone;
        b->kind = f->lost ? MOIM_BLOCK_DEVICE_LOST : MOIM_BLOCK_DEVICE_BACK;
        snprintf(b->text, sizeof b->text, "%s", f->lost ? "gone" : "back");
        if (f->lost) f->lost_at = now;
        if (!f->lost) {
            b->missing = f->owed = (uint64_t)((now - f->lost_at) * RATE);
            f->begun = now;
            f->given = 0;
        }
        return MOIM_OK;
    }
    bool due = !f->lost && now - f->begun > (double)(f->given + 160) / RATE;
    if (!f->owed && !due) {
        moim_source_sleep(timeout_ms / 1000.0);
        return MOIM_OK;
    }
    size_t n = f->owed && f->owed < 160 ? (size_t)f->owed : 160;
    for (size_t i = 0; i < n; i++) f->pcm[i] = f->owed ? 0 : f->level;
    if (f->owed)
        f->owed -= n;
    else
        f->given += n;
    b->kind = MOIM_BLOCK_SOUND;
    b->pcm = f->pcm;
    b->n = n;
    return MOIM_OK;
}

static void fake_close(struct moim_source *s)
{
    free(s->impl);
}

static struct moim_source *fake(float level, bool *gone)
{
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->level = level;
    f->gone = gone;
    f->begun = moim_monotonic();
    f->base = (struct moim_source){.impl = f, .name = "fake", .next = fake_next, .close = fake_close};
    moim_level_reset(&f->base.level);
    return &f->base;
}

struct heard {
    size_t n, near, far; /* samples; of these, with sound of each side */
    int lost, back;
    char text[MOIM_EVENT_TEXT];
};

/* Until so many more samples came, or `stop` holds of what was heard. */
static void hear(struct moim_source *s, size_t samples, struct heard *h)
{
    struct moim_err err = {0};
    size_t until = h->n + samples;
    while (h->n < until) {
        struct moim_block b;
        assert_ok(moim_source_next(s, &b, 20, &err), err);
        h->lost += b.kind == MOIM_BLOCK_DEVICE_LOST;
        h->back += b.kind == MOIM_BLOCK_DEVICE_BACK;
        if (b.kind == MOIM_BLOCK_DEVICE_LOST) snprintf(h->text, sizeof h->text, "%s", b.text);
        if (b.kind != MOIM_BLOCK_SOUND) continue;
        assert_non_null(b.far);
        for (size_t i = 0; i < b.n; i++) {
            h->near += b.pcm[i] > 0.1f;
            h->far += b.far[i] > 0.1f;
        }
        h->n += b.n;
    }
}

static void each_side_is_heard_with_the_other(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    bool no = false;
    struct heard h = {0};
    assert_ok(moim_source_call(&s, fake(0.25f, &no), fake(0.5f, &no), false, &err), err);
    assert_int_equal(moim_source_channels(s), 2);
    assert_string_equal(moim_source_name(s), "fake + fake");
    hear(s, 3 * RATE, &h);
    assert_int_equal(h.near, h.n);
    assert_true(h.far > 3 * h.n / 5); /* silent only while the clocks are not known */
    moim_source_close(s);
}

static void when_the_far_device_goes_the_microphone_goes_on(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    bool no = false, gone = false;
    struct heard h = {0}, after = {0};
    assert_ok(moim_source_call(&s, fake(0.25f, &no), fake(0.5f, &gone), false, &err), err);
    hear(s, RATE, &h);
    gone = true;
    hear(s, RATE, &h);
    assert_int_equal(h.lost, 1);
    assert_string_equal(h.text, "the far side: gone");
    assert_int_equal(h.near, h.n);
    hear(s, RATE / 2, &after);
    assert_int_equal(after.far, 0);
    gone = false;
    hear(s, 2 * RATE, &after);
    assert_int_equal(after.back, 1);
    assert_int_equal(after.near, after.n);
    assert_true(after.far > RATE / 2);
    moim_source_close(s);
}

/* By the clock, and its own silence does not make the recording longer when it is back. */
static void when_the_microphone_goes_the_far_side_goes_on(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_source *s;
    bool no = false, gone = false;
    struct heard h = {0};
    double begun = moim_monotonic();
    assert_ok(moim_source_call(&s, fake(0.25f, &gone), fake(0.5f, &no), false, &err), err);
    hear(s, 3 * RATE / 2, &h);
    size_t near = h.near;
    gone = true;
    hear(s, RATE, &h);
    assert_int_equal(h.lost, 1);
    assert_string_equal(h.text, "gone");
    assert_true(h.near - near < RATE / 5);
    size_t far = h.far;
    hear(s, RATE / 2, &h);
    assert_true(h.far - far > RATE / 3);
    gone = false;
    hear(s, RATE, &h);
    assert_int_equal(h.back, 1);
    assert_true(h.near - near > RATE / 4);
    /* As long as it took, not as long as both silences. */
    double took = moim_monotonic() - begun, length = (double)h.n / RATE;
    if (length > took + 0.1) fail_msg("%.2f s were recorded in %.2f s", length, took);
    moim_source_close(s);
}

/* ---- files, and what is stored ---- */

static float far_tone(uint64_t i)
{
    return 0.3f * (float)sin((double)i * 0.21);
}

static void write_wav(const char *path, size_t n, float (*f)(uint64_t))
{
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *out = sf_open(path, SFM_WRITE, &info);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        float x = f(i);
        assert_int_equal(sf_write_float(out, &x, 1), 1);
    }
    sf_close(out);
}

static float near_tone(uint64_t i)
{
    return 0.4f * (float)sin((double)i * 0.07);
}

static void check_channel(const char *flac, int channel, size_t n, float (*f)(uint64_t), size_t have)
{
    struct moim_err err = {0};
    struct moim_sound *s;
    struct moim_reader *r;
    struct moim_part part = {.track = -1, .channel = channel};
    float *pcm = calloc(n + 1, sizeof *pcm);
    assert_ok(moim_sound_open(&s, flac, &err), err);
    assert_ok(moim_reader_of(&r, s, &part, &err), err);
    assert_int_equal(moim_reader_read(r, pcm, n + 1, &err), n);
    for (size_t i = 0; i < n; i++) {
        float want = i < have ? f(i) : 0;
        if (fabsf(pcm[i] - want) > 1e-4f)
            fail_msg("channel %d, sample %zu: %f, not %f", channel, i, pcm[i], want);
    }
    moim_reader_close(r);
    moim_sound_close(s);
    free(pcm);
}

static void record_files(const char *flac, size_t near, size_t far)
{
    struct moim_err err = {0};
    struct moim_source *a, *b, *s;
    struct moim_journal *j;
    struct moim_block block;
    write_wav(file("near.wav"), near, near_tone);
    write_wav(file("far.wav"), far, far_tone);
    assert_ok(moim_source_file(&a, file("near.wav"), false, &err), err);
    assert_ok(moim_source_file(&b, file("far.wav"), false, &err), err);
    assert_ok(moim_source_call(&s, a, b, true, &err), err);
    struct moim_journal_options two = {.channels = 2};
    assert_ok(moim_journal_create(&j, flac, &two, &err), err);
    do {
        assert_ok(moim_record_step(s, j, &block, 100, &err), err);
    } while (block.kind != MOIM_BLOCK_END);
    moim_source_close(s);
    assert_ok(moim_journal_close(j, &err), err);
}

static void forget(const char *flac)
{
    char marks[200];
    snprintf(marks, sizeof marks, "%.*s.marks", (int)(strlen(flac) - strlen(".flac")), flac);
    unlink(flac);
    unlink(marks);
    moim_aside_remove(flac, NULL);
}

static void each_side_has_its_channel_to_the_sample(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_parties p;
    char *flac = file("a.flac");
    record_files(flac, 50001, 40000);
    check_channel(flac, 0, 50001, near_tone, 50001);
    check_channel(flac, 1, 50001, far_tone, 40000);
    assert_ok(moim_stored_parties(flac, &p, &err), err);
    assert_true(p.call && p.n == 2);
    moim_parties_clear(&p);
    struct moim_repair r;
    assert_ok(moim_journal_repair(flac, &r, &err), err);
    assert_true(r.was_whole && r.samples == 50001);
    forget(flac);
    record_files(file("b.flac"), 20000, 33000); /* the far side speaks longer */
    struct moim_sound *s;
    assert_ok(moim_sound_open(&s, file("b.flac"), &err), err);
    assert_int_equal(moim_sound_channels(s), 2);
    moim_sound_close(s);
    forget(file("b.flac"));
}

/* A torn end, and a header and a frame that are lost: both channels and what they are come back. */
static void a_damaged_call_is_repaired(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_parties p;
    struct moim_repair r;
    char *flac = file("c.flac");
    record_files(flac, 20 * 2048, 20 * 2048);
    assert_int_equal(truncate(flac, 30000), 0);
    assert_ok(moim_journal_repair(flac, &r, &err), err);
    assert_true(!r.was_whole && r.samples > 2048 && r.samples % 2048 == 0);
    check_channel(flac, 1, (size_t)r.samples, far_tone, (size_t)r.samples);
    FILE *f = fopen(flac, "r+");
    assert_non_null(f);
    for (int i = 0; i < 60; i++) fputc(0, f); /* the header */
    fclose(f);
    uint64_t samples = r.samples;
    assert_ok(moim_journal_repair(flac, &r, &err), err);
    assert_true(!r.was_whole && r.samples == samples);
    check_channel(flac, 0, (size_t)samples, near_tone, (size_t)samples);
    assert_ok(moim_stored_parties(flac, &p, &err), err);
    assert_true(p.call && p.n == 2);
    moim_parties_clear(&p);
    assert_ok(moim_journal_repair(flac, &r, &err), err);
    assert_true(r.was_whole);
    forget(flac);
}

/* ---- echo ---- */

/* Something like speech: noise through a resonance that moves, in syllables and pauses. */
static void babble(float *out, size_t n, unsigned seed, double from, double to)
{
    double a = 0, b = 0;
    for (size_t i = 0; i < n; i++) {
        double t = (double)i / RATE, beat = fmax(0, sin(t * (7 + seed % 3))),
               f = 500 + 300 * sin(t * (3.1 + seed));
        double x = (rand_r(&seed) % 2001 - 1000) / 1000.0, r = 0.97;
        double y = x + 2 * r * cos(2 * 3.14159265 * f / RATE) * a - r * r * b;
        b = a;
        a = y;
        out[i] = t >= from && t < to ? (float)(0.02 * y * beat) : 0;
    }
}

static double power(const float *pcm, double from, double to)
{
    double sum = 0;
    for (size_t i = (size_t)(from * RATE); i < (size_t)(to * RATE); i++) sum += (double)pcm[i] * pcm[i];
    return 10 * log10(sum / ((to - from) * RATE) + 1e-12);
}

/* The loudspeaker in a room: later, and with reverberation of 0.15 s. */
static void add_echo(float *near, const float *far, size_t n, int delay)
{
    static float room[2400];
    unsigned seed = 5;
    for (int k = 0; k < 2400; k++)
        room[k] =
            (float)((rand_r(&seed) % 2001 - 1000) / 1000.0 * exp(-k / 500.0) * 0.12) + (k == 30 ? 0.6f : 0);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2400 && k + delay <= (int)i; k += k < 400 ? 1 : 7)
            near[i] += room[k] * far[i - (size_t)delay - (size_t)k];
}

static void the_far_side_is_taken_out_of_the_microphone(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_echo *e;
    size_t n = MOIM_ECHO_CHUNK;
    float *near = calloc(n, sizeof *near), *own = calloc(n, sizeof *own),
          *far = calloc(n + MOIM_ECHO_AHEAD, sizeof *far);
    babble(own, n, 4, 9, 14);
    babble(far, n, 9, 0, 11); /* from 9 to 11 s both speak */
    memcpy(near, own, n * sizeof *near);
    add_echo(near, far, n, 1600);
    double before = power(near, 1, 8.5), both = power(near, 9.2, 11), alone = power(near, 11.5, 14);
    assert_ok(moim_echo_new(&e, &err), err);
    moim_echo_remove(e, near, far, n);
    double after = power(near, 1, 8.5);
    print_message("echo %.1f -> %.1f dB, both %.1f -> %.1f dB, near alone %.1f -> %.1f dB, %.1f ms late\n",
                  before, after, both, power(near, 9.2, 11), alone, power(near, 11.5, 14),
                  moim_echo_delay(e));
    assert_true(fabs(moim_echo_delay(e) - 101.9) < 3);
    assert_true(before - after > 25);
    assert_true(fabs(power(near, 11.5, 14) - alone) < 1.5);
    assert_true(power(near, 9.2, 11) > power(own, 9.2, 11) - 8);
    moim_echo_free(e);
    free(near);
    free(own);
    free(far);
}

static void without_echo_the_microphone_passes_as_it_is(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_echo *e;
    size_t n = MOIM_ECHO_CHUNK;
    float *near = calloc(n, sizeof *near), *own = calloc(n, sizeof *own),
          *far = calloc(n + MOIM_ECHO_AHEAD, sizeof *far);
    babble(own, n, 4, 0, 8);
    babble(far, n, 9, 8, 16); /* through headphones */
    memcpy(near, own, n * sizeof *near);
    assert_ok(moim_echo_new(&e, &err), err);
    moim_echo_remove(e, near, far, n);
    assert_memory_equal(near, own, n * sizeof *near);
    memset(far, 0, n * sizeof *far);
    moim_echo_remove(e, near, far, n);
    assert_memory_equal(near, own, n * sizeof *near);
    moim_echo_free(e);
    free(near);
    free(own);
    free(far);
}

int main(void)
{
    if (!mkdtemp(dir)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_is_heard_with_the_other),
        cmocka_unit_test(when_the_far_device_goes_the_microphone_goes_on),
        cmocka_unit_test(when_the_microphone_goes_the_far_side_goes_on),
        cmocka_unit_test(each_side_has_its_channel_to_the_sample),
        cmocka_unit_test(a_damaged_call_is_repaired),
        cmocka_unit_test(the_far_side_is_taken_out_of_the_microphone),
        cmocka_unit_test(without_echo_the_microphone_passes_as_it_is),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(file("near.wav"));
    unlink(file("far.wav"));
    rmdir(dir);
    return rc;
}
