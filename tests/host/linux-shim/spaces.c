/* SPDX-License-Identifier: MIT */
/*
 * Address spaces (spaces.h). A space has tables of 512 entries, each of which takes a page of what was donated, and stays. An entry is page of physical memory << 12 | MAP_*; 0: nothing.
 *
 * Physical memory is a file. The model sees all of it; the service sees what it maps, where it maps it.
 */
#define _GNU_SOURCE
#include "spaces.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"

#define TABLE_ENTRIES 512
#define BUCKETS 64
#define RIGHTS (MAP_READ | MAP_WRITE | MAP_EXECUTE)
#define MODEL_VIEW ((void *)0x500000000000) /* where the model sees physical memory */

struct table {
	uint64_t index; /* of its 2 MiB */
	struct table *next;
	uint64_t entries[TABLE_ENTRIES];
};

struct model_space {
	bool own;
	uint64_t pages; /* that are mapped */
	uint64_t tables_free;
	struct table *buckets[BUCKETS];
};

int memory_file = -1;
uint64_t memory_bytes, pages_mapped, pages_shown;
static uint8_t *physical;
static uint16_t mapped[PHYSICAL_MOST]; /* of each page of physical memory: in how many places of processes' spaces */

void physical_begin(uint64_t bytes)
{
	memory_file = memfd_create("physical", 0);
	memory_bytes = bytes;
	if (bytes / PAGE_SIZE > PHYSICAL_MOST || memory_file < 0 || ftruncate(memory_file, (off_t)bytes) != 0)
		abort();
	physical = mmap(MODEL_VIEW, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, memory_file, 0);
	if (physical == MAP_FAILED)
		abort();
}

struct model_space *space_make(bool own)
{
	struct model_space *space = arena_take(sizeof(*space));

	if (!space)
		complain("the arena is too small");
	space->own = own;
	return space;
}

void space_donate(struct model_space *space, uint64_t pages)
{
	space->tables_free += pages;
}

static struct table *table_find(const struct model_space *space, uint64_t address)
{
	uint64_t index = address / LARGE_PAGE_SIZE;
	struct table *table = space->buckets[index % BUCKETS];

	while (table && table->index != index)
		table = table->next;
	return table;
}

static struct table *table_make(struct model_space *space, uint64_t address)
{
	struct table **bucket = &space->buckets[address / LARGE_PAGE_SIZE % BUCKETS];
	struct table *table = space->tables_free ? arena_take(sizeof(*table)) : NULL;

	if (!table)
		return NULL;
	space->tables_free--;
	table->index = address / LARGE_PAGE_SIZE;
	table->next = *bucket;
	*bucket = table;
	return table;
}

static uint64_t *entry_find(const struct model_space *space, uint64_t address)
{
	struct table *table = table_find(space, address);

	return table ? &table->entries[address / PAGE_SIZE % TABLE_ENTRIES] : NULL;
}

static void page_count(struct model_space *space, uint64_t page, int more)
{
	mapped[page] = (uint16_t)(mapped[page] + more);
	space->pages += (uint64_t)(int64_t)more;
	pages_mapped += (uint64_t)(int64_t)more;
}

uint64_t space_pages(const struct model_space *space)
{
	return space->pages;
}

uint64_t space_entry(const struct model_space *space, uint64_t address)
{
	const uint64_t *entry = entry_find(space, address);

	return entry ? *entry : 0;
}

unsigned physical_mapped(uint64_t page)
{
	return mapped[page];
}

/* In the service's own space: a page, or 512 of them. */
static enum error own_map(const struct model_region *region, uint64_t address, uint64_t page, bool large)
{
	size_t bytes = large ? LARGE_PAGE_SIZE : PAGE_SIZE;

	if (mmap((void *)address, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory_file, (off_t)((region->first + page) * PAGE_SIZE)) == MAP_FAILED)
		abort();
	pages_shown += !large;
	return OK;
}

static enum error page_map(struct model_space *space, const struct model_region *region, uint64_t address, uint64_t rights, uint64_t page)
{
	struct table *table = table_find(space, address);
	uint64_t *entry;

	if (!table)
		table = table_make(space, address);
	if (!table)
		return ERR_NOMEM;
	entry = &table->entries[address / PAGE_SIZE % TABLE_ENTRIES];
	if (*entry)
		complain("a page is mapped at %#lx, where there is one", address);
	*entry = (region->first + page) << PAGE_BITS | rights;
	page_count(space, region->first + page, 1);
	return OK;
}

enum error space_change(struct model_space *space, const struct model_region *region, enum method method, const struct map_entry *change)
{
	uint64_t address = change->address & ~(uint64_t)(PAGE_SIZE - 1), rights = change->address & RIGHTS;
	uint64_t *entry;

	if (address >= USER_TOP)
		complain("a page at %#lx is not of user space", address);
	if (method != MAPPING_UNMAP && (rights & MAP_WRITE) && (rights & MAP_EXECUTE))
		complain("a page is to be writable and executable at once");
	if (method == MAPPING_MAP && change->page >= region->pages)
		complain("page %lu is none of the Region", change->page);
	if (method == MAPPING_MAP)
		return space->own ? own_map(region, address, change->page, change->address & MAP_LARGE) : page_map(space, region, address, rights, change->page);
	entry = entry_find(space, address);
	if (!entry || !*entry || *entry >> PAGE_BITS < region->first || *entry >> PAGE_BITS >= region->first + region->pages)
		return ERR_NOTMAPPED;
	if (method == MAPPING_UNMAP)
		page_count(space, *entry >> PAGE_BITS, -1);
	*entry = method == MAPPING_UNMAP ? 0 : (*entry & ~(uint64_t)RIGHTS) | rights;
	return OK;
}

uint8_t *space_byte(struct model_space *space, uint64_t address, enum access access, bool *present)
{
	const uint64_t *entry = address < USER_TOP ? entry_find(space, address) : NULL;
	uint64_t wanted = access == ACCESS_STORE ? MAP_WRITE : access == ACCESS_FETCH ? MAP_EXECUTE : MAP_READ;

	*present = entry && *entry;
	if (!*present || !(*entry & wanted))
		return NULL;
	return physical + (*entry >> PAGE_BITS) * PAGE_SIZE + address % PAGE_SIZE;
}
