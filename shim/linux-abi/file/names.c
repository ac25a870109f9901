/* SPDX-License-Identifier: MIT */
/* The calls that make, move and remove names: the mkdir, rmdir, unlink, rename, link, symlink and mknod families. What a tree of the shim's own contains is not changed by them. */
#include "file/names.h"

#include "file/entry.h"
#include "file/notify.h"
#include "file/opened.h"
#include "file/place.h"
#include "process/handlers.h"
#include "process/permission.h"

#define CAP_DAC_READ_SEARCH 2

/* The end of a call on one path: in a tree of the shim's own it is refused as a directory that nobody may write to. */
static int64_t walk_finish(struct walk *walk, int64_t error, uint32_t events)
{
	if (walk->entry)
		error = -EACCES;
	else if (!error)
		notify_walk(walk, events, 0);
	walk_end(walk);
	return error;
}

static int64_t call_make_directory(struct task *task, int64_t directory, uint64_t address, uint64_t mode)
{
	struct walk walk;
	int64_t error = walk_begin(&walk, task, directory, address, WALK_PARENT);

	while (walk_next(&walk, &error))
		error = path_make_directory_at(&walk.path, (uint32_t)mode & (MODE_PERMISSIONS & ~MODE_SETUID & ~MODE_SETGID) & ~task->place->umask);
	return walk_finish(&walk, error, LINUX_IN_CREATE);
}

int64_t linux_mkdir(struct task *task, const uint64_t arguments[6])
{
	return call_make_directory(task, LINUX_AT_FDCWD, arguments[0], arguments[1]);
}

int64_t linux_mkdirat(struct task *task, const uint64_t arguments[6])
{
	return call_make_directory(task, (int32_t)arguments[0], arguments[1], arguments[2]);
}

static int node_check(uint32_t mode)
{
	switch (mode & MODE_TYPE) {
	case 0:
	case MODE_REGULAR:
	case MODE_CHARACTER:
	case MODE_BLOCK:
	case MODE_FIFO:
	case MODE_SOCKET:
		return 0;
	case MODE_DIRECTORY:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

static int64_t call_make_node(struct task *task, int64_t directory, uint64_t address, uint32_t mode, uint64_t device)
{
	struct walk walk;
	int64_t error = node_check(mode);

	if (error)
		return error;
	if (!(mode & MODE_TYPE))
		mode |= MODE_REGULAR;
	if ((mode & MODE_TYPE) != MODE_CHARACTER && (mode & MODE_TYPE) != MODE_BLOCK)
		device = 0;
	error = walk_begin(&walk, task, directory, address, WALK_PARENT);
	while (walk_next(&walk, &error))
		error = path_make_node_at(&walk.path, mode & ~task->place->umask, device);
	return walk_finish(&walk, error, LINUX_IN_CREATE);
}

int64_t linux_mknod(struct task *task, const uint64_t arguments[6])
{
	return call_make_node(task, LINUX_AT_FDCWD, arguments[0], (uint32_t)arguments[1], (uint32_t)arguments[2]);
}

int64_t linux_mknodat(struct task *task, const uint64_t arguments[6])
{
	return call_make_node(task, (int32_t)arguments[0], arguments[1], (uint32_t)arguments[2], (uint32_t)arguments[3]);
}

/* `error` is that of the walk's beginning. */
static int64_t walk_remove(struct walk *walk, int64_t error, bool is_directory)
{
	struct notify_victim victim = {0};

	if (!error)
		victim = notify_victim(walk);
	while (walk_next(walk, &error))
		error = is_directory ? path_remove_directory_at(&walk->path) : path_remove_at(&walk->path);
	if (!error)
		notify_gone(&victim);
	return walk_finish(walk, error, LINUX_IN_DELETE | (is_directory ? (uint32_t)LINUX_IN_ISDIR : 0));
}

int64_t text_remove(struct task *task, const char *text)
{
	struct walk walk;

	return walk_remove(&walk, walk_begin_text(&walk, task, LINUX_AT_FDCWD, text, WALK_PARENT), false);
}

static int64_t call_remove(struct task *task, int64_t directory, uint64_t address, bool is_directory)
{
	struct walk walk;

	return walk_remove(&walk, walk_begin(&walk, task, directory, address, WALK_PARENT), is_directory);
}

int64_t linux_unlink(struct task *task, const uint64_t arguments[6])
{
	return call_remove(task, LINUX_AT_FDCWD, arguments[0], false);
}

int64_t linux_rmdir(struct task *task, const uint64_t arguments[6])
{
	return call_remove(task, LINUX_AT_FDCWD, arguments[0], true);
}

int64_t linux_unlinkat(struct task *task, const uint64_t arguments[6])
{
	if ((uint32_t)arguments[2] & ~(uint32_t)LINUX_AT_REMOVEDIR)
		return -EINVAL;
	return call_remove(task, (int32_t)arguments[0], arguments[1], arguments[2] & LINUX_AT_REMOVEDIR);
}

/* Two paths: asks for `request` once both have been taken. Where one of them leads into a tree of the shim's own, the two are on different filesystems, or in one that is not changed. */
static int64_t two_finish(struct walk *from, struct walk *to, int64_t error)
{
	if (from->entry && to->entry)
		error = -EACCES;
	else if (from->entry || to->entry)
		error = -EXDEV;
	walk_end(to);
	walk_end(from);
	return error;
}

/* Both directories, and what was moved. */
static void rename_tell(const struct walk *from, const struct walk *to)
{
	struct notify_victim moved = notify_victim(to);
	uint32_t cookie = notify_cookie(), type = moved.directory ? (uint32_t)LINUX_IN_ISDIR : 0;

	notify_renamed(from, to);
	notify_walk(from, LINUX_IN_MOVED_FROM | type, cookie);
	notify_walk(to, LINUX_IN_MOVED_TO | type, cookie);
	notify_moved(&moved);
}

static __attribute__((noinline)) int64_t call_rename(struct task *task, int64_t from_directory, uint64_t from_address, int64_t to_directory, uint64_t to_address, uint64_t flags)
{
	struct walk from, to;
	int64_t error;

	if (flags & ~(uint64_t)(RENAME_KEEP | RENAME_SWAP | LINUX_RENAME_WHITEOUT) || (flags & RENAME_SWAP && flags & ~(uint64_t)RENAME_SWAP))
		return -EINVAL;
	if (flags & LINUX_RENAME_WHITEOUT)
		return -EINVAL; /* as on filesystems that have none */
	error = walk_begin(&from, task, from_directory, from_address, WALK_PARENT);
	if (error) {
		walk_end(&from);
		return error;
	}
	error = walk_begin(&to, task, to_directory, to_address, WALK_PARENT);
	while (walk_next_two(&from, &to, &error))
		error = path_rename_at(&from.path, &to.path, (uint32_t)flags);
	if (!error && watches)
		rename_tell(&from, &to);
	return two_finish(&from, &to, error);
}

int64_t linux_rename(struct task *task, const uint64_t arguments[6])
{
	return call_rename(task, LINUX_AT_FDCWD, arguments[0], LINUX_AT_FDCWD, arguments[1], 0);
}

int64_t linux_renameat(struct task *task, const uint64_t arguments[6])
{
	return call_rename(task, (int32_t)arguments[0], arguments[1], (int32_t)arguments[2], arguments[3], 0);
}

int64_t linux_renameat2(struct task *task, const uint64_t arguments[6])
{
	return call_rename(task, (int32_t)arguments[0], arguments[1], (int32_t)arguments[2], arguments[3], (uint32_t)arguments[4]);
}

/* An open file itself gets one more name. */
static int64_t link_of_opened(struct walk *from, const struct description *file, struct walk *to)
{
	int64_t error = 0;
	bool asks;

	if (!file->opened)
		return -EXDEV;
	from->path.start = file->opened->number;
	from->path.text = "";
	asks = !to->entry && (to->asked || walk_next(to, &error));
	while (asks) {
		error = path_link_of_start_at(&from->path, &to->path, file->opened->mount);
		asks = walk_next(to, &error);
	}
	return error == -EBADF ? -EXDEV : error; /* EBADF: the mount by which it was opened is gone */
}

/* A name in a tree of the shim's own: first it is looked for, and in /proc there is none that could be made. */
static int64_t link_in_tree(const struct walk *to)
{
	const struct entry_operations *operations = to->entry->operations;
	struct entry *found;
	int error = operations->find ? operations->find(to->entry, to->task, to->last, &found) : -ENOTDIR;

	if (!error)
		entry_release(found);
	return !error ? -EEXIST : error == -ENOENT && to->entry->filesystem != FILESYSTEM_PROCESS ? -EXDEV : error;
}

static int64_t link_make(struct walk *from, struct walk *to, uint64_t flags)
{
	int64_t error = 0;

	if (walk_is_start(from))
		return link_of_opened(from, from->start, to);
	while (walk_next_two(from, to, &error))
		error = path_link_at(&from->path, &to->path, flags & LINUX_AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0);
	return from->found && !error ? link_of_opened(from, from->found, to) : error;
}

static void link_tell(const struct walk *to)
{
	struct notify_victim linked = notify_victim(to);

	notify_linked(&linked);
	notify_walk(to, LINUX_IN_CREATE, 0);
}

static __attribute__((noinline)) int64_t call_link(struct task *task, int64_t from_directory, uint64_t from_address, int64_t to_directory, uint64_t to_address, uint64_t flags)
{
	struct walk from, to;
	int64_t error;

	if (flags & ~(uint64_t)(LINUX_AT_SYMLINK_FOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & LINUX_AT_EMPTY_PATH && !task_may(task, CAP_DAC_READ_SEARCH))
		return -ENOENT;
	error = walk_begin(&from, task, from_directory, from_address, (flags & LINUX_AT_EMPTY_PATH ? WALK_EMPTY : 0u) | (flags & LINUX_AT_SYMLINK_FOLLOW ? WALK_FOUND : WALK_NOFOLLOW));
	if (error) {
		walk_end(&from);
		return error;
	}
	error = walk_begin(&to, task, to_directory, to_address, WALK_PARENT);
	if (!error)
		error = link_make(&from, &to, flags);
	if (!error && !to.entry && watches)
		link_tell(&to);
	if (to.entry)
		error = link_in_tree(&to);
	else if (from.entry)
		error = -EXDEV;
	walk_end(&to);
	walk_end(&from);
	return error;
}

int64_t linux_link(struct task *task, const uint64_t arguments[6])
{
	return call_link(task, LINUX_AT_FDCWD, arguments[0], LINUX_AT_FDCWD, arguments[1], 0);
}

int64_t linux_linkat(struct task *task, const uint64_t arguments[6])
{
	return call_link(task, (int32_t)arguments[0], arguments[1], (int32_t)arguments[2], arguments[3], (uint32_t)arguments[4]);
}

static __attribute__((noinline)) int64_t call_make_link(struct task *task, uint64_t target_address, int64_t directory, uint64_t address)
{
	char target[PATH_BYTES_MAX + 1];
	int64_t error = user_text(task->memory, target, target_address, sizeof(target));
	struct walk walk;

	if (error <= 0)
		return error ? error : -ENOENT;
	error = walk_begin(&walk, task, directory, address, WALK_PARENT);
	while (walk_next(&walk, &error))
		error = path_make_link_at(&walk.path, target);
	return walk_finish(&walk, error, LINUX_IN_CREATE);
}

int64_t linux_symlink(struct task *task, const uint64_t arguments[6])
{
	return call_make_link(task, arguments[0], LINUX_AT_FDCWD, arguments[1]);
}

int64_t linux_symlinkat(struct task *task, const uint64_t arguments[6])
{
	return call_make_link(task, arguments[0], (int32_t)arguments[1], arguments[2]);
}
