/* One recording from start to end: the file is locked while it records, the row has all of it afterwards, nothing is left of
 * one that could not begin; and the chosen microphone. */
#include "storage/scratch.h"

#include "base/directory.h"
#include "firmware/library/audio_files.h"
#include "firmware/pipeline/diarize_stage.h"
#include "firmware/pipeline/process.h"
#include "firmware/recording/control_socket.h"
#include "firmware/recording/microphone.h"
#include "firmware/recording/session.h"
#include "storage/queue.h"

#include <signal.h>
#include <sndfile.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

static char wav[80];
static struct moim_err warning;

/* The clock that counts a machine's sleep, ahead by so many seconds. */
static atomic_int asleep;
int clock_gettime(clockid_t id, struct timespec *t)
{
    long rc = syscall(SYS_clock_gettime, id, t);
    if (!rc && id == CLOCK_BOOTTIME) t->tv_sec += asleep;
    return (int)rc;
}

static void make_noise(int seconds)
{
    snprintf(wav, sizeof wav, "%s/in.wav", dir);
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(wav, SFM_WRITE, &info);
    uint32_t x = 1;
    for (int i = 0; f && i < seconds * 16000; i++) {
        x = x * 1664525u + 1013904223u;
        short v = (short)(x >> 17);
        sf_write_short(f, &v, 1);
    }
    assert_non_null(f);
    sf_close(f);
}

static struct moim_session *start(void)
{
    struct moim_session *n;
    struct moim_session_options o = {.from = wav, .fast = true, .title = "회의"};
    assert_ok(moim_session_start(&n, store, &o, &warning, &err), err);
    assert_int_equal(warning.code, MOIM_OK);
    return n;
}

static void wait_for_the_end(struct moim_session *n)
{
    while (!moim_recorder_ended(moim_session_recorder(n))) usleep(1000);
}

static void a_recording_is_locked_until_its_row_is_complete(void **state)
{
    (void)state;
    char audio[4096];
    double at;
    int lock = -1;
    make_noise(3);
    struct moim_session *n = start();
    struct moim_meeting m;
    int64_t id = moim_session_meeting(n)->id;
    assert_string_equal(moim_session_meeting(n)->title, "회의");
    assert_ok(moim_audio_path(store, moim_session_meeting(n)->audio, audio, sizeof audio, &err), err);
    assert_ok(moim_control_note(store, false, "from outside", &at, &err), err);
    wait_for_the_end(n);
    assert_ok(moim_session_stop(n, &err), err);
    assert_int_equal(moim_control_note(store, false, "too late", &at, &err), MOIM_ENOENT);
    assert_int_equal(moim_sound_lock(audio, &lock, &err), MOIM_ESTATE);
    assert_ok(moim_session_finish(n, NULL, &warning, &err), err);
    assert_ok(moim_sound_lock(audio, &lock, &err), err);
    close(lock);
    moim_session_free(n);
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_true(m.duration == 3);
    assert_string_equal(m.error, "");
    struct moim_bookmark *list;
    int count;
    assert_ok(moim_bookmark_list(store, id, &list, &count, &err), err);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].note, "from outside");
    moim_bookmarks_free(list, count);
    moim_meeting_clear(&m);
}

/* Sleep is marked where it was, with its length; the recording goes on as one. */
static void a_machine_that_sleeps_leaves_a_mark(void **state)
{
    (void)state;
    struct moim_session *n;
    struct moim_bookmark *list;
    char text[MOIM_EVENT_TEXT] = "";
    uint64_t at = 0;
    int count;
    make_noise(1);
    struct moim_session_options o = {.from = wav, .simulated = true, .loop = true};
    assert_ok(moim_session_start(&n, store, &o, &warning, &err), err);
    while (moim_session_seconds(n) < 0.3) usleep(1000);
    asleep = 301;
    while (!moim_recorder_event(moim_session_recorder(n), text, &at)) usleep(1000);
    if (!strstr(text, "slept for 5:0")) fail_msg("%s", text);
    double before = moim_session_seconds(n);
    while (moim_session_seconds(n) < before + 0.3) usleep(1000);
    assert_false(moim_recorder_event(moim_session_recorder(n), text, &at)); /* told once */
    assert_ok(moim_session_stop(n, &err), err);
    assert_ok(moim_session_finish(n, NULL, &warning, &err), err);
    assert_ok(moim_bookmark_list(store, moim_session_meeting(n)->id, &list, &count, &err), err);
    assert_int_equal(count, 1);
    assert_non_null(strstr(list[0].note, "(gap) the machine slept for 5:0"));
    assert_true(list[0].at >= 0.3 && list[0].at <= before);
    moim_bookmarks_free(list, count);
    moim_session_free(n);
}

/* The limit stands for a full disk; the store's own file stays below it. */
static void why_it_ended_early_stands_at_the_meeting(void **state)
{
    (void)state;
    struct rlimit old, small;
    struct moim_meeting m;
    make_noise(60);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 600000;
    setrlimit(RLIMIT_FSIZE, &small);
    struct moim_session *n = start();
    int64_t id = moim_session_meeting(n)->id;
    wait_for_the_end(n);
    assert_int_equal(moim_session_stop(n, &err), MOIM_ENOSPC);
    assert_ok(moim_session_finish(n, NULL, &warning, &err), err);
    setrlimit(RLIMIT_FSIZE, &old);
    moim_session_free(n);
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_true(m.duration > 1 && m.duration < 59);
    assert_non_null(strstr(m.error, "full"));
    moim_meeting_clear(&m);
}

/* The row cannot be written: the file that is there already, with its sound, goes again. */
static void what_cannot_begin_leaves_nothing(void **state)
{
    (void)state;
    struct moim_session *n = NULL;
    struct moim_names names;
    char audio[96];
    sqlite3 *db;
    make_noise(3);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "ALTER TABLE meetings RENAME TO elsewhere", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    struct moim_session_options o = {.from = wav, .fast = true};
    assert_true(moim_session_start(&n, store, &o, &warning, &err) < 0);
    assert_null(n);
    snprintf(audio, sizeof audio, "%s/audio", dir);
    assert_int_equal(access(audio, F_OK), 0);
    assert_ok(moim_names_read(&names, audio, &err), err);
    assert_int_equal(names.n, 0);
    moim_names_free(&names);
}

static struct moim_caption caption(enum moim_caption_kind kind, double start, double end, const char *text)
{
    return (struct moim_caption){.kind = kind, .start = start, .end = end, .text = text, .language = "ko"};
}

static void expect_lines(int64_t id, int count, const char *last)
{
    struct moim_segment *list;
    int n;
    assert_ok(moim_segments_get(store, id, &list, &n, &err), err);
    assert_int_equal(n, count);
    assert_string_equal(list[n - 1].text, last);
    moim_segments_free(list, n);
}

/* The captions stay as the meeting's lines, the one too that was not final yet, until the transcript comes. */
static void captions_stay_as_a_draft(void **state)
{
    (void)state;
    struct moim_draft draft = {0};
    struct moim_meeting m;
    struct moim_caption said[] = {
        caption(MOIM_CAPTION_PARTIAL, 0, 1, "안녕"), caption(MOIM_CAPTION_FINAL, 0, 1.2, "안녕하세요"),
        caption(MOIM_CAPTION_PARTIAL, 1.5, 2, "예산"), caption(MOIM_CAPTION_PARTIAL, 1.5, 2.5, "예산은")};
    make_noise(3);
    struct moim_session *n = start();
    int64_t id = moim_session_meeting(n)->id;
    for (int i = 0; i < 4; i++) assert_int_equal(moim_draft_take(&draft, &said[i]), MOIM_OK);
    wait_for_the_end(n);
    assert_ok(moim_session_stop(n, &err), err);
    assert_ok(moim_session_finish(n, &draft, &warning, &err), err);
    assert_int_equal(warning.code, MOIM_OK);
    moim_session_free(n);
    moim_draft_clear(&draft);
    expect_lines(id, 2, "예산은");
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    assert_int_equal(m.state, MOIM_RECORDED);
    assert_string_equal(m.language, "ko");
    assert_true(moim_meeting_draft(&m, 2) && !moim_meeting_draft(&m, 0));
    struct moim_engine *e;
    setenv("MOIM_SHARE", "firmware/packaging", 0); /* the list of models, in a checkout */
    assert_ok(moim_engine_new(&e, 1, &err), err);
    /* What would count as done after it is refused. */
    assert_int_equal(moim_write_minutes(e, store, &m, "none", NULL, NULL, NULL, NULL, &err), MOIM_EINVAL);
    assert_string_equal(err.why, "not_recognised");
    assert_int_equal(moim_diarize_meeting(NULL, store, id, 0, NULL, NULL, &err), MOIM_EINVAL);
    moim_engine_free(e);
    moim_meeting_clear(&m);
    struct moim_segment final = {
        .start = 0, .end = 2.5, .text = "안녕하세요. 예산은 그대로입니다.", .language = "ko"};
    assert_ok(moim_segments_put(store, id, &final, 1, "ko", MOIM_RESCORED, &err), err);
    expect_lines(id, 1, final.text);
}

static void write_old_choice(char *file, const char *line)
{
    sprintf(file, "%s/device.conf", dir);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(line, f);
    fclose(f);
}

static void chosen_is(const char *want)
{
    char *name;
    assert_ok(moim_microphone_chosen(store, &name, &err), err);
    assert_string_equal(name, want);
    free(name);
}

static void an_old_choice_is_taken_over_once(void **state)
{
    (void)state;
    char old[64], *set;
    chosen_is("");
    write_old_choice(old, "책상 마이크\n");
    chosen_is("책상 마이크");
    assert_int_equal(access(old, F_OK), -1);
    assert_ok(moim_setting_get(store, "microphone", "", &set, &err), err); /* as the page reads it */
    assert_string_equal(set, "책상 마이크");
    free(set);
    assert_ok(moim_setting_set(store, "microphone", "wall", &err), err); /* as the page sets it */
    write_old_choice(old, "attic\n");
    chosen_is("wall");
    assert_int_equal(access(old, F_OK), -1);
    write_old_choice(old, "");
    unlink(old);
    assert_int_equal(mkfifo(old, 0600), 0);
    chosen_is("wall"); /* and nothing hangs */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_recording_is_locked_until_its_row_is_complete),
                                       T(captions_stay_as_a_draft),
                                       T(a_machine_that_sleeps_leaves_a_mark),
                                       T(why_it_ended_early_stands_at_the_meeting),
                                       T(what_cannot_begin_leaves_nothing),
                                       T(an_old_choice_is_taken_over_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
