/* The capture ring: nothing is reordered, torn or lost silently. */
#include "audio/ring.h"
#include "testing.h"

#include <pthread.h>
#include <sched.h>

#define TOTAL 2000000u

struct feed {
    struct moim_ring *r;
    uint64_t refused;
};

/* Blocks of changing length of a counter on two channels, pushed without ever waiting. */
static void *produce(void *arg)
{
    struct feed *f = arg;
    float block[2 * 256];
    uint32_t next = 0, seed = 1;
    while (next < TOTAL) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t n = 1 + (seed >> 20) % 256;
        if (n > TOTAL - next) n = TOTAL - next;
        for (uint32_t i = 0; i < n; i++) {
            block[2 * i] = (float)((next + i) & 0xFFFFFF);
            block[2 * i + 1] = -block[2 * i];
        }
        if (!moim_ring_write(f->r, block, n)) f->refused += n;
        next += n;
        if (!(seed >> 24)) sched_yield();
    }
    return NULL;
}

static void every_frame_arrives_in_place_or_is_in_a_gap(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct feed f = {0};
    assert_ok(moim_ring_new(&f.r, 4096, 2, &err), err);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, produce, &f), 0);
    uint64_t position = 0, gaps = 0;
    float out[2 * 100];
    while (position < TOTAL) {
        struct moim_gap gap;
        if (moim_ring_take_gap(f.r, &gap)) {
            position += gap.frames;
            gaps += gap.frames;
            continue;
        }
        size_t n = moim_ring_read(f.r, out, 100);
        if (!n) { /* the tail may have been lost: then no gap follows it */
            if (moim_ring_written(f.r) + moim_ring_lost(f.r) == TOTAL && !moim_ring_readable(f.r) &&
                !moim_ring_take_gap(f.r, &gap))
                break;
            sched_yield();
            continue;
        }
        for (size_t i = 0; i < n; i++, position++)
            if (out[2 * i] != (float)(position & 0xFFFFFF) || out[2 * i + 1] != -out[2 * i])
                fail_msg("frame %llu is %f, %f", (unsigned long long)position, out[2 * i], out[2 * i + 1]);
    }
    pthread_join(thread, NULL);
    assert_int_equal(moim_ring_lost(f.r), f.refused);
    assert_int_equal(moim_ring_written(f.r) + f.refused, TOTAL);
    assert_true(gaps <= f.refused);
    moim_ring_free(f.r);
}

static void full_ring_refuses_whole_blocks_and_tells_where(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_ring *r;
    assert_ok(moim_ring_new(&r, 5, 1, &err), err); /* rounded up to 8 */
    float a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];
    struct moim_gap gap;
    assert_true(moim_ring_write(r, a, 6));
    assert_false(moim_ring_write(r, a, 3));
    assert_false(moim_ring_write(r, a, 4));
    assert_int_equal(moim_ring_lost(r), 7);
    assert_int_equal(moim_ring_losses(r), 2);
    assert_false(moim_ring_take_gap(r, &gap));
    assert_int_equal(moim_ring_read(r, out, 4), 4);
    assert_true(moim_ring_write(r, a, 5));
    assert_int_equal(moim_ring_read(r, out, 8), 2);
    assert_int_equal(moim_ring_read(r, out, 8), 0);
    assert_true(moim_ring_take_gap(r, &gap));
    assert_int_equal(gap.at, 6);
    assert_int_equal(gap.frames, 7);
    assert_false(moim_ring_take_gap(r, &gap));
    moim_ring_lose(r, 9);
    assert_true(moim_ring_write(r, a, 1));
    assert_int_equal(moim_ring_read(r, out, 8), 5);
    assert_true(out[0] == 1 && out[4] == 5);
    assert_true(moim_ring_take_gap(r, &gap));
    assert_int_equal(gap.frames, 9);
    assert_int_equal(moim_ring_read(r, out, 8), 1);
    moim_ring_free(r);
}

static void more_gaps_than_slots_are_still_all_counted(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_ring *r;
    assert_ok(moim_ring_new(&r, 1024, 1, &err), err);
    float x = 1, out[16];
    uint64_t frames = 0, lost = 0;
    for (int i = 0; i < 200; i++) {
        moim_ring_lose(r, 3);
        moim_ring_write(r, &x, 1); /* refused once the slots are used up, and then lost too */
    }
    struct moim_gap gap;
    for (int idle = 0; idle < 2;) {
        bool g = moim_ring_take_gap(r, &gap);
        size_t n = moim_ring_read(r, out, 16);
        if (g) lost += gap.frames;
        frames += n;
        idle = g || n ? 0 : idle + 1;
    }
    assert_true(moim_ring_write(r, &x, 1)); /* there are slots again: the rest is told */
    assert_true(moim_ring_take_gap(r, &gap));
    assert_int_equal(lost + gap.frames, moim_ring_lost(r));
    assert_int_equal(frames + lost + gap.frames, 200 * 4);
    moim_ring_free(r);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct moim_err err;
    struct moim_ring *r;
    assert_int_equal(moim_ring_new(&r, 0, 1, &err), MOIM_EINVAL);
    assert_int_equal(moim_ring_new(&r, 16, 0, &err), MOIM_EINVAL);
    assert_int_equal(moim_ring_new(&r, SIZE_MAX, 2, &err), MOIM_EINVAL);
    assert_null(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_arrives_in_place_or_is_in_a_gap),
        cmocka_unit_test(full_ring_refuses_whole_blocks_and_tells_where),
        cmocka_unit_test(more_gaps_than_slots_are_still_all_counted),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
