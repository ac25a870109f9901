/* SPDX-License-Identifier: MIT */
/* The methods of the log control: freeing ring space, the reserve, and how full the ring is. */
#include "kernel/core/core.h"

enum error log_advance(struct call *call)
{
	uint64_t tail = call->words[0];

	if (tail < commit_ring->tail || tail > commit_ring->head)
		return refuse(ERR_ARGUMENT, "these records are not in the ring");
	commit_ring->tail = tail;
	return OK;
}

enum error log_reserve(struct call *call)
{
	struct slot *thread = call->cap[0];
	struct commit_record *record;

	if (thread->type != OBJECT_THREAD)
		return refuse(ERR_TYPE, "only a Thread can use the reserve");
	if (call->words[0] > 1)
		return refuse(ERR_ARGUMENT, "allowed is 0 or 1");
	record = commit_begin(call->caller, COMMIT_LOG_RESERVE);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = thread->object;
	record->argument[1] = call->words[0];
	commit_apply(record);
	return OK;
}

enum error log_inform(struct call *call)
{
	call->result[0] = commit_ring->head;
	call->result[1] = commit_ring->tail;
	call->result[2] = commit_ring->capacity;
	call->result[3] = commit_ring->reserve;
	call->results = 4;
	return OK;
}
