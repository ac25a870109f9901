/* SPDX-License-Identifier: MIT */
/* Pages of files for clients (page.h): in the cache, or in frames that are put together by the same code that reads files. */
#include "servers/ext2/page.h"

#include "servers/ext2/cache.h"
#include "servers/ext2/file.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"

#include "lib/string.h"

static bool is_zero(const unsigned char *at, size_t bytes)
{
	while (bytes > 0 && at[bytes - 1] == 0)
		bytes--;
	return bytes == 0;
}

/* Where it lies in the cache. */
static int page_in_cache(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, uint32_t bytes, const void **at)
{
	unsigned char *page = NULL;
	uint32_t block = 0;
	int result = map_find(fs, number, inode, (uint32_t)index, &block, NULL);

	if (result != 0 || block == 0)
		return result;
	result = page_get(fs, block, number, &page);
	if (result != 0)
		return result;
	*at = page;
	return is_zero(page + bytes, PAGE_BYTES - bytes) && page_show(fs, page, number) ? (int)bytes : 0;
}

/* Frames. */

static unsigned char *frame_bytes(const struct ext2 *fs, uint32_t frame)
{
	return fs->frame_pages + (size_t)frame * PAGE_BYTES;
}

static void frame_drop(struct ext2 *fs, uint32_t frame)
{
	if (fs->frames[frame].inode == 0)
		return;
	fs->frames[frame].inode = 0;
	page_changes(fs->watch, frame_bytes(fs, frame));
}

void frames_drop(struct ext2 *fs, uint32_t number, uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; fs->frames_used && i < fs->frame_count; i++) {
		uint64_t start = (uint64_t)fs->frames[i].index * PAGE_BYTES;

		if (fs->frames[i].inode == number && start < to && start + PAGE_BYTES > from)
			frame_drop(fs, i);
	}
}

static uint32_t frame_find(const struct ext2 *fs, uint32_t number, uint64_t index)
{
	for (uint32_t i = 0; i < fs->frame_count; i++)
		if (fs->frames[i].inode == number && fs->frames[i].index == index)
			return i;
	return NONE;
}

/* Puts the page together: from its blocks when all are in the cache, so that nothing of it is older than the rest. */
static int frame_make(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, uint32_t bytes, uint32_t *frame)
{
	uint32_t next = fs->frame_next;
	int64_t done;

	frame_drop(fs, next);
	done = file_read(fs, number, inode, index * PAGE_BYTES, frame_bytes(fs, next), bytes);
	if (done != (int64_t)bytes)
		return done < 0 ? (int)done : -EIO;
	memset(frame_bytes(fs, next) + bytes, 0, PAGE_BYTES - bytes);
	fs->frames[next] = (struct frame){number, (uint32_t)index};
	fs->frame_next = (next + 1) % fs->frame_count;
	fs->frames_used = true;
	*frame = next;
	return 0;
}

/* Has the file no block there? 1, 0, or an error. */
static int page_is_hole(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, uint32_t bytes)
{
	uint32_t n = (uint32_t)(index * (PAGE_BYTES / fs->block_bytes)), end = n + division_up(bytes, fs->block_bytes), block = 0, skip;
	int result = 0;

	for (; n < end && result == 0 && block == 0; n += skip) {
		skip = 1;
		result = map_find(fs, number, inode, n, &block, &skip);
	}
	return result != 0 ? result : block == 0;
}

static int page_in_frame(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, uint32_t bytes, const void **page)
{
	uint32_t frame = frame_find(fs, number, index);
	int result = frame == NONE ? page_is_hole(fs, number, inode, index, bytes) : 0;

	if (result != 0)
		return result < 0 ? result : 0;
	if (frame == NONE)
		result = frame_make(fs, number, inode, index, bytes, &frame);
	if (result != 0)
		return result;
	*page = frame_bytes(fs, frame);
	return (int)bytes;
}

int page_of_file(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t index, const void **page)
{
	uint64_t size = inode_size(inode);
	uint32_t bytes;

	if (!fs->watch || index > UINT32_MAX || index * PAGE_BYTES >= size)
		return 0;
	bytes = size - index * PAGE_BYTES < PAGE_BYTES ? (uint32_t)(size - index * PAGE_BYTES) : PAGE_BYTES;
	if (fs->block_bytes == PAGE_BYTES)
		return page_in_cache(fs, number, inode, index, bytes, page);
	return page_in_frame(fs, number, inode, index, bytes, page);
}
