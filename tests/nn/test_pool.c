#include "testing.h"

#include "nn/pool.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

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

static void put(const char *dir, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void no_more_threads_than_one_may_run(void **state)
{
    (void)state;
    char dir[] = "/tmp/moim-cgroup-XXXXXX", path[64], command[64];
    assert_non_null(mkdtemp(dir));
    assert_int_equal(moim_cgroup_cores(dir), 0);
    snprintf(path, sizeof path, "%s/cpu", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    put(dir, "cpu/cpu.cfs_period_us", "100000\n");
    put(dir, "cpu/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(moim_cgroup_cores(dir), 0);
    put(dir, "cpu/cpu.cfs_quota_us", "300000\n");
    assert_int_equal(moim_cgroup_cores(dir), 3);
    put(dir, "cpu.max", "max 100000\n");
    assert_int_equal(moim_cgroup_cores(dir), 0);
    put(dir, "cpu.max", "150000 100000\n");
    assert_int_equal(moim_cgroup_cores(dir), 2);
    put(dir, "cpu.max", "5000 100000\n");
    assert_int_equal(moim_cgroup_cores(dir), 1);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);

    cpu_set_t was, one;
    assert_int_equal(sched_getaffinity(0, sizeof was, &was), 0);
    int first = 0;
    while (!CPU_ISSET(first, &was)) first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(moim_cores(), 1);
    struct moim_pool *pool = moim_pool_new(0);
    assert_int_equal(moim_pool_threads(pool), 1);
    moim_pool_free(pool);
    assert_int_equal(sched_setaffinity(0, sizeof was, &was), 0);
    assert_in_range(moim_cores(), 1, CPU_COUNT(&was));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_index_is_done_once_and_before_run_returns),
                                       cmocka_unit_test(no_more_threads_than_one_may_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
