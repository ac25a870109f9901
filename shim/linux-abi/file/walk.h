/* SPDX-License-Identifier: MIT */
/*
 * Paths of programs: taken out of their memory, with where they begin and who asks, ready for the requests of lib/path.h.
 *
 *	struct walk walk;
 *	int64_t error = walk_begin(&walk, task, directory, address, 0);
 *
 *	while (walk_next(&walk, &error))
 *		error = path_attributes_at(&walk.path, 0, &attributes);
 *	if (walk.entry)
 *		error = the same of an entry of a tree of the shim's own (file/tree.h);
 *	walk_end(&walk);
 *
 * The request is made once, unless the path goes through a tree of the shim's own. It takes some 4 KiB of stack.
 */
#pragma once

#include "file/asker.h"
#include "file/description.h"

struct entry;

#define LINUX_AT_FDCWD (-100)

enum walk_flags {
	WALK_EMPTY = 1,    /* an empty path means the start itself, of whatever type: AT_EMPTY_PATH */
	WALK_NOFOLLOW = 2, /* a symbolic link at the end is not followed */
	WALK_PARENT = 4,   /* of a tree of the shim's own, the directory is wanted; `last` is the name in it */
	WALK_FOUND = 8,    /* the caller knows what to do with `found` */
	/* As openat2(2) restricts walks. Of a path into a tree of the shim's own a scoped one does not lead out again. */
	WALK_NO_MOUNTS = 16, /* RESOLVE_NO_XDEV */
	WALK_NO_MAGIC = 32,  /* RESOLVE_NO_MAGICLINKS */
	WALK_NO_LINKS = 64,  /* RESOLVE_NO_SYMLINKS */
	WALK_BENEATH = 128,  /* RESOLVE_BENEATH */
	WALK_IN_ROOT = 256,  /* RESOLVE_IN_ROOT */
	WALK_SCOPED = WALK_BENEATH | WALK_IN_ROOT,
};

struct walk {
	struct path path;
	struct asker asker;
	struct task *task;
	uint32_t flags;
	bool asked;                  /* vfs has been */
	struct description *start;   /* held: where a relative path begins; null: the root of all */
	struct description *root;    /* held: of the task; null: the root of all */
	struct entry *entry;         /* held: what the path leads to in a tree of the shim's own; null: it does not lead there */
	char *last;                  /* with WALK_PARENT and `entry` */
	struct description *found;   /* held: the open file that the path leads to by a link such as /proc/self/fd/0; with WALK_FOUND only */
	const char *place;           /* of where the walk in such a tree began: `text` is relative to it then */
	unsigned referrals;
	bool created;                /* walk_open() has made the file */
	char text[PATH_BYTES_MAX + 1];
};

/* Takes a path from the task's memory, seen from `directory` (a descriptor or AT_FDCWD). 0, -EFAULT, -ENAMETOOLONG, -ENOENT, -EBADF, -ENOTDIR. */
int walk_begin(struct walk *walk, struct task *task, int64_t directory, uint64_t address, uint32_t flags);

/* The same with a path of the shim's; null: it is in walk->text already. */
int walk_begin_text(struct walk *walk, struct task *task, int64_t directory, const char *text, uint32_t flags);

/* Whether vfs is to be asked (again): `*result` is what it answered last, or the result of walk_begin(). */
bool walk_next(struct walk *walk, int64_t *result);

/* The same for a request on two paths. */
bool walk_next_two(struct walk *walk, struct walk *other, int64_t *result);

/* Whether the path is empty, and so means walk->start, of whatever type, which is not null. */
static inline bool walk_is_start(const struct walk *walk)
{
	return walk->flags & WALK_EMPTY && walk->text[0] == 0 && walk->start;
}

/* The text of the path, for text.h; null when it is not known. */
char *walk_text(const struct walk *walk);

/* May wait. */
void walk_end(struct walk *walk);

/* The same of a walk that is no use of the mount to which it led (MNT_EXPIRE). */
void walk_end_unused(struct walk *walk);
