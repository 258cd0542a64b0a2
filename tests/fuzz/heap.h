/* Watches what a reader takes from the heap: no more than twice what it reads, and what every reader takes for itself. */
#ifndef MOIM_TESTS_FUZZ_HEAP_H
#define MOIM_TESTS_FUZZ_HEAP_H

#include <sanitizer/allocator_interface.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_HEAP_OF_ITS_OWN                                                                                 \
    (2 << 20) /* a JSON header of 64 kB, or a table of small tensors, takes thirty times its bytes */

static struct {
    bool watching, installed;
    size_t live, limit;
} fuzz_heap;

static inline void fuzz_heap_grew(const volatile void *p, size_t size)
{
    (void)p;
    if (!fuzz_heap.watching || (fuzz_heap.live += size) <= fuzz_heap.limit) return;
    fuzz_heap.watching = false;
    fprintf(stderr, "%zu bytes on the heap, %zu allowed\n", fuzz_heap.live, fuzz_heap.limit);
    abort();
}

static inline void fuzz_heap_shrank(const volatile void *p)
{
    size_t size = fuzz_heap.watching && p ? __sanitizer_get_allocated_size(p) : 0;
    fuzz_heap.live -= size < fuzz_heap.live ? size : fuzz_heap.live;
}

/* From here to fuzz_heap_end() at most twice `size` bytes may be held. */
static inline void fuzz_heap_begin(size_t size)
{
    if (!fuzz_heap.installed) __sanitizer_install_malloc_and_free_hooks(fuzz_heap_grew, fuzz_heap_shrank);
    fuzz_heap.installed = true;
    fuzz_heap.live = 0;
    fuzz_heap.limit = 2 * size + FUZZ_HEAP_OF_ITS_OWN;
    fuzz_heap.watching = true;
}

static inline void fuzz_heap_end(void)
{
    fuzz_heap.watching = false;
}

#endif
