/* SPDX-License-Identifier: MIT */
/* Contents of files, and lists of directories (operations.h). */
#include "servers/ext2/operations.h"

#include "servers/ext2/directory.h"
#include "servers/ext2/file.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/page.h"

static int regular_get(struct ext2 *fs, uint64_t number, struct inode **inode)
{
	int result = inode_live(fs, number, inode);

	if (result == 0 && (*inode)->mode >> 12 != MODE_REGULAR >> 12)
		result = is_directory(*inode) ? -EISDIR : -EINVAL;
	return result;
}

static int64_t read_once(struct ext2 *fs, uint64_t number, struct inode **inode, uint64_t offset, void *buffer, size_t bytes)
{
	int result;

	look_begin(fs);
	result = regular_get(fs, number, inode);
	return result == 0 ? file_read(fs, (uint32_t)number, *inode, offset, buffer, bytes) : result;
}

int64_t operation_read(void *core, uint64_t number, uint64_t offset, void *buffer, size_t bytes)
{
	struct inode *inode = NULL;
	int64_t result;

	do
		result = read_once(core, number, &inode, offset, buffer, bytes);
	while (again(core, result));
	if (result > 0)
		access_note(core, (uint32_t)number, inode);
	return result;
}

static int page_once(struct ext2 *fs, uint64_t number, struct inode **inode, uint64_t index, const void **page)
{
	int result;

	look_begin(fs);
	result = regular_get(fs, number, inode);
	return result == 0 ? page_of_file(fs, (uint32_t)number, *inode, index, page) : result;
}

/* What is found stays where it is while the access is noted: it has been used since the last operation began. */
int operation_page(void *core, uint64_t number, uint64_t index, const void **page)
{
	struct inode *inode = NULL;
	int result;

	do
		result = page_once(core, number, &inode, index, page);
	while (again(core, result));
	if (result > 0)
		access_note(core, (uint32_t)number, inode);
	return result;
}

int64_t operation_write(void *core, uint64_t number, uint64_t *offset, const void *buffer, size_t bytes)
{
	struct ext2 *fs = core;
	struct inode *inode = NULL;
	int result = change_begin(fs);

	if (result == 0)
		result = regular_get(fs, number, &inode);
	if (result == 0 && (inode->flags & INODE_IMMUTABLE || (inode->flags & INODE_APPEND && *offset != FILE_END && *offset != inode_size(inode))))
		result = -EPERM;
	inode_publish_attributes(fs, number);
	return result == 0 ? file_write(fs, (uint32_t)number, inode, offset, buffer, bytes) : result;
}

/* The format has no blocks that are allocated and read as zero, and Linux's ext2 has no allocation either; C libraries then write zeros themselves. */
int operation_allocate(void *core, uint64_t number, uint32_t mode, uint64_t offset, uint64_t bytes)
{
	(void)core, (void)number, (void)mode, (void)offset, (void)bytes;
	return -EOPNOTSUPP;
}

static int64_t seek_once(struct ext2 *fs, uint64_t number, uint64_t offset, enum seek_whence whence)
{
	struct inode *inode = NULL;
	int result;

	look_begin(fs);
	result = regular_get(fs, number, &inode);
	return result == 0 ? file_seek(fs, (uint32_t)number, inode, offset, whence) : result;
}

int64_t operation_seek(void *core, uint64_t number, uint64_t offset, enum seek_whence whence)
{
	int64_t result;

	do
		result = seek_once(core, number, offset, whence);
	while (again(core, result));
	return result;
}

static int readdir_once(struct ext2 *fs, uint64_t number, struct inode **directory, uint64_t *cookie, directory_emit emit, void *context)
{
	int result;

	look_begin(fs);
	result = directory_get(fs, number, directory);
	if (result == 0 && (*directory)->links == 0)
		return -ENOENT; /* removed while it is open */
	return result == 0 ? directory_read(fs, (uint32_t)number, *directory, cookie, emit, context) : result;
}

int operation_readdir(void *core, uint64_t number, uint64_t *cookie, directory_emit emit, void *context)
{
	struct inode *directory = NULL;
	int result;

	do
		result = readdir_once(core, number, &directory, cookie, emit, context);
	while (again(core, result));
	if (result == 0)
		access_note(core, (uint32_t)number, directory);
	return result;
}
