/* Recordings into the store: parties a channel each, files joined, meetings that go on, remarks, and when a meeting
 * was. */
#include "tests/storage/scratch.h"

#include "firmware/library/audio_files.h"
#include "firmware/library/import_sound.h"
#include "firmware/library/meeting_time.h"
#include "firmware/library/party_plan.h"

#include <math.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#define RATE 16000

static const char *file(const char *name)
{
    static char made[4][300];
    static unsigned turn;
    char *p = made[turn++ % 4];
    snprintf(p, 300, "%s/%s", dir, name);
    return p;
}

/* Bursts of noise: channel c is heard in every n-th second alone, second c first. */
static const char *write_turns(const char *name, int channels, int seconds)
{
    SF_INFO info = {.samplerate = RATE, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(file(name), SFM_WRITE, &info);
    assert_non_null(f);
    unsigned seed = 1;
    for (int i = 0; i < seconds * RATE; i++) {
        float frame[64] = {0};
        seed = seed * 1664525 + 1013904223;
        frame[i / RATE % channels] = 0.3f * ((float)(seed >> 8) / (1 << 23) - 1);
        sf_writef_float(f, frame, 1);
    }
    sf_close(f);
    return file(name);
}

static struct moim_imported import(const char *name, const struct moim_import_options *o)
{
    struct moim_imported done;
    const char *paths[] = {file(name)};
    assert_ok(moim_import_sound(store, paths, 1, o, &done, &err), err);
    return done;
}

static struct moim_meeting meeting(int64_t id)
{
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    return m;
}

static struct moim_parties stored(int64_t id, SF_INFO *info)
{
    char audio[4096];
    struct moim_meeting m = meeting(id);
    struct moim_parties p;
    assert_ok(moim_audio_path(store, m.audio, audio, sizeof audio, &err), err);
    assert_ok(moim_stored_parties(audio, &p, &err), err);
    SNDFILE *f = sf_open(audio, SFM_READ, info);
    assert_non_null(f);
    sf_close(f);
    moim_meeting_clear(&m);
    return p;
}

static double energy_of(int64_t id, const struct moim_part *part, double from, double to)
{
    char audio[4096];
    static float pcm[40 * RATE];
    struct moim_meeting m = meeting(id);
    struct moim_sound *s;
    struct moim_reader *r;
    double sum = 0;
    assert_ok(moim_audio_path(store, m.audio, audio, sizeof audio, &err), err);
    assert_ok(moim_sound_open(&s, audio, &err), err);
    assert_ok(moim_reader_of(&r, s, part, &err), err);
    long n = moim_reader_read(r, pcm, sizeof pcm / sizeof *pcm, &err);
    for (long i = (long)(from * RATE); i < n && i < (long)(to * RATE); i++) sum += (double)pcm[i] * pcm[i];
    moim_reader_close(r);
    moim_sound_close(s);
    moim_meeting_clear(&m);
    return sum;
}

static bool noted(int64_t id, const char *words)
{
    struct moim_bookmark *list;
    int n;
    bool found = false;
    assert_ok(moim_bookmark_list(store, id, &list, &n, &err), err);
    for (int i = 0; i < n; i++)
        found = found || (!strncmp(list[i].note, "(import) ", 9) && strstr(list[i].note, words));
    moim_bookmarks_free(list, n);
    return found;
}

static void every_party_has_a_channel_that_players_play(void **state)
{
    (void)state;
    for (int parties = 1; parties <= 7; parties++) {
        SF_INFO info = {0};
        write_turns("turns.wav", parties, 2 * parties);
        struct moim_imported done =
            import("turns.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_AUTO});
        struct moim_parties p = stored(done.id, &info);
        int want = parties > 1 ? parties : 0;
        assert_int_equal(done.parties, want);
        assert_int_equal(p.n, want);
        assert_int_equal(info.channels, parties > 5 ? parties + 1 : parties);
        assert_int_equal(noted(done.id, "one party each"), parties > 1);
        for (int k = 0; k < p.n; k++) {
            if (info.channels > 5) assert_int_not_equal(p.part[k].channel, 3); /* the bass */
            assert_true(energy_of(done.id, &p.part[k], k, k + 1) > 100);
            assert_true(
                energy_of(done.id, &p.part[k], 0, k) + energy_of(done.id, &p.part[k], k + 1, parties) < 1);
        }
        /* Mixed again, each is heard at its level. */
        for (int k = 0; k < parties; k++) {
            double db = 10 * log10(energy_of(done.id, NULL, k, k + 1) / (RATE * 0.03));
            if (fabs(db) > 1) fail_msg("%d of %d: %.1f dB", k, parties, db);
        }
        moim_parties_clear(&p);
        assert_int_equal(
            import("turns.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_MIX}).parties, 0);
    }
}

static void more_parties_than_channels_share_them_in_turn(void **state)
{
    static const int parties[] = {8, 20};
    (void)state;
    for (int i = 0; i < 2; i++) {
        SF_INFO info = {0};
        int n = parties[i];
        write_turns("many.wav", n, n);
        struct moim_imported done =
            import("many.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_SEPARATE});
        struct moim_parties p = stored(done.id, &info);
        assert_int_equal(done.parties, n);
        assert_int_equal(p.n, n);
        assert_int_equal(info.channels, 8);
        assert_false(noted(done.id, "left out"));
        for (int k = 0; k < n && k < 37; k++) {
            assert_true(energy_of(done.id, &p.part[k], k, k + 1) > 0.98 * RATE * 0.03);
            if (energy_of(done.id, &p.part[k], 0, k) + energy_of(done.id, &p.part[k], k + 1, n) > 1)
                fail_msg("%d of %d is heard where another speaks", k, n);
        }
        moim_parties_clear(&p);
    }
    assert_int_equal(
        import("many.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_AUTO}).parties, 20);
}

/* Party k is heard from second k / at_once on, with the others of its group. */
static const char *write_groups(const char *name, int channels, int at_once, float hiss)
{
    SF_INFO info = {.samplerate = RATE, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(file(name), SFM_WRITE, &info);
    unsigned seed = 1;
    for (int i = 0; i < (channels + at_once - 1) / at_once * 3 * RATE; i++) {
        float frame[64];
        for (int c = 0; c < channels; c++) {
            seed = seed * 1664525 + 1013904223;
            bool speaks = i / (3 * RATE) == c / at_once && i % (3 * RATE) < RATE;
            frame[c] = (speaks ? 0.3f : hiss) * ((float)(seed >> 8) / (1 << 23) - 1);
        }
        sf_writef_float(f, frame, 1);
    }
    sf_close(f);
    return file(name);
}

static void seven_at_once_are_kept_apart_and_more_are_heard_together(void **state)
{
    (void)state;
    SF_INFO info = {0};
    write_groups("seven.wav", 21, 7, 0.0005f);
    struct moim_imported done =
        import("seven.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_SEPARATE});
    struct moim_parties p = stored(done.id, &info);
    assert_int_equal(p.n, 21);
    assert_true(noted(done.id, "35 dB quieter"));
    assert_false(noted(done.id, "heard together"));
    for (int k = 0; k < 21; k++) {
        double own = k / 7 * 3;
        if (fabs(energy_of(done.id, &p.part[k], own, own + 1) / (RATE * 0.03) - 1) > 0.05)
            fail_msg("party %d: %g", k, energy_of(done.id, &p.part[k], own, own + 1) / (RATE * 0.03));
    }
    moim_parties_clear(&p);

    write_groups("nine.wav", 18, 9, 0);
    done = import("nine.wav", &(struct moim_import_options){.channels = MOIM_CHANNELS_SEPARATE});
    p = stored(done.id, &info);
    assert_true(noted(done.id, "heard together"));
    for (int k = 0; k < 18; k++) {
        double own = k / 9 * 3;
        assert_true(energy_of(done.id, &p.part[k], own, own + 1) > 0.9 * RATE * 0.03);
    }
    moim_parties_clear(&p);
}

/* Two files of many parties are one meeting, and the meeting goes on. */
static void many_parties_are_joined(void **state)
{
    (void)state;
    SF_INFO info = {0};
    struct moim_imported done, on;
    const struct moim_import_options o = {.channels = MOIM_CHANNELS_SEPARATE};
    const char *two[] = {write_turns("a.wav", 9, 9), write_turns("b.wav", 9, 12)};
    assert_ok(moim_import_sound(store, two, 2, &o, &done, &err), err);
    assert_ok(moim_import_append(store, done.id, two, 1, &o, &on, &err), err);
    struct moim_parties p = stored(done.id, &info);
    assert_int_equal(p.n, 9);
    assert_int_equal(info.frames, 30 * RATE);
    for (int k = 0; k < 9; k++) {
        double want = (k < 3 ? 4 : 3) * RATE * 0.03, got = energy_of(done.id, &p.part[k], 0, 30);
        if (fabs(got / want - 1) > 0.05) fail_msg("party %d: %g of %g", k, got, want);
        assert_true(energy_of(done.id, &p.part[k], 9 + k, 10 + k) > 0.95 * RATE * 0.03);
        assert_true(energy_of(done.id, &p.part[k], 21 + k, 22 + k) > 0.95 * RATE * 0.03);
    }
    moim_parties_clear(&p);
}

/* No name is cut, no line of a foreign table leads astray. */
static void tables_of_parties(void **state)
{
    char name[3000];
    struct moim_parties p, back;
    (void)state;
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 4, "end", 4);
    memset(&p, 0, sizeof p);
    for (int k = 0; k < 40; k++) {
        p.part[p.n++] = (struct moim_part){
            -1, 0, strdup(k ? "" : name), calloc(1, sizeof(struct moim_party_span)), 1, NULL};
        p.part[k].spans[0] = (struct moim_party_span){k, k + 5, k % 7};
    }
    char *table = moim_party_table(&p, true);
    assert_int_equal(moim_party_table_read(table, 8, &back), MOIM_OK);
    assert_int_equal(back.n, 40);
    assert_string_equal(back.part[0].name, name);
    assert_int_equal(back.part[39].spans[0].to, 44);
    free(table);
    moim_parties_clear(&back);
    table = moim_party_table(&p, false);
    assert_null(strstr(table, "end"));
    free(table);
    moim_parties_clear(&p);
    static const char *const odd[] = {
        "moim-party-spans: 9\nA\n",
        "moim-party-spans: 9\n\n\n\n\n\n\n\n\n\n99 0 0 5\n0 9 0 5\n0 0 5 5\n0 0 -1 5\nx",
        "moim-party-spans: 99999\nA",
        "moim-party-spans: -4",
        "moim-party-spans:",
        "moim-parties:\nA",
        ""};
    static const int parties[] = {9, 9, 0, 0, 0, 7, 7};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(moim_party_table_read(odd[i], 8, &back), MOIM_OK);
        assert_int_equal(back.n, parties[i]);
        for (int k = 0; k < back.n; k++) assert_int_equal(back.part[k].n_spans, 0);
        moim_parties_clear(&back);
    }
}

static void files_are_joined_in_order_and_a_meeting_goes_on(void **state)
{
    (void)state;
    SF_INFO info = {0};
    struct moim_imported done;
    const char *two[] = {write_turns("a.wav", 2, 4), write_turns("b.wav", 2, 2)};
    assert_ok(moim_import_sound(store, two, 2, &(struct moim_import_options){.title = "joined"}, &done, &err),
              err);
    struct moim_parties p = stored(done.id, &info);
    assert_int_equal(p.n, 2);
    assert_int_equal(info.frames, 6 * RATE);
    assert_true(noted(done.id, "next file"));
    assert_true(energy_of(done.id, &p.part[0], 4, 5) > 100 && energy_of(done.id, &p.part[1], 4, 5) < 1);
    struct moim_meeting before = meeting(done.id);

    const char *more[] = {write_turns("c.wav", 1, 3)};
    struct moim_imported on;
    assert_ok(moim_import_append(store, done.id, more, 1, &(struct moim_import_options){0}, &on, &err), err);
    struct moim_meeting after = meeting(done.id);
    assert_int_equal(on.id, done.id);
    assert_string_equal(after.title, "joined");
    assert_int_equal(after.started_at, before.started_at);
    assert_true(fabs(after.duration - 9) < 0.001);
    assert_int_equal(after.state, MOIM_RECORDED);
    assert_string_not_equal(after.audio, before.audio);
    assert_true(noted(done.id, "mixed into one")); /* one channel cannot go on with two parties */
    char old[4096];
    assert_ok(moim_audio_path(store, before.audio, old, sizeof old, &err), err);
    assert_int_not_equal(access(old, F_OK), 0);
    assert_true(energy_of(done.id, NULL, 0, 1) > 100 && energy_of(done.id, NULL, 8, 9) > 100);
    moim_meeting_clear(&before);
    moim_meeting_clear(&after);
}

static void nothing_is_left_of_what_fails(void **state)
{
    (void)state;
    struct moim_imported done;
    const char *two[] = {write_turns("a.wav", 1, 1), "/nowhere/b.wav"};
    assert_int_equal(moim_import_sound(store, two, 2, &(struct moim_import_options){0}, &done, &err),
                     MOIM_ENOENT);
    struct moim_meeting *list;
    int n;
    assert_ok(moim_meeting_list(store, &list, &n, &err), err);
    assert_int_equal(n, 0);
    moim_meeting_list_free(list, n);
    struct moim_imported one = import("a.wav", &(struct moim_import_options){0});
    struct moim_meeting before = meeting(one.id);
    assert_int_equal(moim_import_append(store, one.id, two, 2, &(struct moim_import_options){0}, &done, &err),
                     MOIM_ENOENT);
    struct moim_meeting after = meeting(one.id);
    assert_string_equal(before.audio, after.audio);
    assert_true(energy_of(one.id, NULL, 0, 1) > 100);
    moim_meeting_clear(&before);
    moim_meeting_clear(&after);
    assert_int_equal(moim_import_append(store, 4711, two, 1, &(struct moim_import_options){0}, &done, &err),
                     MOIM_ENOENT);
}

/* ---- when ---- */

static void names_say_when_a_meeting_was(void **state)
{
    (void)state;
    static const struct {
        const char *name, *when; /* "" none, a day alone without its clock */
    } row[] = {
        {"2026-03-02 회의.m4a", "2026-03-02"},
        {"녹음_260302_1030.m4a", "2026-03-02 10:30:00"},
        {"음성 260302_103005.m4a", "2026-03-02 10:30:05"},
        {"20260302 103000.m4a", "2026-03-02 10:30:00"},
        {"20260302_1030.wav", "2026-03-02 10:30:00"},
        {"20260302103000.mp4", "2026-03-02 10:30:00"},
        {"2026-03-02 10-30-05.mkv", "2026-03-02 10:30:05"},
        {"2026-03-02T10:30.wav", "2026-03-02 10:30:00"},
        {"2026-03-02 at 10.30.05.mp4", "2026-03-02"},
        {"2026.3.2 주간회의.m4a", "2026-03-02"},
        {"2026_03_02_15_04.wav", "2026-03-02 15:04:00"},
        {"2026년 3월 2일 오후 3시 30분.m4a", "2026-03-02 15:30:00"},
        {"2026년 3월 2일 오전 12시.m4a", "2026-03-02 00:00:00"},
        {"2026.03.02 월 오후 3:30 ・ 32분 10초", "2026-03-02 15:30:00"},
        {"March 2, 2026, 1:30AM", "2026-03-02 01:30:00"},
        {"Weekly 2 Mar 2026", "2026-03-02"},
        {"Marketing 12.m4a", ""},
        {"2026년3월2일 15시30분 팀.m4a", "2026-03-02 15:30:00"},
        {"2026-03-02 (월) 10:30.m4a", "2026-03-02 10:30:00"},
        {"GMT20260302-013000_Recording.m4a", "UTC 2026-03-02 01:30:00"},
        {"Weekly-20260302_103000-Meeting Recording.mp4", "2026-03-02 10:30:00"},
        {"PTT-20260302-WA0001.opus", "2026-03-02"},
        {"회의 3.m4a", ""},
        {"1234567.wav", ""},
        {"20261302.wav", ""},
        {"261340.wav", ""},
        {"12345678.wav", ""},
        {"2026-02-30.wav", ""},
        {"room 260399.wav", ""},
        {"v1.2.3.wav", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct moim_named_time t = {0};
        char text[64] = "";
        bool found = moim_time_in_name(row[i].name, &t), utc = !strncmp(row[i].when, "UTC ", 4);
        time_t at = (time_t)t.at;
        struct tm tm;
        if (found)
            strftime(text, sizeof text, t.clock ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d",
                     utc ? gmtime_r(&at, &tm) : localtime_r(&at, &tm));
        if (strcmp(text, row[i].when + (utc ? 4 : 0)))
            fail_msg("%s: %s, not %s", row[i].name, text, row[i].when);
    }
}

static void the_file_is_asked_first_then_its_name_then_its_time(void **state)
{
    (void)state;
    assert_int_equal(moim_meeting_time("/x/2026-03-02 1030.wav", NULL, 1234567890), 1234567890);
    assert_int_equal(moim_meeting_time("/x/y", "2026-03-02 1030.wav", 0),
                     moim_time_parse("2026-03-02 10:30"));
    assert_int_equal(moim_meeting_time("/x/2026-03-02.wav", NULL, 0), moim_time_parse("2026-03-02"));
    write_turns("2026-03-02.wav", 1, 1);
    write_turns("plain.wav", 1, 1);
    int64_t noon = moim_time_parse("2026-03-02 12:05");
    struct utimbuf t = {(time_t)noon, (time_t)noon};
    assert_int_equal(utime(file("2026-03-02.wav"), &t), 0);
    assert_int_equal(utime(file("plain.wav"), &t), 0);
    assert_int_equal(moim_meeting_time(file("2026-03-02.wav"), NULL, 0),
                     noon); /* its day, at the file's hour */
    assert_int_equal(moim_meeting_time(file("plain.wav"), NULL, 0), noon);
    assert_int_equal(moim_time_parse("yesterday"), 0);
    assert_int_equal(moim_time_parse("2026-03-02 25:00"), 0);
}

static void containers_say_when_they_were_recorded(void **state)
{
    (void)state;
    static const struct {
        const char *make, *name;
        int64_t at;
    } row[] = {
        {"-metadata creation_time=2026-03-02T10:30:00Z", "c.m4a", 1772447400},
        {"-metadata creation_time=2026-03-02T10:30:00Z -f lavfi -i color=size=32x32:rate=5:duration=1 -c:v mpeg4",
         "c.mov", 1772447400},
        {"", "none.m4a", 0},
        {"-metadata creation_time=1904-01-01T00:00:00Z", "old.m4a", 0},
        {"-metadata date=2026", "year.mp3", 0},
        {"-write_bext 1 -metadata origination_date=2026-03-02 -metadata origination_time=10:30:00", "b.wav",
         -1},
        {"-metadata date=2026-03-02T10:30:00", "d.mp3", -1},
    };
    write_turns("one.wav", 1, 1);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char line[700];
        struct moim_sound *s;
        const char *inputs = strstr(row[i].make, "-f lavfi");
        snprintf(line, sizeof line, "cd '%s' && ffmpeg -v error -nostdin -y -i one.wav %s %.*s %s", dir,
                 inputs ? inputs : "", inputs ? (int)(inputs - row[i].make) : (int)strlen(row[i].make),
                 row[i].make, row[i].name);
        if (system(line)) fail_msg("%s", line);
        assert_ok(moim_sound_open(&s, file(row[i].name), &err), err);
        int64_t want = row[i].at < 0 ? moim_time_parse("2026-03-02 10:30") : row[i].at;
        if (moim_sound_began(s) != want) fail_msg("%s: %lld", row[i].name, (long long)moim_sound_began(s));
        moim_sound_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_party_has_a_channel_that_players_play, setup, teardown),
        cmocka_unit_test_setup_teardown(more_parties_than_channels_share_them_in_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(seven_at_once_are_kept_apart_and_more_are_heard_together, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(many_parties_are_joined, setup, teardown),
        cmocka_unit_test(tables_of_parties),
        cmocka_unit_test_setup_teardown(files_are_joined_in_order_and_a_meeting_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_what_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(names_say_when_a_meeting_was, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_asked_first_then_its_name_then_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(containers_say_when_they_were_recorded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
