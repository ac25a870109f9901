/* SPDX-License-Identifier: MIT */
/* System calls about memory: mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), msync(2), mincore(2), madvise(2). Those that lock are in mm/locking.c. */
#include "abi/linux/constants.h"
#include "file/content.h"
#include "file/description.h"
#include "lib/string.h"
#include "mm/huge.h"
#include "mm/locking.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"

#define MAP_TYPE 0xf
#define MAP_PLACED (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE)
#define FLAGS_VALID                                                                                                                                                                                                                            \
	(MAP_TYPE | LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE | LINUX_MAP_ANONYMOUS | LINUX_MAP_32BIT | LINUX_MAP_GROWSDOWN | LINUX_MAP_DENYWRITE | LINUX_MAP_EXECUTABLE | LINUX_MAP_UNINITIALIZED | LINUX_MAP_LOCKED | LINUX_MAP_NORESERVE | LINUX_MAP_POPULATE | \
	 LINUX_MAP_NONBLOCK | LINUX_MAP_STACK | LINUX_MAP_HUGETLB) /* but MAP_SYNC, which no file here can do */
#define PROTECTION (LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC)

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t pages_of(uint64_t bytes)
{
	return page_up(bytes) >> PAGE_BITS;
}

/* Whether the limits allow so much more. */
static bool limits_allow(const struct task *task, uint64_t bytes, uint32_t flags)
{
	const struct memory *memory = task->memory;

	if (memory->pages_mapped + pages_of(bytes) > memory->size_limit >> PAGE_BITS)
		return false;
	if ((flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE && memory->pages_data + pages_of(bytes) > memory->data_limit >> PAGE_BITS)
		return false;
	return (flags & (AREA_WRITE | AREA_SHARED)) == 0 || pages_of(bytes) <= frames_total(); /* the heuristic overcommit of Linux: nothing that can obviously never be */
}

/* Whether a number is that of a file that can be used. */
static bool file_is_open(struct task *task, uint64_t number)
{
	struct description *description;

	if (descriptor_take(task, (uint32_t)number, &description))
		return false;
	description_release(description);
	return true;
}

/* What a mapping of a file is made of. */
static int file_backing(struct task *task, const uint64_t arguments[6], uint32_t *flags, struct object **object)
{
	struct mapping_may may;
	uint64_t end = arguments[5] > INT64_MAX ? UINT64_MAX : arguments[5] + page_up(arguments[1]);
	int error = mapping_open(task, (uint32_t)arguments[4], arguments[2], *flags & AREA_SHARED, end, object, &may);

	if (!error && !may.write)
		*flags &= ~(uint32_t)AREA_MAY_WRITE;
	if (!error && !may.execute)
		*flags |= AREA_NO_EXECUTE;
	return error;
}

/* Where a mapping goes. 0: nowhere, with the error. */
static uint64_t place_choose(struct task *task, uint64_t hint, uint64_t bytes, uint64_t flags, int *error)
{
	uint64_t place;

	*error = 0;
	if (flags & MAP_PLACED) {
		if (hint % PAGE_SIZE || !user_range(hint, bytes))
			*error = hint % PAGE_SIZE ? -EINVAL : -ENOMEM;
		else if (hint < MEMORY_LOWEST && !task_may(task, LINUX_CAP_SYS_RAWIO))
			*error = -EPERM;
		else if (flags & LINUX_MAP_FIXED_NOREPLACE && !memory_is_free(task->memory, hint, bytes))
			*error = -EEXIST;
		return *error ? 0 : hint;
	}
	hint &= ~(uint64_t)(PAGE_SIZE - 1);
	if (hint >= MEMORY_LOWEST && user_range(hint, bytes) && memory_is_free(task->memory, hint, bytes))
		return hint;
	place = memory_room(task->memory, bytes);
	if (!place)
		*error = -ENOMEM;
	return place;
}

static int type_check(uint64_t flags)
{
	switch (flags & MAP_TYPE) {
	case LINUX_MAP_SHARED:
	case LINUX_MAP_PRIVATE:
		return 0;
	case LINUX_MAP_SHARED_VALIDATE: /* of files only */
		return flags & LINUX_MAP_ANONYMOUS ? -EINVAL : flags & ~(uint64_t)FLAGS_VALID ? -EOPNOTSUPP : 0;
	default:
		return -EINVAL;
	}
}

/* mmap of huge pages, of which the system has none: what wants them kept for it cannot be, and the rest is a mapping without any page. */
static int64_t huge_map(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = arguments[3], size, bytes, place;
	int error = flags & LINUX_MAP_ANONYMOUS && huge_size(flags, &size) ? 0 : -EINVAL;
	struct object *object;

	if (error)
		return error;
	bytes = (arguments[1] + size - 1) & ~(size - 1);
	if (!(flags & LINUX_MAP_NORESERVE) || !bytes || bytes > MEMORY_TOP - size)
		return arguments[1] ? -ENOMEM : -EINVAL;
	place = place_choose(task, arguments[0], flags & MAP_PLACED ? bytes : bytes + size, flags, &error);
	if (error || place % size)
		place = error || flags & MAP_PLACED ? 0 : place + size - place % size;
	if (!place)
		return error ? error : -EINVAL;
	object = object_anonymous(0);
	if (object && flags & LINUX_MAP_FIXED)
		error = memory_unmap(task->memory, place, bytes);
	if (object && !error)
		error = memory_map(task->memory, place, bytes, (uint32_t)(arguments[2] & PROTECTION) | AREA_MAY_WRITE | (flags & LINUX_MAP_SHARED ? AREA_SHARED : 0), object, 0);
	if (object)
		object_release(object);
	return !object ? -ENOMEM : error ? error : (int64_t)place;
}

int64_t linux_mmap(struct task *task, const uint64_t arguments[6])
{
	uint64_t bytes = page_up(arguments[1]), flags = arguments[3], place;
	uint32_t area = (uint32_t)(arguments[2] & PROTECTION) | AREA_MAY_WRITE;
	struct object *object = NULL;
	int error = type_check(flags);

	if (arguments[5] % PAGE_SIZE)
		return -EINVAL;
	if (!(flags & LINUX_MAP_ANONYMOUS) && !file_is_open(task, arguments[4]))
		return -EBADF;
	if (!arguments[1])
		return -EINVAL;
	if (!bytes || bytes > MEMORY_TOP)
		return -ENOMEM;
	if (flags & LINUX_MAP_SHARED)
		area |= AREA_SHARED;
	if (!error && flags & LINUX_MAP_GROWSDOWN)
		area |= area & AREA_SHARED ? 0 : AREA_GROWS;
	if (flags & LINUX_MAP_LOCKED)
		area |= AREA_LOCKED;
	area |= locking_of_new(task->memory);
	if (error)
		return error;
	if (flags & LINUX_MAP_HUGETLB)
		return huge_map(task, arguments);
	place = place_choose(task, arguments[0], bytes, flags, &error);
	if (!error && flags & LINUX_MAP_LOCKED)
		error = locking_check(task, bytes, -EAGAIN);
	if (!error)
		error = locking_check_new(task, bytes);
	if (!error && !limits_allow(task, bytes, area))
		error = -ENOMEM;
	if (!error && !(flags & LINUX_MAP_ANONYMOUS))
		error = file_backing(task, arguments, &area, &object);
	else if (!error && area & AREA_SHARED && !(object = object_anonymous(bytes >> PAGE_BITS)))
		error = -ENOMEM;
	if (!error && flags & LINUX_MAP_FIXED)
		error = memory_unmap(task->memory, place, bytes);
	if (!error)
		error = memory_map(task->memory, place, bytes, area, object, flags & LINUX_MAP_ANONYMOUS ? 0 : arguments[5] >> PAGE_BITS);
	if (object)
		object_release(object);
	if (error)
		return error;
	if (flags & LINUX_MAP_POPULATE)
		(void)memory_populate(task->memory, place, bytes, 0, &task->dying);
	locking_bring(task, place, bytes, area);
	return (int64_t)place;
}

/* A range of whole pages from a page's border. */
static bool range_is_valid(uint64_t address, uint64_t bytes)
{
	return address % PAGE_SIZE == 0 && bytes <= MEMORY_TOP && user_range(address, page_up(bytes));
}

int64_t linux_munmap(struct task *task, const uint64_t arguments[6])
{
	if (!arguments[1] || !range_is_valid(arguments[0], arguments[1]))
		return -EINVAL;
	return memory_unmap(task->memory, arguments[0], page_up(arguments[1]));
}

int64_t linux_mprotect(struct task *task, const uint64_t arguments[6])
{
	uint64_t grows = arguments[2] & (LINUX_PROT_GROWSDOWN | LINUX_PROT_GROWSUP), start = arguments[0], end = start + page_up(arguments[1]);

	if (arguments[2] & ~(uint64_t)(PROTECTION | LINUX_PROT_SEM | LINUX_PROT_GROWSDOWN | LINUX_PROT_GROWSUP) || start % PAGE_SIZE || grows == (LINUX_PROT_GROWSDOWN | LINUX_PROT_GROWSUP))
		return -EINVAL;
	if (!arguments[1])
		return 0;
	if (end <= start || end > MEMORY_TOP)
		return -ENOMEM;
	if (grows == LINUX_PROT_GROWSDOWN) {
		const struct area *area = area_find(&task->memory->areas, start);

		if (!area || !(area->flags & AREA_GROWS))
			return -EINVAL;
		start = area->start;
	}
	return grows == LINUX_PROT_GROWSUP ? -EINVAL : memory_protect(task->memory, start, end - start, (uint32_t)(arguments[2] & PROTECTION));
}

int64_t linux_brk(struct task *task, const uint64_t arguments[6])
{
	struct memory *memory = task->memory;
	uint64_t wanted = arguments[0], old_end = page_up(memory->brk), end;

	if (wanted < memory->brk_start || wanted > MEMORY_TOP - PAGE_SIZE)
		return (int64_t)memory->brk;
	end = page_up(wanted);
	if (end < old_end && memory_unmap(memory, end, old_end - end) != 0)
		return (int64_t)memory->brk;
	if (end > old_end) {
		uint32_t flags = AREA_READ | AREA_WRITE | AREA_MAY_WRITE | locking_of_new(memory);

		if (locking_check_new(task, end - old_end) != 0 || !limits_allow(task, end - old_end, flags) || !memory_is_free(memory, old_end, end - old_end + PAGE_SIZE) || memory_map(memory, old_end, end - old_end, flags, NULL, 0) != 0)
			return (int64_t)memory->brk;
	}
	memory->brk = wanted;
	if (end > old_end)
		locking_bring(task, old_end, end - old_end, locking_of_new(memory));
	return (int64_t)wanted;
}

/* mremap that keeps the place: gives pages back, or takes those behind. 1: there is no room behind. */
static int resize_in_place(struct task *task, const struct area *area, uint64_t address, uint64_t old_bytes, uint64_t new_bytes)
{
	uint64_t old_end = address + old_bytes, more = new_bytes - old_bytes;

	if (new_bytes <= old_bytes)
		return new_bytes < old_bytes ? memory_unmap(task->memory, address + new_bytes, old_bytes - new_bytes) : 0;
	if (area->end != old_end || !user_range(old_end, more) || !memory_is_free(task->memory, old_end, more))
		return 1;
	return memory_map(task->memory, old_end, more, area->flags, area->object, area->first + ((area->end - area->start) >> PAGE_BITS));
}

/* Maps elsewhere what lies `moved` bytes behind an address of an area, if that goes on so. */
static int map_behind(struct memory *memory, uint64_t address, uint64_t target, uint64_t moved, uint64_t bytes)
{
	const struct area *area = area_find(&memory->areas, address);

	return memory_map(memory, target, bytes, area->flags, area->object, area->first + ((address - area->start + moved) >> PAGE_BITS));
}

/* mremap to another place: first room for what it becomes longer, then all at once. */
static int64_t resize_moving(struct task *task, uint64_t address, uint64_t old_bytes, uint64_t new_bytes, uint64_t flags, uint64_t target)
{
	struct memory *memory = task->memory;
	uint64_t moved = old_bytes < new_bytes ? old_bytes : new_bytes;
	int error = (int64_t)memory->areas.count >= areas_most - 3 ? -ENOMEM : 0; /* Linux keeps as many for it */

	if (error)
		return error;
	if (flags & LINUX_MREMAP_FIXED)
		error = memory_unmap(memory, target, new_bytes);
	else
		target = memory_room(memory, new_bytes);
	if (!error && !target)
		error = -ENOMEM;
	if (!error && old_bytes > new_bytes)
		error = memory_unmap(memory, address + new_bytes, old_bytes - new_bytes);
	if (!error && new_bytes > moved)
		error = map_behind(memory, address, target + moved, moved, new_bytes - moved);
	if (!error) {
		error = memory_move(memory, address, target, moved);
		if (error)
			(void)memory_unmap(memory, target, new_bytes);
	}
	if (!error && flags & LINUX_MREMAP_DONTUNMAP)
		error = memory_map(memory, address, moved, AREA_READ | AREA_WRITE | AREA_MAY_WRITE, NULL, 0);
	return error ? error : (int64_t)target;
}

static int64_t remap_check(const struct task *task, const uint64_t arguments[6], uint64_t old_bytes, uint64_t new_bytes)
{
	uint64_t flags = arguments[3], target = arguments[4];
	const struct area *area = area_find(&task->memory->areas, arguments[0]);

	if (flags & ~(uint64_t)(LINUX_MREMAP_MAYMOVE | LINUX_MREMAP_FIXED | LINUX_MREMAP_DONTUNMAP) || arguments[0] % PAGE_SIZE || !new_bytes)
		return -EINVAL;
	if (flags & (LINUX_MREMAP_FIXED | LINUX_MREMAP_DONTUNMAP) && !(flags & LINUX_MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & LINUX_MREMAP_DONTUNMAP && old_bytes != new_bytes)
		return -EINVAL;
	if (flags & LINUX_MREMAP_FIXED && (target % PAGE_SIZE || !user_range(target, new_bytes) || (target < arguments[0] + old_bytes && arguments[0] < target + new_bytes)))
		return -EINVAL;
	if (!area || area->end - arguments[0] < old_bytes)
		return -EFAULT;
	if (flags & LINUX_MREMAP_DONTUNMAP && (area->object || area->flags & AREA_SHARED))
		return -EINVAL;
	if (new_bytes > old_bytes && area->flags & AREA_LOCKED && locking_check(task, new_bytes - old_bytes, -EAGAIN) != 0)
		return -EAGAIN;
	if (new_bytes > old_bytes && !limits_allow(task, new_bytes - old_bytes, area->flags))
		return -ENOMEM;
	return 0;
}

/* What has been checked. */
static int64_t remap(struct task *task, const struct area *area, const uint64_t arguments[6], uint64_t old_bytes, uint64_t new_bytes)
{
	uint64_t flags = arguments[3];
	bool duplicate = !old_bytes;
	int64_t error;

	if (duplicate) { /* a second mapping of shared pages */
		uint64_t target = memory_room(task->memory, new_bytes), first = area->first + ((arguments[0] - area->start) >> PAGE_BITS);

		if (!(area->flags & AREA_SHARED))
			return -EINVAL;
		if (!target)
			return -ENOMEM;
		error = memory_map(task->memory, target, new_bytes, area->flags, area->object, first);
		return error ? error : (int64_t)target;
	}
	if (!(flags & (LINUX_MREMAP_FIXED | LINUX_MREMAP_DONTUNMAP))) {
		error = resize_in_place(task, area, arguments[0], old_bytes, new_bytes);
		if (error <= 0)
			return error ? error : (int64_t)arguments[0];
		if (!(flags & LINUX_MREMAP_MAYMOVE))
			return -ENOMEM;
	}
	return resize_moving(task, arguments[0], old_bytes, new_bytes, flags, arguments[4]);
}

int64_t linux_mremap(struct task *task, const uint64_t arguments[6])
{
	uint64_t old_bytes = page_up(arguments[1]), new_bytes = page_up(arguments[2]);
	int64_t place = remap_check(task, arguments, old_bytes, new_bytes);
	const struct area *area;
	uint32_t area_flags;

	if (place)
		return place;
	area = area_find(&task->memory->areas, arguments[0]);
	area_flags = area->flags;
	place = remap(task, area, arguments, old_bytes, new_bytes);
	if (place > 0 && new_bytes > old_bytes)
		locking_bring(task, (uint64_t)place + old_bytes, new_bytes - old_bytes, area_flags);
	return place;
}

int64_t linux_msync(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = (uint32_t)arguments[2], at = arguments[0], end = at + page_up(arguments[1]);
	int64_t error = 0;
	bool hole = false;

	if (flags & ~(uint64_t)(LINUX_MS_ASYNC | LINUX_MS_INVALIDATE | LINUX_MS_SYNC) || (flags & (LINUX_MS_ASYNC | LINUX_MS_SYNC)) == (LINUX_MS_ASYNC | LINUX_MS_SYNC) || at % PAGE_SIZE)
		return -EINVAL;
	if (end < at || end > MEMORY_TOP)
		return -ENOMEM;
	while (!error && at < end) {
		const struct area *area = area_at_or_after(&task->memory->areas, at);
		uint64_t from, to;

		if (!area || area->start > at)
			hole = true;
		if (!area || area->start >= end)
			break;
		if (flags & LINUX_MS_INVALIDATE && area->flags & AREA_LOCKED)
			return -EBUSY;
		from = area->start > at ? area->start : at;
		to = area->end < end ? area->end : end;
		at = to;
		if (area->object && area->flags & AREA_SHARED && flags & LINUX_MS_SYNC)
			error = content_sync(task, area->object, area->first + ((from - area->start) >> PAGE_BITS), area->first + ((to - area->start) >> PAGE_BITS));
	}
	return error ? error : hole ? -ENOMEM : 0;
}

int64_t linux_mincore(struct task *task, const uint64_t arguments[6])
{
	uint64_t at = arguments[0], end = at + page_up(arguments[1]);

	if (at % PAGE_SIZE)
		return -EINVAL;
	if (!user_range(at, arguments[1]) || !memory_is_mapped(task->memory, at, end))
		return -ENOMEM;
	if (!user_range(arguments[2], pages_of(arguments[1])))
		return -EFAULT;
	for (uint64_t i = 0; at < end; i++, at += PAGE_SIZE) {
		const struct area *area = area_find(&task->memory->areas, at);
		const uint64_t *word = radix_find(&task->memory->pages, at >> PAGE_BITS), *page;
		unsigned char there = word && *word;

		if (!area)
			return -ENOMEM;
		page = area->object ? radix_find(&area->object->pages, area->first + ((at - area->start) >> PAGE_BITS)) : NULL;
		if (page && *page)
			there = 1;
		if (user_put(task->memory, arguments[2] + i, &there) != 0)
			return -EFAULT;
	}
	return 0;
}

/* Whether a range lies in one shared mapping, which may be several areas: of one object, alike, without a hole. */
static bool is_one_mapping(const struct memory *memory, const struct area *area, uint64_t end)
{
	const struct area *next = area;

	while (next && next->end < end) {
		uint64_t joint = next->end;

		next = area_find(&memory->areas, joint);
		if (!next || next->object != area->object || next->flags != area->flags)
			return false;
	}
	return true;
}

/* Shows another part of a shared mapping's file in its place. */
int64_t linux_remap_file_pages(struct task *task, const uint64_t arguments[6])
{
	uint64_t start = arguments[0] & ~(uint64_t)(PAGE_SIZE - 1), bytes = arguments[1] & ~(uint64_t)(PAGE_SIZE - 1), first = arguments[3];
	const struct area *area = area_find(&task->memory->areas, start);
	struct object *object;
	uint32_t flags;
	int error;

	if (arguments[2] || start + bytes <= start || first + (bytes >> PAGE_BITS) < first || first >> (64 - PAGE_BITS))
		return -EINVAL;
	if (!area || !(area->flags & AREA_SHARED) || !area->object || !is_one_mapping(task->memory, area, start + bytes))
		return -EINVAL;
	flags = area->flags;
	object = area->object;
	object_hold(object);
	error = memory_unmap(task->memory, start, bytes);
	if (!error)
		error = memory_map(task->memory, start, bytes, flags, object, first);
	object_release(object);
	if (!error)
		(void)memory_populate(task->memory, start, bytes, 0, &task->dying);
	return error;
}

/* Whether all areas in a range are private memory of no file. */
static bool range_is_private(struct memory *memory, uint64_t address, uint64_t end)
{
	for (const struct area *area = area_at_or_after(&memory->areas, address); area && area->start < end; area = area_at_or_after(&memory->areas, area->end))
		if (area->object)
			return false;
	return true;
}

/* Marks areas for advice, where EAGAIN tells that there may be no more areas. */
static int advise_flags(struct memory *memory, uint64_t address, uint64_t end, uint32_t set, uint32_t clear)
{
	return memory_mark(memory, address, end, set, clear) ? -EAGAIN : 0;
}

static bool range_is_locked(const struct memory *memory, uint64_t address, uint64_t end)
{
	for (const struct area *area = area_at_or_after(&memory->areas, address); area && area->start < end; area = area_at_or_after(&memory->areas, area->end))
		if (area->flags & AREA_LOCKED)
			return true;
	return false;
}

/* Makes holes in what the areas of a range show. */
static int advise_remove(struct memory *memory, uint64_t address, uint64_t end)
{
	const struct area *area;
	int error = 0;

	while (!error && address < end && (area = area_at_or_after(&memory->areas, address)) != NULL && area->start < end) {
		uint64_t from = area->start > address ? area->start : address, to = area->end < end ? area->end : end, first = area->first + ((from - area->start) >> PAGE_BITS), last = first + ((to - from) >> PAGE_BITS);
		struct object *object = area->object;

		if (!object || area->flags & AREA_LOCKED)
			return -EINVAL;
		if (!(area->flags & AREA_SHARED) || !(area->flags & AREA_MAY_WRITE))
			return -EACCES;
		address = to;
		object_hold(object);
		if (object->operations->hole)
			error = object->operations->hole(object, first, last);
		else
			memories_clear(object, first, last);
		object_release(object);
	}
	return error;
}

/* MADV_DONTNEED and MADV_FREE take private pages away; shared ones stay with their object. */
static int advise_discard(struct memory *memory, uint64_t address, uint64_t end, bool locked_too)
{
	for (const struct area *area = area_at_or_after(&memory->areas, address); area && area->start < end; area = area_at_or_after(&memory->areas, area->end)) {
		uint64_t from = area->start > address ? area->start : address, to = area->end < end ? area->end : end;

		if (area->flags & AREA_LOCKED && !locked_too)
			return -EINVAL;
		memory_discard(memory, from, to - from);
	}
	return 0;
}

static int error_of(enum fault_result result)
{
	switch (result) {
	case FAULT_DONE:
		return 0;
	case FAULT_DENIED:
		return -EINVAL;
	case FAULT_NO_PAGE:
		return -EFAULT;
	default:
		return -ENOMEM;
	}
}

/* MADV_POPULATE_READ, MADV_POPULATE_WRITE: as if the program had touched all pages, in areas that have the right for it. */
static int advise_bring(struct task *task, uint64_t address, uint64_t end, uint32_t right)
{
	int error = 0;

	while (!error && address < end) {
		const struct area *area = area_find(&task->memory->areas, address);
		uint64_t to;

		if (!area)
			return -ENOMEM;
		if (!(area->flags & right))
			return -EINVAL;
		to = area->end < end ? area->end : end;
		error = error_of(memory_populate(task->memory, address, to - address, right, &task->dying));
		address = to;
	}
	return error;
}

static int advise(struct task *task, uint64_t address, uint64_t end, int advice)
{
	struct memory *memory = task->memory;

	switch (advice) {
	case LINUX_MADV_NORMAL:
	case LINUX_MADV_RANDOM:
	case LINUX_MADV_SEQUENTIAL:
	case LINUX_MADV_WILLNEED:
	case LINUX_MADV_HUGEPAGE:
	case LINUX_MADV_NOHUGEPAGE:
	case LINUX_MADV_MERGEABLE:
	case LINUX_MADV_UNMERGEABLE:
		return 0; /* advice, and no more than that */
	case LINUX_MADV_COLD:
	case LINUX_MADV_PAGEOUT:
		return range_is_locked(memory, address, end) ? -EINVAL : 0;
	case LINUX_MADV_FREE:
		return range_is_private(memory, address, end) ? advise_discard(memory, address, end, false) : -EINVAL;
	case LINUX_MADV_DONTNEED:
		return advise_discard(memory, address, end, false);
	case LINUX_MADV_DONTNEED_LOCKED:
		return advise_discard(memory, address, end, true);
	case LINUX_MADV_REMOVE:
		return advise_remove(memory, address, end);
	case LINUX_MADV_DONTFORK:
		return advise_flags(memory, address, end, AREA_NOT_FORKED, 0);
	case LINUX_MADV_DOFORK:
		return advise_flags(memory, address, end, 0, AREA_NOT_FORKED);
	case LINUX_MADV_DONTDUMP:
		return advise_flags(memory, address, end, AREA_NOT_DUMPED, 0);
	case LINUX_MADV_DODUMP:
		return advise_flags(memory, address, end, 0, AREA_NOT_DUMPED);
	case LINUX_MADV_WIPEONFORK:
		return range_is_private(memory, address, end) ? advise_flags(memory, address, end, AREA_WIPED, 0) : -EINVAL;
	case LINUX_MADV_KEEPONFORK:
		return advise_flags(memory, address, end, 0, AREA_WIPED);
	case LINUX_MADV_POPULATE_READ:
		return advise_bring(task, address, end, AREA_READ);
	case LINUX_MADV_POPULATE_WRITE:
		return advise_bring(task, address, end, AREA_WRITE);
	default:
		return -EINVAL;
	}
}

int64_t linux_madvise(struct task *task, const uint64_t arguments[6])
{
	uint64_t address = arguments[0], end = address + page_up(arguments[1]);
	bool hole;
	int error;

	if (address % PAGE_SIZE || end < address || (arguments[1] && end == address))
		return -EINVAL;
	if (end > MEMORY_TOP)
		return -ENOMEM;
	hole = !memory_is_mapped(task->memory, address, end);
	error = advise(task, address, end, (int)arguments[2]);
	return error ? error : hole ? -ENOMEM : 0;
}
