/* SPDX-License-Identifier: MIT */
/* Contents of regular files: reading with read-ahead, writing into the cache, holes. */
#pragma once

#include "servers/ext2/ext2.h"

/* Bytes read, or an error; -EAGAIN when a block must be fetched, with nothing read. */
int64_t file_read(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t offset, void *buffer, size_t bytes);

/* Bytes written, possibly fewer; *offset becomes where it ended. In a transaction. */
int64_t file_write(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t *offset, const void *buffer, size_t bytes);

int64_t file_seek(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t offset, enum seek_whence whence);

/* The target of a symbolic link. */
int64_t link_read(struct ext2 *fs, uint32_t number, const struct inode *inode, char *buffer, size_t bytes);
int link_write(struct ext2 *fs, uint32_t number, struct inode *inode, const char *target, size_t bytes);
