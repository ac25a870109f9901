/* SPDX-License-Identifier: MIT */
/*
 * apply(): the only code that changes capability state.
 *
 * It trusts its record: the decoder that wrote it has checked everything, and a replay leads each record back to its decoder. It reads the record and the capability
 * state only, so the same records give the same state anywhere. Nothing here decides anything or can fail.
 *
 * A slot that is to be deleted becomes *dying*: out of the derivation tree, of no use to anybody, at the head of core->dying. One step looks at the head of that list:
 * if it still has a child, the child becomes dying (and the new head); if it is the original of an object that holds other slots, the next of
 * those becomes dying; otherwise the object is destroyed and the slot emptied. As every slot becomes dying once and is emptied once, and the list is
 * last-in-first-out, the work is linear whatever the shape: chains of any depth, CNodes that contain each other or themselves.
 *
 * When a CNode lies behind its own contents in the list, it can be destroyed before a dying slot inside it was emptied. That is safe because no memory is
 * reused before the list is empty (untyped_reclaim), and it is why the list is global.
 */
#include "kernel/core/core.h"

#define FIRST_CHILD 1 /* bit 0 of `prev`: it is the parent, not a sibling */
#define SLOTS_SCAN 32 /* slots of a dying object that one step looks at */

/* Put a new capability into an empty slot, as the first child of `parent`. */
static void slot_fill(struct slot *slot, struct slot *parent, unsigned type, uint64_t rights, unsigned flags, ref_t object)
{
	struct slot *sibling = core_pointer(parent->child);

	slot->type = (uint8_t)type;
	slot->rights = (uint8_t)rights;
	slot->flags |= (uint8_t)flags;
	slot->object = object;
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

/* Make a slot empty that is out of the tree; it keeps its place. */
static void slot_clear(struct slot *slot)
{
	uint8_t place = slot->flags & (uint8_t)(0xff << SLOT_PLACE_SHIFT);

	*slot = (struct slot){ .flags = place };
}

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

/* Take a live slot out of the tree and put it on the dying list. */
static void slot_doom(struct slot *slot)
{
	neighbours_set(slot, slot->next, slot->prev);
	slot->prev = 0;
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

/* Doom the next live slot of those with which a dying object begins, or move the cursor on. Returns whether there may be more. */
static bool slots_doom_next(struct slot *dying)
{
	struct slot *slots = core_pointer(dying->object);
	uint64_t count = dying->remains == OBJECT_CNODE ? dying->mask + 1 : dying->remains == OBJECT_THREAD ? THREAD_SLOTS : dying->remains == OBJECT_IRQ_HANDLER;

	for (unsigned i = 0; i < SLOTS_SCAN && dying->cursor < count; i++) {
		if (slots[dying->cursor].type != OBJECT_NULL) {
			slot_doom(&slots[dying->cursor]);
			return true;
		}
		dying->cursor++;
	}
	return dying->cursor < count;
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
	struct vspace_core *vspace = core_pointer(dying->object);

	if (dying->remains == OBJECT_VSPACE)
		return vspace_doom_next(vspace);
	if (dying->remains == OBJECT_TABLE_MEMORY)
		return vspace->slot && vspace_doom_or_help(vspace);
	return slots_doom_next(dying);
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

/* DELETE and REVOKE: up to `count` steps of emptying the dying list. DELETE dooms its slot before, if it is to begin and the list is empty (teardown.c tells why); REVOKE dooms the slot's children one after the other whenever that is empty. */
static void apply_teardown(const struct commit_record *record)
{
	struct slot *slot = core_pointer(record->argument[0]);

	if (record->flags & COMMIT_DELETE_BEGIN && !core->dying)
		slot_doom(slot);
	for (uint32_t i = 0; i < record->count; i++) {
		if (core->dying)
			dying_step(core_pointer(core->dying));
		else if (record->operation == COMMIT_REVOKE && slot->child)
			slot_doom(core_pointer(slot->child));
		else
			return;
	}
}

static void apply_genesis(const struct commit_record *record)
{
	struct slot *own = (struct slot *)core_pointer(record->argument[1]) + 1;

	core->abi_version = record->argument[3];
	core->log.flags = PLACE_LOG << SLOT_PLACE_SHIFT;
	slot_fill(own, &core->root, OBJECT_CNODE, RIGHTS_ALL, SLOT_ORIGINAL, record->argument[1]);
	own->mask = ((uint64_t)1 << record->argument[2]) - 1;
}

static void apply_module(const struct commit_record *record)
{
	(void)record; /* evidence for the auditor; no authority changes */
}

/* What the kernel starts with: Untypeds, Regions that it keeps itself, singleton controls, the I/O ports. */
static void apply_grant(const struct commit_record *record)
{
	struct slot *slot = core_pointer(record->argument[0]);
	unsigned flags = SLOT_ORIGINAL | (record->flags & COMMIT_GRANT_DEVICE ? SLOT_DEVICE : 0);

	slot_fill(slot, &core->root, (unsigned)record->argument[1], record->argument[4], flags, record->argument[2]);
	slot->size = record->argument[3];
}

/* The authority part of a new object, whose memory is zero. */
static void object_initialise(const struct slot *original)
{
	struct slot *slots = core_pointer(original->object);

	for (unsigned i = 0; original->type == OBJECT_THREAD && i < THREAD_SLOTS; i++)
		slots[i].flags = (uint8_t)((PLACE_THREAD + i) << SLOT_PLACE_SHIFT);
	if (original->type == OBJECT_IRQ_HANDLER)
		slots->flags = PLACE_IRQ << SLOT_PLACE_SHIFT;
	if (original->type == OBJECT_VSPACE)
		((struct vspace_core *)core_pointer(original->object))->slot = core_ref(original);
}

static void apply_retype(const struct commit_record *record)
{
	struct slot *untyped = core_pointer(record->argument[0]);
	struct slot *slot = core_pointer(record->argument[1]);
	enum object_type type = (enum object_type)record->argument[2];
	uint64_t bytes = type == OBJECT_CNODE ? CNODE_BYTES(record->argument[3]) : record->argument[3];
	paddr_t address = untyped->object + record->argument[4] - record->count * bytes;
	bool bare = type == OBJECT_UNTYPED || type == OBJECT_REGION;

	for (uint32_t i = 0; i < record->count; i++, slot++, address += bytes) {
		ref_t object = bare ? address : DIRECT_MAP_BASE + address;

		hook_object_created(type, object, bytes);
		slot_fill(slot, untyped, type, RIGHTS_ALL, SLOT_ORIGINAL | (untyped->flags & SLOT_DEVICE), object);
		if (type == OBJECT_CNODE)
			slot->mask = ((uint64_t)1 << record->argument[3]) - 1;
		else if (bare)
			slot->size = bytes;
		else
			object_initialise(slot);
	}
	untyped->watermark = record->argument[4];
}

static void apply_copy(const struct commit_record *record)
{
	struct slot *from = core_pointer(record->argument[0]);
	struct slot *to = core_pointer(record->argument[1]);

	slot_fill(to, from, from->type, record->argument[2], from->flags & SLOT_DEVICE, from->object);
	to->badge = record->flags & COMMIT_COPY_BADGE ? record->argument[3] : from->badge;
	to->size = from->size;
	if (record->flags & COMMIT_COPY_RANGE) {
		to->object = record->argument[3];
		to->size = record->argument[4];
	}
	if (slot_place(to) == PLACE_CNODE)
		return;
	if (slot_place(to) == PLACE_THREAD + THREAD_PERSONALITY)
		slot_thread(to)->foreign = true;
	if (slot_place(to) == PLACE_THREAD + THREAD_NOTIFICATION)
		((struct notification_core *)core_pointer(to->object))->bound = core_ref(slot_thread(to));
	hook_slot_changed(to);
}

/* Content and links move; the back references of the object follow. Both slots are in CNodes. */
static void apply_move(const struct commit_record *record)
{
	struct slot *from = core_pointer(record->argument[0]);
	struct slot *to = core_pointer(record->argument[1]);

	*to = *from;
	neighbours_set(from, core_ref(to), core_ref(to));
	if (to->child)
		((struct slot *)core_pointer(to->child))->prev = core_ref(to) | FIRST_CHILD;
	if (to->flags & SLOT_ORIGINAL && to->type == OBJECT_VSPACE)
		((struct vspace_core *)core_pointer(to->object))->slot = core_ref(to);
	if (to->flags & SLOT_ORIGINAL && to->type == OBJECT_MAPPING)
		((struct mapping_core *)core_pointer(to->object))->slot = core_ref(to);
	slot_clear(from);
}

static void apply_reset(const struct commit_record *record)
{
	struct slot *untyped = core_pointer(record->argument[0]);

	untyped->watermark = 0;
	untyped->cleared = 0;
}

static void apply_priority(const struct commit_record *record)
{
	struct thread_core *thread = core_pointer(record->argument[0]);

	thread->priority = (uint8_t)record->argument[1];
	thread->priority_max = (uint8_t)record->argument[2];
	hook_priority_changed(thread);
}

static void apply_donate(const struct commit_record *record)
{
	struct slot *untyped = core_pointer(record->argument[0]);
	struct slot *slot = core_pointer(record->argument[1]);
	struct vspace_core *vspace = core_pointer(record->argument[2]);

	slot_fill(slot, untyped, OBJECT_TABLE_MEMORY, RIGHTS_ALL, SLOT_ORIGINAL, record->argument[2]);
	slot->size = record->argument[3];
	slot->base = untyped->object + record->argument[4] - slot->size;
	slot->next_donation = vspace->donations;
	vspace->donations = core_ref(slot);
	untyped->watermark = record->argument[4];
	hook_memory_donated(record->argument[2], slot->base, slot->size);
}

static void apply_attach(const struct commit_record *record)
{
	struct slot *region = core_pointer(record->argument[0]);
	struct slot *slot = core_pointer(record->argument[1]);
	struct vspace_core *vspace = core_pointer(record->argument[2]);
	struct mapping_core *mapping = core_pointer(record->argument[3]);

	hook_object_created(OBJECT_MAPPING, record->argument[3], sizeof(*mapping));
	*mapping = (struct mapping_core){
		.slot = core_ref(slot),
		.vspace = record->argument[2],
		.next = vspace->mappings,
		.base = region->object,
		.pages = (uint32_t)(region->size >> PAGE_BITS),
		.index = (uint16_t)record->count,
		.rights = (uint8_t)record->argument[4],
		.device = (region->flags & SLOT_DEVICE) != 0,
	};
	if (vspace->mappings)
		((struct mapping_core *)core_pointer(vspace->mappings))->prev = record->argument[3];
	vspace->mappings = record->argument[3];
	slot_fill(slot, region, OBJECT_MAPPING, record->argument[4], SLOT_ORIGINAL, record->argument[3]);
}

static void apply_irq_attach(const struct commit_record *record)
{
	struct irq_core *irq = core_pointer(record->argument[0]);

	irq->vector = (uint16_t)record->argument[1];
	irq->line = (uint16_t)record->argument[2];
	irq->flags = record->flags;
	core->vector[irq->vector] = record->argument[0];
	hook_irq_changed(irq, true);
}

static void (*const appliers[COMMIT_OPERATIONS])(const struct commit_record *record) = {
#define COMMIT(name, number, function, a0, a1, a2, a3, a4, sentence) [number] = function,
#include "abi/commits.def"
};

void apply(const struct commit_record *record)
{
	appliers[record->operation](record);
}
