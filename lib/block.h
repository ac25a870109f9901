/* SPDX-License-Identifier: MIT */
/*
 * The client's side of the block protocol (abi/protocols/block.h): requests go in, completions come out, and a driver that is restarted in between is only a delay. Pure: the two things that need the kernel are
 * operations, so that host tests can stand in for the driver.
 *
 * A request is outstanding from block_submit until block_poll returns it. It is kept here meanwhile; when the driver's generation changes, block_poll attaches anew and pushes all outstanding requests again, in the
 * order of their first submission. A driver that does not answer ATTACH now (-EAGAIN) is asked again by the next block_poll; what is submitted meanwhile waits. A write may therefore be done twice, with the same content: until a write has completed, the caller leaves its data as it is. Whatever the driver says is checked: a completion
 * for nothing outstanding, or a ring that makes no sense, fails the client: every request ends with -EIO until the driver begins anew.
 *
 * One thread owns a client. Filesystems wait by going back to their event loop: the driver signals when there is something to poll.
 */
#pragma once

#include "abi/protocols/block.h"
#include "lib/ring.h"

struct block_client_operations {
	/* Calls ATTACH and returns its result (0 or a negative errno) and the generation that it tells. While the driver restarts it waits, or returns -EAGAIN: not now. */
	int (*attach)(void *context, uint64_t *generation);
	/* Signals the driver. */
	void (*signal)(void *context);
};

struct block_outstanding {
	struct block_request request;
	uint64_t token;
	uint64_t order; /* of submission; 0: this place is free */
};

struct block_client {
	const struct block_client_operations *operations; /* [I] */
	void *context;                                    /* [I] for the operations */
	struct block_channel *channel;                    /* [I] shared with the driver */
	struct ring requests, completions;
	uint64_t generation; /* of the last ATTACH */
	uint64_t submitted;  /* in all */
	uint32_t outstanding_count;
	bool pushed; /* since the last signal */
	bool waits;  /* for an ATTACH that is answered: nothing is pushed */
	bool failed;
	struct block_outstanding outstanding[BLOCK_REQUESTS_MAX];
};

/* Attaches to the driver over a BUFFER of BLOCK_BUFFER_BYTES. Returns 0 or a negative errno; -EAGAIN: block_poll attaches. */
__attribute__((warn_unused_result)) int block_open(struct block_client *client, void *buffer, const struct block_client_operations *operations,
						   void *context);

/* Pushes a request (its id is chosen here); `token` comes back from block_poll. -EAGAIN: BLOCK_REQUESTS_MAX are outstanding; -EIO: the client has failed. */
__attribute__((warn_unused_result)) int block_submit(struct block_client *client, const struct block_request *request, uint64_t token);

/* Tells the driver about what was pushed since the last time; nothing when there is nothing. */
void block_kick(struct block_client *client);

/* Takes one completion: true with token and result (0 or a negative errno), false when there is none now. Notices a restarted driver and repeats what is outstanding. */
bool block_poll(struct block_client *client, uint64_t *token, int *result);
