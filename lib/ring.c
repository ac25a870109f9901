/* SPDX-License-Identifier: MIT */
/* The shared ring (lib/ring.h). Publication is a release store of the own index; the peer's index is an acquire load, done
 * once an operation. */
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

void ring_continue(struct ring *ring, void *shared, uint64_t capacity, size_t entry_size, bool produces)
{
	const struct ring_shared *indexes = shared;
	uint64_t produced = __atomic_load_n(&indexes->produced, __ATOMIC_ACQUIRE), consumed = __atomic_load_n(&indexes->consumed, __ATOMIC_ACQUIRE);

	ring_open(ring, shared, capacity, entry_size);
	ring->own = produces ? produced : consumed;
	ring->peer = produces ? consumed : produced;
	ring->poisoned = produced - consumed > capacity;
}

/* Reads the peer's index and returns how many entries wait in the ring; `produces` says which side this is. Nonsense poisons the ring. */
static uint64_t entries_waiting(struct ring *ring, const uint64_t *index, bool produces)
{
	uint64_t peer = __atomic_load_n(index, __ATOMIC_ACQUIRE);
	uint64_t waiting = produces ? ring->own - peer : peer - ring->own;
	uint64_t progress_most = produces ? ring->own - ring->peer : ring->own + ring->capacity - ring->peer;

	if (waiting > ring->capacity || peer - ring->peer > progress_most)
		ring->poisoned = true;
	else
		ring->peer = peer;
	return waiting;
}

static unsigned char *entry_at(struct ring *ring, uint64_t index)
{
	return ring->shared->entries + (index & (ring->capacity - 1)) * ring->entry_size;
}

enum ring_result ring_push(struct ring *ring, const void *entry)
{
	uint64_t waiting = entries_waiting(ring, &ring->shared->consumed, true);

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
	uint64_t waiting = entries_waiting(ring, &ring->shared->produced, false);

	if (ring->poisoned)
		return RING_POISONED;
	if (waiting == 0)
		return RING_EMPTY;
	memcpy(entry, entry_at(ring, ring->own), ring->entry_size);
	__atomic_store_n(&ring->shared->consumed, ++ring->own, __ATOMIC_RELEASE);
	return RING_OK;
}

size_t ring_push_bytes(struct ring *ring, const void *bytes, size_t count)
{
	size_t done = 0;

	while (done < count && ring_push(ring, (const unsigned char *)bytes + done) == RING_OK)
		done++;
	return done;
}

size_t ring_pop_bytes(struct ring *ring, void *bytes, size_t count)
{
	size_t done = 0;

	while (done < count && ring_pop(ring, (unsigned char *)bytes + done) == RING_OK)
		done++;
	return done;
}
