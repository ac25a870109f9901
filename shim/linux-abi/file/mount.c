/* SPDX-License-Identifier: MIT */
/* The calls mount and umount2. A filesystem is a service that the shim has a session with, or a tree of the shim's own. */
#include "file/content.h"
#include "file/descriptors.h"
#include "file/mounts.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/place.h"
#include "file/text.h"
#include "lib/string.h"
#include "process/handlers.h"
#include "process/permission.h"

#define FLAGS_OF_VFS (MOUNT_READ_ONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_NOATIME)
#define FLAGS_IGNORED (LINUX_MS_SILENT | LINUX_MS_RELATIME | LINUX_MS_STRICTATIME | LINUX_MS_NODIRATIME | LINUX_MS_LAZYTIME | LINUX_MS_SYNCHRONOUS | LINUX_MS_DIRSYNC)
#define MAGIC 0xc0ed0000ull
#define MAGIC_MASK 0xffff0000ull
#define TEXT_BYTES 256

/* A short text; an empty one for a null pointer. */
static int text_take(struct task *task, uint64_t address, char text[TEXT_BYTES])
{
	int64_t length;

	text[0] = 0;
	if (!address)
		return 0;
	length = user_text(task->memory, text, address, TEXT_BYTES);
	return length == -ENAMETOOLONG ? -EINVAL : length < 0 ? (int)length : 0;
}

/* Where a walk leads, for the list of mounts. */
static int place_take(const struct walk *walk, char place[PATH_BYTES_MAX + 1])
{
	char *text = walk_text(walk);
	int64_t length = text ? text_without_links(text, place) : -ENOMEM;

	text_return(text);
	return length < 0 ? (int)length : 0;
}

static int filesystem_mount(struct walk *walk, const char *place, const char *source, const char *type, const char *options, uint32_t flags)
{
	int64_t error = 0;

	while (walk_next(walk, &error))
		error = mount_make(&walk->path, place, source, type, options, flags);
	return walk->entry ? -EBUSY : (int)error; /* nothing is mounted in a tree of the shim's own */
}

/* A directory once more, at another place. */
static int directory_mount(struct task *task, struct walk *walk, const char *place, const char *source, uint32_t flags)
{
	struct description *directory;
	int64_t error = text_open(task, source, LINUX_O_PATH, 0, &directory);

	if (error)
		return (int)error;
	if (!directory->opened || !description_is(directory, MODE_DIRECTORY))
		error = directory->entry ? -EINVAL : -ENOTDIR;
	else
		while (walk_next(walk, &error))
			error = mount_directory(&walk->path, place, source, directory->opened->number, flags);
	description_release(directory);
	return walk->entry ? -EBUSY : (int)error;
}

static int mount_check(const struct task *task, uint64_t flags)
{
	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	return flags & ~(uint64_t)(FLAGS_OF_VFS | FLAGS_IGNORED | LINUX_MS_BIND | LINUX_MS_REC) ? -EINVAL : 0; /* remount, move, propagation */
}

struct mount_request {
	char source[TEXT_BYTES], type[TEXT_BYTES], options[TEXT_BYTES];
	char place[PATH_BYTES_MAX + 1];
};

static int texts_take(struct task *task, const uint64_t arguments[6], struct mount_request *request)
{
	int error = text_take(task, arguments[2], request->type);

	if (!error)
		error = text_take(task, arguments[0], request->source);
	return error ? error : text_take(task, arguments[4], request->options);
}

int64_t linux_mount(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = (arguments[3] & MAGIC_MASK) == MAGIC ? arguments[3] & ~MAGIC_MASK : arguments[3];
	struct mount_request request;
	struct walk walk;
	int error = texts_take(task, arguments, &request);

	if (error)
		return error;
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[1], 0);
	if (!error)
		error = mount_check(task, flags);
	if (!error)
		error = place_take(&walk, request.place);
	if (!error && !arguments[2] && !(flags & LINUX_MS_BIND))
		error = -EINVAL;
	if (!error)
		error = flags & LINUX_MS_BIND ? directory_mount(task, &walk, request.place, request.source, (uint32_t)flags & FLAGS_OF_VFS)
					      : filesystem_mount(&walk, request.place, request.source, request.type, request.options, (uint32_t)flags & FLAGS_OF_VFS);
	walk_end(&walk);
	return error;
}

static int unmount_check(const struct task *task, uint32_t flags)
{
	if (flags & ~(uint32_t)(LINUX_MNT_FORCE | LINUX_MNT_DETACH | LINUX_MNT_EXPIRE | LINUX_UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & LINUX_MNT_EXPIRE)
		return flags & (LINUX_MNT_FORCE | LINUX_MNT_DETACH) ? -EINVAL : -EAGAIN;
	return 0;
}

/* Whether an open file lies at or below a place, by the path by which it was opened. */
static bool is_below(const struct description *description, const char *place)
{
	const char *text = description ? description->text : NULL;

	while (text && *place && *text == *place) {
		text++;
		place++;
	}
	return text && !*place && (!*text || *text == '/');
}

static bool task_uses(const struct task *task, const char *place)
{
	if (task->place && (is_below(task->place->directory, place) || is_below(task->place->root, place)))
		return true;
	for (uint64_t number = 0; task->files && (number = descriptor_next(task->files, number)) < DESCRIPTORS_MAX; number++)
		if (is_below(descriptor_find(task->files, number), place))
			return true;
	return false;
}

/* Whether anybody is in what is mounted there, or has a file of it open. */
static bool tree_is_used(const char *place)
{
	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			if (task_uses(task, place))
				return true;
	return false;
}

int64_t linux_umount2(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[1];
	char place[PATH_BYTES_MAX + 1];
	struct walk walk;
	int error = unmount_check(task, flags);

	if (error)
		return error;
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[0], flags & LINUX_UMOUNT_NOFOLLOW ? WALK_NOFOLLOW : 0);
	if (!error)
		error = place_take(&walk, place);
	if (!error && !(flags & LINUX_MNT_DETACH) && tree_is_used(place))
		error = -EBUSY;
	if (!error) {
		(void)contents_write_back();
		error = mount_end(&walk.path, place, flags & LINUX_UMOUNT_NOFOLLOW ? PATH_NOFOLLOW : 0);
	}
	walk_end(&walk);
	return error;
}
