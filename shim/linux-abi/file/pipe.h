/* SPDX-License-Identifier: MIT */
/*
 * Pipes, with and without a name (pipe(7), fifo(7)).
 *
 * A pipe has ends: open files that read, write or (of a named pipe) do both. It lives as long as it has one. Its queue is woken with LINUX_POLL* events when bytes come or go, and with all when an end comes or goes.
 */
#pragma once

#include "file/description.h"
#include "file/packets.h"
#include "file/ring.h"

#define PIPE_BUF 4096 /* so many bytes are written in one piece or not at all */

struct pipe {
	struct byte_ring ring; /* filled and emptied by pipe_put() and pipe_drop() */
	struct packets packets;
	struct wait_queue queue;
	bool held;                                 /* what is in it is on its way elsewhere (splice): nobody takes it */
	uint32_t ends;                             /* open files of it */
	uint32_t readers, writers;                 /* of these */
	uint64_t reader_openings, writer_openings; /* ever */
	struct node *node;                         /* of a named pipe: not a user of it, the descriptions are */
	uint32_t user;                             /* who has made it, on whose account its pages are */
	struct pipe *next, **at;                   /* of all pipes */
};

extern int64_t pipe_bytes_most; /* /proc/sys/fs/pipe-max-size: what a pipe may hold that nobody with CAP_SYS_RESOURCE has made so */

/* /proc/sys/fs/pipe-user-pages-soft and -hard: pages of all pipes of a user who has no privilege. Beyond the first a new pipe is as small as can be and none grows, beyond the second there are no new ones. 0: no limit. */
extern int64_t pipe_user_pages_soft, pipe_user_pages_hard;

/* The pages of a pipe that is to hold `bytes` bytes: a power of two, as Linux rounds. */
static inline uint64_t pipe_pages(uint64_t bytes)
{
	uint64_t pages = 1;

	while (pages * PAGE_SIZE < bytes)
		pages *= 2;
	return pages;
}

/* Makes a pipe for a task, with two ends, each with one user; `flags`: O_NONBLOCK, O_DIRECT. 0, -ENOMEM. */
int pipe_make(const struct task *task, uint32_t flags, struct description *ends[2]);

/* The pipe of a description; a null pointer when it is none. */
struct pipe *pipe_of(const struct description *description);

/* Another end of a nameless pipe, for who opens /proc/self/fd. */
int pipe_open_again(struct description *end, uint32_t flags, struct description **opened);

/* Makes of a description of a named pipe an end of that pipe: waits for the other one as fifo(7) tells. 0, -ENXIO, -ERESTARTSYS, -ENOMEM. */
int fifo_open(struct task *task, struct description *description);

/*
 * Waits until there is something in the pipe, or room (at least `room` bytes). 1: there is; 0: never again, since the other side has gone (then a writer has got SIGPIPE, and the result is -EPIPE); -EAGAIN with `nonblocking`; -ERESTARTSYS.
 */
int pipe_wait_bytes(struct task *task, struct pipe *pipe, bool nonblocking);
int pipe_wait_room(struct task *task, struct pipe *pipe, uint64_t room, bool nonblocking);

/* Bytes that there is room for: a packet takes a page of it. */
uint64_t pipe_room(const struct pipe *pipe);

/* Puts as many of `bytes` bytes into it as there is room for; a packet (at most PACKET_BYTES_MAX, for which there is a page of room) whole. How many: fewer, or none, also when there is no memory. */
uint64_t pipe_put(struct pipe *pipe, const void *from, uint64_t bytes, bool packet);

/* Takes `bytes` bytes out of it, which are there. */
void pipe_drop(struct pipe *pipe, uint64_t bytes);

/* Moves what is there to a process: bytes, at least one unless there never will be any (0), up to the end of a packet. Moves all from a process, as plain bytes and in pieces: bytes. Errors as of waiting, -EFAULT, -ENOMEM. */
int64_t pipe_take(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking);
int64_t pipe_fill(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking);

/* The same, but it waits for the first byte's room alone, and moves what fits. */
int64_t pipe_fill_once(struct task *task, struct pipe *pipe, struct transfer *transfer, bool nonblocking);

/* Tells who waits that bytes have come, or have gone. */
void pipe_told_bytes(struct pipe *pipe);
void pipe_told_room(struct pipe *pipe);
