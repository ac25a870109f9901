/* SPDX-License-Identifier: MIT */
/*
 * What the requests of the vfs protocol share: requests.c has the table of all and carries them out; arguments.c takes what a client has sent; names.c makes, moves and removes names, attributes.c sets
 * attributes, opening.c opens. A handler (request_NAME) returns the result for its client, or a negative errno.
 */
#pragma once

#include "parts.h"

/* A word that holds two halves. */
static inline uint32_t low(uint64_t pair)
{
	return (uint32_t)pair;
}

static inline uint32_t high(uint64_t pair)
{
	return (uint32_t)(pair >> 32);
}

static inline const uint64_t *words(const struct vfs_call *call)
{
	return call->exchange->data;
}

static inline struct vfs_walk *first_walk(const struct vfs_call *call)
{
	return &call->vfs->workers[call->worker].walk;
}

/* Is it of that MODE_ type? */
static inline bool file_is(const struct vfs_directory *file, uint32_t type)
{
	return (file->attributes.mode & MODE_TYPE) == type;
}

/* Asks a tree for its root, and learns its flags. The inode, or an error. */
int64_t tree_root(const struct vfs_call *call, uint32_t tree);

/* The tree that a file lies in; the flags of its mount; 0 or -EROFS. */
static inline uint32_t tree_of(const struct vfs_call *call, const struct vfs_directory *file)
{
	return mount_of(call, file)->tree;
}

static inline uint32_t flags_of(const struct vfs_call *call, const struct vfs_directory *file)
{
	uint32_t tree = tree_of(call, file);

	if (!call->vfs->tree_known[tree])
		(void)tree_root(call, tree); /* without an answer it insists on nothing, and answers nothing else either */
	return mount_of(call, file)->flags | call->vfs->tree_flags[tree] | call->bound->flags;
}

static inline int writable(const struct vfs_call *call, const struct vfs_directory *file)
{
	return flags_of(call, file) & MOUNT_READ_ONLY ? -EROFS : 0;
}

/* arguments.c */

/* A span of the client's buffer; a null pointer when it does not lie in it. */
unsigned char *span_at(const struct vfs_call *call, uint64_t span);

/* Copies a path, or the target of a link, of at most PATH_BYTES_MAX bytes. Returns its bytes. */
int64_t path_take(const struct vfs_call *call, uint64_t span, char *to);

/* Walks along a path of the request. 0, an error, or ANSWER_REFERRAL. */
int64_t path_walk(struct vfs_call *call, struct vfs_walk *walk, uint64_t path, uint32_t start_id, uint32_t flags);

/* Walks along the first path of the request, from where it says. As path_walk(). */
int64_t first_path(struct vfs_call *call, uint32_t flags);

/* What the first path names, links followed unless the flags say otherwise; -ENOENT if there is nothing. */
int64_t target_find(struct vfs_call *call);

/* names.c */

/* From what is checked of a tree's names to what is done with them, nobody else changes them. */
void names_lock(struct vfs_call *call, uint32_t tree);

/* Lets others at the names again, if they were locked. */
void names_unlock(struct vfs_call *call);

/* Intends to make a file where the walk has ended. */
struct vfs_intent *create_begin(struct vfs_call *call, const struct vfs_walk *walk, uint32_t mode, uint64_t device);

int64_t request_mkdir(struct vfs_call *call);
int64_t request_mknod(struct vfs_call *call);
int64_t request_symlink(struct vfs_call *call);
int64_t request_link(struct vfs_call *call);
int64_t request_unlink(struct vfs_call *call);
int64_t request_rmdir(struct vfs_call *call);
int64_t request_rename(struct vfs_call *call);

/* attributes.c */

int64_t request_chmod(struct vfs_call *call);
int64_t request_chown(struct vfs_call *call);
int64_t request_utimes(struct vfs_call *call);
int64_t request_truncate(struct vfs_call *call);

/* opening.c */

int64_t request_open(struct vfs_call *call);
