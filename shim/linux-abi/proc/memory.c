/* SPDX-License-Identifier: MIT */
/* The memory of a process as files (proc/memory.h). An open file keeps the number of the memory, in `data`. */
#include "proc/memory.h"

#include "file/regular.h"
#include "proc/maps.h"

/* An entry of pagemap (Documentation/admin-guide/mm/pagemap.rst). Frames have no numbers here that mean something to anybody: as Linux tells who may not know them, they are 0. */
#define PAGE_ALONE (1ull << 56)
#define PAGE_OF_FILE (1ull << 61)
#define PAGE_PRESENT (1ull << 63)

#define PIECE 64 /* entries */

static struct memory *memory_opened(const struct description *description)
{
	return memory_find_number((uint64_t)description->data);
}

static int64_t memory_move_bytes(struct description *description, struct transfer *transfer, uint64_t *offset, bool writes)
{
	struct memory *memory = memory_opened(description);
	struct transfer there;
	int64_t moved = 1;

	if (!memory || !transfer->left)
		return 0;
	if (*offset >= MEMORY_TOP)
		return -EIO;
	memory_hold(memory);
	transfer_user(&there, memory, *offset, transfer->left);
	while (moved > 0 && transfer->left)
		moved = transfer_move(transfer, &there, writes);
	memory_release(memory);
	*offset += transfer->done;
	return transfer->done ? (int64_t)transfer->done : moved;
}

static int64_t memory_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task;
	return memory_move_bytes(description, transfer, offset, false);
}

static int64_t memory_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task;
	return memory_move_bytes(description, transfer, offset, true);
}

static uint64_t page_entry(const struct memory *memory, uint64_t page)
{
	const uint64_t *word = radix_find(&memory->pages, page);
	const struct area *area = area_find(&memory->areas, page * PAGE_SIZE);
	frame_t frame = word ? (frame_t)(*word / PAGE_SIZE) : 0;

	if (!frame)
		return 0;
	return PAGE_PRESENT | (area && area_page_is_of_object(area, page, frame) ? PAGE_OF_FILE : frame_users(frame) == 1 ? PAGE_ALONE : 0);
}

static int64_t page_map_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	uint64_t entries[PIECE], end = (MEMORY_TOP + PAGE_SIZE) / PAGE_SIZE;
	int64_t put = 1;

	(void)task;
	if (*offset % sizeof(*entries) || transfer->left % sizeof(*entries))
		return -EINVAL;
	while (put > 0 && transfer->left && *offset / sizeof(*entries) < end) {
		const struct memory *memory = memory_opened(description); /* anew: putting them may wait */
		uint64_t page = *offset / sizeof(*entries), count = 0;

		if (!memory)
			break;
		for (; count < PIECE && page + count < end && count * sizeof(*entries) < transfer->left; count++)
			entries[count] = page_entry(memory, page + count);
		put = transfer_put(transfer, entries, count * sizeof(*entries));
		*offset += put > 0 ? (uint64_t)put : 0;
	}
	return transfer->done || put > 0 ? (int64_t)transfer->done : put;
}

static int64_t memory_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task;
	return whence == LINUX_SEEK_SET || whence == LINUX_SEEK_CUR ? offset_sought(description, offset, whence, 0) : -EINVAL;
}

static const struct description_operations memory_operations = {.read = memory_read, .write = memory_write, .seek = memory_seek};
static const struct description_operations page_map_operations = {.read = page_map_read, .seek = memory_seek};

static int open_as(const struct proc_subject *subject, struct description *description, const struct description_operations *operations)
{
	if (!subject->task || !subject->task->memory)
		return -ESRCH;
	description->operations = operations;
	description->data = (void *)subject->task->memory->number;
	return 0;
}

int proc_memory_open(const struct proc_subject *subject, struct description *description)
{
	return open_as(subject, description, &memory_operations);
}

int proc_page_map_open(const struct proc_subject *subject, struct description *description)
{
	return open_as(subject, description, &page_map_operations);
}
