/* SPDX-License-Identifier: MIT */
/*
 * Authority over address spaces: table memory donated to a VSpace, and Regions attached to it.
 *
 * Which page appears where is not authority (the Mapping is), so pages are mapped elsewhere (arch) and without records.
 */
#include "kernel/core/core.h"

#define DONATE_PAGES_MAX 65536

/* An empty slot at `index` of the CNode argument, for the new capability. */
static enum error destination_find(const struct slot *cnode, uint64_t index, struct slot **destination)
{
	if (cnode->type != OBJECT_CNODE)
		return refuse(ERR_TYPE, "the destination is no CNode");
	if (!(cnode->rights & RIGHT_WRITE))
		return refuse(ERR_RIGHTS, "the destination CNode may not be written");
	*destination = slot_at(cnode, index);
	if (!*destination)
		return refuse(ERR_ARGUMENT, "the destination index is beyond the CNode");
	if (!slot_is_empty(*destination))
		return refuse(ERR_OCCUPIED, "the destination slot is in use");
	return OK;
}

enum error vspace_donate(struct call *call)
{
	struct slot *untyped = call->cap[0], *destination;
	uint64_t bytes = call->words[1] * PAGE_SIZE, start;
	struct commit_record *record;
	enum error error = destination_find(call->cap[1], call->words[0], &destination);

	if (error)
		return error;
	if (untyped->type != OBJECT_UNTYPED)
		return refuse(ERR_TYPE, "only Untyped memory can be donated");
	if (!(untyped->rights & RIGHT_WRITE))
		return refuse(ERR_RIGHTS, "the Untyped may not be written");
	if (untyped->flags & SLOT_DEVICE || call->words[1] == 0 || call->words[1] > DONATE_PAGES_MAX)
		return refuse(ERR_ARGUMENT, "tables need ordinary memory, and 1 to 65536 pages of it");
	start = untyped_place(untyped, bytes, PAGE_SIZE);
	if (start == UINT64_MAX)
		return refuse(ERR_NOMEM, "the Untyped has not enough memory above its watermark");
	error = untyped_clear(untyped, start + bytes);
	if (error)
		return error;
	record = commit_begin(call->caller, COMMIT_DONATE);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = core_ref(untyped);
	record->argument[1] = core_ref(destination);
	record->argument[2] = call->target->object;
	record->argument[3] = bytes;
	record->argument[4] = start + bytes;
	commit_apply(record);
	return OK;
}

enum error vspace_attach(struct call *call)
{
	struct slot *region = call->cap[0], *destination;
	struct commit_record *record;
	uint64_t rights;
	uint16_t index;
	ref_t mapping;
	enum error error = destination_find(call->cap[1], call->words[0], &destination);

	if (error)
		return error;
	if (region->type != OBJECT_REGION)
		return refuse(ERR_TYPE, "only Regions can be attached");
	rights = region->rights & call->target->rights & call->words[1] & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
	if (region->flags & SLOT_DEVICE)
		rights &= ~(uint64_t)RIGHT_EXECUTE;
	if (!(rights & RIGHT_READ))
		return refuse(ERR_RIGHTS, "Region, VSpace and mask together leave no right to read");
	if (region->size >> PAGE_BITS > UINT32_MAX)
		return refuse(ERR_ARGUMENT, "the Region is too large for one Mapping");
	mapping = hook_mapping_available(call->target->object, &index);
	if (!mapping)
		return refuse(ERR_NOMEM, "the VSpace has no table memory left");
	record = commit_begin(call->caller, COMMIT_ATTACH);
	if (!record)
		return ERR_RING_FULL;
	record->count = index;
	record->argument[0] = core_ref(region);
	record->argument[1] = core_ref(destination);
	record->argument[2] = call->target->object;
	record->argument[3] = mapping;
	record->argument[4] = rights;
	commit_apply(record);
	return OK;
}

enum error region_inform(struct call *call)
{
	call->result[0] = call->target->size;
	call->result[1] = call->target->rights & RIGHT_DMA ? call->target->object : 0;
	call->results = 2;
	return OK;
}
