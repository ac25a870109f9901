/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2).
 *
 * A segment is a memory object, whose users are the areas that map it and, until IPC_RMID, the table of segments. So it goes with its last area once it was removed, however that area ends: shmdt, munmap, execve or the process's end.
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "ipc/identifier.h"
#include "lib/wall.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"

#define SEGMENT_BYTES_MOST (UINT64_MAX - (1ull << 24)) /* SHMMAX */
#define KEY_PRIVATE 0                                  /* IPC_PRIVATE: nobody finds it */
#define MODE_REMOVED 01000                              /* SHM_DEST: it goes with its last area */
#define MAY_READ 0444
#define MAY_WRITE 0222
#define MAY_EXECUTE 0111

struct segment {
	struct object object; /* the first member: one is found by the other */
	struct ipc_identifier identifier;
	uint64_t bytes;
	int64_t attached, detached, changed; /* times, in seconds */
	int32_t creator, last;               /* processes */
	bool removed;
};

static struct slab segments = SLAB(struct segment);
static struct ipc_table table;

static int64_t seconds_now(void)
{
	return (int64_t)(wall_now() / NS_PER_SECOND);
}

static struct segment *segment_of(struct ipc_identifier *identifier)
{
	return identifier ? (struct segment *)((char *)identifier - offsetof(struct segment, identifier)) : NULL;
}

static void segment_destroy(struct object *object)
{
	struct segment *segment = (struct segment *)object;

	ipc_leave(&table, &segment->identifier);
	slab_return(&segments, segment);
}

static const struct object_operations operations = {.destroy = segment_destroy};

static uint64_t segment_areas(const struct segment *segment)
{
	return segment->object.users - !segment->removed;
}

static int64_t segment_make(const struct task *task, int32_t key, uint64_t bytes, uint64_t flags)
{
	uint64_t pages = (bytes + PAGE_SIZE - 1) >> PAGE_BITS;
	struct segment *segment;
	int error;

	if (!bytes || bytes > SEGMENT_BYTES_MOST || flags & LINUX_SHM_HUGETLB) /* there are no huge pages */
		return -EINVAL;
	if (pages > frames_total())
		return -ENOMEM;
	segment = slab_take(&segments);
	if (!segment)
		return -ENOMEM;
	error = ipc_enter(&table, &segment->identifier, task, key, (uint32_t)flags);
	if (error) {
		slab_return(&segments, segment);
		return error;
	}
	segment->object = (struct object){.operations = &operations, .users = 1, .pages_limit = pages};
	segment->bytes = bytes;
	segment->changed = seconds_now();
	segment->creator = task->process->id;
	return segment->identifier.id;
}

int64_t linux_shmget(struct task *task, const uint64_t arguments[6])
{
	int32_t key = (int32_t)arguments[0];
	const struct segment *segment = key == KEY_PRIVATE ? NULL : segment_of(ipc_find_key(&table, key));
	uint64_t flags = arguments[2];
	int error;

	if (key == KEY_PRIVATE || (!segment && flags & LINUX_IPC_CREAT))
		return segment_make(task, key, arguments[1], flags);
	if (!segment)
		return -ENOENT;
	if ((flags & (LINUX_IPC_CREAT | LINUX_IPC_EXCL)) == (LINUX_IPC_CREAT | LINUX_IPC_EXCL))
		return -EEXIST;
	error = ipc_may(task, &segment->identifier, (uint32_t)flags & 0777);
	if (error)
		return error;
	return arguments[1] > segment->bytes ? -EINVAL : segment->identifier.id;
}

/* Where a segment is attached. 0 or a negative error number. */
static int64_t place_choose(const struct task *task, uint64_t wanted, uint64_t bytes, uint64_t flags, uint64_t *place)
{
	*place = wanted;
	if (!wanted) {
		if (flags & LINUX_SHM_REMAP)
			return -EINVAL;
		*place = memory_room(task->memory, bytes);
		return *place ? 0 : -ENOMEM;
	}
	if (flags & LINUX_SHM_RND)
		*place &= ~(uint64_t)(PAGE_SIZE - 1);
	if (*place % PAGE_SIZE || *place < MEMORY_LOWEST || !user_range(*place, bytes))
		return -EINVAL;
	return !(flags & LINUX_SHM_REMAP) && !memory_is_free(task->memory, *place, bytes) ? -EINVAL : 0;
}

static int64_t segment_attach(struct task *task, struct segment *segment, uint64_t wanted, uint64_t flags)
{
	uint64_t bytes = segment->object.pages_limit << PAGE_BITS, place;
	uint32_t area = AREA_SHARED | AREA_SEGMENT | AREA_READ;
	int64_t error = place_choose(task, wanted, bytes, flags, &place);

	if (!(flags & LINUX_SHM_RDONLY))
		area |= AREA_WRITE | AREA_MAY_WRITE;
	if (flags & LINUX_SHM_EXEC)
		area |= AREA_EXECUTE;
	if (!error && task->memory->pages_mapped + segment->object.pages_limit > task->memory->size_limit >> PAGE_BITS)
		error = -ENOMEM;
	if (!error && flags & LINUX_SHM_REMAP)
		error = memory_unmap(task->memory, place, bytes);
	if (!error)
		error = memory_map(task->memory, place, bytes, area, &segment->object, 0);
	if (error)
		return error;
	segment->attached = seconds_now();
	segment->last = task->process->id;
	return (int64_t)place;
}

int64_t linux_shmat(struct task *task, const uint64_t arguments[6])
{
	struct segment *segment = segment_of(ipc_find(&table, arguments[0]));
	uint64_t flags = arguments[2];
	int64_t result;

	if (!segment)
		return -EINVAL;
	result = ipc_may(task, &segment->identifier, MAY_READ | (flags & LINUX_SHM_RDONLY ? 0 : MAY_WRITE) | (flags & LINUX_SHM_EXEC ? MAY_EXECUTE : 0));
	if (result)
		return result;
	object_hold(&segment->object); /* what SHM_REMAP takes away may be its last area */
	result = segment_attach(task, segment, arguments[1], flags);
	object_release(&segment->object);
	return result;
}

int64_t linux_shmdt(struct task *task, const uint64_t arguments[6])
{
	struct memory *memory = task->memory;
	const struct area *area = area_find(&memory->areas, arguments[0]);
	struct segment *segment = area && area->flags & AREA_SEGMENT ? (struct segment *)area->object : NULL;
	uint64_t start = arguments[0], end;
	int error = 0;

	if (!segment || area->start != start || area->first)
		return -EINVAL;
	object_hold(&segment->object);
	end = start + (segment->object.pages_limit << PAGE_BITS);
	while (!error && (area = area_at_or_after(&memory->areas, start)) != NULL && area->start < end) {
		uint64_t from = area->start, to = area->end;

		start = to;
		if (area->object == &segment->object && from - arguments[0] == area->first << PAGE_BITS) /* not what was mapped over a part of it */
			error = memory_unmap(memory, from, to - from);
	}
	segment->detached = seconds_now();
	segment->last = task->process->id;
	object_release(&segment->object);
	return error;
}

static int64_t segment_tell(struct task *task, const struct segment *segment, uint64_t address)
{
	struct linux_shmid_ds status = {
		.shm_perm = ipc_tell(&segment->identifier),
		.shm_segsz = segment->bytes,
		.shm_atime = segment->attached,
		.shm_dtime = segment->detached,
		.shm_ctime = segment->changed,
		.shm_cpid = segment->creator,
		.shm_lpid = segment->last,
		.shm_nattch = segment_areas(segment),
	};

	if (segment->removed)
		status.shm_perm.mode |= MODE_REMOVED;
	return user_put(task->memory, address, &status);
}

static int64_t segment_set(const struct task *task, struct segment *segment, const struct linux_shmid_ds *wanted)
{
	int error = ipc_may_change(task, &segment->identifier);

	if (error)
		return error;
	segment->identifier.user = wanted->shm_perm.uid;
	segment->identifier.group = wanted->shm_perm.gid;
	segment->identifier.mode = wanted->shm_perm.mode & 0777;
	segment->changed = seconds_now();
	return 0;
}

/* Nobody finds the segment by its key any more; it goes with its last area. */
static int64_t segment_remove(const struct task *task, struct segment *segment)
{
	int error = ipc_may_change(task, &segment->identifier);

	if (error || segment->removed)
		return error;
	segment->removed = true;
	segment->identifier.key = KEY_PRIVATE;
	object_release(&segment->object);
	return 0;
}

/* The highest place in use, and sums over all segments. */
static int64_t places_sum(struct linux_shm_info *sum)
{
	int64_t highest = 0;

	*sum = (struct linux_shm_info){0};
	for (uint32_t i = 0; i < IPC_PLACES; i++) {
		const struct segment *segment = segment_of(table.places[i]);

		if (!segment)
			continue;
		highest = i;
		sum->used_ids++;
		sum->shm_tot += segment->object.pages_limit;
		sum->shm_rss += segment->object.resident;
	}
	return highest;
}

static int64_t limits_tell(struct task *task, uint64_t address)
{
	const struct linux_shminfo limits = {.shmmax = SEGMENT_BYTES_MOST, .shmmin = 1, .shmmni = IPC_PLACES, .shmseg = IPC_PLACES, .shmall = frames_total()};
	struct linux_shm_info sum;
	int64_t highest = places_sum(&sum);

	return user_put(task->memory, address, &limits) != 0 ? -EFAULT : highest;
}

/* Commands that name a place in the table instead of a number. */
static int64_t place_tell(struct task *task, uint64_t place, uint64_t address, bool any)
{
	const struct segment *segment = (uint32_t)place < IPC_PLACES ? segment_of(table.places[(uint32_t)place]) : NULL;
	int64_t id, error;

	if (!segment)
		return -EINVAL;
	id = segment->identifier.id;
	error = any ? 0 : ipc_may(task, &segment->identifier, MAY_READ);
	if (!error)
		error = segment_tell(task, segment, address);
	return error ? error : id;
}

static int64_t segment_control(struct task *task, const uint64_t arguments[6], const struct linux_shmid_ds *wanted)
{
	struct segment *segment = segment_of(ipc_find(&table, arguments[0]));
	int64_t error;

	if (!segment)
		return -EINVAL;
	switch ((uint32_t)arguments[1]) {
	case LINUX_IPC_STAT:
		error = ipc_may(task, &segment->identifier, MAY_READ);
		return error ? error : segment_tell(task, segment, arguments[2]);
	case LINUX_IPC_SET:
		return segment_set(task, segment, wanted);
	case LINUX_IPC_RMID:
		return segment_remove(task, segment);
	default: /* SHM_LOCK, SHM_UNLOCK: nothing is ever paged out */
		return task_may(task, LINUX_CAP_IPC_LOCK) ? 0 : ipc_may_change(task, &segment->identifier);
	}
}

int64_t linux_shmctl(struct task *task, const uint64_t arguments[6])
{
	struct linux_shmid_ds wanted = {0};
	struct linux_shm_info sum;
	int64_t highest;

	if ((int32_t)arguments[0] < 0 || (int32_t)arguments[1] < 0)
		return -EINVAL;
	switch ((uint32_t)arguments[1]) {
	case LINUX_IPC_INFO:
		return limits_tell(task, arguments[2]);
	case LINUX_SHM_INFO:
		highest = places_sum(&sum);
		return user_put(task->memory, arguments[2], &sum) != 0 ? -EFAULT : highest;
	case LINUX_SHM_STAT:
	case LINUX_SHM_STAT_ANY:
		return place_tell(task, arguments[0], arguments[2], (uint32_t)arguments[1] == LINUX_SHM_STAT_ANY);
	case LINUX_IPC_SET:
		if (user_get(task->memory, &wanted, arguments[2]) != 0) /* before the segment is looked for: this may wait */
			return -EFAULT;
		return segment_control(task, arguments, &wanted);
	case LINUX_IPC_STAT:
	case LINUX_IPC_RMID:
	case LINUX_SHM_LOCK:
	case LINUX_SHM_UNLOCK:
		return segment_control(task, arguments, &wanted);
	default:
		return -EINVAL;
	}
}
