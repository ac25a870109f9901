/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the server of a filesystem share (lib/filesystem_server.h): a request while it is carried out, its words and buffers, open files. filesystem_server.c carries requests out and keeps their results;
 * filesystem_files.c and filesystem_xattr.c have the file protocol, filesystem_tree.c the tree protocol, filesystem_shares.c the pages that clients store into.
 */
#pragma once

#include "lib/filesystem_server.h"
#include "lib/permission.h"
#include "lib/string.h"

/* A request while it is carried out. */
struct call {
	struct filesystem_server *server;
	const struct filesystem_operations *operations;
	void *core;
	uint64_t badge;
	const uint64_t *word; /* of the request */
	unsigned char *buffer;
	size_t buffer_bytes;
	uint64_t answer[3]; /* words 1.. of the answer */
	uint32_t answer_words;
	int assertion;      /* of a request that ASSERTS: 0, or why its credentials cannot be used */
	struct credentials credentials;
	uint64_t label;
	uint64_t held; /* inode that is held for it; 0: none */
};

enum handler_flags {
	CHANGES = 1,     /* in a transaction, with a sequence */
	TREE = 2,        /* for vfs alone */
	UNSEQUENCED = 4, /* in a transaction; repeating it is harmless by itself */
	ASSERTS = 16,    /* with credentials: copied when it arrives, before it waits, as the groups in the session page are the client's next request's then */
	HOT = 8,         /* so frequent and so simple that it is not watched: if it kills the server, it does so again */
};

struct handler {
	int64_t (*handle)(struct call *call);
	uint32_t words, flags;
};

/* By label. */
#define FILE_HANDLERS (FILE_REMOVEXATTR - FILE_READ + 1)
#define TREE_HANDLERS (TREE_OPENED - TREE_ROOT + 1)
extern const struct handler file_handlers[FILE_HANDLERS], tree_handlers[TREE_HANDLERS];

/*
 * Tells vfs that what it has cached of modes and owners is stale: by way of an open file they are being changed. Before the core changes them, and so before their generation advances: who sees that, and asks vfs, is told what is then.
 */
void modes_announce(const struct call *call);

/* Words and buffers. */

static inline int span_check(const struct call *call, uint64_t offset, uint64_t bytes)
{
	return offset >= SESSION_DATA && offset <= call->buffer_bytes && bytes <= call->buffer_bytes - offset ? 0 : -EFAULT;
}

/* A span of the buffer; a null pointer when it does not lie in it. */
static inline unsigned char *span_at(const struct call *call, uint64_t span)
{
	return span_check(call, span_offset(span), span_bytes(span)) == 0 ? call->buffer + span_offset(span) : NULL;
}

static inline int out_put(const struct call *call, uint64_t offset, const void *from, size_t bytes)
{
	if (span_check(call, offset, bytes) != 0)
		return -EFAULT;
	memcpy(call->buffer + offset, from, bytes);
	return 0;
}

static inline uint32_t low(uint64_t pair)
{
	return (uint32_t)pair;
}

static inline uint32_t high(uint64_t pair)
{
	return (uint32_t)(pair >> 32);
}

/* Open files. */

#define KEY_LOST UINT32_MAX /* of a slot whose cell was damaged: nobody has this badge */

static inline uint32_t file_key(uint64_t badge, uint64_t id)
{
	return (uint32_t)(badge << 16 | id);
}

/* The slot of that key; if there is none, the one to use for it: never used, else closed. A null pointer when all are open. */
static inline struct open_file *file_slot(const struct filesystem_server *server, uint32_t key)
{
	uint32_t mask = server->options.open_files - 1, at = (key >> 16) * FILE_IDS + (key & 0xffff);
	struct open_file *closed = NULL;

	for (uint32_t i = 0; i <= mask; i++) {
		struct open_file *file = &server->files[(at + i) & mask];

		if (file->key == key)
			return file;
		if (!file->key)
			return file;
		if (!file->inode && !closed)
			closed = file;
	}
	return closed;
}

/* The open file of the caller with that id; a null pointer when there is none. */
static inline struct open_file *file_find(const struct call *call, uint64_t id)
{
	struct open_file *file = id < FILE_IDS ? file_slot(call->server, file_key(call->badge, id)) : NULL;

	return file && file->key == file_key(call->badge, id) && file->inode ? file : NULL;
}

static inline bool file_reads(const struct open_file *file)
{
	return !(file->flags & OPEN_PATH) && (file->flags & OPEN_ACCESS) != OPEN_WRITE;
}

static inline bool file_writes(const struct open_file *file)
{
	return !(file->flags & OPEN_PATH) && (file->flags & OPEN_ACCESS) != OPEN_READ;
}

/* filesystem_files.c */

/* Closes an open file. */
int file_release(struct filesystem_server *server, struct open_file *file);

/* Closes files of that inode, of any for 0, that clients have parked (struct session_page): in the transaction that has taken its last name, after that was published. True when there may be more, for further transactions. */
bool files_unpark(struct filesystem_server *server, uint64_t inode);

/* Copies the credentials of a request: two of its words, and the groups in the session page. */
int credentials_take(const struct call *call, uint64_t ids, uint64_t capabilities, struct credentials *credentials);

/* Reads what SETATTR of either protocol says about times; seconds and nanoseconds must make a time. */
int times_take(const struct call *call, uint64_t offset, struct attribute_change *change);

/* Answers STATFS of either protocol, into the buffer at that offset. */
int64_t statistics_put(struct call *call, uint64_t offset);

/* filesystem_shares.c: what is done before the transaction of the request on whose behalf it is done, in transactions of its own. */

static inline bool shares_used(const struct call *call)
{
	return call->server->options.shares && call->server->options.shares->count;
}

/* The file that a request changes, if it must be held for that: its inode, else 0. */
uint64_t call_changes(const struct call *call);

/* Holds it, for as long as the request is carried out. */
void call_hold(struct call *call);
void call_release(struct call *call);

/* What must be done about shared pages before a request is carried out: of a file whose size changes none stays, what is to be stable is written back, what is closed is given up. */
int shares_prepare(const struct call *call);

/* Copies between a buffer of [offset, offset + bytes) of a file and the shared pages that lie there: out of them for a read, into them for a write. */
void shares_exchange(const struct call *call, uint64_t inode, uint64_t offset, unsigned char *buffer, uint64_t bytes, bool into);

/* The first store: the core must have room for the page now, not when it is written back; who reads it by a lease sees the shared page from now on. */
int64_t handle_share(struct call *call);

int64_t handle_unshare(struct call *call);

/* filesystem_xattr.c */
int64_t handle_getxattr(struct call *call);
int64_t handle_listxattr(struct call *call);
int64_t handle_setxattr(struct call *call);
int64_t handle_removexattr(struct call *call);
