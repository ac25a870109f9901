/* SPDX-License-Identifier: MIT */
/* The calls mlock, mlock2, munlock, mlockall and munlockall (mm/locking.h). */
#include "mm/locking.h"

#include "abi/linux/constants.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

/* How many pages may be locked. */
static uint64_t limit_of(const struct task *task)
{
	return task_may(task, LINUX_CAP_IPC_LOCK) ? UINT64_MAX : task->process->limits[LINUX_RLIMIT_MEMLOCK][0] >> PAGE_BITS;
}

int locking_check(const struct task *task, uint64_t bytes, int too_much)
{
	if (!task_may(task, LINUX_CAP_IPC_LOCK) && !task->process->limits[LINUX_RLIMIT_MEMLOCK][0])
		return -EPERM;
	return task->memory->pages_locked + (page_up(bytes) >> PAGE_BITS) > limit_of(task) ? too_much : 0;
}

int locking_check_new(const struct task *task, uint64_t bytes)
{
	return task->memory->locks_new && locking_check(task, bytes, -EAGAIN) != 0 ? -EAGAIN : 0;
}

void locking_bring(struct task *task, uint64_t address, uint64_t bytes, uint32_t flags)
{
	if (flags & AREA_LOCKED && !task->memory->locks_touched)
		(void)memory_populate(task->memory, address, bytes, 0, &task->dying);
}

/* What a range needs more: what is locked in it already does not count twice. */
static int range_check(const struct task *task, uint64_t start, uint64_t end)
{
	uint64_t locked = memory_locked(task->memory, start, end) << PAGE_BITS;

	return locking_check(task, end - start - locked, -ENOMEM);
}

static int range_mark(struct memory *memory, uint64_t start, uint64_t end, bool locked)
{
	int error = memory_mark(memory, start, end, locked ? AREA_LOCKED : 0, locked ? 0 : AREA_LOCKED);

	memory->pages_locked = memory_locked(memory, 0, MEMORY_TOP);
	return error;
}

static int error_of(enum fault_result result)
{
	return result == FAULT_DONE ? 0 : result == FAULT_NO_MEMORY ? -EAGAIN : -ENOMEM;
}

struct range {
	uint64_t start, end;
};

/* The pages of which bytes are meant. */
static struct range range_of(const uint64_t arguments[6])
{
	return (struct range){arguments[0] & ~(uint64_t)(PAGE_SIZE - 1), page_up(arguments[0] + arguments[1])};
}

/* -EINVAL, or -ENOMEM where nothing is mapped. */
static int range_mapped(const struct memory *memory, const struct range *range)
{
	if (range->end < range->start)
		return -EINVAL;
	return range->end > MEMORY_TOP || !memory_is_mapped(memory, range->start, range->end) ? -ENOMEM : 0;
}

static int64_t lock(struct task *task, const uint64_t arguments[6], bool when_touched)
{
	const struct range range = range_of(arguments);
	int error = range_check(task, range.start, range.end);

	if (!error)
		error = range_mapped(task->memory, &range);
	if (!error)
		error = range_mark(task->memory, range.start, range.end, true);
	if (error || when_touched)
		return error;
	return error_of(memory_populate(task->memory, range.start, range.end - range.start, 0, &task->dying));
}

int64_t linux_mlock(struct task *task, const uint64_t arguments[6])
{
	return lock(task, arguments, false);
}

int64_t linux_mlock2(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[2];

	return flags & ~(uint32_t)LINUX_MLOCK_ONFAULT ? -EINVAL : lock(task, arguments, flags);
}

int64_t linux_munlock(struct task *task, const uint64_t arguments[6])
{
	const struct range range = range_of(arguments);
	int error = range_mapped(task->memory, &range);

	return error ? error : range_mark(task->memory, range.start, range.end, false);
}

/* Brings in all that there is. */
static void all_bring(struct task *task)
{
	const struct area *area;

	for (uint64_t at = 0; !task->dying && (area = area_at_or_after(&task->memory->areas, at)) != NULL;) {
		uint64_t start = area->start;

		at = area->end;
		(void)memory_populate(task->memory, start, at - start, 0, &task->dying);
	}
}

int64_t linux_mlockall(struct task *task, const uint64_t arguments[6])
{
	struct memory *memory = task->memory;
	uint32_t flags = (uint32_t)arguments[0];

	if (!flags || flags & ~(uint32_t)(LINUX_MCL_CURRENT | LINUX_MCL_FUTURE | LINUX_MCL_ONFAULT) || flags == LINUX_MCL_ONFAULT)
		return -EINVAL;
	if (locking_check(task, 0, 0) != 0)
		return -EPERM;
	if (flags & LINUX_MCL_CURRENT && memory->pages_mapped > limit_of(task))
		return -ENOMEM;
	memory->locks_new = flags & LINUX_MCL_FUTURE;
	memory->locks_touched = memory->locks_new && flags & LINUX_MCL_ONFAULT;
	if (!(flags & LINUX_MCL_CURRENT))
		return 0;
	(void)range_mark(memory, 0, MEMORY_TOP, true); /* no area crosses these borders */
	if (!(flags & LINUX_MCL_ONFAULT))
		all_bring(task);
	return 0;
}

int64_t linux_munlockall(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	task->memory->locks_new = task->memory->locks_touched = false;
	(void)range_mark(task->memory, 0, MEMORY_TOP, false);
	return 0;
}
