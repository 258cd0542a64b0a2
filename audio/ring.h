/* Lock-free ring of audio frames between one producer (a sound card's callback) and one consumer.
 *
 *     frames   [ ....tail=======head.... ]   head and tail only grow; index = value & mask
 *     gaps     [ (at, frames lost) ... ]     a second, small ring: where in the stream frames are missing
 *
 * Memory order: the producer writes the frames, then stores head with release; the consumer loads head with
 * acquire, so it sees every frame below head. In the other direction the consumer reads the frames, then
 * stores tail with release; the producer loads tail with acquire, so it never overwrites a frame still being
 * read. The gap ring does the same, and a gap is published before the head that covers the frames after it.
 * The two counters live on cache lines of their own.
 *
 * A block that finds no room is lost whole, is counted, and becomes a gap at the place where it belonged, so
 * the consumer can put silence there and time stays true. The producer's calls take no lock, allocate nothing
 * and make no system call. */
#ifndef MOIM_AUDIO_RING_H
#define MOIM_AUDIO_RING_H

#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moim_ring;

struct moim_gap {
    uint64_t at;     /* frame of the ring's stream that follows the gap */
    uint64_t frames; /* how many are missing there */
    uint64_t device; /* of these, lost by the device; the others found the ring full */
};

/* Room for at least frames frames (rounded up to a power of two) of channels floats each. */
int moim_ring_new(struct moim_ring **out, size_t frames, int channels, struct moim_err *err);
void moim_ring_free(struct moim_ring *r);

/* Producer. Copies n interleaved frames, or loses them all when they do not fit; says which. */
bool moim_ring_write(struct moim_ring *r, const float *frames, size_t n);
/* Producer. Tells that the device itself lost n frames before the next write. */
void moim_ring_lose(struct moim_ring *r, uint64_t n);

/* Consumer. Reads up to n frames, never across a gap; 0 when empty or when a gap comes first. */
size_t moim_ring_read(struct moim_ring *r, float *frames, size_t n);
/* Consumer. Takes the gap at the reading position, if there is one. */
bool moim_ring_take_gap(struct moim_ring *r, struct moim_gap *gap);
size_t moim_ring_readable(const struct moim_ring *r);

/* Any thread: frames lost so far, in how many separate losses, and frames written. */
uint64_t moim_ring_lost(const struct moim_ring *r);
uint64_t moim_ring_losses(const struct moim_ring *r);
uint64_t moim_ring_written(const struct moim_ring *r);

#endif
