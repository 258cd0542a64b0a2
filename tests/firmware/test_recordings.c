/* Recordings and the store: locked before they are known, found again after a crash, never thrown away
 * unread. */
#include "storage/scratch.h"

#include "audio/flac_frames.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recordings.h"
#include "firmware/library/recover.h"
#include "firmware/library/removal.h"
#include "firmware/platform/log.h"
#include "firmware/recording/control_socket.h"
#include "firmware/recording/recorder.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SECONDS 4

static char wav[80];

static int with_sound(void **state)
{
    moim_log_set(MOIM_LOG_ERROR);
    if (setup(state)) return -1;
    snprintf(wav, sizeof wav, "%s/in.wav", dir);
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(wav, SFM_WRITE, &info);
    for (int i = 0; f && i < SECONDS * 16000; i++) {
        float x = 0.3f * (float)sin(i * 0.05) + 0.05f * (float)sin(i * 0.31);
        sf_write_float(f, &x, 1);
    }
    return f ? sf_close(f) : -1;
}

/* A recording of the file, begun but not yet in the store. */
static struct moim_recorder *begin(struct moim_store *s, char audio[4096])
{
    struct moim_recorder *r;
    struct moim_source *source;
    assert_ok(moim_recording_name(s, audio, 4096, &err), err);
    assert_ok(moim_source_file(&source, wav, false, &err), err);
    assert_ok(moim_recorder_start(&r, source, audio, false, &err), err);
    return r;
}

static int64_t publish(struct moim_store *s, const char *audio)
{
    int64_t id;
    assert_ok(moim_recording_add(s, audio, "회의", "a file", 1700000000, &id, &err), err);
    return id;
}

static void finish(struct moim_store *s, struct moim_recorder *r, int64_t id, const char *audio)
{
    size_t n;
    assert_ok(moim_recorder_stop(r, &err), err);
    const struct moim_mark *unsaved = moim_recorder_unsaved(r, &n);
    assert_ok(moim_recorded(s, id, audio, (double)moim_recorder_samples(r) / 16000, unsaved, n, &err), err);
    moim_recorder_unlock(r);
    moim_recorder_free(r);
}

static void wait_for_the_end(struct moim_recorder *r)
{
    float pcm[1600];
    uint64_t at;
    while (!moim_recorder_ended(r) || moim_recorder_read(r, pcm, 1600, &at)) {
        moim_recorder_read(r, pcm, 1600, &at);
        usleep(1000);
    }
}

static struct moim_meeting the_meeting(int64_t id)
{
    struct moim_meeting m;
    assert_ok(moim_meeting_get(store, id, &m, &err), err);
    return m;
}

/* The notes of a meeting that begin with `with`. */
static int notes(int64_t id, const char *with)
{
    struct moim_bookmark *list;
    int n, found = 0;
    assert_ok(moim_bookmark_list(store, id, &list, &n, &err), err);
    for (int i = 0; i < n; i++) found += !strncmp(list[i].note, with, strlen(with));
    moim_bookmarks_free(list, n);
    return found;
}

static int recover(int64_t id, bool *gone)
{
    struct moim_meeting m = the_meeting(id);
    char audio[4096];
    int lock;
    assert_ok(moim_audio_path(store, m.audio, audio, sizeof audio, &err), err);
    int rc = moim_sound_lock(audio, &lock, &err);
    if (!rc) rc = moim_recover(store, &m, &lock, gone, &err);
    if (lock >= 0) close(lock);
    moim_meeting_clear(&m);
    return rc;
}

static struct moim_found find(bool repair)
{
    struct moim_found f;
    assert_ok(moim_recordings_find(store, repair, &f, &err), err);
    return f;
}

static void a_recording_is_held_before_anybody_can_know_of_it(void **state)
{
    (void)state;
    char audio[4096];
    bool gone;
    int lock;
    struct moim_recorder *r = begin(store, audio);
    struct moim_found f = find(true);
    assert_true(!f.published && !f.removed && !f.unreadable && !access(audio, F_OK));
    int64_t id = publish(store, audio);
    assert_int_equal(moim_sound_lock(audio, &lock, &err), MOIM_ESTATE);
    assert_int_equal(recover(id, &gone), MOIM_ESTATE);
    assert_int_equal(moim_delete(store, id, &err), MOIM_ESTATE);
    assert_int_equal(moim_unfinished(store), 0);
    wait_for_the_end(r);
    finish(store, r, id, audio);
    assert_int_equal(moim_sound_lock(audio, &lock, &err), MOIM_OK);
    close(lock);
    assert_int_equal(find(true).published, 0);
    assert_int_equal(moim_unfinished(store), 1);
    struct moim_meeting m = the_meeting(id);
    assert_true(m.duration == SECONDS);
    moim_meeting_clear(&m);
    assert_ok(moim_delete(store, id, &err), err);
}

/* What a lock attempt answers is not only "another has it": a file that cannot be opened is not one that is
 * not there. */
static void a_file_that_cannot_be_opened_is_not_taken_for_none(void **state)
{
    (void)state;
    int lock;
    char loop[128];
    snprintf(loop, sizeof loop, "%s/loop", dir);
    assert_int_equal(symlink(loop, loop), 0);
    assert_true(moim_sound_lock(loop, &lock, &err) < 0);
    assert_int_equal(lock, -1);
    snprintf(loop, sizeof loop, "%s/none", dir);
    assert_ok(moim_sound_lock(loop, &lock, &err), err);
    assert_int_equal(lock, -1);
}

static atomic_bool over;
static void *repair_all_the_time(void *arg)
{
    struct moim_store *s;
    struct moim_err e;
    long *rounds = arg;
    if (moim_store_open(&s, path, &e)) return NULL;
    while (!over) {
        struct moim_found f;
        struct moim_meeting *list;
        int n;
        moim_recordings_find(s, true, &f, &e);
        if (moim_meeting_list(s, &list, &n, &e)) continue;
        for (int i = 0; i < n; i++) {
            char audio[4096];
            int lock;
            bool gone;
            if (moim_audio_path(s, list[i].audio, audio, sizeof audio, &e) ||
                moim_sound_lock(audio, &lock, &e))
                continue;
            struct moim_meeting now;
            if (!moim_meeting_get(s, list[i].id, &now, &e)) {
                moim_recover(s, &now, &lock, &gone, &e);
                moim_meeting_clear(&now);
            }
            if (lock >= 0) close(lock);
        }
        moim_meeting_list_free(list, n);
        ++*rounds;
    }
    moim_store_close(s);
    return NULL;
}

static void no_recording_goes_while_others_repair_without_pause(void **state)
{
    (void)state;
    pthread_t repairers[2];
    long rounds[2] = {0};
    over = false;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&repairers[i], NULL, repair_all_the_time, &rounds[i]), 0);
    for (int i = 0; i < 40; i++) {
        char audio[4096];
        double at;
        struct moim_recorder *r = begin(store, audio);
        int64_t id = publish(store, audio);
        assert_ok(moim_recorder_note(r, true, "메모", &at, &err), err);
        if (i % 2) wait_for_the_end(r);
        finish(store, r, id, audio);
        struct moim_meeting m = the_meeting(id);
        struct moim_repair whole;
        assert_ok(moim_journal_repair(audio, &whole, &err), err);
        assert_true(whole.was_whole);
        if (i % 2) assert_true(m.duration == SECONDS && whole.samples == SECONDS * 16000);
        assert_int_equal(notes(id, "메모"), 1);
        moim_meeting_clear(&m);
    }
    over = true;
    for (int i = 0; i < 2; i++) pthread_join(repairers[i], NULL);
    assert_true(rounds[0] > 0 && rounds[1] > 0);
}

/* In a child that ends without a word: begins a recording, notes something, publishes it or not. */
static void crash(bool sound, const char *memo, bool row)
{
    pid_t pid = fork();
    if (!pid) {
        struct moim_store *s;
        char audio[4096];
        double at;
        if (moim_store_open(&s, path, &err)) _exit(1);
        struct moim_recorder *r = NULL;
        struct moim_journal *j = NULL;
        int64_t id;
        if (sound) {
            r = begin(s, audio);
            if (row) publish(s, audio);
            wait_for_the_end(r);
            if (memo && moim_recorder_note(r, true, memo, &at, &err)) _exit(2);
        } else {
            struct moim_meeting m = {.title = "t", .language = "", .source = ""};
            if (moim_recording_name(s, audio, sizeof audio, &err)) _exit(3);
            if (moim_journal_create(&j, audio, NULL, &err)) _exit(4);
            if (memo && moim_journal_mark(j, MOIM_MARK_MEMO, 0, memo, &err)) _exit(5);
            m.audio = strrchr(audio, '/') + 1;
            if (row && moim_meeting_add(s, &m, &id, &err)) _exit(6);
        }
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static struct moim_meeting only_meeting(void)
{
    struct moim_meeting *list, m;
    int n;
    assert_ok(moim_meeting_list(store, &list, &n, &err), err);
    assert_int_equal(n, 1);
    m = the_meeting(list[0].id);
    moim_meeting_list_free(list, n);
    return m;
}

static int files(const char *ending)
{
    char name[128];
    struct dirent *e;
    int n = 0;
    snprintf(name, sizeof name, "%s/audio", dir);
    DIR *d = opendir(name);
    while (d && (e = readdir(d))) {
        size_t k = strlen(e->d_name), want = strlen(ending);
        n += k > want && !strcmp(e->d_name + k - want, ending);
    }
    if (d) closedir(d);
    return n;
}

static void a_crash_before_the_row_costs_neither_sound_nor_notes(void **state)
{
    (void)state;
    crash(true, "예산은 통과", false);
    assert_int_equal(find(false).waiting, 1);
    assert_int_equal(files(".flac"), 1);
    struct moim_found f = find(true);
    assert_true(f.published == 1 && !f.removed && !f.unreadable);
    struct moim_meeting m = only_meeting();
    assert_true(m.duration > SECONDS - 0.2 && m.duration <= SECONDS);
    assert_true(m.state == MOIM_RECORDED && m.started_at > 1700000000);
    assert_int_equal(notes(m.id, "예산은 통과"), 1);
    assert_int_equal(find(true).published, 0);
    assert_ok(moim_delete(store, m.id, &err), err);
    moim_meeting_clear(&m);
    assert_int_equal(files(".flac") + files(".marks"), 0);
    /* No sound, no note: nothing is lost with it. */
    crash(false, NULL, false);
    assert_int_equal(find(true).removed, 1);
    assert_int_equal(files(".flac") + files(".marks"), 0);
    /* No sound yet, but a note. */
    crash(false, "잊지 말 것", false);
    assert_int_equal(find(true).published, 1);
    m = only_meeting();
    assert_int_equal(notes(m.id, "잊지 말 것"), 1);
    assert_int_equal(m.state, MOIM_SUMMARIZED);
    moim_meeting_clear(&m);
}

static void damage_file(const char *name, bool marks, size_t from, size_t n, char with)
{
    char file[512];
    snprintf(file, sizeof file, "%s/audio/%.200s", dir, name);
    if (marks) strcpy(file + strlen(file) - 5, ".marks");
    FILE *f = fopen(file, "r+b");
    assert_non_null(f);
    if (!n) assert_int_equal(ftruncate(fileno(f), (off_t)from), 0);
    fseek(f, (long)from, SEEK_SET);
    while (n--) fputc(with, f);
    fclose(f);
}

static void a_damaged_recording_is_taken_in_with_what_is_whole(void **state)
{
    (void)state;
    bool gone;
    crash(true, "메모 하나", true);
    struct moim_meeting m = only_meeting();
    damage_file(m.audio, false, 0, 42, 0);
    damage_file(m.audio, false, 20000, 300, 0x5a);
    assert_ok(recover(m.id, &gone), err);
    assert_false(gone);
    assert_int_equal(notes(m.id, "메모 하나"), 1);
    assert_int_equal(notes(m.id, "(damaged) "), 1);
    assert_int_equal(files(".damaged"), 1);
    struct moim_meeting now = the_meeting(m.id);
    assert_true(now.duration > SECONDS - 0.2);
    moim_meeting_clear(&now);
    assert_ok(moim_delete(store, m.id, &err),
              err); /* and nothing of it stays, not even what was kept aside */
    moim_meeting_clear(&m);
    assert_int_equal(files(""), 2); /* . and .. */
}

static void empty_marks_cost_no_sound(void **state)
{
    (void)state;
    bool gone;
    crash(true, NULL, true);
    struct moim_meeting m = only_meeting();
    damage_file(m.audio, true, 0, 0, 0);
    assert_ok(recover(m.id, &gone), err);
    struct moim_meeting now = the_meeting(m.id);
    assert_true(!gone && now.duration > SECONDS - 0.2);
    moim_meeting_clear(&now);
    moim_meeting_clear(&m);
}

static void what_cannot_be_read_stays_and_the_meeting_says_so(void **state)
{
    (void)state;
    bool gone;
    crash(true, "남아야 할 메모", true);
    struct moim_meeting m = only_meeting();
    damage_file(m.audio, false, 0, 200000, 0x11);
    for (int again = 0; again < 2; again++) {
        int rc = recover(m.id, &gone);
        assert_int_equal(rc, again ? MOIM_OK : MOIM_EFORMAT);
        struct moim_meeting now = the_meeting(m.id);
        assert_false(gone);
        assert_non_null(strstr(now.error, "nothing in it can be read"));
        assert_int_equal(notes(m.id, "남아야 할 메모"), 1);
        assert_int_equal(files(".flac"), 1);
        moim_meeting_clear(&now);
    }
    moim_meeting_clear(&m);
}

static char *repeated(const char *character, int times)
{
    char *s = calloc((size_t)times + 1, 4);
    for (int i = 0; i < times; i++) strcat(s + (i ? strlen(s) : 0), character);
    return s;
}

static void notes_are_whole_or_refused(void **state)
{
    (void)state;
    char audio[4096];
    double at;
    struct moim_recorder *r = begin(store, audio);
    int64_t id = publish(store, audio);
    struct moim_control *live;
    assert_ok(moim_control_open(&live, store, r, &err), err);
    char *most = repeated("가", MOIM_NOTE_CHARACTERS), *wide = repeated("😀", MOIM_NOTE_CHARACTERS),
         *more = repeated("a", MOIM_NOTE_CHARACTERS + 1), *far = repeated("나", 3 * MOIM_NOTE_CHARACTERS);
    assert_ok(moim_recorder_note(r, false, most, &at, &err), err);
    assert_ok(moim_control_note(store, true, wide, &at, &err), err);
    assert_int_equal(moim_recorder_note(r, true, more, &at, &err), MOIM_EFORMAT);
    assert_int_equal(moim_control_note(store, true, more, &at, &err), MOIM_EFORMAT);
    assert_int_equal(moim_control_note(store, true, far, &at, &err), MOIM_EFORMAT);
    assert_non_null(strstr(err.msg, "1000 characters"));
    assert_int_equal(moim_recorder_note(r, true, "\xea\xb0", &at, &err), MOIM_EFORMAT);
    for (int i = 0; i < 100; i++) assert_ok(moim_recorder_note(r, false, "many", &at, &err), err);
    moim_control_close(live);
    finish(store, r, id, audio);
    assert_int_equal(notes(id, most), 1);
    assert_int_equal(notes(id, wide), 1);
    assert_int_equal(notes(id, "many"), 100);
    assert_int_equal(notes(id, ""), 102);
    free(most), free(wide), free(more), free(far);
}

static void marks_that_the_disk_refuses_reach_the_store(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (!pid) {
        struct rlimit old, none;
        struct moim_store *s;
        char audio[4096], text[MOIM_EVENT_TEXT];
        uint64_t when;
        double at;
        size_t n;
        signal(SIGXFSZ, SIG_IGN);
        if (moim_store_open(&s, path, &err)) _exit(1);
        struct moim_recorder *r = begin(s, audio);
        int64_t id = publish(s, audio);
        wait_for_the_end(r);
        getrlimit(RLIMIT_FSIZE, &old);
        none = (struct rlimit){50, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
        if (moim_recorder_note(r, true, "디스크가 거부한 메모", &at, &err)) _exit(2);
        if (!moim_recorder_event(r, text, &when) || !strstr(text, "kept in memory")) _exit(3);
        moim_recorder_stop(r, NULL);
        setrlimit(RLIMIT_FSIZE, &old);
        const struct moim_mark *unsaved = moim_recorder_unsaved(r, &n);
        if (n != 1 || moim_recorded(s, id, audio, SECONDS, unsaved, n, &err)) _exit(4);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct moim_meeting m = only_meeting();
    assert_int_equal(notes(m.id, "디스크가 거부한 메모"), 1);
    moim_meeting_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_recording_is_held_before_anybody_can_know_of_it, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_is_not_taken_for_none, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_recording_goes_while_others_repair_without_pause, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_crash_before_the_row_costs_neither_sound_nor_notes, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_recording_is_taken_in_with_what_is_whole, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(empty_marks_cost_no_sound, with_sound, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_stays_and_the_meeting_says_so, with_sound,
                                        teardown),
        cmocka_unit_test_setup_teardown(notes_are_whole_or_refused, with_sound, teardown),
        cmocka_unit_test_setup_teardown(marks_that_the_disk_refuses_reach_the_store, with_sound, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
