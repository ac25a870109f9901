/* SPDX-License-Identifier: MIT */
/*
 * The core of ramfs: a filesystem that lives in a state region (lib/tsm.h) and nowhere else, behind the interface of lib/filesystem.h.
 *
 * Pure: the region is all it knows. Each operation marked + there is called inside a transaction of that region, so a ramfs that was killed goes on with what the last commit left. Of an
 * operation's own state only the list of pages to be freed is outside the region.
 */
#pragma once

#include "lib/filesystem.h"
#include "lib/tsm.h"

#define RAMFS_PAGE 4096
#define RAMFS_REPLACED_MAX 256 /* data pages that one write replaces */
#define RAMFS_XATTRS_MAX 64 /* extended attributes of one inode */
#define RAMFS_WRITE_MAX (RAMFS_REPLACED_MAX * RAMFS_PAGE)

struct ramfs_state;
struct ramfs_inode;
struct ramfs_entry;

/* The instance's view of its state. */
struct ramfs {
	struct filesystem_clock clock;
	struct filesystem_watch watch;
	struct tsm *tsm;
	struct ramfs_state *state;
	uint64_t *used; /* a bit for each page */
	struct ramfs_inode *inodes;
	uint32_t *buckets;
	struct ramfs_entry *entries;
	unsigned char *pages;
	bool freed; /* the open transaction has freed a page: it can take none any more, its bytes must outlast a rollback */
	uint32_t replaced[RAMFS_REPLACED_MAX];
	uint32_t replaced_count;
};

/* Cells of undo that a filesystem in `bytes` bytes of state needs for its largest operation. */
uint32_t ramfs_undo_cells(size_t bytes);

/*
 * Opens the filesystem in [area, area + bytes), which is part of the data of `tsm` and page-aligned. Zeros become an empty filesystem (a root directory 0755 of user 0) in a transaction of its own; then *fresh
 * is true. Returns -EINVAL if the area is too small, -EUCLEAN if what is there is of another size or shape.
 */
int ramfs_open(struct ramfs *ramfs, struct tsm *tsm, void *area, size_t bytes, bool *fresh);

/* Whether the filesystem has got its first contents: until then nobody is served. */
bool ramfs_filled(const struct ramfs *ramfs);
void ramfs_filled_set(struct ramfs *ramfs);

/* Cells of the state that are damaged: whole cells within the area of ramfs_open(). */
struct ramfs_damage {
	void *at;
	size_t bytes;
};

/* Whether enough of the area is sound for ramfs_open(). */
bool ramfs_opens(const void *area, const struct ramfs_damage *damage, uint32_t count);

/* Makes what was damaged good as far as that can be done, before anybody is served (salvage.c). Returns how many files have become damaged, or -EIO: nothing has changed, and nobody can be served. */
int ramfs_salvage(struct ramfs *ramfs, const struct ramfs_damage *damage, uint32_t count);

/* How many files answer -EIO because something of them, or of an extended attribute of theirs, is lost. */
uint32_t ramfs_damaged_files(struct ramfs *ramfs);

/* A page of the area that stays zero. */
const void *ramfs_blank(const struct ramfs *ramfs);

extern const struct filesystem_operations ramfs_operations;

/*
 * Checks everything that must hold in the whole filesystem: link counts, parents, lists, buckets, page use. Returns a null pointer or a sentence on what is wrong. Takes time in proportion to
 * the state; `scratch` needs a bit for each page and each entry, and a word of 4 bytes for each inode.
 */
const char *ramfs_check(struct ramfs *ramfs, void *scratch, size_t bytes);
