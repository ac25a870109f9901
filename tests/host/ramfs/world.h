/* SPDX-License-Identifier: MIT */
/*
 * A ramfs behind its server (lib/filesystem_server.h) in a state region that can be reopened as after a death, and a model that shares no code with it: what the tests of ramfs are about.
 *
 * An operation is a request of vfs or of a client. The model says what its answer must be, and afterwards the whole tree must be the model's: names, attributes, contents. Times are a clock that the test sets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/filesystem_server.h"
#include "servers/ramfs/ramfs.h"
#include "tests/host/harness/windows.h"

#define WORLD_BYTES (1024 * 1024)
#define WORLD_OPEN_FILES 64
#define NODES_MAX 200
#define CONTENT_MAX (96 * 1024)
#define IDS 6
#define XATTRS 8 /* names of extended attributes */

struct world {
	unsigned char *region;         /* page-aligned */
	size_t bytes;
	struct windows windows;        /* the client's, and the buffers */
	struct tsm tsm;
	struct ramfs ramfs;
	struct filesystem_server server;
	struct generations generations;
	int64_t now;                   /* seconds */
	uint64_t instance;
	uint64_t sequence[3];          /* of lane 0 of each session: the last number used */
	bool damaged;
	struct {
		int id;
		uint64_t index;
		int64_t count;
	} leased[LEASE_SLOTS]; /* what the client has asked for */
};

/* Sets up an empty region, mostly of WORLD_BYTES; `shared` makes it one that a forked process shares. */
void world_make(struct world *world, size_t bytes, bool shared);

/* Opens the region as a fresh instance of the server does. */
void world_open(struct world *world);
void world_free(struct world *world);

struct model;

/* The client asks for a page of a file of its own, or gives one back. */
void window_step(struct world *world, unsigned *seed);

/* Whether the client's window shows what it must: in each slot that holds, the file as the model knows it; in the others zeros or nothing. A null pointer, or what is wrong. */
const char *window_check(struct world *world, const struct model *model);

/* The check of servers/ramfs/check.c: a null pointer, or what is wrong. */
const char *world_check(struct world *world);

struct node {
	bool used;
	uint64_t inode;
	uint32_t mode, owner, group, links;
	uint64_t device, size;
	int64_t access, modify, change; /* seconds; access only where it can be known */
	unsigned char *content;         /* CONTENT_MAX bytes of a regular file */
	char target[PATH_BYTES_MAX + 1];
	int parent, users;
	struct {
		bool used;
		unsigned seed;
		uint64_t bytes;
	} xattr[XATTRS];
};

/* One name in a directory. */
struct edge {
	bool used;
	int directory, node, name;
};

struct model {
	struct node node[NODES_MAX]; /* 0: the root */
	struct edge edge[NODES_MAX];
	int open[IDS]; /* node, or -1 */
	int64_t now;
};

enum operation_kind { MAKE_FILE, MAKE_DIRECTORY, MAKE_SPECIAL, MAKE_LINK, HARD_LINK, UNLINK, RMDIR, RENAME, OPEN, CLOSE, WRITE, APPEND, TRUNCATE, ATTRIBUTES, PUNCH, FILL, SET_XATTR, REMOVE_XATTR, OPERATION_KINDS };

struct operation {
	enum operation_kind kind;
	int directory, other, name, new_name, node, id;
	uint32_t flags, mode;
	uint64_t offset, bytes;
	unsigned seed; /* of the bytes written */
};

void model_make(struct model *model);
void model_free(struct model *model);

/* Chooses an operation at random, mostly one that can succeed. */
struct operation operation_choose(const struct model *model, unsigned *seed);

/* Puts the request of an operation into the buffers and returns it, with the next sequence number of its session. */
struct file_exchange operation_request(struct world *world, const struct model *model, const struct operation *operation);

/* What the answer must be, and the operation's effect on the model. `got` is the answer's words: only a full disk may make them differ from what they should be, see operation_full. Returns the result that the model expects. */
int64_t model_carry_out(struct model *model, const struct operation *operation, const struct file_exchange *got);

/* True when -ENOSPC, or fewer bytes written, can be true of this operation in the world as it is. */
bool operation_full(struct world *world, const struct operation *operation);

/* Whether the value is the one that an operation has set. */
bool xattr_matches(const unsigned char *value, unsigned seed, uint64_t bytes);

/* Compares all that the core tells with the model: a null pointer, or a sentence with the first difference. */
const char *world_compare(struct world *world, const struct model *model);

const char *operation_text(const struct operation *operation);
unsigned random_next(unsigned *seed);
