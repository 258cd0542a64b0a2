/* Decoding: every format a phone or a recorder writes, whatever its name says, and every way a file can be
 * bad. The files are made by sox and ffmpeg (packages.txt, section test). */
#include "audio/decode.h"
#include "testing.h"

#include <math.h>
#include <sndfile.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE 16000
#define PI 3.14159265358979323846
static char dir[] = "/tmp/moim-decode-XXXXXX";

static const char *file(const char *name)
{
    static char path[8][128];
    static unsigned turn;
    char *p = path[turn++ % 8];
    snprintf(p, 128, "%s/%s", dir, name);
    return p;
}

/* A shell command in the directory of the test. */
static void sh(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && { %s; } >/dev/null 2>&1 </dev/null", dir, command);
    if (system(line)) fail_msg("failed: %s", command);
}

/* Amplitude of a tone in pcm, so that a mix, a rate or a gain that is wrong is seen. */
static double amplitude(const float *pcm, size_t n, double hz)
{
    double c = 0, s = 0;
    for (size_t i = 0; i < n; i++) {
        c += pcm[i] * cos(2 * PI * hz * (double)i / RATE);
        s += pcm[i] * sin(2 * PI * hz * (double)i / RATE);
    }
    return 2 * sqrt(c * c + s * s) / (double)n;
}

/* 440 Hz on the left, 1000 Hz on the right, 0.5 each, 3 s at 44.1 kHz: two sounds, each of which keeps its level. */
static void make_master(void)
{
    SF_INFO info = {.samplerate = 44100, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(file("master.wav"), SFM_WRITE, &info);
    assert_non_null(f);
    for (int i = 0; i < 3 * 44100; i++) {
        float both[2] = {0.5f * (float)sin(2 * PI * 440 * i / 44100),
                         0.5f * (float)sin(2 * PI * 1000 * i / 44100)};
        sf_writef_float(f, both, 1);
    }
    sf_close(f);
}

static void check_sound(const char *name, double gain)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(file(name), 0, &pcm, &n, &err), err);
    double seconds = (double)n / RATE;
    /* Lossy coders add up to a frame or two at both ends. */
    if (seconds < 2.95 || seconds > 3.25) fail_msg("%s: %.3f s", name, seconds);
    double a = amplitude(pcm + RATE / 2, 2 * RATE, 440), b = amplitude(pcm + RATE / 2, 2 * RATE, 1000);
    if (fabs(a - gain) > 0.04 || fabs(b - gain) > 0.04) fail_msg("%s: amplitudes %.3f and %.3f", name, a, b);
    free(pcm);
}

static void every_format_gives_the_same_sound(void **state)
{
    (void)state;
    static const char *const made[][2] = {
        {"a.flac", "sox master.wav a.flac"},
        {"u8.wav", "sox master.wav -b 8 -e unsigned u8.wav"},
        {"f64.wav", "sox master.wav -b 64 -e float f64.wav"},
        {"a.aiff", "sox master.wav a.aiff"},
        {"a.mp3", "ffmpeg -y -i master.wav -b:a 128k a.mp3"},
        {"a.m4a", "ffmpeg -y -i master.wav -c:a aac -b:a 128k a.m4a"},
        {"a.aac", "ffmpeg -y -i master.wav -c:a aac -b:a 128k a.aac"},
        {"a.ogg", "ffmpeg -y -i master.wav -c:a libvorbis -q:a 5 -page_duration 200000 a.ogg"},
        {"a.opus", "ffmpeg -y -i master.wav -c:a libopus -b:a 96k a.opus"},
        {"a.webm", "ffmpeg -y -i master.wav -c:a libopus -b:a 96k a.webm"},
        {"a.mka", "ffmpeg -y -i master.wav -c:a flac a.mka"},
        {"a.wma", "ffmpeg -y -i master.wav -c:a wmav2 -b:a 160k a.wma"},
        {"r96.wav", "sox master.wav -r 96000 r96.wav"},
        {"r16.wav", "sox master.wav -r 16000 r16.wav"},
    };
    check_sound("master.wav", 0.5);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        sh(made[i][1]);
        check_sound(made[i][0], 0.5);
    }
}

static void wrong_extension_does_not_matter(void **state)
{
    (void)state;
    sh("cp a.m4a liar.wav; cp a.mp3 liar.txt; cp a.flac liar.mp3; cp a.opus noextension");
    check_sound("liar.wav", 0.5);
    check_sound("liar.txt", 0.5);
    check_sound("liar.mp3", 0.5);
    check_sound("noextension", 0.5);
}

static void what_is_said_of_a_file_is_true(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_reader *r;
    const char *const names[] = {"master.wav", "a.flac", "a.m4a", "a.mp3"};
    for (int i = 0; i < 4; i++) {
        assert_ok(moim_reader_open(&r, file(names[i]), &err), err);
        assert_int_equal(moim_reader_source_rate(r), 44100);
        assert_int_equal(moim_reader_source_channels(r), 2);
        assert_true(fabs(moim_reader_duration(r) - 3) < 0.2);
        float pcm[1000];
        while (moim_reader_read(r, pcm, 1000, &err) > 0) {
        }
        assert_false(moim_reader_damaged(r));
        moim_reader_close(r);
    }
}

/* A piece of a file gives a piece of the sound and says that it is damaged, or one line why not. */
static void truncated_files_give_what_there_is(void **state)
{
    (void)state;
    struct moim_err err = {0};
    const char *const names[] = {"master.wav", "a.flac", "a.mp3", "a.ogg",
                                 "a.opus",     "a.aac",  "a.m4a", "a.wma"};
    int partial = 0;
    for (int i = 0; i < 8; i++) {
        char command[200];
        snprintf(command, sizeof command, "head -c $(($(stat -c %%s %s) / 2)) %s >cut", names[i], names[i]);
        sh(command);
        struct moim_reader *r;
        int rc = moim_reader_open(&r, file("cut"), &err);
        if (rc) { /* an M4A without its index at the end holds nothing that can be found */
            assert_int_equal(rc, MOIM_EFORMAT);
            assert_non_null(strstr(err.msg, file("cut")));
            assert_int_equal(i, 6);
            continue;
        }
        static float pcm[RATE];
        size_t n = 0;
        long got;
        while ((got = moim_reader_read(r, pcm, RATE, &err)) > 0) n += (size_t)got;
        if (got) fail_msg("half of %s: %s", names[i], err.msg);
        double s = (double)n / RATE;
        if (s < 0.7 || s > 2.2) /* headers take their part of so small a file */
            fail_msg("half of %s: %.2f s", names[i], s);
        partial += moim_reader_damaged(r);
        moim_reader_close(r);
    }
    print_message("%d of 7 are known to be damaged\n", partial);
    assert_true(partial >= 6); /* a stream without a length (AAC) cannot know */
}

static bool said_to_be_cut(const char *name)
{
    struct moim_err err = {0};
    struct moim_reader *r;
    float pcm[1000];
    assert_ok(moim_reader_open(&r, file(name), &err), err);
    while (moim_reader_read(r, pcm, 1000, &err) > 0) continue;
    bool damaged = moim_reader_damaged(r);
    moim_reader_close(r);
    return damaged;
}

/* Whole files of every kind, videos among them whose sound is shorter than the picture, and the same cut. */
static void cut_is_said_of_what_is_cut_and_of_nothing_else(void **state)
{
    (void)state;
    static const char *const made[][2] = {
        {"v.mp4",
         "ffmpeg -y -i master.wav -f lavfi -i testsrc=size=64x64:rate=10:duration=9 -c:v libx264 -c:a aac "
         "-movflags +faststart v.mp4"},
        {"v.mkv", "ffmpeg -y -i master.wav -f lavfi -i testsrc=size=64x64:rate=10:duration=9 -c:v libx264 "
                  "-c:a libopus v.mkv"},
        {"v.ts", "ffmpeg -y -i master.wav -f lavfi -i testsrc=size=64x64:rate=10:duration=9 -c:v libx264 "
                 "-c:a aac v.ts"},
        {"v.ogv", "ffmpeg -y -i master.wav -f lavfi -i testsrc=size=64x64:rate=10:duration=9 -c:v libtheora "
                  "-c:a libvorbis v.ogv"},
        {"late.mp4", "ffmpeg -y -itsoffset 4 -i master.wav -f lavfi -i testsrc=size=64x64:rate=10:duration=9 "
                     "-map 0:a -map 1:v "
                     "-c:v libx264 -c:a aac -movflags +faststart late.mp4"},
        {"s.m4a", "ffmpeg -y -i master.wav -c:a aac -movflags +faststart s.m4a"},
        {"s.mka", "ffmpeg -y -i master.wav -c:a libopus s.mka"},
        {"s.wav", "sox master.wav s.wav"},
        {"s.rf64", "ffmpeg -y -i master.wav -rf64 always -f wav s.rf64"},
        {"s.aiff", "sox master.wav s.aiff"},
        {"s.au", "sox master.wav s.au"},
        {"s.flac", "sox master.wav s.flac"},
        {"s.ogg", "ffmpeg -y -i master.wav -c:a libvorbis s.ogg"},
        {"s.opus", "ffmpeg -y -i master.wav -c:a libopus s.opus"},
        {"s.mp3", "ffmpeg -y -i master.wav s.mp3"},
        {"s.wma", "ffmpeg -y -i master.wav -c:a wmav2 s.wma"},
        {"tagged.wav", "ffmpeg -y -i master.wav -metadata title=talk tagged.wav"},
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        sh(made[i][1]);
        if (said_to_be_cut(made[i][0])) fail_msg("%s is whole", made[i][0]);
        /* A transport stream's length is what it holds: nobody can see that it is cut. */
        if (!strcmp(made[i][0], "v.ts")) continue;
        char command[200];
        snprintf(command, sizeof command, "head -c $(($(stat -c %%s %s) * 55 / 100)) %s >cut", made[i][0],
                 made[i][0]);
        sh(command);
        if (!said_to_be_cut("cut")) fail_msg("%s is cut", made[i][0]);
    }
    /* Written to a pipe: no length is known, and none is missing. */
    sh("ffmpeg -y -i master.wav -f wav - >piped.wav; sox master.wav -t au - >piped.au");
    assert_false(said_to_be_cut("piped.wav"));
    assert_false(said_to_be_cut("piped.au"));
}

static void expect(const char *path, int code, const char *words)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    int rc = moim_decode_file(path, 0, &pcm, &n, &err);
    if (rc != code || !strstr(err.msg, words) || !strstr(err.msg, path) || strchr(err.msg, '\n'))
        fail_msg("%s: %d, %s", path, rc, err.msg);
    assert_null(pcm);
}

static void bad_files_get_one_line_and_the_right_status(void **state)
{
    (void)state;
    sh(": >empty.wav; head -c 30 master.wav >header.wav; head -c 100000 /dev/urandom >noise.mp3; "
       "printf 'a letter, no audio at all\\n' >letter.wav; mkdir -p folder.wav; "
       "{ head -c 22 master.wav; printf '\\0\\0'; tail -c +25 master.wav | head -c 4000; } >zero.wav; "
       "ffmpeg -y -f lavfi -i color=size=32x32:rate=5:duration=1 -an picture.mkv");
    expect(file("nosuch.wav"), MOIM_ENOENT, "No such file");
    expect(file("empty.wav"), MOIM_EFORMAT, "empty");
    expect(file("folder.wav"), MOIM_EFORMAT, "directory");
    expect(file("header.wav"), MOIM_EFORMAT, "");
    expect(file("noise.mp3"), MOIM_EFORMAT, "");
    expect(file("letter.wav"), MOIM_EFORMAT, "not a known audio format");
    expect(file("zero.wav"), MOIM_EFORMAT, "");
    expect(file("picture.mkv"), MOIM_EFORMAT, "no sound");
    if (geteuid()) { /* root may read everything */
        sh("cp master.wav locked.wav; chmod 0 locked.wav");
        expect(file("locked.wav"), MOIM_EACCES, "denied");
    }
}

static void limit_on_length_is_kept(void **state)
{
    (void)state;
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_int_equal(moim_decode_file(file("master.wav"), 2.5, &pcm, &n, &err), MOIM_EUNSUP);
    assert_null(pcm);
    assert_ok(moim_decode_file(file("master.wav"), 3.5, &pcm, &n, &err), err);
    free(pcm);
}

static void samples_that_are_no_numbers_become_silence(void **state)
{
    (void)state;
    struct moim_err err = {0};
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(file("nan.wav"), SFM_WRITE, &info);
    float bad[4] = {NAN, INFINITY, 0.25f, 7}, *pcm;
    sf_writef_float(f, bad, 4);
    sf_close(f);
    size_t n;
    assert_ok(moim_decode_file(file("nan.wav"), 0, &pcm, &n, &err), err);
    assert_int_equal(n, 4);
    assert_true(pcm[0] == 0 && pcm[1] == 0 && pcm[2] == 0.25f && pcm[3] == 1);
    free(pcm);
}

/* An hour of FLAC (silence packs well) in the memory of a second: so would be any length. */
static void an_hour_takes_no_more_memory_than_a_second(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_reader *r;
    sh("sox -n -r 8000 -c 1 -b 16 long.flac trim 0 3600");
    assert_ok(moim_reader_open(&r, file("long.flac"), &err), err);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    static float pcm[RATE];
    uint64_t n = 0;
    long got;
    while ((got = moim_reader_read(r, pcm, RATE, &err)) > 0) n += (uint64_t)got;
    getrusage(RUSAGE_SELF, &after);
    moim_reader_close(r);
    assert_int_equal(n, (uint64_t)3600 * RATE);
    if (after.ru_maxrss > before.ru_maxrss + 4096)
        fail_msg("grew by %ld kB", after.ru_maxrss - before.ru_maxrss);
}

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    make_master();
    return 0;
}
static int drop_dir(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_gives_the_same_sound),
        cmocka_unit_test(wrong_extension_does_not_matter),
        cmocka_unit_test(what_is_said_of_a_file_is_true),
        cmocka_unit_test(truncated_files_give_what_there_is),
        cmocka_unit_test(cut_is_said_of_what_is_cut_and_of_nothing_else),
        cmocka_unit_test(bad_files_get_one_line_and_the_right_status),
        cmocka_unit_test(limit_on_length_is_kept),
        cmocka_unit_test(samples_that_are_no_numbers_become_silence),
        cmocka_unit_test(an_hour_takes_no_more_memory_than_a_second),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
