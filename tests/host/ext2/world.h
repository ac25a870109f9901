/* SPDX-License-Identifier: MIT */
/*
 * An ext2 filesystem over a disk in memory that keeps a record of what it was told, for the tests of servers/ext2. Images are made by mke2fs and judged by e2fsck, both from e2fsprogs.
 *
 * The disk completes requests in random order. It can be cut off at any point of its record: then each write that no flush covers is on the medium or not, at random. The memory of the filesystem can be
 * kept while the instance is thrown away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/ext2/ext2.h"

#define WORLD_REQUESTS 64

struct record {
	enum disk_operation operation;
	uint64_t sector;
	uint32_t sectors;
	uint32_t version; /* of the tree, when this was done */
	uint32_t acknowledged; /* version that a commit had brought to the disk */
	unsigned char *bytes;
};

struct world {
	unsigned char *image; /* what the disk says that it holds */
	size_t image_bytes;
	struct record *records;
	size_t record_count, record_room;
	bool recording;
	bool flushes_lost;  /* a disk, or a filesystem, without FLUSH */
	struct disk_request *queue[WORLD_REQUESTS];
	unsigned queued, seed;
	int64_t fail_after; /* writes until all of them fail; -1: never */
	bool gone;           /* the device is given up */
	uint64_t unreadable; /* a sector that cannot be read; 0: none */
	int64_t kill_after; /* requests until the instance is killed; -1: never */
	bool kill_late;     /* the disk has done that request, but nobody has been told */
	uint64_t requests, sectors_read;
	struct disk disk;
	unsigned char *region, *buffers; /* the buffers lie behind the region */
	size_t region_bytes;
	size_t own; /* bytes of state in front of the filesystem's: of a server's */
	uint32_t marks;
	const struct filesystem_watch *watch;
	struct tsm tsm;
	struct ext2 *fs;
	void (*changed)(struct world *world); /* after each CHANGE; may be null */
	void *context;
	bool read_only_wish;
	uint32_t version, acknowledged;
	unsigned damages, memory_damages;
	const char *damage; /* the last sentence */
	int64_t seconds;
	uint64_t content_max; /* bytes of a file that a walk reads */
	bool walk_on;         /* a walk goes on where it can */
	const char *walk_failed; /* what tree_walk() could not do, or a null pointer */
};

/* A world without a disk yet: `memory` bytes for the filesystem. */
void world_make(struct world *world, size_t memory, unsigned seed);
void world_free(struct world *world);

/* Runs a shell command made by printf; returns its exit status. Output goes to $LOG. */
__attribute__((format(printf, 1, 2))) int shell(const char *format, ...);

/* A directory for files of this process. */
const char *work_directory(void);

/* The disk's content from and to a file. */
void world_load(struct world *world, const char *path);
void world_save(const struct world *world, const char *path);

/* Makes an image: mke2fs with these arguments (between options and size), and loads it. */
void world_format(struct world *world, const char *options, const char *size);

/* Mounts with memory that is zero, or as the instance before left it. */
enum mount_error world_mount(struct world *world);
enum mount_error world_continue(struct world *world);
int world_unmount(struct world *world);

/* e2fsck -fn on the image: its exit status. */
int world_check(const struct world *world);

/* Jumps back to where WORLD_KILLED was called when kill_after is reached. */
#include <setjmp.h>
extern jmp_buf world_killed;

/* The image after a power cut before record `at`: `image` must hold what was there when recording began. */
void image_cut(const struct world *world, unsigned char *image, size_t at, unsigned *seed);

unsigned random_next(unsigned *seed);

/* Contents that a seed decides. */
void random_fill(unsigned char *bytes, size_t size, unsigned seed);

/* One operation that changes something, as the server does it. */
#define CHANGE(world, expression)                                   \
	({                                                          \
		int64_t change_result;                              \
		for (;;) {                                          \
			(world)->fs->clock.now.seconds = (world)->seconds; \
			ext2_begin((world)->fs);                    \
			change_result = (expression);               \
			if (change_result >= 0) {                   \
				ext2_commit((world)->fs);           \
				if ((world)->changed)               \
					(world)->changed(world);    \
				break;                              \
			}                                           \
			ext2_rollback((world)->fs);                 \
			if (change_result != -EAGAIN)               \
				break;                              \
			ext2_wait((world)->fs);                     \
		}                                                   \
		change_result;                                      \
	})

/* Paths, for tests that do not want inode numbers: walks from the root, not following links at the end. */
int64_t path_find(struct world *world, const char *path, struct attributes *attributes);
int64_t path_parent(struct world *world, const char *path, struct name *name);
int64_t path_create(struct world *world, const char *path, uint32_t mode);
int64_t path_write(struct world *world, const char *path, uint64_t offset, const void *bytes, size_t size);
int64_t path_unlink(struct world *world, const char *path);
int64_t path_rename(struct world *world, const char *from, const char *to, uint32_t flags);

int64_t path_get_xattr(struct world *world, const char *path, const char *name, void *value, size_t size);
int64_t path_set_xattr(struct world *world, const char *path, const char *name, const void *value, size_t size, uint32_t flags);
int64_t path_remove_xattr(struct world *world, const char *path, const char *name);

/* Calls back for everything in the tree, sorted by name in each directory. */
typedef void tree_visit(void *context, const char *path, const struct attributes *attributes, const unsigned char *content, size_t bytes);
void tree_walk(struct world *world, tree_visit *visit, void *context);

/* A number that tells two trees apart: names, attributes but access times, extended attributes, contents. 0 when the walk failed. */
uint64_t tree_hash(struct world *world);
