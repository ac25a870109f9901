/* SPDX-License-Identifier: MIT */
/*
 * Open regular files (file/regular.h). Data goes between the filesystem and the pages of the process without a copy in between, a page at a time; what a file has in memory because it is mapped (file/content.h) is read there, and
 * written to both.
 */
#include "file/regular.h"

#include "file/content.h"
#include "file/lease.h"
#include "file/limits.h"
#include "file/node.h"
#include "file/opened.h"
#include "lib/file.h"
#include "lib/string.h"

#define ALWAYS_POSSIBLE (1ll << 34) /* offsets: up to here every filesystem has room in a file */

/* Reads what one page of the file's content, or the filesystem, has for a place in memory. */
static int64_t piece_read(const struct description *description, uint64_t offset, unsigned char *to, uint64_t bytes)
{
	uint64_t in_page = offset % PAGE_SIZE, there;
	const unsigned char *page = description->node->content ? content_page(description->node, offset >> PAGE_BITS, &there) : NULL;

	if (!page) {
		if (description->node->content && bytes > PAGE_SIZE - in_page)
			bytes = PAGE_SIZE - in_page; /* the next page may be one that is there */
		return file_read(description->opened->number, offset, to, bytes);
	}
	if (in_page >= there)
		return 0;
	bytes = bytes < there - in_page ? bytes : there - in_page;
	memcpy(to, page + in_page, bytes);
	return (int64_t)bytes;
}

static int64_t regular_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	uint64_t before = transfer->done;
	int64_t done = 1;

	(void)task;
	while (transfer->left && done > 0) {
		struct user_page page;
		int error = transfer_page_begin(transfer, transfer->left, true, &page);

		if (error) {
			done = error;
			break;
		}
		done = piece_read(description, *offset, page.bytes, page.count);
		transfer_page_end(&page);
		if (done > 0) {
			transfer_advance(transfer, (uint64_t)done);
			*offset += (uint64_t)done;
		}
	}
	return transfer->done > before ? (int64_t)(transfer->done - before) : done < 0 ? done : 0;
}

/* Writes some bytes, at *offset or at the end; *offset becomes where they ended. With pages in memory the bytes are copied first, so that both get the same. */
static int64_t piece_write(const struct description *description, const unsigned char *from, uint64_t bytes, bool appends, uint64_t *offset)
{
	struct node *node = description->node;
	unsigned char copy[PAGE_SIZE];
	uint64_t end;
	int64_t done;

	if (node->content) {
		memcpy(copy, from, bytes);
		from = copy;
	}
	done = file_write_to(description->opened->number, appends ? FILE_END : *offset, from, bytes, &end);
	if (done <= 0)
		return done;
	*offset = end;
	if (node->content && from == copy)
		content_written(node, end - (uint64_t)done, copy, (uint64_t)done);
	else
		node->changes++;
	return done;
}

/* Where a write will begin, as far as a limit depends on it: the end of the file is asked for only then. */
static int write_start(struct task *task, struct description *description, bool appends, uint64_t offset, uint64_t *start)
{
	struct attributes attributes;
	int error;

	*start = appends ? 0 : offset;
	if (!appends || task->process->limits[LINUX_RLIMIT_FSIZE][0] == UINT64_MAX)
		return 0;
	error = file_attributes(description->opened->number, &attributes);
	*start = attributes.size;
	return error;
}

/* All of a write, with the node's lock held: other writers see it whole, and an append is in one piece. */
static int64_t pieces_write(struct description *description, struct transfer *transfer, uint64_t bytes, uint64_t *offset)
{
	bool appends = description->flags & LINUX_O_APPEND;
	uint64_t before = transfer->done;
	int64_t done = 1;

	while (transfer->done - before < bytes && done > 0) {
		struct user_page page;
		int error = transfer_page_begin(transfer, bytes - (transfer->done - before), false, &page);

		if (error) {
			done = error;
			break;
		}
		done = piece_write(description, page.bytes, page.count, appends, offset);
		transfer_page_end(&page);
		if (done > 0)
			transfer_advance(transfer, (uint64_t)done);
	}
	return transfer->done > before ? (int64_t)(transfer->done - before) : done < 0 ? done : 0;
}

static int64_t regular_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	uint64_t start, bytes = transfer->left;
	int64_t done;

	if (!bytes)
		return 0;
	fiber_lock(&description->node->changing);
	done = write_start(task, description, description->flags & LINUX_O_APPEND, *offset, &start);
	if (!done) {
		bytes = limit_file_bytes(task, start, bytes);
		done = bytes ? pieces_write(description, transfer, bytes, offset) : -EFBIG;
	}
	fiber_unlock(&description->node->changing);
	if (done > 0 && description->flags & (LINUX_O_DSYNC | LINUX___O_SYNC)) {
		int error = file_sync(description->opened->number);

		return error ? error : done;
	}
	return done;
}

int64_t offset_sought(const struct description *description, int64_t offset, uint64_t whence, uint64_t size)
{
	uint64_t base = whence == LINUX_SEEK_CUR ? description->offset : whence == LINUX_SEEK_END ? size : 0;
	int64_t sought;

	if (__builtin_add_overflow((int64_t)base, offset, &sought) || sought < 0)
		return -EINVAL;
	return sought;
}

/* An offset at which no byte of this filesystem's files can lie is none. */
static int64_t offset_check(const struct description *description, int64_t offset)
{
	struct filesystem_statistics statistics;
	int error = offset > ALWAYS_POSSIBLE ? file_statistics(description->opened->number, &statistics) : 0;

	if (error || offset <= ALWAYS_POSSIBLE)
		return error ? error : offset;
	return (uint64_t)offset > statistics.file_bytes_max ? -EINVAL : offset;
}

static int64_t regular_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	struct attributes attributes = {0};
	int error = 0;

	(void)task;
	if (whence == LINUX_SEEK_DATA || whence == LINUX_SEEK_HOLE)
		return offset < 0 ? -ENXIO : file_seek(description->opened->number, (uint64_t)offset, (enum seek_whence)whence);
	if (whence == LINUX_SEEK_END)
		error = file_attributes(description->opened->number, &attributes);
	return error ? error : offset_check(description, offset_sought(description, offset, whence, attributes.size));
}

static int regular_truncate(struct task *task, struct description *description, uint64_t size)
{
	int error = 0;

	fiber_lock(&description->node->changing);
	if (size && limit_file_bytes(task, size - 1, 1) == 0)
		error = -EFBIG;
	if (!error)
		error = file_truncate(description->opened->number, size);
	if (!error)
		content_resized(description->node, size);
	fiber_unlock(&description->node->changing);
	return error;
}

/* Pages that lose their data are read anew. */
static int regular_allocate(struct task *task, struct description *description, uint32_t mode, uint64_t offset, uint64_t bytes)
{
	struct node *node = description->node;
	struct attributes attributes;
	int error = 0;

	if (!(mode & (ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE)) && limit_file_bytes(task, offset + bytes - 1, 1) == 0)
		return -EFBIG;
	if (node->content)
		error = content_write_back(node, offset >> PAGE_BITS, ((offset + bytes - 1) >> PAGE_BITS) + 1);
	if (error)
		return error;
	fiber_lock(&node->changing);
	error = file_allocate(description->opened->number, mode, offset, bytes);
	if (!error && node->content) {
		if (mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE))
			content_cleared(node, offset, bytes);
		error = file_attributes(description->opened->number, &attributes);
		if (!error)
			content_resized(node, attributes.size);
	} else if (!error) {
		node->changes++;
	}
	fiber_unlock(&node->changing);
	return error;
}

static int regular_map(struct description *description, bool shared, bool stores, struct object **object)
{
	int error = content_take(description->node, description->opened, shared && stores, object);

	if (!error)
		object_name(*object, description->text);
	return error;
}

static int regular_sync(struct description *description, bool data_only)
{
	int error = content_write_back(description->node, 0, RADIX_LIMIT), failed = data_only ? file_sync_data(description->opened->number) : file_sync(description->opened->number);

	return error ? error : failed;
}

void regular_count(const struct description *description)
{
	description->node->writers += description_writes(description);
	description->node->readers += !description_writes(description) && description_reads(description);
}

static void regular_uncount(const struct description *description)
{
	description->node->writers -= description_writes(description);
	description->node->readers -= !description_writes(description) && description_reads(description);
}

static void regular_release(struct description *description)
{
	if (description->node->leases)
		lease_end(description);
	regular_uncount(description);
	node_release(description->node);
}

const struct description_operations regular_operations = {
	.read = regular_read,
	.write = regular_write,
	.seek = regular_seek,
	.truncate = regular_truncate,
	.allocate = regular_allocate,
	.map = regular_map,
	.sync = regular_sync,
	.release = regular_release,
};
