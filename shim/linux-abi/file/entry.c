/* SPDX-License-Identifier: MIT */
/* Entries of the shim's own trees (file/entry.h). */
#include "file/entry.h"

#include "lib/file.h"
#include "vdso/vdso.h"

#define NS_OF_SECOND 1000000000

void entry_hold(struct entry *entry)
{
	entry->users++;
}

void entry_release(struct entry *entry)
{
	struct entry *parent = entry->parent;

	if (--entry->users)
		return;
	if (entry->operations->release)
		entry->operations->release(entry);
	if (parent)
		entry_release(parent);
}

static void attributes_of_entry(const struct entry *entry, struct attributes *attributes)
{
	uint64_t wall = vdso_wall_now();
	struct timestamp now = {.seconds = (int64_t)(wall / NS_OF_SECOND), .nanoseconds = (uint32_t)(wall % NS_OF_SECOND)};

	*attributes = (struct attributes){
		.inode = entry->inode,
		.mode = entry->mode,
		.links = (entry->mode & MODE_TYPE) == MODE_DIRECTORY ? 2 : 1,
		.owner = entry->owner,
		.group = entry->group,
		.device = entry->device,
		.block_size = PAGE_SIZE,
		.access = now,
		.modify = now,
		.change = now,
	};
}

int entry_attributes(struct entry *entry, struct attributes *attributes)
{
	attributes_of_entry(entry, attributes);
	return entry->operations->attributes ? entry->operations->attributes(entry, attributes) : 0;
}

int entry_status(struct entry *entry, struct status *status)
{
	status->filesystem = entry->filesystem;
	return entry_attributes(entry, &status->attributes);
}

int64_t entry_read_link(struct entry *entry, struct task *task, char *target, size_t bytes)
{
	return entry->operations->read_link ? entry->operations->read_link(entry, task, target, bytes) : -EINVAL;
}

int entry_change(struct entry *entry, const struct asker *asker, const struct file_change *change)
{
	return entry->operations->change ? entry->operations->change(entry, asker, change) : -EPERM;
}
