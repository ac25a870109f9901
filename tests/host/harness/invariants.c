/* SPDX-License-Identifier: MIT */
/*
 * The invariants of the capability state.
 *
 * First every slot that is in the derivation tree or on the dying list is collected (a slot below a
 * dying one counts as in the tree). Then each family of invariants is checked over that collection:
 * links and states, containers and places, originals and copies, memory, and the back references of
 * each type of object. The walk trusts nothing: it counts, and stops when there are more slots than
 * the arena could hold.
 *
 * One thread; the collection is kept between calls only to save its allocation.
 */
#include "tests/host/harness/invariants.h"

#include <stdlib.h>
#include <string.h>

#include "tests/host/harness/machine.h"

#define FIRST_CHILD 1

struct found {
	struct slot *slot;
	struct slot *parent; /* NULL: on the dying list */
	bool contained;	     /* it lies in a container that exists */
};

struct interval {
	paddr_t start, end;
};

static struct found *found;
static size_t found_count, found_room;
static struct interval *intervals;
static size_t interval_count, interval_room;
static const char *broken;

static bool holds(bool condition, const char *sentence)
{
	if (!condition && !broken)
		broken = sentence;
	return condition;
}

static enum object_type type_of(const struct slot *slot)
{
	return (enum object_type)(slot->type ? slot->type : slot->remains);
}

static bool is_original(const struct slot *slot)
{
	return slot->flags & SLOT_ORIGINAL;
}

static bool ref_is_plausible(ref_t ref)
{
	return ref >= DIRECT_MAP_BASE &&
		ref + sizeof(struct slot) <= DIRECT_MAP_BASE + machine.config.memory &&
		ref % sizeof(uint64_t) == 0;
}

static void *grown(void *array, size_t count, size_t *room, size_t bytes)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 256;
	array = realloc(array, *room * bytes);
	if (!array)
		abort();
	return array;
}

static bool found_add(struct slot *slot, struct slot *parent)
{
	if (!holds(found_count < machine.config.memory / sizeof(struct slot),
		    "the derivation tree has a loop"))
		return false;
	found = grown(found, found_count, &found_room, sizeof(*found));
	found[found_count++] = (struct found){ slot, parent, false };
	return true;
}

/* The children of one slot: each refers back to the one before it, the first to the parent. */
static void children_collect(struct slot *parent)
{
	ref_t ref = parent->child, back = core_ref(parent) | FIRST_CHILD;

	while (ref && !broken) {
		struct slot *slot = core_pointer(ref);

		if (!holds(ref_is_plausible(ref), "a link leads out of memory"))
			return;
		holds(slot->prev == back, "a slot does not refer back to the one before it");
		holds(slot->type != OBJECT_NULL && slot->remains == OBJECT_NULL,
			"a slot in the derivation tree is not live");
		if (!found_add(slot, parent))
			return;
		back = ref;
		ref = slot->next;
	}
}

static void all_collect(void)
{
	size_t next = 0;

	found_count = 0;
	children_collect(&core->root);
	for (ref_t ref = core->dying; ref && !broken;
		ref = ((struct slot *)core_pointer(ref))->next) {
		struct slot *slot = core_pointer(ref);

		if (!holds(ref_is_plausible(ref), "the dying list leads out of memory"))
			return;
		holds(slot->type == OBJECT_NULL && slot->remains != OBJECT_NULL,
			"a slot on the dying list is not dying");
		holds(slot->prev == 0, "a dying slot is still linked to siblings");
		if (!found_add(slot, NULL))
			return;
	}
	while (next < found_count && !broken)
		children_collect(found[next++].slot);
}

static int found_order(const void *a, const void *b)
{
	const struct slot *left = ((const struct found *)a)->slot,
			  *right = ((const struct found *)b)->slot;

	return left < right ? -1 : left > right;
}

static struct found *found_at(struct slot *slot)
{
	struct found key = { .slot = slot };

	return found_count ? bsearch(&key, found, found_count, sizeof(*found), found_order) : NULL;
}

/* Containers. */

static void contained_check(struct slot *slot, unsigned place)
{
	struct found *entry;

	holds(slot_place(slot) == place, "a slot does not know its place");
	if (slot_is_empty(slot)) {
		holds(slot->object == 0 && slot->rights == 0 && slot->child == 0 &&
				slot->next == 0 && slot->prev == 0,
			"an empty slot has remains");
		return;
	}
	entry = found_at(slot);
	if (holds(entry != NULL, "a slot in use is neither in the tree nor on the dying list"))
		entry->contained = true;
}

static void container_check(const struct slot *original)
{
	struct slot *slots = core_pointer(original->object);

	switch (type_of(original)) {
	case OBJECT_CNODE:
		for (uint64_t i = 0; i <= original->mask; i++)
			contained_check(&slots[i], PLACE_CNODE);
		break;
	case OBJECT_THREAD:
		for (unsigned i = 0; i < THREAD_SLOTS; i++)
			contained_check(&slots[i], PLACE_THREAD + i);
		break;
	case OBJECT_IRQ_HANDLER:
		contained_check(slots, PLACE_IRQ);
		break;
	default:
		break;
	}
}

static void containers_check(void)
{
	contained_check(&core->log, PLACE_LOG);
	for (size_t i = 0; i < found_count && !broken; i++)
		if (is_original(found[i].slot))
			container_check(found[i].slot);
	for (size_t i = 0; i < found_count && !broken; i++)
		holds(found[i].contained || found[i].slot->type == OBJECT_NULL,
			"a live slot lies in no container that exists");
}

/* Originals and copies. */

static bool copy_is_within(const struct slot *copy, const struct slot *parent)
{
	switch (type_of(copy)) {
	case OBJECT_REGION:
		return copy->object >= parent->object &&
			copy->object + copy->size <= parent->object + parent->size &&
			copy->size > 0;
	case OBJECT_IO_PORTS:
		return (copy->ports & 0xffff) >= (parent->ports & 0xffff) &&
			copy->ports >> 16 <= parent->ports >> 16;
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
		return copy->object == parent->object &&
			(parent->badge == 0 || copy->badge == parent->badge);
	default:
		return copy->object == parent->object && copy->size == parent->size;
	}
}

static void copy_check(const struct slot *copy, const struct slot *parent)
{
	enum object_type type = type_of(copy);

	holds(type != OBJECT_UNTYPED && type != OBJECT_TABLE_MEMORY &&
			(type < OBJECT_IRQ_CONTROL || type > OBJECT_LOG_CONTROL),
		"there is a copy of what cannot be copied");
	if (!parent)
		return;
	if (!holds(type_of(parent) == type, "a copy is not a child of its like"))
		return;
	holds((copy->rights & ~parent->rights) == 0, "a copy has a right that its source lacks");
	holds((copy->flags & SLOT_DEVICE) == (parent->flags & SLOT_DEVICE),
		"a copy forgot that it is device memory");
	holds(copy_is_within(copy, parent), "a copy is wider than its source");
}

static void original_check(const struct slot *slot, const struct slot *parent)
{
	enum object_type type = type_of(slot);

	if (!parent || parent == &core->root)
		return;
	if (type == OBJECT_MAPPING)
		holds(type_of(parent) == OBJECT_REGION, "a Mapping is not a child of a Region");
	else
		holds(type_of(parent) == OBJECT_UNTYPED, "an object is not a child of its Untyped");
	if (parent->flags & SLOT_DEVICE)
		holds(type == OBJECT_MAPPING || (slot->flags & SLOT_DEVICE),
			"what was made of device memory forgot it");
	if (type != OBJECT_MAPPING)
		holds((slot->rights & RIGHTS_ALL) == RIGHTS_ALL, "an original lacks a right");
}

static struct slot *original_of(enum object_type type, ref_t object)
{
	for (size_t i = 0; i < found_count; i++)
		if (is_original(found[i].slot) && type_of(found[i].slot) == type &&
			found[i].slot->object == object)
			return found[i].slot;
	return NULL;
}

struct identity {
	enum object_type type;
	ref_t object;
};

static int identity_order(const void *a, const void *b)
{
	const struct identity *left = a, *right = b;

	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	return left->object < right->object ? -1 : left->object > right->object;
}

/*
 * Every object has exactly one original: no two with the same type and address (Regions and
 * Untypeds are memory: see memory_check).
 */
static void originals_check(void)
{
	static struct identity *identities;
	static size_t room;
	size_t count = 0;

	for (size_t i = 0; i < found_count && !broken; i++) {
		const struct slot *slot = found[i].slot;

		if (!is_original(slot)) {
			copy_check(slot, found[i].parent);
			continue;
		}
		original_check(slot, found[i].parent);
		if (type_of(slot) == OBJECT_TABLE_MEMORY || type_of(slot) == OBJECT_REGION ||
			type_of(slot) == OBJECT_UNTYPED)
			continue;
		identities = grown(identities, count, &room, sizeof(*identities));
		identities[count++] = (struct identity){ type_of(slot), slot->object };
	}
	if (count)
		qsort(identities, count, sizeof(*identities), identity_order);
	for (size_t i = 1; i < count; i++)
		holds(identity_order(&identities[i - 1], &identities[i]) != 0,
			"an object has two originals");
}

/* Memory. */

static uint64_t object_size(const struct slot *slot)
{
	static const uint64_t bytes[OBJECT_TYPES] = {
#define OBJECT(name, number, size, sentence) [number] = size,
#include "abi/objects.def"
	};

	if (type_of(slot) == OBJECT_CNODE)
		return (slot->mask + 1) * sizeof(struct slot);
	if (type_of(slot) == OBJECT_REGION || type_of(slot) == OBJECT_TABLE_MEMORY)
		return slot->size;
	return bytes[type_of(slot)];
}

static paddr_t object_base(const struct slot *slot)
{
	if (type_of(slot) == OBJECT_TABLE_MEMORY)
		return slot->base;
	return type_of(slot) == OBJECT_REGION ? slot->object : slot->object - DIRECT_MAP_BASE;
}

static void interval_add(paddr_t start, uint64_t bytes)
{
	if (!bytes)
		return;
	intervals = grown(intervals, interval_count, &interval_room, sizeof(*intervals));
	intervals[interval_count++] = (struct interval){ start, start + bytes };
}

static int interval_order(const void *a, const void *b)
{
	const struct interval *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static void untyped_check(const struct slot *slot, bool memory)
{
	holds(slot->watermark <= slot->size, "a watermark lies beyond its Untyped");
	holds(slot->flags & SLOT_DEVICE ? slot->cleared == 0 : slot->cleared <= slot->size,
		"more of an Untyped is cleared than there is");
	interval_add(slot->object + slot->watermark, slot->size - slot->watermark);
	if (memory && !(slot->flags & SLOT_DEVICE) && slot->cleared > slot->watermark)
		holds(machine_is_clear(
			      slot->object + slot->watermark, slot->cleared - slot->watermark),
			"memory that counts as cleared is not");
}

static void within_check(
	const struct slot *slot, const struct slot *parent, paddr_t base, uint64_t bytes)
{
	uint64_t align = bytes < PAGE_SIZE ? bytes : PAGE_SIZE;

	if (!parent || parent == &core->root || type_of(parent) != OBJECT_UNTYPED)
		return;
	if (type_of(slot) == OBJECT_REGION && bytes >= LARGE_PAGE_SIZE)
		align = LARGE_PAGE_SIZE;
	holds(base % align == 0, "an object is not aligned to its size");
	holds(base >= parent->object && base + bytes <= parent->object + parent->watermark,
		"an object lies outside the used part of its Untyped");
}

/*
 * All objects and the free part of every Untyped are disjoint, and every object lies in the used
 * part of its Untyped.
 */
static void memory_check(bool memory)
{
	interval_count = 0;
	for (size_t i = 0; i < found_count && !broken; i++) {
		const struct slot *slot = found[i].slot;
		enum object_type type = type_of(slot);

		if (!is_original(slot) || type == OBJECT_MAPPING ||
			(type >= OBJECT_IO_PORTS && type <= OBJECT_LOG_CONTROL))
			continue;
		if (type == OBJECT_UNTYPED) {
			untyped_check(slot, memory);
			within_check(slot, found[i].parent, slot->object, slot->size);
			continue;
		}
		interval_add(object_base(slot), object_size(slot));
		within_check(slot, found[i].parent, object_base(slot), object_size(slot));
	}
	if (interval_count)
		qsort(intervals, interval_count, sizeof(*intervals), interval_order);
	for (size_t i = 1; i < interval_count; i++)
		holds(intervals[i - 1].end <= intervals[i].start,
			"two objects, or an object and free memory, overlap");
}

/* Back references. */

static bool mapping_is_listed(const struct vspace_core *vspace, ref_t mapping)
{
	ref_t ref = vspace->mappings;

	while (ref && ref != mapping)
		ref = ((struct mapping_core *)core_pointer(ref))->next;
	return ref != 0;
}

static bool donation_is_listed(const struct vspace_core *vspace, ref_t donation)
{
	ref_t ref = vspace->donations;

	while (ref && ref != donation)
		ref = ((struct slot *)core_pointer(ref))->next_donation;
	return ref != 0;
}

static bool mapping_lies_in_tables(ref_t mapping, ref_t vspace)
{
	paddr_t address = mapping - DIRECT_MAP_BASE;

	for (size_t i = 0; i < found_count; i++) {
		const struct slot *slot = found[i].slot;

		if (type_of(slot) == OBJECT_TABLE_MEMORY && slot->object == vspace &&
			address >= slot->base && address < slot->base + slot->size)
			return true;
	}
	return false;
}

static void mapping_check(const struct slot *slot, const struct slot *region)
{
	const struct mapping_core *mapping = core_pointer(slot->object);
	const struct vspace_core *vspace = core_pointer(mapping->vspace);

	holds(mapping->slot == core_ref(slot), "a Mapping does not know its original");
	holds(original_of(OBJECT_VSPACE, mapping->vspace) != NULL, "a Mapping outlived its VSpace");
	if (broken || slot->type == OBJECT_NULL)
		return;
	holds(mapping_is_listed(vspace, slot->object), "a VSpace does not list a Mapping");
	holds(mapping->index != 0 && slot->rights == mapping->rights,
		"a Mapping has no index, or other rights than its original");
	holds(mapping_lies_in_tables(slot->object, mapping->vspace),
		"a Mapping lies outside the tables of its VSpace");
	if (region && type_of(region) == OBJECT_REGION) {
		holds(mapping->base == region->object &&
				mapping->pages == region->size >> PAGE_BITS,
			"a Mapping shows other pages than its Region has");
		holds((mapping->rights & ~region->rights) == 0,
			"a Mapping has a right that its Region lacks");
		holds(mapping->device == ((region->flags & SLOT_DEVICE) != 0),
			"a Mapping forgot that its Region is device memory");
		holds(!mapping->device || !(mapping->rights & RIGHT_EXECUTE),
			"device memory can be executed");
	}
}

static void vspace_check(const struct slot *slot)
{
	const struct vspace_core *vspace = core_pointer(slot->object);
	size_t limit = found_count + 1;
	ref_t back = 0;

	holds(vspace->slot == core_ref(slot), "a VSpace does not know its original");
	for (ref_t ref = vspace->mappings; ref && !broken;
		ref = ((struct mapping_core *)core_pointer(ref))->next) {
		const struct mapping_core *mapping = core_pointer(ref);
		const struct found *entry = found_at(core_pointer(mapping->slot));

		holds(limit-- != 0, "the Mappings of a VSpace are a loop");
		holds(mapping->prev == back && mapping->vspace == slot->object,
			"a Mapping does not refer back");
		holds(entry && entry->slot->type == OBJECT_MAPPING && entry->slot->object == ref,
			"a VSpace lists a Mapping that is not live");
		back = ref;
	}
	limit = found_count + 1;
	for (ref_t ref = vspace->donations; ref && !broken;
		ref = ((struct slot *)core_pointer(ref))->next_donation) {
		const struct found *entry = found_at(core_pointer(ref));

		holds(limit-- != 0, "the table memory of a VSpace is a loop");
		holds(entry && type_of(entry->slot) == OBJECT_TABLE_MEMORY &&
				entry->slot->object == slot->object,
			"a VSpace lists table memory that is not its own");
	}
}

static void table_memory_check(const struct slot *slot)
{
	holds(slot->type == OBJECT_NULL || original_of(OBJECT_VSPACE, slot->object) != NULL,
		"table memory outlived its VSpace");
	if (!broken && slot->type != OBJECT_NULL)
		holds(donation_is_listed(core_pointer(slot->object), core_ref(slot)),
			"a VSpace does not list table memory of its own");
}

static void notification_check(const struct slot *slot)
{
	const struct notification_core *notification = core_pointer(slot->object);
	const struct thread_core *thread = core_pointer(notification->bound);
	const struct slot *bound = thread ? &thread->slot[THREAD_NOTIFICATION] : NULL;

	holds(!thread || original_of(OBJECT_THREAD, notification->bound) != NULL,
		"a Notification is bound to a Thread that is gone");
	if (!broken && thread)
		holds(bound->type == OBJECT_NOTIFICATION && bound->object == slot->object,
			"a Notification is bound to a Thread that does not know it");
}

static void thread_check(const struct slot *slot)
{
	static const uint8_t takes[THREAD_SLOTS] = { OBJECT_CNODE, OBJECT_VSPACE, OBJECT_REGION,
		OBJECT_ENDPOINT, OBJECT_ENDPOINT, OBJECT_NOTIFICATION };
	const struct thread_core *thread = core_pointer(slot->object);
	const struct slot *bound = &thread->slot[THREAD_NOTIFICATION];

	for (unsigned i = 0; i < THREAD_SLOTS; i++)
		holds(thread->slot[i].type == OBJECT_NULL || thread->slot[i].type == takes[i],
			"a Thread's slot holds what does not belong there");
	holds(thread->slot[THREAD_PERSONALITY].type == OBJECT_NULL || thread->foreign,
		"a Thread with a personality is not foreign");
	holds(thread->priority < PRIORITY_LEVELS && thread->priority_max < PRIORITY_LEVELS &&
			thread->foreign <= 1,
		"a Thread has impossible settings");
	if (bound->type != OBJECT_NULL)
		holds(((struct notification_core *)core_pointer(bound->object))->bound ==
				slot->object,
			"a Thread's Notification is not bound to it");
}

static void irq_check(const struct slot *slot)
{
	const struct irq_core *irq = core_pointer(slot->object);

	if (!irq->vector)
		return;
	holds(irq->vector >= IRQ_VECTOR_FIRST && irq->vector <= IRQ_VECTOR_LAST,
		"an interrupt has a vector that handlers cannot get");
	holds(core->vector[irq->vector] == slot->object, "a vector does not know its IrqHandler");
	for (unsigned other = irq->vector + 1; other < VECTORS && irq->line != IRQ_LINE_MSI; other++)
		holds(!core->vector[other] ||
				((struct irq_core *)core_pointer(core->vector[other]))->line !=
					irq->line,
			"two vectors have the same interrupt line");
}

static void vectors_check(void)
{
	for (unsigned vector = 0; vector < VECTORS && !broken; vector++)
		if (core->vector[vector] &&
			holds(original_of(OBJECT_IRQ_HANDLER, core->vector[vector]) != NULL,
				"a vector leads to an IrqHandler that is gone"))
			holds(((struct irq_core *)core_pointer(core->vector[vector]))->vector ==
					vector,
				"an IrqHandler does not know its vector");
}

static void object_check(const struct found *entry)
{
	const struct slot *slot = entry->slot;

	switch (type_of(slot)) {
	case OBJECT_MAPPING:
		mapping_check(slot, entry->parent);
		break;
	case OBJECT_VSPACE:
		vspace_check(slot);
		break;
	case OBJECT_TABLE_MEMORY:
		table_memory_check(slot);
		break;
	case OBJECT_NOTIFICATION:
		notification_check(slot);
		break;
	case OBJECT_THREAD:
		thread_check(slot);
		break;
	case OBJECT_IRQ_HANDLER:
		irq_check(slot);
		break;
	default:
		break;
	}
}

const char *invariants_check(bool memory)
{
	broken = NULL;
	all_collect();
	if (broken)
		return broken;
	if (found_count)
		qsort(found, found_count, sizeof(*found), found_order);
	for (size_t i = 1; i < found_count; i++)
		holds(found[i - 1].slot != found[i].slot, "a slot is twice in the tree");
	containers_check();
	if (!broken)
		originals_check();
	if (!broken)
		memory_check(memory);
	for (size_t i = 0; i < found_count && !broken; i++)
		if (is_original(found[i].slot))
			object_check(&found[i]);
	if (!broken)
		vectors_check();
	return broken;
}
