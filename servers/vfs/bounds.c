/* SPDX-License-Identifier: MIT */
/*
 * What a client may reach: the manifest's `needs fs.read:PATH`, `fs.write:PATH`, `fs.mount:PATH`. The directory at PATH is the root of all that the client sees; it leaves it neither by "..", nor by a link, nor from a
 * directory that somebody else has moved out of it while the client had it open. Without such a line a client may do nothing.
 *
 * The directory is looked up when it is first asked for and then known by its inode, so that renaming it does not change who sees what. When it has been removed, or the mount that it lies in, the path is walked again.
 */
#include "parts.h"

#include "lib/string.h"

static const struct {
	const char *word;
	uint32_t may;
	uint32_t flags;
} rights[] = {{"read:", MAY_READ, MOUNT_READ_ONLY}, {"write:", MAY_WRITE, 0}, {"mount:", MAY_MOUNT, 0}};

void bounds_open(struct vfs *vfs)
{
	char text[VFS_RIGHT_BYTES];

	for (uint64_t badge = 1; badge <= FILESYSTEM_SESSIONS; badge++) {
		struct vfs_bound *bound = &vfs->bounds[badge];

		if (!vfs->options.right(vfs->options.context, badge, text))
			continue;
		for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
			size_t bytes = strlen(rights[i].word);

			if (memcmp(text, rights[i].word, bytes) != 0 || text[bytes] != '/')
				continue;
			bound->may = rights[i].may;
			bound->flags = rights[i].flags;
			bound->path_bytes = strlen(text) - bytes;
			memcpy(bound->path, text + bytes, bound->path_bytes);
			bound->whole = bound->path_bytes == 1;
		}
	}
}

static bool bound_is(const struct vfs_bound *bound, const struct vfs_directory *directory)
{
	return directory->mount == bound->mount && directory->attributes.inode == bound->inode;
}

/* Whether the directory that the path led to once is still there. 1: it is not. */
static int bound_known(const struct vfs_call *call, struct vfs_directory *root)
{
	const struct vfs_bound *bound = call->bound;
	int error;

	if (!bound->inode || call->vfs->state->mounts[bound->mount].serial != bound->serial)
		return 1;
	root->mount = bound->mount;
	error = tree_inode(call, mount_of(call, root)->tree, bound->inode, &root->attributes);
	if (error)
		return error == -ESTALE ? 1 : error;
	return root->attributes.generation != bound->generation;
}

int bound_root(struct vfs_call *call, struct vfs_walk *walk)
{
	static const struct credentials everybody = {.capabilities = ASSERTED_DAC_OVERRIDE | ASSERTED_DAC_READ_SEARCH};
	const struct credentials *asker = walk->credentials;
	struct vfs_bound *bound = call->bound;
	int error = bound_known(call, &walk->root);

	if (error <= 0)
		return error;
	walk->credentials = &everybody;
	error = directory_root(call, &walk->root);
	directory_copy(&walk->at, &walk->root);
	memcpy(walk->text + VFS_WALK_TEXT - bound->path_bytes, bound->path, bound->path_bytes);
	call->bounded = false; /* this walk begins at the root of all */
	if (!error)
		error = walk_path(call, walk, bound->path_bytes, WALK_FOLLOW);
	call->bounded = true;
	walk->credentials = asker;
	if (error)
		return error < 0 ? error : -EACCES;
	if (!walk->found)
		return -ENOENT;
	if ((walk->target.attributes.mode & MODE_TYPE) != MODE_DIRECTORY)
		return -ENOTDIR;
	directory_copy(&walk->root, &walk->target);
	bound->mount = walk->root.mount;
	bound->inode = walk->root.attributes.inode;
	bound->generation = walk->root.attributes.generation;
	bound->serial = mount_of(call, &walk->root)->serial;
	return 0;
}

bool bound_is_root(const struct vfs_call *call, const struct vfs_directory *directory)
{
	return call->bounded && bound_is(call->bound, directory);
}

bool bound_holds(const struct vfs_call *call, const struct vfs_directory *directory)
{
	struct vfs_directory at = *directory;

	while (!bound_is(call->bound, &at)) {
		const struct vfs_mount *mount = mount_of(call, &at);

		if (at.attributes.inode != mount->root) {
			if (tree_lookup(call, mount->tree, at.attributes.inode, (struct name){"..", 2}, &at.attributes) != 0)
				return false;
		} else if (!at.mount) {
			return false;
		} else {
			at.attributes.inode = mount->point;
			at.mount = mount->parent;
		}
	}
	return true;
}
