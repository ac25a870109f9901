/* SPDX-License-Identifier: MIT */
/*
 * The last things that a CPU did, for a panic and for gdb to print.
 *
 * One ring a CPU, in its struct cpu, written by that CPU alone with interrupts off: no lock. Old events are overwritten. Every
 * build keeps it; an event costs about six instructions, so the fast paths of IPC record none.
 */
#pragma once

#include "abi/types.h"

enum trace_kind {
#define TRACE(name, a, b) TRACE_##name,
#include "kernel/trace.def"
#undef TRACE
};

#define TRACE_RING_SIZE 64

struct trace_event {
	uint64_t kind, a, b;
};

struct trace_ring {
	uint64_t count; /* of events ever recorded; the next goes to count % TRACE_RING_SIZE */
	struct trace_event event[TRACE_RING_SIZE];
};

static inline void trace_record(struct trace_ring *ring, enum trace_kind kind, uint64_t a, uint64_t b)
{
	ring->event[ring->count++ % TRACE_RING_SIZE] = (struct trace_event){kind, a, b};
}
