/* SPDX-License-Identifier: MIT */
/*
 * What objects hold or are set to: the slots of a Thread, the Notification of an IrqHandler and of the log, priorities, interrupts; how far the log is consumed.
 *
 * A slot of an object is filled by a COPY record (so it is an ordinary child of what was bound, and revoking that empties it) and emptied by the ordinary teardown.
 */
#include "kernel/core/core.h"

#define MSI_ADDRESS 0xfee00000 /* Intel SDM volume 3, 11.11.1: destination 0, physical, no redirection hint */

/* What each slot of an object takes: the type of a capability, and the rights that it must carry. */
static const struct {
	uint8_t type, rights;
} place_takes[] = {
	[PLACE_THREAD + THREAD_CNODE] = { OBJECT_CNODE, RIGHT_READ },
	[PLACE_THREAD + THREAD_VSPACE] = { OBJECT_VSPACE, RIGHT_ATTACH },
	[PLACE_THREAD + THREAD_MESSAGE] = { OBJECT_REGION, RIGHT_READ | RIGHT_WRITE },
	[PLACE_THREAD + THREAD_FAULT] = { OBJECT_ENDPOINT, RIGHT_WRITE },
	[PLACE_THREAD + THREAD_PERSONALITY] = { OBJECT_ENDPOINT, RIGHT_WRITE },
	[PLACE_THREAD + THREAD_NOTIFICATION] = { OBJECT_NOTIFICATION, RIGHT_READ },
	[PLACE_IRQ] = { OBJECT_NOTIFICATION, RIGHT_WRITE },
	[PLACE_LOG] = { OBJECT_NOTIFICATION, RIGHT_WRITE },
};

/* The slot of the invoked object that word 0 names; NULL when there is no such slot. */
static struct slot *slot_of_object(const struct call *call)
{
	struct slot *slots = call->target->type == OBJECT_LOG_CONTROL ? &core->log : core_pointer(call->target->object);
	uint64_t count = call->target->type == OBJECT_THREAD ? THREAD_SLOTS : 1;

	return call->words[0] < count ? slots + call->words[0] : NULL;
}

enum error slot_bind(struct call *call)
{
	const struct slot *source = call->cap[0];
	struct slot *slot = slot_of_object(call);

	if (!slot)
		return refuse(ERR_ARGUMENT, "the object has no such slot");
	if (source->type != place_takes[slot_place(slot)].type)
		return refuse(ERR_TYPE, "a capability of this type does not belong here");
	if (place_takes[slot_place(slot)].rights & ~source->rights)
		return refuse(ERR_RIGHTS, "the capability to bind lacks a right");
	if (source->flags & SLOT_DEVICE)
		return refuse(ERR_ARGUMENT, "device memory cannot be a message page");
	if (slot_place(slot) == PLACE_THREAD + THREAD_NOTIFICATION && ((struct notification_core *)core_pointer(source->object))->bound)
		return refuse(ERR_BUSY, "the Notification is bound to another Thread");
	if (!slot_is_empty(slot))
		return refuse(ERR_OCCUPIED, "something is bound here already");
	return slot_copy(call->caller, source, slot, RIGHTS_ALL, &(struct copy_change){ 0 });
}

enum error slot_unbind(struct call *call)
{
	call->slot = slot_of_object(call);
	return call->slot ? cnode_delete(call) : refuse(ERR_ARGUMENT, "the object has no such slot");
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

enum error irq_attach(struct call *call)
{
	const struct irq_core *irq = core_pointer(call->cap[0]->object), *other;
	uint64_t line = call->words[0], flags = call->words[1], vector = 0;
	bool msi = line == IRQ_LINE_MSI;

	if (!msi && line >= hook_irq_lines())
		return refuse(ERR_ARGUMENT, "there is no such interrupt line");
	if (flags & ~(uint64_t)(IRQ_LEVEL | IRQ_LOW))
		return refuse(ERR_ARGUMENT, "an unknown interrupt flag is set");
	for (unsigned i = IRQ_VECTOR_LAST; i >= IRQ_VECTOR_FIRST; i--) {
		other = core_pointer(core->vector[i]);
		if (!other)
			vector = i;
		else if (other == irq || (!msi && other->line == line))
			return refuse(ERR_BUSY, "the IrqHandler is attached already, or the line has another one");
	}
	if (!vector)
		return refuse(ERR_NOMEM, "all interrupt vectors are taken");
	call->result[0] = vector;
	call->result[1] = msi ? MSI_ADDRESS : 0;
	call->result[2] = msi ? vector : 0;
	call->results = 3;
	return commit(call->caller, &(struct commit_record){
		.operation = COMMIT_IRQ_ATTACH, .flags = (uint16_t)flags, .argument = { call->cap[0]->object, vector, line },
	});
}

enum error log_advance(struct call *call)
{
	uint64_t tail = call->words[0];

	if (tail < commit_ring->tail || tail > commit_ring->head)
		return refuse(ERR_ARGUMENT, "these records are not in the ring");
	commit_ring->tail = tail;
	/* Records that came while the reader was at work may have passed the threshold already. */
	if (commit_ring->head - tail >= commit_ring->threshold)
		hook_log_threshold();
	return OK;
}
