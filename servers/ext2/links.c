/* SPDX-License-Identifier: MIT */
/* Names of inodes: looking them up, making files with them, and taking them away (operations.h). */
#include "servers/ext2/operations.h"

#include "servers/ext2/directory.h"
#include "servers/ext2/file.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/users.h"

int directory_get(struct ext2 *fs, uint64_t number, struct inode **directory)
{
	int result = inode_live(fs, number, directory);

	if (result == 0 && !is_directory(*directory))
		result = -ENOTDIR;
	return result;
}

int directory_for_change(struct ext2 *fs, uint64_t number, struct inode **directory)
{
	int result = change_begin(fs);

	if (result == 0)
		result = directory_get(fs, number, directory);
	if (result == 0 && (*directory)->links == 0)
		result = -ENOENT;
	if (result == 0 && (*directory)->flags & INODE_IMMUTABLE)
		result = -EPERM;
	return result;
}

int name_find(struct ext2 *fs, uint64_t directory_number, struct name name, uint32_t *number)
{
	struct inode *directory = NULL;
	struct slot slot = {0};
	int result = directory_get(fs, directory_number, &directory);

	if (result == 0)
		result = directory_find(fs, (uint32_t)directory_number, directory, name, &slot);
	if (result == 0)
		*number = slot_entry(&slot)->inode;
	return result;
}

static int lookup_once(struct ext2 *fs, uint64_t directory, struct name name, struct attributes *attributes)
{
	struct inode *inode = NULL;
	uint32_t number = 0;
	int result;

	look_begin(fs);
	result = name_find(fs, directory, name, &number);
	if (result == 0)
		result = inode_named(fs, number, &inode);
	if (result == 0)
		inode_attributes(fs, number, inode, attributes);
	return result;
}

int operation_lookup(void *core, uint64_t directory, struct name name, struct attributes *attributes)
{
	int result;

	do
		result = lookup_once(core, directory, name, attributes);
	while (again(core, result));
	return result;
}

/* 0 when there is no such name. */
static int name_absent(struct ext2 *fs, uint64_t directory_number, const struct inode *directory, struct name name)
{
	struct slot slot = {0};
	int result = directory_find(fs, (uint32_t)directory_number, directory, name, &slot);

	return result == 0 ? -EEXIST : result == -ENOENT ? 0 : result;
}

int links_add(struct ext2 *fs, struct inode *inode)
{
	if (inode->links >= LINKS_MAX)
		return -EMLINK;
	inode_change(fs, inode);
	inode->links++;
	return 0;
}

/* One name fewer. A directory has two links for its last name. */
int links_drop(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	int result = inode_cut_finished(fs, number);

	if (result != 0)
		return result;
	if (inode->links < (is_directory(inode) ? 2 : 1))
		return damage_found(fs, "an inode has more names than links", number);
	inode_change(fs, inode);
	inode->links = is_directory(inode) ? 0 : (uint16_t)(inode->links - 1);
	inode_time_set(fs, inode, TIME_CHANGE, fs->clock.now);
	if (inode->links > 0)
		return 0;
	if (inode_in_use(fs, number))
		inode_nameless(fs->watch, number);
	return orphan_add(fs, number, inode);
}

/* A directory has lost one directory in it. */
void parent_drop(struct ext2 *fs, struct inode *parent)
{
	inode_change(fs, parent);
	if (parent->links > 2)
		parent->links--;
}

/* A new inode with its name; the rest of it is made by the caller. */
static int file_make(struct ext2 *fs, uint64_t directory_number, struct name name, const struct file_creation *creation, uint32_t *number, struct inode **inode)
{
	struct inode *directory = NULL;
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = name_absent(fs, directory_number, directory, name);
	if (result == 0)
		result = inode_make(fs, (uint32_t)directory_number, creation, number, inode);
	if (result == 0 && is_directory(*inode)) {
		result = links_add(fs, directory);
		(*inode)->links = 2;
		if (result == 0)
			result = directory_make(fs, *number, *inode, (uint32_t)directory_number);
	}
	if (result == 0)
		result = directory_add(fs, (uint32_t)directory_number, directory, name, *number, creation->mode);
	if (result == 0) {
		inode_publish(fs, directory_number);
		inode_publish(fs, *number);
	}
	return result;
}

int operation_create(void *core, uint64_t directory, struct name name, const struct file_creation *creation, struct attributes *attributes)
{
	struct inode *inode = NULL;
	uint32_t number = 0;
	int result = file_make(core, directory, name, creation, &number, &inode);

	if (result == 0)
		inode_attributes(core, number, inode, attributes);
	return result;
}

int operation_create_nameless(void *core, uint64_t directory_number, const struct file_creation *creation, bool linkable, struct attributes *attributes)
{
	struct ext2 *fs = core;
	struct inode *directory = NULL, *inode = NULL;
	uint32_t number = 0;
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = inode_make(fs, (uint32_t)directory_number, creation, &number, &inode);
	if (result == 0) {
		inode->links = 0;
		result = inode_open_nameless(fs, number, linkable);
	}
	if (result == 0)
		result = orphan_add(fs, number, inode);
	if (result != 0)
		return result;
	inode_publish(fs, number);
	inode_attributes(fs, number, inode, attributes);
	return 0;
}

int operation_symlink(void *core, uint64_t directory, struct name name, const char *target, size_t bytes, uint32_t owner, uint32_t group,
	struct attributes *attributes)
{
	const struct file_creation creation = {.mode = MODE_LINK | 0777, .owner = owner, .group = group};
	struct inode *inode = NULL;
	uint32_t number = 0;
	int result = file_make(core, directory, name, &creation, &number, &inode);

	if (result == 0)
		result = bytes == 0 ? -ENOENT : link_write(core, number, inode, target, bytes);
	if (result == 0)
		inode_attributes(core, number, inode, attributes);
	return result;
}

/* One link more for a file that has some, or was made without one. */
static int link_gain(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	int result;

	if (inode->links > 0)
		return links_add(fs, inode);
	if (!inode_is_linkable(fs, number))
		return -ENOENT;
	result = inode_cut_finished(fs, number);
	if (result == 0)
		result = orphan_remove(fs, number, inode);
	if (result == 0)
		result = links_add(fs, inode);
	if (result == 0)
		inode_linked(fs, number);
	return result;
}

int operation_link(void *core, uint64_t directory_number, struct name name, uint64_t number, struct attributes *attributes)
{
	struct ext2 *fs = core;
	struct inode *directory = NULL, *inode = NULL;
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = inode_live(fs, number, &inode);
	if (result == 0)
		result = name_absent(fs, directory_number, directory, name);
	if (result == 0 && (is_directory(inode) || inode->flags & (INODE_IMMUTABLE | INODE_APPEND)))
		result = -EPERM;
	if (result == 0)
		result = link_gain(fs, (uint32_t)number, inode);
	if (result == 0)
		result = directory_add(fs, (uint32_t)directory_number, directory, name, (uint32_t)number, inode->mode);
	if (result != 0)
		return result;
	inode_time_set(fs, inode, TIME_CHANGE, fs->clock.now);
	inode_publish(fs, directory_number);
	inode_publish_attributes(fs, number);
	inode_attributes(fs, (uint32_t)number, inode, attributes);
	return 0;
}

int victim_find(struct ext2 *fs, uint64_t directory_number, const struct inode *directory, struct name name, struct victim *victim)
{
	int result = directory_find(fs, (uint32_t)directory_number, directory, name, &victim->slot);

	if (result != 0)
		return result;
	victim->number = slot_entry(&victim->slot)->inode;
	return inode_named(fs, victim->number, &victim->inode);
}

/* May this name go? `directory`: its directory. */
int victim_check(const struct inode *directory, const struct victim *victim)
{
	if (directory->flags & INODE_APPEND || victim->inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		return -EPERM;
	return 0;
}

/* Takes the name away, and one link of what it referred to. */
static int victim_remove(struct ext2 *fs, uint64_t directory_number, struct inode *directory, const struct victim *victim)
{
	int result = links_drop(fs, victim->number, victim->inode);

	if (result != 0)
		return result;
	directory_remove(fs, directory, &victim->slot);
	inode_publish(fs, directory_number);
	inode_publish(fs, victim->number);
	return 0;
}

/* The name of a directory, or of something else, goes. */
static int name_remove(struct ext2 *fs, uint64_t directory_number, struct name name, bool of_directory)
{
	struct inode *directory = NULL;
	struct victim victim = {0};
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = victim_find(fs, directory_number, directory, name, &victim);
	if (result == 0)
		result = victim_check(directory, &victim);
	if (result == 0 && is_directory(victim.inode) != of_directory)
		result = of_directory ? -ENOTDIR : -EISDIR;
	if (result == 0 && of_directory)
		result = directory_empty(fs, victim.number, victim.inode);
	if (result == 0)
		result = victim_remove(fs, directory_number, directory, &victim);
	if (result == 0 && of_directory)
		parent_drop(fs, directory);
	return result;
}

int operation_unlink(void *core, uint64_t directory, struct name name)
{
	return name_remove(core, directory, name, false);
}

int operation_rmdir(void *core, uint64_t directory, struct name name)
{
	return name_remove(core, directory, name, true);
}
