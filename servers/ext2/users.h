/* SPDX-License-Identifier: MIT */
/*
 * Who uses an inode: how many have it open. An inode without names lives until nobody does; its blocks are freed by orphans_reclaim (inode.h).
 *
 * The counts are part of the state only: they outlive an instance, and nothing of them goes to the disk. They lie in a hash table with linear probing, so that what every open and every close asks for is found in a few steps,
 * however many files are open: an inode lies at the place that its number says, or behind it with no free place in between.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* Counts, at the start of an instance, what the one before has left open. */
void users_count(struct ext2 *fs);

/* Does anybody have it open? */
bool inode_in_use(const struct ext2 *fs, uint32_t number);

/* A new inode that has no name is about to get its first user, by inode_open() in the same transaction. `linkable`: it may get a name later. -ENFILE. */
int inode_open_nameless(struct ext2 *fs, uint32_t number, bool linkable);

/* May it get its first name? And it has got it. In a transaction. */
bool inode_is_linkable(const struct ext2 *fs, uint32_t number);
void inode_linked(struct ext2 *fs, uint32_t number);

/* One user more. -ESTALE when no file has that number, or one without names that nobody uses; -ENFILE when too many are open; -EAGAIN. In a transaction. */
int inode_open(struct ext2 *fs, uint64_t number);

/* One user fewer. -EBADF when there is none. In a transaction. */
int inode_close(struct ext2 *fs, uint64_t number);
