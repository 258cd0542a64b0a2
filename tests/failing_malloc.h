/* Allocations of this program's own code that fail one after another. The Makefile links suites called test_allocations with the linker's
 * --wrap; what libraries allocate for themselves is left to tests/torture/faults.py. Under `make asan` what a
 * failure leaves behind is told as a leak. */
#ifndef MOIM_TESTS_FAILING_MALLOC_H
#define MOIM_TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

static long allocations_left = -1; /* until one fails; < 0: none does */

static inline bool allocation_fails(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

#define WRAPPED(type, name, params, ...)                                                                     \
    type __real_##name params;                                                                               \
    type __wrap_##name params;                                                                               \
    type __wrap_##name params                                                                                \
    {                                                                                                        \
        return allocation_fails() ? NULL : __real_##name(__VA_ARGS__);                                       \
    }
WRAPPED(void *, malloc, (size_t n), n)
WRAPPED(void *, calloc, (size_t n, size_t size), n, size)
WRAPPED(void *, realloc, (void *p, size_t n), p, n)
WRAPPED(char *, strdup, (const char *s), s)
WRAPPED(char *, strndup, (const char *s, size_t n), s, n)

/* Runs what() with the first allocation failing, the second, ... until it gets through. Each time it must
 * give MOIM_OK or fail with a message. Returns how many failed. */
static inline int fail_each_allocation(int (*what)(struct moim_err *err))
{
    int failed = 0;
    for (long k = 0;; k++) {
        struct moim_err why = {0};
        allocations_left = k;
        int rc = what(&why);
        bool reached = allocations_left < 0;
        allocations_left = -1;
        failed += rc != 0;
        if (rc && !*why.msg) fail_msg("allocation %ld: code %d without a message", k, rc);
        if (rc && rc != MOIM_ENOMEM) fail_msg("allocation %ld: code %d: %s", k, rc, why.msg);
        if (reached) continue;
        if (rc) fail_msg("fails with %d (%s) though nothing was made to", rc, why.msg);
        return failed;
    }
}

#endif
