/* One pool of worker threads for a process; matmul and row-wise kernels split their work over it.
 * Workers spin briefly between jobs and then sleep, so that token-by-token decoding pays no wake-up. */
#ifndef MOIM_NN_POOL_H
#define MOIM_NN_POOL_H

struct moim_pool;

/* threads counts the caller: 1 makes no thread; <= 0 takes moim_cores(). NULL on failure. */
struct moim_pool *moim_pool_new(int threads);
/* CPUs that this process may keep busy, at least 1: those it may run on (taskset, cpuset), no more than its
 * cgroup's quota pays for (a container's --cpus, systemd's CPUQuota). */
int moim_cores(void);
/* The quota of one cgroup directory, rounded up; 0 for none: version 2's cpu.max, version 1's
 * cpu.cfs_quota_us. */
int moim_cgroup_cores(const char *directory);
void moim_pool_free(struct moim_pool *p);
int moim_pool_threads(const struct moim_pool *p); /* 1 for NULL */

/* Runs fn(arg, i, n) for i in [0, n), spread over the threads, and returns when all are done.
 * A NULL pool runs them in order on the caller. Not reentrant: fn must not call the same pool. */
void moim_pool_run(struct moim_pool *p, void (*fn)(void *arg, int i, int n), void *arg, int n);

#endif
