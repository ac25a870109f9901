/* SPDX-License-Identifier: MIT */
/*
 * A ring of fixed-size entries in memory that two parties share: one produces, one consumes, neither trusts the other.
 *
 * The shared part is two indexes, each written by one side, on cache lines of their own, then the entries. Indexes count entries for ever and wrap at 2^64. Each side
 * keeps capacity, entry size and its own index in private memory; the peer's index is read once for each operation and believed only if it has not gone back and the distance
 * between the two is 0 .. capacity. Anything else is nonsense: the ring is poisoned for this side, and every later operation says so. An entry is copied exactly once; its content is
 * then the receiver's to check. The indexes say nothing about waiting: parties wake each other with Notifications.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_shared {
	_Alignas(64) uint64_t produced; /* [a] entries ever produced; written by the producer */
	_Alignas(64) uint64_t consumed; /* [a] entries ever consumed; written by the consumer */
	_Alignas(64) unsigned char entries[];
};

enum ring_result {
	RING_OK = 0,
	RING_FULL = 1,
	RING_EMPTY = 2,
	RING_POISONED = 3, /* the peer wrote an impossible index; nothing works any more */
};

/* One side's private view. */
struct ring {
	struct ring_shared *shared;
	uint64_t own;      /* entries that this side has produced or consumed */
	uint64_t peer;     /* what the peer's index was when it was last read */
	uint64_t capacity; /* entries, a power of two */
	size_t entry_size; /* bytes */
	bool poisoned;
};

/* Bytes of shared memory that such a ring takes. */
size_t ring_bytes(uint64_t capacity, size_t entry_size);

/* Sets up one side of a ring in shared memory that is zero; `capacity` must be a power of two. */
void ring_open(struct ring *ring, void *shared, uint64_t capacity, size_t entry_size);

/* The same for a ring that has been in use, after a restart of this side: takes over the indexes as they stand. What the other side wrote into this side's index meanwhile harms itself alone. */
void ring_continue(struct ring *ring, void *shared, uint64_t capacity, size_t entry_size, bool produces);

/* Producer: copies an entry in, or says RING_FULL. */
__attribute__((warn_unused_result)) enum ring_result ring_push(struct ring *ring, const void *entry);

/* Consumer: copies an entry out, or says RING_EMPTY. */
__attribute__((warn_unused_result)) enum ring_result ring_pop(struct ring *ring, void *entry);

/* Of a ring of single bytes: moves as many of `count` bytes as there is room for, or as wait; returns how many. None when it is poisoned. */
size_t ring_push_bytes(struct ring *ring, const void *bytes, size_t count);
size_t ring_pop_bytes(struct ring *ring, void *bytes, size_t count);
