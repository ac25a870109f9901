/* SPDX-License-Identifier: MIT */
/* Who uses a mount (file/mount_use.h). Looks through all processes: what asks for it is rare. */
#include "file/mount_use.h"

#include "file/content.h"
#include "file/descriptors.h"
#include "file/entry.h"
#include "file/opened.h"
#include "file/place.h"

#define NUMBER_FIRST (FILESYSTEMS_OWN + 1) /* of mounts, as programs see them; what is below it are filesystems of the shim's own */

/* A tree of the shim's own by any of its entries: the root of each mount is another one. */
static uint32_t entry_mount(const struct entry *entry)
{
	const struct mount *mount;

	while (entry->parent)
		entry = entry->parent;
	mount = mount_of_root(entry);
	return mount ? mount->id : MOUNT_NONE;
}

uint32_t description_mount(const struct description *description)
{
	if (description->entry)
		return entry_mount(description->entry);
	return description->opened ? description->opened->mount : MOUNT_NONE;
}

/* Whether an open directory is the root of its mount. */
static bool is_root_of_mount(const struct description *description)
{
	static const struct asker shim = {.capabilities = UINT32_MAX};
	struct path path = {.asker = &shim, .root = PATH_ROOT, .text = "."};
	struct attributes attributes;

	if (description->entry)
		return !description->entry->parent;
	if (!description->opened || !description_is(description, MODE_DIRECTORY))
		return false;
	path.start = description->opened->number;
	return !path_attributes_at(&path, 0, &attributes) && path.mount & MOUNT_IS_ROOT;
}

/* The open file to which a walk has led; null: a path. */
static const struct description *walk_file(const struct walk *walk)
{
	return walk_is_start(walk) ? walk->start : walk->found;
}

uint32_t walk_mount(const struct walk *walk, bool *is_root)
{
	const struct description *file = walk_file(walk);

	*is_root = file ? is_root_of_mount(file) : walk->entry ? !walk->entry->parent : walk->path.mount & MOUNT_IS_ROOT;
	if (file)
		return description_mount(file);
	return walk->entry ? entry_mount(walk->entry) : walk->path.mount & ~MOUNT_IS_ROOT;
}

uint32_t mount_number(uint32_t id)
{
	return NUMBER_FIRST + id;
}

uint32_t description_mount_number(const struct description *description)
{
	uint32_t id = description_mount(description);

	return id == MOUNT_NONE ? (uint32_t)description->filesystem : mount_number(id);
}

uint32_t walk_mount_number(const struct walk *walk, bool *is_root)
{
	const struct description *file = walk_file(walk);
	uint32_t id = walk_mount(walk, is_root);

	return file && id == MOUNT_NONE ? description_mount_number(file) : mount_number(id);
}

/* The root of all has no description where a task is in it. */
static bool place_uses(const struct place *place, uint32_t id)
{
	return (place->directory ? description_mount(place->directory) : MOUNT_OF_ALL) == id || (place->root ? description_mount(place->root) : MOUNT_OF_ALL) == id;
}

static bool files_use(const struct descriptors *files, uint32_t id, bool written)
{
	for (uint64_t number = 0; (number = descriptor_next(files, number)) < DESCRIPTORS_MAX; number++) {
		const struct description *description = descriptor_find(files, number);

		if (description_mount(description) == id && (!written || (description_is(description, MODE_REGULAR) && description_writes(description))))
			return true;
	}
	return false;
}

static bool tasks_use(uint32_t id, bool written)
{
	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			if ((!written && task->place && place_uses(task->place, id)) || (task->files && files_use(task->files, id, written)))
				return true;
	return false;
}

bool mount_is_used(uint32_t id)
{
	return tasks_use(id, false) || contents_use(id, false);
}

bool mount_is_written(uint32_t id)
{
	return tasks_use(id, true) || contents_use(id, true);
}
