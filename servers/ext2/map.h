/* SPDX-License-Identifier: MIT */
/*
 * The map of a file: which block of the disk holds its n-th block. All that the disk says is checked: a number outside of the filesystem or in its own tables is damage. Depth is fixed, so a map that refers to
 * itself is only a wrong one, never an endless one.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* The block, 0 for a hole. `*skip` (may be null) becomes how many blocks from `n` on are known to be holes. */
int map_find(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, uint32_t *block, uint32_t *skip);

/* The same, and how many blocks of the file from `n` on, at most `most`, follow each other on the disk or are one hole: *run, at least 1. */
int map_find_run(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, uint32_t most, uint32_t *block, uint32_t *run);

/* The block, allocated with the indirect blocks that it takes when it is a hole (then *made is true, and its page is still to be made). In a transaction, inode changed by this. */
int map_make(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t n, uint32_t *block, bool *made);

/* Frees blocks from the end down to block `keep` (the first that goes), some of them: 1 when there are more to free, 0 when done. In a transaction. */
int map_cut(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t keep);

/* The numbers of blocks in the way that this filesystem takes them: first past the largest file. */
uint64_t map_limit(const struct ext2 *fs);
