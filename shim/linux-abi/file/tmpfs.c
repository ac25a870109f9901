/* SPDX-License-Identifier: MIT */
/*
 * Filesystems in memory (file/tmpfs.h). There is one service for them, ramfs, with one tree. Its root is mounted beneath the first tmpfs and kept open; each tmpfs is a directory of its own in there, which is mounted where it is wanted. What
 * was in a tmpfs when it was unmounted stays in the service's memory.
 */
#include "file/tmpfs.h"

#include "lib/file.h"
#include "lib/string.h"

#define SERVICE "ramfs"
#define MODE_FIRST 01777

static const struct asker shim = {.capabilities = UINT32_MAX};
static int root = -1; /* of the service's tree: an open directory */
static uint32_t count;

struct options {
	uint32_t mode, owner, group;
};

/* A number behind `name` when the option is that one. */
static bool option_is(const char *option, size_t bytes, const char *name, unsigned base, uint32_t *value)
{
	size_t length = strlen(name);
	uint32_t number = 0;

	if (bytes <= length || memcmp(option, name, length) != 0)
		return false;
	for (size_t i = length; i < bytes; i++) {
		if (option[i] < '0' || option[i] >= (char)('0' + base))
			return false;
		number = number * base + (uint32_t)(option[i] - '0');
	}
	*value = number;
	return true;
}

/* Options that promise nothing that must be kept. */
static bool option_is_limit(const char *option, size_t bytes)
{
	static const char *const limits[] = {"size=", "nr_inodes=", "nr_blocks=", "huge=", "inode32", "inode64", "rw", "ro", "relatime", "defaults"};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (bytes >= strlen(limits[i]) && memcmp(option, limits[i], strlen(limits[i])) == 0)
			return true;
	return false;
}

static int options_take(const char *text, struct options *options)
{
	*options = (struct options){.mode = MODE_FIRST};
	while (*text) {
		size_t bytes = 0;

		while (text[bytes] && text[bytes] != ',')
			bytes++;
		if (bytes && !option_is(text, bytes, "mode=", 8, &options->mode) && !option_is(text, bytes, "uid=", 10, &options->owner) && !option_is(text, bytes, "gid=", 10, &options->group) &&
			!option_is_limit(text, bytes))
			return -EINVAL;
		text += bytes + (text[bytes] == ',');
	}
	return 0;
}

static struct path path_below(int directory, const char *name)
{
	return (struct path){.asker = &shim, .start = directory, .root = PATH_ROOT, .text = name};
}

/* Mounts the whole tree, to have it open, beneath the first tmpfs. */
static int root_open(struct path *path)
{
	struct file_opened what;
	int error = path_mount_at(path, SERVICE, 0), number;

	if (error)
		return error;
	number = file_open_at(path, OPEN_DIRECTORY, 0, &what);
	if (number < 0)
		return number;
	root = number;
	return 0;
}

/* A directory for one more tmpfs; its number, open. Names that are there already are of an earlier instance of the shim. */
static int directory_make(const struct options *options)
{
	char name[] = "tmpfs-00000000";
	struct path path = path_below(root, name);
	struct file_opened what;
	int error;

	do {
		uint32_t rest = ++count;

		for (size_t i = sizeof(name) - 2; i > sizeof("tmpfs-") - 2; i--, rest /= 10)
			name[i] = (char)('0' + rest % 10);
		error = path_make_directory_at(&path, 0);
	} while (error == -EEXIST);
	if (!error)
		error = path_change_mode_at(&path, 0, options->mode & MODE_PERMISSIONS);
	if (!error && (options->owner || options->group))
		error = path_change_owner_at(&path, 0, options->owner, options->group);
	return error ? error : file_open_at(&path, OPEN_DIRECTORY, 0, &what);
}

int tmpfs_mount(struct path *path, const char *text, uint32_t flags, int (*fill)(int directory))
{
	struct options options;
	int error = options_take(text, &options), number;

	if (!error && root < 0)
		error = root_open(path);
	if (error)
		return error;
	number = directory_make(&options);
	if (number < 0)
		return number;
	if (fill)
		error = fill(number);
	if (!error)
		error = path_mount_directory_at(path, number, flags);
	(void)file_close(number);
	return error;
}
