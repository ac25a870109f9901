/* SPDX-License-Identifier: MIT */
/* What is mounted, and where: the list behind /proc/mounts and the own trees (file/mounts.h). */
#include "file/mounts.h"

#include "file/description.h"
#include "file/devices.h"
#include "file/opened.h"
#include "file/text.h"
#include "file/tmpfs.h"
#include "file/tree.h"
#include "lib/string.h"
#include "mm/slab.h"

struct mount *mounts;
uint32_t mounts_expiring;

#define EXT2_MAGIC 0xef53 /* statfs(2) */

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

struct mount *mount_of_id(uint32_t id)
{
	struct mount *mount = mounts;

	while (mount && mount->id != id)
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

const struct mount *mount_after(uint64_t number)
{
	const struct mount *oldest = NULL;

	for (const struct mount *mount = mounts; mount && mount->number > number; mount = mount->next)
		oldest = mount;
	return oldest;
}

static void mount_free(struct mount *mount)
{
	if (mount->root)
		entry_release(mount->root);
	mounts_expiring -= mount->expires;
	text_return(mount->part);
	text_return(mount->source);
	text_return(mount->place);
	slab_return(&structures, mount);
}

static struct mount *mount_describe(const char *place, const char *source, const char *part, const char *type, uint32_t flags)
{
	struct mount *mount = slab_take(&structures);

	if (!mount)
		return NULL;
	*mount = (struct mount){.type = type, .flags = flags, .source = text_copy(*source ? source : "none"), .place = text_copy(place), .part = text_copy(part), .number = ++number_last, .id = MOUNT_NONE};
	if (mount->source && mount->place && mount->part)
		return mount;
	mount_free(mount);
	return NULL;
}

/* Before mounting: in which mount the place is. */
static int parent_take(struct path *path, struct mount *mount)
{
	struct attributes attributes;
	int error = path_attributes_at(path, 0, &attributes);

	mount->parent = path->mount & ~MOUNT_IS_ROOT;
	return error;
}

/* The end of mounting: it is in the list, or gone. The path leads to what was mounted now. */
static int mount_finish(struct path *path, struct mount *mount, int error)
{
	struct attributes attributes;

	if (error) {
		mount_free(mount);
		return error;
	}
	mount->id = path->mount;
	mount->filesystem = mount->root ? mount->root->filesystem : path_attributes_at(path, 0, &attributes) == 0 ? path->filesystem + FILESYSTEMS_OWN : 0;
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
	mount = mount_describe(place, source, "/", name, flags);
	if (!mount)
		return -ENOMEM;
	error = parent_take(path, mount);
	if (error)
		return mount_finish(path, mount, error);
	if (kind)
		error = tree_mount(path, mount, kind);
	else if (strcmp(name, "ext2") == 0)
		error = disk_mount(path, source, flags);
	else
		error = tmpfs_mount(path, options, flags, strcmp(name, "devtmpfs") == 0 ? devices_make : NULL);
	return mount_finish(path, mount, error);
}

struct mount mount_of_all(void)
{
	static const struct asker shim = {.capabilities = UINT32_MAX};
	static char source[] = "/dev/root", root[] = "/";
	struct path path = {.asker = &shim, .start = PATH_ROOT, .root = PATH_ROOT, .text = root};
	struct filesystem_statistics statistics = {0};
	struct attributes attributes;

	(void)path_attributes_at(&path, 0, &attributes);
	(void)path_statistics_at(&path, 0, &statistics);
	return (struct mount){.type = statistics.type == EXT2_MAGIC ? "ext2" : "tmpfs", .flags = (uint32_t)statistics.flags, .source = source, .place = root, .part = root, .filesystem = path.filesystem + FILESYSTEMS_OWN, .id = MOUNT_OF_ALL};
}

/* What of a place lies at or below another: the rest, with its slash; null: it does not. */
static const char *rest_below(const char *place, const char *above)
{
	size_t length = above[1] ? strlen(above) : 0; /* all is below the root */

	return strlen(place) >= length && memcmp(place, above, length) == 0 && (!place[length] || place[length] == '/') ? place + length : NULL;
}

/* One more of the mount `of`: the directory `source` in it. */
static struct mount *mount_describe_part(const struct mount *of, const char *place, const char *source, uint32_t flags)
{
	const char *rest = rest_below(source, of->place);
	char *part = rest && rest[0] && rest[1] ? text_make(of->part[1] ? of->part : "", rest + 1) : text_copy(of->part);
	struct mount *mount = part ? mount_describe(place, of->source, part, of->type, flags) : NULL;

	text_return(part);
	return mount;
}

int mount_directory(struct path *path, const char *place, const char *source, const struct opened *directory, uint32_t flags)
{
	struct mount all = mount_of_all();
	const struct mount *of = mount_of_id(directory->mount);
	struct mount *mount = mount_describe_part(of ? of : &all, place, source, flags);
	int error;

	if (!mount)
		return -ENOMEM;
	error = parent_take(path, mount);
	if (!error)
		error = path_mount_directory_at(path, directory->number, flags);
	return mount_finish(path, mount, error);
}

int mount_change(struct path *path, uint32_t id, uint32_t flags)
{
	int error = path_mount_change_at(path, flags);
	struct mount *mount = mount_of_id(id);

	if (error)
		return error == PATH_REFERRAL ? -EINVAL : error;
	if (mount)
		mount->flags = flags;
	return 0;
}

/* All mounts at or below a place are at or below another one now. One for whose new name there is no memory keeps the old. */
static void places_move(const char *from, const char *to)
{
	for (struct mount *mount = mounts; mount; mount = mount->next) {
		const char *rest = rest_below(mount->place, from);
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

int mount_move(struct path *path, const char *from, const char *place, uint32_t id, int number, uint32_t tag)
{
	struct attributes attributes;
	int error = path_attributes_at(path, 0, &attributes);
	uint32_t parent = path->mount & ~MOUNT_IS_ROOT;
	struct mount *mount;

	if (!error)
		error = tag ? path_mount_move_own_at(path, tag) : path_mount_move_at(path, number);
	if (error)
		return error;
	places_move(from, place);
	mount = mount_of_id(id);
	if (mount)
		mount->parent = parent;
	return 0;
}

int mount_end(struct path *path, uint32_t id, uint32_t flags)
{
	struct mount **at = &mounts, *mount;
	int error = path_unmount_at(path, flags);

	if (error)
		return error == PATH_REFERRAL ? -EINVAL : error;
	while (*at && (*at)->id != id)
		at = &(*at)->next;
	mount = *at;
	if (mount) {
		*at = mount->next;
		mount_free(mount);
	}
	return 0;
}

static void expires_set(struct mount *mount, bool expires)
{
	mounts_expiring += (uint32_t)expires - (uint32_t)mount->expires;
	mount->expires = expires;
}

bool mount_expire(struct mount *mount)
{
	bool first = !mount->expires;

	expires_set(mount, true);
	return first;
}

void mounts_use(const char *path)
{
	struct mount *nearest = NULL;

	for (struct mount *mount = mounts; mount; mount = mount->next)
		if (rest_below(path, mount->place) && (!nearest || strlen(mount->place) > strlen(nearest->place)))
			nearest = mount;
	if (nearest)
		expires_set(nearest, false);
}
