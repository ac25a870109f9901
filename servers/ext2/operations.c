/* SPDX-License-Identifier: MIT */
/* The table of the filesystem interface, and what is about the filesystem as a whole (operations.h). */
#include "servers/ext2/operations.h"

#include "servers/ext2/journal.h"

#define SUPER_MAGIC 0xef53 /* f_type of statfs(2) */

/* A commit takes all files with it: what one needs (its name, its directory) may have been changed by any operation. */
static int operation_fsync(void *core, uint64_t number, bool data_only)
{
	(void)number, (void)data_only;
	return journal_commit(core);
}

static int operation_sync(void *core)
{
	return journal_commit(core);
}

static int statfs_once(struct ext2 *fs, struct filesystem_statistics *statistics)
{
	struct superblock *superblock;
	uint64_t free;
	int result;

	look_begin(fs);
	result = superblock_get(fs, &superblock);
	if (result != 0)
		return result;
	free = (uint64_t)superblock->blocks_free + fs->state->pending_blocks;
	*statistics = (struct filesystem_statistics){
		.type = SUPER_MAGIC,
		.block_size = fs->block_bytes,
		.blocks = fs->blocks - fs->overhead,
		.blocks_free = free,
		.blocks_available = free > superblock->blocks_reserved ? free - superblock->blocks_reserved : 0,
		.inodes = fs->inodes,
		.inodes_free = superblock->inodes_free,
		.name_length = NAME_BYTES_MAX,
		.file_bytes_max = fs->file_bytes_max,
		.flags = fs->read_only ? MOUNT_READ_ONLY : 0,
	};
	return 0;
}

static int operation_statfs(void *core, struct filesystem_statistics *statistics)
{
	int result;

	do
		result = statfs_once(core, statistics);
	while (again(core, result));
	return result;
}

static int operation_root(void *core, uint64_t *inode, uint32_t *flags)
{
	const struct ext2 *fs = core;

	*inode = INODE_ROOT;
	*flags = fs->read_only ? MOUNT_READ_ONLY : 0;
	return 0;
}

static void operation_begin(void *core)
{
	ext2_begin(core);
}

static void operation_commit(void *core)
{
	ext2_commit(core);
}

static void operation_rollback(void *core)
{
	ext2_rollback(core);
}

static void operation_wait(void *core)
{
	ext2_wait(core);
}

const struct filesystem_operations ext2_operations = {
	.begin = operation_begin,
	.commit = operation_commit,
	.rollback = operation_rollback,
	.wait = operation_wait,
	.root = operation_root,
	.lookup = operation_lookup,
	.create = operation_create,
	.create_nameless = operation_create_nameless,
	.symlink = operation_symlink,
	.link = operation_link,
	.unlink = operation_unlink,
	.rmdir = operation_rmdir,
	.rename = operation_rename,
	.getattr = operation_getattr,
	.setattr = operation_setattr,
	.readlink = operation_readlink,
	.open = operation_open,
	.close = operation_close,
	.xattr_get = operation_xattr_get,
	.xattr_list = operation_xattr_list,
	.xattr_set = operation_xattr_set,
	.xattr_remove = operation_xattr_remove,
	.read = operation_read,
	.page = operation_page,
	.write = operation_write,
	.allocate = operation_allocate,
	.seek = operation_seek,
	.fsync = operation_fsync,
	.sync = operation_sync,
	.readdir = operation_readdir,
	.statfs = operation_statfs,
};
