/* SPDX-License-Identifier: MIT */
/* The calls that bring data to stable storage: fsync, fdatasync, sync, syncfs, sync_file_range; and posix_fadvise, which promises nothing. */
#include "file/content.h"
#include "file/description.h"
#include "lib/path.h"
#include "process/handlers.h"

static int64_t call_sync(struct task *task, uint64_t number, bool data_only)
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)number, &description);

	if (error)
		return error;
	error = description->operations->sync ? description->operations->sync(description, data_only) : -EINVAL;
	description_release(description);
	return error;
}

int64_t linux_fsync(struct task *task, const uint64_t arguments[6])
{
	return call_sync(task, arguments[0], false);
}

int64_t linux_fdatasync(struct task *task, const uint64_t arguments[6])
{
	return call_sync(task, arguments[0], true);
}

int64_t linux_sync(struct task *task, const uint64_t arguments[6])
{
	(void)task, (void)arguments;
	(void)contents_write_back(); /* sync(2) has no errors */
	(void)path_sync();
	return 0;
}

/* All filesystems: more than is asked for. */
int64_t linux_syncfs(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description), failed;

	if (error)
		return error;
	error = contents_write_back();
	failed = path_sync();
	description_release(description);
	return error ? error : failed;
}

/* Writes the whole file back. */
int64_t linux_sync_file_range(struct task *task, const uint64_t arguments[6])
{
	int64_t offset = (int64_t)arguments[1], bytes = (int64_t)arguments[2], end;
	struct description *description;
	int error;

	if (arguments[3] & ~(uint64_t)(LINUX_SYNC_FILE_RANGE_WAIT_BEFORE | LINUX_SYNC_FILE_RANGE_WRITE | LINUX_SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (offset < 0 || bytes < 0 || __builtin_add_overflow(offset, bytes, &end))
		return -EINVAL;
	error = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (error)
		return error;
	if (!description_is(description, MODE_REGULAR) && !description_is(description, MODE_DIRECTORY) && !description_is(description, MODE_BLOCK))
		error = -ESPIPE;
	else if (description->operations->sync && arguments[3])
		error = description->operations->sync(description, true);
	description_release(description);
	return error;
}

int64_t linux_fadvise64(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	if (description_is(description, MODE_FIFO))
		error = -ESPIPE;
	else if ((int64_t)arguments[2] < 0 || arguments[3] > LINUX_POSIX_FADV_NOREUSE)
		error = -EINVAL;
	description_release(description);
	return error;
}

int64_t linux_readahead(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	if (!description_reads(description))
		error = -EBADF;
	else if (!description_is(description, MODE_REGULAR))
		error = -EINVAL;
	description_release(description);
	return error;
}
