/* SPDX-License-Identifier: MIT */
/*
 * The server of a filesystem, but for receiving and sending: decodes the file and the tree protocol (abi/protocols) for any core of lib/filesystem.h, keeps the open files of all sessions, and sees to it that a
 * request which is repeated is not carried out twice.
 *
 * All of it that must survive lies in the server's state (lib/tsm.h): the lanes with their stored results, and the open files. An open file is (badge, file id) -> inode, flags. A slot of
 * the table belongs to its (badge, id) for as long as there are free ones, so opening and closing the same ids over and over changes one cell.
 *
 * Nothing that a client says is believed: spans are checked against its own buffer, ids against its own files; only the session with the badge of vfs can use the tree protocol, and of vfs names are
 * checked too. Pure.
 */
#pragma once

#include "lib/filesystem.h"
#include "lib/leases.h"
#include "lib/session.h"
#include "lib/shares.h"
#include "lib/tsm.h"

#define FILESYSTEM_SESSIONS 64 /* abi/start.h: START_BADGE_MAX */

struct filesystem_options {
	uint32_t open_files;  /* that all sessions together can have; a power of two */
	uint64_t tree_badge;  /* of the session that may use the tree protocol */
	uint32_t first_mark;  /* of FILESYSTEM_MARKS */
	uint64_t instance;    /* as struct session_options */
	bool blame;
	/* The buffer of a session, with its bytes; a null pointer when there is none. */
	unsigned char *(*buffer)(void *context, uint64_t badge, size_t *bytes);
	void (*now)(void *context, struct timestamp *now);
	struct leases *leases; /* opened by their owner; null: none are given */
	struct shares *shares; /* the same */
	/* A fiber holds the file that it changes, so that pages of it are not shared anew between settling them and the change: of two that want the same file the second waits. None holds two. Null: nothing here waits. */
	void (*hold)(void *context, uint64_t inode);
	void (*release)(void *context, uint64_t inode);
	struct generations *generations; /* opened by their owner; null: none are published */
	void *context;
};

#define FILESYSTEM_MARKS SESSION_MARKS(FILESYSTEM_SESSIONS, SEQUENCE_LANES)

/* State that the server takes, a multiple of 4 KiB. */
size_t filesystem_state_bytes(uint32_t open_files);

struct open_file {
	uint32_t key; /* badge << 16 | id; 0: never used */
	uint32_t flags;
	uint64_t inode; /* 0: closed */
};
_Static_assert(sizeof(struct open_file) == 16, "kept in the state");

struct filesystem_server {
	struct filesystem filesystem;
	struct tsm *tsm;
	struct sessions sessions;
	struct open_file *files;
	struct filesystem_options options;
	uint64_t nameless; /* the inode whose last name the request under way has taken; 0: none */
};

/* Writes all shared pages back and gives them up: what the instance before has left, before anybody is served. In a fiber if the core waits. Returns how many could not be written back: what was stored there is lost. */
uint32_t filesystem_settle(struct filesystem_server *server);

/* Closes all that clients had parked (struct session_page) when the instance before ended: none of it can be opened again without a call. Before anybody is served, and after the generations have advanced. */
void filesystem_unpark(struct filesystem_server *server);

/* Gives all shared pages up as they are, instead: they are not of the files that the core has now. Returns how many. */
uint32_t filesystem_abandon(struct filesystem_server *server);

/* Writes back what was stored into shared pages, as before a commit that nobody asked for. `last`: from now on nobody can store into one, until this is called without it. In a fiber if the core waits. 0, or the first error. */
int filesystem_write_back(struct filesystem_server *server, bool last);

/* A request, and afterwards its answer. */
struct file_exchange {
	uint64_t label, badge;
	uint64_t words;
	uint64_t data[8];
};

/* Opens the server's part of the state, zero or as an earlier instance left it. */
void filesystem_open(struct filesystem_server *server, const struct filesystem *filesystem, struct tsm *tsm, void *state, const struct filesystem_options *options);

/*
 * The cells at [offset, offset + bytes) of the server's part of the state were damaged (lib/tsm.h): a lane of a session answers -EIO once, an open file is not open any more. Before anybody is served.
 */
void filesystem_salvage(struct filesystem_server *server, size_t offset, size_t bytes);

/* The state was lost, or its filesystem has gone back to an earlier one: every lane answers -EIO once, and no file is open any more. Before anybody is served. */
void filesystem_forget(struct filesystem_server *server);

/*
 * Carries out one request and leaves its answer in it. Waits only in the core. Of a request that this instance works on already, data[0] becomes ANSWER_PENDING and nothing else
 * happens.
 */
void filesystem_handle(struct filesystem_server *server, struct file_exchange *exchange);
