/* SPDX-License-Identifier: MIT */
/* Address spaces (lib/space.h). The image's place in the boot package comes from the package's header; the linker script tells its bounds. */
#include "lib/space.h"

#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/package.h"
#include "lib/slots.h"
#include "lib/string.h"

struct space own_space = {INIT_SLOT_VSPACE, INIT_SLOT_CNODE, SPACE_ADDRESS_START, 0};

extern char image_data_start[], image_data_end[];

enum error space_attach(struct space *space, handle_t region, uint64_t rights, handle_t *mapping)
{
	handle_t slot = slot_allocate();
	enum error error;

	if (!slot)
		return ERR_NOMEM;
	error = vspace_attach(space->vspace, region, own_space.cnode, slot, rights);
	if (error != OK) {
		slot_free(slot);
		return error;
	}
	*mapping = slot;
	return OK;
}

enum error mapping_fill(handle_t mapping, vaddr_t address, uint64_t first, uint64_t pages, uint64_t rights)
{
	struct map_entry *batch = (struct map_entry *)thread_self()->page;

	while (pages) {
		uint64_t count = pages < MAP_BATCH_MAX ? pages : MAP_BATCH_MAX, done;
		enum error error;

		for (uint64_t i = 0; i < count; i++)
			batch[i] = (struct map_entry){(address + i * PAGE_SIZE) | rights, first + i};
		error = mapping_map(mapping, count, &done);
		if (error != OK)
			return error;
		address += count * PAGE_SIZE;
		first += count;
		pages -= count;
	}
	return OK;
}

vaddr_t space_reserve(struct space *space, uint64_t pages)
{
	vaddr_t address = space->next;

	space->next += (pages + 1) * PAGE_SIZE;
	return address;
}

enum error space_map(struct space *space, handle_t region, uint64_t pages, uint64_t rights, vaddr_t *address, handle_t *mapping)
{
	enum error error = space_attach(space, region, rights, mapping);

	if (error != OK)
		return error;
	if (!*address)
		*address = space_reserve(space, pages);
	return mapping_fill(*mapping, *address, 0, pages, rights);
}

enum error space_grant(struct space *space, uint64_t slot, handle_t capability, uint64_t rights, uint64_t badge)
{
	if (badge)
		return cnode_mint(space->cnode, slot, own_space.cnode, capability, rights, badge);
	return cnode_copy(space->cnode, slot, own_space.cnode, capability, rights);
}

enum error space_create_empty(struct space *space, uint64_t cnode_bits, uint64_t table_pages)
{
	handle_t tables = slot_allocate();
	enum error error;

	if (!tables)
		return ERR_NOMEM;
	*space = (struct space){.next = SPACE_ADDRESS_START, .next_slot = SPACE_SLOT_START};
	error = object_create(OBJECT_VSPACE, 0, &space->vspace);
	if (error == OK)
		error = object_create(OBJECT_CNODE, cnode_bits, &space->cnode);
	if (error == OK)
		error = vspace_donate(space->vspace, memory_untyped(), own_space.cnode, tables, table_pages);
	return error;
}

/* Text and constants are mapped from the boot package itself: nobody can write them. */
static enum error image_share(struct space *space)
{
	const struct boot_package *package = package_header();
	handle_t mapping;
	enum error error = package ? space_attach(space, INIT_SLOT_PACKAGE, RIGHT_READ | RIGHT_EXECUTE, &mapping) : ERR_NOMEM;

	for (uint32_t i = 0; error == OK && i < package->segment_count; i++) {
		const struct boot_segment *segment = &package->segment[i];

		if (!(segment->rights & MAP_WRITE))
			error = mapping_fill(mapping, segment->address, segment->offset / PAGE_SIZE, segment->size / PAGE_SIZE,
					     segment->rights);
	}
	return error;
}

/* Data is copied through a window in this program's own space, which stays: its Mapping goes when the memory is reclaimed. */
static enum error image_copy_data(struct space *space)
{
	uint64_t pages = (uint64_t)(image_data_end - image_data_start) / PAGE_SIZE;
	vaddr_t window = 0, address = (vaddr_t)image_data_start;
	handle_t region, mapping;
	enum error error = region_allocate(pages, &region);

	if (error == OK)
		error = space_map(&own_space, region, pages, MAP_READ | MAP_WRITE, &window, &mapping);
	if (error == OK)
		error = space_map(space, region, pages, MAP_READ | MAP_WRITE, &address, &mapping);
	if (error == OK)
		memcpy((void *)window, image_data_start, pages * PAGE_SIZE);
	return error;
}

enum error space_create(struct space *space, uint64_t cnode_bits, uint64_t table_pages)
{
	enum error error = space_create_empty(space, cnode_bits, table_pages);

	if (error == OK)
		error = image_share(space);
	if (error == OK)
		error = image_copy_data(space);
	return error;
}
