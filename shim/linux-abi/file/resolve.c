/* SPDX-License-Identifier: MIT */
/*
 * Where an open file is (file/text.h). Nearly always the text by which it was opened leads there still, once it has been freed of links; that is checked by inode. A directory that was moved is found from below: in each parent the name
 * is looked for that leads to the directory one came from.
 */
#include "file/description.h"
#include "file/opened.h"
#include "file/text.h"
#include "lib/file.h"
#include "lib/string.h"

#define DEPTH_MAX 2048 /* components of a path */

static const struct asker shim = {.capabilities = UINT32_MAX};

struct resolution {
	char *path; /* as far as it has been resolved */
	size_t length;
	unsigned links;
	char rest[PATH_BYTES_MAX + 1]; /* what is still to be resolved */
};

static struct path path_of_text(int start, const char *text, char *rest)
{
	return (struct path){.asker = &shim, .start = start, .root = PATH_ROOT, .text = text, .rest = rest};
}

/* Takes the last component off. */
static void component_drop(struct resolution *resolution)
{
	while (resolution->length && resolution->path[--resolution->length] != '/')
		;
}

/* Puts the target of a link before what is still to be resolved. */
static int link_expand(struct resolution *resolution, size_t before)
{
	char target[PATH_BYTES_MAX + 1], unused[PATH_BYTES_MAX + 1];
	struct path path = path_of_text(PATH_ROOT, resolution->path, unused);
	int64_t bytes = path_read_link_at(&path, PATH_NOFOLLOW, target, PATH_BYTES_MAX);
	size_t rest = strlen(resolution->rest);

	if (bytes <= 0 || bytes == PATH_REFERRAL)
		return bytes < 0 ? (int)bytes : -EIO;
	if (++resolution->links > LINK_FOLLOW_MAX)
		return -ELOOP;
	if ((size_t)bytes + 1 + rest > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memmove(resolution->rest + bytes + 1, resolution->rest, rest + 1);
	memcpy(resolution->rest, target, (size_t)bytes);
	resolution->rest[bytes] = '/';
	resolution->length = target[0] == '/' ? 0 : before;
	return 0;
}

/* Appends a component; when that is a link, it is expanded. A path into a tree of the shim's own has none. */
static int component_append(struct resolution *resolution, const char *name, size_t bytes)
{
	char unused[PATH_BYTES_MAX + 1];
	struct path path = path_of_text(PATH_ROOT, resolution->path, unused);
	size_t before = resolution->length;
	struct attributes attributes;
	int error;

	if (before + 1 + bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	resolution->path[resolution->length++] = '/';
	memcpy(resolution->path + resolution->length, name, bytes);
	resolution->length += bytes;
	resolution->path[resolution->length] = 0;
	error = path_attributes_at(&path, PATH_NOFOLLOW, &attributes);
	return !error && (attributes.mode & MODE_TYPE) == MODE_LINK ? link_expand(resolution, before) : 0;
}

/* Resolves the next component. False when there is none. */
static bool component_resolve(struct resolution *resolution, int *error)
{
	char *rest = resolution->rest, name[NAME_BYTES_MAX];
	size_t slashes = 0, bytes = 0, length = strlen(rest);

	while (rest[slashes] == '/')
		slashes++;
	while (rest[slashes + bytes] && rest[slashes + bytes] != '/')
		bytes++;
	if (!bytes)
		return false;
	*error = bytes > sizeof(name) ? -ENAMETOOLONG : 0;
	if (*error)
		return false;
	memcpy(name, rest + slashes, bytes);
	memmove(rest, rest + slashes + bytes, length - slashes - bytes + 1);
	if (bytes == 2 && memcmp(name, "..", 2) == 0)
		component_drop(resolution);
	else if (bytes != 1 || name[0] != '.')
		*error = component_append(resolution, name, bytes);
	return !*error;
}

int64_t text_without_links(const char *text, char path[PATH_BYTES_MAX + 1])
{
	struct resolution resolution = {.path = path};
	int error = 0;

	if (strlen(text) > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(resolution.rest, text, strlen(text) + 1);
	while (component_resolve(&resolution, &error))
		;
	if (!resolution.length)
		path[resolution.length++] = '/';
	path[resolution.length] = 0;
	return error ? error : (int64_t)resolution.length;
}

/* Whether a path leads to a file. Into a tree of the shim's own (`own`): by its text, nothing moves there. */
static bool leads_to(const char *text, uint64_t filesystem, uint64_t inode, bool own)
{
	char rest[PATH_BYTES_MAX + 1];
	struct path path = path_of_text(PATH_ROOT, text, rest);
	struct attributes attributes;
	int error = path_attributes_at(&path, PATH_NOFOLLOW, &attributes);

	if (error)
		return error == PATH_REFERRAL && own;
	return attributes.inode == inode && path.filesystem + FILESYSTEMS_OWN == filesystem;
}

/* From below. */

struct position {
	uint64_t filesystem, inode;
};

/* The parent of an open directory, open as well, and what it is. */
static int parent_open(int directory, struct position *position)
{
	struct path path = path_of_text(directory, "..", NULL);
	struct file_opened what;
	int number = file_open_at(&path, OPEN_DIRECTORY, 0, &what);

	if (number >= 0)
		*position = (struct position){path.filesystem, what.inode};
	return number;
}

/* Whether a name in an open directory leads to a place: a mount point's record tells the inode below. */
static bool name_leads(int parent, const char *name, const struct position *child)
{
	char rest[PATH_BYTES_MAX + 1];
	struct path path = path_of_text(parent, name, rest);
	struct attributes attributes;

	return !path_attributes_at(&path, PATH_NOFOLLOW, &attributes) && attributes.inode == child->inode && path.filesystem == child->filesystem;
}

/* Whether a record is one that can be looked at, and is not "." or "..". */
static bool is_name(const struct directory_record *record)
{
	size_t bytes = strlen(record->name);

	return bytes <= NAME_BYTES_MAX && strcmp(record->name, ".") != 0 && strcmp(record->name, "..") != 0;
}

/* The name in `parent` that leads to `child`. 0, -ENOENT, ... */
static int name_find(int parent, bool mount_point, const struct position *child, char name[NAME_BYTES_MAX + 1])
{
	unsigned char records[2048] __attribute__((aligned(8)));
	uint64_t cookie = 0;

	for (;;) {
		int64_t bytes = file_list(parent, &cookie, records, sizeof(records));

		if (bytes <= 0)
			return bytes ? (int)bytes : -ENOENT;
		for (int64_t at = 0; at < bytes;) {
			const struct directory_record *record = (const struct directory_record *)(records + at);

			if (record->bytes < sizeof(*record))
				return -EIO;
			if (is_name(record) && (mount_point || record->inode == child->inode) && name_leads(parent, record->name, child)) {
				memcpy(name, record->name, strlen(record->name) + 1);
				return 0;
			}
			at += record->bytes;
		}
	}
}

/* Puts a name before the path, which is built from its end. */
static int name_prepend(char *path, size_t *start, const char *name)
{
	size_t bytes = strlen(name);

	if (bytes + 1 > *start)
		return -ENAMETOOLONG;
	*start -= bytes + 1;
	path[*start] = '/';
	memcpy(path + *start + 1, name, bytes); /* NOLINT(bugprone-not-null-terminated-result): the rest of the path is behind it */
	return 0;
}

/* One step up: `*number` becomes the parent, open; it is closed if `*own`. 1 at the root. */
static int step_up(int *number, bool *own, struct position *child, char *path, size_t *start)
{
	char name[NAME_BYTES_MAX + 1];
	struct position position;
	int parent = parent_open(*number, &position), error;

	if (parent < 0)
		return parent;
	if (position.inode == child->inode && position.filesystem == child->filesystem)
		error = 1;
	else
		error = name_find(parent, position.filesystem != child->filesystem, child, name);
	if (!error)
		error = name_prepend(path, start, name);
	if (*own)
		(void)file_close(*number);
	*number = parent;
	*own = true;
	*child = position;
	return error;
}

static int64_t directory_find(const struct description *directory, char path[PATH_BYTES_MAX + 1])
{
	struct position child = {directory->filesystem - FILESYSTEMS_OWN, directory->inode};
	size_t start = PATH_BYTES_MAX;
	int number = directory->opened->number, error = 0;
	bool own = false;

	path[start] = 0;
	for (unsigned depth = 0; !error && depth < DEPTH_MAX; depth++)
		error = step_up(&number, &own, &child, path, &start);
	if (own)
		(void)file_close(number);
	if (error != 1)
		return error ? error : -ENAMETOOLONG;
	if (start == PATH_BYTES_MAX)
		path[--start] = '/';
	memmove(path, path + start, PATH_BYTES_MAX + 1 - start);
	return (int64_t)(PATH_BYTES_MAX - start);
}

/* A path to which a file has gone that is not there any more. */
static int64_t deleted_add(char path[PATH_BYTES_MAX + 1], int64_t length)
{
	static const char deleted[] = " (deleted)";

	if (length <= 0)
		return length ? length : -ENAMETOOLONG;
	if (length > (int64_t)(PATH_BYTES_MAX - sizeof(deleted)))
		return -ENAMETOOLONG;
	memcpy(path + length, deleted, sizeof(deleted));
	return length + (int64_t)sizeof(deleted) - 1;
}

int64_t text_resolve_file(const char *text, uint64_t filesystem, uint64_t inode, char path[PATH_BYTES_MAX + 1])
{
	int64_t length = text_without_links(text, path);

	return length > 0 && leads_to(path, filesystem, inode, false) ? length : deleted_add(path, length);
}

int64_t text_resolve(const struct description *description, char path[PATH_BYTES_MAX + 1])
{
	int64_t length = description->text ? text_without_links(description->text, path) : -ENOENT;

	if (length > 0 && leads_to(path, description->filesystem, description->inode, !description->opened))
		return length;
	if (description_is(description, MODE_DIRECTORY) && description->opened)
		return directory_find(description, path);
	return deleted_add(path, length);
}
