/* SPDX-License-Identifier: MIT */
/*
 * Memory objects: pages by index that several address spaces can have mapped. Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS, System V segments, memfd) and the pages of files are objects; private
 * anonymous memory is not: its pages belong to the address space alone.
 */
#pragma once

#include "mm/frames.h"
#include "mm/radix.h"

struct object;

struct object_operations {
	/* Fills a cleared frame with page `index`. 0, or a negative error number: then the frame is not used. Absent: it stays clear. May wait. */
	int (*fill)(struct object *object, uint64_t index, frame_t frame);
	/* A page is about to be stored into by a shared mapping: 0, or a negative error number. Absent: allowed. May wait. */
	int (*store)(struct object *object, uint64_t index);
	/* MADV_REMOVE: makes a hole of the pages [first, end) of what the object shows. 0, or a negative error number. Absent: of its memory. May wait. */
	int (*hole)(struct object *object, uint64_t first, uint64_t end);
	/* An area that shows it has begun or ended, in the memory of a process: mapping, fork, unmapping, the memory's end. Absent: nothing. Must not wait. */
	void (*area)(struct object *object, int32_t process, bool begins);
	/* One user is left: for who keeps objects that nobody else uses. Must not wait. */
	void (*left)(struct object *object);
	/* The last user is gone: gives the structure back. Its pages are still there. */
	void (*destroy)(struct object *object);
};

struct object {
	const struct object_operations *operations;
	uint64_t users;
	uint64_t pages_limit; /* pages from here on do not exist: a fault there is SIGBUS */
	uint64_t resident;
	char *text;         /* what /proc/PID/maps calls it (file/text.h): a path, which may have moved; null: nothing */
	uint64_t inode;     /* of a file in memory; 0: none */
	uint64_t programs; /* memories of which it is the program: nobody may write to its file meanwhile */
	struct radix pages; /* frame << 12 | OBJECT_* */
};

extern uint64_t objects_shared_pages; /* that are there, of all objects that show no file: shared memory */

#define OBJECT_DIRTY 1 /* stored into through a mapping since it was last written back */

/* A shared anonymous object of `pages` pages, with one user; a null pointer when there is no memory. */
struct object *object_anonymous(uint64_t pages);

void object_hold(struct object *object);

/* Gives it another name. Without memory it keeps the one that it has. */
void object_name(struct object *object, const char *text);
void object_release(struct object *object);

/* A user for whom it is a program that is being executed. */
void object_execute(struct object *object);
void object_execute_end(struct object *object);

/* The frame of a page, not held for the caller; made and filled when it is not there. A negative error number: -EFAULT behind the limit, -ENOMEM, -EIO. May wait. */
int64_t object_page(struct object *object, uint64_t index);

/* Gives the pages from `from` on back, below `to`. Mappings of them must be gone. */
void object_drop(struct object *object, uint64_t from, uint64_t to);
