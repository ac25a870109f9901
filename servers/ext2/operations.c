/* SPDX-License-Identifier: MIT */
/*
 * The operations of the filesystem interface (lib/filesystem.h) on a struct ext2. Each that changes something: change_begin, lookups and checks, then changes; what fails in between is undone by the rollback of its caller.
 * Those that change nothing are tried again here until everything that they need is in the cache.
 */
#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/directory.h"
#include "servers/ext2/file.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/journal.h"
#include "servers/ext2/map.h"
#include "servers/ext2/page.h"
#include "servers/ext2/users.h"

#define SUPER_MAGIC 0xef53 /* f_type of statfs(2) */
#define ACCESS_STALE_SECONDS (24 * 60 * 60)

/* One more try of an operation that changes nothing: true when its result says that it must wait first. */
static bool again(struct ext2 *fs, int64_t result)
{
	if (result == -EAGAIN)
		ext2_wait(fs);
	return result == -EAGAIN;
}

/* Before each try: what it uses stays in the cache until it ends. */
static void look_begin(struct ext2 *fs)
{
	fetches_reap(fs);
	fs->epoch++;
}

static bool is_directory(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_DIRECTORY;
}

static bool is_later(struct timestamp a, struct timestamp b)
{
	return a.seconds > b.seconds || (a.seconds == b.seconds && a.nanoseconds > b.nanoseconds);
}

/* Access times: as "relatime" has it, when the file was changed since, or once a day; and only if that tells another time than before. */
static bool access_is_noted(const struct ext2 *fs, const struct inode *inode)
{
	struct timestamp access = inode_time(fs, inode, TIME_ACCESS);

	if (inode_time_is(fs, inode, TIME_ACCESS, fs->clock.now))
		return true;
	return is_later(access, inode_time(fs, inode, TIME_MODIFY)) && is_later(access, inode_time(fs, inode, TIME_CHANGE)) && access.seconds + ACCESS_STALE_SECONDS > fs->clock.now.seconds;
}

/* Never worth waiting for. */
static void access_note(struct ext2 *fs, uint32_t number)
{
	struct inode *inode = NULL;

	if (fs->read_only || inode_live(fs, number, &inode) != 0 || access_is_noted(fs, inode))
		return;
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

/* A directory that can take names, and may be changed. */
static int directory_get(struct ext2 *fs, uint64_t number, struct inode **directory)
{
	int result = inode_live(fs, number, directory);

	if (result == 0 && !is_directory(*directory))
		result = -ENOTDIR;
	return result;
}

static int directory_for_change(struct ext2 *fs, uint64_t number, struct inode **directory)
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

/* Names. */

static int name_find(struct ext2 *fs, uint64_t directory_number, struct name name, uint32_t *number)
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

static int operation_lookup(void *core, uint64_t directory, struct name name, struct attributes *attributes)
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

static int links_add(struct ext2 *fs, struct inode *inode)
{
	if (inode->links >= LINKS_MAX)
		return -EMLINK;
	inode_change(fs, inode);
	inode->links++;
	return 0;
}

/* One name fewer. A directory has two links for its last name. */
static int links_drop(struct ext2 *fs, uint32_t number, struct inode *inode)
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
static void parent_drop(struct ext2 *fs, struct inode *parent)
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

static int operation_create(void *core, uint64_t directory, struct name name, const struct file_creation *creation, struct attributes *attributes)
{
	struct inode *inode = NULL;
	uint32_t number = 0;
	int result = file_make(core, directory, name, creation, &number, &inode);

	if (result == 0)
		inode_attributes(core, number, inode, attributes);
	return result;
}

static int operation_symlink(void *core, uint64_t directory, struct name name, const char *target, size_t bytes, uint32_t owner, uint32_t group,
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

static int operation_link(void *core, uint64_t directory_number, struct name name, uint64_t number, struct attributes *attributes)
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
	if (result == 0 && inode->links == 0)
		result = -ENOENT;
	if (result == 0)
		result = links_add(fs, inode);
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

/* A name, and what it refers to. */
struct victim {
	struct slot slot;
	uint32_t number;
	struct inode *inode;
};

static int victim_find(struct ext2 *fs, uint64_t directory_number, const struct inode *directory, struct name name, struct victim *victim)
{
	int result = directory_find(fs, (uint32_t)directory_number, directory, name, &victim->slot);

	if (result != 0)
		return result;
	victim->number = slot_entry(&victim->slot)->inode;
	return inode_named(fs, victim->number, &victim->inode);
}

/* May this name go? `directory`: its directory. */
static int victim_check(const struct inode *directory, const struct victim *victim)
{
	if (directory->flags & INODE_APPEND || victim->inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		return -EPERM;
	return 0;
}

static int operation_unlink(void *core, uint64_t directory_number, struct name name)
{
	struct ext2 *fs = core;
	struct inode *directory = NULL;
	struct victim victim = {0};
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = victim_find(fs, directory_number, directory, name, &victim);
	if (result == 0)
		result = victim_check(directory, &victim);
	if (result == 0 && is_directory(victim.inode))
		result = -EISDIR;
	if (result == 0)
		result = links_drop(fs, victim.number, victim.inode);
	if (result != 0)
		return result;
	directory_remove(fs, directory, &victim.slot);
	inode_publish(fs, directory_number);
	inode_publish(fs, victim.number);
	return 0;
}

static int operation_rmdir(void *core, uint64_t directory_number, struct name name)
{
	struct ext2 *fs = core;
	struct inode *directory = NULL;
	struct victim victim = {0};
	int result = directory_for_change(fs, directory_number, &directory);

	if (result == 0)
		result = victim_find(fs, directory_number, directory, name, &victim);
	if (result == 0 && !is_directory(victim.inode))
		result = -ENOTDIR;
	if (result == 0)
		result = victim_check(directory, &victim);
	if (result == 0)
		result = directory_empty(fs, victim.number, victim.inode);
	if (result == 0)
		result = links_drop(fs, victim.number, victim.inode);
	if (result != 0)
		return result;
	directory_remove(fs, directory, &victim.slot);
	parent_drop(fs, directory);
	inode_publish(fs, directory_number);
	inode_publish(fs, victim.number);
	return 0;
}

/* Rename. */

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

static int operation_rename(void *core, uint64_t old_directory, struct name old_name, uint64_t new_directory, struct name new_name, uint32_t flags)
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

/* Inodes. */

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

static int operation_getattr(void *core, uint64_t number, struct attributes *attributes)
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

static int operation_setattr(void *core, uint64_t number, const struct attribute_change *change, struct attributes *attributes)
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

static int64_t readlink_once(struct ext2 *fs, uint64_t number, char *buffer, size_t bytes)
{
	struct inode *inode = NULL;
	int result;

	look_begin(fs);
	result = inode_live(fs, number, &inode);
	if (result != 0)
		return result;
	return (inode->mode & MODE_TYPE) == MODE_LINK ? link_read(fs, (uint32_t)number, inode, buffer, bytes) : -EINVAL;
}

static int64_t operation_readlink(void *core, uint64_t number, char *buffer, size_t bytes)
{
	int64_t result;

	do
		result = readlink_once(core, number, buffer, bytes);
	while (again(core, result));
	if (result >= 0)
		access_note(core, (uint32_t)number);
	return result;
}

/* A list of open files is part of the state only; nothing of it goes to the disk. */
static int operation_open(void *core, uint64_t number)
{
	return inode_open(core, number);
}

static int operation_close(void *core, uint64_t number)
{
	return inode_close(core, number);
}

/* Contents. */

static int regular_get(struct ext2 *fs, uint64_t number, struct inode **inode)
{
	int result = inode_live(fs, number, inode);

	if (result == 0 && (*inode)->mode >> 12 != MODE_REGULAR >> 12)
		result = is_directory(*inode) ? -EISDIR : -EINVAL;
	return result;
}

static int64_t read_once(struct ext2 *fs, uint64_t number, uint64_t offset, void *buffer, size_t bytes)
{
	struct inode *inode = NULL;
	int result;

	look_begin(fs);
	result = regular_get(fs, number, &inode);
	return result == 0 ? file_read(fs, (uint32_t)number, inode, offset, buffer, bytes) : result;
}

static int64_t operation_read(void *core, uint64_t number, uint64_t offset, void *buffer, size_t bytes)
{
	int64_t result;

	do
		result = read_once(core, number, offset, buffer, bytes);
	while (again(core, result));
	if (result > 0)
		access_note(core, (uint32_t)number);
	return result;
}

static int page_once(struct ext2 *fs, uint64_t number, uint64_t index, const void **page)
{
	struct inode *inode = NULL;
	int result;

	look_begin(fs);
	result = regular_get(fs, number, &inode);
	return result == 0 ? page_of_file(fs, (uint32_t)number, inode, index, page) : result;
}

/* What is found stays where it is while the access is noted: it has been used since the last operation began. */
static int operation_page(void *core, uint64_t number, uint64_t index, const void **page)
{
	int result;

	do
		result = page_once(core, number, index, page);
	while (again(core, result));
	if (result > 0)
		access_note(core, (uint32_t)number);
	return result;
}

static int64_t operation_write(void *core, uint64_t number, uint64_t *offset, const void *buffer, size_t bytes)
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
static int operation_allocate(void *core, uint64_t number, uint32_t mode, uint64_t offset, uint64_t bytes)
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

static int64_t operation_seek(void *core, uint64_t number, uint64_t offset, enum seek_whence whence)
{
	int64_t result;

	do
		result = seek_once(core, number, offset, whence);
	while (again(core, result));
	return result;
}

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

static int readdir_once(struct ext2 *fs, uint64_t number, uint64_t *cookie, directory_emit emit, void *context)
{
	struct inode *directory = NULL;
	int result;

	look_begin(fs);
	result = directory_get(fs, number, &directory);
	if (result == 0 && directory->links == 0)
		return -ENOENT; /* removed while it is open */
	return result == 0 ? directory_read(fs, (uint32_t)number, directory, cookie, emit, context) : result;
}

static int operation_readdir(void *core, uint64_t number, uint64_t *cookie, directory_emit emit, void *context)
{
	int result;

	do
		result = readdir_once(core, number, cookie, emit, context);
	while (again(core, result));
	if (result == 0)
		access_note(core, (uint32_t)number);
	return result;
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
