/* SPDX-License-Identifier: MIT */
/*
 * The walk over a capability state. See state.h.
 *
 * Live slots are found through the derivation tree from the core's root, dying ones through the dying list, with one list of entries that is its own work
 * list. Then each CNode is looked through, so that a slot which is in no tree and yet not empty is found too; and each Thread's and IrqHandler's slots, which
 * have a place even when they are empty.
 */
#include "tools/replay/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHILD 1 /* in slot.prev, see kernel/core/slot.c */
#define ENTRIES_MAX ((size_t)1 << 26)

struct walk {
	const struct image *image;
	struct state *state;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static bool broken(struct walk *walk, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(walk->state->error, sizeof(walk->state->error), format, arguments);
	va_end(arguments);
	return false;
}

const void *image_at(const struct image *image, ref_t ref, uint64_t bytes)
{
	uint64_t offset = ref - DIRECT_MAP_BASE;

	if (ref < DIRECT_MAP_BASE || offset >= image->size || bytes > image->size - offset || ref % 8)
		return NULL;
	return image->memory + offset;
}

static bool entry_add(struct walk *walk, struct entry entry)
{
	struct state *state = walk->state;

	if (state->count == walk->room) {
		size_t room = walk->room ? walk->room * 2 : 1024;
		struct entry *larger = room <= ENTRIES_MAX ? realloc(state->entry, room * sizeof(*larger)) : NULL;

		if (!larger)
			return broken(walk, "not enough memory for so many slots");
		state->entry = larger;
		walk->room = room;
	}
	state->entry[state->count++] = entry;
	return true;
}

/* Bytes of memory behind the authority part of an object; 0 when the type has no object in memory. */
static uint64_t object_bytes(const struct slot *slot, uint8_t type)
{
	static const uint64_t bytes[OBJECT_TYPES] = {
		[OBJECT_THREAD] = sizeof(struct thread_core),
		[OBJECT_ENDPOINT] = sizeof(uint64_t),
		[OBJECT_NOTIFICATION] = sizeof(struct notification_core),
		[OBJECT_REPLY] = sizeof(uint64_t),
		[OBJECT_VSPACE] = sizeof(struct vspace_core),
		[OBJECT_MAPPING] = sizeof(struct mapping_core),
		[OBJECT_IRQ_HANDLER] = sizeof(struct irq_core),
	};

	if (type == OBJECT_CNODE)
		return slot->mask < (uint64_t)1 << CNODE_BITS_MAX ? (slot->mask + 1) * SLOT_SIZE : UINT64_MAX;
	return type < OBJECT_TYPES ? bytes[type] : 0;
}

/* A slot that was not reached by a link. */
static struct entry slot_entry(ref_t ref, const struct slot *slot)
{
	return (struct entry){.address = ref, .part = PART_SLOT, .type = slot->type ? slot->type : slot->remains};
}

/* The slots that lie in an object, empty or not: those of a CNode only when something is in them. */
static bool object_slots_add(struct walk *walk, const struct slot *slot, uint8_t type)
{
	static const struct slot empty;
	uint64_t count = type == OBJECT_CNODE ? slot->mask + 1 : type == OBJECT_THREAD ? THREAD_SLOTS : type == OBJECT_IRQ_HANDLER ? 1 : 0;
	const struct slot *inside = image_at(walk->image, slot->object, count * SLOT_SIZE);

	for (uint64_t i = 0; i < count; i++)
		if ((type != OBJECT_CNODE || memcmp(&inside[i], &empty, sizeof(empty)) != 0) &&
		    !entry_add(walk, slot_entry(slot->object + i * SLOT_SIZE, &inside[i])))
			return false;
	return true;
}

/* A slot that was reached: itself, and its object when this is the original capability. */
static bool slot_add(struct walk *walk, ref_t ref, ref_t parent, const struct slot *slot)
{
	struct entry entry = slot_entry(ref, slot);
	uint64_t bytes = object_bytes(slot, entry.type);

	entry.parent = parent;
	entry.linked = true;
	if (!entry_add(walk, entry))
		return false;
	if (!(slot->flags & SLOT_ORIGINAL) || !bytes)
		return true;
	if (!image_at(walk->image, slot->object, bytes))
		return broken(walk, "slot %#llx names an object outside of memory", (unsigned long long)ref);
	return entry_add(walk, (struct entry){.address = slot->object, .part = PART_OBJECT, .type = entry.type}) &&
	       object_slots_add(walk, slot, entry.type);
}

/* All children of `parent`, and their links to each other. */
static bool children_add(struct walk *walk, ref_t parent, ref_t first)
{
	ref_t expected = parent | FIRST_CHILD;

	for (ref_t at = first; at;) {
		const struct slot *slot = image_at(walk->image, at, sizeof(*slot));

		if (!slot)
			return broken(walk, "a child of slot %#llx lies outside of memory", (unsigned long long)parent);
		if (slot->prev != expected)
			return broken(walk, "slot %#llx is not linked back to where it was reached from", (unsigned long long)at);
		if (slot->type == OBJECT_NULL || slot->type >= OBJECT_TYPES || slot->remains != OBJECT_NULL)
			return broken(walk, "slot %#llx is in the derivation tree but not live", (unsigned long long)at);
		if (!slot_add(walk, at, parent, slot))
			return false;
		expected = at;
		at = slot->next;
	}
	return true;
}

/* The dying list is linked one way: a circle is noticed by coming again to a slot that is noted ever more rarely (Brent 1980). */
static bool dying_add(struct walk *walk, ref_t first)
{
	uint64_t steps = 0, next_note = 1;
	ref_t noted = 0;

	for (ref_t at = first; at;) {
		const struct slot *slot = image_at(walk->image, at, sizeof(*slot));

		if (at == noted)
			return broken(walk, "the dying list runs in a circle");
		if (++steps == next_note) {
			noted = at;
			next_note *= 2;
		}

		if (!slot)
			return broken(walk, "a dying slot lies outside of memory");
		if (slot->type != OBJECT_NULL || slot->remains == OBJECT_NULL || slot->remains >= OBJECT_TYPES)
			return broken(walk, "slot %#llx is on the dying list but not dying", (unsigned long long)at);
		if (!slot_add(walk, at, 0, slot))
			return false;
		at = slot->next;
	}
	return true;
}

/* By address, then part; a slot that was reached through a link before the same slot seen in its CNode. */
static int entry_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return b->linked - a->linked;
}

/* One entry for each thing. Slots are met twice when they lie in a CNode, a Thread or an IrqHandler; anything else that is met twice is an error. */
static bool entries_merge(struct walk *walk)
{
	struct state *state = walk->state;
	size_t kept = 0;

	qsort(state->entry, state->count, sizeof(*state->entry), entry_order);
	for (size_t i = 0; i < state->count; i++) {
		const struct entry *entry = &state->entry[i], *last = kept ? &state->entry[kept - 1] : NULL;

		if (!last || last->address != entry->address || last->part != entry->part)
			state->entry[kept++] = *entry;
		else if (entry->part == PART_OBJECT)
			return broken(walk, "two capabilities claim to be the original of object %#llx", (unsigned long long)entry->address);
		else if (entry->linked)
			return broken(walk, "slot %#llx is linked twice", (unsigned long long)entry->address);
	}
	state->count = kept;
	return true;
}

static bool collect(struct walk *walk)
{
	const struct core *root = image_at(walk->image, walk->image->core, sizeof(*root));
	ref_t root_slot = walk->image->core + offsetof(struct core, root);

	if (!root)
		return broken(walk, "the core lies outside of memory");
	if (!entry_add(walk, (struct entry){.address = walk->image->core, .part = PART_CORE}) ||
	    !entry_add(walk, slot_entry(walk->image->core + offsetof(struct core, log), &root->log)))
		return false;
	if (!children_add(walk, root_slot, root->root.child) || !dying_add(walk, root->dying))
		return false;
	/* The entries that are already there are the work list: each slot's children are appended. */
	for (size_t i = 0; i < walk->state->count; i++) {
		const struct entry entry = walk->state->entry[i];
		const struct slot *slot = image_at(walk->image, entry.address, sizeof(*slot));

		if (entry.linked && slot && !children_add(walk, entry.address, slot->child))
			return false;
	}
	return entries_merge(walk);
}

bool state_collect(const struct image *image, struct state *state)
{
	struct walk walk = {.image = image, .state = state};

	*state = (struct state){.entry = NULL};
	return collect(&walk);
}

void state_free(struct state *state)
{
	free(state->entry);
	state->entry = NULL;
	state->count = 0;
}
