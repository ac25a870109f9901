/* SPDX-License-Identifier: MIT */
/*
 * The commit ring: where every change of authority becomes a record before its caller sees the result.
 *
 * Records are built in place: commit_begin() finds room (a share of the ring is kept for the holders of the reserve), the decoder fills in the arguments,
 * commit_apply() lets apply() read them and publishes them by moving the head. A caller that finds no room has changed nothing and waits (ERR_RING_FULL).
 *
 * With BENCH_NO_COMMITS (a benchmark's kernel variant only) records go through apply() but are not kept: the difference is what logging costs.
 */
#include "kernel/core/core.h"

struct core *core;
struct commit_ring *commit_ring;

static struct commit_record *record_at(uint64_t sequence)
{
	struct commit_record *records = (void *)((unsigned char *)commit_ring + COMMIT_RING_HEADER);

	return &records[sequence & (commit_ring->capacity - 1)];
}

#ifndef BENCH_NO_COMMITS

bool commit_room(const struct thread_core *caller, uint64_t count)
{
	uint64_t room = commit_ring->capacity - (commit_ring->head - commit_ring->tail);
	uint64_t kept = caller && caller->reserve ? 0 : commit_ring->reserve;

	return room >= kept + count;
}

struct commit_record *commit_begin(const struct thread_core *caller, enum commit_operation operation)
{
	struct commit_record *record;

	if (!commit_room(caller, 1))
		return NULL;
	record = record_at(commit_ring->head);
	*record = (struct commit_record){ .sequence = commit_ring->head, .operation = (uint16_t)operation, .subject = core_ref(caller) };
	return record;
}

void commit_apply(struct commit_record *record)
{
	apply(record);
	commit_ring->head++;
	if (commit_ring->head - commit_ring->tail == commit_ring->threshold)
		hook_log_threshold();
}

#else

bool commit_room(const struct thread_core *caller, uint64_t count)
{
	(void)caller;
	(void)count;
	return true;
}

struct commit_record *commit_begin(const struct thread_core *caller, enum commit_operation operation)
{
	struct commit_record *record = record_at(0);

	(void)caller;
	*record = (struct commit_record){ .operation = (uint16_t)operation };
	return record;
}

void commit_apply(struct commit_record *record)
{
	apply(record);
}

#endif
