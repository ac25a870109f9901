/* SPDX-License-Identifier: MIT */
/* Renaming, replacing and exchanging (renameat2(2)): two names are found, all that is refused is refused, then one of two changes is made (operations.h). */
#include "servers/ext2/operations.h"

#include "servers/ext2/directory.h"
#include "servers/ext2/inode.h"

struct rename {
	struct ext2 *fs;
	uint64_t from_number, to_number; /* directories */
	struct inode *from, *to;
	struct name from_name, to_name;
	struct victim moved, target;
	bool target_exists;
	uint32_t flags;
};

/* Is `ancestor` the directory `number` itself or above it? 1, 0, or an error. */
static int directory_above(struct ext2 *fs, uint32_t ancestor, uint32_t number)
{
	for (uint32_t steps = 0; number != ancestor; steps++) {
		uint32_t parent = 0;
		int result;

		if (number == INODE_ROOT)
			return 0;
		result = steps < fs->inodes ? name_find(fs, number, (struct name){"..", 2}, &parent) : -ENOENT;
		if (result == -ENOENT || result == -ESTALE || result == -ENOTDIR)
			return damage_found(fs, "the parents of a directory do not lead to the root", number);
		if (result != 0)
			return result;
		number = parent;
	}
	return 1;
}

/* What renameat2(2) refuses, in its order. 1: nothing is to be done. */
static int rename_check(struct rename *rename)
{
	bool swap = rename->flags & RENAME_SWAP;
	int result;

	if (rename->target_exists && rename->flags & RENAME_KEEP)
		return -EEXIST;
	if (!rename->target_exists && swap)
		return -ENOENT;
	if (is_directory(rename->moved.inode)) {
		result = directory_above(rename->fs, rename->moved.number, (uint32_t)rename->to_number);
		if (result != 0)
			return result < 0 ? result : -EINVAL;
	}
	if (rename->target_exists && is_directory(rename->target.inode)) {
		result = directory_above(rename->fs, rename->target.number, (uint32_t)rename->from_number);
		if (result != 0)
			return result < 0 ? result : swap ? -EINVAL : -ENOTEMPTY;
	}
	if (!rename->target_exists)
		return victim_check(rename->from, &rename->moved);
	if (rename->target.number == rename->moved.number)
		return 1;
	result = victim_check(rename->from, &rename->moved);
	if (result == 0)
		result = victim_check(rename->to, &rename->target);
	if (result != 0 || swap)
		return result;
	if (is_directory(rename->moved.inode) != is_directory(rename->target.inode))
		return is_directory(rename->moved.inode) ? -ENOTDIR : -EISDIR;
	return is_directory(rename->target.inode) ? directory_empty(rename->fs, rename->target.number, rename->target.inode) : 0;
}

static int rename_find(struct rename *rename)
{
	struct ext2 *fs = rename->fs;
	int result;

	if ((rename->flags & ~(uint32_t)(RENAME_KEEP | RENAME_SWAP)) != 0 || rename->flags == (RENAME_KEEP | RENAME_SWAP))
		return -EINVAL;
	result = directory_for_change(fs, rename->from_number, &rename->from);
	if (result == 0)
		result = directory_for_change(fs, rename->to_number, &rename->to);
	if (result == 0)
		result = victim_find(fs, rename->from_number, rename->from, rename->from_name, &rename->moved);
	if (result != 0)
		return result;
	result = victim_find(fs, rename->to_number, rename->to, rename->to_name, &rename->target);
	rename->target_exists = result == 0;
	return result == -ENOENT ? 0 : result;
}

/* A directory has come from one parent to another: ".." and the parents' links follow. */
static int parent_change(struct ext2 *fs, const struct victim *directory, struct inode *from, struct inode *to, uint32_t to_number)
{
	struct slot slot = {0};
	int result;

	if (!is_directory(directory->inode) || from == to)
		return 0;
	result = directory_find(fs, directory->number, directory->inode, (struct name){"..", 2}, &slot);
	if (result == -ENOENT)
		result = damage_found(fs, "a directory has no parent entry", directory->number);
	if (result == 0)
		result = links_add(fs, to);
	if (result != 0)
		return result;
	parent_drop(fs, from);
	directory_set(fs, NULL, &slot, to_number, MODE_DIRECTORY);
	return 0;
}

static void change_time_note(struct ext2 *fs, struct inode *inode)
{
	inode_change(fs, inode);
	inode_time_set(fs, inode, TIME_CHANGE, fs->clock.now);
}

static int rename_swap(struct rename *rename)
{
	struct ext2 *fs = rename->fs;
	int result = parent_change(fs, &rename->moved, rename->from, rename->to, (uint32_t)rename->to_number);

	if (result == 0)
		result = parent_change(fs, &rename->target, rename->to, rename->from, (uint32_t)rename->from_number);
	if (result != 0)
		return result;
	directory_set(fs, rename->to, &rename->target.slot, rename->moved.number, rename->moved.inode->mode);
	directory_set(fs, rename->from, &rename->moved.slot, rename->target.number, rename->target.inode->mode);
	change_time_note(fs, rename->moved.inode);
	change_time_note(fs, rename->target.inode);
	return 0;
}

/* The new name first, since adding one can fail and can split the entry before the old one. */
static int rename_move(struct rename *rename)
{
	struct ext2 *fs = rename->fs;
	int result = 0;

	if (rename->target_exists) {
		result = links_drop(fs, rename->target.number, rename->target.inode);
		if (result == 0 && is_directory(rename->target.inode))
			parent_drop(fs, rename->to);
		if (result == 0)
			directory_set(fs, rename->to, &rename->target.slot, rename->moved.number, rename->moved.inode->mode);
	} else {
		result = directory_add(fs, (uint32_t)rename->to_number, rename->to, rename->to_name, rename->moved.number, rename->moved.inode->mode);
	}
	if (result == 0)
		result = parent_change(fs, &rename->moved, rename->from, rename->to, (uint32_t)rename->to_number);
	if (result == 0)
		result = directory_find(fs, (uint32_t)rename->from_number, rename->from, rename->from_name, &rename->moved.slot);
	if (result != 0)
		return result;
	directory_remove(fs, rename->from, &rename->moved.slot);
	change_time_note(fs, rename->moved.inode);
	return 0;
}

int operation_rename(void *core, uint64_t old_directory, struct name old_name, uint64_t new_directory, struct name new_name, uint32_t flags)
{
	struct rename rename = {.fs = core, .from_number = old_directory, .to_number = new_directory, .from_name = old_name, .to_name = new_name, .flags = flags};
	int result = rename_find(&rename);

	if (result == 0)
		result = rename_check(&rename);
	if (result != 0)
		return result == 1 ? 0 : result;
	inode_publish(core, old_directory);
	inode_publish(core, new_directory);
	inode_publish(core, rename.moved.number);
	if (rename.target_exists)
		inode_publish(core, rename.target.number);
	return flags & RENAME_SWAP ? rename_swap(&rename) : rename_move(&rename);
}
