/* SPDX-License-Identifier: MIT */
/* Open directories of filesystems, and what is open with O_PATH (file/regular.h). The offset of a directory is the cookie after which it goes on. */
#include "file/opened.h"
#include "file/regular.h"
#include "lib/file.h"

static int64_t directory_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task, (void)description, (void)transfer, (void)offset;
	return -EISDIR;
}

static int64_t directory_list(struct task *task, struct description *description, uint64_t *cookie, void *buffer, size_t bytes)
{
	(void)task;
	return file_list(description->opened->number, cookie, buffer, bytes);
}

static int64_t directory_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task;
	if (whence != LINUX_SEEK_SET && whence != LINUX_SEEK_CUR)
		return -EINVAL;
	return offset_sought(description, offset, whence, 0);
}

static int directory_sync(struct description *description, bool data_only)
{
	return data_only ? file_sync_data(description->opened->number) : file_sync(description->opened->number);
}

const struct description_operations directory_operations = {
	.read = directory_read,
	.list = directory_list,
	.seek = directory_seek,
	.sync = directory_sync,
};

const struct description_operations path_operations = {0};
