/* SPDX-License-Identifier: MIT */
/*
 * The memory in which records are replayed, and what the capability state machine is told there instead of a machine.
 *
 * An arena is a range of host memory that stands for physical memory from address 0, reserved but not backed until something is written. Only objects are ever in it: a
 * replay sees no user memory. Beside it lies a shadow of one byte for each 64 bytes of memory that says where slots can be: it answers whether a number in a record is
 * the reference of a slot or a Thread, before anybody follows it.
 *
 * One arena at a time is in use; kernel/core and the hooks work on that one. Single-threaded.
 */
#pragma once

#include "kernel/core/core.h"

#define ARENA_BYTES ((uint64_t)512 << 30)

struct arena {
	unsigned char *memory;
	unsigned char *shadow; /* enum shadow, one for each SLOT_SIZE bytes of memory */
	ref_t *begun;          /* for each page: the slot whose teardown the Thread there began last */
	bool single_step;      /* an interrupt is always pending: a restartable operation returns after one record */
	ref_t mapping;         /* what hook_mapping_available() will answer */
	uint16_t mapping_index;
};

/* What begins or goes on at 64 bytes of memory. Only what has slots in it is marked. */
enum shadow {
	SHADOW_NONE,
	SHADOW_CNODE,      /* the first slot of a CNode */
	SHADOW_CNODE_REST, /* a further one */
	SHADOW_THREAD,
	SHADOW_IRQ,
};

/* Reserves the address space. False when the host has none. */
bool arena_create(struct arena *arena);

/* Gives everything back. */
void arena_destroy(struct arena *arena);

/* Makes an arena empty: all memory reads as zero. */
void arena_clear(struct arena *arena);

/* Lets kernel/core and the hooks work on this arena; `core` and the ring are the caller's to set. */
void arena_use(struct arena *arena);

/* Is all of [ref, ref + bytes) inside an arena? */
bool arena_holds(ref_t ref, uint64_t bytes);

/* What the shadow says about the 64 bytes at `ref`; SHADOW_NONE also for a number that is no aligned reference. */
enum shadow arena_shadow(const struct arena *arena, ref_t ref);

/* Where the slot of the Thread whose teardown began last is kept; `thread` must be marked SHADOW_THREAD or have been. */
ref_t *arena_begun(struct arena *arena, ref_t thread);

/* Marks a CNode of so many slots, as hook_object_created() does: genesis makes one without it. */
void arena_mark_cnode(struct arena *arena, ref_t cnode, uint64_t slots);
