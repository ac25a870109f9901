/* SPDX-License-Identifier: MIT */
/*
 * A peer that rewrites shared memory between any two instructions of who reads it. The pages are not accessible while the operation runs: each instruction that touches them faults, is executed alone by a single step, and counts as one access; after
 * the access that was asked for, the peer's store happens. So every place in time is tried, none by chance. x86-64 and Linux; one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The peer's store: `value` at `word` of the memory, after access number `access` (from 1). Access 0: none, only count. */
struct hostile {
	uint64_t *memory; /* page-aligned */
	size_t bytes;     /* whole pages */
	size_t word;
	unsigned access;
	uint64_t value;
};

/* Runs the operation under that peer. Returns how many accesses it made. */
unsigned hostile_run(const struct hostile *hostile, void (*operation)(void *context), void *context);

/* The same for an operation that is no function: what runs between these two. */
void hostile_begin(const struct hostile *hostile);
unsigned hostile_end(void);
