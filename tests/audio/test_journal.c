/* The journal: whatever happens to the process, the disk or the file, at most the last second is gone. */
#include "audio/decode.h"
#include "audio/flac_frames.h"
#include "audio/journal.h"
#include "testing.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RATE 16000

static char dir[] = "/tmp/moim-journal-XXXXXX";

static char *file(const char *name)
{
    static char path[4][400];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 400, "%s/%s", dir, name);
    return p;
}

/* A voice-like signal that depends on the sample's number alone. */
static float tone(uint64_t i)
{
    uint32_t h = (uint32_t)i * 2654435761u;
    return 0.4f * (float)sin((double)(i % 160000) * 0.07) + 0.02f * ((float)(h >> 16) / 65536 - 0.5f);
}

static void fill(float *pcm, uint64_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) pcm[i] = tone(at + i);
}

static struct moim_journal *make(const char *path, uint64_t samples)
{
    struct moim_err err = {0};
    struct moim_journal *j;
    assert_ok(moim_journal_create(&j, path, NULL, &err), err);
    float pcm[1000];
    for (uint64_t at = 0; at < samples; at += 1000) {
        size_t n = samples - at < 1000 ? (size_t)(samples - at) : 1000;
        fill(pcm, at, n);
        assert_ok(moim_journal_write(j, pcm, n, &err), err);
    }
    return j;
}

/* The file holds exactly samples samples of the tone. */
static void check_content(const char *path, uint64_t samples)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(path, 0, &pcm, &n, &err), err);
    assert_int_equal(n, samples);
    for (size_t i = 0; i < n; i++)
        if (fabsf(pcm[i] - tone(i)) > 1.0f / 30000) fail_msg("sample %zu is %f, not %f", i, pcm[i], tone(i));
    free(pcm);
}

static void clean(void)
{
    assert_int_equal(moim_aside_remove(file("a.flac"), NULL), MOIM_OK);
    assert_int_equal(moim_aside_remove(file("a.marks"), NULL), MOIM_OK);
    unlink(file("a.flac"));
    unlink(file("a.marks"));
}

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

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *data = malloc(1 << 20);
    *n = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static void spill(const char *path, const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

/* Whatever byte the file is cut at, every frame before the cut is there after repair, and running it again
 * changes nothing. With zeros or garbage behind the cut, as file systems leave after a power cut, likewise.
 */
static void cut_anywhere_it_is_repaired(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_ok(moim_journal_close(make(file("a.flac"), 10000), &err), err);
    size_t size;
    char *data = slurp(file("a.flac"), &size);
    memset(data + 21, 0, 21); /* totals of a journal that was never closed; the 4 bits before them stay */
    data[21] = (char)0xF0;
    unsigned recovered = 0;
    uint64_t last = 0;
    for (size_t cut = 0; cut <= size; cut += cut < 200 ? 1 : 13) {
        for (int tail = 0; tail < 2; tail++) {
            char *copy = malloc(size + 3000);
            memcpy(copy, data, cut);
            size_t n = cut;
            for (int i = 0; tail && i < 3000; i++) copy[n++] = (char)(cut & 1 ? 0 : i * 37);
            spill(file("b.flac"), copy, n);
            free(copy);
            struct moim_repair r, again;
            int rc = moim_journal_repair(file("b.flac"), &r, &err);
            if (rc) { /* a torn header with garbage behind it: nothing to read, nothing thrown away */
                struct stat st;
                assert_int_equal(rc, MOIM_EFORMAT);
                assert_true(tail && r.samples == 0 && last == 0 && cut < 200);
                assert_int_equal(stat(file("b.flac"), &st), 0);
                assert_int_equal(st.st_size, n);
                continue;
            }
            assert_true(r.samples % MOIM_JOURNAL_BLOCK == 0 || r.samples == 10000);
            if (r.samples < last) fail_msg("cut at %zu: %llu samples", cut, (unsigned long long)r.samples);
            last = r.samples;
            assert_ok(moim_journal_repair(file("b.flac"), &again, &err), err);
            assert_int_equal(again.samples, r.samples);
            assert_int_equal(again.dropped_bytes, 0);
            assert_true(again.was_whole);
            if (r.samples) check_content(file("b.flac"), r.samples);
            recovered++;
        }
    }
    assert_int_equal(last, 10000);
    assert_true(recovered > 500);
    assert_int_equal(moim_aside_remove(file("b.flac"), NULL), MOIM_OK);
    unlink(file("b.flac"));
    free(data);
    clean();
}

static void damaged_middle_keeps_what_follows(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_ok(moim_journal_close(make(file("a.flac"), 40000), &err), err);
    size_t size;
    char *data = slurp(file("a.flac"), &size);
    for (int i = 0; i < 40; i++) data[size / 2 + (size_t)i] ^= 0x55;
    spill(file("a.flac"), data, size);
    struct moim_repair r;
    assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
    assert_int_equal(r.samples, 40000);
    assert_int_equal(r.dropped_bytes, 0);
    assert_true(r.damaged_frames > 0);
    size_t kept;
    char *aside = slurp(file(r.sound_aside), &kept);
    assert_int_equal(kept, size);
    assert_memory_equal(aside, data, size);
    free(aside);
    free(data);
    clean();
}

/* ---- random damage ---- */

/* Where the frames of an undamaged journal of that many samples lie, by the decoder itself. */
struct layout {
    size_t at[64];
    int n;
};

static void damage(char *data, size_t *n, unsigned *seed)
{
    size_t from = (size_t)rand_r(seed) % *n,
           count = (size_t)rand_r(seed) % (rand_r(seed) % 3 ? 200 : 8000) + 1;
    switch (rand_r(seed) % 4) {
    case 0: *n = from; return;
    case 1: from = 0, count = (size_t)rand_r(seed) % 200 + 1; break; /* the header */
    default: break;
    }
    bool zeros = rand_r(seed) % 2;
    for (size_t i = from; i < *n && i < from + count; i++) data[i] = zeros ? 0 : (char)rand_r(seed);
}

/* How many of the blocks of the original lie in the file, byte for byte. */
static int blocks_left(const char *data, size_t n, const char *whole, const struct layout *l, size_t size,
                       bool left[64])
{
    int count = 0;
    for (int i = 0; i < l->n; i++) {
        size_t at = l->at[i], end = i + 1 < l->n ? l->at[i + 1] : size;
        left[i] = end <= n && !memcmp(data + at, whole + at, end - at);
        count += left[i];
    }
    return count;
}

static void find_layout(const char *path, struct layout *l)
{
    struct moim_frame_search s;
    struct moim_frame f;
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    assert_int_equal(moim_frames_begin(&s, fd, (uint64_t)st.st_size), 0);
    for (l->n = 0; moim_frames_next(&s, &f); l->n++) {
        assert_int_equal(f.number, l->n);
        l->at[l->n] = (size_t)f.at;
    }
    moim_frames_end(&s);
    close(fd);
}

/* Every block whose bytes are as they were comes back, at its time. */
static void check_blocks(const char *path, const bool left[64], int blocks, unsigned seed)
{
    struct moim_err err = {0};
    float *pcm;
    size_t n;
    assert_ok(moim_decode_file(path, 0, &pcm, &n, &err), err);
    for (int b = 0; b < blocks; b++) {
        if (!left[b]) continue;
        size_t end = (size_t)(b + 1) * MOIM_JOURNAL_BLOCK;
        if (end > 60001) end = 60001;
        if (n < end) fail_msg("seed %u: %zu samples, block %d is lost", seed, n, b);
        for (size_t i = (size_t)b * MOIM_JOURNAL_BLOCK; i < end; i++)
            if (fabsf(pcm[i] - tone(i)) > 1.0f / 30000) fail_msg("seed %u: sample %zu is another", seed, i);
    }
    free(pcm);
}

static void random_damage_costs_what_it_hit_and_nothing_is_deleted(void **state)
{
    (void)state;
    struct moim_err err = {0};
    const char *times = getenv("MOIM_DAMAGES");
    int rounds = times ? atoi(times) : 400;
    struct moim_journal *j = make(file("a.flac"), 60001);
    for (int i = 0; i < 20; i++)
        assert_ok(
            moim_journal_mark(j, MOIM_MARK_MEMO, (uint64_t)i, i % 3 ? "예산은 다음 주에" : "a\nb", &err),
            err);
    assert_ok(moim_journal_close(j, &err), err);
    size_t size, marks_size;
    char *whole = slurp(file("a.flac"), &size), *marks = slurp(file("a.marks"), &marks_size);
    struct layout layout;
    find_layout(file("a.flac"), &layout);
    assert_int_equal(layout.n, 30);
    int came_back = 0;
    for (unsigned seed = 1; seed <= (unsigned)rounds; seed++) {
        char *data = malloc(size), *lines = malloc(marks_size);
        size_t n = size, m = marks_size;
        unsigned s = seed;
        bool left[64];
        memcpy(data, whole, size);
        memcpy(lines, marks, marks_size);
        for (int k = rand_r(&s) % 4; k >= 0 && n; k--) damage(data, &n, &s);
        for (int k = rand_r(&s) % 3; k > 0 && m; k--) damage(lines, &m, &s);
        spill(file("a.flac"), data, n);
        spill(file("a.marks"), lines, m);
        int blocks = blocks_left(data, n, whole, &layout, size, left);
        struct moim_repair r, again;
        int rc = moim_journal_repair(file("a.flac"), &r, &err);
        if (rc && (rc != MOIM_EFORMAT || blocks)) fail_msg("seed %u: %s", seed, err.msg);
        if (!rc && r.samples) check_blocks(file("a.flac"), left, layout.n, seed);
        if (!rc && blocks && !r.samples) fail_msg("seed %u: nothing came back", seed);
        came_back += blocks;
        /* As it was found: in its place, beside it, or no more than a torn frame less. */
        size_t kept = 0;
        char *aside = slurp(file(rc || !*r.sound_aside ? "a.flac" : r.sound_aside), &kept);
        if (rc || *r.sound_aside) {
            if (r.dropped_bytes ? kept != r.dropped_bytes : kept != n)
                fail_msg("seed %u: %zu kept", seed, kept);
            assert_memory_equal(aside, data + n - kept, kept);
        } else {
            assert_true(r.dropped_bytes <= 8192 || !data[n - 1]);
        }
        free(aside);
        if (*r.marks_aside) {
            aside = slurp(file(r.marks_aside), &kept);
            assert_int_equal(kept, m);
            assert_memory_equal(aside, lines, m);
            free(aside);
        } else if (m) {
            assert_memory_equal(lines, marks, m); /* cut behind a whole line: nobody can see that */
        }
        if (!rc) {
            assert_ok(moim_journal_repair(file("a.flac"), &again, &err), err);
            if (!again.was_whole || again.samples != r.samples) fail_msg("seed %u: repaired again", seed);
        }
        free(data);
        free(lines);
        clean();
    }
    assert_true(came_back > 10 * rounds);
    free(whole);
    free(marks);
}

static void a_lost_header_is_made_anew(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_ok(moim_journal_close(make(file("a.flac"), 40000), &err), err);
    size_t size;
    char *data = slurp(file("a.flac"), &size);
    memset(data, 0, 42);
    spill(file("a.flac"), data, size);
    struct moim_repair r;
    assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
    assert_int_equal(r.samples, 40000);
    assert_int_equal(r.damaged_frames, 0);
    assert_string_equal(r.sound_aside, "a.flac.damaged");
    check_content(file("a.flac"), 40000);
    free(data);
    clean();
}

static void empty_marks_are_made_anew_and_the_sound_is_untouched(void **state)
{
    (void)state;
    struct moim_err err = {0};
    assert_ok(moim_journal_close(make(file("a.flac"), 20000), &err), err);
    spill(file("a.marks"), "", 0);
    struct moim_repair r, again;
    struct moim_mark *m;
    size_t n;
    assert_ok(moim_marks_read(file("a.flac"), &m, &n, &err), err);
    assert_int_equal(n, 0);
    assert_ok(moim_journal_repair(file("a.flac"), &r, &err), err);
    assert_true(r.interrupted && r.samples == 20000);
    assert_ok(moim_journal_repair(file("a.flac"), &again, &err), err);
    assert_true(again.was_whole);
    check_content(file("a.flac"), 20000);
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

static void what_is_no_journal_is_left_alone(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_repair r;
    spill(file("a.flac"), "this is a letter, not a recording, and stays as it is....", 57);
    assert_int_equal(moim_journal_repair(file("a.flac"), &r, &err), MOIM_EFORMAT);
    size_t n;
    char *data = slurp(file("a.flac"), &n);
    assert_int_equal(n, 57);
    free(data);
    clean();
    assert_int_equal(moim_journal_repair(file("none.flac"), &r, &err), MOIM_ENOENT);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}
static int drop_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_journal_is_a_flac_file_with_its_totals),
        cmocka_unit_test(cut_anywhere_it_is_repaired),
        cmocka_unit_test(damaged_middle_keeps_what_follows),
        cmocka_unit_test(random_damage_costs_what_it_hit_and_nothing_is_deleted),
        cmocka_unit_test(a_lost_header_is_made_anew),
        cmocka_unit_test(empty_marks_are_made_anew_and_the_sound_is_untouched),
        cmocka_unit_test(who_holds_the_lock_is_known_from_the_first_moment),
        cmocka_unit_test(marks_of_any_length_come_back_whole),
        cmocka_unit_test(a_mark_that_cannot_be_written_is_kept_and_written_when_it_can_be),
        cmocka_unit_test(torn_mark_is_cut_and_the_rest_read),
        cmocka_unit_test(killed_at_any_moment_it_loses_less_than_a_second),
        cmocka_unit_test(what_is_written_is_synced_when_it_is_due),
        cmocka_unit_test(full_disk_stops_it_and_keeps_what_there_is),
        cmocka_unit_test(nearly_full_disk_is_refused_before_a_file_is_made),
        cmocka_unit_test(nonsense_samples_become_silence_or_full_scale),
        cmocka_unit_test(what_is_no_journal_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
