/* SPDX-License-Identifier: MIT */
/*
 * What the files of a ramfs contain: reading, writing, resizing, holes.
 *
 * A page of which a write changes much is replaced: the bytes go to a fresh page and the file then refers to that. A page of which it changes little, or for which there is no fresh one, is
 * changed in place, with its old bytes saved by the transaction. The pages replaced are freed at the end of the write (layout.h says why).
 */
#include "layout.h"

#include "lib/string.h"

#define SMALL_CHANGE 512 /* bytes up to which a page is changed in place */
#define ROOM_FOR_ONE (RAMFS_PAGE / TSM_CELL + 32) /* cells of undo that a page changed in place takes, with its nodes and counters */

static uint64_t minimum(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A file whose contents can be read and written: -ESTALE, -EISDIR, -EINVAL, -EIO. */
static int file_find(struct ramfs *ramfs, uint64_t number, struct ramfs_inode **inode)
{
	*inode = inode_find(ramfs, number);
	if (!*inode)
		return -ESTALE;
	if (!inode_is(*inode, MODE_REGULAR))
		return inode_is(*inode, MODE_DIRECTORY) ? -EISDIR : -EINVAL;
	return (*inode)->damaged ? -EIO : 0;
}

int64_t ramfs_read(void *core, uint64_t number, uint64_t offset, void *buffer, size_t bytes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	unsigned char *to = buffer;
	size_t done = 0;
	int error = file_find(ramfs, number, &inode);

	if (error)
		return error;
	if (offset >= inode->size)
		return 0;
	bytes = minimum(bytes, inode->size - offset);
	while (done < bytes) {
		uint64_t at = (offset + done) % RAMFS_PAGE;
		size_t part = minimum(bytes - done, RAMFS_PAGE - at);
		uint32_t page = data_find(ramfs, inode, (offset + done) / RAMFS_PAGE);

		if (page)
			memcpy(to + done, page_at(ramfs, page) + at, part);
		else
			memset(to + done, 0, part);
		done += part;
	}
	if (bytes)
		inode_accessed(ramfs, inode);
	return (int64_t)bytes;
}

int ramfs_page(void *core, uint64_t number, uint64_t index, const void **at)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	uint32_t page;
	int error = file_find(ramfs, number, &inode);

	if (error)
		return error;
	if (index >= (inode->size + RAMFS_PAGE - 1) / RAMFS_PAGE)
		return 0;
	page = data_find(ramfs, inode, index);
	if (!page)
		return 0;
	inode_accessed(ramfs, inode);
	*at = page_at(ramfs, page);
	return (int)minimum(RAMFS_PAGE, inode->size - index * RAMFS_PAGE);
}

const void *ramfs_blank(const struct ramfs *ramfs)
{
	return ramfs->pages;
}

/* A page will be changed in place: returns it, saved and hidden. */
static unsigned char *page_change(struct ramfs *ramfs, uint32_t page, uint64_t at, size_t bytes)
{
	unsigned char *start = page_at(ramfs, page);

	page_changes(&ramfs->watch, start);
	return tsm_modify(ramfs->tsm, start + at, bytes);
}

/* Puts a fresh page in the place of `old` (0: of a hole), with the old bytes but those that will be written. False when there is no page. */
static bool page_replace(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t index, uint32_t old, const void *from, uint64_t at, size_t bytes)
{
	uint32_t page = ramfs->replaced_count < RAMFS_REPLACED_MAX ? page_take(ramfs) : 0;
	unsigned char *to;

	if (!page)
		return false;
	if (!data_set(ramfs, inode, index, page)) {
		page_free(ramfs, page); /* nothing has been in it: the operation ends here, and takes no other */
		return false;
	}
	to = tsm_fresh(ramfs->tsm, page_at(ramfs, page), RAMFS_PAGE);
	if (old && bytes < RAMFS_PAGE)
		memcpy(to, page_at(ramfs, old), RAMFS_PAGE);
	else if (bytes < RAMFS_PAGE)
		memset(to, 0, RAMFS_PAGE);
	memcpy(to + at, from, bytes);
	if (old)
		ramfs->replaced[ramfs->replaced_count++] = old;
	return true;
}

/* Writes within one page. False when that needs a page and there is none. */
static bool page_write(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t offset, const void *from, size_t bytes)
{
	uint64_t index = offset / RAMFS_PAGE, at = offset % RAMFS_PAGE;
	uint32_t old = data_find(ramfs, inode, index);

	if ((!old || bytes > SMALL_CHANGE) && !ramfs->freed && page_replace(ramfs, inode, index, old, from, at, bytes))
		return true;
	if (!old || tsm_room(ramfs->tsm) < ROOM_FOR_ONE)
		return false;
	memcpy(page_change(ramfs, old, at, bytes), from, bytes);
	return true;
}

static void replaced_free(struct ramfs *ramfs)
{
	while (ramfs->replaced_count)
		page_free(ramfs, ramfs->replaced[--ramfs->replaced_count]);
}

int64_t ramfs_write(void *core, uint64_t number, uint64_t *offset, const void *buffer, size_t bytes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	uint64_t from = *offset;
	size_t done = 0;
	int error = file_find(ramfs, number, &inode);

	if (error)
		return error;
	if (from == FILE_END)
		from = inode->size;
	if (from >= FILE_SIZE_MAX)
		return bytes ? -EFBIG : 0;
	bytes = minimum(minimum(bytes, RAMFS_WRITE_MAX), FILE_SIZE_MAX - from);
	while (done < bytes) {
		size_t part = minimum(bytes - done, RAMFS_PAGE - (from + done) % RAMFS_PAGE);

		if (!page_write(ramfs, inode, from + done, (const unsigned char *)buffer + done, part))
			break;
		done += part;
	}
	replaced_free(ramfs);
	if (bytes && !done)
		return -ENOSPC;
	if (done) {
		inode_touch(ramfs, inode, true);
		if (from + done > inode->size)
			tsm_set(ramfs->tsm, inode->size, from + done);
	}
	*offset = from + done;
	return (int64_t)done;
}

/* Makes the bytes [from, to) of one page zero, if the file has that page. */
static int bytes_clear(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t from, uint64_t to)
{
	uint32_t page = data_find(ramfs, inode, from / RAMFS_PAGE);

	if (page && from < to) {
		if (tsm_room(ramfs->tsm) < ROOM_FOR_ONE)
			return -ENOSPC;
		memset(page_change(ramfs, page, from % RAMFS_PAGE, to - from), 0, to - from);
	}
	return 0;
}

int contents_resize(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t size)
{
	uint64_t page_end = (size + RAMFS_PAGE - 1) / RAMFS_PAGE * RAMFS_PAGE;
	int error = 0;

	if (size > FILE_SIZE_MAX)
		return -EFBIG;
	if (inode->damaged) {
		if (size)
			return -EIO;
		tsm_set(ramfs->tsm, inode->damaged, 0);
	}
	if (size < inode->size) {
		error = bytes_clear(ramfs, inode, size, page_end);
		data_release(ramfs, inode, page_end / RAMFS_PAGE, UINT64_MAX);
	}
	tsm_set(ramfs->tsm, inode->size, size);
	inode_touch(ramfs, inode, true);
	return error;
}

static int hole_punch(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t from, uint64_t to)
{
	uint64_t first = (from + RAMFS_PAGE - 1) / RAMFS_PAGE, end = to / RAMFS_PAGE;
	int error;

	if (first > end) /* all in one page */
		return bytes_clear(ramfs, inode, from, to);
	error = bytes_clear(ramfs, inode, from, first * RAMFS_PAGE);
	if (!error)
		error = bytes_clear(ramfs, inode, end * RAMFS_PAGE, to);
	data_release(ramfs, inode, first, end);
	return error;
}

static int range_fill(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t from, uint64_t to)
{
	uint64_t end = (to + RAMFS_PAGE - 1) / RAMFS_PAGE, index = from / RAMFS_PAGE;

	if (end - index > (uint64_t)ramfs->state->pages_free + inode->pages)
		return -ENOSPC;
	while ((index = data_next(ramfs, inode, index, end, false)) < end) {
		uint32_t page = page_take(ramfs);

		if (!page)
			return -ENOSPC;
		memset(tsm_fresh(ramfs->tsm, page_at(ramfs, page), RAMFS_PAGE), 0, RAMFS_PAGE);
		if (!data_set(ramfs, inode, index, page))
			return -ENOSPC;
	}
	return 0;
}

int ramfs_allocate(void *core, uint64_t number, uint32_t mode, uint64_t offset, uint64_t bytes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);
	int error;

	if (!inode)
		return -ESTALE;
	if (mode & ~(uint32_t)(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if ((mode & ALLOCATE_PUNCH_HOLE) && !(mode & ALLOCATE_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!inode_is(inode, MODE_REGULAR))
		return inode_is(inode, MODE_DIRECTORY) ? -EISDIR : -ENODEV;
	if (inode->damaged)
		return -EIO;
	if (!bytes || offset > FILE_SIZE_MAX)
		return -EINVAL;
	if (bytes > FILE_SIZE_MAX - offset)
		return -EFBIG;
	error = mode & ALLOCATE_PUNCH_HOLE ? hole_punch(ramfs, inode, offset, offset + bytes) : range_fill(ramfs, inode, offset, offset + bytes);
	if (error)
		return error;
	if (!(mode & ALLOCATE_KEEP_SIZE) && offset + bytes > inode->size)
		tsm_set(ramfs->tsm, inode->size, offset + bytes);
	inode_touch(ramfs, inode, true);
	return 0;
}

int64_t ramfs_seek(void *core, uint64_t number, uint64_t offset, enum seek_whence whence)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);
	uint64_t pages, index;

	if (!inode)
		return -ESTALE;
	if (whence != SEEK_TO_DATA && whence != SEEK_TO_HOLE)
		return -EINVAL;
	if (inode->damaged)
		return -EIO;
	if (!inode_is(inode, MODE_REGULAR) || offset >= inode->size)
		return -ENXIO;
	pages = (inode->size + RAMFS_PAGE - 1) / RAMFS_PAGE;
	index = data_next(ramfs, inode, offset / RAMFS_PAGE, pages, whence == SEEK_TO_DATA);
	if (index == pages)
		return whence == SEEK_TO_DATA ? -ENXIO : (int64_t)inode->size;
	return (int64_t)(index == offset / RAMFS_PAGE ? offset : index * RAMFS_PAGE);
}
