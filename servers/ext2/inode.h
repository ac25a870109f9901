/* SPDX-License-Identifier: MIT */
/*
 * Inodes: where they lie, their attributes, and what becomes of those without names.
 *
 * An inode whose last name goes while it is open, or whose contents are to be freed in more than one transaction, is put on the list of orphans in the superblock (last_orphan, then delete_time of each). What is on it
 * after a crash is deleted (no links) or cut to its size (links) by the next mount or by e2fsck.
 */
#pragma once

#include "lib/generations.h"
#include "servers/ext2/ext2.h"

/* The inode in its table. -EUCLEAN for a number that no file can have. */
int inode_get(struct ext2 *fs, uint32_t number, struct inode **inode);

/* The same for a number that somebody else says, whatever it is: -ESTALE when no file in use has it. */
int inode_live(struct ext2 *fs, uint64_t number, struct inode **inode);

/* The same for one that a directory says: it must be in use, or the disk is damaged. */
int inode_named(struct ext2 *fs, uint32_t number, struct inode **inode);

/* Must come before a change of the inode. */
void inode_change(struct ext2 *fs, struct inode *inode);

/* Publishes, in the transaction that does it, that something changes of what is told of an inode: names in a directory, who may use it, attributes; or attributes alone (lib/generations.h). */
static inline void inode_publish(const struct ext2 *fs, uint64_t number)
{
	if (fs->watch)
		generation_advance_all(fs->watch->generations, number);
}

static inline void inode_publish_attributes(const struct ext2 *fs, uint64_t number)
{
	if (fs->watch)
		generation_advance(fs->watch->generations, number, GENERATION_ATTRIBUTES);
}

uint64_t inode_size(const struct inode *inode);
int inode_size_set(struct ext2 *fs, struct inode *inode, uint64_t size);
void inode_attributes(const struct ext2 *fs, uint32_t number, const struct inode *inode, struct attributes *attributes);

/* A new inode, with everything but names: 0 or an error. `*inode` may be changed further in this transaction. */
int inode_make(struct ext2 *fs, uint32_t parent, const struct file_creation *creation, uint32_t *number, struct inode **inode);

enum inode_time { TIME_ACCESS = 1, TIME_MODIFY = 2, TIME_CHANGE = 4 };

/* Sets the times that the mask names to `time`. */
void inode_time_set(const struct ext2 *fs, struct inode *inode, unsigned mask, struct timestamp time);
struct timestamp inode_time(const struct ext2 *fs, const struct inode *inode, enum inode_time which);

/* Is it what would be there if `time` were set? An inode without room for more has whole seconds. */
bool inode_time_is(const struct ext2 *fs, const struct inode *inode, enum inode_time which, struct timestamp time);

/* The last name of an inode is gone (links is 0): it lives until it is closed. */
int orphan_add(struct ext2 *fs, uint32_t number, struct inode *inode);

/* It gets a name after all: it leaves the list. */
int orphan_remove(struct ext2 *fs, uint32_t number, struct inode *inode);

/* Blocks of the file behind its size are still being freed: -EAGAIN, else 0. Before it grows. */
int inode_cut_finished(struct ext2 *fs, uint32_t number);

/* Frees what nobody uses, each step in a transaction of its own. Waits. */
void orphans_reclaim(struct ext2 *fs);

/* Sets the size of a regular file; frees or zeroes what is beyond. */
int inode_resize(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t size);
