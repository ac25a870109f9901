/* SPDX-License-Identifier: MIT */
/* Files in memory without a name (memfd_create(2)): a memory object that can be read and written as well as mapped, and sealed against changes. */
#include "file/description.h"
#include "file/limits.h"
#include "file/regular.h"
#include "file/text.h"
#include "lib/string.h"
#include "mm/memory.h"
#include "mm/slab.h"
#include "process/handlers.h"

#define NAME_MAX 249
#define SEALS_KNOWN (LINUX_F_SEAL_SEAL | LINUX_F_SEAL_SHRINK | LINUX_F_SEAL_GROW | LINUX_F_SEAL_WRITE | LINUX_F_SEAL_FUTURE_WRITE)
#define SEALS_WRITE (LINUX_F_SEAL_WRITE | LINUX_F_SEAL_FUTURE_WRITE)

struct memory_file {
	struct object *object;
	uint64_t size;
	uint32_t seals;
};

static struct slab files = SLAB(struct memory_file);

static uint64_t pages_of(uint64_t size)
{
	return (size + PAGE_SIZE - 1) >> PAGE_BITS;
}

/* Moves data between a page of the process and the file's: the frame of that is 0 for a hole, which reads as zeros. */
static void page_move(unsigned char *process, frame_t frame, uint64_t in_page, uint64_t count, bool writes)
{
	unsigned char *bytes = (unsigned char *)frame_bytes(frame) + in_page;

	if (!frame)
		memset(process, 0, count);
	else if (writes)
		memcpy(bytes, process, count);
	else
		memcpy(process, bytes, count);
}

/* One piece within a page of the file. Bytes, or a negative error number. */
static int64_t piece_move(struct memory_file *file, struct transfer *transfer, uint64_t offset, uint64_t most, bool writes)
{
	uint64_t in_page = offset % PAGE_SIZE, count = PAGE_SIZE - in_page < most ? PAGE_SIZE - in_page : most;
	struct user_page page;
	const uint64_t *word;
	int64_t frame = 0;
	int error = transfer_page_begin(transfer, count, !writes, &page);

	if (error)
		return error;
	word = radix_find(&file->object->pages, offset >> PAGE_BITS);
	if (word && *word)
		frame = (int64_t)(*word >> PAGE_BITS);
	else if (writes)
		frame = object_page(file->object, offset >> PAGE_BITS);
	if (frame >= 0)
		page_move(page.bytes, (frame_t)frame, in_page, page.count, writes);
	transfer_page_end(&page);
	if (frame < 0)
		return frame;
	transfer_advance(transfer, page.count);
	return (int64_t)page.count;
}

static int64_t memory_file_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct memory_file *file = description->data;
	uint64_t done = 0;

	(void)task;
	while (transfer->left && *offset < file->size) {
		uint64_t there = file->size - *offset;
		int64_t count = piece_move(file, transfer, *offset, there < transfer->left ? there : transfer->left, false);

		if (count < 0)
			return done ? (int64_t)done : count;
		*offset += (uint64_t)count;
		done += (uint64_t)count;
	}
	return (int64_t)done;
}

static void size_set(struct memory_file *file, uint64_t size)
{
	uint64_t pages = pages_of(size);
	const uint64_t *word = size % PAGE_SIZE ? radix_find(&file->object->pages, pages - 1) : NULL;

	if (size < file->size) {
		file->object->pages_limit = pages;
		memories_forget(file->object, pages, RADIX_LIMIT);
		object_drop(file->object, pages, RADIX_LIMIT);
		if (word && *word)
			memset((unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
	}
	file->object->pages_limit = pages;
	file->size = size;
}

static int64_t memory_file_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct memory_file *file = description->data;
	uint64_t done = 0, bytes;

	if (description->flags & LINUX_O_APPEND)
		*offset = file->size;
	if (!transfer->left)
		return 0;
	if (file->seals & SEALS_WRITE)
		return -EPERM;
	bytes = limit_file_bytes(task, *offset, transfer->left);
	if (!bytes || pages_of(*offset + bytes) > RADIX_LIMIT)
		return -EFBIG;
	if (file->seals & LINUX_F_SEAL_GROW && *offset + bytes > file->size) {
		if (*offset >= file->size)
			return -EPERM;
		bytes = file->size - *offset;
	}
	while (done < bytes) {
		int64_t count;

		if (pages_of(*offset + 1) > file->object->pages_limit)
			file->object->pages_limit = pages_of(*offset + 1);
		count = piece_move(file, transfer, *offset, bytes - done, true);
		if (count < 0)
			return done ? (int64_t)done : count;
		*offset += (uint64_t)count;
		done += (uint64_t)count;
		if (*offset > file->size)
			file->size = *offset;
	}
	return (int64_t)done;
}

static int64_t memory_file_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	const struct memory_file *file = description->data;

	(void)task;
	if (whence == LINUX_SEEK_DATA || whence == LINUX_SEEK_HOLE) {
		if (offset < 0 || (uint64_t)offset >= file->size)
			return -ENXIO;
		return whence == LINUX_SEEK_DATA ? offset : (int64_t)file->size; /* one piece of data, as a filesystem without holes tells */
	}
	return offset_sought(description, offset, whence, file->size);
}

static int memory_file_attributes(struct description *description, struct attributes *attributes)
{
	const struct memory_file *file = description->data;

	attributes_nameless(description, attributes);
	attributes->size = file->size;
	attributes->blocks = file->object->resident * (PAGE_SIZE / 512);
	return 0;
}

static int memory_file_truncate(struct task *task, struct description *description, uint64_t size)
{
	struct memory_file *file = description->data;

	if ((size < file->size && file->seals & LINUX_F_SEAL_SHRINK) || (size > file->size && file->seals & LINUX_F_SEAL_GROW))
		return -EPERM;
	if (size && limit_file_bytes(task, size - 1, 1) == 0)
		return -EFBIG;
	if (pages_of(size) > RADIX_LIMIT)
		return -EFBIG;
	size_set(file, size);
	return 0;
}

/* Clears what there is of a range: what is not there is zeros. */
static void range_clear(struct memory_file *file, uint64_t from, uint64_t to)
{
	uint64_t last = pages_of(to) < RADIX_LIMIT ? pages_of(to) : RADIX_LIMIT, *word;

	for (uint64_t i = radix_next(&file->object->pages, from >> PAGE_BITS, last, &word); i < last; i = radix_next(&file->object->pages, i + 1, last, &word)) {
		uint64_t page = i << PAGE_BITS, begin = from > page ? from - page : 0, end = to - page < PAGE_SIZE ? to - page : PAGE_SIZE;

		memset((unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + begin, 0, end - begin);
	}
}

/* Makes the pages that are to be there. Holes are made by clearing: nobody can tell. */
static int memory_file_allocate(struct task *task, struct description *description, uint32_t mode, uint64_t offset, uint64_t bytes)
{
	struct memory_file *file = description->data;
	uint64_t end = offset + bytes;

	(void)task;
	if (mode & ALLOCATE_PUNCH_HOLE && file->seals & SEALS_WRITE)
		return -EPERM;
	if (pages_of(end) > RADIX_LIMIT && !(mode & ALLOCATE_PUNCH_HOLE))
		return -EFBIG;
	if (!(mode & ALLOCATE_KEEP_SIZE) && end > file->size) {
		if (file->seals & LINUX_F_SEAL_GROW)
			return -EPERM;
		size_set(file, end);
	}
	if (!(mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE)))
		return 0;
	range_clear(file, offset, end < file->size ? end : file->size);
	return 0;
}

static int memory_file_map(struct description *description, bool shared, bool stores, struct object **object)
{
	const struct memory_file *file = description->data;

	if (shared && stores && file->seals & SEALS_WRITE)
		return -EPERM;
	object_hold(file->object);
	*object = file->object;
	return 0;
}

static int64_t seals_add(const struct description *description, struct memory_file *file, uint64_t seals)
{
	if (!description_writes(description))
		return -EPERM;
	if (seals & ~(uint64_t)SEALS_KNOWN)
		return -EINVAL;
	if (file->seals & LINUX_F_SEAL_SEAL)
		return -EPERM;
	if (seals & LINUX_F_SEAL_WRITE && memories_store(file->object))
		return -EBUSY;
	file->seals |= (uint32_t)seals;
	return 0;
}

static int64_t memory_file_control(struct task *task, struct description *description, uint64_t command, uint64_t argument)
{
	struct memory_file *file = description->data;

	(void)task;
	if (command == LINUX_F_ADD_SEALS)
		return seals_add(description, file, (uint32_t)argument);
	return command == LINUX_F_GET_SEALS ? (int64_t)file->seals : -EINVAL;
}

static int memory_file_sync(struct description *description, bool data_only)
{
	(void)description, (void)data_only;
	return 0;
}

static void memory_file_release(struct description *description)
{
	struct memory_file *file = description->data;

	object_release(file->object);
	slab_return(&files, file);
}

static const struct description_operations operations = {
	.read = memory_file_read,
	.write = memory_file_write,
	.seek = memory_file_seek,
	.attributes = memory_file_attributes,
	.truncate = memory_file_truncate,
	.allocate = memory_file_allocate,
	.map = memory_file_map,
	.control = memory_file_control,
	.sync = memory_file_sync,
	.release = memory_file_release,
};

static struct description *memory_file_make(const char *path, uint32_t seals)
{
	struct memory_file *file = slab_take(&files);
	struct description *description = NULL;

	if (!file)
		return NULL;
	*file = (struct memory_file){.object = object_anonymous(0), .seals = seals};
	if (file->object)
		description = description_make(&operations, MODE_REGULAR | 0777, LINUX_O_RDWR | LINUX_O_LARGEFILE, FILESYSTEM_MEMORY);
	if (description) {
		description->data = file;
		description->text = text_copy(path);
		object_name(file->object, path);
		file->object->inode = description->inode;
		return description;
	}
	if (file->object)
		object_release(file->object);
	slab_return(&files, file);
	return NULL;
}

int64_t linux_memfd_create(struct task *task, const uint64_t arguments[6])
{
	static const char prefix[] = "/memfd:", suffix[] = " (deleted)";
	char path[sizeof(prefix) + NAME_MAX + sizeof(suffix)];
	uint32_t flags = (uint32_t)arguments[1];
	struct description *description;
	int64_t length;

	if (flags & ~(uint32_t)(LINUX_MFD_CLOEXEC | LINUX_MFD_ALLOW_SEALING))
		return -EINVAL; /* huge pages: there are none */
	memcpy(path, prefix, sizeof(prefix) - 1);
	length = user_text(task->memory, path + sizeof(prefix) - 1, arguments[0], NAME_MAX + 1);
	if (length < 0)
		return length == -ENAMETOOLONG ? -EINVAL : length;
	memcpy(path + sizeof(prefix) - 1 + length, suffix, sizeof(suffix));
	description = memory_file_make(path, flags & LINUX_MFD_ALLOW_SEALING ? 0 : LINUX_F_SEAL_SEAL);
	return description ? descriptor_give(task, description, flags & LINUX_MFD_CLOEXEC ? LINUX_O_CLOEXEC : 0) : -ENOMEM;
}
