/* SPDX-License-Identifier: MIT */
/* What is mounted, and where: the list behind /proc/mounts and the own trees (file/mounts.h). */
#include "file/mounts.h"

#include "file/devices.h"
#include "file/text.h"
#include "file/tmpfs.h"
#include "file/tree.h"
#include "lib/string.h"
#include "mm/slab.h"

struct mount *mounts;

static struct slab structures = SLAB(struct mount);
static uint64_t number_last;
static uint32_t tag_last;

/* Services with a disk, and what the disk is called on Linux. */
static const struct disk {
	const char *source, *service;
} disks[] = {{"/dev/vda", "ext2"}, {"/dev/root", "ext2"}, {"/dev/vdc", "ext2-share"}};

struct mount *mount_of_tag(uint64_t tag)
{
	struct mount *mount = mounts;

	while (mount && (!mount->tag || mount->tag != tag))
		mount = mount->next;
	return mount;
}

struct mount *mount_of_root(const struct entry *root)
{
	struct mount *mount = mounts;

	while (mount && mount->root != root)
		mount = mount->next;
	return mount;
}

const struct mount *mount_before(uint64_t number)
{
	const struct mount *mount = mounts;

	while (mount && mount->number >= number)
		mount = mount->next;
	return mount;
}

static void mount_free(struct mount *mount)
{
	if (mount->root)
		entry_release(mount->root);
	text_return(mount->source);
	text_return(mount->place);
	slab_return(&structures, mount);
}

static struct mount *mount_describe(const char *place, const char *source, const char *type, uint32_t flags)
{
	struct mount *mount = slab_take(&structures);

	if (!mount)
		return NULL;
	*mount = (struct mount){.type = type, .flags = flags, .source = text_copy(*source ? source : "none"), .place = text_copy(place), .number = ++number_last};
	if (mount->source && mount->place)
		return mount;
	mount_free(mount);
	return NULL;
}

/* The end of mounting: it is in the list, or gone. */
static int mount_finish(struct mount *mount, int error)
{
	if (error) {
		mount_free(mount);
		return error;
	}
	mount->next = mounts;
	mounts = mount;
	return 0;
}

static int tree_mount(struct path *path, struct mount *mount, const struct tree_kind *kind)
{
	mount->root = kind->root();
	if (!mount->root)
		return -ENOMEM;
	mount->tag = ++tag_last;
	return path_mount_own_at(path, mount->tag, mount->flags);
}

static int disk_mount(struct path *path, const char *source, uint32_t flags)
{
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
		if (strcmp(source, disks[i].source) == 0)
			return path_mount_at(path, disks[i].service, flags);
	return -ENODEV;
}

const struct filesystem_type *filesystem_type(uint32_t number)
{
	static const struct filesystem_type types[] = {{"proc", .own = true}, {.name = "devtmpfs"}, {"devpts", .own = true}, {.name = "tmpfs"}, {.name = "ramfs"}, {"ext2", .on_device = true}};

	return number < sizeof(types) / sizeof(types[0]) ? &types[number] : NULL;
}

/* The name that stays of a type: null for one that there is not. */
static const char *type_name(const char *type)
{
	const struct filesystem_type *known;

	for (uint32_t number = 0; (known = filesystem_type(number)); number++)
		if (strcmp(type, known->name) == 0)
			return !known->own || tree_kind_find(type) ? known->name : NULL;
	return NULL;
}

int mount_make(struct path *path, const char *place, const char *source, const char *type, const char *options, uint32_t flags)
{
	const char *name = type_name(type);
	const struct tree_kind *kind = tree_kind_find(type);
	struct mount *mount;
	int error;

	if (!name)
		return -ENODEV;
	mount = mount_describe(place, source, name, flags);
	if (!mount)
		return -ENOMEM;
	if (kind)
		error = tree_mount(path, mount, kind);
	else if (strcmp(name, "ext2") == 0)
		error = disk_mount(path, source, flags);
	else
		error = tmpfs_mount(path, options, flags, strcmp(name, "devtmpfs") == 0 ? devices_make : NULL);
	return mount_finish(mount, error);
}

int mount_directory(struct path *path, const char *place, const char *source, int number, uint32_t flags)
{
	struct mount *mount = mount_describe(place, source, "none", flags);

	return mount ? mount_finish(mount, path_mount_directory_at(path, number, flags)) : -ENOMEM;
}

/* The newest mount at a place. */
static struct mount **mount_at(const char *place)
{
	struct mount **at = &mounts;

	while (*at && strcmp((*at)->place, place) != 0)
		at = &(*at)->next;
	return at;
}

int mount_change(struct path *path, const char *place, uint32_t flags)
{
	int error = path_mount_change_at(path, flags);
	struct mount *mount = *mount_at(place);

	if (error)
		return error == PATH_REFERRAL ? -EINVAL : error;
	if (mount)
		mount->flags = flags;
	return 0;
}

/* What of a place lies at or below another: the rest, with its slash; null: it does not. */
static const char *rest_below(const char *place, const char *above)
{
	size_t length = strlen(above);

	return memcmp(place, above, length) == 0 && (!place[length] || place[length] == '/') ? place + length : NULL;
}

/* All mounts at or below a place are at or below another one now. One for whose new name there is no memory keeps the old. */
static void places_move(const char *from, const char *to)
{
	for (struct mount *mount = mounts; mount; mount = mount->next) {
		const char *rest = strlen(mount->place) < strlen(from) ? NULL : rest_below(mount->place, from);
		char place[2 * (PATH_BYTES_MAX + 1)];
		char *text;

		if (!rest)
			continue;
		memcpy(place, to, strlen(to)); /* NOLINT(bugprone-not-null-terminated-result): the rest follows, with a NUL */
		memcpy(place + strlen(to), rest, strlen(rest) + 1);
		text = text_copy(place);
		if (!text)
			continue;
		text_return(mount->place);
		mount->place = text;
	}
}

int mount_move(struct path *path, const char *from, const char *place, int number, uint32_t tag)
{
	int error = tag ? path_mount_move_own_at(path, tag) : path_mount_move_at(path, number);

	if (!error)
		places_move(from, place);
	return error;
}

int mount_end(struct path *path, const char *place, uint32_t flags)
{
	struct mount **at, *mount;
	int error = path_unmount_at(path, flags);

	if (error)
		return error == PATH_REFERRAL ? -EINVAL : error;
	at = mount_at(place); /* others may have come meanwhile */
	mount = *at;
	if (mount) {
		*at = mount->next;
		mount_free(mount);
	}
	return 0;
}
