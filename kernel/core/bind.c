/* SPDX-License-Identifier: MIT */
/*
 * What objects hold or are set to: the slots of a Thread, the Notification of an IrqHandler and of the log, priorities, interrupts, the share in the ring's reserve.
 *
 * A slot of an object is filled by a COPY record (so it is an ordinary child of what was bound, and revoking that empties it) and emptied by the ordinary teardown.
 */
#include "kernel/core/core.h"

#define MSI_ADDRESS 0xfee00000 /* Intel SDM volume 3, 11.11.1: destination 0, physical, no redirection hint */

/* Copy the capability argument into the slot of an object. */
static enum error bind_slot(struct call *call, struct slot *slot)
{
	struct commit_record record = { .argument[2] = RIGHTS_ALL };

	if (!slot_is_empty(slot))
		return refuse(ERR_OCCUPIED, "something is bound here already");
	return slot_copy(call->caller, call->cap[0], slot, &record);
}

static const struct {
	uint8_t type, rights;
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
	if (source->type != thread_slot_takes[which].type)
		return refuse(ERR_TYPE, "a capability of this type does not belong here");
	if ((source->rights & thread_slot_takes[which].rights) != thread_slot_takes[which].rights)
		return refuse(ERR_RIGHTS, "the capability to bind lacks a right");
	if (source->flags & SLOT_DEVICE)
		return refuse(ERR_ARGUMENT, "device memory cannot be a message page");
	if (which == THREAD_NOTIFICATION && ((struct notification_core *)core_pointer(source->object))->bound)
		return refuse(ERR_BUSY, "the Notification is bound to another Thread");
	return bind_slot(call, &thread->slot[which]);
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

	if (priority >= PRIORITY_LEVELS || maximum >= PRIORITY_LEVELS)
		return refuse(ERR_ARGUMENT, "there is no such priority");
	if (priority > call->caller->priority_max || maximum > call->caller->priority_max)
		return refuse(ERR_PRIORITY, "the priority is above what the caller may give");
	return commit(call->caller, &(struct commit_record){ .operation = COMMIT_PRIORITY, .argument = { call->target->object, priority, maximum } });
}

static struct irq_core *irq_of(const struct slot *slot)
{
	return core_pointer(slot->object);
}

enum error irq_bind(struct call *call)
{
	return bind_slot(call, &irq_of(call->target)->notification);
}

enum error irq_unbind(struct call *call)
{
	return delete_slot(call, &irq_of(call->target)->notification);
}

enum error irq_attach(struct call *call)
{
	uint64_t line = call->words[0], flags = call->words[1], vector = IRQ_VECTOR_FIRST;
	bool msi = line == IRQ_LINE_MSI;

	if (!msi && line >= hook_irq_lines())
		return refuse(ERR_ARGUMENT, "there is no such interrupt line");
	if (flags & ~(uint64_t)(IRQ_LEVEL | IRQ_LOW))
		return refuse(ERR_ARGUMENT, "an unknown interrupt flag is set");
	if (irq_of(call->cap[0])->vector || (!msi && core->line[line]))
		return refuse(ERR_BUSY, "the IrqHandler is attached already, or the line has another one");
	while (vector <= IRQ_VECTOR_LAST && core->vector[vector])
		vector++;
	if (vector > IRQ_VECTOR_LAST)
		return refuse(ERR_NOMEM, "all interrupt vectors are taken");
	call->result[0] = vector;
	call->result[1] = msi ? MSI_ADDRESS : 0;
	call->result[2] = msi ? vector : 0;
	call->results = 3;
	return commit(call->caller, &(struct commit_record){
		.operation = COMMIT_IRQ_ATTACH, .flags = (uint16_t)flags, .argument = { call->cap[0]->object, vector, line },
	});
}

enum error log_bind(struct call *call)
{
	enum error error;

	if (call->words[0] == 0 || call->words[0] > commit_ring->capacity)
		return refuse(ERR_ARGUMENT, "the ring cannot hold so many records");
	error = bind_slot(call, &core->log);
	if (!error)
		commit_ring->threshold = call->words[0];
	return error;
}

enum error log_unbind(struct call *call)
{
	return delete_slot(call, &core->log);
}

enum error log_advance(struct call *call)
{
	uint64_t tail = call->words[0];

	if (tail < commit_ring->tail || tail > commit_ring->head)
		return refuse(ERR_ARGUMENT, "these records are not in the ring");
	commit_ring->tail = tail;
	/* Records that came while the reader was at work may have passed the threshold already. */
	if (commit_ring->threshold && commit_ring->head - tail >= commit_ring->threshold)
		hook_log_threshold();
	return OK;
}

enum error log_reserve(struct call *call)
{
	if (call->words[0] > 1)
		return refuse(ERR_ARGUMENT, "allowed is 0 or 1");
	return commit(call->caller, &(struct commit_record){ .operation = COMMIT_LOG_RESERVE, .argument = { call->cap[0]->object, call->words[0] } });
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
