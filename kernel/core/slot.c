/* SPDX-License-Identifier: MIT */
/*
 * Slots and the derivation tree: links, moves, places. See struct slot in core.h for the shape of the tree and the states of a slot.
 *
 * Nothing here decides anything; the callers are apply.c and teardown.c.
 */
#include "kernel/core/core.h"

#define FIRST_CHILD 1 /* bit 0 of `prev`: it is the parent, not a sibling */

struct thread_core *slot_thread(const struct slot *slot)
{
	return (struct thread_core *)(slot - (slot_place(slot) - PLACE_THREAD));
}

void slot_link(struct slot *slot, struct slot *parent)
{
	struct slot *sibling = core_pointer(parent->child);

	slot->next = parent->child;
	slot->prev = core_ref(parent) | FIRST_CHILD;
	if (sibling)
		sibling->prev = core_ref(slot);
	parent->child = core_ref(slot);
}

/* Let the neighbours of `slot` (its parent or previous sibling, its next sibling) refer to `next` and `prev`. */
static void neighbours_set(const struct slot *slot, ref_t next, ref_t prev)
{
	if (slot->prev & FIRST_CHILD)
		((struct slot *)core_pointer(slot->prev & ~(ref_t)FIRST_CHILD))->child = next;
	else
		((struct slot *)core_pointer(slot->prev))->next = next;
	if (slot->next)
		((struct slot *)core_pointer(slot->next))->prev = prev;
}

void slot_unlink(struct slot *slot)
{
	neighbours_set(slot, slot->next, slot->prev);
	slot->prev = 0;
}

void slot_transplant(struct slot *from, struct slot *to)
{
	*to = *from;
	neighbours_set(from, core_ref(to), core_ref(to));
	if (to->child)
		((struct slot *)core_pointer(to->child))->prev = core_ref(to) | FIRST_CHILD;
	if (to->flags & SLOT_ORIGINAL) {
		if (to->type == OBJECT_VSPACE)
			((struct vspace_core *)core_pointer(to->object))->slot = core_ref(to);
		if (to->type == OBJECT_MAPPING)
			((struct mapping_core *)core_pointer(to->object))->slot = core_ref(to);
	}
	slot_clear(from);
}

void slot_clear(struct slot *slot)
{
	uint8_t place = slot->flags & (uint8_t)(0xff << SLOT_PLACE_SHIFT);

	*slot = (struct slot){ .flags = place };
}
