/* SPDX-License-Identifier: MIT */
/*
 * Deleting and revoking, in bounded steps (what a step does is told in apply.c).
 *
 * A record covers TEARDOWN_BATCH steps. Between records the decoders return ERR_RESTART when an interrupt is pending, and the call is executed again. As the list of dying
 * slots is global, the next DELETE, REVOKE or RECLAIM of anybody first finishes what a caller that died on the way has left; if there is none, teardown_continue() does.
 *
 * A DELETE says in each of its records that it is to begin, until its slot is empty, for a record begins nothing while the list is not empty: copies below a slot on the list are
 * still of use, and were their original put on top of it, the object would go before them.
 */
#include "kernel/core/core.h"

/* Is there anything left on the dying list, or a child of `parent`? */
static bool teardown_pending(const struct slot *parent)
{
	return core->dying || (parent && parent->child);
}

/* One record of up to TEARDOWN_BATCH steps. */
static enum error teardown_batch(const struct thread_core *caller, enum commit_operation operation, const struct slot *slot, uint16_t flags)
{
	return commit(caller, &(struct commit_record){
		.operation = (uint16_t)operation, .flags = flags, .count = TEARDOWN_BATCH, .argument = { core_ref(slot) },
	});
}

/* Both run on the path of a short deletion: inline, so that each is compiled for its operation. */
static inline enum error teardown(struct call *call, enum commit_operation operation, uint16_t begin)
{
	const struct slot *parent = operation == COMMIT_REVOKE ? call->slot : NULL;

	while (begin || teardown_pending(parent)) {
		enum error error = teardown_batch(call->caller, operation, call->slot, begin);

		if (error)
			return error;
		if (call->slot->type == OBJECT_NULL)
			begin = 0;
		call->progress = !begin;
		if ((begin || teardown_pending(parent)) && hook_interrupt_pending())
			return ERR_RESTART;
	}
	while (!hook_limbo_step())
		if (hook_interrupt_pending())
			return ERR_RESTART;
	return OK;
}

enum error cnode_delete(struct call *call)
{
	return teardown(call, COMMIT_DELETE, call->slot->type != OBJECT_NULL && !call->restarted ? COMMIT_DELETE_BEGIN : 0);
}

enum error cnode_revoke(struct call *call)
{
	if (slot_is_empty(call->slot) && !call->restarted)
		return refuse(ERR_NOCAP, "the slot is empty");
	return teardown(call, COMMIT_REVOKE, 0);
}

bool teardown_continue(void)
{
	return core->dying ? teardown_batch(NULL, COMMIT_DELETE, NULL, 0) == OK : !hook_limbo_step();
}
