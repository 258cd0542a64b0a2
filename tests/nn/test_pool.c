#include "testing.h"

#include "nn/pool.h"

#include <stdatomic.h>

enum { MOST = 40 };

struct job {
    atomic_int done[MOST];
    int n;
    atomic_int wrong;
};

static void count(void *arg, int i, int n)
{
    struct job *j = arg;
    if (n != j->n || i < 0 || i >= n) {
        atomic_fetch_add(&j->wrong, 1);
        return;
    }
    atomic_fetch_add(&j->done[i], 1);
}

/* More threads than cores, so that workers come late and find another job, of another size. */
static void every_index_is_done_once_and_before_run_returns(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 9; threads += 2) {
        struct moim_pool *pool = moim_pool_new(threads);
        assert_int_equal(moim_pool_threads(pool), threads);
        static struct job jobs[2];
        for (int k = 0; k < 20000; k++) {
            struct job *j = &jobs[k % 2];
            j->n = k * 7 % (MOST + 1);
            for (int i = 0; i < MOST; i++) atomic_store(&j->done[i], 0);
            moim_pool_run(pool, count, j, j->n);
            for (int i = 0; i < MOST; i++) assert_int_equal(atomic_load(&j->done[i]), i < j->n);
            assert_int_equal(atomic_load(&j->wrong), 0);
        }
        moim_pool_free(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_index_is_done_once_and_before_run_returns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
