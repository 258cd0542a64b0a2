#include "nn/pool.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*job_fn)(void *, int, int);

/* A job is over when all its indices are done, not when all workers have seen it: a worker that the system
 * keeps waiting holds up nobody. It may come late, so that an index is taken together with the job's number,
 * and a job is closed before the next is written over it. */
struct moim_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t *threads;
    int n_threads; /* workers beside the caller */
    _Atomic(job_fn) fn;
    _Atomic(void *) arg;
    atomic_int n, finished;   /* indices of this job, and those done */
    _Atomic(uint64_t) ticket; /* job << 32 | next index to take */
    atomic_uint job;          /* counts jobs, so that a worker knows a new one */
    bool quit;
};

#define CLOSED UINT32_MAX

static void take_all(struct moim_pool *p, unsigned job)
{
    for (;;) {
        uint64_t t = atomic_load(&p->ticket);
        job_fn fn = atomic_load(&p->fn);
        void *arg = atomic_load(&p->arg);
        int n = atomic_load(&p->n);
        uint32_t i = (uint32_t)t;
        if ((uint32_t)(t >> 32) != job || i >= (uint32_t)n) return;
        if (!atomic_compare_exchange_strong(&p->ticket, &t, t + 1)) continue;
        fn(arg, (int)i, n);
        if (atomic_fetch_add(&p->finished, 1) + 1 == n) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

#define SPINS                                                                                                \
    4000 /* about 30 us: decoding one token makes hundreds of jobs in a row, and a wake-up costs as much */

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void *worker(void *arg)
{
    struct moim_pool *p = arg;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load_explicit(&p->job, memory_order_acquire) == seen; i++)
            relax();
        if (atomic_load_explicit(&p->job, memory_order_acquire) == seen) {
            pthread_mutex_lock(&p->lock);
            while (atomic_load(&p->job) == seen && !p->quit) pthread_cond_wait(&p->work, &p->lock);
            bool quit = p->quit;
            pthread_mutex_unlock(&p->lock);
            if (quit) return NULL;
        }
        seen = atomic_load(&p->job);
        take_all(p, seen);
    }
}

/* The first words of a file below a directory. */
static bool read_words(const char *directory, const char *name, char words[64])
{
    char path[600];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) return false;
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(words, 64, f);
    if (f) fclose(f);
    return ok;
}

int moim_cgroup_cores(const char *directory)
{
    char words[64];
    double quota = 0, period = 0;
    if (read_words(directory, "cpu.max", words)) {
        if (sscanf(words, "%lf %lf", &quota, &period) != 2) return 0; /* "max 100000" */
    } else {
        if (read_words(directory, "cpu/cpu.cfs_quota_us", words)) quota = strtod(words, NULL);
        if (read_words(directory, "cpu/cpu.cfs_period_us", words)) period = strtod(words, NULL);
    }
    return quota > 0 && period > 0 ? (int)ceil(quota / period) : 0;
}

/* More threads than CPUs are worse than none: each job waits for the thread that does not run. */
int moim_cores(void)
{
    cpu_set_t may;
    char line[512], own[600];
    int n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (!sched_getaffinity(0, sizeof may, &may) && CPU_COUNT(&may) < n) n = CPU_COUNT(&may);
    int quota = moim_cgroup_cores("/sys/fs/cgroup"); /* a container sees its own there */
    if (quota && quota < n) n = quota;
    FILE *f = fopen("/proc/self/cgroup", "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "0::/", 4)) continue;
        snprintf(own, sizeof own, "/sys/fs/cgroup%s", line + 3);
        quota = moim_cgroup_cores(own);
        if (quota && quota < n) n = quota;
    }
    if (f) fclose(f);
    return n < 1 ? 1 : n;
}

struct moim_pool *moim_pool_new(int threads)
{
    if (threads <= 0) threads = moim_cores();
    struct moim_pool *p = calloc(1, sizeof *p);
    if (!p || !(p->threads = calloc((size_t)threads, sizeof *p->threads))) {
        free(p);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    for (int i = 0; i + 1 < threads; i++) {
        if (pthread_create(&p->threads[i], NULL, worker, p)) break; /* fewer threads still compute the same */
        p->n_threads++;
    }
    return p;
}

void moim_pool_free(struct moim_pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n_threads; i++) pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p);
}

int moim_pool_threads(const struct moim_pool *p)
{
    return p ? p->n_threads + 1 : 1;
}

void moim_pool_run(struct moim_pool *p, void (*fn)(void *arg, int i, int n), void *arg, int n)
{
    if (!p || !p->n_threads || n <= 1) {
        for (int i = 0; i < n; i++) fn(arg, i, n);
        return;
    }
    unsigned job = atomic_load(&p->job) + 1;
    atomic_store(&p->ticket, (uint64_t)job << 32 | CLOSED);
    atomic_store(&p->fn, fn);
    atomic_store(&p->arg, arg);
    atomic_store(&p->n, n);
    atomic_store(&p->finished, 0);
    atomic_store(&p->ticket, (uint64_t)job << 32);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->job, job);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    take_all(p, job);
    for (int i = 0; i < SPINS && atomic_load(&p->finished) < n; i++) relax();
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->finished) < n) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
