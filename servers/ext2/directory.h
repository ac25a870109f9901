/* SPDX-License-Identifier: MIT */
/*
 * Directories: names in blocks of entries. An entry is never moved while it exists, so its offset in the directory is a cookie that stays good. A directory with an index (dir_index) is read as what it also is, a list; the first
 * change takes the index flag away, as the format foresees.
 *
 * Every entry is checked before it is used: its length leads to another one in the same block or to its end, the name fits, the inode exists. Anything else is damage of this directory.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* An entry that was found; good until the directory is changed. */
struct slot {
	unsigned char *page;
	uint32_t at;     /* of the entry in its block */
	uint32_t before; /* of the entry before it; NONE when it is the first */
	uint32_t directory, n; /* inode of the directory; which of its blocks this is */
};

static inline struct entry *slot_entry(const struct slot *slot)
{
	return (struct entry *)(slot->page + slot->at);
}

/* Finds a name: 0, -ENOENT, or another error. */
int directory_find(struct ext2 *fs, uint32_t number, const struct inode *directory, struct name name, struct slot *slot);

/* Adds a name that is not there. */
int directory_add(struct ext2 *fs, uint32_t number, struct inode *directory, struct name name, uint32_t inode, uint32_t mode);

/* Makes the entry refer to another inode; removes it. */
void directory_set(struct ext2 *fs, struct inode *directory, const struct slot *slot, uint32_t inode, uint32_t mode);
void directory_remove(struct ext2 *fs, struct inode *directory, const struct slot *slot);

/* The first block of a new directory. */
int directory_make(struct ext2 *fs, uint32_t number, struct inode *directory, uint32_t parent);

/* 0 when it holds only "." and "..", else -ENOTEMPTY. */
int directory_empty(struct ext2 *fs, uint32_t number, const struct inode *directory);

int directory_read(struct ext2 *fs, uint32_t number, const struct inode *directory, uint64_t *cookie, directory_emit emit, void *context);
