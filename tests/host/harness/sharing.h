/* SPDX-License-Identifier: MIT */
/* Random requests about pages of a few files, for the server of any filesystem (sharing.c). */
#pragma once

#include "lib/filesystem_server.h"
#include "windows.h"

#define SHARING_FILES 3
#define SHARING_PAGES 6 /* the most that a file has */
#define SHARING_SLOTS 10

struct sharing {
	struct filesystem_server *server;
	struct windows *windows; /* with a pool */
	uint64_t *sequence;      /* by badge: the last number used */
	uint64_t root;           /* inode of an empty directory */
	/* The instance is thrown away, and the next one opened. */
	void (*restart)(void *context);
	/* After some steps: the core's own check; a null pointer or what is wrong. May be null. */
	const char *(*check)(void *context);
	void *context;
	struct {
		uint64_t inode, size;
		unsigned char bytes[SHARING_PAGES * WINDOW_PAGE];
	} files[SHARING_FILES]; /* as they must be */
	struct {
		unsigned file;
		uint64_t index;
	} slots[SHARING_SLOTS], leased[SHARING_SLOTS]; /* what was asked for last */
	unsigned leases, stores; /* that were had, how often it was stored */
};

/* Makes the files, then does so many steps; cmocka's assertions tell what is wrong. */
void sharing_begin(struct sharing *sharing);
void sharing_run(struct sharing *sharing, unsigned seed, int steps);

/* Opens a file again under its number; reads all files and looks at all windows. */
void sharing_open(struct sharing *sharing, unsigned file);
void sharing_compare(struct sharing *sharing, int step);

unsigned random_next(unsigned *seed); /* of the test */
