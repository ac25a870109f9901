/* SPDX-License-Identifier: MIT */
/*
 * Authority over address spaces: table memory donated to a VSpace, and Regions attached to it.
 *
 * Which page appears where is not authority (the Mapping is), so pages are mapped elsewhere (arch) and without records.
 */
#include "kernel/core/core.h"

#define DONATE_PAGES_MAX 65536

enum error vspace_donate(struct call *call)
{
	uint64_t pages = call->words[1], end;
	enum error error;

	if (call->cap[0]->flags & SLOT_DEVICE || pages == 0 || pages > DONATE_PAGES_MAX)
		return refuse(ERR_ARGUMENT, "tables need ordinary memory, and 1 to 65536 pages of it");
	error = untyped_reserve(call->cap[0], pages * PAGE_SIZE, PAGE_SIZE, true, &end);
	if (error)
		return error;
	return commit(call->caller, &(struct commit_record){
		.operation = COMMIT_DONATE,
		.argument = { core_ref(call->cap[0]), core_ref(call->slot), call->target->object, pages * PAGE_SIZE, end },
	});
}

enum error vspace_attach(struct call *call)
{
	const struct slot *region = call->cap[0];
	uint64_t rights = region->rights & call->target->rights & call->words[1] & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
	uint16_t index;
	ref_t mapping;

	if (region->flags & SLOT_DEVICE)
		rights &= ~(uint64_t)RIGHT_EXECUTE;
	if (!(rights & RIGHT_READ))
		return refuse(ERR_RIGHTS, "Region, VSpace and mask together leave no right to read");
	if (region->size >> PAGE_BITS > UINT32_MAX)
		return refuse(ERR_ARGUMENT, "the Region is too large for one Mapping");
	mapping = hook_mapping_available(call->target->object, &index);
	if (!mapping)
		return refuse(ERR_NOMEM, "the VSpace has no table memory left");
	return commit(call->caller, &(struct commit_record){
		.operation = COMMIT_ATTACH, .count = index,
		.argument = { core_ref(region), core_ref(call->slot), call->target->object, mapping, rights },
	});
}
