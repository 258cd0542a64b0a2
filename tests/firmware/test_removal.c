/* Meetings under their lock: deleting, tidying and processing them, whole or not at all, whoever else is at
 * work and whatever was cut off. */
#include "tests/storage/scratch.h"

#include "firmware/library/audio_files.h"
#include "firmware/library/import_sound.h"
#include "firmware/library/import_transcript.h"
#include "firmware/library/removal.h"
#include "firmware/library/retention.h"
#include "firmware/pipeline/process.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static const int64_t now = 1800000000;

static const char *in_audio(const char *name)
{
    static char file[300];
    snprintf(file, sizeof file, "%s/audio/%s", dir, name);
    return file;
}

static bool there(const char *name)
{
    return !access(in_audio(name), F_OK);
}

static void write_file(const char *name, size_t bytes, int64_t written)
{
    snprintf(path, sizeof path, "%s/audio", dir);
    mkdir(path, 0700);
    int fd = open(in_audio(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && !ftruncate(fd, (off_t)bytes));
    close(fd);
    struct timespec t[2] = {{.tv_sec = written}, {.tv_sec = written}};
    assert_int_equal(utimensat(AT_FDCWD, in_audio(name), t, 0), 0);
}

/* A meeting of started_at, whose sound of 1000 bytes came into the store at came. */
static int64_t add(const char *name, int64_t started_at, int64_t came, enum moim_state state)
{
    int64_t id;
    struct moim_meeting m = {.title = "x",
                             .started_at = started_at,
                             .duration = 1,
                             .language = "",
                             .state = state,
                             .audio = (char *)(uintptr_t)name,
                             .source = ""};
    assert_ok(moim_meeting_add(store, &m, &id, &err), err);
    if (*name) write_file(name, 1000, came);
    return id;
}

static void put_text(int64_t id, const char *text)
{
    struct moim_segment g = {
        .start = 0, .end = 1, .text = (char *)(uintptr_t)text, .first_pass = "", .language = "en"};
    assert_ok(moim_segments_put(store, id, &g, 1, "en", MOIM_DIARIZED, &err), err);
}

static bool in_store(int64_t id, enum moim_state *state, bool *sound)
{
    struct moim_meeting m;
    if (moim_meeting_get(store, id, &m, NULL)) return false;
    if (state) *state = m.state;
    if (sound) *sound = *m.audio;
    moim_meeting_clear(&m);
    return true;
}

static int elsewhere(int (*run)(int64_t), int64_t id)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) _exit(run(id));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What another program hears: 1 in other hands, 0 done, 2 anything else. */
static int answer(int rc)
{
    return rc == MOIM_ESTATE ? 1 : rc ? 2 : 0;
}

static int deletes(int64_t id)
{
    struct moim_store *s;
    char db[80];
    snprintf(db, sizeof db, "%s/moim.db", dir);
    int rc = moim_store_open(&s, db, NULL);
    return rc ? 2 : answer(moim_delete(s, id, NULL));
}

static int processes(int64_t id)
{
    struct moim_store *s;
    char db[80];
    struct moim_err warning, why;
    struct moim_process_options o = {.again = true};
    snprintf(db, sizeof db, "%s/moim.db", dir);
    int rc = moim_store_open(&s, db, NULL);
    return rc ? 2 : answer(moim_process(NULL, s, id, &o, &warning, &why));
}

static int tidies(int64_t id)
{
    struct moim_store *s;
    char db[80];
    struct moim_tidied done;
    struct moim_keep keep = {.limited = true};
    (void)id;
    snprintf(db, sizeof db, "%s/moim.db", dir);
    if (moim_store_open(&s, db, NULL) || moim_tidy(s, &keep, now, &done, NULL)) return 2;
    return done.meetings;
}

static void a_meeting_in_one_hand_is_in_no_other(void **state)
{
    (void)state;
    int64_t id[2] = {add("a.flac", 1, now, MOIM_DIARIZED), add("", 1, 0, MOIM_DIARIZED)};
    for (int i = 0; i < 2; i++) { /* with sound and without */
        struct moim_meeting_lock l, second;
        struct moim_meeting m, other;
        assert_ok(moim_meeting_lock(store, id[i], &l, &m, &err), err);
        assert_int_equal(moim_meeting_lock(store, id[i], &second, &other, &err), MOIM_ESTATE);
        assert_int_equal(elsewhere(deletes, id[i]), 1);
        assert_int_equal(elsewhere(processes, id[i]), 1);
        assert_int_equal(elsewhere(tidies, 0), 0);
        assert_int_equal(moim_delete(store, id[i], &err), MOIM_ESTATE);
        moim_meeting_unlock(&l);
        moim_meeting_clear(&m);
        assert_true(in_store(id[i], NULL, NULL));
        assert_int_equal(elsewhere(deletes, id[i]), 0);
        assert_false(in_store(id[i], NULL, NULL));
    }
    assert_false(there("a.flac"));
}

/* Each half alone, as a crash may leave it: repeating finishes, and so does whoever looks after the store. */
static void a_deletion_that_was_cut_off_is_finished(void **state)
{
    (void)state;
    int left;
    int64_t a = add("a.flac", 1, now, MOIM_DIARIZED), b = add("b.flac", 1, now, MOIM_DIARIZED),
            c = add("c.flac", 1, now, MOIM_DIARIZED);
    char aside[64];
    write_file("a.marks", 10, now);
    unlink(in_audio("a.flac")); /* the sound alone has gone: repeat */
    assert_ok(moim_delete(store, a, &err), err);
    assert_false(in_store(a, NULL, NULL) || there("a.marks"));

    snprintf(aside, sizeof aside, ".removed-m-%lld-b.flac", (long long)b); /* before its row changed */
    write_file(aside, 1000, now);
    unlink(in_audio("b.flac"));
    write_file(".removed-m-999-gone.flac", 1000, now); /* after its row changed */
    char of_c[64];
    snprintf(of_c, sizeof of_c, ".removed-s-%lld-c.flac", (long long)c); /* of tidy */
    write_file(of_c, 1000, now);
    unlink(in_audio("c.flac"));
    assert_ok(moim_removals(store, false, &left, &err), err);
    assert_int_equal(left, 3);
    assert_true(in_store(b, NULL, NULL) && there(aside));

    int fd = open(in_audio(aside), O_RDONLY); /* somebody is at it: left alone, and not counted */
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_ok(moim_removals(store, true, &left, &err), err);
    assert_int_equal(left, 0);
    assert_true(in_store(b, NULL, NULL) && there(aside));
    close(fd);
    assert_ok(moim_removals(store, true, &left, &err), err);
    assert_int_equal(left, 0);
    bool sound = true;
    assert_false(in_store(b, NULL, NULL) || there(aside) || there(".removed-m-999-gone.flac") || there(of_c));
    assert_true(in_store(c, NULL, &sound) && !sound);
    assert_int_equal(moim_delete(store, b, &err), MOIM_ENOENT);
}

/* Where the row cannot go, the sound stays: a delete that another connection makes impossible. */
static void a_deletion_that_cannot_be_takes_nothing(void **state)
{
    (void)state;
    int64_t id = add("a.flac", 1, now, MOIM_DIARIZED);
    sqlite3 *other;
    char db[80];
    snprintf(db, sizeof db, "%s/moim.db", dir);
    assert_int_equal(sqlite3_open(db, &other), SQLITE_OK);
    const char *refuse = "CREATE TRIGGER no BEFORE DELETE ON meetings BEGIN SELECT raise(ABORT, 'no'); END";
    assert_int_equal(sqlite3_exec(other, refuse, NULL, NULL, NULL), SQLITE_OK);
    assert_true(moim_delete(store, id, &err) != MOIM_OK);
    assert_true(in_store(id, NULL, NULL) && there("a.flac"));
    assert_int_equal(sqlite3_exec(other, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_ok(moim_delete(store, id, &err), err);
    assert_false(in_store(id, NULL, NULL) || there("a.flac"));
}

static void age_is_by_when_sound_came_and_not_by_when_the_meeting_was(void **state)
{
    (void)state;
    const int64_t day = 86400;
    struct moim_keep keep = {.days = 30};
    struct moim_tidied done;
    bool sound;
    int64_t old_meeting = add("import-new.flac", now - 4000 * day, now - day, MOIM_DIARIZED),
            wrong_clock = add("rec-1970.flac", 100, 200, MOIM_DIARIZED),
            wrong_title = add("rec-ahead.flac", now + 400 * day, now - 40 * day, MOIM_DIARIZED),
            unheard = add("rec-unheard.flac", now - 90 * day, now - 90 * day, MOIM_RECORDED);
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_int_equal(done.meetings, 1);
    assert_int_equal(done.left, 3000);
    assert_true(in_store(wrong_title, NULL, &sound) && !sound && !there("rec-ahead.flac"));
    assert_true(there("import-new.flac") && there("rec-1970.flac") && there("rec-unheard.flac"));
    /* What a wrong clock wrote ages from the first look on. */
    assert_ok(moim_tidy(store, &keep, now + 29 * day, &done, &err), err);
    assert_int_equal(done.meetings, 0);
    assert_ok(moim_tidy(store, &keep, now + 31 * day, &done, &err), err);
    assert_int_equal(done.meetings, 2);
    assert_true(in_store(old_meeting, NULL, &sound) && !sound && in_store(wrong_clock, NULL, &sound) &&
                !sound);
    assert_true(in_store(unheard, NULL, &sound) && sound && there("rec-unheard.flac"));
    /* A clock that has not been set yet finds nothing old. */
    add("rec-now.flac", now, now, MOIM_DIARIZED);
    assert_ok(moim_tidy(store, &keep, 1000, &done, &err), err);
    assert_int_equal(done.meetings, 0);
}

static void a_limit_takes_the_oldest_and_none_at_all_takes_every_sound_that_may_go(void **state)
{
    (void)state;
    struct moim_keep keep = {.limited = true, .bytes = 2000, .dry_run = true};
    struct moim_tidied done;
    add("late.flac", 1, now - 10, MOIM_DIARIZED);
    add("early.flac", 9, now - 30, MOIM_SUMMARIZED);
    add("unheard.flac", 5, now - 20, MOIM_RECORDED);
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_true(done.meetings == 1 && there("early.flac"));
    keep.dry_run = false;
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_true(done.meetings == 1 && !there("early.flac") && there("late.flac"));
    keep.bytes = 0;
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_true(done.meetings == 1 && done.left == 1000 && !there("late.flac") && there("unheard.flac"));
    keep.limited = false;
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_int_equal(done.meetings, 0);
}

static void sound_that_came_by_a_wrong_clock_came_when_it_was_set(void **state)
{
    (void)state;
    const int64_t behind = now - 60 * 86400;
    struct moim_clock_look look = {0};
    struct moim_keep keep = {.days = 30};
    struct moim_tidied done;
    int64_t since;
    assert_false(moim_clock_was_set(&look, behind, 10, &since));
    for (int i = 1; i < 500; i++) assert_false(moim_clock_was_set(&look, behind + i, 10 + i, &since));
    assert_true(look.even_since == 10);
    add("old.flac", 1, behind - 100, MOIM_DIARIZED);
    add("new.flac", 1, behind + 100, MOIM_DIARIZED);
    assert_true(moim_clock_was_set(&look, now, 600, &since));
    assert_true(since == behind && look.even_since == 600);
    assert_ok(moim_sound_came_now(store, since, now, &err), err);
    assert_ok(moim_tidy(store, &keep, now, &done, &err), err);
    assert_true(done.meetings == 1 && !there("old.flac") && there("new.flac"));
    assert_false(moim_clock_was_set(&look, now + 1, 601, &since));
    assert_true(moim_clock_was_set(&look, now - 3600, 602, &since)); /* backwards too */
}

static void again_without_sound_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct moim_process_options o = {.again = true};
    struct moim_err warning;
    enum moim_state is;
    struct moim_meeting m;
    int64_t text = add("", 1, 0, MOIM_RECORDED), lost = add("lost.flac", 1, now, MOIM_SUMMARIZED),
            empty = add("", 1, 0, MOIM_RECORDED);
    put_text(text, "what was said");
    unlink(in_audio("lost.flac"));
    for (int i = 0; i < 2; i++) {
        int64_t id = i ? lost : text;
        assert_int_equal(moim_process(NULL, store, id, &o, &warning, &err), MOIM_EINVAL);
        assert_non_null(strstr(err.msg, "has no sound: it cannot be recognised again"));
        assert_true(in_store(id, &is, NULL));
        assert_int_equal(is, i ? MOIM_SUMMARIZED : MOIM_DIARIZED);
        assert_ok(moim_meeting_get(store, id, &m, &err), err);
        assert_string_equal(m.error, "");
        moim_meeting_clear(&m);
    }
    o.again = false; /* nothing in it: said, with what to do */
    assert_int_equal(moim_process(NULL, store, empty, &o, &warning, &err), MOIM_EINVAL);
    assert_non_null(strstr(err.msg, "neither sound nor words"));
}

static void the_store_is_not_taken_for_a_recording(void **state)
{
    (void)state;
    int64_t id;
    char db[80];
    const char *path_of = db;
    struct moim_imported done;
    snprintf(db, sizeof db, "%s/moim.db", dir);
    assert_int_equal(moim_import_sound(store, &path_of, 1, &(struct moim_import_options){0}, &done, &err),
                     MOIM_EINVAL);
    assert_int_equal(moim_import_text(store, db, NULL, &id, &err), MOIM_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_meeting_in_one_hand_is_in_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deletion_that_was_cut_off_is_finished, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deletion_that_cannot_be_takes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(age_is_by_when_sound_came_and_not_by_when_the_meeting_was, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_limit_takes_the_oldest_and_none_at_all_takes_every_sound_that_may_go, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_that_came_by_a_wrong_clock_came_when_it_was_set, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(again_without_sound_is_refused_and_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_store_is_not_taken_for_a_recording, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
