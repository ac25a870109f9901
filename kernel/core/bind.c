/* SPDX-License-Identifier: MIT */
/*
 * Capabilities that objects hold themselves: the slots of a Thread, the Notification of an IrqHandler and of the log; and a Thread's priorities.
 *
 * Such a slot is filled by a COPY record (so it is an ordinary child of what was bound, and revoking that empties it) and emptied by the ordinary teardown.
 */
#include "kernel/core/core.h"

/* Copy `source` into `slot`, which must be empty, if it has this type and these rights. */
static enum error bind_slot(struct call *call, struct slot *slot, enum object_type type, uint8_t rights)
{
	struct slot *source = call->cap[0];
	struct commit_record *record;

	if (source->type != type)
		return refuse(ERR_TYPE, "a capability of this type does not belong here");
	if ((source->rights & rights) != rights)
		return refuse(ERR_RIGHTS, "the capability to bind lacks a right");
	if (!slot_is_empty(slot))
		return refuse(ERR_OCCUPIED, "something is bound here already");
	record = commit_begin(call->caller, COMMIT_COPY);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = core_ref(source);
	record->argument[1] = core_ref(slot);
	record->argument[2] = source->rights;
	commit_apply(record);
	return OK;
}

static const struct {
	uint8_t type;
	uint8_t rights;
} thread_slot_takes[THREAD_SLOTS] = {
	[THREAD_CNODE] = { OBJECT_CNODE, RIGHT_READ },
	[THREAD_VSPACE] = { OBJECT_VSPACE, RIGHT_ATTACH },
	[THREAD_MESSAGE] = { OBJECT_REGION, RIGHT_READ | RIGHT_WRITE },
	[THREAD_FAULT] = { OBJECT_ENDPOINT, RIGHT_WRITE },
	[THREAD_PERSONALITY] = { OBJECT_ENDPOINT, RIGHT_WRITE },
	[THREAD_NOTIFICATION] = { OBJECT_NOTIFICATION, RIGHT_READ },
};

enum error thread_bind(struct call *call)
{
	struct thread_core *thread = core_pointer(call->target->object);
	const struct slot *source = call->cap[0];
	uint64_t which = call->words[0];

	if (which >= THREAD_SLOTS)
		return refuse(ERR_ARGUMENT, "a Thread has no such slot");
	if (which == THREAD_MESSAGE && source->type == OBJECT_REGION && source->flags & SLOT_DEVICE)
		return refuse(ERR_ARGUMENT, "device memory cannot be a message page");
	if (which == THREAD_NOTIFICATION && source->type == OBJECT_NOTIFICATION && ((struct notification_core *)core_pointer(source->object))->bound)
		return refuse(ERR_BUSY, "the Notification is bound to another Thread");
	return bind_slot(call, &thread->slot[which], (enum object_type)thread_slot_takes[which].type, thread_slot_takes[which].rights);
}

enum error thread_unbind(struct call *call)
{
	struct thread_core *thread = core_pointer(call->target->object);

	if (call->words[0] >= THREAD_SLOTS)
		return refuse(ERR_ARGUMENT, "a Thread has no such slot");
	return delete_slot(call, &thread->slot[call->words[0]]);
}

enum error thread_set_priority(struct call *call)
{
	uint64_t priority = call->words[0], maximum = call->words[1];
	struct commit_record *record;

	if (priority >= PRIORITY_LEVELS || maximum >= PRIORITY_LEVELS)
		return refuse(ERR_ARGUMENT, "there is no such priority");
	if (priority > call->caller->priority_max || maximum > call->caller->priority_max)
		return refuse(ERR_PRIORITY, "the priority is above what the caller may give");
	record = commit_begin(call->caller, COMMIT_PRIORITY);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = call->target->object;
	record->argument[1] = priority;
	record->argument[2] = maximum;
	commit_apply(record);
	return OK;
}

enum error irq_bind(struct call *call)
{
	return bind_slot(call, &((struct irq_core *)core_pointer(call->target->object))->notification, OBJECT_NOTIFICATION, RIGHT_WRITE);
}

enum error irq_unbind(struct call *call)
{
	return delete_slot(call, &((struct irq_core *)core_pointer(call->target->object))->notification);
}

enum error log_bind(struct call *call)
{
	enum error error;

	if (call->words[0] == 0 || call->words[0] > commit_ring->capacity)
		return refuse(ERR_ARGUMENT, "the ring cannot hold so many records");
	error = bind_slot(call, &core->log, OBJECT_NOTIFICATION, RIGHT_WRITE);
	if (!error)
		commit_ring->threshold = call->words[0];
	return error;
}

enum error log_unbind(struct call *call)
{
	return delete_slot(call, &core->log);
}
