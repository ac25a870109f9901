/* SPDX-License-Identifier: MIT */
/* What the parts of vfs's core use of each other: calls of trees, caches, mounts and places, walks, changes. */
#pragma once

#include "vfs.h"

/* A request while it is carried out. */
struct vfs_call {
	struct vfs *vfs;
	uint32_t worker;
	const struct file_exchange *exchange; /* as it was sent, until it is answered */
	struct session_request request;
	struct vfs_bound *bound; /* of the client */
	bool bounded;            /* to less than all */
	unsigned char *buffer; /* of the client */
	size_t buffer_bytes;
	uint64_t answer[5];
	uint32_t answer_words;
	struct path_dependencies *depends; /* on what the answer depends; null: nobody wants to know */
	uint64_t changed; /* changes that had been done when it began */
	bool asserted; /* the worker has a copy of the credentials */
	bool stored; /* the result is in the state already */
	bool locked; /* the names of tree `locked_tree` do not change until the request ends, but by it */
	uint32_t locked_tree;
};

/* The answer of OPEN. `found`: pair mount, enum opening_done. */
static inline void open_answer(struct vfs_call *call, uint32_t tree, const struct attributes *attributes, uint32_t mount_flags, uint64_t found)
{
	call->answer[0] = call->vfs->options.tree_badge[tree];
	call->answer[1] = pair_make(attributes->mode, mount_flags);
	call->answer[2] = attributes->inode;
	call->answer[3] = attributes->device;
	call->answer[4] = found;
	call->answer_words = 5;
}

/* trees.c: requests to trees, with what they leave in the caches. */

/* The worker's part of a tree's buffer, and where an offset in it lies for the tree. */
unsigned char *tree_part(const struct vfs_call *call, uint32_t tree);
uint64_t tree_offset(const struct vfs_call *call, uint64_t offset);

/* Sends a request that changes nothing: words 1.. of it. Returns the answer's word 0 and leaves word 1 in *more unless it is null. */
int64_t tree_call(const struct vfs_call *call, uint32_t tree, uint64_t label, const uint64_t *words, uint32_t count, uint64_t *more);

/* Attributes from the tree itself. */
int tree_getattr(const struct vfs_call *call, uint32_t tree, uint64_t inode, struct attributes *attributes);

/* Of an inode what decides on permissions: from the cache if it is there. */
int tree_inode(const struct vfs_call *call, uint32_t tree, uint64_t inode, struct attributes *attributes);

/* A name in a directory, from the caches if it is there. */
int tree_lookup(const struct vfs_call *call, uint32_t tree, uint64_t directory, struct name name, struct attributes *attributes);

/* The target of a link into `target`, which has room for PATH_BYTES_MAX bytes. */
int64_t tree_readlink(const struct vfs_call *call, uint32_t tree, uint64_t inode, char *target);

/* What a client has open under that id, with its attributes. -EBADF */
int tree_opened(const struct vfs_call *call, uint32_t tree, uint64_t badge, uint64_t id, struct attributes *attributes);

/* Opens a file for a client's session. */
int tree_open(const struct vfs_call *call, uint32_t tree, uint64_t inode, uint64_t badge, uint64_t id, uint32_t flags);

/* depend.c */

void depend_begin_wanted(struct vfs_call *call);

/* For a request that can be told, in word 7, where its client wants to know on what the answer depends. */
static inline void depend_begin(struct vfs_call *call)
{
	if (call->exchange->words >= 8 && call->exchange->data[7])
		depend_begin_wanted(call);
}

/* Before an inode is looked at. */
void depend_on_more(const struct vfs_call *call, uint32_t tree, uint64_t inode, enum generation which);

static inline void depend_on(const struct vfs_call *call, uint32_t tree, uint64_t inode, enum generation which)
{
	if (call->depends)
		depend_on_more(call, tree, inode, which);
}

/* The answer depends on what has no generation. */
void depend_unknown(const struct vfs_call *call);

/* Puts it where the client wants it. */
void depend_tell(const struct vfs_call *call);

/* cache.c */
void cache_name_put(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name, uint64_t inode);

/* True when the name is known; *inode is 0 when it is known not to be. */
bool cache_name_get(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name, uint64_t *inode);
void cache_name_drop(struct vfs *vfs, uint32_t tree, uint64_t directory, struct name name);
void cache_inode_put(struct vfs *vfs, uint32_t tree, const struct attributes *attributes);
bool cache_inode_get(struct vfs *vfs, uint32_t tree, uint64_t inode, struct attributes *attributes);
void cache_inode_drop(struct vfs *vfs, uint32_t tree, uint64_t inode);

/* mounts.c: the mount table and the places. */
static inline struct vfs_mount *mount_of(const struct vfs_call *call, const struct vfs_directory *directory)
{
	return &call->vfs->state->mounts[directory->mount];
}

/* The mount on a directory, as the client sees it; a null pointer when there is none. */
struct vfs_mount *mount_on(const struct vfs_call *call, const struct vfs_directory *directory);

/* Sees how far the mount table is in use: at the start, and after each change of it. */
void mounts_count(struct vfs *vfs);

/* The root of all. */
int directory_root(const struct vfs_call *call, struct vfs_directory *root);

/* What is kept up to date of a directory. */
static inline void directory_copy(struct vfs_directory *to, const struct vfs_directory *from)
{
	to->mount = from->mount;
	to->attributes.inode = from->attributes.inode;
	to->attributes.generation = from->attributes.generation;
	to->attributes.mode = from->attributes.mode;
	to->attributes.owner = from->attributes.owner;
	to->attributes.group = from->attributes.group;
}

/* The directory that a client has open under that id. */
int place_find(const struct vfs_call *call, uint32_t id, struct vfs_directory *directory);

/* Any file that the client has open under that id, as found by that mount. -EBADF */
int opened_find(const struct vfs_call *call, uint32_t id, uint32_t mount, struct vfs_directory *file);

/* What clients are told of a mount. */
static inline uint32_t serial_told(uint64_t serial)
{
	return (uint32_t)serial & ~MOUNT_IS_ROOT;
}

static inline uint32_t mount_told(const struct vfs_call *call, const struct vfs_directory *file)
{
	return serial_told(mount_of(call, file)->serial);
}

/* Notes that a client has opened a directory. */
int place_set(const struct vfs_call *call, uint64_t badge, uint32_t id, const struct vfs_directory *directory);

/* Notes that an id is no directory any more. */
void place_clear(const struct vfs_call *call, uint64_t badge, uint32_t id);
void places_clear(const struct vfs_call *call, uint64_t badge);

/* Ends all mounts that a client has made, but those on which others have mounted something. Whether there were any. */
bool mounts_clear(const struct vfs_call *call, uint64_t badge);

int mount_add(const struct vfs_call *call, const struct vfs_directory *point, const struct vfs_mount *mount);
int mount_remove(const struct vfs_call *call, uint32_t mount);

/* bounds.c */

/* Takes what the manifest grants each client. */
void bounds_open(struct vfs *vfs);

/* The root of what a bounded client may reach, into walk->root; the rest of the walk is overwritten. Returns 0 or an error. */
int bound_root(struct vfs_call *call, struct vfs_walk *walk);

/* True for the root of a client that is bounded to less than all. */
bool bound_is_root(const struct vfs_call *call, const struct vfs_directory *directory);

/* True when the directory is the root of a bounded client or lies below it. */
bool bound_holds(const struct vfs_call *call, const struct vfs_directory *directory);

/* walk.c */

enum walk_flags { WALK_FOLLOW = 1 /* a link in the last component, too */, WALK_PARENT = 2 /* does not look the last component up */, WALK_EMPTY = 4 /* an empty path is the start */, WALK_NO_SLASH = 8 /* a last name with slashes behind it is EISDIR: opening that creates */, WALK_NO_MOUNTS = 16, WALK_START = 128 /* with WALK_EMPTY: the start may be any open file */, WALK_NO_LINKS = 32, WALK_BENEATH = 64 /* as the flags of OPEN are called; with the last, the root is where the walk begins */ };

/*
 * Walks along the `bytes` bytes of path that lie at the end of the walk's text, from where `at` is. 0: see struct vfs_walk; a last component that there is not is no error, `found` is false then. 1: the path leads into a client's own tree; what is left of
 * it is walk_rest(). Or an error.
 */
int walk_path(const struct vfs_call *call, struct vfs_walk *walk, size_t bytes, uint32_t flags);

static inline struct name walk_rest(const struct vfs_walk *walk)
{
	return (struct name){walk->text + walk->text_at, VFS_WALK_TEXT - walk->text_at};
}

/* Looks the last component up after WALK_PARENT, without following anything: 0 and `target`, -ENOENT, or another error. */
int walk_last(const struct vfs_call *call, struct vfs_walk *walk);

/* True when `below` is the directory `above` or lies below it, in one tree. */
bool directory_is_below(const struct vfs_call *call, const struct vfs_directory *below, uint64_t above);

/* change.c */

/* Clears the worker's intent for the request of `call` and returns it, to be filled in. Nothing is in the state before change_carry_out(). */
struct vfs_intent *change_begin(struct vfs_call *call, uint32_t tree, uint64_t label);

/* Writes the intent, has it done, stores and returns the result. */
int64_t change_carry_out(struct vfs_call *call);
