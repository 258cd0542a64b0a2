/* The journal as it is written: whatever happens to the process or the disk, at most the last second is gone. */
#include "audio/flac_frames.h"
#include "audio/journal_scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void closed_journal_is_a_flac_file_with_its_totals(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_journal *j = make(file("a.flac"), 50001);
    assert_ok(moim_journal_mark(j, MOIM_MARK_BOOKMARK, 16000, "budget \\ decided\nsee page 2", &err), err);
    assert_ok(moim_journal_mark(j, MOIM_MARK_MEMO, 20000, "다음 회의는 화요일", &err), err);
    assert_ok(moim_journal_close(j, &err), err);
    check_content(file("a.flac"), 50001);
    struct stat st;
    assert_int_equal(stat(file("a.flac"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct moim_repair r;
    assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
    assert_true(r.was_whole && !r.interrupted);
    assert_int_equal(r.samples, 50001);
    struct moim_mark *m;
    size_t n;
    assert_ok(moim_marks_read(file("a.flac"), &m, &n, &err), err);
    assert_int_equal(n, 4);
    assert_int_equal(m[0].kind, MOIM_MARK_START);
    assert_string_equal(m[1].text, "budget \\ decided\nsee page 2");
    assert_int_equal(m[1].at, 16000);
    assert_string_equal(m[2].text, "다음 회의는 화요일");
    assert_int_equal(m[3].kind, MOIM_MARK_STOP);
    assert_int_equal(m[3].at, 50001);
    assert_true(m[0].wall_ms > 1700000000000);
    moim_marks_free(m, n);
    assert_true(moim_journal_create(&j, file("a.flac"), NULL, &err) < 0); /* never overwrites */
    clean();
}

/* The lock is there as soon as the name is, beyond close as long as somebody keeps it, and passes to a new
 * file. */
static void who_holds_the_lock_is_known_from_the_first_moment(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_journal *j = make(file("a.flac"), 20000);
    int other = open(file("a.flac"), O_RDONLY), lock = moim_journal_lock(j);
    assert_true(other >= 0 && lock >= 0);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    assert_ok(moim_journal_close(j, &err), err);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    close(lock);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    size_t size;
    char *data = slurp(file("a.flac"), &size);
    memset(data, 0, 42);
    spill(file("a.flac"), data, size);
    free(data);
    struct moim_repair r;
    assert_ok(moim_journal_repair_locked(file("a.flac"), &other, &r, &err), err);
    int third = open(file("a.flac"), O_RDONLY);
    assert_int_equal(flock(third, LOCK_EX | LOCK_NB), -1);
    close(other);
    assert_int_equal(flock(third, LOCK_EX | LOCK_NB), 0);
    close(third);
    clean();
}

static void marks_of_any_length_come_back_whole(void **state)
{
    (void)state;
    struct moim_err err = {0};
    size_t n, long_text = 3 * 100000;
    char *text = malloc(long_text + 1);
    for (size_t i = 0; i < long_text; i += 3) memcpy(text + i, i % 9 ? "가" : "힣", 3);
    text[long_text] = 0;
    struct moim_journal *j = make(file("a.flac"), 3000);
    assert_ok(moim_journal_mark(j, MOIM_MARK_MEMO, 5, text, &err), err);
    assert_ok(moim_journal_close(j, &err), err);
    struct moim_mark *m;
    assert_ok(moim_marks_read(file("a.flac"), &m, &n, &err), err);
    assert_int_equal(n, 3);
    assert_string_equal(m[1].text, text);
    moim_marks_free(m, n);
    free(text);
    clean();
}

/* The limit lets the sound's file grow no further either, so it ends below; what matters is who still has the
 * marks. */
static void a_mark_that_cannot_be_written_is_kept_and_written_when_it_can_be(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (!pid) {
        signal(SIGXFSZ, SIG_IGN);
        struct moim_err err = {0};
        struct moim_journal *j = make(file("a.flac"), 3000);
        struct rlimit old, none;
        char memo[2001] = {0};
        memset(memo, 'm', 2000);
        getrlimit(RLIMIT_FSIZE, &old);
        none = (struct rlimit){100, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
        if (!moim_journal_mark(j, MOIM_MARK_MEMO, 7, memo, &err) || !strstr(err.msg, "cannot be written"))
            _exit(2);
        if (!moim_journal_mark(j, MOIM_MARK_BOOKMARK, 8, "두 번째", &err)) _exit(3);
        setrlimit(RLIMIT_FSIZE, &old);
        if (moim_journal_mark(j, MOIM_MARK_BOOKMARK, 9, "third", &err)) _exit(4);
        setrlimit(RLIMIT_FSIZE, &none);
        if (!moim_journal_mark(j, MOIM_MARK_MEMO, 10, "네 번째", &err)) _exit(5);
        struct moim_mark *m;
        size_t n;
        moim_journal_unsaved(j, &m, &n);
        if (n != 1 || strcmp(m[0].text, "네 번째") || m[0].at != 10) _exit(6);
        moim_marks_free(m, n);
        setrlimit(RLIMIT_FSIZE, &old);
        if (moim_journal_close(j, &err)) _exit(7);
        if (moim_marks_read(file("a.flac"), &m, &n, &err) || n != 5) _exit(8);
        if (strcmp(m[1].text, memo) || strcmp(m[2].text, "두 번째") || strcmp(m[3].text, "third")) _exit(9);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    clean();
}

static void torn_mark_is_cut_and_the_rest_read(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_journal *j = make(file("a.flac"), 3000);
    assert_ok(moim_journal_mark(j, MOIM_MARK_MEMO, 100, "first", &err), err);
    assert_ok(moim_journal_mark(j, MOIM_MARK_MEMO, 200, "second", &err), err);
    assert_ok(moim_journal_close(j, &err), err);
    size_t size;
    char *data = slurp(file("a.marks"), &size);
    size_t whole = 0;
    for (size_t cut = 13; cut <= size; cut++) {
        spill(file("a.marks"), data, cut);
        struct moim_repair r;
        assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
        struct moim_mark *m;
        size_t n, lines = 0;
        for (size_t i = 13; i < cut; i++) lines += data[i] == '\n';
        assert_ok(moim_marks_read(file("a.flac"), &m, &n, &err), err);
        assert_int_equal(n, lines);
        assert_int_equal(r.interrupted, cut < size);
        whole += n;
        moim_marks_free(m, n);
        assert_int_equal(moim_aside_remove(file("a.marks"), NULL), MOIM_OK);
    }
    assert_true(whole > 0);
    data[30] ^= 1; /* a flipped bit is seen, and costs its own line */
    spill(file("a.marks"), data, size);
    struct moim_mark *m;
    size_t n;
    assert_ok(moim_marks_read(file("a.flac"), &m, &n, &err), err);
    assert_int_equal(n, 3);
    assert_string_equal(m[0].text, "first");
    moim_marks_free(m, n);
    free(data);
    clean();
}

/* A child records at 20 times real time until it is killed; what it had accepted is in shared memory. */
static void record_until_killed(const char *path, _Atomic uint64_t *accepted)
{
    struct moim_journal *j;
    if (moim_journal_create(&j, path, NULL, NULL)) _exit(1);
    float pcm[320];
    for (uint64_t at = 0;; at += 320) {
        fill(pcm, at, 320);
        if (moim_journal_write(j, pcm, 320, NULL)) _exit(1);
        if (at % 16000 == 0) moim_journal_mark(j, MOIM_MARK_MEMO, at, "a note", NULL);
        *accepted = at + 320;
        usleep(1000);
    }
}

static void killed_at_any_moment_it_loses_less_than_a_second(void **state)
{
    (void)state;
    struct moim_err err = {0};
    _Atomic uint64_t *accepted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *times = getenv("MOIM_KILLS");
    int kills = times ? atoi(times) : 10;
    uint64_t worst = 0;
    srand(4);
    for (int k = 0; k < kills; k++) {
        *accepted = 0;
        pid_t pid = fork();
        if (!pid) record_until_killed(file("a.flac"), accepted);
        int status = 0;
        while (!*accepted && !waitpid(pid, &status, WNOHANG)) usleep(1000);
        assert_int_equal(status, 0);
        usleep((useconds_t)(100000 + rand() % 400000));
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        struct moim_repair r;
        assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
        assert_true(r.interrupted);
        uint64_t had = *accepted;
        if (had > r.samples && had - r.samples > worst) worst = had - r.samples;
        if (r.samples + RATE < had)
            fail_msg("%llu of %llu samples", (unsigned long long)r.samples, (unsigned long long)had);
        if (r.samples) check_content(file("a.flac"), r.samples);
        clean();
    }
    print_message("%d kills: at most %llu samples lost\n", kills, (unsigned long long)worst);
    assert_true(worst <= MOIM_JOURNAL_BLOCK + 1 + 320);
    munmap((void *)accepted, 4096);
}

static void what_is_written_is_synced_when_it_is_due(void **state)
{
    (void)state;
    const struct moim_journal_options at_once = {.sync_seconds = 1e-9}, never = {.sync_seconds = 1e9};
    struct moim_err err = {0};
    static float pcm[10 * MOIM_JOURNAL_BLOCK];
    fill(pcm, 0, 10 * MOIM_JOURNAL_BLOCK);
    for (int i = 0; i < 2; i++) {
        struct moim_journal *j;
        assert_ok(moim_journal_create(&j, file("a.flac"), i ? &never : &at_once, &err), err);
        assert_ok(moim_journal_write(j, pcm, 10 * MOIM_JOURNAL_BLOCK, &err), err);
        assert_in_range(moim_journal_written(j), 9 * MOIM_JOURNAL_BLOCK, 10 * MOIM_JOURNAL_BLOCK);
        assert_int_equal(moim_journal_durable(j), i ? 0 : moim_journal_written(j));
        assert_ok(moim_journal_close(j, &err), err);
        clean();
    }
}

static void full_disk_stops_it_and_keeps_what_there_is(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (!pid) { /* in a child: the limit cannot be lifted again */
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {100000, 100000};
        setrlimit(RLIMIT_FSIZE, &limit);
        struct moim_err err = {0};
        struct moim_journal *j;
        if (moim_journal_create(&j, file("a.flac"), NULL, &err)) _exit(2);
        float pcm[1600];
        int rc = MOIM_OK;
        for (uint64_t at = 0; !rc && at < 10 * RATE * 10; at += 1600) {
            fill(pcm, at, 1600);
            rc = moim_journal_write(j, pcm, 1600, &err);
        }
        if (rc != MOIM_ENOSPC || !strstr(err.msg, "full")) _exit(3);
        if (moim_journal_write(j, pcm, 1600, &err) != MOIM_ENOSPC) _exit(4);
        uint64_t written = moim_journal_written(j);
        if (moim_journal_close(j, &err) != MOIM_ENOSPC) _exit(5); /* says that something is missing */
        struct moim_repair r;
        if (moim_journal_repair(file("a.flac"), &r, &err)) _exit(6);
        if (!r.was_whole || r.interrupted || r.samples != written || r.samples < 2 * RATE) _exit(7);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct moim_repair r;
    struct moim_err err = {0};
    assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
    check_content(file("a.flac"), r.samples);
    clean();
}

static void nearly_full_disk_is_refused_before_a_file_is_made(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_journal *j;
    struct moim_journal_options o = {.reserve_bytes = UINT64_MAX};
    assert_int_equal(moim_journal_create(&j, file("a.flac"), &o, &err), MOIM_ENOSPC);
    assert_non_null(strstr(err.msg, "left on the disk"));
    assert_int_equal(access(file("a.flac"), F_OK), -1);
    assert_int_equal(access(file("a.marks"), F_OK), -1);
    assert_int_equal(moim_journal_create(&j, "/nonexistent/x.flac", NULL, &err), MOIM_ENOENT);
}

static void nonsense_samples_become_silence_or_full_scale(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_journal *j;
    assert_ok(moim_journal_create(&j, file("a.flac"), NULL, &err), err);
    float bad[4] = {NAN, INFINITY, -INFINITY, 2}, *pcm;
    assert_ok(moim_journal_write(j, bad, 4, &err), err);
    assert_ok(moim_journal_close(j, &err), err);
    size_t n;
    assert_ok(moim_decode_file(file("a.flac"), 0, &pcm, &n, &err), err);
    assert_int_equal(n, 4);
    assert_true(pcm[0] == 0 && pcm[1] > 0.999f && pcm[2] < -0.999f && pcm[3] > 0.999f);
    free(pcm);
    clean();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_journal_is_a_flac_file_with_its_totals),
        cmocka_unit_test(who_holds_the_lock_is_known_from_the_first_moment),
        cmocka_unit_test(marks_of_any_length_come_back_whole),
        cmocka_unit_test(a_mark_that_cannot_be_written_is_kept_and_written_when_it_can_be),
        cmocka_unit_test(torn_mark_is_cut_and_the_rest_read),
        cmocka_unit_test(killed_at_any_moment_it_loses_less_than_a_second),
        cmocka_unit_test(what_is_written_is_synced_when_it_is_due),
        cmocka_unit_test(full_disk_stops_it_and_keeps_what_there_is),
        cmocka_unit_test(nearly_full_disk_is_refused_before_a_file_is_made),
        cmocka_unit_test(nonsense_samples_become_silence_or_full_scale),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
