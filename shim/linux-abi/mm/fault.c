/* SPDX-License-Identifier: MIT */
/*
 * Making pages usable (mm/memory.h): demand-zero, pages of objects, copies at the first store, growth of stacks.
 *
 * A page that is stored into is mapped writable but not executable, one that is executed the other way, since the kernel maps nothing that is both: an area that allows both has its pages change at faults.
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/memory.h"

#define AROUND_PAGES 16 /* of an object, mapped together with the one that is wanted when they are there */

static uint64_t host_rights(const struct area *area, uint64_t entry)
{
	uint64_t rights = area->flags & AREA_PROTECTION ? MAP_READ : 0;

	if (entry & ENTRY_WRITE)
		rights |= MAP_WRITE;
	if (entry & ENTRY_EXECUTE)
		rights |= MAP_EXECUTE;
	return rights;
}

/* A stack's area that lies above the address and may grow down to it: it does. */
static struct area *stack_grow(struct memory *memory, struct area *above, uint64_t address)
{
	uint64_t start = address & ~(uint64_t)(PAGE_SIZE - 1), pages;
	const struct area *below;

	if (!above || !(above->flags & AREA_GROWS) || above->end - start > memory->stack_limit)
		return NULL;
	below = area_before(&memory->areas, above->start);
	if (below && below->end + STACK_GAP > start)
		return NULL;
	pages = (above->start - start) >> PAGE_BITS;
	if ((memory->pages_mapped + pages) > memory->size_limit >> PAGE_BITS)
		return NULL;
	above->start = start;
	memory->pages_mapped += pages;
	if (above->flags & AREA_LOCKED)
		memory->pages_locked += pages;
	return above;
}

static struct area *area_for(struct memory *memory, uint64_t address)
{
	struct area *area = area_at_or_after(&memory->areas, address);

	if (area && area->start <= address)
		return area;
	return stack_grow(memory, area, address);
}

static bool is_private_store(const struct area *area, uint32_t access)
{
	return access & AREA_WRITE && !(area->flags & AREA_SHARED);
}

/* Tells the host what an entry says. `was` is the entry before, 0 for none. */
static void entry_apply(struct memory *memory, const struct area *area, uint64_t address, uint64_t was, uint64_t entry)
{
	frame_t frame = (frame_t)(entry >> PAGE_BITS);

	if (was & ENTRY_MAPPED && was >> PAGE_BITS == frame) {
		host_page(memory->space, HOST_PROTECT, address, frame, host_rights(area, entry));
		return;
	}
	if (was & ENTRY_MAPPED)
		host_page(memory->space, HOST_UNMAP, address, (frame_t)(was >> PAGE_BITS), 0);
	if (entry & ENTRY_MAPPED)
		host_page(memory->space, HOST_MAP, address, frame, host_rights(area, entry));
}

/* Who forces an access has the page brought in and, for a store, made the process's own; the process may do with it what its area allows, and no more. */
#define FORCED 0x80000000u

static uint64_t entry_bits(const struct area *area, uint32_t access)
{
	uint64_t bits = area->flags & AREA_PROTECTION ? ENTRY_MAPPED : 0;

	if (access & AREA_WRITE && !(access & FORCED))
		bits |= ENTRY_WRITE;
	else if (area->flags & AREA_EXECUTE)
		bits |= ENTRY_EXECUTE;
	return bits;
}

static void entry_set(struct memory *memory, const struct area *area, uint64_t address, uint64_t *word, frame_t frame, uint32_t access)
{
	uint64_t was = *word;

	*word = (uint64_t)frame << PAGE_BITS | entry_bits(area, access);
	entry_apply(memory, area, address, was, *word);
	if (!was && ++memory->resident > memory->resident_most)
		memory->resident_most = memory->resident;
}

/* A copy of a frame, or a clear one when `of` is 0. */
static frame_t frame_copy(frame_t of)
{
	frame_t copy = frame_allocate(!of);

	if (copy && of)
		memcpy(frame_bytes(copy), frame_bytes(of), PAGE_SIZE);
	return copy;
}

/* A store into a private page that others may see: it gets a frame of its own. */
static enum fault_result page_own(struct memory *memory, const struct area *area, uint64_t address, uint64_t *word, frame_t shown, uint32_t access)
{
	frame_t old = (frame_t)(*word >> PAGE_BITS), own;

	if (old && frame_users(old) == 1) {
		entry_set(memory, area, address, word, old, access);
		return FAULT_DONE;
	}
	own = frame_copy(old ? old : shown);
	if (!own)
		return FAULT_NO_MEMORY;
	entry_set(memory, area, address, word, own, access);
	if (old) {
		(void)host_flush(); /* nobody maps the old one any more when it goes */
		frame_release(old);
	}
	return FAULT_DONE;
}

/* Pages of the object near the one that was wanted, as far as they are there: each saves a fault. */
static void map_around(struct memory *memory, const struct area *area, uint64_t address)
{
	uint64_t from = address & ~(uint64_t)(AROUND_PAGES * PAGE_SIZE - 1), to = from + AROUND_PAGES * PAGE_SIZE;

	for (uint64_t at = from < area->start ? area->start : from; at < to && at < area->end; at += PAGE_SIZE) {
		const uint64_t *page = radix_find(&area->object->pages, area->first + ((at - area->start) >> PAGE_BITS));
		uint64_t *word = page && *page ? radix_make(&memory->pages, at >> PAGE_BITS) : NULL;

		if (!word || *word)
			continue;
		frame_hold((frame_t)(*page >> PAGE_BITS));
		entry_set(memory, area, at, word, (frame_t)(*page >> PAGE_BITS), area->flags & AREA_EXECUTE ? AREA_EXECUTE : AREA_READ);
	}
}

/* A page of an object, with what a shared store needs. 0 = there; 1 = it waited, and all must be looked at again; negative: an error number. */
static int object_prepare(struct memory *memory, const struct area *area, uint64_t index, uint32_t access)
{
	struct object *object = area->object;
	const uint64_t *page = radix_find(&object->pages, index);
	bool store = access & AREA_WRITE && area->flags & AREA_SHARED && object->operations->store && !(page && *page & OBJECT_DIRTY);
	int64_t error;

	if (page && *page && !store && index < object->pages_limit)
		return 0;
	(void)host_flush(); /* of the pages before this one, for this may wait: a page that the host has not been told of faults */
	object_hold(object);
	error = object_page(object, index);
	if (error > 0 && store)
		error = object->operations->store(object, index);
	object_release(object);
	memory->faults_major++;
	return error < 0 ? (int)error : 1;
}

/* A page that is not there yet, in an area that allows the access. */
static enum fault_result page_make(struct memory *memory, const struct area *area, uint64_t address, uint64_t *word, uint32_t access)
{
	frame_t frame;

	if (!area->object) {
		frame = frame_allocate(true);
		if (!frame)
			return FAULT_NO_MEMORY;
		entry_set(memory, area, address, word, frame, area->flags & AREA_WRITE ? AREA_WRITE : access);
		return FAULT_DONE;
	}
	frame = (frame_t)(*radix_find(&area->object->pages, area->first + ((address - area->start) >> PAGE_BITS)) >> PAGE_BITS);
	if (is_private_store(area, access))
		return page_own(memory, area, address, word, frame, access);
	frame_hold(frame);
	if (area->flags & AREA_SHARED && !area->object->operations->store && area->flags & AREA_WRITE && !(area->flags & AREA_EXECUTE))
		access |= AREA_WRITE; /* nobody asks which pages of it are dirty */
	entry_set(memory, area, address, word, frame, access);
	if (!(access & AREA_WRITE))
		map_around(memory, area, address);
	return FAULT_DONE;
}

/* Whether an area's protection forbids an access. By force all is allowed but a store that others would see. */
static bool is_denied(const struct area *area, uint32_t access)
{
	if (access & FORCED)
		return access & AREA_WRITE && area->flags & AREA_SHARED;
	return !(area->flags & AREA_PROTECTION) || access & ~area->flags & AREA_PROTECTION & ~(area->flags & (AREA_WRITE | AREA_EXECUTE) ? AREA_READ : 0u);
}

static bool entry_allows(uint64_t entry, uint32_t access)
{
	if (!(entry & ENTRY_MAPPED))
		return false;
	return !(access & AREA_WRITE && !(entry & ENTRY_WRITE)) && !(access & AREA_EXECUTE && !(entry & ENTRY_EXECUTE));
}

static enum fault_result result_of(int error)
{
	return error == -ENOMEM ? FAULT_NO_MEMORY : FAULT_NO_PAGE;
}

/* One look at the page. False: it waited. */
static bool fault_once(struct memory *memory, uint64_t address, uint32_t access, enum fault_result *result)
{
	struct area *area = area_for(memory, address);
	uint64_t *word, index;
	int prepared = 0;

	*result = area ? FAULT_DENIED : FAULT_NO_AREA;
	if (!area || is_denied(area, access))
		return true;
	index = area->first + ((address - area->start) >> PAGE_BITS);
	word = radix_make(&memory->pages, address >> PAGE_BITS);
	*result = FAULT_NO_MEMORY;
	if (!word)
		return true;
	if (area->object && (!*word || (area->flags & AREA_SHARED && access & AREA_WRITE && !(*word & ENTRY_WRITE))))
		prepared = object_prepare(memory, area, index, access);
	if (prepared > 0)
		return false;
	if (prepared < 0)
		*result = result_of(prepared);
	else if (!*word)
		*result = page_make(memory, area, address, word, access);
	else if (is_private_store(area, access) && !(*word & ENTRY_WRITE))
		*result = page_own(memory, area, address, word, 0, access);
	else {
		entry_set(memory, area, address, word, (frame_t)(*word >> PAGE_BITS), access);
		*result = FAULT_DONE;
	}
	return true;
}

enum fault_result memory_fault(struct memory *memory, uint64_t address, uint32_t access, frame_t *frame)
{
	enum fault_result result = FAULT_NO_AREA;
	const uint64_t *word;

	address &= ~(uint64_t)(PAGE_SIZE - 1);
	if (address >= MEMORY_TOP)
		return FAULT_NO_AREA;
	memory->faults_minor++;
	while (!fault_once(memory, address, access, &result))
		;
	if (host_flush() != OK && result == FAULT_DONE)
		result = FAULT_NO_MEMORY;
	if (result != FAULT_DONE || !frame)
		return result;
	word = radix_find(&memory->pages, address >> PAGE_BITS);
	*frame = (frame_t)(*word >> PAGE_BITS);
	return entry_allows(*word, access) ? FAULT_DONE : FAULT_NO_MEMORY;
}

enum fault_result memory_force(struct memory *memory, uint64_t address, bool store, frame_t *frame)
{
	uint32_t access = store ? AREA_WRITE : AREA_READ;
	enum fault_result result = memory_fault(memory, address, access, frame);
	const uint64_t *word;

	if (result != FAULT_DENIED)
		return result;
	address &= ~(uint64_t)(PAGE_SIZE - 1);
	while (!fault_once(memory, address, access | FORCED, &result))
		;
	if (host_flush() != OK && result == FAULT_DONE)
		result = FAULT_NO_MEMORY;
	word = result == FAULT_DONE ? radix_find(&memory->pages, address >> PAGE_BITS) : NULL;
	if (word)
		*frame = (frame_t)(*word >> PAGE_BITS);
	return result;
}

/* The end of the addresses whose entries lie in one table with that of `address`. */
static uint64_t table_end(uint64_t address)
{
	return (address | ((uint64_t)RADIX_TABLE_WORDS * PAGE_SIZE - 1)) + 1;
}

/*
 * Clear pages for the entries from `address` on that are empty, up to `end` or the end of their table, in an area of nobody's object that allows the access: what page_make() does for one. Returns where it has come to: `address` when there is no memory.
 */
static uint64_t pages_make(struct memory *memory, const struct area *area, uint64_t address, uint64_t end, uint32_t access)
{
	uint64_t *word = radix_make(&memory->pages, address >> PAGE_BITS), bits = entry_bits(area, area->flags & AREA_WRITE ? AREA_WRITE : access);
	uint64_t rights = host_rights(area, bits), first = address;
	frame_t frame;

	if (end > table_end(address))
		end = table_end(address);
	for (; word && address < end && !*word && (frame = frame_allocate(true)) != 0; address += PAGE_SIZE) {
		*word++ = (uint64_t)frame << PAGE_BITS | bits;
		host_page(memory->space, HOST_MAP, address, frame, rights);
	}
	memory->faults_minor += (address - first) >> PAGE_BITS;
	memory->resident += (address - first) >> PAGE_BITS;
	if (memory->resident > memory->resident_most)
		memory->resident_most = memory->resident;
	return address;
}

/* The access that MAP_POPULATE wants of an area's pages. */
static uint32_t access_of(const struct area *area)
{
	return (area->flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE ? AREA_WRITE : AREA_READ;
}

enum fault_result memory_populate(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t access, const bool *dying)
{
	enum fault_result result = FAULT_DONE, first = FAULT_DONE;
	uint64_t at = address, end = address + bytes;

	while (at < end && result != FAULT_NO_MEMORY && !*dying) {
		const struct area *area = area_find(&memory->areas, at);
		const uint64_t *word = radix_find(&memory->pages, at >> PAGE_BITS);
		uint32_t wanted = access || !area ? access : access_of(area);
		uint64_t from = at;

		if (!area)
			break;
		if (!(word && *word) && !area->object && !is_denied(area, wanted))
			at = pages_make(memory, area, at, area->end < end ? area->end : end, wanted);
		if (at > from)
			continue;
		at += PAGE_SIZE;
		if (word && entry_allows(*word, wanted))
			continue;
		memory->faults_minor++;
		while (!fault_once(memory, from, wanted, &result))
			;
		first = first == FAULT_DONE ? result : first;
	}
	(void)host_flush(); /* a page that the host has not been told of faults */
	return first;
}
