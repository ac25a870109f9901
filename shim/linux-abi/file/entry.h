/* SPDX-License-Identifier: MIT */
/*
 * Trees of the shim's own: /dev, /proc, /dev/pts. An *entry* is one place in such a tree: a directory, a file, a link. Entries are made when they are looked up and have users; there may be several for one place.
 *
 * Whoever has a tree implements the operations and makes the entry of its root; file/tree.h mounts it.
 */
#pragma once

#include "file/status.h"

struct file_change;

struct entry_operations {
	/* A directory: the entry of a name, with one user. 0, -ENOENT, -EACCES. Null: it is no directory. Not called with ".", "..". */
	int (*find)(struct entry *directory, struct task *task, const char *name, struct entry **found);

	/* A directory: the entries after *cookie, as many as fit, by record_put(); bytes, 0 at the end. "." and ".." come from elsewhere: the first cookie is 2. */
	int64_t (*list)(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes);

	/* A symbolic link: its target without a NUL; bytes. */
	int64_t (*read_link)(struct entry *link, struct task *task, char *target, size_t bytes);

	/* A link that leads to an open file rather than to a path (/proc/self/fd): that file, held. Null, or -ENOSYS: it leads where read_link tells. */
	int (*follow)(struct entry *link, struct task *task, struct description **description);

	/* A link that is magic on Linux, though it leads where read_link tells (/proc/self/exe). */
	bool magic;

	/* A file: makes of `description`, which has mode, flags and inode, an open file, by setting operations and data. A directory: whether it may be opened, beyond what its mode says. Null: it is opened as a device by its number, or is a directory. May wait. */
	int (*open)(struct entry *entry, struct task *task, struct description *description);

	/* Null: those that the entry has itself. */
	int (*attributes)(struct entry *entry, struct attributes *attributes);

	/* Sets mode, owner, group or times as far as the asker may. Null: -EPERM. */
	int (*change)(struct entry *entry, const struct asker *asker, const struct file_change *change);

	/* The last user has gone: gives the structure back. Null: it is one of a constant tree. */
	void (*release)(struct entry *entry);
};

struct entry {
	const struct entry_operations *operations;
	uint32_t users;
	uint32_t mode; /* with type */
	uint32_t owner, group;
	uint64_t filesystem, inode;
	uint64_t device;
	struct entry *parent; /* held; null: the root of its tree */
};

void entry_hold(struct entry *entry);
void entry_release(struct entry *entry);

int entry_attributes(struct entry *entry, struct attributes *attributes);
int entry_status(struct entry *entry, struct status *status);

int entry_change(struct entry *entry, const struct asker *asker, const struct file_change *change);

/* One record of a directory's list behind the *done bytes that are there; false when it does not fit. `cookie`: where to go on after it. */
bool record_put(void *buffer, size_t bytes, size_t *done, uint64_t inode, uint32_t mode, const char *name, uint64_t cookie);

/* -EINVAL when it is no link. */
int64_t entry_read_link(struct entry *entry, struct task *task, char *target, size_t bytes);
