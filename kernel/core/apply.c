/* SPDX-License-Identifier: MIT */
/*
 * apply(): the only code that changes capability state.
 *
 * Each function here takes one kind of record (abi/commits.def). It trusts it: the decoder that wrote the record has checked everything, and a replay
 * checks the records' chain and form before. It reads the record and the capability state only, so the same records give the same state anywhere.
 */
#include "kernel/core/core.h"

/* Put a new capability into an empty slot, as a child of `parent`. */
static void slot_fill(struct slot *slot, struct slot *parent, enum object_type type, uint8_t rights, ref_t object)
{
	slot->type = (uint8_t)type;
	slot->rights = rights;
	slot->object = object;
	slot_link(slot, parent);
}

static void apply_genesis(const struct commit_record *record)
{
	struct slot *own = (struct slot *)core_pointer(record->argument[1]) + 1;

	core->abi_version = record->argument[3];
	core->log.flags = PLACE_LOG << SLOT_PLACE_SHIFT;
	slot_fill(own, &core->root, OBJECT_CNODE, RIGHTS_ALL, record->argument[1]);
	own->flags |= SLOT_ORIGINAL;
	own->mask = ((uint64_t)1 << record->argument[2]) - 1;
}

/* What the kernel starts with: Untypeds, Regions that it keeps itself, singleton controls, the I/O ports. */
static void apply_grant(const struct commit_record *record)
{
	struct slot *slot = core_pointer(record->argument[0]);

	slot_fill(slot, &core->root, (enum object_type)record->argument[1], (uint8_t)record->argument[4], record->argument[2]);
	slot->size = record->argument[3];
	slot->flags |= SLOT_ORIGINAL | (record->flags & COMMIT_GRANT_DEVICE ? SLOT_DEVICE : 0);
}

/* The authority part of a new object, whose memory is zero. */
static void object_initialise(struct slot *slot)
{
	struct thread_core *thread = core_pointer(slot->object);

	switch (slot->type) {
	case OBJECT_THREAD:
		for (unsigned i = 0; i < THREAD_SLOTS; i++)
			thread->slot[i].flags = (uint8_t)((PLACE_THREAD + i) << SLOT_PLACE_SHIFT);
		break;
	case OBJECT_IRQ_HANDLER:
		((struct irq_core *)core_pointer(slot->object))->notification.flags = PLACE_IRQ << SLOT_PLACE_SHIFT;
		break;
	case OBJECT_VSPACE:
		((struct vspace_core *)core_pointer(slot->object))->slot = core_ref(slot);
		break;
	default:
		break;
	}
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
		slot_fill(slot, untyped, type, RIGHTS_ALL, object);
		slot->flags |= SLOT_ORIGINAL | (untyped->flags & SLOT_DEVICE);
		if (type == OBJECT_CNODE)
			slot->mask = ((uint64_t)1 << record->argument[3]) - 1;
		else if (bare)
			slot->size = bytes;
		else
			object_initialise(slot);
	}
	untyped->watermark = record->argument[4];
}

/* What follows from a slot of a Thread being filled. */
static void thread_slot_filled(struct slot *slot)
{
	struct thread_core *thread = slot_thread(slot);

	if (slot_place(slot) == PLACE_THREAD + THREAD_PERSONALITY)
		thread->foreign = true;
	if (slot_place(slot) == PLACE_THREAD + THREAD_NOTIFICATION)
		((struct notification_core *)core_pointer(slot->object))->bound = core_ref(thread);
}

static void apply_copy(const struct commit_record *record)
{
	struct slot *from = core_pointer(record->argument[0]);
	struct slot *to = core_pointer(record->argument[1]);

	slot_fill(to, from, (enum object_type)from->type, (uint8_t)record->argument[2], from->object);
	to->flags |= from->flags & SLOT_DEVICE;
	to->badge = record->flags & COMMIT_COPY_BADGE ? record->argument[3] : from->badge;
	to->size = from->size;
	if (record->flags & COMMIT_COPY_RANGE) {
		to->object = record->argument[3];
		to->size = record->argument[4];
	}
	if (slot_place(to) == PLACE_CNODE)
		return;
	if (slot_place(to) < PLACE_THREAD + THREAD_SLOTS)
		thread_slot_filled(to);
	hook_slot_changed(to);
}

static void apply_delete(const struct commit_record *record)
{
	if (record->flags & COMMIT_DELETE_BEGIN)
		slot_doom(core_pointer(record->argument[0]));
	teardown_steps(NULL, record->count);
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
	uint64_t size = record->argument[3];

	slot_fill(slot, untyped, OBJECT_TABLE_MEMORY, RIGHTS_ALL, record->argument[2]);
	slot->flags |= SLOT_ORIGINAL;
	slot->base = untyped->object + record->argument[4] - size;
	slot->size = size;
	slot->next_donation = vspace->donations;
	vspace->donations = core_ref(slot);
	untyped->watermark = record->argument[4];
	hook_memory_donated(record->argument[2], slot->base, size);
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
	slot_fill(slot, region, OBJECT_MAPPING, (uint8_t)record->argument[4], record->argument[3]);
	slot->flags |= SLOT_ORIGINAL;
}

static void apply_irq_attach(const struct commit_record *record)
{
	struct irq_core *irq = core_pointer(record->argument[0]);

	irq->vector = (uint16_t)record->argument[1];
	irq->line = (uint16_t)record->argument[2];
	irq->flags = record->flags;
	core->vector[irq->vector] = record->argument[0];
	if (irq->line != IRQ_LINE_MSI)
		core->line[irq->line] = (uint8_t)irq->vector;
	hook_irq_changed(irq, true);
}

static void apply_module(const struct commit_record *record)
{
	(void)record; /* evidence for the auditor; no authority changes */
}

static void apply_move(const struct commit_record *record)
{
	slot_transplant(core_pointer(record->argument[0]), core_pointer(record->argument[1]));
}

static void apply_revoke(const struct commit_record *record)
{
	teardown_steps(core_pointer(record->argument[0]), record->count);
}

static void (*const appliers[COMMIT_OPERATIONS])(const struct commit_record *record) = {
	[COMMIT_GENESIS] = apply_genesis,   [COMMIT_MODULE] = apply_module,   [COMMIT_GRANT] = apply_grant,
	[COMMIT_RETYPE] = apply_retype,     [COMMIT_COPY] = apply_copy,       [COMMIT_MOVE] = apply_move,
	[COMMIT_DELETE] = apply_delete,     [COMMIT_REVOKE] = apply_revoke,   [COMMIT_RESET] = apply_reset,
	[COMMIT_PRIORITY] = apply_priority, [COMMIT_DONATE] = apply_donate,   [COMMIT_ATTACH] = apply_attach,
	[COMMIT_IRQ_ATTACH] = apply_irq_attach,
};

void apply(const struct commit_record *record)
{
	appliers[record->operation](record);
}
