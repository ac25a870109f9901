/* SPDX-License-Identifier: MIT */
/*
 * The disk as the filesystem sees it: requests that are submitted, and a wait for any of them. In the server a wait lets other fibers run; a host test completes requests in whatever order it
 * likes. A write that is done may still be lost by a power cut until a flush that was submitted after it is done.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DISK_SECTOR 512

enum disk_operation { DISK_READ = 1, DISK_WRITE = 2, DISK_FLUSH = 3 };

/* Owned by the filesystem; the disk sets result and done. The memory stays as it is until then. */
struct disk_request {
	enum disk_operation operation;
	uint64_t sector;
	uint32_t sectors;
	void *memory; /* in the memory that the filesystem was given */
	int result;   /* 0 or a negative errno */
	bool done;
};

#define DISK_REQUESTS_MAX 48 /* outstanding at a time */

struct disk {
	void (*submit)(void *context, struct disk_request *request);
	/* Returns after a request has been done since the last call, or for no reason at all; when nothing is outstanding it only lets others run. */
	void (*wait)(void *context);
	void *context;
	uint64_t sectors; /* of the whole disk */
	uint32_t sectors_most; /* of one request, at least those of a block */
	bool read_only;
};
