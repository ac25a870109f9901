/* SPDX-License-Identifier: MIT */
/*
 * Pages of 4 KiB of files, for clients that see them where they lie (lib/filesystem.h, page; docs/decisions/009-ext2-pages.md).
 *
 * With blocks of a page it is the block in the cache. With smaller ones it is a *frame*: a page of memory behind the cache that holds a copy of the blocks. A frame belongs to a page of a file until that changes (frames_drop), or until
 * the frame is needed for another: they are used in turn.
 */
#pragma once

#include "servers/ext2/ext2.h"

#define PAGE_BYTES 4096

/* Page `index` of a regular file: how many bytes the file has of it; 0 when there is none that may be seen: behind the end, in a hole, or with something behind the end of the file; or an error, -EAGAIN. */
int page_of_file(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, const void **page);

/* Bytes [from, to) of a file will change, or their number: no client sees them any more. */
void frames_drop(struct ext2 *fs, uint32_t number, uint64_t from, uint64_t to);
