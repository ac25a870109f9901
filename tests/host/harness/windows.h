/* SPDX-License-Identifier: MIT */
/*
 * What a client of a filesystem's server shares with it, on the host: the buffers of two sessions, vfs's and the client's, and the client's windows on the filesystem's memory and on a pool of shared pages. The windows are tables of what is
 * shown where; showing a page in a slot that is not empty is refused, as the kernel would.
 */
#pragma once

#include <stdbool.h>

#include "lib/leases.h"
#include "lib/shares.h"

#define VFS_BADGE 1
#define CLIENT_BADGE 2
#define SESSION_BUFFER_BYTES (160 * 1024)
#define POOL_PAGES 12
#define WINDOW_PAGE 4096

struct windows {
	unsigned char *buffers[3]; /* by badge */
	unsigned char *memory;     /* the filesystem's */
	unsigned char *pool;       /* for shared pages; null: there are none */
	struct leases leases;
	struct shares shares;
	const unsigned char *shown[LEASE_SLOTS]; /* the client's window: null where nothing is */
	unsigned char *shared[LEASE_SLOTS];      /* the same for shared pages */
	bool writable[LEASE_SLOTS];
};

/* Zero, but for the filesystem's memory; `forked`: processes that are forked share the buffers. */
void windows_make(struct windows *windows, unsigned char *memory, bool forked);
void windows_pool_make(struct windows *windows);
void windows_free(struct windows *windows);

/* As an instance does: first of all, and before it settles what an earlier one has left in shared pages. */
void windows_leases_open(struct windows *windows, uint64_t instance);
void windows_shares_open(struct windows *windows, uint64_t instance);

/* The buffer of a session; a null pointer when there is none. */
unsigned char *windows_buffer(struct windows *windows, uint64_t badge, size_t *bytes);

/* The client's word for a slot. */
uint32_t windows_word(const struct windows *windows, uint32_t slot);
