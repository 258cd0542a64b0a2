/* One store in several hands: what a process does with the file never costs another its locks, whatever it
 * opens and closes. */
#include "tests/storage/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The bytes that every connection to a WAL store holds a shared lock on (SQLite's "shared range"). */
#define LOCK_AT 0x40000002
#define LOCK_LENGTH 510

/* Run in a process of its own, which exits with what run returns: only there are our locks another's. */
static int elsewhere(int (*run)(void))
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int sees_a_lock(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_AT, .l_len = LOCK_LENGTH};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd >= 0 && !fcntl(fd, F_GETLK, &l) && l.l_type != F_UNLCK;
}

static int add(struct moim_store *s, const char *title)
{
    int64_t id;
    struct moim_meeting m = {
        .title = (char *)(uintptr_t)title, .started_at = 1, .language = "", .audio = "", .source = ""};
    return moim_meeting_add(s, &m, &id, NULL);
}

static int count(struct moim_store *s)
{
    struct moim_meeting *list;
    int n;
    if (moim_meeting_list(s, &list, &n, NULL)) return -1;
    moim_meeting_list_free(list, n);
    return n;
}

/* As a command beside a daemon: opens, writes, closes. */
static int comes_and_goes(void)
{
    struct moim_store *s;
    int rc = moim_store_open(&s, path, NULL);
    if (!rc) rc = add(s, "theirs");
    if (!rc) moim_store_close(s);
    return rc != MOIM_OK;
}

static ino_t inode_of(const char *end)
{
    char file[80];
    struct stat st;
    snprintf(file, sizeof file, "%s%s", path, end);
    return stat(file, &st) ? 0 : st.st_ino;
}

static void a_second_handle_costs_the_first_no_lock(void **state)
{
    (void)state;
    assert_true(elsewhere(sees_a_lock));
    for (int i = 0; i < 3; i++) {
        struct moim_store *second;
        assert_ok(moim_store_open(&second, path, &err), err);
        assert_true(elsewhere(sees_a_lock));
        assert_int_equal(count(second), 2 * i);
        moim_store_close(second);
        assert_true(elsewhere(sees_a_lock));
        assert_int_equal(add(store, "ours"), MOIM_OK);
        ino_t wal = inode_of("-wal"), shm = inode_of("-shm");
        assert_int_equal(elsewhere(comes_and_goes), 0);
        assert_true(wal && wal == inode_of("-wal") && shm == inode_of("-shm"));
        assert_int_equal(count(store), 2 * i + 2);
    }
    moim_store_close(store);
    assert_false(elsewhere(sees_a_lock));
    assert_ok(moim_store_open(&store, path, &err), err);
    assert_int_equal(count(store), 6);
    assert_ok(moim_store_check(store, &err), err);
}

/* Nor do a check, a copy and a look at whose file it is. */
static void what_looks_at_the_store_costs_no_lock(void **state)
{
    (void)state;
    char copy[80];
    struct stat st;
    assert_int_equal(add(store, "ours"), MOIM_OK);
    snprintf(copy, sizeof copy, "%s/copy.db", dir);
    assert_ok(moim_store_check(store, &err), err);
    assert_ok(moim_store_copy(store, copy, &err), err);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(moim_store_copy(store, copy, &err), MOIM_EINVAL);
    assert_true(moim_store_owns(store, path));
    assert_false(moim_store_owns(store, copy));
    assert_true(elsewhere(sees_a_lock));
}

static void *opens_and_adds(void *failed)
{
    struct moim_store *s;
    *(int *)failed = moim_store_open(&s, path, NULL) || add(s, "one of many");
    if (!*(int *)failed) moim_store_close(s);
    return NULL;
}

/* Whoever creates the file, nobody's locks go, and nobody is turned away. */
static void many_threads_and_processes_create_it_together(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        pthread_t t[4];
        int failed[4], status;
        snprintf(path, sizeof path, "%s/new-%d.db", dir, round);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (!pid) _exit(comes_and_goes());
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&t[i], NULL, opens_and_adds, &failed[i]), 0);
        for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
        for (int i = 0; i < 4; i++) assert_int_equal(failed[i], 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        struct moim_store *s;
        assert_ok(moim_store_open(&s, path, &err), err);
        assert_int_equal(count(s), 5);
        assert_true(elsewhere(sees_a_lock));
        assert_ok(moim_store_check(s, &err), err);
        moim_store_close(s);
    }
}

static void all_its_files_are_private_whatever_the_umask(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    mode_t before = umask(0);
    struct moim_store *s;
    snprintf(path, sizeof path, "%s/below/open.db", dir);
    int rc = moim_store_open(&s, path, &err);
    if (!rc) rc = add(s, "x");
    umask(before);
    assert_int_equal(rc, MOIM_OK);
    for (int i = 0; i < 3; i++) {
        char file[80];
        struct stat st;
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    moim_store_close(s);
}

/* Several calls as one: an inner one that fails takes all with it. */
static void changes_nest(void **state)
{
    (void)state;
    assert_ok(moim_store_begin(store, &err), err);
    assert_int_equal(add(store, "a"), MOIM_OK);
    assert_int_equal(add(store, "b"), MOIM_OK);
    assert_ok(moim_store_end(store, MOIM_OK, &err), err);
    assert_int_equal(count(store), 2);
    assert_ok(moim_store_begin(store, &err), err);
    assert_int_equal(add(store, "c"), MOIM_OK);
    assert_int_equal(moim_meeting_set_title(store, 99, "x", &err), MOIM_ENOENT);
    assert_true(moim_store_end(store, MOIM_OK, &err) != MOIM_OK); /* though its caller overlooked it */
    assert_int_equal(count(store), 2);
    assert_int_equal(add(store, "d"), MOIM_OK);
    assert_int_equal(count(store), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_handle_costs_the_first_no_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(what_looks_at_the_store_costs_no_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(many_threads_and_processes_create_it_together, setup, teardown),
        cmocka_unit_test_setup_teardown(all_its_files_are_private_whatever_the_umask, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_nest, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
