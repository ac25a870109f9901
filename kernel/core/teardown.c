/* SPDX-License-Identifier: MIT */
/*
 * Deleting and revoking, in bounded steps and without recursion.
 *
 * A slot that is to be deleted becomes *dying*: out of the derivation tree, of no use to anybody, at the head of core->dying. One step looks at the head of that list:
 * if it still has a child, the child becomes dying (and the new head); if it is the original of an object that holds other slots, the next of
 * those becomes dying; otherwise the object is destroyed and the slot emptied. As every slot becomes dying once and is emptied once, and the list is
 * last-in-first-out, the work is linear whatever the shape: chains of any depth, CNodes that contain each other or themselves.
 *
 * When a CNode lies behind its own contents in the list, it can be destroyed before a dying slot inside it was emptied. That is safe because no memory is
 * reused before the list is empty (untyped_reclaim), and it is why the list is global: the next DELETE, REVOKE or RECLAIM of anybody first finishes what a
 * caller that died on the way has left; if there is none, teardown_continue() does.
 *
 * A record covers TEARDOWN_BATCH steps. Between records the decoders return ERR_RESTART when an interrupt is pending, and the call is executed again.
 */
#include "kernel/core/core.h"

#define CNODE_SCAN 32 /* slots of a dying CNode that one step looks at */

/* Take a Mapping out of its VSpace's list. */
static void mapping_unlink(struct mapping_core *mapping)
{
	struct vspace_core *vspace = core_pointer(mapping->vspace);

	if (mapping->prev)
		((struct mapping_core *)core_pointer(mapping->prev))->next = mapping->next;
	else
		vspace->mappings = mapping->next;
	if (mapping->next)
		((struct mapping_core *)core_pointer(mapping->next))->prev = mapping->prev;
	mapping->next = 0;
	mapping->prev = 0;
}

void slot_doom(struct slot *slot)
{
	slot_unlink(slot);
	slot->remains = slot->type;
	slot->type = OBJECT_NULL;
	slot->next = core->dying;
	core->dying = core_ref(slot);
	if (slot->remains == OBJECT_MAPPING && slot->flags & SLOT_ORIGINAL)
		mapping_unlink(core_pointer(slot->object));
	if (slot_place(slot) == PLACE_THREAD + THREAD_NOTIFICATION)
		((struct notification_core *)core_pointer(slot->object))->bound = 0;
	if (slot_place(slot) != PLACE_CNODE)
		hook_slot_changed(slot);
}

/* Doom the next live slot in a dying CNode, or move the cursor on. Returns whether there may be more. */
static bool cnode_doom_next(struct slot *dying)
{
	struct slot *slots = core_pointer(dying->object);

	for (unsigned i = 0; i < CNODE_SCAN && dying->cursor <= dying->mask; i++) {
		struct slot *slot = &slots[dying->cursor];

		if (slot->type != OBJECT_NULL) {
			slot_doom(slot);
			return true;
		}
		dying->cursor++;
	}
	return dying->cursor <= dying->mask;
}

static bool thread_doom_next(struct thread_core *thread)
{
	for (unsigned i = 0; i < THREAD_SLOTS; i++)
		if (thread->slot[i].type != OBJECT_NULL) {
			slot_doom(&thread->slot[i]);
			return true;
		}
	return false;
}

/* Doom the next Mapping of a dying VSpace, wherever its capability lies, then its table memory, piece by piece. Returns whether there may be more. */
static bool vspace_doom_next(struct vspace_core *vspace)
{
	struct slot *donation = core_pointer(vspace->donations);

	if (vspace->mappings) {
		slot_doom(core_pointer(((struct mapping_core *)core_pointer(vspace->mappings))->slot));
		return true;
	}
	if (!donation)
		return false;
	vspace->donations = donation->next_donation;
	if (donation->type != OBJECT_NULL)
		slot_doom(donation);
	return true;
}

/*
 * What table memory takes along: its VSpace. If that is dying already, further down the list, its contents are doomed from here, because its list of table
 * memory must not name a slot that has been emptied.
 */
static bool vspace_doom_or_help(struct vspace_core *vspace)
{
	struct slot *original = core_pointer(vspace->slot);

	if (original->type == OBJECT_NULL)
		return vspace_doom_next(vspace);
	slot_doom(original);
	return true;
}

/* Doom something that must go before the object of `dying`. Returns whether there may be more. */
static bool contents_doom_next(struct slot *dying)
{
	void *object = core_pointer(dying->object);
	struct vspace_core *vspace = object;
	struct irq_core *irq = object;

	switch (dying->remains) {
	case OBJECT_CNODE:
		return cnode_doom_next(dying);
	case OBJECT_THREAD:
		return thread_doom_next(object);
	case OBJECT_IRQ_HANDLER:
		if (irq->notification.type == OBJECT_NULL)
			return false;
		slot_doom(&irq->notification);
		return true;
	case OBJECT_VSPACE:
		return vspace_doom_next(vspace);
	case OBJECT_TABLE_MEMORY:
		return vspace->slot && vspace_doom_or_help(vspace);
	default:
		return false;
	}
}

/* The end of an object's authority. */
static void object_destroy(const struct slot *dying)
{
	struct irq_core *irq = core_pointer(dying->object);

	if (dying->remains == OBJECT_VSPACE)
		((struct vspace_core *)core_pointer(dying->object))->slot = 0;
	if (dying->remains == OBJECT_IRQ_HANDLER && irq->vector) {
		hook_irq_changed(irq, false);
		core->vector[irq->vector] = 0;
		if (irq->line != IRQ_LINE_MSI)
			core->line[irq->line] = 0;
	}
	hook_object_destroyed((enum object_type)dying->remains, dying->object);
}

/* One step on the head of the dying list. */
static void dying_step(struct slot *dying)
{
	if (dying->child) {
		slot_doom(core_pointer(dying->child));
		return;
	}
	if (dying->flags & SLOT_ORIGINAL && contents_doom_next(dying))
		return;
	core->dying = dying->next;
	if (dying->flags & SLOT_ORIGINAL)
		object_destroy(dying);
	slot_clear(dying);
}

void teardown_steps(struct slot *parent, uint32_t count)
{
	while (count--) {
		if (core->dying)
			dying_step(core_pointer(core->dying));
		else if (parent && parent->child)
			slot_doom(core_pointer(parent->child));
		else
			return;
	}
}

/* One record of up to TEARDOWN_BATCH steps. */
static enum error teardown_batch(const struct thread_core *caller, enum commit_operation operation, const struct slot *slot, uint16_t flags)
{
	return commit(caller, &(struct commit_record){
		.operation = (uint16_t)operation, .flags = flags, .count = TEARDOWN_BATCH, .argument = { core_ref(slot) },
	});
}

/* Is there anything left on the dying list, or a child of `parent`? */
static bool teardown_pending(const struct slot *parent)
{
	return core->dying || (parent && parent->child);
}

/* Delete (`begin` says that `slot` is still to become dying) or revoke, until the dying list and the limbo list are empty. Restartable. */
static enum error teardown_run(struct call *call, enum commit_operation operation, struct slot *slot, bool begin)
{
	const struct slot *parent = operation == COMMIT_REVOKE ? slot : NULL;

	while (begin || teardown_pending(parent)) {
		enum error error = teardown_batch(call->caller, operation, slot, begin ? COMMIT_DELETE_BEGIN : 0);

		if (error)
			return error;
		begin = false;
		call->progress = true;
		if (teardown_pending(parent) && hook_interrupt_pending())
			return ERR_RESTART;
	}
	while (!hook_limbo_step())
		if (hook_interrupt_pending())
			return ERR_RESTART;
	return OK;
}

enum error delete_slot(struct call *call, struct slot *slot)
{
	return teardown_run(call, COMMIT_DELETE, slot, slot->type != OBJECT_NULL && !call->restarted);
}

enum error revoke_slot(struct call *call, struct slot *slot)
{
	return teardown_run(call, COMMIT_REVOKE, slot, false);
}

bool teardown_continue(void)
{
	return core->dying ? teardown_batch(NULL, COMMIT_DELETE, NULL, 0) == OK : !hook_limbo_step();
}
