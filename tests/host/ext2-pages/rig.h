/* SPDX-License-Identifier: MIT */
/* An ext2 behind its server, with a client that has windows on its pages: what servers/ext2/main.c does, on a disk in memory (tests/host/ext2/world.h). */
#pragma once

#include "tests/host/ext2/world.h"
#include "tests/host/harness/sharing.h"

struct rig {
	struct world world; /* first: the disk's context is also the rig */
	struct windows windows;
	struct filesystem_server server;
	struct filesystem_watch watch;
	uint64_t sequence[3], instance;
	void (*submit)(void *context, struct disk_request *request); /* the disk's */
	void (*hold)(void *context, uint64_t inode), (*release)(void *context, uint64_t inode); /* of the server; null: nothing waits */
	unsigned shown_to_disk; /* reads into pages that a client saw: must be none */
};

/* A filesystem of 16 MiB that mke2fs makes, mounted. */
void rig_make(struct rig *rig, const char *format, size_t memory, unsigned seed);

/* The next instance, after one that is thrown away. */
void rig_open(void *rig);

/* Unmounts; e2fsck must find nothing. */
void rig_free(struct rig *rig);
