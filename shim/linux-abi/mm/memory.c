/* SPDX-License-Identifier: MIT */
/*
 * Address spaces (mm/memory.h): what mmap, munmap, mprotect, mremap, fork and exit do to areas and pages. Changes of the host's page tables are collected and carried out at the end of each operation, before a frame that
 * was unmapped is given back.
 */
#include "mm/memory.h"

#include "abi/errno.h"
#include "lib/assert.h"
#include "mm/slab.h"

#define RELEASE_BATCH 128

static struct slab structures = SLAB(struct memory);

/* All memories, for who must find an object's pages. */
#define MEMORIES_MAX HOST_THREADS_MAX
static struct memory *memories[MEMORIES_MAX];
static uint32_t memory_count;
static uint64_t last_number; /* of memories that have been made */

/* Frames that are given back when the host has forgotten them. */
static frame_t leaving[RELEASE_BATCH];
static uint32_t leaving_count;

static void frames_leave(void)
{
	(void)host_flush(); /* unmapping needs no memory */
	while (leaving_count)
		frame_release(leaving[--leaving_count]);
}

static void frame_leave(frame_t frame)
{
	if (leaving_count == RELEASE_BATCH)
		frames_leave();
	leaving[leaving_count++] = frame;
}

static void list_remove(const struct memory *memory)
{
	for (uint32_t i = 0; i < memory_count; i++)
		if (memories[i] == memory) {
			memories[i] = memories[--memory_count];
			return;
		}
}

struct memory *memory_find_number(uint64_t number)
{
	for (uint32_t i = 0; i < memory_count; i++)
		if (memories[i]->number == number)
			return memories[i];
	return NULL;
}

struct memory *memory_make(void)
{
	struct memory *memory = memory_make_apart();

	if (!memory)
		return NULL;
	memory->space = host_space_take(false);
	if (!memory->space) {
		memory_release(memory);
		return NULL;
	}
	return memory;
}

struct memory *memory_make_apart(void)
{
	struct memory *memory = memory_count < MEMORIES_MAX ? slab_take(&structures) : NULL;

	if (!memory)
		return NULL;
	memory->users = 1;
	memory->number = ++last_number;
	memory->map_top = MEMORY_TOP;
	memory->size_limit = memory->data_limit = memory->stack_limit = memory->locked_limit = UINT64_MAX;
	memories[memory_count++] = memory;
	return memory;
}

void memory_hold(struct memory *memory)
{
	memory->users++;
}

/* Takes the pages of [from, to), page numbers, away. */
static void pages_remove(struct memory *memory, uint64_t from, uint64_t to)
{
	uint64_t *word;

	for (uint64_t i = radix_next(&memory->pages, from, to, &word); i < to; i = radix_step(&memory->pages, i, to, &word)) {
		frame_t frame = (frame_t)(*word >> PAGE_BITS);

		if (*word & ENTRY_MAPPED)
			host_page(memory->space, HOST_UNMAP, i << PAGE_BITS, frame, 0);
		frame_leave(frame);
		*word = 0;
		memory->resident--;
	}
}

/* Takes all pages away. */
static void pages_clear(struct memory *memory)
{
	for (const struct area *area = area_at_or_after(&memory->areas, 0); area; area = area_at_or_after(&memory->areas, area->end))
		pages_remove(memory, area->start >> PAGE_BITS, area->end >> PAGE_BITS);
	frames_leave();
}

/* Tells the object of an area that it begins or ends. */
static void area_told(const struct area *area, int32_t process, bool begins)
{
	if (area->object && area->object->operations && area->object->operations->area)
		area->object->operations->area(area->object, process, begins);
}

void memory_release(struct memory *memory)
{
	struct area *area;

	if (--memory->users)
		return;
	pages_clear(memory);
	while ((area = memory->areas.root) != NULL) {
		area_told(area, memory->process, false);
		area_remove(&memory->areas, area);
	}
	radix_clear(&memory->pages);
	if (memory->program)
		object_execute_end(memory->program);
	if (memory->space)
		host_space_return(memory->space);
	list_remove(memory);
	slab_return(&structures, memory);
}

static bool counts_as_data(uint32_t flags)
{
	return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWS)) == AREA_WRITE;
}

static void pages_count(struct memory *memory, const struct area *area, int64_t sign)
{
	int64_t pages = (int64_t)((area->end - area->start) >> PAGE_BITS) * sign;

	memory->pages_mapped += (uint64_t)pages;
	if (counts_as_data(area->flags))
		memory->pages_data += (uint64_t)pages;
	if (area->flags & AREA_LOCKED)
		memory->pages_locked += (uint64_t)pages;
}

int memory_map(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t flags, struct object *object, uint64_t first)
{
	struct area like = {.start = address, .end = address + bytes, .flags = flags, .object = object, .first = first}, *area;

	if (memory->areas.count > (uint64_t)areas_most) /* one more than by splitting, as on Linux */
		return -ENOMEM;
	area = area_add(&memory->areas, &like);
	if (!area)
		return -ENOMEM;
	pages_count(memory, area, 1);
	area_told(area, memory->process, true);
	area_join(&memory->areas, area);
	return 0;
}

int memory_unmap(struct memory *memory, uint64_t address, uint64_t bytes)
{
	uint64_t end = address + bytes;
	struct area *area = area_at_or_after(&memory->areas, address);

	if (!area || area->start >= end)
		return 0;
	if (area->start < address && area->end > end && memory->areas.count >= (uint64_t)areas_most) /* more only when there are more afterwards */
		return -ENOMEM;
	if (!area_split_beyond(&memory->areas, address) || !area_split_beyond(&memory->areas, end))
		return -ENOMEM;
	pages_remove(memory, address >> PAGE_BITS, end >> PAGE_BITS);
	frames_leave();
	while ((area = area_at_or_after(&memory->areas, address)) != NULL && area->start < end) {
		pages_count(memory, area, -1);
		area_told(area, memory->process, false);
		area_remove(&memory->areas, area);
	}
	return 0;
}

void memory_discard(struct memory *memory, uint64_t address, uint64_t bytes)
{
	pages_remove(memory, address >> PAGE_BITS, (address + bytes) >> PAGE_BITS);
	frames_leave();
}

/* Tells the host less than before about the pages of an area: what is more comes at faults. */
static void pages_restrict(struct memory *memory, const struct area *area)
{
	uint64_t to = area->end >> PAGE_BITS, *word;

	for (uint64_t i = radix_next(&memory->pages, area->start >> PAGE_BITS, to, &word); i < to; i = radix_step(&memory->pages, i, to, &word)) {
		frame_t frame = (frame_t)(*word >> PAGE_BITS);
		bool executable = area->flags & AREA_EXECUTE;

		if (!(area->flags & AREA_PROTECTION)) {
			if (*word & ENTRY_MAPPED)
				host_page(memory->space, HOST_UNMAP, i << PAGE_BITS, frame, 0);
			*word &= ~(uint64_t)(ENTRY_MAPPED | ENTRY_WRITE | ENTRY_EXECUTE);
			continue;
		}
		host_page(memory->space, *word & ENTRY_MAPPED ? HOST_PROTECT : HOST_MAP, i << PAGE_BITS, frame, MAP_READ | (executable ? MAP_EXECUTE : 0));
		*word = (uint64_t)frame << PAGE_BITS | ENTRY_MAPPED | (executable ? ENTRY_EXECUTE : 0);
	}
}

/* Changes one whole area. */
static int area_protect(struct memory *memory, struct area *area, uint32_t protection)
{
	if (protection & AREA_WRITE && area->flags & AREA_SHARED && !(area->flags & AREA_MAY_WRITE))
		return -EACCES;
	if (protection & AREA_EXECUTE && area->flags & AREA_NO_EXECUTE)
		return -EACCES;
	pages_count(memory, area, -1);
	area->flags = (area->flags & ~(uint32_t)AREA_PROTECTION) | protection;
	pages_count(memory, area, 1);
	pages_restrict(memory, area);
	return 0;
}

int memory_protect(struct memory *memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
	uint64_t end = address + bytes, at = address;
	int error = 0;

	if (!area_split(&memory->areas, address) || !area_split(&memory->areas, end))
		return -ENOMEM;
	while (!error && at < end) {
		struct area *area = area_find(&memory->areas, at);

		if (!area) {
			error = -ENOMEM;
			break;
		}
		at = area->end;
		if ((area->flags & AREA_PROTECTION) != protection)
			error = area_protect(memory, area, protection);
		area_join(&memory->areas, area); /* an area that was refused too: it may have been split */
	}
	if (host_flush() != OK && !error)
		error = -ENOMEM;
	return error;
}

/* Makes places `distance` pages behind all that are used of [page, end). */
static bool places_provide(struct memory *memory, uint64_t page, uint64_t end, uint64_t distance)
{
	uint64_t *word;

	for (uint64_t i = radix_next(&memory->pages, page, end, &word); i < end; i = radix_next(&memory->pages, i + 1, end, &word))
		if (!radix_make(&memory->pages, i + distance))
			return false;
	return true;
}

int memory_move(struct memory *memory, uint64_t from, uint64_t to, uint64_t bytes)
{
	uint64_t end = (from + bytes) >> PAGE_BITS, distance = (to >> PAGE_BITS) - (from >> PAGE_BITS), *word;
	struct area *area, moved;

	if (!places_provide(memory, from >> PAGE_BITS, end, distance) || !area_split(&memory->areas, from) || !area_split(&memory->areas, from + bytes))
		return -ENOMEM;
	area = area_find(&memory->areas, from);
	moved = *area;
	moved.start = to;
	moved.end = to + bytes;
	if (!area_add(&memory->areas, &moved)) {
		area_join(&memory->areas, area);
		return -ENOMEM;
	}
	for (uint64_t i = radix_next(&memory->pages, from >> PAGE_BITS, end, &word); i < end; i = radix_step(&memory->pages, i, end, &word)) {
		frame_t frame = (frame_t)(*word >> PAGE_BITS);

		if (*word & ENTRY_MAPPED)
			host_page(memory->space, HOST_UNMAP, i << PAGE_BITS, frame, 0);
		*radix_find(&memory->pages, i + distance) = (uint64_t)frame << PAGE_BITS; /* mapped by the next fault */
		*word = 0;
	}
	(void)host_flush();
	area_remove(&memory->areas, area_find(&memory->areas, from));
	area_join(&memory->areas, area_find(&memory->areas, to));
	return 0;
}

/* One area of a child: private pages are shared with the parent, read-only in both. */
static bool area_copy(struct memory *child, struct memory *parent, const struct area *area)
{
	bool private = !(area->flags & AREA_SHARED);
	uint64_t to = area->end >> PAGE_BITS, *word;
	struct area like = *area;

	like.flags &= ~(uint32_t)AREA_LOCKED;
	area = area_add(&child->areas, &like);
	if (!area)
		return false;
	pages_count(child, area, 1);
	area_told(area, parent->process, true);
	if (area->flags & AREA_WIPED)
		return true;
	for (uint64_t i = radix_next(&parent->pages, area->start >> PAGE_BITS, to, &word); i < to; i = radix_step(&parent->pages, i, to, &word)) {
		uint64_t *copy = radix_make(&child->pages, i);

		if (!copy)
			return false;
		if (private && *word & ENTRY_WRITE) {
			*word &= ~(uint64_t)ENTRY_WRITE;
			host_page(parent->space, HOST_PROTECT, i << PAGE_BITS, (frame_t)(*word >> PAGE_BITS), MAP_READ);
		}
		frame_hold((frame_t)(*word >> PAGE_BITS));
		*copy = *word;
		child->resident++;
	}
	return true;
}

/* Maps in the host what a new memory has, so that its process need not fault for it. */
static void pages_tell(struct memory *memory)
{
	for (const struct area *area = area_at_or_after(&memory->areas, 0); area; area = area_at_or_after(&memory->areas, area->end)) {
		uint64_t to = area->end >> PAGE_BITS, *word;

		for (uint64_t i = radix_next(&memory->pages, area->start >> PAGE_BITS, to, &word); i < to; i = radix_step(&memory->pages, i, to, &word))
			if (*word & ENTRY_MAPPED)
				host_page(memory->space, HOST_MAP, i << PAGE_BITS, (frame_t)(*word >> PAGE_BITS),
					  MAP_READ | (*word & ENTRY_WRITE ? MAP_WRITE : 0) | (*word & ENTRY_EXECUTE ? MAP_EXECUTE : 0));
	}
}

bool memory_take_host(struct memory *memory, struct memory *old, struct host_thread *thread)
{
	if (old->users == 1) {
		pages_clear(old);
		memory->space = old->space;
		old->space = NULL;
	} else {
		memory->space = host_space_take(true);
	}
	if (!memory->space)
		return false;
	pages_tell(memory);
	return host_flush() == OK && host_thread_move(thread, memory->space) == OK;
}

static void numbers_copy(struct memory *child, const struct memory *parent)
{
	struct memory numbers = *parent;

	numbers.users = child->users;
	numbers.number = child->number;
	numbers.space = child->space;
	numbers.areas = child->areas;
	numbers.pages = child->pages;
	numbers.resident = child->resident;
	numbers.pages_mapped = child->pages_mapped;
	numbers.pages_data = child->pages_data;
	numbers.pages_locked = 0;
	numbers.locks_new = numbers.locks_touched = false;
	numbers.faults_major = numbers.faults_minor = 0;
	numbers.resident_most = child->resident;
	*child = numbers;
	if (child->program)
		object_execute(child->program);
}

struct memory *memory_copy(struct memory *parent)
{
	struct memory *child = memory_make();
	bool good = child != NULL;

	if (good)
		child->process = parent->process;
	for (const struct area *area = area_at_or_after(&parent->areas, 0); good && area; area = area_at_or_after(&parent->areas, area->end))
		if (!(area->flags & AREA_NOT_FORKED))
			good = area_copy(child, parent, area);
	(void)host_flush(); /* to protect what is mapped needs no memory */
	if (good) {
		numbers_copy(child, parent);
		pages_tell(child);
		good = host_flush() == OK;
	}
	if (!good && child) {
		memory_release(child);
		child = NULL;
	}
	return child;
}

bool memory_is_free(const struct memory *memory, uint64_t address, uint64_t bytes)
{
	const struct area *area = area_at_or_after(&memory->areas, address);

	return !area || area->start >= address + bytes;
}

bool memory_is_mapped(const struct memory *memory, uint64_t address, uint64_t end)
{
	while (address < end) {
		const struct area *area = area_find(&memory->areas, address);

		if (!area)
			return false;
		address = area->end;
	}
	return true;
}

uint64_t memory_room(const struct memory *memory, uint64_t bytes)
{
	uint64_t top = memory->map_top;

	for (;;) {
		const struct area *below = area_before(&memory->areas, top);

		if (!below || below->end + bytes <= top)
			return top >= bytes + MEMORY_LOWEST ? top - bytes : 0;
		top = below->start;
		if (top < bytes + MEMORY_LOWEST)
			return 0;
	}
}

int memory_mark(struct memory *memory, uint64_t address, uint64_t end, uint32_t set, uint32_t clear)
{
	struct area *area;

	if (!area_split(&memory->areas, address) || !area_split(&memory->areas, end))
		return -ENOMEM;
	while (address < end && (area = area_at_or_after(&memory->areas, address)) != NULL && area->start < end) {
		address = area->end;
		area->flags = (area->flags & ~clear) | set;
		area_join(&memory->areas, area);
	}
	return 0;
}

uint64_t memory_locked(const struct memory *memory, uint64_t address, uint64_t end)
{
	const struct area *area;
	uint64_t pages = 0;

	for (; (area = area_at_or_after(&memory->areas, address)) != NULL && area->start < end; address = area->end) {
		uint64_t from = area->start > address ? area->start : address, to = area->end < end ? area->end : end;

		if (area->flags & AREA_LOCKED)
			pages += (to - from) >> PAGE_BITS;
	}
	return pages;
}

/* Calls for each run of pages of the object's part [first, end) that an area of some memory shows, by page numbers of addresses. */
static void object_places(struct object *object, uint64_t first, uint64_t end, void (*visit)(struct memory *, const struct area *, uint64_t, uint64_t))
{
	for (uint32_t i = 0; i < memory_count; i++)
		for (const struct area *area = area_at_or_after(&memories[i]->areas, 0); area; area = area_at_or_after(&memories[i]->areas, area->end)) {
			uint64_t pages = (area->end - area->start) >> PAGE_BITS, base = area->start >> PAGE_BITS;
			uint64_t from = first > area->first ? first - area->first : 0, to = end > area->first ? end - area->first : 0;

			if (area->object == object && from < pages && to)
				visit(memories[i], area, base + from, base + (to < pages ? to : pages));
		}
}

/* Private copies stay: they have no part in the object any more. */
static void place_forget(struct memory *memory, const struct area *area, uint64_t from, uint64_t to)
{
	(void)area;
	pages_remove(memory, from, to);
}

void memories_forget(struct object *object, uint64_t first, uint64_t end)
{
	object_places(object, first, end, place_forget);
	frames_leave();
}

/* Of the pages that are shown there, those that are the object's own go. */
static void place_clear(struct memory *memory, const struct area *area, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at++) {
		const uint64_t *entry = radix_find(&memory->pages, at), *page = radix_find(&area->object->pages, area->first + at - (area->start >> PAGE_BITS));

		if (entry && page && *page && *entry >> PAGE_BITS == *page >> PAGE_BITS)
			pages_remove(memory, at, at + 1);
	}
}

void memories_clear(struct object *object, uint64_t first, uint64_t end)
{
	object_places(object, first, end, place_clear);
	frames_leave();
	object_drop(object, first, end);
}

bool memories_store(const struct object *object)
{
	for (uint32_t i = 0; i < memory_count; i++)
		for (const struct area *area = area_at_or_after(&memories[i]->areas, 0); area; area = area_at_or_after(&memories[i]->areas, area->end))
			if (area->object == object && area->flags & AREA_SHARED && area->flags & AREA_MAY_WRITE)
				return true;
	return false;
}

static void place_protect(struct memory *memory, const struct area *area, uint64_t from, uint64_t to)
{
	uint64_t *word;

	if (!(area->flags & AREA_SHARED))
		return;
	for (uint64_t i = radix_next(&memory->pages, from, to, &word); i < to; i = radix_step(&memory->pages, i, to, &word)) {
		if (!(*word & ENTRY_WRITE))
			continue;
		*word &= ~(uint64_t)ENTRY_WRITE;
		host_page(memory->space, HOST_PROTECT, i << PAGE_BITS, (frame_t)(*word >> PAGE_BITS), MAP_READ);
	}
}

void memories_write_protect(struct object *object, uint64_t first, uint64_t end)
{
	object_places(object, first, end, place_protect);
	(void)host_flush();
}
