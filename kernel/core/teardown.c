/* SPDX-License-Identifier: MIT */
/*
 * Deleting and revoking, in bounded steps (what a step does is told in apply.c).
 *
 * A record covers TEARDOWN_BATCH steps. Between records the decoders return ERR_RESTART when an interrupt is pending, and the call is executed again. As the list of dying
 * slots is global, the next DELETE, REVOKE or RECLAIM of anybody first finishes what a caller that died on the way has left; if there is none, teardown_continue() does.
 *
 * Nothing is begun before the list is empty. Copies that hang below a slot on the list are still of use; were their original put on top of it, the object would go before them.
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

enum error teardown(struct call *call, enum commit_operation operation, struct slot *slot)
{
	const struct slot *parent = operation == COMMIT_REVOKE ? slot : NULL;
	bool waits = operation == COMMIT_DELETE && slot->type != OBJECT_NULL && !call->restarted; /* to begin */

	while (waits || teardown_pending(parent)) {
		bool begin = waits && !core->dying;
		enum error error = teardown_batch(call->caller, operation, slot, begin ? COMMIT_DELETE_BEGIN : 0);

		if (error)
			return error;
		waits &= !begin && slot->type != OBJECT_NULL; /* it may have gone with what others had begun */
		call->progress = !waits;
		if ((waits || teardown_pending(parent)) && hook_interrupt_pending())
			return ERR_RESTART;
	}
	while (!hook_limbo_step())
		if (hook_interrupt_pending())
			return ERR_RESTART;
	return OK;
}

bool teardown_continue(void)
{
	return core->dying ? teardown_batch(NULL, COMMIT_DELETE, NULL, 0) == OK : !hook_limbo_step();
}
