/* Chunks of another device's microphone: repeated, early and late ones; the end; the room that there is. */
#include "audio/source.h"
#include "audio/source_remote.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>

static int16_t sample(uint64_t i)
{
    return (int16_t)(i * 7919 % 60000 - 30000);
}

static uint64_t push(struct moim_remote *r, uint64_t at, size_t n, int want)
{
    struct moim_err err = {0};
    uint64_t next;
    int16_t *pcm = calloc(n + 1, sizeof *pcm);
    assert_non_null(pcm);
    for (size_t i = 0; i < n; i++) pcm[i] = sample(at + i);
    assert_int_equal(moim_remote_push(r, at, pcm, n, &next, &err), want);
    free(pcm);
    return next;
}

/* Takes n samples, which are those from `at` on. */
static void take(struct moim_source *s, uint64_t at, size_t n)
{
    struct moim_err err = {0};
    struct moim_block b;
    for (size_t done = 0; done < n; done += b.n) {
        assert_ok(moim_source_next(s, &b, 100, &err), err);
        assert_int_equal(b.kind, MOIM_BLOCK_SOUND);
        for (size_t i = 0; i < b.n; i++) assert_int_equal(lrintf(b.pcm[i] * 32767), sample(at + done + i));
    }
}

static void a_chunk_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_remote *r;
    struct moim_source *s;
    struct moim_block b;
    assert_ok(moim_remote_new(&r, &err), err);
    assert_ok(moim_source_remote(&s, r, &err), err);
    assert_int_equal(push(r, 0, 8000, MOIM_OK), 8000);
    assert_int_equal(push(r, 0, 8000, MOIM_OK), 8000);     /* the answer was lost */
    assert_int_equal(push(r, 4000, 8000, MOIM_OK), 12000); /* half of it is known */
    assert_int_equal(push(r, 13000, 10, MOIM_EINVAL), 12000);
    take(s, 0, 12000);
    assert_ok(moim_source_next(s, &b, 1, &err), err);
    assert_int_equal(b.kind, MOIM_BLOCK_NOTHING);
    assert_int_equal(push(r, 12000, 1, MOIM_OK), 12001);
    moim_remote_end(r);
    assert_int_equal(push(r, 12001, 1, MOIM_ESTATE), 12001);
    take(s, 12000, 1);
    assert_ok(moim_source_next(s, &b, 1, &err), err);
    assert_int_equal(b.kind, MOIM_BLOCK_END);
    moim_source_close(s);
    moim_remote_free(r);
}

static void what_has_no_room_is_asked_for_again(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_remote *r;
    struct moim_source *s;
    struct moim_block b;
    const uint64_t minute = 60 * 16000;
    assert_ok(moim_remote_new(&r, &err), err);
    assert_ok(moim_source_remote(&s, r, &err), err);
    assert_int_equal(push(r, 0, 50 * 16000, MOIM_OK), 50 * 16000);
    assert_int_equal(push(r, 50 * 16000, 20 * 16000, MOIM_OK), minute);
    moim_source_pause(s, true); /* a pause loses nothing that was heard before it */
    assert_ok(moim_source_next(s, &b, 1, &err), err);
    assert_int_equal(b.kind, MOIM_BLOCK_NOTHING);
    moim_source_pause(s, false);
    take(s, 0, 30 * 16000);
    assert_int_equal(push(r, minute, 10 * 16000, MOIM_OK), 70 * 16000);
    take(s, 30 * 16000, 40 * 16000);
    moim_source_close(s);
    moim_remote_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_that_comes_twice_counts_once),
        cmocka_unit_test(what_has_no_room_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
