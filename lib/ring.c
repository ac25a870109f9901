/* SPDX-License-Identifier: MIT */
/* The shared ring (lib/ring.h). Publication is a release store of the own index; the peer's index is an acquire load, done once an operation. */
#include "lib/ring.h"

#include "lib/string.h"

size_t ring_bytes(uint64_t capacity, size_t entry_size)
{
	return sizeof(struct ring_shared) + capacity * entry_size;
}

void ring_open(struct ring *ring, void *shared, uint64_t capacity, size_t entry_size)
{
	*ring = (struct ring){.shared = shared, .capacity = capacity, .entry_size = entry_size};
}

/* Entries between the two indexes, `ahead` being the producer's; poisons the ring when that cannot be. */
static uint64_t distance(struct ring *ring, uint64_t ahead, uint64_t behind)
{
	uint64_t entries = ahead - behind;

	if (entries > ring->capacity)
		ring->poisoned = true;
	return entries;
}

static unsigned char *entry_at(struct ring *ring, uint64_t index)
{
	return ring->shared->entries + (index & (ring->capacity - 1)) * ring->entry_size;
}

enum ring_result ring_push(struct ring *ring, const void *entry)
{
	uint64_t waiting = distance(ring, ring->own, __atomic_load_n(&ring->shared->consumed, __ATOMIC_ACQUIRE));

	if (ring->poisoned)
		return RING_POISONED;
	if (waiting == ring->capacity)
		return RING_FULL;
	memcpy(entry_at(ring, ring->own), entry, ring->entry_size);
	__atomic_store_n(&ring->shared->produced, ++ring->own, __ATOMIC_RELEASE);
	return RING_OK;
}

enum ring_result ring_pop(struct ring *ring, void *entry)
{
	uint64_t waiting = distance(ring, __atomic_load_n(&ring->shared->produced, __ATOMIC_ACQUIRE), ring->own);

	if (ring->poisoned)
		return RING_POISONED;
	if (waiting == 0)
		return RING_EMPTY;
	memcpy(entry, entry_at(ring, ring->own), ring->entry_size);
	__atomic_store_n(&ring->shared->consumed, ++ring->own, __ATOMIC_RELEASE);
	return RING_OK;
}
