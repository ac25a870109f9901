/* SPDX-License-Identifier: MIT */
/* The calls about where a process is, and about what directories hold: getcwd, chdir, fchdir, chroot, umask, getdents, getdents64. */
#include "file/location.h"
#include "file/notify.h"
#include "file/open.h"
#include "file/place.h"
#include "file/status.h"
#include "file/text.h"
#include "lib/string.h"
#include "process/handlers.h"
#include "process/permission.h"

/* Puts a directory in the place of another one; `directory` may be null for neither. */
static void directory_set(struct description **at, struct description *directory)
{
	struct description *before = *at;

	*at = directory;
	if (before)
		description_release(before);
}

static int directory_allows(struct task *task, struct description *directory)
{
	struct asker asker = asker_of(task);
	struct status status;
	int error;

	if (!description_is(directory, MODE_DIRECTORY))
		return -ENOTDIR;
	error = status_of_description(directory, &status);
	return error ? error : asker_check(&asker, &status.attributes, ACCESS_EXECUTE);
}

/* The directory that a path leads to, if it may be entered. */
static int directory_open(struct task *task, uint64_t address, struct description **directory)
{
	struct walk walk;
	int error = walk_begin(&walk, task, LINUX_AT_FDCWD, address, WALK_FOUND);

	if (error) {
		walk_end(&walk);
		return error;
	}
	error = walk_open(&walk, LINUX_O_PATH | LINUX_O_DIRECTORY, 0, directory);
	if (error)
		return error;
	error = directory_allows(task, *directory);
	if (error)
		description_release(*directory);
	return error;
}

int64_t linux_chdir(struct task *task, const uint64_t arguments[6])
{
	struct description *directory;
	int error = directory_open(task, arguments[0], &directory);

	if (!error)
		directory_set(&task->place->directory, directory);
	return error;
}

int64_t linux_fchdir(struct task *task, const uint64_t arguments[6])
{
	struct description *directory;
	int error = descriptor_take_path(task, (uint32_t)arguments[0], &directory);

	if (error)
		return error;
	error = directory_allows(task, directory);
	if (error)
		description_release(directory);
	else
		directory_set(&task->place->directory, directory);
	return error;
}

int64_t linux_chroot(struct task *task, const uint64_t arguments[6])
{
	struct description *directory;
	int error = directory_open(task, arguments[0], &directory);

	if (error)
		return error;
	if (!task_may(task, LINUX_CAP_SYS_CHROOT)) {
		description_release(directory);
		return -EPERM;
	}
	directory_set(&task->place->root, directory);
	return 0;
}

int64_t linux_umask(struct task *task, const uint64_t arguments[6])
{
	uint32_t before = task->place->umask;

	task->place->umask = (uint32_t)arguments[0] & 0777;
	return before;
}

/* getcwd. */

/* Takes the root of the task off the beginning of a path. What does not lie below it is not reachable. */
static const char *below_root(const struct task *task, const char *path)
{
	char root[PATH_BYTES_MAX + 1];
	size_t length;

	if (!task->place->root)
		return path;
	if (text_resolve(task->place->root, root) <= 0)
		return NULL;
	length = strlen(root);
	if (length == 1)
		return path;
	if (memcmp(path, root, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path[length] ? path + length : "/";
}

int64_t directory_path(struct task *task, struct description *directory, char path[PATH_BYTES_MAX + 1])
{
	static const char unreachable[] = "(unreachable)";
	int64_t error;
	const char *below;
	size_t length;

	if (!directory) {
		memcpy(path, "/", 2);
		return 1;
	}
	error = text_resolve(directory, path);
	if (error <= 0)
		return error;
	below = below_root(task, path);
	length = strlen(below ? below : path);
	if (below) {
		memmove(path, below, length + 1);
		return (int64_t)length;
	}
	if (length + sizeof(unreachable) > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memmove(path + sizeof(unreachable) - 1, path, length + 1);
	memcpy(path, unreachable, sizeof(unreachable) - 1);
	return (int64_t)(length + sizeof(unreachable) - 1);
}

int64_t linux_getcwd(struct task *task, const uint64_t arguments[6])
{
	char path[PATH_BYTES_MAX + 1];
	struct description *directory = task->place->directory;
	int64_t length;

	if (directory)
		description_hold(directory);
	length = directory_path(task, directory, path);
	if (directory)
		description_release(directory);
	if (length < 0)
		return length;
	if ((uint64_t)length + 1 > arguments[1])
		return -ERANGE;
	return user_write(task->memory, arguments[0], path, (size_t)length + 1) ? -EFAULT : length + 1;
}

/* Directories. */

#define RECORDS_BYTES 4096 /* taken at a time */

/* Entries in the form of getdents64, which is that of the servers. Bytes. */
static int64_t records_put(struct task *task, uint64_t address, const unsigned char *records, int64_t bytes)
{
	return user_write(task->memory, address, records, (size_t)bytes) ? -EFAULT : bytes;
}

/* The older form: the type is the last byte, and the name begins a byte earlier. Records keep their length. */
static int64_t records_put_old(struct task *task, uint64_t address, unsigned char *records, int64_t bytes)
{
	for (int64_t at = 0; at < bytes;) {
		struct directory_record *record = (struct directory_record *)(records + at);
		uint8_t type = record->type;
		size_t name = strlen(record->name) + 1;

		memmove(&record->type, record->name, name);
		memset(&record->type + name, 0, record->bytes - offsetof(struct directory_record, type) - name);
		((unsigned char *)record)[record->bytes - 1] = type;
		at += record->bytes;
	}
	return records_put(task, address, records, bytes);
}

static int64_t entries_list(struct task *task, struct description *description, uint64_t address, uint64_t room, bool old)
{
	unsigned char records[RECORDS_BYTES] __attribute__((aligned(8)));
	uint64_t done = 0;

	for (;;) {
		uint64_t cookie = description->offset, wanted = room - done < sizeof(records) ? room - done : sizeof(records);
		int64_t bytes = wanted ? description->operations->list(task, description, &cookie, records, wanted) : 0;

		if (bytes > 0)
			bytes = old ? records_put_old(task, address + done, records, bytes) : records_put(task, address + done, records, bytes);
		if (bytes <= 0)
			return done ? (int64_t)done : bytes;
		description->offset = cookie;
		done += (uint64_t)bytes;
	}
}

static int64_t call_list(struct task *task, const uint64_t arguments[6], bool old)
{
	struct description *description;
	int64_t result = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (result)
		return result;
	fiber_lock(&description->position);
	result = description->operations->list ? entries_list(task, description, arguments[1], (uint32_t)arguments[2], old) : -ENOTDIR;
	fiber_unlock(&description->position);
	if (description->operations->list)
		notify_description(description, LINUX_IN_ACCESS);
	description_release(description);
	return result;
}

int64_t linux_getdents(struct task *task, const uint64_t arguments[6])
{
	return call_list(task, arguments, true);
}

int64_t linux_getdents64(struct task *task, const uint64_t arguments[6])
{
	return call_list(task, arguments, false);
}
