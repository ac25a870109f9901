/* SPDX-License-Identifier: MIT */
/*
 * Walking along a path, as Linux does (path_resolution(7)).
 *
 * The path that is left lies at the end of the walk's text; a link that is followed is put before it. A component is looked up in a directory on which the credentials have search permission. ".." does not lead
 * out of the root, and at the root of a mount leads to the parent of the mount point. A last component with slashes behind it must be a directory, and a link there is followed.
 *
 * Of the text of links being followed there is room for VFS_WALK_TEXT bytes in all; more is ENAMETOOLONG, where Linux has no such limit short of 40 links.
 */
#include "parts.h"

#include "lib/string.h"

static bool is(const struct vfs_directory *file, uint32_t type)
{
	return (file->attributes.mode & MODE_TYPE) == type;
}

/* Puts text before what is left. */
static int text_prepend(struct vfs_walk *walk, const char *text, size_t bytes)
{
	if (bytes > walk->text_at)
		return -ENAMETOOLONG;
	walk->text_at -= bytes;
	memcpy(walk->text + walk->text_at, text, bytes);
	return 0;
}

/* Skips slashes; returns how many. */
static size_t slashes_skip(struct vfs_walk *walk)
{
	size_t from = walk->text_at;

	while (walk->text_at < VFS_WALK_TEXT && walk->text[walk->text_at] == '/')
		walk->text_at++;
	return walk->text_at - from;
}

/* Takes the next component into walk->name, as it lies in the text: what is put before the rest overwrites it. The slashes behind it stay. */
static void component_take(struct vfs_walk *walk)
{
	size_t bytes = 0;
	const char *from = walk->text + walk->text_at;

	while (walk->text_at + bytes < VFS_WALK_TEXT && from[bytes] != '/')
		bytes++;
	walk->text_at += bytes;
	walk->name = (struct name){from, bytes};
	walk->last = LAST_NAME;
	if (bytes <= 2 && from[0] == '.' && from[bytes - 1] == '.')
		walk->last = bytes == 1 ? LAST_DOT : LAST_PARENT;
}

static bool same_directory(const struct vfs_directory *a, const struct vfs_directory *b)
{
	return a->mount == b->mount && a->attributes.inode == b->attributes.inode;
}

static int parent_take(const struct vfs_call *call, struct vfs_walk *walk, uint32_t flags)
{
	struct vfs_directory *at = &walk->at;
	const struct vfs_mount *mount = mount_of(call, at);

	if (flags & WALK_BENEATH && same_directory(at, &walk->root))
		return -EXDEV;
	while (!same_directory(at, &walk->root) && at->mount && at->attributes.inode == mount->root) {
		if (flags & WALK_NO_MOUNTS)
			return -EXDEV;
		at->attributes.inode = mount->point;
		at->mount = mount->parent;
		mount = mount_of(call, at);
	}
	if (same_directory(at, &walk->root) || (!at->mount && at->attributes.inode == mount->root))
		return tree_inode(call, mount->tree, at->attributes.inode, &at->attributes);
	return tree_lookup(call, mount->tree, at->attributes.inode, (struct name){"..", 2}, &at->attributes);
}

static int step_up(const struct vfs_call *call, struct vfs_walk *walk, uint32_t flags)
{
	int error = parent_take(call, walk, flags);

	return error || !call->bounded || bound_holds(call, &walk->at) ? error : -EACCES;
}

/* Looks the component up in `at`. */
static int step_down(const struct vfs_call *call, struct vfs_walk *walk, struct vfs_directory *child)
{
	if (walk->name.bytes > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	child->mount = walk->at.mount;
	return tree_lookup(call, mount_of(call, &walk->at)->tree, walk->at.attributes.inode, walk->name, &child->attributes);
}

/* From a directory to what is mounted on it. 1 when that is the client's own. */
static int mounts_enter(const struct vfs_call *call, struct vfs_walk *walk, struct vfs_directory *directory, uint32_t flags)
{
	struct vfs_mount *mount;
	int error = 0;

	while (!error && is(directory, MODE_DIRECTORY) && (mount = mount_on(call, directory)) != NULL) {
		if (flags & WALK_NO_MOUNTS)
			return -EXDEV;
		if (mount->state == MOUNT_CLIENT) {
			walk->tag = mount->root;
			return 1;
		}
		directory->mount = (uint32_t)(mount - call->vfs->state->mounts);
		error = tree_inode(call, mount->tree, mount->root, &directory->attributes);
	}
	return error;
}

static int link_follow(const struct vfs_call *call, struct vfs_walk *walk, const struct vfs_directory *link, uint32_t flags)
{
	char *target = call->vfs->workers[call->worker].target;
	int64_t bytes;

	if (walk->links++ >= LINK_FOLLOW_MAX || flags & WALK_NO_LINKS)
		return -ELOOP;
	bytes = tree_readlink(call, mount_of(call, link)->tree, link->attributes.inode, target);
	if (bytes <= 0)
		return bytes ? (int)bytes : -ENOENT;
	if (target[0] == '/' && (flags & WALK_BENEATH || (flags & WALK_NO_MOUNTS && walk->at.mount != walk->root.mount)))
		return -EXDEV;
	if (target[0] == '/')
		directory_copy(&walk->at, &walk->root);
	return text_prepend(walk, target, (size_t)bytes);
}

static int search_check(const struct vfs_walk *walk)
{
	if (!is(&walk->at, MODE_DIRECTORY))
		return -ENOTDIR;
	return permission_check(walk->credentials, &walk->at.attributes, ACCESS_EXECUTE);
}

/* The walk has come to a directory that no name led to: the root, or one by dots. */
static int walk_end_here(struct vfs_walk *walk)
{
	walk->found = true;
	walk->target = walk->at;
	return 0;
}

/* One component. 2 when the walk goes on. */
static int walk_step(const struct vfs_call *call, struct vfs_walk *walk, uint32_t flags)
{
	int error = search_check(walk);
	size_t slashes;
	bool last;

	walk->slash = false;
	if (error)
		return error;
	component_take(walk);
	slashes = slashes_skip(walk);
	last = walk->text_at == VFS_WALK_TEXT;
	walk->slash = last && slashes;
	if (walk->slash && (flags & WALK_NO_SLASH) && walk->last == LAST_NAME)
		return -EISDIR;
	if (last && (flags & WALK_PARENT))
		return 0;
	if (walk->last != LAST_NAME) {
		error = walk->last == LAST_PARENT ? step_up(call, walk, flags) : 0;
		return error ? error : last ? walk_end_here(walk) : 2;
	}
	error = step_down(call, walk, &walk->target);
	if (error == -ENOENT && last)
		return 0;
	if (!error)
		error = mounts_enter(call, walk, &walk->target, flags);
	if (error)
		return error;
	if (is(&walk->target, MODE_LINK) && (!last || slashes || (flags & WALK_FOLLOW))) {
		walk->text_at -= slashes;
		error = link_follow(call, walk, &walk->target, flags);
		return error ? error : 2;
	}
	if (!last) {
		directory_copy(&walk->at, &walk->target);
		return 2;
	}
	walk->found = true;
	return slashes && !is(&walk->target, MODE_DIRECTORY) ? -ENOTDIR : 0;
}

int walk_path(const struct vfs_call *call, struct vfs_walk *walk, size_t bytes, uint32_t flags)
{
	int error = 0;

	walk->links = 0;
	walk->found = false;
	walk->slash = false;
	walk->text_at = VFS_WALK_TEXT - bytes;
	walk->last = LAST_ROOT;
	if (!bytes)
		return flags & WALK_EMPTY ? walk_end_here(walk) : -ENOENT;
	while (!error) {
		slashes_skip(walk);
		if (walk->text_at == VFS_WALK_TEXT) {
			/* nothing but slashes; or the slashes behind a link that was a directory's */
			walk->last = LAST_ROOT;
			return is(&walk->at, MODE_DIRECTORY) ? walk_end_here(walk) : -ENOTDIR;
		}
		error = walk_step(call, walk, flags);
		if (error != 2)
			return error;
		error = 0;
	}
	return error;
}

int walk_last(const struct vfs_call *call, struct vfs_walk *walk)
{
	int error = step_down(call, walk, &walk->target);

	walk->found = !error;
	return error;
}

bool directory_is_below(const struct vfs_call *call, const struct vfs_directory *below, uint64_t above)
{
	const struct vfs_mount *mount = mount_of(call, below);
	struct attributes attributes = below->attributes;

	while (attributes.inode != above && attributes.inode != mount->root)
		if (tree_lookup(call, mount->tree, attributes.inode, (struct name){"..", 2}, &attributes) != 0)
			return false;
	return attributes.inode == above;
}
