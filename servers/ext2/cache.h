/* SPDX-License-Identifier: MIT */
/*
 * The cache of blocks. A page holds a block; it is free, clean or dirty. Clean pages are given up for others when memory is short; dirty ones are kept until a commit has written them. Pages that
 * the running operation has used are never given up, nor those that are being fetched.
 *
 * Metadata and contents of files differ: metadata goes through the journal, contents are written in place before it. A block is one or the other; when it is freed it leaves the cache.
 *
 * Whoever gets a page may read it until the operation ends. To change it: page_change() on exactly the bytes, in a transaction.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* Builds the index over the pages of the state. */
void cache_open(struct ext2 *fs);

/* The page of a block, read from the disk if need be: 0, -EAGAIN (wanted now) or -EIO. Owner: inode whose contents it holds, 0 for metadata. */
int page_get(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **page);

/* The same for a page of contents that is going to be changed: it is sealed then. */
int page_get_sealed(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **page);

/* The same for a block whose old content does not matter; it is zero and dirty. In a transaction. -EAGAIN when no page can be had before a commit. */
int page_new(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **page);

/* Is the block in the cache? */
bool page_present(const struct ext2 *fs, uint32_t block);

/* Must come before a change of [at, at + bytes) in a page. Marks the page dirty. Returns `at`. */
void *page_change(struct ext2 *fs, void *at, size_t bytes);

/* Marks the page dirty without changing it. */
void page_dirty(struct ext2 *fs, void *at);

/* The block is freed: nothing of it has to be kept. In a transaction. */
void page_forget(struct ext2 *fs, uint32_t block);

/* Begins to fetch `count` blocks that follow each other on the disk, without waiting, as far as there is room; in as few requests as pages allow. Returns how many of them are here or on their way. Not in a transaction. */
uint32_t pages_prefetch(struct ext2 *fs, uint32_t block, uint32_t count, uint32_t owner);

/* Waits until the block that was wanted is there, or could not be read. False: everything is dirty, a commit must come first. */
bool page_fetch(struct ext2 *fs, uint32_t block, uint32_t owner);

/* Seals the page of a block if it is there: lib/tsm knows its content from then on. Not in a transaction. */
void page_seal(struct ext2 *fs, uint32_t block);

/* Takes in what the disk has read. Not in a transaction. */
void fetches_take(struct ext2 *fs);

static inline void fetches_reap(struct ext2 *fs)
{
	if (fs->fetching)
		fetches_take(fs);
}

/* Waits for the disk, and takes in what it has read. */
void disk_wait(struct ext2 *fs);

/* Before a transaction: gives up clean pages so that it can have new ones. */
void cache_reserve(struct ext2 *fs);

/* After a commit. */
void cache_committed(struct ext2 *fs);

/* After a rollback: the index follows the entries again. */
void cache_rolled_back(struct ext2 *fs);

/* A page of this file's contents is given out to clients: the watch is told before it changes, is freed, or holds another block. False for one that is not known as the file's. */
bool page_show(struct ext2 *fs, const unsigned char *page, uint32_t owner);

/* The block in page number `index`. */
static inline unsigned char *page_bytes(const struct ext2 *fs, uint32_t index)
{
	return fs->pages + (size_t)index * fs->block_bytes;
}
