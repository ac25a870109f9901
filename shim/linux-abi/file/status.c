/* SPDX-License-Identifier: MIT */
/* The calls that tell about files: the stat and statfs families, access, readlink. */
#include "file/device.h"
#include "file/entry.h"
#include "file/mount_use.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/status.h"
#include "lib/string.h"
#include "process/handlers.h"

#define EMPTY_OR_FOLLOW (LINUX_AT_EMPTY_PATH | LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_NO_AUTOMOUNT)

int status_of_description(struct description *description, struct status *status)
{
	status->filesystem = description->filesystem;
	return description_attributes(description, &status->attributes);
}

uint32_t walk_flags_of(uint64_t flags)
{
	return WALK_FOUND | (flags & LINUX_AT_EMPTY_PATH ? WALK_EMPTY : 0u) | (flags & LINUX_AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0u);
}

int walk_status(struct walk *walk, struct status *status)
{
	int64_t error = 0;

	if (walk_is_start(walk))
		return status_of_description(walk->start, status);
	while (walk_next(walk, &error))
		error = path_attributes_at(&walk->path, walk->flags & WALK_NOFOLLOW ? PATH_NOFOLLOW : 0, &status->attributes);
	status->filesystem = walk->path.filesystem + FILESYSTEMS_OWN;
	if (walk->entry)
		error = entry_status(walk->entry, status);
	else if (walk->found)
		error = status_of_description(walk->found, status);
	return (int)error;
}

/* What a path of the task leads to. */
static int status_take(struct task *task, int64_t directory, uint64_t address, uint64_t flags, struct status *status)
{
	struct walk walk;
	int error = walk_begin(&walk, task, directory, address, walk_flags_of(flags));

	if (!error)
		error = walk_status(&walk, status);
	walk_end(&walk);
	return error;
}

static struct linux_timespec time_of(struct timestamp time)
{
	return (struct linux_timespec){.tv_sec = time.seconds, .tv_nsec = time.nanoseconds};
}

static int status_put(struct task *task, uint64_t address, const struct status *status)
{
	const struct attributes *attributes = &status->attributes;
	const struct linux_stat stat = {
		.st_dev = device_make(0, (uint32_t)status->filesystem), /* as those without a device of their own */
		.st_ino = attributes->inode,
		.st_nlink = attributes->links,
		.st_mode = attributes->mode,
		.st_uid = attributes->owner,
		.st_gid = attributes->group,
		.st_rdev = attributes->device,
		.st_size = (int64_t)attributes->size,
		.st_blksize = attributes->block_size,
		.st_blocks = (int64_t)attributes->blocks,
		.st_atim = time_of(attributes->access),
		.st_mtim = time_of(attributes->modify),
		.st_ctim = time_of(attributes->change),
	};

	return user_put(task->memory, address, &stat);
}

static int64_t call_status(struct task *task, int64_t directory, uint64_t path, uint64_t address, uint64_t flags)
{
	struct status status = {0};
	int error = status_take(task, directory, path, flags, &status);

	return error ? error : status_put(task, address, &status);
}

int64_t linux_stat(struct task *task, const uint64_t arguments[6])
{
	return call_status(task, LINUX_AT_FDCWD, arguments[0], arguments[1], 0);
}

int64_t linux_lstat(struct task *task, const uint64_t arguments[6])
{
	return call_status(task, LINUX_AT_FDCWD, arguments[0], arguments[1], LINUX_AT_SYMLINK_NOFOLLOW);
}

int64_t linux_newfstatat(struct task *task, const uint64_t arguments[6])
{
	if (arguments[3] & ~(uint64_t)EMPTY_OR_FOLLOW & UINT32_MAX)
		return -EINVAL;
	return call_status(task, (int32_t)arguments[0], arguments[1], arguments[2], arguments[3]);
}

int64_t linux_fstat(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct status status = {0};
	int error = descriptor_take_path(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	error = status_of_description(description, &status);
	description_release(description);
	return error ? error : status_put(task, arguments[1], &status);
}

static struct linux_statx_timestamp time_x_of(struct timestamp time)
{
	return (struct linux_statx_timestamp){.tv_sec = time.seconds, .tv_nsec = time.nanoseconds};
}

static int64_t statx_put(struct task *task, uint64_t address, const struct status *status, uint32_t mount, bool is_root)
{
	const struct attributes *attributes = &status->attributes;
	const struct linux_statx stat = {
		.stx_mask = LINUX_STATX_BASIC_STATS | LINUX_STATX_MNT_ID,
		.stx_blksize = attributes->block_size,
		.stx_nlink = attributes->links,
		.stx_uid = attributes->owner,
		.stx_gid = attributes->group,
		.stx_mode = (uint16_t)attributes->mode,
		.stx_ino = attributes->inode,
		.stx_size = attributes->size,
		.stx_blocks = attributes->blocks,
		.stx_atime = time_x_of(attributes->access),
		.stx_ctime = time_x_of(attributes->change),
		.stx_mtime = time_x_of(attributes->modify),
		.stx_rdev_major = device_major(attributes->device),
		.stx_rdev_minor = device_minor(attributes->device),
		.stx_dev_minor = (uint32_t)status->filesystem,
		.stx_attributes = is_root ? LINUX_STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = LINUX_STATX_ATTR_MOUNT_ROOT,
		.stx_mnt_id = mount,
	};

	return user_put(task->memory, address, &stat);
}

int64_t linux_statx(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[2];
	struct status status = {0};
	uint32_t mount = 0;
	bool is_root = false;
	struct walk walk;
	int error;

	if (arguments[3] & 0x80000000u || flags & ~(uint32_t)(EMPTY_OR_FOLLOW | LINUX_AT_STATX_SYNC_TYPE) || (flags & LINUX_AT_STATX_SYNC_TYPE) == LINUX_AT_STATX_SYNC_TYPE)
		return -EINVAL;
	error = walk_begin(&walk, task, (int32_t)arguments[0], arguments[1], walk_flags_of(flags));
	if (!error)
		error = walk_status(&walk, &status);
	if (!error)
		mount = walk_mount_number(&walk, &is_root);
	walk_end(&walk);
	return error ? error : statx_put(task, arguments[4], &status, mount, is_root);
}

/* access. */

static int64_t call_access(struct task *task, int64_t directory, uint64_t address, uint32_t wanted, uint32_t flags)
{
	struct description *own = NULL; /* what vfs is not asked about */
	struct status status = {0};
	struct walk walk;
	int64_t error;

	if (wanted & ~(uint32_t)(ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE) || flags & ~(uint32_t)(LINUX_AT_EACCESS | LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	error = walk_begin(&walk, task, directory, address, walk_flags_of(flags));
	if (!(flags & LINUX_AT_EACCESS))
		walk.asker = asker_real(task);
	if (!error && walk_is_start(&walk)) {
		own = walk.start;
	} else {
		while (walk_next(&walk, &error))
			error = path_access_at(&walk.path, flags & LINUX_AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0, wanted);
		own = walk.found;
	}
	if (!error && (own || walk.entry)) {
		error = own ? status_of_description(own, &status) : entry_status(walk.entry, &status);
		error = error ? error : asker_check(&walk.asker, &status.attributes, wanted);
	}
	walk_end(&walk);
	return error;
}

int64_t linux_access(struct task *task, const uint64_t arguments[6])
{
	return call_access(task, LINUX_AT_FDCWD, arguments[0], (uint32_t)arguments[1], 0);
}

int64_t linux_faccessat(struct task *task, const uint64_t arguments[6])
{
	return call_access(task, (int32_t)arguments[0], arguments[1], (uint32_t)arguments[2], 0);
}

int64_t linux_faccessat2(struct task *task, const uint64_t arguments[6])
{
	return call_access(task, (int32_t)arguments[0], arguments[1], (uint32_t)arguments[2], (uint32_t)arguments[3]);
}

/* readlink. */

static int64_t walk_read_link(struct walk *walk, char *target, size_t bytes)
{
	int64_t result = 0;

	if (walk_is_start(walk)) {
		if (!description_is(walk->start, MODE_LINK) || !walk->start->opened)
			return walk->text[0] ? -EINVAL : -ENOENT;
		walk->path.start = walk->start->opened->number;
		return path_read_link_at(&walk->path, PATH_NOFOLLOW | PATH_EMPTY, target, bytes);
	}
	while (walk_next(walk, &result))
		result = path_read_link_at(&walk->path, PATH_NOFOLLOW, target, bytes);
	return walk->entry ? entry_read_link(walk->entry, walk->task, target, bytes) : result;
}

static int64_t call_read_link(struct task *task, int64_t directory, uint64_t path, uint64_t address, int32_t bytes)
{
	char target[PATH_BYTES_MAX + 1];
	struct walk walk;
	int64_t result;

	if (bytes <= 0)
		return -EINVAL;
	result = walk_begin(&walk, task, directory, path, WALK_NOFOLLOW | WALK_EMPTY);
	if (!result && !walk.text[0] && directory == LINUX_AT_FDCWD)
		result = -ENOENT;
	if (!result)
		result = walk_read_link(&walk, target, (uint32_t)bytes < sizeof(target) ? (uint32_t)bytes : sizeof(target));
	walk_end(&walk);
	if (result > 0 && user_write(task->memory, address, target, (size_t)result))
		return -EFAULT;
	return result;
}

int64_t linux_readlink(struct task *task, const uint64_t arguments[6])
{
	return call_read_link(task, LINUX_AT_FDCWD, arguments[0], arguments[1], (int32_t)arguments[2]);
}

int64_t linux_readlinkat(struct task *task, const uint64_t arguments[6])
{
	return call_read_link(task, (int32_t)arguments[0], arguments[1], arguments[2], (int32_t)arguments[3]);
}

/* statfs. */

static int64_t statistics_put(struct task *task, uint64_t address, const struct filesystem_statistics *statistics, uint64_t filesystem)
{
	const struct linux_statfs result = {
		.f_type = (int64_t)statistics->type,
		.f_bsize = (int64_t)statistics->block_size,
		.f_blocks = statistics->blocks,
		.f_bfree = statistics->blocks_free,
		.f_bavail = statistics->blocks_available,
		.f_files = statistics->inodes,
		.f_ffree = statistics->inodes_free,
		.f_fsid = {(uint32_t)filesystem},
		.f_namelen = (int64_t)statistics->name_length,
		.f_frsize = (int64_t)statistics->block_size,
		.f_flags = (int64_t)statistics->flags | LINUX_ST_VALID,
	};

	return user_put(task->memory, address, &result);
}

struct filesystem_statistics statistics_of_own(uint64_t filesystem)
{
	static const uint32_t types[] = {
		[FILESYSTEM_PIPE] = LINUX_PIPEFS_MAGIC,
		[FILESYSTEM_SOCKET] = LINUX_SOCKFS_MAGIC,
		[FILESYSTEM_ANONYMOUS] = LINUX_ANON_INODE_FS_MAGIC,
		[FILESYSTEM_MEMORY] = LINUX_TMPFS_MAGIC,
		[FILESYSTEM_DEVICE] = LINUX_TMPFS_MAGIC,
		[FILESYSTEM_PROCESS] = LINUX_PROC_SUPER_MAGIC,
		[FILESYSTEM_TERMINAL] = LINUX_DEVPTS_SUPER_MAGIC,
	};

	return (struct filesystem_statistics){.type = filesystem < sizeof(types) / sizeof(types[0]) ? types[filesystem] : 0, .block_size = PAGE_SIZE, .name_length = NAME_BYTES_MAX};
}

int64_t linux_statfs(struct task *task, const uint64_t arguments[6])
{
	struct filesystem_statistics statistics = {0};
	struct status status = {0};
	struct walk walk;
	int64_t error = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[0], 0);

	while (walk_next(&walk, &error))
		error = path_statistics_at(&walk.path, 0, &statistics);
	if (walk.entry) {
		error = entry_status(walk.entry, &status);
		statistics = statistics_of_own(status.filesystem);
	}
	walk_end(&walk);
	return error ? error : statistics_put(task, arguments[1], &statistics, status.filesystem);
}

/* Those of what a path of the shim's leads to, if that lies in a filesystem; else -EINVAL. */
static int statistics_at(const char *place, uint64_t filesystem, struct filesystem_statistics *statistics)
{
	static const struct asker shim = {.capabilities = UINT32_MAX};
	char text[PATH_BYTES_MAX + 1], rest[PATH_BYTES_MAX + 1];
	struct path path = {.asker = &shim, .start = PATH_ROOT, .root = PATH_ROOT, .text = text, .rest = rest};
	struct attributes attributes;

	memcpy(text, place, strlen(place) + 1); /* the mount may go meanwhile */
	if (path_attributes_at(&path, 0, &attributes) || path.filesystem + FILESYSTEMS_OWN != filesystem)
		return -EINVAL;
	return path_statistics_at(&path, 0, statistics) ? -EINVAL : 0;
}

/* Those of the filesystem that st_dev tells of a file: one of the shim's own, or one that is mounted. -EINVAL: there is none. */
static int statistics_of_device(uint64_t filesystem, struct filesystem_statistics *statistics)
{
	uint64_t before = UINT64_MAX;
	int error;

	if (filesystem < FILESYSTEMS_OWN) {
		*statistics = statistics_of_own(filesystem);
		return statistics->type ? 0 : -EINVAL;
	}
	error = statistics_at("/", filesystem, statistics);
	while (error) {
		const struct mount *mount = mount_before(before);

		if (!mount)
			break;
		before = mount->number;
		error = statistics_at(mount->place, filesystem, statistics);
	}
	return error;
}

int64_t linux_ustat(struct task *task, const uint64_t arguments[6])
{
	struct filesystem_statistics statistics;
	uint32_t device = (uint32_t)arguments[0];
	int error = device_major(device) ? -EINVAL : statistics_of_device(device_minor(device), &statistics);
	struct linux_ustat told;

	if (error)
		return error;
	told = (struct linux_ustat){.f_tfree = (int32_t)statistics.blocks_free, .f_tinode = statistics.inodes_free};
	return user_put(task->memory, arguments[1], &told);
}

int64_t linux_fstatfs(struct task *task, const uint64_t arguments[6])
{
	struct filesystem_statistics statistics;
	struct description *description;
	uint64_t filesystem;
	int error = descriptor_take_path(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	filesystem = description->filesystem;
	if (description->opened)
		error = file_statistics(description->opened->number, &statistics);
	else
		statistics = statistics_of_own(filesystem);
	description_release(description);
	return error ? error : statistics_put(task, arguments[1], &statistics, filesystem);
}
