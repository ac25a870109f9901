/* SPDX-License-Identifier: MIT */
/* Mapping the firmware's memory, page by page (firmware.h). The page that was read last stays mapped until another one is wanted. */
#include "servers/platform/firmware.h"

#include "lib/methods.h"
#include "lib/service.h"
#include "lib/space.h"
#include "lib/string.h"

#define PAGE_NONE UINT64_MAX

static struct {
	handle_t mapping[START_GRANTS_MAX]; /* by grant: of its Region; 0: not yet attached */
	vaddr_t address;                    /* 0: not yet reserved */
	uint64_t page;                      /* physical address of what is mapped there */
	handle_t by;
} view = {.page = PAGE_NONE};

static const struct start_grant *window_find(uint64_t address)
{
	const struct start_grant *grant = start_next(GRANT_FIRMWARE, NULL);

	while (grant && (address < grant->address || address - grant->address >= grant->bytes))
		grant = start_next(GRANT_FIRMWARE, grant);
	return grant;
}

static bool view_close(void)
{
	struct map_entry *entries = (struct map_entry *)thread_self()->page;
	uint64_t done;

	if (view.page == PAGE_NONE)
		return true;
	view.page = PAGE_NONE;
	entries[0] = (struct map_entry){view.address, 0};
	return mapping_unmap(view.by, 1, &done) == OK;
}

/* Maps the page at a page-aligned physical address. */
static bool view_open(uint64_t page)
{
	const struct start_grant *window = window_find(page);
	handle_t *mapping = window ? &view.mapping[window - start_page->grant] : NULL;

	if (view.page == page)
		return true;
	if (!window || !view_close())
		return false;
	if (!view.address)
		view.address = space_reserve(&own_space, 1);
	if (!*mapping && space_attach(&own_space, window->slot, RIGHT_READ, mapping) != OK) {
		*mapping = 0;
		return false;
	}
	if (mapping_fill(*mapping, view.address, (page - window->address) / PAGE_SIZE, 1, MAP_READ) != OK)
		return false;
	view.page = page;
	view.by = *mapping;
	return true;
}

bool firmware_read(void *context, uint64_t address, void *to, size_t bytes)
{
	uint8_t *next = to;

	(void)context;
	while (bytes > 0) {
		uint64_t offset = address % PAGE_SIZE;
		size_t part = PAGE_SIZE - offset < bytes ? PAGE_SIZE - offset : bytes;

		if (!view_open(address - offset))
			return false;
		memcpy(next, (const void *)(view.address + offset), part);
		next += part;
		address += part;
		bytes -= part;
	}
	return true;
}
