/* SPDX-License-Identifier: MIT */
/*
 * The pages of a file as a memory object (mm/object.h), for exec and for mappings. There is one object a file, however often it is opened or mapped.
 *
 * Coherence: while a file has pages here, read() takes from them what they have, and write() and truncate() of the shim change them as well; stores by shared mappings make pages dirty, which are written back by msync, fsync, sync, and
 * when the last mapping is gone. What other clients of the filesystem do to a file is seen when it is mapped or executed next after nobody has had it mapped.
 *
 * States: in use (mapped, or being executed): the file is open by `reader`, and by `writer` if a shared mapping may store. Kept: nobody uses it, its pages stay for the next exec; it is dropped when frames are wanted, or when the
 * file has changed.
 */
#pragma once

#include "abi/file.h"
#include "mm/object.h"

struct description;
struct node;
struct opened;
struct task;

/* What exec needs of a program file. */
struct program {
	struct object *content; /* held as a program: until program_close() nobody may write to the file */
	uint64_t size;
	uint32_t mode, owner, group; /* for set-user-id and set-group-id */
	bool no_setid;               /* mounted so that these do not count */
	bool secret;                 /* who executes it may not read it: what it holds in memory is not shown to him either */
	char path[256];              /* absolute, for /proc/self/exe */
};

/*
 * Opens a file to execute it: by a path from a directory, or (flags AT_EMPTY_PATH) by a descriptor. 0 or a negative error number: -EACCES without the right, or when it is no regular file; -ETXTBSY when somebody may write to it. May wait.
 */
int program_open(struct task *task, int64_t directory, const char *path, uint64_t flags, struct program *program);
void program_close(struct program *program);

/* What mprotect may add to a mapping later: not stores to a shared one of a file that is open for reading only, not execution of what is mounted noexec. */
struct mapping_may {
	bool write, execute;
};

/*
 * What an mmap of an open file is made of, held: all pages of the file. `end` is where in the file the mapping ends, UINT64_MAX beyond all files (-EOVERFLOW). `protection` is PROT_*, `shared` MAP_SHARED. -EBADF, -EACCES (not open as the mapping needs it), -ENODEV (cannot be mapped), -EPERM (PROT_EXEC where
 * nothing may be executed). May wait.
 */
int mapping_open(struct task *task, uint64_t descriptor, uint64_t protection, bool shared, uint64_t end, struct object **object, struct mapping_may *may);

/* Brings what was stored into the pages [first, end) of a file's object by shared mappings to stable storage; nothing for other objects. 0 or -EIO. May wait. */
int content_sync(struct task *task, struct object *object, uint64_t first, uint64_t end);

/* The path of the file whose pages an object is, as text_resolve() tells it; -ENOENT for other objects. May wait. */
int64_t content_path(const struct object *object, char path[PATH_BYTES_MAX + 1]);

/* The object of a file's pages, held, for who has it open as `opened`; `writable`: shared stores may come. 0, -ENOMEM, or what the filesystem says. May wait. */
int content_take(struct node *node, struct opened *opened, bool writable, struct object **object);

/* The page `index` of a file when it is there, or a null pointer; *bytes: how many of it the file has. */
const unsigned char *content_page(const struct node *node, uint64_t index, uint64_t *bytes);

/* The file has been written to, or has a new size: call it with node->changing held and after the filesystem has done it. */
void content_written(struct node *node, uint64_t offset, const void *data, uint64_t bytes);
void content_resized(struct node *node, uint64_t size);
void content_cleared(struct node *node, uint64_t offset, uint64_t bytes);

/* Writes dirty pages [first, end) back. 0 or the first error; what could not be written stays dirty. May wait. */
int content_write_back(struct node *node, uint64_t first, uint64_t end);

/* The same for all files: what sync() does. */
int contents_write_back(void);

/* Drops the pages of a file that nobody uses, to have frames. False when there is none. */
bool contents_shrink(void);

/* The pages that there are of files, and those of them that nobody uses. */
void contents_count(uint64_t *all, uint64_t *idle);

/* Whether files of a mount (struct opened) are mapped or being executed; `stored`: so that they may be stored into. */
bool contents_use(uint32_t mount, bool stored);

/* Whether a file is a program that is being executed; whether somebody may store into it by a shared mapping. */
bool content_is_executed(const struct node *node);
bool content_is_stored(const struct node *node);

/* Of what file an object's pages are: false when they are none's. */
bool content_identity(const struct object *object, uint64_t *filesystem, uint64_t *inode);
