/* SPDX-License-Identifier: MIT */
/* Open files: their making, users and end, and what all kinds have in common (file/description.h). */
#include "file/description.h"

#include "file/descriptors.h"
#include "file/entry.h"
#include "file/epoll.h"
#include "file/locks.h"
#include "file/notify.h"
#include "file/opened.h"
#include "file/sigio.h"
#include "file/text.h"
#include "lib/file.h"
#include "mm/slab.h"
#include "vdso/vdso.h"

#define NS_OF_SECOND 1000000000

static struct slab descriptions = SLAB(struct description);
static uint64_t inode_last; /* of nameless files */

struct description *description_make(const struct description_operations *operations, uint32_t mode, uint32_t flags, uint64_t filesystem)
{
	struct description *description = slab_take(&descriptions);

	if (!description)
		return NULL;
	description->operations = operations;
	description->users = 1;
	description->flags = flags;
	description->mode = mode;
	description->filesystem = filesystem;
	description->inode = ++inode_last;
	return description;
}

void description_release(struct description *description)
{
	if (--description->users)
		return;
	locks_released(description);
	if (!(description->flags & LINUX_O_PATH))
		notify_description(description, description_writes(description) ? LINUX_IN_CLOSE_WRITE : LINUX_IN_CLOSE_NOWRITE);
	sigio_end(description);
	if (description->watched)
		epoll_forget(description);
	if (description->operations->release)
		description->operations->release(description);
	if (description->opened)
		opened_release(description->opened);
	if (description->entry)
		entry_release(description->entry);
	text_return(description->text);
	slab_return(&descriptions, description);
}

void attributes_nameless(const struct description *description, struct attributes *attributes)
{
	uint64_t wall = vdso_wall_now();
	struct timestamp now = {.seconds = (int64_t)(wall / NS_OF_SECOND), .nanoseconds = (uint32_t)(wall % NS_OF_SECOND)};

	*attributes = (struct attributes){
		.inode = description->inode,
		.mode = description->mode,
		.links = 1,
		.block_size = PAGE_SIZE,
		.device = description->device,
		.access = now,
		.modify = now,
		.change = now,
	};
}

int description_attributes(struct description *description, struct attributes *attributes)
{
	if (description->operations->attributes)
		return description->operations->attributes(description, attributes);
	if (description->opened)
		return file_attributes(description->opened->number, attributes);
	if (description->entry)
		return entry_attributes(description->entry, attributes);
	attributes_nameless(description, attributes);
	return 0;
}

uint32_t description_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	*queue = NULL;
	if (description->operations->poll)
		return description->operations->poll(task, description, queue);
	return LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLOUT | LINUX_POLLWRNORM;
}

int descriptor_take_path(struct task *task, uint64_t number, struct description **description)
{
	*description = descriptor_find(task->files, number);
	if (!*description)
		return -EBADF;
	description_hold(*description);
	return 0;
}

int descriptor_take(struct task *task, uint64_t number, struct description **description)
{
	*description = descriptor_find(task->files, number);
	if (!*description || (*description)->flags & LINUX_O_PATH)
		return -EBADF;
	description_hold(*description);
	return 0;
}

bool descriptor_is_free(const struct task *task)
{
	uint64_t limit = task->process->limits[LINUX_RLIMIT_NOFILE][0];

	return descriptor_lowest(task->files, 0) < (limit < DESCRIPTORS_MAX ? limit : DESCRIPTORS_MAX);
}

int descriptor_give(struct task *task, struct description *description, uint32_t flags)
{
	int number = descriptor_add(task->files, description, 0, flags & LINUX_O_CLOEXEC, task->process->limits[LINUX_RLIMIT_NOFILE][0]);

	if (number < 0)
		description_release(description);
	return number;
}

int descriptors_give_two(struct task *task, struct description *pair[2], uint32_t flags, uint64_t address)
{
	int32_t numbers[2];
	int error = 0;

	numbers[0] = descriptor_give(task, pair[0], flags);
	numbers[1] = numbers[0] < 0 ? numbers[0] : descriptor_give(task, pair[1], flags);
	if (numbers[0] < 0)
		description_release(pair[1]);
	else if (numbers[1] >= 0)
		error = user_write(task->memory, address, numbers, sizeof(numbers));
	if (numbers[1] < 0)
		error = numbers[1];
	if (error && numbers[0] >= 0)
		(void)descriptor_close(task->files, (uint64_t)numbers[0]);
	if (error && numbers[1] >= 0)
		(void)descriptor_close(task->files, (uint64_t)numbers[1]);
	return error;
}
