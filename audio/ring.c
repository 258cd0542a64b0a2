#include "audio/ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GAPS 64 /* power of two */

/* Producer and consumer write to separate cache lines. */
struct moim_ring {
    float *frames; /* [mask + 1][channels] */
    size_t mask, channels;
    struct moim_gap gap[GAPS];
    alignas(64) _Atomic uint64_t head, gap_head; /* stored by the producer */
    uint64_t pending, pending_device;            /* producer only: lost frames not yet told */
    alignas(64) _Atomic uint64_t tail, gap_tail; /* stored by the consumer */
    alignas(64) _Atomic uint64_t lost, losses;
};

int moim_ring_new(struct moim_ring **out, size_t frames, int channels, struct moim_err *err)
{
    *out = NULL;
    if (frames < 1 || frames > (size_t)1 << 28 || channels < 1 || channels > 256)
        return moim_fail(err, MOIM_EINVAL, "ring of %zu frames of %d channels", frames, channels);
    size_t size = 1;
    while (size < frames) size *= 2;
    struct moim_ring *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);
    float *data = calloc(size * (size_t)channels, sizeof *data);
    if (!r || !data) {
        free(r);
        free(data);
        return moim_fail(err, MOIM_ENOMEM, "out of memory for a ring of %zu frames", size);
    }
    memset(r, 0, sizeof *r);
    r->frames = data;
    r->mask = size - 1;
    r->channels = (size_t)channels;
    *out = r;
    return MOIM_OK;
}

void moim_ring_free(struct moim_ring *r)
{
    if (!r) return;
    free(r->frames);
    free(r);
}

/* Publishes what is pending as a gap before frame `at`; false when the gap ring is full. */
static bool tell_gap(struct moim_ring *r, uint64_t at)
{
    if (!r->pending) return true;
    uint64_t h = atomic_load_explicit(&r->gap_head, memory_order_relaxed);
    uint64_t t = atomic_load_explicit(&r->gap_tail, memory_order_acquire);
    if (h - t == GAPS) return false;
    r->gap[h % GAPS] = (struct moim_gap){at, r->pending, r->pending_device};
    r->pending = r->pending_device = 0;
    atomic_store_explicit(&r->gap_head, h + 1, memory_order_release);
    return true;
}

static void lose(struct moim_ring *r, uint64_t n)
{
    r->pending += n;
    atomic_fetch_add_explicit(&r->lost, n, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->losses, 1, memory_order_relaxed);
}

void moim_ring_lose(struct moim_ring *r, uint64_t n)
{
    if (!n) return;
    r->pending_device += n;
    lose(r, n);
}

bool moim_ring_write(struct moim_ring *r, const float *frames, size_t n)
{
    uint64_t h = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t t = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t room = r->mask + 1 - (size_t)(h - t);
    /* Without a slot for the gap, the block joins the gap: a lost frame is never lost silently. */
    if (n > room || !tell_gap(r, h)) {
        lose(r, n);
        return false;
    }
    size_t at = (size_t)h & r->mask, first = r->mask + 1 - at, frame = r->channels * sizeof(float);
    if (first > n) first = n;
    memcpy(r->frames + at * r->channels, frames, first * frame);
    memcpy(r->frames, frames + first * r->channels, (n - first) * frame);
    atomic_store_explicit(&r->head, h + n, memory_order_release);
    return true;
}

/* The gap ring is read after head: a gap told before that head is then visible. */
static bool next_gap(struct moim_ring *r, struct moim_gap *gap, uint64_t *at)
{
    *at = atomic_load_explicit(&r->gap_tail, memory_order_relaxed);
    if (*at == atomic_load_explicit(&r->gap_head, memory_order_acquire)) return false;
    *gap = r->gap[*at % GAPS];
    return true;
}

size_t moim_ring_read(struct moim_ring *r, float *frames, size_t n)
{
    uint64_t h = atomic_load_explicit(&r->head, memory_order_acquire), g;
    uint64_t t = atomic_load_explicit(&r->tail, memory_order_relaxed);
    struct moim_gap gap;
    if (next_gap(r, &gap, &g) && gap.at < h) h = gap.at;
    if (n > h - t) n = (size_t)(h - t);
    if (!n) return 0;
    size_t at = (size_t)t & r->mask, first = r->mask + 1 - at, frame = r->channels * sizeof(float);
    if (first > n) first = n;
    memcpy(frames, r->frames + at * r->channels, first * frame);
    memcpy(frames + first * r->channels, r->frames, (n - first) * frame);
    atomic_store_explicit(&r->tail, t + n, memory_order_release);
    return n;
}

bool moim_ring_take_gap(struct moim_ring *r, struct moim_gap *gap)
{
    uint64_t g, t = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (!next_gap(r, gap, &g) || gap->at != t) return false;
    atomic_store_explicit(&r->gap_tail, g + 1, memory_order_release);
    return true;
}

size_t moim_ring_readable(const struct moim_ring *r)
{
    return (size_t)(atomic_load_explicit(&r->head, memory_order_acquire) -
                    atomic_load_explicit(&r->tail, memory_order_acquire));
}
uint64_t moim_ring_lost(const struct moim_ring *r)
{
    return atomic_load_explicit(&r->lost, memory_order_relaxed);
}
uint64_t moim_ring_losses(const struct moim_ring *r)
{
    return atomic_load_explicit(&r->losses, memory_order_relaxed);
}
uint64_t moim_ring_written(const struct moim_ring *r)
{
    return atomic_load_explicit(&r->head, memory_order_relaxed);
}
