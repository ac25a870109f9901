/* SPDX-License-Identifier: MIT */
/* vfs over a ramfs on the host, both in state regions that can be reopened, and a client's requests to vfs: what the tests of vfs share. */
#pragma once

#include "servers/vfs/vfs.h"
#include "tests/host/ramfs/world.h"

#define VFS_REGION_BYTES (1024 * 1024)

/* Where in the client's buffer things lie. */
#define PATH_AT SESSION_DATA
#define NEW_PATH_AT (SESSION_DATA + 4096)
#define RESULT_AT (SESSION_DATA + 8192)

struct system {
	struct world world; /* tree 0 */
	struct tsm tsm;
	unsigned char *region, *buffer; /* of vfs, of its client */
	struct vfs vfs;
	uint64_t sequence;
	unsigned calls, until_death; /* of trees; vfs "dies" (by longjmp) when the second reaches 1, before the call, or after it if dies_after */
	bool dies_after, answers_lost;
	void (*between)(struct system *system, bool after); /* called before and after each call of the tree, as if other fibers of vfs ran then; may be null */
	const char *right; /* of its client; a null pointer: everything. Taken by system_restart() */
	void *death;
};

/* Who asks. */
struct user {
	uint32_t user, group, capabilities;
	uint32_t groups[4], group_count;
};

void system_make(struct system *system);
void system_free(struct system *system);

/* Opens vfs's state as a new instance does. False: it was damaged, and nobody can be served. */
bool system_restart(struct system *system);

/* A request with the path and up to two words of its own; `text` goes where word 6 wants a span. Returns the answer's first word; the whole of it is in *exchange. */
struct path_request {
	uint64_t label;
	const char *path;
	uint32_t start;
	uint32_t flags, mode;
	uint64_t word6, word7;
	const char *text; /* a second path or the target of a link: word 6 becomes its span */
	const struct user *user;
};

void request_make(struct system *system, const struct path_request *request, struct file_exchange *exchange);
int64_t request_send(struct system *system, const struct path_request *request, struct file_exchange *exchange);

extern const struct user root_user;
