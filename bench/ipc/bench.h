/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of the kernel primitives: what its files share.
 *
 * A row is one operation (rows.def). Everything that it needs is made from one Untyped, which is reclaimed after the row, so rows do not see each other. Priorities: the
 * program itself lowers itself to BENCH_PRIORITY; servers run above it, foreign threads below it.
 */
#pragma once

#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/thread.h"

#define BENCH_PRIORITY 40
#define SERVER_PRIORITY 50
#define FOREIGN_PRIORITY 30

#define SPACE_CNODE_BITS 7
#define SPACE_TABLE_PAGES 24

/* Errors of all calls of the row, or-ed together: cheap enough to be part of what is measured. */
extern unsigned row_errors;

static inline void expect_ok(enum error error)
{
	row_errors |= (unsigned)error;
}

/* For what is not on the measured path. */
static inline void expect_equal(uint64_t expected, uint64_t got)
{
	row_errors |= expected != got;
}

/* The time-stamp counter; in line everywhere, so that two reads have one cost. */
static inline __attribute__((always_inline)) uint64_t counter_read(void)
{
	uint64_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return high << 32 | low;
}

/* The measurement that began at `start` ends. */
static inline __attribute__((always_inline)) void least_take(uint64_t *least, uint64_t start)
{
	uint64_t took = counter_read() - start;

	if (took < *least)
		*least = took;
}

/* Makes an object of the row's memory; 0 when that failed, which the row then reports. */
handle_t make(enum object_type type, uint64_t size);

#define ROW(name, prepare, act, undo) \
	void prepare(void);           \
	void act(void);               \
	void undo(void);
#define ROW_OF_ITS_OWN(name, measure) uint64_t measure(uint64_t rounds);
#include "rows.def"
#undef ROW
#undef ROW_OF_ITS_OWN
