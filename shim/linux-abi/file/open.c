/* SPDX-License-Identifier: MIT */
/* The calls that make and end numbers of open files: open, openat, openat2, creat, close, close_range. */
#include "file/open.h"

#include "file/content.h"
#include "file/descriptors.h"
#include "file/device.h"
#include "file/lease.h"
#include "file/node.h"
#include "file/notify.h"
#include "file/opened.h"
#include "file/pipe.h"
#include "file/place.h"
#include "file/regular.h"
#include "file/text.h"
#include "file/tree.h"
#include "process/handlers.h"

#define FLAGS_VALID                                                                                                                                                        \
	(LINUX_O_ACCMODE | LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_NOCTTY | LINUX_O_TRUNC | LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_SYNC | LINUX_FASYNC | LINUX_O_DIRECT |      \
		LINUX_O_LARGEFILE | LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_NOATIME | LINUX_O_CLOEXEC | LINUX_O_PATH | LINUX___O_TMPFILE)
#define FLAGS_PATH (LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_PATH | LINUX_O_CLOEXEC)
#define FLAGS_OF_VFS (OPEN_ACCESS | OPEN_CREATE | OPEN_EXCLUSIVE | OPEN_TRUNCATE | OPEN_APPEND | OPEN_DIRECTORY | OPEN_NOFOLLOW | OPEN_NOATIME | OPEN_PATH | OPEN_NAMELESS)
#define RESOLVE_VALID (LINUX_RESOLVE_NO_XDEV | LINUX_RESOLVE_NO_MAGICLINKS | LINUX_RESOLVE_NO_SYMLINKS | LINUX_RESOLVE_BENEATH | LINUX_RESOLVE_IN_ROOT | LINUX_RESOLVE_CACHED)
#define FLAGS_ONCE (LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_NOCTTY | LINUX_O_TRUNC | LINUX_O_CLOEXEC) /* F_GETFL does not tell them */

static const struct description_operations *operations_of(uint32_t mode, uint32_t flags)
{
	if (flags & LINUX_O_PATH)
		return &path_operations;
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return &regular_operations;
	case MODE_DIRECTORY:
		return &directory_operations;
	default:
		return &path_operations; /* a device or a named pipe: it gets others when it is opened */
	}
}

/* Who may write to a file keeps it from being executed, and a program that is being executed from being changed. It is truncated here, since only now it cannot become one any more; vfs has done it for who may not write. */
static int regular_open(struct task *task, struct description *description, uint32_t flags)
{
	struct node *node = description->node;
	int error = node->leases ? leases_break(task, node, flags) : 0;

	if (error)
		return error;
	if (description_writes(description) && content_is_executed(node))
		return -ETXTBSY;
	if (flags & LINUX_O_TRUNC && description_writes(description))
		return regular_operations.truncate(task, description, 0);
	if (flags & LINUX_O_TRUNC) {
		fiber_lock(&node->changing);
		content_resized(node, 0);
		fiber_unlock(&node->changing);
	}
	return 0;
}

/* What there is to do beyond what vfs has done. */
static int type_open(struct task *task, struct description *description, uint32_t flags)
{
	if (flags & LINUX_O_PATH)
		return 0;
	switch (description->mode & MODE_TYPE) {
	case MODE_REGULAR:
		return regular_open(task, description, flags);
	case MODE_FIFO:
		return fifo_open(task, description);
	case MODE_CHARACTER:
	case MODE_BLOCK:
		return device_open(task, description, flags);
	default:
		return 0;
	}
}

static struct description *description_of_vfs(uint64_t filesystem, char *text, int number, const struct file_opened *what, uint32_t flags)
{
	struct description *description = description_make(operations_of(what->mode, flags), what->mode, flags & ~(uint32_t)FLAGS_ONCE, filesystem);

	if (!description) {
		(void)file_close(number);
		text_return(text);
		return NULL;
	}
	description->inode = what->inode;
	description->mount_flags = what->mount_flags;
	description->device = what->device;
	description->text = text;
	description->opened = opened_make(number, what->mount);
	if (description->operations == &regular_operations)
		description->node = node_take(description->filesystem, what->inode);
	if (description->opened && (description->node || description->operations != &regular_operations)) {
		if (description->node)
			regular_count(description);
		return description;
	}
	description->operations = &path_operations;
	if (description->node)
		node_release(description->node);
	description_release(description);
	return NULL;
}

/* `filesystem` as st_dev tells it; takes the text. */
static int number_describe(struct task *task, uint64_t filesystem, char *text, int number, const struct file_opened *what, uint32_t flags, struct description **description)
{
	int error;

	*description = description_of_vfs(filesystem, text, number, what, flags);
	if (!*description)
		return -ENFILE;
	error = type_open(task, *description, what->done & OPENING_CREATED ? flags & ~(uint32_t)LINUX_O_TRUNC : flags);
	if (error)
		description_release(*description);
	return error;
}

int opened_describe(struct task *task, const struct walk *walk, int number, const struct file_opened *what, uint32_t flags, struct description **description)
{
	return number_describe(task, walk->path.filesystem + FILESYSTEMS_OWN, flags & LINUX___O_TMPFILE ? text_nameless(walk_text(walk), what->inode) : notify_walk_text(walk), number, what, flags, description);
}

int64_t walk_changeable(struct walk *walk, uint32_t flags)
{
	struct attributes attributes;
	int64_t result = path_attributes_at(&walk->path, 0, &attributes);
	struct node *node = result ? NULL : node_find(walk->path.filesystem + FILESYSTEMS_OWN, attributes.inode);

	if (!node || (!node->leases && !content_is_executed(node)))
		return result;
	node->users++;
	result = path_access_at(&walk->path, 0, ACCESS_WRITE);
	if (!result)
		result = content_is_executed(node) ? -ETXTBSY : leases_break(walk->task, node, flags);
	node_release(node);
	return result;
}

/* What vfs is to know of how a walk is restricted. */
static uint32_t restrictions(const struct walk *walk)
{
	return (walk->flags & WALK_NO_MOUNTS ? OPEN_NO_MOUNTS : 0u) | (walk->flags & WALK_NO_LINKS ? OPEN_NO_LINKS : 0u) | (walk->flags & WALK_BENEATH ? OPEN_BENEATH : 0u);
}

int walk_open(struct walk *walk, uint32_t flags, uint32_t mode, struct description **description)
{
	uint32_t access = flags & LINUX_O_ACCMODE;
	bool writes = access == LINUX_O_WRONLY || access == LINUX_O_RDWR;
	struct file_opened what = {0};
	int64_t result = 0;

	while (walk_next(walk, &result)) {
		result = flags & LINUX_O_TRUNC && !writes ? walk_changeable(walk, flags) : 0;
		if (!result || result == -ENOENT)
			result = file_open_at(&walk->path, (flags & FLAGS_OF_VFS & ~(writes ? (uint32_t)OPEN_TRUNCATE : 0)) | restrictions(walk), mode, &what);
	}
	if (result == -EMFILE)
		result = -ENFILE; /* the numbers of all processes together */
	if (walk->entry && result >= 0)
		result = entry_open(walk, flags, description);
	else if (walk->found && result >= 0)
		result = found_open(walk, flags, mode, description);
	else if (result >= 0)
		result = opened_describe(walk->task, walk, (int)result, &what, flags, description);
	walk->created = what.done & OPENING_CREATED && !(flags & LINUX___O_TMPFILE);
	walk_end(walk);
	return (int)result;
}

/* O_TRUNC of a program, of what it may only read. */
static int program_check(const struct walk *walk, const struct description *file)
{
	const struct node *node = node_find(file->filesystem, file->inode);
	struct attributes attributes;
	int error;

	if (!node || !content_is_executed(node))
		return 0;
	error = file_attributes(file->opened->number, &attributes);
	if (!error)
		error = asker_check(&walk->asker, &attributes, ACCESS_WRITE);
	return error ? error : -ETXTBSY;
}

int opened_open_again(struct walk *walk, const struct description *file, uint32_t flags, uint32_t mode, struct description **description)
{
	bool directory = description_is(file, MODE_DIRECTORY), writes = flags & LINUX_O_ACCMODE;
	struct path path = {.asker = &walk->asker, .start = file->opened->number, .root = walk->path.root, .text = directory ? "." : ""};
	uint32_t asked = flags & FLAGS_OF_VFS & ~(uint32_t)(OPEN_CREATE | OPEN_NOFOLLOW | (writes ? OPEN_TRUNCATE : 0));
	struct file_opened what = {0};
	int number = flags & LINUX_O_TRUNC && !writes ? program_check(walk, file) : 0;

	if (!(flags & LINUX___O_TMPFILE))
		asked &= ~(uint32_t)OPEN_EXCLUSIVE;
	if (!number)
		number = file_open_at(&path, directory ? asked : asked | PATH_EMPTY, directory ? mode : file->opened->mount, &what);
	if (number < 0)
		return number == -EMFILE ? -ENFILE : number == -EBADF ? -ENOENT : number; /* EBADF: the mount is gone */
	return number_describe(walk->task, file->filesystem, text_copy(file->text), number, &what, flags, description);
}

int text_open(struct task *task, const char *text, uint32_t flags, uint32_t mode, struct description **description)
{
	struct walk walk;
	int error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, WALK_FOUND | (flags & LINUX_O_NOFOLLOW ? WALK_NOFOLLOW : 0u));

	if (!error)
		return walk_open(&walk, flags, mode, description);
	walk_end(&walk);
	return error;
}

/* What open() makes of its flags (build_open_flags of Linux). */
static int flags_check(uint32_t *flags)
{
	if (*flags & LINUX_O_PATH)
		*flags &= FLAGS_PATH;
	if (*flags & LINUX_O_DIRECTORY && *flags & LINUX_O_CREAT)
		return -EINVAL;
	if (*flags & LINUX___O_TMPFILE && (!(*flags & LINUX_O_DIRECTORY) || !(*flags & LINUX_O_ACCMODE)))
		return -EINVAL;
	return 0;
}

static bool descriptors_are_full(const struct task *task)
{
	uint64_t limit = task->process->limits[LINUX_RLIMIT_NOFILE][0];

	return descriptor_lowest(task->files, 0) >= (limit < DESCRIPTORS_MAX ? limit : DESCRIPTORS_MAX);
}

/* restricted: enum walk_flags. */
static int64_t call_open(struct task *task, int64_t directory, uint64_t address, uint32_t flags, uint32_t mode, uint32_t restricted)
{
	struct description *description;
	struct walk walk;
	int error;

	flags |= LINUX_O_LARGEFILE;
	error = flags_check(&flags);
	if (error)
		return error;
	error = walk_begin(&walk, task, directory, address, WALK_FOUND | restricted | (flags & LINUX_O_NOFOLLOW ? WALK_NOFOLLOW : 0u));
	if (!error && descriptors_are_full(task))
		error = -EMFILE; /* before anything is created */
	if (error) {
		walk_end(&walk);
		return error;
	}
	error = walk_open(&walk, flags, mode & MODE_PERMISSIONS & ~task->place->umask, &description);
	if (error)
		return error;
	if (walk.created)
		notify_description(description, LINUX_IN_CREATE);
	else if (flags & LINUX_O_TRUNC && description_is(description, MODE_REGULAR))
		notify_description(description, LINUX_IN_MODIFY);
	if (!(flags & LINUX_O_PATH))
		notify_description(description, LINUX_IN_OPEN);
	return descriptor_give(task, description, flags);
}

int64_t linux_open(struct task *task, const uint64_t arguments[6])
{
	return call_open(task, LINUX_AT_FDCWD, arguments[0], arguments[1] & FLAGS_VALID, (uint32_t)arguments[2], 0);
}

int64_t linux_creat(struct task *task, const uint64_t arguments[6])
{
	return call_open(task, LINUX_AT_FDCWD, arguments[0], LINUX_O_CREAT | LINUX_O_WRONLY | LINUX_O_TRUNC, (uint32_t)arguments[1], 0);
}

int64_t linux_openat(struct task *task, const uint64_t arguments[6])
{
	return call_open(task, (int32_t)arguments[0], arguments[1], arguments[2] & FLAGS_VALID, (uint32_t)arguments[3], 0);
}

static uint32_t walk_flags_resolving(uint64_t resolve)
{
	static const struct {
		uint64_t resolve;
		uint32_t walk;
	} flags[] = {{LINUX_RESOLVE_NO_XDEV, WALK_NO_MOUNTS}, {LINUX_RESOLVE_NO_MAGICLINKS, WALK_NO_MAGIC}, {LINUX_RESOLVE_NO_SYMLINKS, WALK_NO_LINKS | WALK_NO_MAGIC}, {LINUX_RESOLVE_BENEATH, WALK_BENEATH},
		{LINUX_RESOLVE_IN_ROOT, WALK_IN_ROOT}};
	uint32_t walk = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		walk |= resolve & flags[i].resolve ? flags[i].walk : 0;
	return walk;
}

int64_t linux_openat2(struct task *task, const uint64_t arguments[6])
{
	struct linux_open_how how;
	int error = arguments[3] < sizeof(how) ? -EINVAL : user_read_grown(task->memory, &how, sizeof(how), arguments[2], arguments[3]);
	bool creates;

	if (error)
		return error;
	creates = how.flags & (LINUX_O_CREAT | LINUX___O_TMPFILE);
	if (how.flags & ~(uint64_t)FLAGS_VALID || how.mode & ~(uint64_t)MODE_PERMISSIONS || (!creates && how.mode))
		return -EINVAL;
	if (how.resolve & ~(uint64_t)RESOLVE_VALID || (how.resolve & LINUX_RESOLVE_BENEATH && how.resolve & LINUX_RESOLVE_IN_ROOT))
		return -EINVAL;
	if (how.flags & LINUX_O_PATH && how.flags & ~(uint64_t)FLAGS_PATH)
		return -EINVAL;
	if (how.resolve & LINUX_RESOLVE_CACHED)
		return -EAGAIN; /* whether no server need be asked is not known before one is */
	return call_open(task, (int32_t)arguments[0], arguments[1], (uint32_t)how.flags, (uint32_t)how.mode, walk_flags_resolving(how.resolve));
}

int64_t linux_close(struct task *task, const uint64_t arguments[6])
{
	return descriptor_close(task->files, (uint32_t)arguments[0]);
}

int64_t linux_close_range(struct task *task, const uint64_t arguments[6])
{
	uint64_t first = (uint32_t)arguments[0], last = (uint32_t)arguments[1], flags = (uint32_t)arguments[2];

	if (flags & ~(uint64_t)(LINUX_CLOSE_RANGE_UNSHARE | LINUX_CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & LINUX_CLOSE_RANGE_UNSHARE && !files_own(task))
		return -ENOMEM;
	for (uint64_t number = descriptor_next(task->files, first); number <= last && number < DESCRIPTORS_MAX; number = descriptor_next(task->files, number + 1))
		if (flags & LINUX_CLOSE_RANGE_CLOEXEC)
			descriptor_set_closes(task->files, number, true);
		else
			(void)descriptor_close(task->files, number);
	return 0;
}
