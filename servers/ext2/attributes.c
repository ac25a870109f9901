/* SPDX-License-Identifier: MIT */
/* Attributes of inodes, targets of symbolic links, and users (operations.h). */
#include "servers/ext2/operations.h"

#include "servers/ext2/file.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/users.h"

#define ACCESS_STALE_SECONDS (24 * 60 * 60)

static bool is_later(struct timestamp a, struct timestamp b)
{
	return a.seconds > b.seconds || (a.seconds == b.seconds && a.nanoseconds > b.nanoseconds);
}

bool access_is_noted(const struct ext2 *fs, const struct inode *inode)
{
	struct timestamp access = inode_time(fs, inode, TIME_ACCESS);

	if (inode_time_is(fs, inode, TIME_ACCESS, fs->clock.now))
		return true;
	return is_later(access, inode_time(fs, inode, TIME_MODIFY)) && is_later(access, inode_time(fs, inode, TIME_CHANGE)) && access.seconds + ACCESS_STALE_SECONDS > fs->clock.now.seconds;
}

void access_note_now(struct ext2 *fs, uint32_t number)
{
	struct inode *inode = NULL;

	ext2_begin(fs);
	if (change_begin(fs) != 0 || inode_live(fs, number, &inode) != 0) {
		ext2_rollback(fs);
		return;
	}
	inode_change(fs, inode);
	inode_time_set(fs, inode, TIME_ACCESS, fs->clock.now);
	inode_publish_attributes(fs, number);
	ext2_commit(fs);
}

static int getattr_once(struct ext2 *fs, uint64_t number, struct attributes *attributes)
{
	struct inode *inode = NULL;
	int result;

	look_begin(fs);
	result = inode_live(fs, number, &inode);
	if (result == 0)
		inode_attributes(fs, (uint32_t)number, inode, attributes);
	return result;
}

int operation_getattr(void *core, uint64_t number, struct attributes *attributes)
{
	int result;

	do
		result = getattr_once(core, number, attributes);
	while (again(core, result));
	return result;
}

static void owner_set(struct inode *inode, const struct attribute_change *change)
{
	if (change->mask & ATTRIBUTE_OWNER) {
		inode->owner = (uint16_t)change->owner;
		inode->owner_high = (uint16_t)(change->owner >> 16);
	}
	if (change->mask & ATTRIBUTE_GROUP) {
		inode->group = (uint16_t)change->group;
		inode->group_high = (uint16_t)(change->group >> 16);
	}
}

static int size_set(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t size)
{
	int result;

	if ((inode->mode & MODE_TYPE) != MODE_REGULAR)
		return is_directory(inode) ? -EISDIR : -EINVAL;
	if (inode->flags & INODE_APPEND)
		return -EPERM;
	result = inode_resize(fs, number, inode, size);
	if (result == 0)
		inode_time_set(fs, inode, TIME_MODIFY, fs->clock.now);
	return result;
}

int operation_setattr(void *core, uint64_t number, const struct attribute_change *change, struct attributes *attributes)
{
	struct ext2 *fs = core;
	struct inode *inode = NULL;
	int result = change_begin(fs);

	if (result == 0)
		result = inode_live(fs, number, &inode);
	if (result == 0 && inode->flags & INODE_IMMUTABLE)
		result = -EPERM;
	if (result == 0 && change->mask & ATTRIBUTE_SIZE)
		result = size_set(fs, (uint32_t)number, inode, change->size);
	if (result != 0)
		return result;
	inode_change(fs, inode);
	inode_publish(fs, number);
	if (change->mask & ATTRIBUTE_MODE)
		inode->mode = (uint16_t)((inode->mode & MODE_TYPE) | (change->mode & MODE_PERMISSIONS));
	owner_set(inode, change);
	if (change->mask & ATTRIBUTE_ACCESS)
		inode_time_set(fs, inode, TIME_ACCESS, change->access);
	if (change->mask & ATTRIBUTE_MODIFY)
		inode_time_set(fs, inode, TIME_MODIFY, change->modify);
	inode_time_set(fs, inode, TIME_CHANGE, fs->clock.now);
	inode_attributes(fs, (uint32_t)number, inode, attributes);
	return 0;
}

static int64_t readlink_once(struct ext2 *fs, uint64_t number, struct inode **inode, char *buffer, size_t bytes)
{
	int result;

	look_begin(fs);
	result = inode_live(fs, number, inode);
	if (result != 0)
		return result;
	return ((*inode)->mode & MODE_TYPE) == MODE_LINK ? link_read(fs, (uint32_t)number, *inode, buffer, bytes) : -EINVAL;
}

int64_t operation_readlink(void *core, uint64_t number, char *buffer, size_t bytes)
{
	struct inode *inode = NULL;
	int64_t result;

	do
		result = readlink_once(core, number, &inode, buffer, bytes);
	while (again(core, result));
	if (result >= 0)
		access_note(core, (uint32_t)number, inode);
	return result;
}

/* A list of open files is part of the state only; nothing of it goes to the disk. */
int operation_open(void *core, uint64_t number)
{
	return inode_open(core, number);
}

int operation_close(void *core, uint64_t number)
{
	return inode_close(core, number);
}
