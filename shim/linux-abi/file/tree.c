/* SPDX-License-Identifier: MIT */
/*
 * Walks through trees of the shim's own (file/tree.h). The text of a walk consists of what has been walked, as a path without links and dots from the tree's root, each component with a slash behind it, and from `at` on of what has not.
 */
#include "file/tree.h"

#include "file/device.h"
#include "file/descriptors.h"
#include "file/opened.h"
#include "file/open.h"
#include "file/pipe.h"
#include "file/regular.h"
#include "file/text.h"
#include "lib/string.h"

static struct tree_kind *kinds;

void tree_register(struct tree_kind *kind)
{
	kind->next = kinds;
	kinds = kind;
}

struct tree_kind *tree_kind_find(const char *type)
{
	struct tree_kind *kind = kinds;

	while (kind && strcmp(kind->type, type) != 0)
		kind = kind->next;
	return kind;
}

struct passage {
	struct walk *walk;
	struct entry *entry; /* held: where it is */
	const char *place;   /* of the tree's root, or of the directory in it where the walk began */
	size_t at;           /* the text from here on has not been walked */
	unsigned links;
};

enum step { STEP_ON, STEP_END, STEP_OUT }; /* go on; ended, or an error; leave the tree */

static bool is_type(const struct entry *entry, uint32_t type)
{
	return (entry->mode & MODE_TYPE) == type;
}

/* Takes `bytes` bytes out of the text, at the place where the next component is. */
static void text_cut(struct passage *passage, size_t from, size_t bytes)
{
	char *text = passage->walk->text;

	memmove(text + from, text + from + bytes, strlen(text + from + bytes) + 1);
}

/* Puts a text in the place of `bytes` bytes at the next component. */
static int text_replace(struct passage *passage, size_t bytes, const char *by, size_t by_bytes)
{
	char *next = passage->walk->text + passage->at;
	size_t rest = strlen(next + bytes);

	if (passage->at + by_bytes + rest > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memmove(next + by_bytes, next + bytes, rest + 1);
	memcpy(next, by, by_bytes);
	return 0;
}

/* The path leaves the tree upwards: it goes on at the parent of the place where the tree is mounted, seen from the root of all. */
static enum step step_out(struct passage *passage, int64_t *result)
{
	const struct mount *mount = mount_of_root(passage->entry);
	const char *place = mount ? mount->place : "/";
	size_t parent = strlen(place);

	if (passage->walk->flags & (WALK_NO_MOUNTS | WALK_SCOPED)) {
		*result = -EXDEV;
		return STEP_END;
	}
	while (parent && place[parent - 1] != '/')
		parent--;
	while (*place == '/' && parent) {
		place++;
		parent--;
	}
	passage->at = 0;
	*result = text_replace(passage, 0, place, parent);
	if (!*result && parent == 0)
		*result = text_replace(passage, 0, "./", 2);
	passage->walk->path.start = PATH_ROOT;
	return *result ? STEP_END : STEP_OUT;
}

/* How far below the root of its tree it is. */
static unsigned depth_of(const struct entry *entry)
{
	unsigned depth = 0;

	while ((entry = entry->parent) != NULL)
		depth++;
	return depth;
}

/* Whether it is at the directory in this tree that a scoped walk may not leave. */
static bool is_scope(const struct passage *passage)
{
	const struct entry *start = passage->walk->start ? passage->walk->start->entry : NULL;

	return passage->walk->flags & WALK_SCOPED && start && depth_of(passage->entry) == depth_of(start); /* it is never anywhere but there and below */
}

static enum step step_up(struct passage *passage, int64_t *result)
{
	struct entry *parent = passage->entry->parent;
	size_t from = passage->at;

	if (is_scope(passage)) {
		*result = passage->walk->flags & WALK_BENEATH ? -EXDEV : 0;
		return *result ? STEP_END : STEP_ON;
	}
	if (!parent)
		return step_out(passage, result);
	entry_hold(parent);
	entry_release(passage->entry);
	passage->entry = parent;
	if (from) {
		from--;
		while (from && passage->walk->text[from - 1] != '/')
			from--;
		text_cut(passage, from, passage->at - from);
		passage->at = from;
	}
	return STEP_ON;
}

/* A link that leads to an open file: the path ends there, or goes on in that directory. */
static enum step file_follow(struct passage *passage, size_t bytes, struct description *file, int64_t *result)
{
	struct walk *walk = passage->walk;

	if (!walk->text[passage->at + bytes]) {
		walk->found = file;
		*result = walk->flags & WALK_FOUND ? 0 : -EACCES;
		return STEP_END;
	}
	if (!description_is(file, MODE_DIRECTORY)) {
		description_release(file);
		*result = -ENOTDIR;
		return STEP_END;
	}
	text_cut(passage, 0, passage->at + bytes);
	passage->at = 0;
	while (walk->text[0] == '/')
		text_cut(passage, 0, 1);
	if (!walk->text[0])
		memcpy(walk->text, ".", 2);
	if (walk->start)
		description_release(walk->start);
	walk->start = file;
	if (file->opened) {
		walk->path.start = file->opened->number;
		return STEP_OUT;
	}
	if (file->entry) {
		entry_hold(file->entry);
		entry_release(passage->entry);
		passage->entry = file->entry;
		passage->place = file->text ? file->text : "/";
		return STEP_ON;
	}
	*result = -ENOTDIR;
	return STEP_END;
}

/* Whether a link that leads to an open file may be followed; it goes by no directory, so none can keep it within its own. */
static int magic_check(const struct passage *passage, const struct description *file)
{
	uint32_t flags = passage->walk->flags;

	if (flags & WALK_NO_MAGIC)
		return -ELOOP;
	if (flags & WALK_NO_MOUNTS && file->filesystem != passage->entry->filesystem)
		return -EXDEV;
	return flags & WALK_SCOPED ? -EXDEV : 0;
}

/* Follows a link that has been found under a name of `bytes` bytes. */
static enum step link_follow(struct passage *passage, struct entry *link, size_t bytes, int64_t *result)
{
	struct description *file = NULL;
	char target[PATH_BYTES_MAX + 1];
	int64_t length;
	int error = link->operations->follow ? link->operations->follow(link, passage->walk->task, &file) : -ENOSYS;

	if (!error)
		error = magic_check(passage, file);
	if (++passage->links > LINK_FOLLOW_MAX || passage->walk->flags & WALK_NO_LINKS || (link->operations->magic && passage->walk->flags & WALK_NO_MAGIC))
		error = -ELOOP;
	if (!error)
		return file_follow(passage, bytes, file, result);
	if (file)
		description_release(file);
	target[0] = 0;
	length = error == -ENOSYS ? entry_read_link(link, passage->walk->task, target, PATH_BYTES_MAX) : error;
	if (length <= 0) {
		*result = length ? length : -ENOENT;
		return STEP_END;
	}
	if (target[0] == '/' && passage->walk->flags & (WALK_NO_MOUNTS | WALK_SCOPED)) {
		*result = -EXDEV;
		return STEP_END;
	}
	if (target[0] == '/') {
		text_cut(passage, 0, passage->at);
		passage->at = 0;
	}
	*result = text_replace(passage, bytes, target, (size_t)length);
	if (*result)
		return STEP_END;
	return target[0] == '/' ? STEP_OUT : STEP_ON;
}

/* May the directory be searched? */
static int64_t search_check(const struct passage *passage)
{
	struct attributes attributes;
	int error;

	if (!is_type(passage->entry, MODE_DIRECTORY))
		return -ENOTDIR;
	error = entry_attributes(passage->entry, &attributes);
	return error ? error : asker_check(&passage->walk->asker, &attributes, ACCESS_EXECUTE);
}

/* Takes a found entry as where the walk is. */
static void entry_go(struct passage *passage, struct entry *found, size_t bytes)
{
	char *end = passage->walk->text + passage->at + bytes;

	entry_release(passage->entry);
	passage->entry = found;
	passage->at += bytes;
	if (*end == '/')
		passage->at++;
}

static enum step step_down(struct passage *passage, const char *name, size_t bytes, int64_t *result)
{
	struct walk *walk = passage->walk;
	const char *behind = walk->text + passage->at + bytes;
	bool last = behind[0] == 0 || (behind[0] == '/' && behind[1] == 0);
	struct entry *found;
	enum step step;

	if (last && walk->flags & WALK_PARENT) {
		walk->entry = passage->entry;
		passage->entry = NULL;
		walk->last = walk->text + passage->at;
		return STEP_END;
	}
	*result = passage->entry->operations->find ? passage->entry->operations->find(passage->entry, walk->task, name, &found) : -ENOTDIR;
	if (*result)
		return STEP_END;
	if (!is_type(found, MODE_LINK) || (behind[0] == 0 && walk->flags & WALK_NOFOLLOW)) {
		entry_go(passage, found, bytes);
		return STEP_ON;
	}
	step = link_follow(passage, found, bytes, result);
	entry_release(found);
	return step;
}

/* One component. */
static enum step step_take(struct passage *passage, int64_t *result)
{
	struct walk *walk = passage->walk;
	char name[NAME_BYTES_MAX + 1];
	size_t bytes = 0;

	while (walk->text[passage->at] == '/')
		text_cut(passage, passage->at, 1);
	while (walk->text[passage->at + bytes] && walk->text[passage->at + bytes] != '/')
		bytes++;
	if (!bytes) {
		walk->entry = passage->entry;
		passage->entry = NULL;
		return STEP_END;
	}
	*result = bytes > NAME_BYTES_MAX ? -ENAMETOOLONG : search_check(passage);
	if (*result)
		return STEP_END;
	memcpy(name, walk->text + passage->at, bytes);
	name[bytes] = 0;
	if (name[0] == '.' && (bytes == 1 || (bytes == 2 && name[1] == '.'))) {
		text_cut(passage, passage->at, bytes);
		return bytes == 1 ? STEP_ON : step_up(passage, result);
	}
	return step_down(passage, name, bytes, result);
}

bool tree_enter(struct walk *walk, struct entry *at, const char *place, int64_t *result)
{
	struct passage passage = {.walk = walk, .entry = at, .place = place};
	enum step step = STEP_ON;

	*result = 0;
	while (step == STEP_ON)
		step = step_take(&passage, result);
	walk->place = passage.place;
	if (passage.entry)
		entry_release(passage.entry);
	if (*result && walk->found) {
		description_release(walk->found);
		walk->found = NULL;
	}
	return step == STEP_OUT;
}

/* Opening. */

#define ENTRY_ONCE (LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_NOCTTY | LINUX_O_TRUNC | LINUX_O_CLOEXEC)

static uint32_t wanted_by(uint32_t flags)
{
	static const uint32_t wanted[] = {ACCESS_READ, ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE};

	return wanted[flags & LINUX_O_ACCMODE];
}

static int open_check(const struct walk *walk, const struct entry *entry, const struct attributes *attributes, uint32_t flags)
{
	bool directory = is_type(entry, MODE_DIRECTORY);

	if (flags & LINUX___O_TMPFILE) {
		int error = directory ? asker_check(&walk->asker, attributes, ACCESS_WRITE | ACCESS_EXECUTE) : -ENOTDIR;

		return error ? error : -EOPNOTSUPP;
	}
	if (flags & LINUX_O_CREAT && flags & LINUX_O_EXCL)
		return -EEXIST;
	if (flags & LINUX_O_CREAT && directory)
		return -EISDIR;
	if (flags & LINUX_O_DIRECTORY && !directory)
		return -ENOTDIR;
	if (flags & LINUX_O_PATH)
		return 0;
	if (is_type(entry, MODE_LINK))
		return -ELOOP;
	if (directory && wanted_by(flags) & ACCESS_WRITE)
		return -EISDIR;
	return asker_check(&walk->asker, attributes, wanted_by(flags));
}

bool record_put(void *buffer, size_t bytes, size_t *done, uint64_t inode, uint32_t mode, const char *name, uint64_t cookie)
{
	size_t length = strlen(name), size = (offsetof(struct directory_record, name) + length + 1 + 7) & ~(size_t)7;
	struct directory_record *record = (struct directory_record *)((unsigned char *)buffer + *done);

	if (size > bytes - *done)
		return false;
	memset(record, 0, size);
	record->inode = inode;
	record->cookie = cookie;
	record->bytes = (uint16_t)size;
	record->type = (uint8_t)(mode >> 12);
	memcpy((char *)record + offsetof(struct directory_record, name), name, length);
	*done += size;
	return true;
}

static int64_t entry_list(struct task *task, struct description *description, uint64_t *cookie, void *buffer, size_t bytes)
{
	struct entry *directory = description->entry;
	struct entry *parent = directory->parent ? directory->parent : directory;
	size_t done = 0;
	int64_t more;

	while (*cookie < 2) {
		uint64_t inode = *cookie ? parent->inode : directory->inode;

		if (!record_put(buffer, bytes, &done, inode, MODE_DIRECTORY, *cookie ? ".." : ".", *cookie + 1))
			return done ? (int64_t)done : -EINVAL;
		++*cookie;
	}
	more = directory->operations->list ? directory->operations->list(directory, task, cookie, (unsigned char *)buffer + done, bytes - done) : 0;
	return done && more < 0 ? (int64_t)done : more + (int64_t)done;
}

static int64_t directory_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task, (void)description, (void)transfer, (void)offset;
	return -EISDIR;
}

static int64_t directory_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task;
	return whence == LINUX_SEEK_SET || whence == LINUX_SEEK_CUR ? offset_sought(description, offset, whence, 0) : -EINVAL;
}

static const struct description_operations entry_directory_operations = {.read = directory_read, .list = entry_list, .seek = directory_seek};

static int type_open(struct task *task, struct entry *entry, struct description *description, uint32_t flags)
{
	if (flags & LINUX_O_PATH)
		return 0;
	if (entry->operations->open)
		return entry->operations->open(entry, task, description);
	if (is_type(entry, MODE_DIRECTORY))
		return 0;
	return is_type(entry, MODE_CHARACTER) || is_type(entry, MODE_BLOCK) ? device_open(task, description, flags) : -ENXIO;
}

int entry_open(struct walk *walk, uint32_t flags, struct description **description)
{
	struct entry *entry = walk->entry;
	struct attributes attributes;
	struct description *opened;
	int error = entry_attributes(entry, &attributes);

	if (!error)
		error = open_check(walk, entry, &attributes, flags);
	if (error)
		return error;
	opened = description_make(is_type(entry, MODE_DIRECTORY) && !(flags & LINUX_O_PATH) ? &entry_directory_operations : &path_operations, attributes.mode, flags & ~(uint32_t)ENTRY_ONCE,
		entry->filesystem);
	if (!opened)
		return -ENOMEM;
	entry_hold(entry);
	opened->entry = entry;
	opened->inode = entry->inode;
	opened->device = entry->device;
	opened->text = walk_text(walk);
	error = type_open(walk->task, entry, opened, flags);
	if (error)
		description_release(opened);
	else
		*description = opened;
	return error;
}

/* What lies in a tree of the shim's own: by its path, as long as that leads there. */
static int path_open(struct walk *walk, const struct description *file, uint32_t flags, struct description **description)
{
	char path[PATH_BYTES_MAX + 1];
	int64_t length = text_resolve(file, path);

	if (length < 0)
		return (int)length;
	return text_open(walk->task, path, flags & ~(uint32_t)(LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_NOFOLLOW), 0, description);
}

/* Another description of the same device. */
static int device_open_again(struct walk *walk, const struct description *file, uint32_t flags, struct description **description)
{
	struct description *opened = description_make(&path_operations, file->mode, flags & ~(uint32_t)ENTRY_ONCE, file->filesystem);
	int error;

	if (!opened)
		return -ENOMEM;
	opened->inode = file->inode;
	opened->device = file->device;
	opened->text = text_copy(file->text);
	opened->entry = file->entry;
	opened->opened = file->opened;
	if (opened->entry)
		entry_hold(opened->entry);
	if (opened->opened)
		opened_hold(opened->opened);
	error = device_open(walk->task, opened, flags);
	if (error)
		description_release(opened);
	else
		*description = opened;
	return error;
}

int found_open(struct walk *walk, uint32_t flags, uint32_t mode, struct description **description)
{
	struct description *file = walk->found;

	if (flags & LINUX_O_CREAT && flags & LINUX_O_EXCL)
		return -EEXIST;
	if (flags & LINUX_O_CREAT && description_is(file, MODE_DIRECTORY))
		return -EISDIR;
	if (flags & LINUX_O_DIRECTORY && !description_is(file, MODE_DIRECTORY))
		return -ENOTDIR;
	if (description_is(file, MODE_CHARACTER) && !(flags & LINUX_O_PATH))
		return device_open_again(walk, file, flags, description);
	if (pipe_of(file) && !file->opened)
		return pipe_open_again(file, flags, description);
	if (file->opened)
		return opened_open_again(walk, file, flags, mode, description);
	return file->text ? path_open(walk, file, flags, description) : -ENXIO;
}
