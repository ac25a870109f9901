/* SPDX-License-Identifier: MIT */
/*
 * The commit ring: where every change of authority becomes a record before its caller sees the result.
 *
 * A share of the ring is kept for threads of the highest priority, which only init's maximum gives: for whoever starts the ring's reader anew. Any other caller that finds no room has changed nothing and waits (ERR_RING_FULL).
 */
#include "kernel/core/core.h"

struct core *core;
struct commit_ring *commit_ring;

bool commit_room(const struct thread_core *caller, uint64_t count)
{
	uint64_t room = commit_ring->capacity - (commit_ring->head - commit_ring->tail);

	return room >= commit_ring->reserve + count || (caller && caller->priority == PRIORITY_LEVELS - 1 && room >= count);
}

inline enum error commit(const struct thread_core *caller, const struct commit_record *draft)
{
	struct commit_record *records = (void *)((unsigned char *)commit_ring + COMMIT_RING_HEADER);
	struct commit_record *record = &records[commit_ring->head & (commit_ring->capacity - 1)];

	if (!commit_room(caller, 1))
		return ERR_RING_FULL;
	*record = *draft;
	record->sequence = commit_ring->head;
	record->subject = core_ref(caller);
	apply(record);
	commit_ring->head++;
	if (commit_ring->head - commit_ring->tail == commit_ring->threshold)
		hook_log_threshold();
	return OK;
}
