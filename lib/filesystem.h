/* SPDX-License-Identifier: MIT */
/*
 * A filesystem as its server sees it: the operations that a core (servers/ramfs, servers/ext2) implements on inode numbers, and the server that speaks the file and the tree protocol
 * (abi/protocols) for any such core.
 *
 * The core is synchronous C without kernel calls. It does not check permissions (vfs did) and does not know clients. It refuses what would damage the tree: names that exist, directories
 * moved below themselves, a full disk.
 *
 * Transactions. Every operation marked + is called between begin() and commit(); the server adds the result for the client to the same transaction (lib/tsm.h), so that both survive or neither does. If
 * the operation returns an error, rollback() is called instead. No operation waits inside of a transaction: one that must fetch a block first returns -EAGAIN, and the server calls rollback(), wait() and
 * then the operation again. Operations without + are called with no transaction open and may wait in their fiber; then others run meanwhile. A core that notes access times in read, readlink or readdir
 * opens a transaction of its own for it.
 *
 * Errors are negative numbers of Linux (abi/errno.h). Names are 1..255 bytes without slash or NUL, and but for lookup never "." or "..": the caller has checked that, also on the way back from damaged media.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"

/* Where times come from. The server sets it before each operation but open and close. */
struct filesystem_clock {
	struct timestamp now;
};

/* Whom the core tells that it will change or free a page which it has handed out by page(), that a file has no name any more, and that it is no more; and where it publishes that it changes an inode (lib/generations.h). The server sets it. */
struct filesystem_watch {
	void (*changes)(void *context, const void *page); /* may be null */
	void (*nameless)(void *context, uint64_t inode); /* the last name of an inode has gone, in the transaction that is open; may be null */
	void (*freed)(void *context, uint64_t inode);    /* an inode that nobody uses is free, in the transaction that is open; may be null */
	void *context;
	struct generations *generations; /* may be null */
};

static inline void inode_nameless(const struct filesystem_watch *watch, uint64_t inode)
{
	if (watch && watch->nameless)
		watch->nameless(watch->context, inode);
}

static inline void inode_freed(const struct filesystem_watch *watch, uint64_t inode)
{
	if (watch && watch->freed)
		watch->freed(watch->context, inode);
}

static inline void page_changes(const struct filesystem_watch *watch, const void *page)
{
	if (watch->changes)
		watch->changes(watch->context, page);
}

/* What SETATTR sets; only the members that the mask names count. */
struct attribute_change {
	uint32_t mask; /* enum attribute_mask; the *_NOW bits have been turned into times */
	uint32_t mode; /* permissions; the type stays */
	uint32_t owner, group;
	uint64_t size;
	struct timestamp access, modify;
};

/* What CREATE makes: any type but a link. `mode` is type and permissions. */
struct file_creation {
	uint32_t mode;
	uint32_t owner, group;
	uint64_t device;
};

struct name {
	const char *text; /* no NUL at its end */
	size_t bytes;
};

/* Takes an entry of a directory; false when there is no room for it, and then it is not consumed. `type` is mode >> 12; `cookie` is where to go on after it. */
typedef bool (*directory_emit)(void *context, struct name name, uint64_t inode, uint8_t type, uint64_t cookie);

/* Takes the name of an extended attribute. */
typedef void (*xattr_emit)(void *context, struct name name);

struct filesystem_operations {
	void (*begin)(void *core);
	void (*commit)(void *core);
	void (*rollback)(void *core);
	void (*wait)(void *core); /* lets the fiber wait for what made an operation return -EAGAIN; may be null in a core that never does */

	/* The root directory, and the mount flags that the core insists on (MOUNT_READ_ONLY for a damaged or unknown one). */
	int (*root)(void *core, uint64_t *inode, uint32_t *flags);

	/* Names. lookup also takes "..": the parent, of the root itself. */
	int (*lookup)(void *core, uint64_t directory, struct name name, struct attributes *attributes);
	/* + the new file's link count is 1, a directory's 2 and its parent's one more; times are now; a directory inherits nothing: vfs has decided mode and group */
	int (*create)(void *core, uint64_t directory, struct name name, const struct file_creation *creation, struct attributes *attributes);
	/* + a regular file without names, in the directory's part of the disk; it is opened in the same transaction. `linkable`: link() can give it its first name */
	int (*create_nameless)(void *core, uint64_t directory, const struct file_creation *creation, bool linkable, struct attributes *attributes);
	int (*symlink)(void *core, uint64_t directory, struct name name, const char *target, size_t bytes, uint32_t owner, uint32_t group,
		struct attributes *attributes); /* + */
	int (*link)(void *core, uint64_t directory, struct name name, uint64_t inode, struct attributes *attributes); /* + EPERM for directories, EMLINK, ENOENT for what has lost its last name, or was made not to have one */
	int (*unlink)(void *core, uint64_t directory, struct name name);                                             /* + EISDIR for directories */
	int (*rmdir)(void *core, uint64_t directory, struct name name);                                              /* + ENOTDIR, ENOTEMPTY */
	/* + as renameat2: flags 0, RENAME_KEEP or RENAME_SWAP; two names of one file: nothing happens; EINVAL for a directory below itself (ENOTEMPTY if the target is an ancestor) */
	int (*rename)(void *core, uint64_t old_directory, struct name old_name, uint64_t new_directory, struct name new_name, uint32_t flags);

	/* Inodes. */
	int (*getattr)(void *core, uint64_t inode, struct attributes *attributes);
	int (*setattr)(void *core, uint64_t inode, const struct attribute_change *change, struct attributes *attributes); /* + */
	int64_t (*readlink)(void *core, uint64_t inode, char *buffer, size_t bytes); /* bytes of the target, cut to `bytes` */
	/* + one more, one fewer user: an inode without names lives until its last user closes it. The count lives in the core's state and survives a restart with the sessions. */
	int (*open)(void *core, uint64_t inode);
	int (*close)(void *core, uint64_t inode);

	/*
	 * Extended attributes, of inodes of any type. A name is whole, with one of the namespaces "user.", "trusted." and "security.", something behind it, and no NUL. All four are null in a core that keeps none. Whoever sets or removes one sets
	 * the change time.
	 */
	int64_t (*xattr_get)(void *core, uint64_t inode, struct name name, void *value, size_t bytes); /* bytes of the value; with `bytes` 0 nothing else; ERANGE when it is longer, ENODATA */
	int (*xattr_list)(void *core, uint64_t inode, xattr_emit emit, void *context); /* all of them, once it has begun */
	int (*xattr_set)(void *core, uint64_t inode, struct name name, const void *value, size_t bytes, uint32_t flags); /* + enum xattr_flags; EEXIST, ENODATA; ENOSPC: it does not fit */
	int (*xattr_remove)(void *core, uint64_t inode, struct name name); /* + ENODATA */

	/* Contents of regular files. */
	int64_t (*read)(void *core, uint64_t inode, uint64_t offset, void *buffer, size_t bytes); /* bytes read, 0 at the end */
	/* The page of 4 KiB of memory that holds page `index` of a file, zero behind the file's end, and how many of its bytes the file has; 0 when it has none there. The core tells its watch before it changes. May be null. */
	int (*page)(void *core, uint64_t inode, uint64_t index, const void **page);
	/* + offset FILE_END appends. *offset becomes where the write ended. Sets modification and change time. Bytes written, possibly fewer; ENOSPC only if none. */
	int64_t (*write)(void *core, uint64_t inode, uint64_t *offset, const void *buffer, size_t bytes);
	int (*allocate)(void *core, uint64_t inode, uint32_t mode, uint64_t offset, uint64_t bytes); /* + enum allocate_mode */
	int64_t (*seek)(void *core, uint64_t inode, uint64_t offset, enum seek_whence whence);       /* ENXIO when there is none */
	int (*fsync)(void *core, uint64_t inode, bool data_only);
	int (*sync)(void *core);

	/* Entries after *cookie (0: all), "." and ".." first; *cookie becomes that of the last entry taken. ENOENT for a removed directory. Entries that stay are told exactly once, whatever comes and goes meanwhile. */
	int (*readdir)(void *core, uint64_t directory, uint64_t *cookie, directory_emit emit, void *context);
	int (*statfs)(void *core, struct filesystem_statistics *statistics);
};

/* A core with its operations. */
struct filesystem {
	const struct filesystem_operations *operations;
	void *core;                     /* first argument of each operation */
	struct filesystem_clock *clock; /* the core's; set before each operation */
	struct filesystem_watch *watch; /* the core's; null when it has no page() */
};
