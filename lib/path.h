/* SPDX-License-Identifier: MIT */
/*
 * Requests on paths, for a client of vfs that asks for others: each says who asks and where the path begins. What a program asks for itself is in lib/file.h, which also says how requests wait.
 *
 * Results are those of Linux: from 0 on, or a negative error number; or PATH_REFERRAL, when the path leads into a mount that this client serves itself (path_mount_own_at): then the path's `tag` tells which mount, and what is
 * left of the path has been put into `rest`.
 */
#pragma once

#include <stddef.h>

#include "abi/file.h"

#define PATH_REFERRAL INT32_MAX
#define PATH_ROOT (-1)

/* Who asks; it stays as it is while a request is made. What Linux calls fsuid, fsgid, effective capabilities (enum asserted_capability), supplementary groups (at most SESSION_GROUPS_MAX). */
struct asker {
	uint32_t user, group;
	uint32_t capabilities;
	uint32_t group_count;
	const uint32_t *groups;
};

struct path {
	const struct asker *asker;
	int start;        /* where it begins unless with a slash: the number of an open directory (lib/file.h), or PATH_ROOT; with PATH_EMPTY also of another open file */
	int root;         /* what "/" is: the same */
	const char *text; /* NUL-terminated */
	char *rest;       /* room for PATH_BYTES_MAX + 1 bytes; null for who serves no mounts */
	uint64_t tag;     /* result: see above */
	uint64_t filesystem; /* result of open and attributes: badge of the filesystem */
	uint32_t mount;      /* result of attributes: the mount by which it was found, with MOUNT_IS_ROOT if it is its root; of what mounts: the mount that was made */
};

/*
 * Gives this client memory, zero, in which it remembers what path_attributes_at() was told: it is then answered without a call for as long as it is still so. For filesystems whose `region NAME.generations` the program `needs ... read`; of others
 * nothing is remembered.
 */
void path_remember(void *memory, size_t bytes);

/* Flags are enum path_flags. Without PATH_NOFOLLOW a symbolic link at the end is followed where Linux does. */
int path_attributes_at(struct path *path, uint32_t flags, struct attributes *attributes);
int path_access_at(struct path *path, uint32_t flags, uint32_t wanted); /* enum access_wanted */
int path_statistics_at(struct path *path, uint32_t flags, struct filesystem_statistics *statistics);
int64_t path_read_link_at(struct path *path, uint32_t flags, char *target, size_t bytes);

int path_make_directory_at(struct path *path, uint32_t mode);
int path_make_node_at(struct path *path, uint32_t mode, uint64_t device);
int path_make_link_at(struct path *path, const char *target);
int path_remove_at(struct path *path);           /* a name of a file */
int path_remove_directory_at(struct path *path);

/* Two paths; who asks is the first one's. */
int path_rename_at(struct path *from, struct path *to, uint32_t flags); /* enum rename_flags */
int path_link_at(struct path *from, struct path *to, uint32_t flags);   /* PATH_FOLLOW */
int path_link_of_start_at(struct path *from, struct path *to, uint32_t mount); /* the open file where `from`, which is empty, begins; `mount`: by which it was found (struct file_opened) */

int path_change_mode_at(struct path *path, uint32_t flags, uint32_t mode);
int path_change_owner_at(struct path *path, uint32_t flags, uint32_t owner, uint32_t group); /* UINT32_MAX: as it is */
int path_change_times_at(struct path *path, uint32_t flags, uint32_t mask, const struct timestamp times[2]); /* enum attribute_mask of times; access, modification */
int path_truncate_at(struct path *path, uint64_t size);

/* Mounts the filesystem that is the service of that name, or a tree of the client's own. */
int path_mount_at(struct path *path, const char *service, uint32_t flags);
int path_mount_own_at(struct path *path, uint32_t tag, uint32_t flags);
int path_mount_directory_at(struct path *path, int directory, uint32_t flags); /* an open directory, with what lies below it, once more */
int path_mount_change_at(struct path *path, uint32_t flags); /* of the mount whose root the path names */
int path_mount_move_at(struct path *path, int directory);      /* the mount whose root is open comes to the path, */
int path_mount_move_own_at(struct path *path, uint32_t tag);   /* or a tree of the client's own */
int path_unmount_at(struct path *path, uint32_t flags);

/* Brings all filesystems to stable storage. */
int path_sync(void);
