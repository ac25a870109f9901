/* SPDX-License-Identifier: MIT */
/*
 * The event loop of a service that speaks one of the file protocols: requests in, answers out, at once or through the completion ring.
 *
 * With workers, each request is carried out in a fiber. One that has not ended when no fiber can go on is answered ANSWER_PENDING with an id, and its result goes into the ring in the client's
 * session page, with a signal. Without workers, requests are carried out one after the other and none may wait. When there is no worker for it, a request is answered -EAGAIN with word 1 = 0: the
 * client is signalled when a worker is free, and tries again. Who has a worker gets a further one only while there is one left for each client that has none: nobody can take them all.
 *
 * At its start the service adds one to the generation in each client's session page and signals the client, which then repeats what is outstanding.
 */
#pragma once

#include "lib/filesystem_server.h"

#define FILE_WORKERS_MAX SEQUENCE_LANES

struct file_service {
	void (*handle)(void *context, uint32_t worker, struct file_exchange *exchange);
	void (*signalled)(void *context, uint64_t bits); /* signals of peers and interrupts; may be null */
	void *context;
	uint32_t workers;
	uint64_t begins; /* label of the request with which an instance of a client begins: it is carried out when all that an earlier one has under way has ended, so that this cannot come later */
	uint64_t fence; /* label of a request that waits in the same way and does nothing else; 0: there is none */
	unsigned char *stacks; /* workers * stack_bytes, 16-byte aligned */
	size_t stack_bytes;
	/* What the instance before has left to this worker: false, or badge and sequence (word 0) of the request. `resume` then carries it out in the worker's fiber and leaves the answer. Both may be null. */
	bool (*left)(void *context, uint32_t worker, struct file_exchange *exchange);
	void (*resume)(void *context, uint32_t worker, struct file_exchange *exchange);
	void (*tick)(void *context); /* called about every tick_ns nanoseconds, or when the time *due has come (ns; while it is 0 there is none); may start and wake fibers; may be null */
	uint64_t tick_ns;
	const uint64_t *due; /* null with tick_ns */
};

/* Serves for ever. Returns only when the service cannot receive. */
void file_service_run(const struct file_service *service);

/* The buffer of a session by its badge, as struct filesystem_options wants it. */
unsigned char *file_service_buffer(void *context, uint64_t badge, size_t *bytes);

/* Pages in the clients' windows, as struct lease_options wants it: the Mapping that init gave for each client with a lease. */
bool file_service_show(void *context, uint64_t badge, uint32_t slot, uint64_t page);
bool file_service_hide(void *context, uint64_t badge, uint32_t slot);

/* The same for shared pages, as struct share_options wants it. */
bool file_service_share(void *context, uint64_t badge, uint32_t slot, uint64_t page, bool writable);
void file_service_protect(void *context, uint64_t badge, uint32_t slot);
void file_service_unshare(void *context, uint64_t badge, uint32_t slot);

/* For a server that cannot serve: answers every request with -EIO for as long as this instance lives, and reports why (lib/health.h). Better than to end: clients would wait for an instance that can never begin. */
_Noreturn void file_service_refuse(const char *why);

/* The time of day (lib/wall.h) as a time of files. */
void file_service_now(void *context, struct timestamp *now);
