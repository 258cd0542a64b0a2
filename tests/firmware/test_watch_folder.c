/* A watched folder: whole files alone, each once, then done/ or failed/ with the reason. */
#include "tests/storage/scratch.h"

#include "firmware/library/watch_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct moim_watch *w;
static char found[4400];

static const char *in(const char *name)
{
    static char made[4][300];
    static unsigned turn;
    char *p = made[turn++ % 4];
    snprintf(p, 300, "%s/in/%s", dir, name);
    return p;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static bool there(const char *name)
{
    return !access(in(name), F_OK);
}

static int open_folder(void **state)
{
    setup(state);
    assert_int_equal(mkdir(in(""), 0700), 0);
    assert_ok(moim_watch_open(&w, in(""), 0.2, &err), err);
    return 0;
}

static int close_folder(void **state)
{
    moim_watch_close(w);
    return teardown(state);
}

static int next(int ms)
{
    return moim_watch_next(w, ms, found, sizeof found, &err);
}

static const char *name_found(void)
{
    return strrchr(found, '/') + 1;
}

static void a_whole_file_comes_once_and_is_put_away(void **state)
{
    (void)state;
    put("b.txt", "A: hello\n");
    put("a.txt", "A: hello\n");
    assert_int_equal(next(20000), 1);
    assert_string_equal(name_found(), "a.txt");
    assert_ok(moim_watch_done(w, found, NULL, &err), err);
    assert_int_equal(next(20000), 1);
    assert_string_equal(name_found(), "b.txt");
    assert_ok(moim_watch_done(w, found, "b.txt: not a known audio format", &err), err);
    assert_int_equal(next(0), 0);
    assert_true(there("done/a.txt") && there("failed/b.txt") && there("failed/b.txt.txt") &&
                !there("a.txt") && !there("b.txt"));
    put("a.txt", "again"); /* the same name a second time */
    assert_int_equal(next(20000), 1);
    assert_ok(moim_watch_done(w, found, NULL, &err), err);
    assert_true(there("done/a.txt") && there("done/a-2.txt"));
}

static void what_is_written_to_is_waited_for(void **state)
{
    (void)state;
    int fd = open(in("slow.wav"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, "x", 1) == 1);
    assert_int_equal(next(1200), 0); /* it keeps still, but is open for writing */
    assert_true(write(fd, "x", 1) == 1);
    close(fd);
    assert_int_equal(next(20000), 1);
    assert_string_equal(name_found(), "slow.wav");
}

static void what_is_no_finished_file_is_left_alone(void **state)
{
    (void)state;
    put(".hidden.wav", "x");
    put("a.wav.part", "x");
    put("b.m4a.crdownload", "x");
    put("c.tmp", "x");
    assert_int_equal(mkdir(in("folder"), 0700), 0);
    assert_int_equal(symlink("/etc/hostname", in("link.txt")), 0);
    assert_int_equal(mkfifo(in("pipe"), 0600), 0);
    assert_int_equal(next(1200), 0);
    assert_true(there("a.wav.part") && there("link.txt"));
}

static void a_folder_that_is_none_is_refused(void **state)
{
    (void)state;
    struct moim_watch *other;
    put("file", "x");
    assert_int_equal(moim_watch_open(&other, in("nowhere"), 1, &err), MOIM_ENOENT);
    assert_int_equal(moim_watch_open(&other, in("file"), 1, &err), MOIM_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_file_comes_once_and_is_put_away, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(what_is_written_to_is_waited_for, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(what_is_no_finished_file_is_left_alone, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_is_none_is_refused, open_folder, close_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
