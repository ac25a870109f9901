/* SPDX-License-Identifier: MIT */
/*
 * The operations of the filesystem interface (lib/filesystem.h) on a struct ext2, and what they share. Each that changes something: change_begin, lookups and checks, then changes; what fails in between is undone by the rollback of its
 * caller. Those that change nothing are tried again until everything that they need is in the cache:
 *
 *     do
 *             result = something_once(core, ...);     which begins with look_begin()
 *     while (again(core, result));
 */
#pragma once

#include "servers/ext2/cache.h"
#include "servers/ext2/directory.h"
#include "servers/ext2/ext2.h"

/* One more try of an operation that changes nothing: true when its result says that it must wait first. In a transaction of somebody's change nothing waits: that is tried again as a whole. */
static inline bool again(struct ext2 *fs, int64_t result)
{
	if (result != -EAGAIN || fs->in_transaction)
		return false;
	ext2_wait(fs);
	return true;
}

/* Before each try: what it uses stays in the cache until it ends. */
static inline void look_begin(struct ext2 *fs)
{
	fetches_reap(fs);
	fs->epoch++;
}

static inline bool is_directory(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_DIRECTORY;
}

/* links.c */

/* A directory; one that can take names, and may be changed. */
int directory_get(struct ext2 *fs, uint64_t number, struct inode **directory);
int directory_for_change(struct ext2 *fs, uint64_t number, struct inode **directory);

/* The inode that a name in a directory leads to. */
int name_find(struct ext2 *fs, uint64_t directory_number, struct name name, uint32_t *number);

/* One name more; one fewer: a directory has two links for its last name; one directory fewer in a directory. */
int links_add(struct ext2 *fs, struct inode *inode);
int links_drop(struct ext2 *fs, uint32_t number, struct inode *inode);
void parent_drop(struct ext2 *fs, struct inode *parent);

/* A name, and what it refers to. */
struct victim {
	struct slot slot;
	uint32_t number;
	struct inode *inode;
};

int victim_find(struct ext2 *fs, uint64_t directory_number, const struct inode *directory, struct name name, struct victim *victim);

/* May this name go? `directory`: its directory. */
int victim_check(const struct inode *directory, const struct victim *victim);

int operation_lookup(void *core, uint64_t directory, struct name name, struct attributes *attributes);
int operation_create_nameless(void *core, uint64_t directory, const struct file_creation *creation, bool linkable, struct attributes *attributes);
int operation_create(void *core, uint64_t directory, struct name name, const struct file_creation *creation, struct attributes *attributes);
int operation_symlink(void *core, uint64_t directory, struct name name, const char *target, size_t bytes, uint32_t owner, uint32_t group, struct attributes *attributes);
int operation_link(void *core, uint64_t directory_number, struct name name, uint64_t number, struct attributes *attributes);
int operation_unlink(void *core, uint64_t directory_number, struct name name);
int operation_rmdir(void *core, uint64_t directory_number, struct name name);

/* rename.c */

int operation_rename(void *core, uint64_t old_directory, struct name old_name, uint64_t new_directory, struct name new_name, uint32_t flags);

/* attributes.c */

/* Access times: as "relatime" has it, when the file was changed since, or once a day; and only if that tells another time than before. */
bool access_is_noted(const struct ext2 *fs, const struct inode *inode);
void access_note_now(struct ext2 *fs, uint32_t number);

/* Notes that a file was read, if that needs no waiting. `inode`: as the operation has just found it. */
static inline void access_note(struct ext2 *fs, uint32_t number, const struct inode *inode)
{
	if (!fs->read_only && !access_is_noted(fs, inode))
		access_note_now(fs, number);
}

int operation_getattr(void *core, uint64_t number, struct attributes *attributes);
int operation_setattr(void *core, uint64_t number, const struct attribute_change *change, struct attributes *attributes);
int64_t operation_readlink(void *core, uint64_t number, char *buffer, size_t bytes);
int operation_open(void *core, uint64_t number);
int operation_close(void *core, uint64_t number);

/* xattr.c */

int64_t operation_xattr_get(void *core, uint64_t number, struct name name, void *value, size_t bytes);
int operation_xattr_list(void *core, uint64_t number, xattr_emit emit, void *context);
int operation_xattr_set(void *core, uint64_t number, struct name name, const void *value, size_t bytes, uint32_t flags);
int operation_xattr_remove(void *core, uint64_t number, struct name name);

/* contents.c */

int64_t operation_read(void *core, uint64_t number, uint64_t offset, void *buffer, size_t bytes);
int operation_page(void *core, uint64_t number, uint64_t index, const void **page);
int64_t operation_write(void *core, uint64_t number, uint64_t *offset, const void *buffer, size_t bytes);
int operation_allocate(void *core, uint64_t number, uint32_t mode, uint64_t offset, uint64_t bytes);
int64_t operation_seek(void *core, uint64_t number, uint64_t offset, enum seek_whence whence);
int operation_readdir(void *core, uint64_t number, uint64_t *cookie, directory_emit emit, void *context);
