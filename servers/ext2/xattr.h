/* SPDX-License-Identifier: MIT */
/* The block of extended attributes of an inode, as inodes see it. */
#pragma once

#include "servers/ext2/ext2.h"

/* The inode has no such block any more: one inode fewer uses it, and it is free with the last. 0 or an error. In a transaction. */
int xattr_block_drop(struct ext2 *fs, uint32_t number, struct inode *inode);
