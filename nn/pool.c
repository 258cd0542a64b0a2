#include "nn/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct moim_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t *threads;
    int n_threads; /* workers beside the caller */
    void (*fn)(void *, int, int);
    void *arg;
    int n;
    atomic_int next, left; /* next index to take; workers still in this job */
    atomic_uint job;       /* counts jobs, so that a worker knows a new one */
    bool quit;
};

static void take_all(struct moim_pool *p)
{
    for (int i; (i = atomic_fetch_add(&p->next, 1)) < p->n;) p->fn(p->arg, i, p->n);
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
        take_all(p);
        if (atomic_fetch_sub(&p->left, 1) == 1) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

struct moim_pool *moim_pool_new(int threads)
{
    if (threads <= 0) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads < 1) threads = 1;
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
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->arg = arg;
    p->n = n;
    atomic_store(&p->next, 0);
    atomic_store(&p->left, p->n_threads);
    atomic_fetch_add(&p->job, 1);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    take_all(p);
    for (int i = 0; i < SPINS && atomic_load(&p->left); i++) relax();
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->left)) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
