/* SPDX-License-Identifier: MIT */
/*
 * What vfs remembers of the trees: which names lead to which inodes, also which names there are not, and modes and owners of inodes. Both tables have a fixed size; what is new replaces what is old. A cached name says
 * nothing about its inode's attributes, so a change of mode has one place to go to, however many names the file has.
 */
#include "parts.h"

#include "lib/string.h"

/* FNV-1a, begun with a product of the directory: its number itself would cancel out against the first character. */
static uint32_t name_hash(uint32_t tree, uint64_t directory, struct name name)
{
	uint64_t hash = (directory + 1 + ((uint64_t)tree << 56)) * 0x9e3779b97f4a7c15;

	hash ^= hash >> 32;
	for (size_t i = 0; i < name.bytes; i++)
		hash = (hash ^ (unsigned char)name.text[i]) * 0x100000001b3;
	return (uint32_t)(hash ^ hash >> 32);
}

static struct vfs_cached_name *name_find(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name, uint32_t hash)
{
	struct vfs_cached_name *set = vfs->names[hash % NAME_CACHE_SETS];

	for (int way = 0; way < NAME_CACHE_WAYS; way++) {
		struct vfs_cached_name *cached = &set[way];

		if (cached->hash == hash && cached->directory == directory && cached->tree == tree && cached->bytes == name.bytes &&
			memcmp(cached->text, name.text, name.bytes) == 0)
			return cached;
	}
	return NULL;
}

void cache_name_put(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name, uint64_t inode)
{
	uint32_t hash = name_hash(tree, directory, name);
	struct vfs_cached_name *cached = name.bytes <= NAME_CACHE_BYTES ? name_find(vfs, tree, directory, name, hash) : NULL;

	if (name.bytes > NAME_CACHE_BYTES)
		return;
	if (!cached)
		cached = &vfs->names[hash % NAME_CACHE_SETS][vfs->name_victim++ % NAME_CACHE_WAYS];
	*cached = (struct vfs_cached_name){.directory = directory, .inode = inode, .tree = tree, .hash = hash, .bytes = (uint8_t)name.bytes};
	memcpy(cached->text, name.text, name.bytes);
}

bool cache_name_get(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name, uint64_t *inode)
{
	const struct vfs_cached_name *cached;

	if (name.bytes > NAME_CACHE_BYTES)
		return false;
	cached = name_find(vfs, tree, directory, name, name_hash(tree, directory, name));
	if (cached)
		*inode = cached->inode;
	return cached;
}

void cache_name_drop(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name)
{
	struct vfs_cached_name *cached = name.bytes <= NAME_CACHE_BYTES ? name_find(vfs, tree, directory, name, name_hash(tree, directory, name)) : NULL;

	if (cached)
		cached->directory = 0;
}

static struct vfs_cached_inode *inode_slot(struct vfs *vfs, uint32_t tree, uint64_t inode)
{
	return &vfs->inodes[(inode + tree * 257) % INODE_CACHE_ENTRIES];
}

void cache_inode_put(struct vfs *vfs, uint32_t tree, const struct attributes *attributes)
{
	*inode_slot(vfs, tree, attributes->inode) = (struct vfs_cached_inode){
		.inode = attributes->inode,
		.generation = attributes->generation,
		.tree = tree,
		.mode = attributes->mode,
		.owner = attributes->owner,
		.group = attributes->group,
	};
}

/* Forgets all inodes of a tree that has announced changes since the last look. */
static void changes_notice(struct vfs *vfs, uint32_t tree)
{
	const struct session_page *page = (const struct session_page *)vfs->options.tree_buffer[tree];
	uint64_t changes = __atomic_load_n(&page->changes, __ATOMIC_ACQUIRE);

	if (changes == vfs->changes[tree])
		return;
	vfs->changes[tree] = changes;
	for (int i = 0; i < INODE_CACHE_ENTRIES; i++)
		if (vfs->inodes[i].tree == tree)
			vfs->inodes[i].inode = 0;
}

bool cache_inode_get(struct vfs *vfs, uint32_t tree, uint64_t inode, struct attributes *attributes)
{
	const struct vfs_cached_inode *cached = inode_slot(vfs, tree, inode);

	changes_notice(vfs, tree);
	if (cached->inode != inode || cached->tree != tree)
		return false;
	attributes->inode = inode;
	attributes->generation = cached->generation;
	attributes->mode = cached->mode;
	attributes->owner = cached->owner;
	attributes->group = cached->group;
	return true;
}

void cache_inode_drop(struct vfs *vfs, uint32_t tree, uint64_t inode)
{
	struct vfs_cached_inode *cached = inode_slot(vfs, tree, inode);

	if (cached->inode == inode && cached->tree == tree)
		cached->inode = 0;
}
