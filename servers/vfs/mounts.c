/* SPDX-License-Identifier: MIT */
/*
 * The mount table and the places, both in the state. Mount 0 is the root of all. A mount point is known by its mount and inode; it keeps that inode in use in no way, but a directory on which something is mounted cannot be
 * removed or renamed. A client's own mount is seen by that client alone.
 */
#include "parts.h"

struct vfs_mount *mount_on(const struct vfs_call *call, const struct vfs_directory *directory)
{
	for (uint32_t i = 1; i < call->vfs->mount_end; i++) {
		struct vfs_mount *mount = &call->vfs->state->mounts[i];

		if (mount->state && mount->point == directory->attributes.inode && mount->parent == directory->mount &&
			(mount->state != MOUNT_CLIENT || mount->owner == call->request.badge))
			return mount;
	}
	return NULL;
}

void mounts_count(struct vfs *vfs)
{
	vfs->mount_end = VFS_MOUNTS;
	while (vfs->mount_end > 1 && !vfs->state->mounts[vfs->mount_end - 1].state)
		vfs->mount_end--;
}

int directory_root(const struct vfs_call *call, struct vfs_directory *root)
{
	const struct vfs_mount *mount = &call->vfs->state->mounts[0];

	root->mount = 0;
	return tree_inode(call, mount->tree, mount->root, &root->attributes);
}

static uint32_t place_key(uint64_t badge, uint32_t id)
{
	return (uint32_t)(badge << 16 | id);
}

/* The slot of that key, else the one that a new key takes: never used, or closed. A null pointer when all are taken. */
static struct vfs_place *place_slot(struct vfs *vfs, uint32_t key)
{
	uint32_t at = (key >> 16) * 131 + (key & 0xffff);
	struct vfs_place *closed = NULL;

	for (uint32_t i = 0; i < VFS_PLACES; i++) {
		struct vfs_place *place = &vfs->state->places[(at + i) % VFS_PLACES];

		if (place->key == key || !place->key)
			return place;
		if (!place->inode && !closed)
			closed = place;
	}
	return closed;
}

int place_find(const struct vfs_call *call, uint32_t id, struct vfs_directory *directory)
{
	const struct vfs_place *place;
	int error;

	if (id >= FILE_IDS)
		return -EBADF;
	place = place_slot(call->vfs, place_key(call->request.badge, id));
	if (!place || place->key != place_key(call->request.badge, id) || !place->inode || call->vfs->state->mounts[place->mount].serial != place->serial)
		return -EBADF;
	directory->mount = place->mount;
	error = tree_inode(call, mount_of(call, directory)->tree, place->inode, &directory->attributes);
	if (error)
		return error == -ESTALE ? -EBADF : error;
	return directory->attributes.generation == place->generation ? 0 : -EBADF;
}

int opened_find(const struct vfs_call *call, uint32_t id, uint32_t mount, struct vfs_directory *file)
{
	const struct vfs_mount *mounts = call->vfs->state->mounts;

	for (uint32_t i = 0; i < call->vfs->mount_end; i++)
		if (mounts[i].state == MOUNT_TREE && serial_told(mounts[i].serial) == mount) {
			file->mount = i;
			return tree_opened(call, mounts[i].tree, call->request.badge, id, &file->attributes);
		}
	return -EBADF;
}

int place_set(const struct vfs_call *call, uint64_t badge, uint32_t id, const struct vfs_directory *directory)
{
	struct vfs_place *place = place_slot(call->vfs, place_key(badge, id));
	struct vfs_place wanted = {place_key(badge, id), directory->mount, directory->attributes.inode, directory->attributes.generation, mount_of(call, directory)->serial};

	if (!place)
		return -ENFILE;
	if (place->key == wanted.key && place->mount == wanted.mount && place->inode == wanted.inode && place->generation == wanted.generation && place->serial == wanted.serial)
		return 0;
	tsm_begin(call->vfs->tsm);
	tsm_set(call->vfs->tsm, *place, wanted);
	tsm_commit(call->vfs->tsm);
	return 0;
}

void place_clear(const struct vfs_call *call, uint64_t badge, uint32_t id)
{
	struct vfs_place *place = place_slot(call->vfs, place_key(badge, id));

	if (!place || place->key != place_key(badge, id) || !place->inode)
		return;
	tsm_begin(call->vfs->tsm);
	tsm_set(call->vfs->tsm, place->inode, 0);
	tsm_commit(call->vfs->tsm);
}

void places_clear(const struct vfs_call *call, uint64_t badge)
{
	for (uint32_t i = 0; i < VFS_PLACES; i++)
		if (call->vfs->state->places[i].key >> 16 == badge)
			place_clear(call, badge, call->vfs->state->places[i].key & 0xffff);
}

int mount_add(const struct vfs_call *call, const struct vfs_directory *point, const struct vfs_mount *mount)
{
	struct vfs_mount *mounts = call->vfs->state->mounts;

	for (uint32_t i = 1; i < VFS_MOUNTS; i++) {
		if (mounts[i].state)
			continue;
		tsm_modify(call->vfs->tsm, &mounts[i], sizeof(mounts[i]));
		mounts[i] = *mount;
		mounts[i].parent = point->mount;
		mounts[i].point = point->attributes.inode;
		mounts[i].serial = call->vfs->state->mount_serial + 1;
		tsm_set(call->vfs->tsm, call->vfs->state->mount_serial, mounts[i].serial);
		mounts_count(call->vfs);
		return 0;
	}
	return -ENOSPC;
}

int mount_remove(const struct vfs_call *call, uint32_t mount)
{
	struct vfs_state *state = call->vfs->state;

	if (mount == 0)
		return -EBUSY;
	for (uint32_t i = 0; i < VFS_MOUNTS; i++)
		if (state->mounts[i].state && i != mount && i != 0 && state->mounts[i].parent == mount)
			return -EBUSY;
	tsm_modify(call->vfs->tsm, &state->mounts[mount], sizeof(state->mounts[mount]));
	state->mounts[mount] = (struct vfs_mount){.state = MOUNT_FREE};
	mounts_count(call->vfs);
	return 0;
}

/* Those on top go first, so it takes several rounds. */
bool mounts_clear(const struct vfs_call *call, uint64_t badge)
{
	const struct vfs_mount *mounts = call->vfs->state->mounts;
	bool some = true, any = false;

	while (some) {
		some = false;
		for (uint32_t i = 1; i < VFS_MOUNTS; i++) {
			if (!mounts[i].state || mounts[i].owner != badge)
				continue;
			tsm_begin(call->vfs->tsm);
			some = mount_remove(call, i) == 0 || some;
			tsm_commit(call->vfs->tsm);
		}
		any = any || some;
	}
	return any;
}
