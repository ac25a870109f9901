/* SPDX-License-Identifier: MIT */
/* Regions that a service maps, and what it makes (service_memory.h): files in memory, mapped here for the target program and page by page in a reserved range for the service. */
#define _GNU_SOURCE /* memfd_create */
#include "tests/host/harness/service_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/memory.h"
#include "lib/space.h"
#include "lib/thread.h"

#define MAPPINGS 0x10000 /* the handle of a Region's Mapping is its own and this */
#define OBJECTS 0x20000  /* the first handle of what the service makes */
#define SPACE_PAGES 1024

struct space own_space;

static struct region {
	handle_t handle;
	size_t bytes;
	int file;
	unsigned char *memory; /* as the target program sees it */
} regions[WORLD_REGIONS_MAX];
static unsigned region_count;

static unsigned char *space; /* reserved for the service */
static uint64_t reserved;    /* pages of it */
static handle_t mapped[SPACE_PAGES]; /* by which Mapping; 0: not */
static uint64_t objects;             /* that the service has made */

unsigned char *world_region_make(handle_t handle, size_t bytes)
{
	int file = memfd_create("region", MFD_CLOEXEC);
	void *memory = file < 0 || ftruncate(file, (off_t)bytes) != 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (memory == MAP_FAILED || region_count == WORLD_REGIONS_MAX)
		abort();
	regions[region_count++] = (struct region){handle, bytes, file, memory};
	return memory;
}

void world_regions_clear(void)
{
	for (unsigned i = 0; i < region_count; i++)
		memset(regions[i].memory, 0, regions[i].bytes);
}

static unsigned char *range_reserve(void)
{
	void *range = mmap(NULL, SPACE_PAGES * PAGE_SIZE, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	if (range == MAP_FAILED)
		abort();
	return range;
}

static void page_forbid(uint64_t index)
{
	if (mmap(space + index * PAGE_SIZE, PAGE_SIZE, PROT_NONE, MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE, -1, 0) == MAP_FAILED)
		abort();
	mapped[index] = 0;
}

void world_space_clear(void)
{
	if (!space)
		space = range_reserve();
	for (uint64_t i = 0; i < reserved; i++)
		if (mapped[i])
			page_forbid(i);
	reserved = objects = 0;
}

static const struct region *region_of(handle_t handle)
{
	for (unsigned i = 0; i < region_count; i++)
		if (regions[i].handle == handle)
			return &regions[i];
	return NULL;
}

/* The page of the reserved range at an address. */
static uint64_t page_index(vaddr_t address)
{
	uint64_t index = (address - (uint64_t)space) / PAGE_SIZE;

	if (address % PAGE_SIZE != 0 || index >= reserved)
		complain("a page at %" PRIx64 ", which was not reserved", address);
	return index;
}

static enum error page_map(handle_t mapping, vaddr_t address, uint64_t page, uint64_t rights)
{
	const struct region *region = region_of(mapping - MAPPINGS);
	uint64_t index = page_index(address);
	int protection = (rights & MAP_READ ? PROT_READ : 0) | (rights & MAP_WRITE ? PROT_WRITE : 0);

	if (!region || page >= region->bytes / PAGE_SIZE)
		return ERR_ARGUMENT;
	if (mapped[index])
		return ERR_MAPPED;
	if (mmap((void *)address, PAGE_SIZE, protection, MAP_FIXED | MAP_SHARED, region->file, (off_t)(page * PAGE_SIZE)) == MAP_FAILED)
		abort();
	mapped[index] = mapping;
	return OK;
}

static enum error page_unmap(handle_t mapping, vaddr_t address)
{
	uint64_t index = page_index(address);

	if (mapped[index] != mapping)
		return ERR_NOTMAPPED;
	page_forbid(index);
	return OK;
}

bool world_mapping_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error)
{
	const struct map_entry *entries = (const struct map_entry *)thread_self()->page;

	if (target < MAPPINGS || !region_of(target - MAPPINGS) || label != MAPPING_UNMAP || data[0] > MAP_BATCH_MAX)
		return false;
	*error = OK;
	for (uint64_t i = 0; i < data[0] && *error == OK; i++)
		*error = page_unmap(target, entries[i].address);
	return true;
}

/* lib/memory and lib/space for the service. */

handle_t memory_use(handle_t untyped)
{
	return untyped;
}

enum error object_create(enum object_type type, uint64_t size, handle_t *object)
{
	(void)type, (void)size;
	*object = OBJECTS + objects++;
	return OK;
}

vaddr_t space_reserve(struct space *of, uint64_t pages)
{
	uint64_t first = reserved;

	(void)of;
	reserved += pages + 1;
	if (reserved > SPACE_PAGES)
		complain("more than %d pages of addresses are reserved", SPACE_PAGES);
	return (vaddr_t)(space + first * PAGE_SIZE);
}

enum error space_attach(struct space *of, handle_t region, uint64_t rights, handle_t *mapping)
{
	(void)of, (void)rights;
	if (!region_of(region))
		return ERR_NOCAP;
	*mapping = region + MAPPINGS;
	return OK;
}

enum error mapping_fill(handle_t mapping, vaddr_t address, uint64_t first, uint64_t pages, uint64_t rights)
{
	enum error error = OK;

	for (uint64_t i = 0; i < pages && error == OK; i++)
		error = page_map(mapping, address + i * PAGE_SIZE, first + i, rights);
	return error;
}
