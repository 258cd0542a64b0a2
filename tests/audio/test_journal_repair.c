/* The journal made whole: whatever byte of the file is cut, overwritten or gone, every other frame comes back. */
#include "audio/flac_frames.h"
#include "audio/journal_scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere_it_is_repaired),
        cmocka_unit_test(damaged_middle_keeps_what_follows),
        cmocka_unit_test(random_damage_costs_what_it_hit_and_nothing_is_deleted),
        cmocka_unit_test(a_lost_header_is_made_anew),
        cmocka_unit_test(empty_marks_are_made_anew_and_the_sound_is_untouched),
        cmocka_unit_test(what_is_no_journal_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
