/* SPDX-License-Identifier: MIT */
/* Objects and Regions from the Untyped in use (lib/memory.h). One thread allocates. */
#include "lib/memory.h"

#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"

static handle_t untyped_in_use;

handle_t memory_use(handle_t untyped)
{
	handle_t before = untyped_in_use;

	untyped_in_use = untyped;
	return before;
}

handle_t memory_untyped(void)
{
	return untyped_in_use;
}

handle_t memory_largest(const struct boot_information *information)
{
	uint64_t largest = 0;
	handle_t handle = 0;

	for (uint64_t i = 0; i < information->untyped_count && i < BOOT_UNTYPED_MAX; i++) {
		const struct boot_untyped *untyped = &information->untyped[i];

		if (untyped->device || untyped->size <= largest)
			continue;
		largest = untyped->size;
		handle = INIT_SLOT_UNTYPED + i;
	}
	return handle;
}

enum error object_create(enum object_type type, uint64_t size, handle_t *object)
{
	handle_t slot = slot_allocate();
	enum error error;

	if (!slot)
		return ERR_NOMEM;
	error = untyped_retype(untyped_in_use, type, size, own_space.cnode, slot, 1);
	if (error != OK) {
		slot_free(slot);
		return error;
	}
	*object = slot;
	return OK;
}

enum error region_allocate(uint64_t pages, handle_t *region)
{
	return object_create(OBJECT_REGION, pages * PAGE_SIZE, region);
}

enum error object_delete(handle_t object)
{
	enum error error = cnode_delete(own_space.cnode, object);

	if (error == OK)
		slot_free(object);
	return error;
}
