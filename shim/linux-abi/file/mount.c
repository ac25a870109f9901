/* SPDX-License-Identifier: MIT */
/* The calls mount and umount2. A filesystem is a service that the shim has a session with, or a tree of the shim's own. */
#include "file/content.h"
#include "file/descriptors.h"
#include "file/mount_use.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/place.h"
#include "file/status.h"
#include "file/text.h"
#include "lib/string.h"
#include "process/handlers.h"
#include "process/permission.h"

#define FLAGS_OF_VFS (MOUNT_READ_ONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_NOATIME)
#define FLAGS_IGNORED (LINUX_MS_SILENT | LINUX_MS_RELATIME | LINUX_MS_STRICTATIME | LINUX_MS_NODIRATIME | LINUX_MS_LAZYTIME | LINUX_MS_SYNCHRONOUS | LINUX_MS_DIRSYNC)
#define MAGIC 0xc0ed0000ull
#define MAGIC_MASK 0xffff0000ull
#define TEXT_BYTES 256

enum { SYSFS_NUMBER = 1, SYSFS_NAME, SYSFS_COUNT }; /* sysfs(2) */

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

static int64_t type_number(struct task *task, uint64_t address)
{
	const struct filesystem_type *type;
	char text[TEXT_BYTES];
	int64_t length = user_text(task->memory, text, address, sizeof(text));

	if (length == -EFAULT || !length)
		return length ? -EFAULT : -ENOENT;
	for (uint32_t number = 0; length > 0 && (type = filesystem_type(number)); number++)
		if (strcmp(text, type->name) == 0)
			return number;
	return -EINVAL;
}

static int64_t types_count(void)
{
	uint32_t count = 0;

	while (filesystem_type(count))
		count++;
	return count;
}

/* sysfs(2): the types of filesystems, by name and number. */
int64_t linux_sysfs(struct task *task, const uint64_t arguments[6])
{
	const struct filesystem_type *type;

	switch ((uint32_t)arguments[0]) {
	case SYSFS_NUMBER:
		return type_number(task, arguments[1]);
	case SYSFS_NAME:
		type = arguments[1] <= UINT32_MAX ? filesystem_type((uint32_t)arguments[1]) : NULL;
		return type ? user_write(task->memory, arguments[2], type->name, strlen(type->name) + 1) : -EINVAL;
	case SYSFS_COUNT:
		return types_count();
	default:
		return -EINVAL;
	}
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
static __attribute__((noinline)) int directory_mount(struct task *task, struct walk *walk, const char *place, const char *source)
{
	char from[PATH_BYTES_MAX + 1];
	struct description *directory;
	int64_t error = text_open(task, source, LINUX_O_PATH, 0, &directory);

	if (error)
		return (int)error;
	if (!directory->opened || !description_is(directory, MODE_DIRECTORY))
		error = directory->entry ? -EINVAL : -ENOTDIR;
	else
		error = text_resolve(directory, from);
	if (error > 0)
		error = 0;
	while (walk_next(walk, &error))
		error = mount_directory(&walk->path, place, from, directory->opened, directory->mount_flags);
	description_release(directory);
	return walk->entry ? -EBUSY : (int)error;
}

/* What a path leads to: the mount, and whether it is its root. For who asks vfs by the path again, which this one is used up for. */
struct target {
	uint32_t id;
	bool is_root;
};

static int target_take(struct task *task, const struct walk *walk, struct target *target)
{
	struct status status;
	struct walk look;
	int error = walk_begin_text(&look, task, LINUX_AT_FDCWD, walk->text, walk->flags);

	if (!error)
		error = walk_status(&look, &status);
	if (!error)
		target->id = walk_mount(&look, &target->is_root);
	walk_end_unused(&look);
	return error;
}

/* Flags of a mount that stay as they are when a change of it says nothing about them. */
static uint32_t flags_kept(const struct mount *mount, uint64_t flags)
{
	return flags & (LINUX_MS_NOATIME | LINUX_MS_NODIRATIME | LINUX_MS_RELATIME | LINUX_MS_STRICTATIME) ? 0 : mount->flags & MOUNT_NOATIME;
}

/* What is written cannot be made read-only. */
static int mount_quiet(uint32_t id)
{
	if (mount_is_written(id))
		return -EBUSY;
	(void)contents_write_back();
	return 0;
}

/* MS_REMOUNT. It is the mount that changes, and not others of its filesystem. */
static __attribute__((noinline)) int mount_alter(struct task *task, struct walk *walk, uint64_t flags)
{
	struct target target = {0};
	const struct mount *mount;
	int error = target_take(task, walk, &target);

	if (!error && target.is_root && flags & LINUX_MS_RDONLY)
		error = mount_quiet(target.id);
	if (error)
		return error;
	mount = mount_of_id(target.id);
	return mount_change(&walk->path, target.id, ((uint32_t)flags & FLAGS_OF_VFS) | (mount ? flags_kept(mount, flags) : 0));
}

/* MS_MOVE. */
static int mount_carry(struct task *task, struct walk *walk, const char *place, const char *source)
{
	char from[PATH_BYTES_MAX + 1];
	struct description *root;
	const struct mount *own;
	int64_t error = text_open(task, source, LINUX_O_PATH, 0, &root);

	if (error)
		return (int)error;
	own = root->entry ? mount_of_root(root->entry) : NULL;
	error = !root->opened && !own ? -EINVAL : text_resolve(root, from);
	if (error > 0)
		error = 0;
	while (walk_next(walk, &error))
		error = mount_move(&walk->path, from, place, description_mount(root), root->opened ? root->opened->number : PATH_ROOT, own ? own->tag : 0);
	description_release(root);
	return walk->entry ? -EINVAL : (int)error;
}

/* MS_PRIVATE: what all mounts are. */
static __attribute__((noinline)) int mount_separate(struct task *task, const struct walk *walk, uint64_t flags)
{
	struct target target = {0};
	int error;

	if (flags & ~(uint64_t)(LINUX_MS_PRIVATE | LINUX_MS_REC | LINUX_MS_SILENT))
		return -EINVAL;
	error = target_take(task, walk, &target);
	return error ? error : target.is_root ? 0 : -EINVAL;
}

/* What somebody is told who may not mount anything: first what is wrong with the path. */
static int stranger_refuse(struct walk *walk)
{
	struct status status;
	int error = walk_status(walk, &status);

	return error ? error : -EPERM;
}

static int mount_check(const struct task *task, struct walk *walk, uint64_t flags)
{
	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return stranger_refuse(walk);
	return flags & ~(uint64_t)(FLAGS_OF_VFS | FLAGS_IGNORED | LINUX_MS_BIND | LINUX_MS_REC | LINUX_MS_REMOUNT | LINUX_MS_MOVE | LINUX_MS_PRIVATE) ? -EINVAL : 0; /* other kinds of propagation */
}

struct mount_request {
	char source[TEXT_BYTES], type[TEXT_BYTES], options[TEXT_BYTES];
	char place[PATH_BYTES_MAX + 1];
	bool typed; /* a type was given, be it an empty one */
};

static int texts_take(struct task *task, const uint64_t arguments[6], struct mount_request *request)
{
	int error = text_take(task, arguments[2], request->type);

	if (!error)
		error = text_take(task, arguments[0], request->source);
	return error ? error : text_take(task, arguments[4], request->options);
}

static int mount_do(struct task *task, struct walk *walk, const struct mount_request *request, uint64_t flags)
{
	if (flags & LINUX_MS_REMOUNT)
		return mount_alter(task, walk, flags);
	if (flags & LINUX_MS_BIND)
		return directory_mount(task, walk, request->place, request->source);
	if (flags & LINUX_MS_PRIVATE)
		return mount_separate(task, walk, flags);
	if (flags & LINUX_MS_MOVE)
		return mount_carry(task, walk, request->place, request->source);
	if (!request->typed)
		return -EINVAL;
	return filesystem_mount(walk, request->place, request->source, request->type, request->options, (uint32_t)flags & FLAGS_OF_VFS);
}

int64_t linux_mount(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = (arguments[3] & MAGIC_MASK) == MAGIC ? arguments[3] & ~MAGIC_MASK : arguments[3];
	struct mount_request request = {.typed = arguments[2]};
	struct walk walk;
	int error = texts_take(task, arguments, &request);

	if (error)
		return error;
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[1], 0);
	if (!error)
		error = place_take(&walk, request.place);
	if (!error)
		error = mount_check(task, &walk, flags);
	if (!error)
		error = mount_do(task, &walk, &request, flags);
	walk_end(&walk);
	return error;
}

/* MNT_EXPIRE: only what nobody has used since it was asked for before. */
static int expiry_check(uint32_t id)
{
	struct mount *mount = mount_of_id(id);

	if (!mount)
		return -EINVAL;
	return mount_expire(mount) ? -EAGAIN : 0;
}

static bool is_own_root(const struct task *task, uint32_t id)
{
	return (task->place->root ? description_mount(task->place->root) : MOUNT_OF_ALL) == id;
}

static int unmount_check(struct task *task, const struct walk *walk, uint32_t flags, struct target *target)
{
	int error = target_take(task, walk, target);

	if (error)
		return error;
	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	if (!target->is_root)
		return -EINVAL;
	if (flags & LINUX_MNT_EXPIRE && (flags & (LINUX_MNT_FORCE | LINUX_MNT_DETACH) || is_own_root(task, target->id)))
		return -EINVAL;
	return flags & LINUX_MNT_EXPIRE && !mount_is_used(target->id) ? expiry_check(target->id) : 0;
}

/* The root of who asks stays, and becomes read-only. */
static int unmount_do(struct task *task, struct walk *walk, uint32_t flags, uint32_t id)
{
	const struct mount *mount = mount_of_id(id);
	uint32_t kept = mount ? mount->flags : 0; /* it may go while this waits */
	int error;

	if (is_own_root(task, id) && !(flags & LINUX_MNT_DETACH)) {
		error = mount_quiet(id);
		return error ? error : mount_change(&walk->path, id, kept | MOUNT_READ_ONLY);
	}
	if (!(flags & LINUX_MNT_DETACH) && mount_is_used(id))
		return -EBUSY;
	(void)contents_write_back();
	return mount_end(&walk->path, id, flags & LINUX_UMOUNT_NOFOLLOW ? PATH_NOFOLLOW : 0);
}

int64_t linux_umount2(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[1];
	struct target target = {0};
	struct walk walk;
	int error;

	if (flags & ~(uint32_t)(LINUX_MNT_FORCE | LINUX_MNT_DETACH | LINUX_MNT_EXPIRE | LINUX_UMOUNT_NOFOLLOW))
		return -EINVAL;
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[0], flags & LINUX_UMOUNT_NOFOLLOW ? WALK_NOFOLLOW : 0);
	if (!error)
		error = unmount_check(task, &walk, flags, &target);
	if (!error)
		error = unmount_do(task, &walk, flags, target.id);
	walk_end_unused(&walk);
	return error;
}
