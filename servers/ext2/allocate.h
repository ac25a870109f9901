/* SPDX-License-Identifier: MIT */
/*
 * Which blocks and inodes are free. A block that is freed becomes *pending*: its bit stays set until the next commit clears it, so nothing writes to it while the disk still refers to it.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* A free block near `goal`. -ENOSPC; -EAGAIN also while pending blocks could be had by a commit. */
int block_allocate(struct ext2 *fs, uint32_t goal, uint32_t *block);

/* Frees a block: -EUCLEAN when it was not in use. */
int block_free(struct ext2 *fs, uint32_t block);

/* Whether a block has been freed and its bit is still set. */
bool block_is_pending(const struct ext2 *fs, uint32_t block);

/* May this inode refer to the block: 0, -EAGAIN, -EUCLEAN (outside of the filesystem, or part of its tables). */
int block_check(struct ext2 *fs, uint32_t block, uint32_t inode);

/* How many blocks from one on that has passed block_check, at most `most`, would pass it too; at least 1. */
uint32_t blocks_behind(struct ext2 *fs, uint32_t block, uint32_t most);

/* Takes an inode: directories far from each other, files near their directory. -ENOSPC. */
int inode_allocate(struct ext2 *fs, uint32_t parent, bool directory, uint32_t *number);
int inode_free(struct ext2 *fs, uint32_t number, bool directory);

/* Clears the bits of some pending extents, in a transaction of its own; true when all are done. Their bitmaps are in the cache, and dirty. */
bool pending_clear(struct ext2 *fs);

/* Does this group begin with copies of the superblock and the descriptors? */
bool group_has_copies(const struct ext2 *fs, uint32_t group);

/* A group's descriptor; to change it: page_change. */
int group_get(struct ext2 *fs, uint32_t group, struct group **descriptor);
