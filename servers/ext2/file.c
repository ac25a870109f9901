/* SPDX-License-Identifier: MIT */
/* Contents of files (file.h), block by block through the cache. */
#include "servers/ext2/file.h"

#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"
#include "servers/ext2/page.h"

#define READ_MAX (128 * 1024)  /* of one call, so that its blocks are in the cache together */
#define WRITE_MAX (64 * 1024)
#define READ_AHEAD (256 * 1024) /* bytes */

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* What is remembered of the reads of a file, or a place for it. */
static struct sequential *sequential_of(struct ext2 *fs, uint32_t number)
{
	struct sequential *sequential;

	for (unsigned i = 0; i < SEQUENTIAL_FILES; i++)
		if (fs->sequential[i].inode == number)
			return &fs->sequential[i];
	sequential = &fs->sequential[fs->sequential_next++ % SEQUENTIAL_FILES];
	*sequential = (struct sequential){.inode = number};
	return sequential;
}

/* Begins to fetch blocks [n, end) that are not in the cache; returns the first of which that could not be begun. What the last page_get wanted stays wanted. */
static uint32_t blocks_prefetch(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, uint32_t end)
{
	enum want want = fs->want;
	uint32_t key = fs->want_key, owner = fs->want_owner, block, run, begun;

	for (; n < end; n += begun) {
		if (map_find_run(fs, number, inode, n, end - n, &block, &run) != 0)
			break;
		begun = block != 0 ? pages_prefetch(fs, block, run, number) : run;
		if (begun == 0)
			break;
	}
	fs->want = want;
	fs->want_key = key;
	fs->want_owner = owner;
	return n;
}

/* After a read of [offset, end) bytes: if it goes on where one ended before, the file's next blocks are fetched, half of the window or more at a time. */
static void read_ahead(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t offset, uint64_t end)
{
	struct sequential *sequential = sequential_of(fs, number);
	uint32_t last = division_up(end, fs->block_bytes), size = division_up(inode_size(inode), fs->block_bytes);
	uint32_t window = least(READ_AHEAD / fs->block_bytes, fs->page_count / 8);
	bool goes_on = sequential->end == offset;

	sequential->end = end;
	if (!goes_on || sequential->ahead < last || sequential->ahead > last + window)
		sequential->ahead = last;
	if (goes_on && sequential->ahead < size && sequential->ahead - last <= window / 2)
		sequential->ahead = blocks_prefetch(fs, number, inode, sequential->ahead, least((uint64_t)last + window, size));
}

/* Copies part of a run of blocks, `within` bytes behind its beginning. */
static int run_read(struct ext2 *fs, uint32_t number, uint32_t block, uint32_t within, char *buffer, uint32_t bytes)
{
	uint32_t done = 0;

	if (block == 0) {
		memset(buffer, 0, bytes);
		return 0;
	}
	while (done < bytes) {
		uint32_t part = least(bytes - done, fs->block_bytes - within % fs->block_bytes);
		unsigned char *page = NULL;
		int result = page_get(fs, block + within / fs->block_bytes, number, &page);

		if (result != 0)
			return result;
		memcpy(buffer + done, page + within % fs->block_bytes, part);
		done += part;
		within += part;
	}
	return 0;
}

int64_t file_read(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t offset, void *buffer, size_t bytes)
{
	uint64_t size = inode_size(inode), done = 0;
	uint32_t last;

	if (offset >= size)
		return 0;
	bytes = least(least(bytes, READ_MAX), size - offset);
	last = division_up(offset + bytes, fs->block_bytes);
	while (done < bytes) {
		uint64_t at = offset + done;
		uint32_t n = (uint32_t)(at / fs->block_bytes), within = (uint32_t)(at % fs->block_bytes), block, run, part = 0;
		int result = map_find_run(fs, number, inode, n, last - n, &block, &run);

		if (result == 0) {
			part = least(bytes - done, (uint64_t)run * fs->block_bytes - within);
			result = run_read(fs, number, block, within, (char *)buffer + done, part);
		}
		if (result == -EAGAIN)
			(void)blocks_prefetch(fs, number, inode, n, last);
		if (result != 0)
			return result;
		done += part;
	}
	read_ahead(fs, number, inode, offset, offset + bytes);
	return (int64_t)bytes;
}

/* The page of block n for a write of `part` bytes at `within`; what is not written of it is as it was, or zero. */
static int page_for_write(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t n, unsigned char **page)
{
	uint32_t block = 0;
	bool made;
	int result = map_make(fs, number, inode, n, &block, &made);

	if (result != 0)
		return result;
	return made ? page_new(fs, block, number, page) : page_get_sealed(fs, block, number, page);
}

/* Does the write fill all of this block that the file has? Then an old content need not be fetched. */
static int block_write(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t at, const void *from, uint32_t part)
{
	uint32_t within = (uint32_t)(at % fs->block_bytes);
	unsigned char *page = NULL;
	int result = page_for_write(fs, number, inode, (uint32_t)(at / fs->block_bytes), &page);

	if (result != 0)
		return result;
	frames_drop(fs, number, at, at + part);
	page_change(fs, page + within, part);
	memcpy(page + within, from, part);
	return 0;
}

int64_t file_write(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t *offset, const void *buffer, size_t bytes)
{
	uint64_t size = inode_size(inode), start = *offset == FILE_END ? size : *offset, done = 0;
	int result = inode_cut_finished(fs, number);

	bytes = least(bytes, WRITE_MAX);
	if (result == 0 && (start >= fs->file_bytes_max && bytes > 0))
		result = -EFBIG;
	if (result != 0)
		return result;
	bytes = least(bytes, fs->file_bytes_max - start);
	if (start > size) { /* what lies between reads as zero */
		result = inode_resize(fs, number, inode, start);
		if (result != 0)
			return result;
	}
	inode_change(fs, inode);
	while (done < bytes && result == 0 && !(done > 0 && change_full(fs))) {
		uint32_t part = least(bytes - done, fs->block_bytes - (start + done) % fs->block_bytes);

		result = block_write(fs, number, inode, start + done, (const char *)buffer + done, part);
		if (result == 0)
			done += part;
	}
	if (result == -EAGAIN || (result != 0 && done == 0))
		return result;
	if (start + done > size)
		result = inode_size_set(fs, inode, start + done);
	else
		result = 0;
	if (result != 0)
		return result;
	inode_time_set(fs, inode, TIME_MODIFY | TIME_CHANGE, fs->clock.now);
	*offset = start + done;
	return (int64_t)done;
}

int64_t file_seek(struct ext2 *fs, uint32_t number, const struct inode *inode, uint64_t offset, enum seek_whence whence)
{
	uint64_t size = inode_size(inode);

	if (offset >= size)
		return -ENXIO;
	while (offset < size) {
		uint32_t block, skip = 1;
		int result = map_find(fs, number, inode, (uint32_t)(offset / fs->block_bytes), &block, &skip);

		if (result != 0)
			return result;
		if ((block == 0) == (whence == SEEK_TO_HOLE))
			return (int64_t)offset;
		offset = (offset / fs->block_bytes + (block == 0 ? skip : 1)) * fs->block_bytes;
	}
	return whence == SEEK_TO_HOLE ? (int64_t)size : -ENXIO;
}

/* Does the target lie in the inode itself? A block of extended attributes does not count. */
static bool link_is_fast(const struct ext2 *fs, const struct inode *inode)
{
	return inode->sectors == (inode->attribute_block ? fs->block_bytes / DISK_SECTOR : 0);
}

int64_t link_read(struct ext2 *fs, uint32_t number, const struct inode *inode, char *buffer, size_t bytes)
{
	const void *target = inode->map;
	unsigned char *page = NULL;
	int result = 0;

	if (inode->size == 0 || inode->size >= (link_is_fast(fs, inode) ? FAST_LINK_BYTES : fs->block_bytes))
		return damage_found(fs, "the target of a symbolic link is too long", number);
	if (!link_is_fast(fs, inode)) {
		result = block_check(fs, inode->map[0], number);
		if (result == 0)
			result = page_get(fs, inode->map[0], number, &page);
		target = page;
	}
	if (result != 0)
		return result;
	bytes = least(bytes, inode->size);
	memcpy(buffer, target, bytes);
	return (int64_t)bytes;
}

int link_write(struct ext2 *fs, uint32_t number, struct inode *inode, const char *target, size_t bytes)
{
	uint32_t block = 0;
	unsigned char *page = (unsigned char *)inode->map;
	bool made;
	int result = 0;

	if (bytes >= fs->block_bytes)
		return -ENAMETOOLONG;
	if (bytes >= FAST_LINK_BYTES) {
		result = map_make(fs, number, inode, 0, &block, &made);
		if (result == 0)
			result = page_new(fs, block, number, &page);
	}
	if (result != 0)
		return result;
	memcpy(page, target, bytes);
	inode->size = (uint32_t)bytes;
	return 0;
}
