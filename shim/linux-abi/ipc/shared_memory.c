/* SPDX-License-Identifier: MIT */
/*
 * System V shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2).
 *
 * A segment is a memory object, whose users are the areas that map it and, until IPC_RMID, the table of segments. So it goes with its last area once it was removed, however that area ends: shmdt, munmap, execve or the process's end.
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "ipc/limits.h"
#include "ipc/listing.h"
#include "mm/huge.h"
#include "mm/locking.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"

#define MODE_REMOVED 01000 /* SHM_DEST: it goes with its last area */
#define MODE_LOCKED 02000  /* SHM_LOCKED */

struct segment {
	struct object object; /* the first member: one is found by the other */
	struct ipc_identifier identifier;
	uint64_t bytes, span; /* as asked for; of an area that shows all of it */
	uint64_t unit; /* where such an area may begin: at its multiples */
	int64_t attached, detached, changed; /* times, in seconds */
	int32_t creator, last;               /* processes */
	bool removed, locked; /* locked: said to be, and told; nothing is ever paged out */
	uint32_t locker;      /* the user whom that counts for */
};

static struct slab segments = SLAB(struct segment);
static struct ipc_kind kind;

static struct segment *segment_of(struct ipc_identifier *identifier)
{
	return identifier ? (struct segment *)((char *)identifier - offsetof(struct segment, identifier)) : NULL;
}

static void segment_destroy(struct object *object)
{
	struct segment *segment = (struct segment *)object;

	ipc_leave(&kind, &segment->identifier);
	slab_return(&segments, segment);
}

/* Who has attached it or detached it last, and when: also by fork, munmap, exec and the end of a process. */
static void segment_area(struct object *object, int32_t process, bool begins)
{
	struct segment *segment = (struct segment *)object;

	*(begins ? &segment->attached : &segment->detached) = ipc_seconds();
	segment->last = process;
}

static const struct object_operations operations = {.destroy = segment_destroy, .area = segment_area};

static uint64_t segment_areas(const struct segment *segment)
{
	return segment->object.users - !segment->removed;
}

static uint64_t segment_pages(const struct segment *segment)
{
	return segment->bytes / PAGE_SIZE + (segment->bytes % PAGE_SIZE != 0);
}

/* Pages of all segments, which shmall limits. */
static uint64_t pages_used(void)
{
	uint64_t pages = 0, place = 0;
	const struct segment *segment;

	for (; (segment = segment_of(ipc_next(&kind, &place))) != NULL; place++)
		pages += segment_pages(segment);
	return pages;
}

/* Pages of the segments that a user has locked. */
static uint64_t pages_locked(uint32_t user)
{
	uint64_t pages = 0, place = 0;
	const struct segment *segment;

	for (; (segment = segment_of(ipc_next(&kind, &place))) != NULL; place++)
		if (segment->locked && segment->locker == user)
			pages += segment_pages(segment);
	return pages;
}

/* Whether a user may lock so much more. */
static bool may_lock(const struct task *task, uint64_t bytes)
{
	uint64_t limit = task->process->limits[LINUX_RLIMIT_MEMLOCK][0], pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);

	return task_may(task, LINUX_CAP_IPC_LOCK) || limit == UINT64_MAX || pages_locked(task->credentials->user) + pages <= limit >> PAGE_BITS;
}

/* A segment of huge pages, of which there are none: only one that keeps none for it can be, and whoever touches it finds no page. */
static int huge_check(const struct task *task, uint64_t bytes, uint32_t flags, uint64_t *huge)
{
	if (!huge_size(flags, huge))
		return -EINVAL;
	if (!may_lock(task, (bytes + *huge - 1) & ~(*huge - 1)))
		return -EPERM;
	return flags & LINUX_SHM_NORESERVE ? 0 : -ENOMEM;
}

static int64_t segment_make(const struct task *task, int32_t key, uint64_t bytes, uint32_t flags)
{
	uint64_t pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0), unit = PAGE_SIZE;
	bool huge = flags & LINUX_SHM_HUGETLB;
	struct segment *segment;
	int error;

	if (!bytes || bytes > ipc_limits[LIMIT_SEGMENT_BYTES])
		return -EINVAL;
	if (pages + pages_used() > ipc_limits[LIMIT_SEGMENT_PAGES])
		return -ENOSPC;
	error = huge ? huge_check(task, bytes, flags, &unit) : pages > frames_total() ? -ENOMEM : 0;
	if (error)
		return error;
	segment = slab_take(&segments);
	if (!segment)
		return -ENOMEM;
	error = ipc_enter(&kind, &segment->identifier, task, key, flags, (uint32_t)ipc_limits[LIMIT_SEGMENTS]);
	if (error) {
		slab_return(&segments, segment);
		return error;
	}
	segment->object = (struct object){.operations = &operations, .users = 1, .pages_limit = huge ? 0 : pages};
	segment->bytes = bytes;
	segment->span = (bytes + unit - 1) & ~(unit - 1);
	segment->unit = unit;
	segment->changed = ipc_seconds();
	segment->creator = task->process->id;
	return segment->identifier.id;
}

static bool segment_fits(const struct ipc_identifier *identifier, uint64_t bytes)
{
	return bytes <= ((const struct segment *)((const char *)identifier - offsetof(struct segment, identifier)))->bytes;
}

static struct ipc_kind kind = {.make = segment_make, .fits = segment_fits, .next_id = -1};
int64_t *const segment_next_id = &kind.next_id;

int64_t linux_shmget(struct task *task, const uint64_t arguments[6])
{
	return ipc_get(&kind, task, (int32_t)arguments[0], arguments[1], (uint32_t)arguments[2]);
}

/* Room for a segment anywhere; 0 when there is none. */
static uint64_t room_find(const struct task *task, const struct segment *segment)
{
	uint64_t more = segment->unit - PAGE_SIZE, place = memory_room(task->memory, segment->span + more);

	return place ? (place + more) & ~more : 0;
}

/* Where a segment is attached. 0 or a negative error number. */
static int64_t place_choose(const struct task *task, const struct segment *segment, uint64_t wanted, uint64_t flags, uint64_t *place)
{
	uint64_t bytes = segment->span;

	*place = wanted;
	if (!wanted) {
		if (flags & LINUX_SHM_REMAP)
			return -EINVAL;
		*place = room_find(task, segment);
		return *place ? 0 : -ENOMEM;
	}
	if (flags & LINUX_SHM_RND)
		*place &= ~(uint64_t)(PAGE_SIZE - 1);
	if (*place % PAGE_SIZE || *place < MEMORY_LOWEST || *place + bytes < *place)
		return -EINVAL;
	if (!user_range(*place, bytes))
		return -ENOMEM;
	return *place % segment->unit || (!(flags & LINUX_SHM_REMAP) && !memory_is_free(task->memory, *place, bytes)) ? -EINVAL : 0;
}

static int64_t segment_attach(struct task *task, struct segment *segment, uint64_t wanted, uint64_t flags)
{
	uint64_t bytes = segment->span, place;
	uint32_t area = AREA_SHARED | AREA_SEGMENT | AREA_READ | locking_of_new(task->memory);
	int64_t error = place_choose(task, segment, wanted, flags, &place);

	if (!(flags & LINUX_SHM_RDONLY))
		area |= AREA_WRITE | AREA_MAY_WRITE;
	if (flags & LINUX_SHM_EXEC)
		area |= AREA_EXECUTE;
	if (!error && task->memory->pages_mapped + (bytes >> PAGE_BITS) > task->memory->size_limit >> PAGE_BITS)
		error = -ENOMEM;
	if (!error)
		error = locking_check_new(task, bytes);
	if (!error && flags & LINUX_SHM_REMAP)
		error = memory_unmap(task->memory, place, bytes);
	if (!error)
		error = memory_map(task->memory, place, bytes, area, &segment->object, 0);
	if (error)
		return error;
	locking_bring(task, place, bytes, area);
	return (int64_t)place;
}

int64_t linux_shmat(struct task *task, const uint64_t arguments[6])
{
	struct segment *segment = segment_of(ipc_find(&kind, arguments[0]));
	uint64_t flags = arguments[2];
	int64_t result;

	if (!segment)
		return -EINVAL;
	result = ipc_may(task, &segment->identifier, IPC_MAY_READ | (flags & LINUX_SHM_RDONLY ? 0 : IPC_MAY_WRITE) | (flags & LINUX_SHM_EXEC ? IPC_MAY_EXECUTE : 0));
	if (result)
		return result;
	object_hold(&segment->object); /* what SHM_REMAP takes away may be its last area */
	result = segment_attach(task, segment, arguments[1], flags);
	object_release(&segment->object);
	return result;
}

/* The segment of which an attachment begins at an address, or has begun there: the first area that is left of it may begin later. A null pointer when there is none. */
static struct segment *segment_attached(const struct memory *memory, uint64_t address)
{
	const struct area *area = area_at_or_after(&memory->areas, address);

	while (area && !(area->flags & AREA_SEGMENT && area->start >= address && area->start - address == area->first << PAGE_BITS))
		area = area_at_or_after(&memory->areas, area->end);
	return area ? (struct segment *)area->object : NULL;
}

int64_t linux_shmdt(struct task *task, const uint64_t arguments[6])
{
	struct memory *memory = task->memory;
	struct segment *segment = arguments[0] % PAGE_SIZE ? NULL : segment_attached(memory, arguments[0]);
	uint64_t start = arguments[0], end;
	const struct area *area;
	int error = 0;

	if (!segment)
		return -EINVAL;
	object_hold(&segment->object);
	end = start + segment->span;
	while (!error && (area = area_at_or_after(&memory->areas, start)) != NULL && area->start < end) {
		uint64_t from = area->start, to = area->end;

		start = to;
		if (area->object == &segment->object && from - arguments[0] == area->first << PAGE_BITS) /* not what was mapped over a part of it */
			error = memory_unmap(memory, from, to - from);
	}
	object_release(&segment->object);
	return error;
}

/* What the mode that is told has besides the nine bits. */
static uint32_t segment_marks(const struct segment *segment)
{
	return (segment->removed ? MODE_REMOVED : 0) | (segment->locked ? MODE_LOCKED : 0);
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

	status.shm_perm.mode |= segment_marks(segment);
	return user_put(task->memory, address, &status);
}

static int64_t segment_set(const struct task *task, struct segment *segment, const struct linux_shmid_ds *wanted)
{
	int error = ipc_may_change(task, &segment->identifier);

	if (!error)
		error = ipc_change(&segment->identifier, &wanted->shm_perm);
	if (!error)
		segment->changed = ipc_seconds();
	return error;
}

/* Nobody finds the segment by its key any more; it goes with its last area. */
static int64_t segment_remove(const struct task *task, struct segment *segment)
{
	int error = ipc_may_change(task, &segment->identifier);

	if (error || segment->removed)
		return error;
	segment->removed = true;
	ipc_hide(&kind, &segment->identifier);
	object_release(&segment->object);
	return 0;
}

static int64_t sums_tell(struct task *task, uint64_t address)
{
	struct linux_shm_info sum = {.used_ids = (int32_t)kind.used};
	int64_t highest = ipc_highest(&kind);
	const struct segment *segment;

	for (uint64_t place = 0; (segment = segment_of(ipc_next(&kind, &place))) != NULL; place++) {
		sum.shm_tot += segment_pages(segment);
		sum.shm_rss += segment->object.resident;
	}
	return user_put(task->memory, address, &sum) != 0 ? -EFAULT : highest;
}

static int64_t limits_tell(struct task *task, uint64_t address)
{
	const struct linux_shminfo limits = {
		.shmmax = ipc_limits[LIMIT_SEGMENT_BYTES],
		.shmmin = 1,
		.shmmni = ipc_limits[LIMIT_SEGMENTS],
		.shmseg = ipc_limits[LIMIT_SEGMENTS],
		.shmall = ipc_limits[LIMIT_SEGMENT_PAGES],
	};
	int64_t highest = ipc_highest(&kind);

	return user_put(task->memory, address, &limits) != 0 ? -EFAULT : highest;
}

/* IPC_STAT and its like. */
static int64_t state_tell(struct task *task, const uint64_t arguments[6], enum ipc_look look)
{
	struct ipc_identifier *found;
	int64_t result = ipc_look(&kind, task, arguments[0], look, &found);
	int64_t error = result < 0 ? 0 : segment_tell(task, segment_of(found), arguments[2]);

	return error ? error : result;
}

/* SHM_LOCK, SHM_UNLOCK. */
static int64_t segment_lock(const struct task *task, struct segment *segment, bool locked)
{
	int error = 0;

	if (!task_may(task, LINUX_CAP_IPC_LOCK))
		error = ipc_may_change(task, &segment->identifier);
	if (!error && locked && !task_may(task, LINUX_CAP_IPC_LOCK) && !task->process->limits[LINUX_RLIMIT_MEMLOCK][0])
		error = -EPERM;
	if (error || segment->unit > PAGE_SIZE || segment->locked == locked) /* huge pages are never paged out */
		return error;
	if (locked && !may_lock(task, segment->bytes))
		return -ENOMEM;
	segment->locked = locked;
	segment->locker = task->credentials->user;
	return 0;
}

static int64_t segment_control(struct task *task, const uint64_t arguments[6], const struct linux_shmid_ds *wanted)
{
	struct segment *segment = segment_of(ipc_find(&kind, arguments[0]));

	if (!segment)
		return -EINVAL;
	switch ((uint32_t)arguments[1]) {
	case LINUX_IPC_SET:
		return segment_set(task, segment, wanted);
	case LINUX_IPC_RMID:
		return segment_remove(task, segment);
	default:
		return segment_lock(task, segment, (uint32_t)arguments[1] == LINUX_SHM_LOCK);
	}
}

int64_t linux_shmctl(struct task *task, const uint64_t arguments[6])
{
	struct linux_shmid_ds wanted = {0};

	if ((int32_t)arguments[0] < 0 || (int32_t)arguments[1] < 0)
		return -EINVAL;
	switch ((uint32_t)arguments[1]) {
	case LINUX_IPC_INFO:
		return limits_tell(task, arguments[2]);
	case LINUX_SHM_INFO:
		return sums_tell(task, arguments[2]);
	case LINUX_IPC_STAT:
		return state_tell(task, arguments, IPC_LOOK_NUMBER);
	case LINUX_SHM_STAT:
		return state_tell(task, arguments, IPC_LOOK_PLACE);
	case LINUX_SHM_STAT_ANY:
		return state_tell(task, arguments, IPC_LOOK_PLACE_ANY);
	case LINUX_IPC_SET:
		if (user_get(task->memory, &wanted, arguments[2]) != 0) /* before the segment is looked for: this may wait */
			return -EFAULT;
		return segment_control(task, arguments, &wanted);
	case LINUX_IPC_RMID:
	case LINUX_SHM_LOCK:
	case LINUX_SHM_UNLOCK:
		return segment_control(task, arguments, &wanted);
	default:
		return -EINVAL;
	}
}

/* /proc/sysvipc/shm */
void ipc_segments_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct segment *segment;

	(void)subject;
	text_add(text, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n");
	for (uint64_t place = 0; (segment = segment_of(ipc_next(&kind, &place))) != NULL; place++) {
		struct text_column columns[] = {
			IPC_COLUMNS_FIRST(&segment->identifier),
			IPC_COLUMN(segment->bytes, 21),
			IPC_COLUMN(segment->creator, 5),
			IPC_COLUMN(segment->last, 5),
			IPC_COLUMN(segment_areas(segment), 6),
			IPC_COLUMNS_OWNER(&segment->identifier),
			IPC_COLUMN(segment->attached, 10),
			IPC_COLUMN(segment->detached, 10),
			IPC_COLUMN(segment->changed, 10),
			IPC_COLUMN(segment->object.resident << PAGE_BITS, 21),
			IPC_COLUMN(0, 21), /* nothing is swapped out */
		};

		columns[2].value |= segment_marks(segment);
		text_add_columns(text, columns, sizeof(columns) / sizeof(columns[0]));
	}
}
