/* SPDX-License-Identifier: MIT */
/*
 * Bytes on their way from one end of a pipe or socket to the other: a ring of pages, of which those are there that hold something (and one more, so that a pipe which is emptied each time takes no frame anew). Pure but for frames.
 */
#pragma once

#include "mm/frames.h"

#define RING_PAGES_MAX 256 /* 1 MiB */

struct byte_ring {
	uint32_t pages;   /* capacity, a power of two */
	uint64_t taken;   /* bytes since the beginning, whose place in the ring is the number modulo the capacity */
	uint64_t put;
	frame_t frames[RING_PAGES_MAX];
};

static inline uint64_t ring_count(const struct byte_ring *ring)
{
	return ring->put - ring->taken;
}

static inline uint64_t ring_room(const struct byte_ring *ring)
{
	return ring->pages * (uint64_t)PAGE_SIZE - ring_count(ring);
}

/* Copies in as many of `bytes` bytes as there is room for. How many: fewer also when there is no memory. */
uint64_t ring_put(struct byte_ring *ring, const void *from, uint64_t bytes);

/* Copies out, from `skip` bytes behind the next one, as many as there are of `bytes` bytes; they stay. */
uint64_t ring_look(const struct byte_ring *ring, uint64_t skip, void *to, uint64_t bytes);

/* Takes `bytes` bytes out, which are there. */
void ring_drop(struct byte_ring *ring, uint64_t bytes);

/* Another capacity, in pages: a power of two, and enough for what is in it. False when there is no memory; then nothing has changed. */
bool ring_resize(struct byte_ring *ring, uint32_t pages);

/* Gives all frames back; the ring is empty. */
void ring_clear(struct byte_ring *ring);
