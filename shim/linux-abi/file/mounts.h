/* SPDX-License-Identifier: MIT */
/*
 * What is mounted, as far as the shim has done it: vfs knows the mounts; this is the list for /proc/mounts, and for the trees that are the shim's own. A tmpfs is a directory of its own in the service `ramfs`, which is mounted once
 * more for each; devtmpfs is one of these with device files in it.
 */
#pragma once

#include <stdbool.h>

#include "lib/path.h"

struct entry;

struct mount {
	struct mount *next;   /* the newest first */
	const char *type;     /* as mount(2) has it */
	uint32_t flags;       /* enum mount_flags */
	uint32_t tag;         /* of a tree of the shim's own; 0: one of vfs's */
	struct entry *root;   /* of such a tree, held */
	char *source, *place; /* place: absolute, from the root of all */
	char *part;           /* which directory of its filesystem it shows: "/" all of it */
	uint64_t number;      /* no two have the same */
	uint64_t filesystem;  /* as struct description */
	uint32_t id;          /* what vfs calls it */
	uint32_t parent;      /* the id of the mount in which its place is */
	bool expires;         /* umount2() has marked it (MNT_EXPIRE), and nobody has used it since */
};

#define MOUNT_OF_ALL 0u          /* the id of the root of all, which is in no list */
#define MOUNT_NONE (UINT32_MAX) /* what is in no mount */

/* A type that mount(2) knows, by its number from 0 on (sysfs(2), /proc/filesystems); a null pointer behind the last. */
struct filesystem_type {
	const char *name;
	bool on_device;
	bool own; /* a tree of the shim's own; else a service has it */
};
const struct filesystem_type *filesystem_type(uint32_t number);

/* All mounts. */
extern struct mount *mounts;

/* How many of them expire. */
extern uint32_t mounts_expiring;

struct mount *mount_of_tag(uint64_t tag);
struct mount *mount_of_id(uint32_t id);
struct mount *mount_of_root(const struct entry *root);

/* The newest of those with a lesser number: for who goes through the list and waits meanwhile. */
const struct mount *mount_before(uint64_t number);

/* The oldest of those with a greater number. */
const struct mount *mount_after(uint64_t number);

/*
 * Mounts a filesystem of a type that Linux knows, with options as mount(8) passes them; `place` is where, for the list. 0, -ENODEV (no such type), -EBUSY, -EPERM, -EINVAL (options), -ENOMEM. May wait.
 */
int mount_make(struct path *path, const char *place, const char *source, const char *type, const char *options, uint32_t flags);

/* Mounts an open directory, which lies at `source` (absolute, without links) in the mount `of`, at one more place. */
struct opened;
int mount_directory(struct path *path, const char *place, const char *source, const struct opened *directory, uint32_t flags);

/* Gives the mount whose root a path leads to other flags. */
int mount_change(struct path *path, uint32_t id, uint32_t flags);

/* Moves the mount whose root is open as `number`, or that is the own tree with this tag (0: it is none), from one place to another. */
int mount_move(struct path *path, const char *from, const char *place, uint32_t id, int number, uint32_t tag);

/* Unmounts the mount whose root a path leads to. May wait. */
int mount_end(struct path *path, uint32_t id, uint32_t flags);

/* Marks a mount that nobody uses. False if it was marked. */
bool mount_expire(struct mount *mount);

/* Somebody uses what lies at an absolute path without links: its mount does not expire. */
void mounts_use(const char *path);

/* What the root of all is, which is nobody's mount(2): vfs has it from the beginning. May wait. */
struct mount mount_of_all(void);
