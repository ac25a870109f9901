/* SPDX-License-Identifier: MIT */
/* The calls that change what a file is: the chmod, chown, utime and truncate families. What may be changed vfs decides for paths, and the filesystem for open files. */
#include "file/change.h"

#include "file/content.h"
#include "file/node.h"
#include "file/entry.h"
#include "file/limits.h"
#include "file/notify.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/text.h"
#include "file/tree.h"
#include "process/handlers.h"

int description_change(struct task *task, struct description *description, const struct file_change *change)
{
	struct asker asker = asker_of(task);

	if (description->opened)
		return file_change(description->opened->number, &asker, change);
	return description->operations->change ? description->operations->change(description, &asker, change) : -EPERM;
}

/* A change of what a walk that has begun leads to; ends the walk. */
static int64_t walk_change(struct walk *walk, int64_t error, const struct file_change *change)
{
	uint32_t flags = walk->flags & WALK_NOFOLLOW ? PATH_NOFOLLOW : 0;

	if (!error && walk_is_start(walk)) {
		error = description_change(walk->task, walk->start, change);
		walk_end(walk);
		return error;
	}
	while (walk_next(walk, &error)) {
		if (change->mask & ATTRIBUTE_MODE)
			error = path_change_mode_at(&walk->path, flags, change->mode);
		else if (change->mask & (ATTRIBUTE_OWNER | ATTRIBUTE_GROUP))
			error = path_change_owner_at(&walk->path, flags, change->owner, change->group);
		else
			error = path_change_times_at(&walk->path, flags, change->mask, change->times);
	}
	if (walk->entry)
		error = entry_change(walk->entry, &walk->asker, change);
	else if (walk->found)
		error = description_change(walk->task, walk->found, change);
	else if (!error)
		notify_walk(walk, LINUX_IN_ATTRIB, 0);
	walk_end(walk);
	return error;
}

static int64_t call_change(struct task *task, int64_t directory, uint64_t address, uint32_t flags, const struct file_change *change)
{
	struct walk walk;
	int64_t error = walk_begin(&walk, task, directory, address, flags);

	return walk_change(&walk, error, change);
}

/* Of an open file; `taken` is what taking the descriptor has answered. */
static int64_t opened_change(struct task *task, int64_t taken, struct description *description, const struct file_change *change)
{
	if (!taken) {
		taken = description_change(task, description, change);
		if (!taken)
			notify_description(description, LINUX_IN_ATTRIB);
		description_release(description);
	}
	return taken;
}

/* Mode. */

static struct file_change change_of_mode(uint64_t mode)
{
	return (struct file_change){.mask = ATTRIBUTE_MODE, .mode = (uint32_t)mode & MODE_PERMISSIONS};
}

int64_t linux_chmod(struct task *task, const uint64_t arguments[6])
{
	struct file_change change = change_of_mode(arguments[1]);

	return call_change(task, LINUX_AT_FDCWD, arguments[0], WALK_FOUND, &change);
}

int64_t linux_fchmodat(struct task *task, const uint64_t arguments[6])
{
	struct file_change change = change_of_mode(arguments[2]);

	return call_change(task, (int32_t)arguments[0], arguments[1], WALK_FOUND, &change);
}

int64_t linux_fchmod(struct task *task, const uint64_t arguments[6])
{
	struct file_change change = change_of_mode(arguments[1]);
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	return opened_change(task, error, description, &change);
}

/* Owner. */

static struct file_change change_of_owner(uint64_t owner, uint64_t group)
{
	struct file_change change = {.owner = (uint32_t)owner, .group = (uint32_t)group, .mask = ATTRIBUTE_OWNER | ATTRIBUTE_GROUP};

	if (change.owner == UINT32_MAX)
		change.mask &= ~(uint32_t)ATTRIBUTE_OWNER;
	if (change.group == UINT32_MAX)
		change.mask &= ~(uint32_t)ATTRIBUTE_GROUP;
	if (!change.mask)
		change.mask = ATTRIBUTE_OWNER; /* to nobody: that is no change, but for set-user-id bits and the time (lib/permission.h) */
	return change;
}

static int64_t call_change_owner(struct task *task, int64_t directory, uint64_t address, uint32_t flags, uint64_t owner, uint64_t group)
{
	struct file_change change = change_of_owner(owner, group);

	return call_change(task, directory, address, flags, &change);
}

int64_t linux_chown(struct task *task, const uint64_t arguments[6])
{
	return call_change_owner(task, LINUX_AT_FDCWD, arguments[0], WALK_FOUND, arguments[1], arguments[2]);
}

int64_t linux_lchown(struct task *task, const uint64_t arguments[6])
{
	return call_change_owner(task, LINUX_AT_FDCWD, arguments[0], WALK_NOFOLLOW, arguments[1], arguments[2]);
}

int64_t linux_fchownat(struct task *task, const uint64_t arguments[6])
{
	if ((uint32_t)arguments[4] & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	return call_change_owner(task, (int32_t)arguments[0], arguments[1], walk_flags_of(arguments[4]), arguments[2], arguments[3]);
}

int64_t linux_fchown(struct task *task, const uint64_t arguments[6])
{
	struct file_change change = change_of_owner(arguments[1], arguments[2]);
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	return opened_change(task, error, description, &change);
}

/* Times. */

#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe
#define NS_LIMIT 1000000000

static const struct file_change change_to_now = {.mask = ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW};

/* One of the two times of utimensat. */
static int time_set(struct file_change *change, unsigned which, const struct linux_timespec *time)
{
	if (time->tv_nsec == UTIME_OMIT)
		return 0;
	if (time->tv_nsec == UTIME_NOW) {
		change->mask |= which ? ATTRIBUTE_MODIFY_NOW : ATTRIBUTE_ACCESS_NOW;
		return 0;
	}
	if (time->tv_nsec < 0 || time->tv_nsec >= NS_LIMIT)
		return -EINVAL;
	change->mask |= which ? ATTRIBUTE_MODIFY : ATTRIBUTE_ACCESS;
	change->times[which] = (struct timestamp){.seconds = time->tv_sec, .nanoseconds = (uint32_t)time->tv_nsec};
	return 0;
}

static int times_take(struct task *task, uint64_t address, struct file_change *change)
{
	struct linux_timespec times[2];
	int error;

	*change = change_to_now;
	if (!address)
		return 0;
	if (user_read(task->memory, times, address, sizeof(times)))
		return -EFAULT;
	*change = (struct file_change){0};
	error = time_set(change, 0, &times[0]);
	return error ? error : time_set(change, 1, &times[1]);
}

/* Without a path: of the open file. */
static int64_t descriptor_change(struct task *task, uint64_t number, const struct file_change *change)
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)number, &description);

	return opened_change(task, error, description, change);
}

int64_t linux_utimensat(struct task *task, const uint64_t arguments[6])
{
	struct file_change change;
	uint32_t flags = (uint32_t)arguments[3];
	int error = times_take(task, arguments[2], &change);

	if (error)
		return error;
	if (!change.mask)
		return 0; /* both UTIME_OMIT: not even the path is looked at */
	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	if (arguments[1])
		return call_change(task, (int32_t)arguments[0], arguments[1], walk_flags_of(flags), &change);
	if ((int32_t)arguments[0] == LINUX_AT_FDCWD)
		return -EFAULT;
	return flags ? -EINVAL : descriptor_change(task, arguments[0], &change);
}

static int64_t call_times_us(struct task *task, int64_t directory, uint64_t path, uint64_t address)
{
	struct file_change change = change_to_now;
	struct linux_timeval times[2];

	if (address) {
		if (user_read(task->memory, times, address, sizeof(times)))
			return -EFAULT;
		change.mask = ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY;
		for (unsigned i = 0; i < 2; i++) {
			if (times[i].tv_usec < 0 || times[i].tv_usec >= 1000000)
				return -EINVAL;
			change.times[i] = (struct timestamp){.seconds = times[i].tv_sec, .nanoseconds = (uint32_t)times[i].tv_usec * 1000};
		}
	}
	if (!path && directory != LINUX_AT_FDCWD)
		return descriptor_change(task, (uint64_t)directory, &change);
	return call_change(task, directory, path, WALK_FOUND, &change);
}

int64_t linux_utimes(struct task *task, const uint64_t arguments[6])
{
	return call_times_us(task, LINUX_AT_FDCWD, arguments[0], arguments[1]);
}

int64_t linux_futimesat(struct task *task, const uint64_t arguments[6])
{
	return call_times_us(task, (int32_t)arguments[0], arguments[1], arguments[2]);
}

int64_t linux_utime(struct task *task, const uint64_t arguments[6])
{
	struct file_change change = change_to_now;
	struct linux_utimbuf times;

	if (arguments[1]) {
		if (user_get(task->memory, &times, arguments[1]))
			return -EFAULT;
		change = (struct file_change){.mask = ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY, .times = {{.seconds = times.actime}, {.seconds = times.modtime}}};
	}
	return call_change(task, LINUX_AT_FDCWD, arguments[0], WALK_FOUND, &change);
}

/* Size. */

/* The file's pages in memory go by its new size, if it has any: then it has a node. */
static void truncated(const struct status *status, uint64_t size)
{
	struct node *node = node_take(status->filesystem, status->attributes.inode);

	if (!node)
		return;
	fiber_lock(&node->changing);
	content_resized(node, size);
	fiber_unlock(&node->changing);
	node_release(node);
}

/* An open file to which a link such as /proc/self/fd/0 leads, whatever its name: as far as the task might open it for writing. */
static int found_truncate(struct walk *walk, uint64_t size)
{
	struct description *again;
	int error = description_is(walk->found, MODE_DIRECTORY) ? -EISDIR : description_is(walk->found, MODE_REGULAR) ? 0 : -EINVAL;

	if (!error)
		error = found_open(walk, LINUX_O_WRONLY, 0, &again);
	if (error)
		return error;
	error = again->operations->truncate ? again->operations->truncate(walk->task, again, size) : -EINVAL;
	if (!error)
		notify_description(again, LINUX_IN_MODIFY);
	text_return(again->text); /* that it is closed is told to nobody: no program has had it open */
	again->text = NULL;
	description_release(again);
	return error;
}

int64_t linux_truncate(struct task *task, const uint64_t arguments[6])
{
	uint64_t size = arguments[1];
	struct status status;
	struct walk walk;
	int64_t error;

	if ((int64_t)size < 0)
		return -EINVAL;
	if (size && limit_file_bytes(task, size - 1, 1) == 0)
		return -EFBIG;
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[0], WALK_FOUND);
	while (walk_next(&walk, &error)) {
		error = walk_changeable(&walk, LINUX_O_WRONLY);
		if (!error)
			error = path_truncate_at(&walk.path, size);
		if (!error && !path_attributes_at(&walk.path, 0, &status.attributes)) {
			status.filesystem = walk.path.filesystem + FILESYSTEMS_OWN;
			truncated(&status, size);
		}
	}
	if (walk.found && !error)
		error = found_truncate(&walk, size);
	else if (!error && !walk.entry)
		notify_walk(&walk, LINUX_IN_MODIFY, 0);
	if (walk.entry)
		error = (walk.entry->mode & MODE_TYPE) == MODE_DIRECTORY ? -EISDIR : -EINVAL;
	walk_end(&walk);
	return error;
}

int64_t linux_ftruncate(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error;

	if ((int64_t)arguments[1] < 0)
		return -EINVAL;
	error = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (error)
		return error;
	error = !description->operations->truncate || !description_writes(description) ? -EINVAL : description->operations->truncate(task, description, arguments[1]);
	if (!error)
		notify_description(description, LINUX_IN_MODIFY);
	description_release(description);
	return error;
}

int64_t linux_fallocate(struct task *task, const uint64_t arguments[6])
{
	uint64_t mode = (uint32_t)arguments[1], offset = arguments[2], bytes = arguments[3];
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	if ((int64_t)offset < 0 || (int64_t)bytes <= 0)
		error = -EINVAL;
	else if (mode & ~(uint64_t)(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE) || (mode & ALLOCATE_PUNCH_HOLE && (mode & ALLOCATE_ZERO_RANGE || !(mode & ALLOCATE_KEEP_SIZE))))
		error = -EOPNOTSUPP;
	else if (!description_writes(description))
		error = -EBADF;
	else if (offset + bytes > INT64_MAX)
		error = -EFBIG;
	else if (description_is(description, MODE_FIFO))
		error = -ESPIPE;
	else if (description_is(description, MODE_DIRECTORY))
		error = -EISDIR;
	else
		error = description->operations->allocate ? description->operations->allocate(task, description, (uint32_t)mode, offset, bytes) : -ENODEV;
	description_release(description);
	return error;
}
