/* SPDX-License-Identifier: MIT */
/*
 * The guest's end of the link to tools/kozo-run (abi/protocols/run.h): frames over a byte device that may lose and repeat bytes. Pure: the device, what arrives, and the time are the caller's. One thread owns a link.
 *
 * The caller gives what the device received to run_link_take(), which reports each event in its order, once; hands over what is to be sent by run_link_write(), run_link_end() and run_link_put(); and calls run_link_work() after either, when
 * the device has room again, and when the time that it returned has come. What is handed over is kept here until the host has acknowledged it.
 */
#pragma once

#include <stdbool.h>

#include "abi/protocols/run.h"

struct run_link_operations {
	/* Bytes for the device; returns how many it took now. */
	size_t (*send)(void *context, const void *bytes, size_t count);
	/* A frame of the host: DATA, END, SIGNAL or WINDOW. DATA comes only within the credit that was given, and must be taken. */
	void (*event)(void *context, enum run_kind kind, enum run_stream stream, const void *bytes, size_t count);
};

struct run_link {
	const struct run_link_operations *operations;
	void *context;

	/* Sending. Positions count bytes from the beginning; `pending` is a ring of the frames from `acknowledged` to `end`, those from `sent` on have not been sent, or must be again. */
	unsigned char pending[RUN_WINDOW_TO_HOST];
	uint64_t acknowledged, sent, end;
	uint32_t first, next;                /* numbers of the frame at `acknowledged`, and of that at `end` */
	unsigned char line[RUN_FRAME_MOST];  /* the frame that is just on its way, whatever becomes of it in `pending` */
	size_t line_bytes, line_sent;
	uint64_t resend_time, patience;      /* ns */
	uint64_t allowed[RUN_STREAMS], written[RUN_STREAMS];

	/* Receiving. */
	unsigned char received[RUN_FRAME_MOST];
	size_t received_bytes;
	uint32_t expected;
	bool acknowledge; /* the host has to be told what came */
};

/* Begins with a HELLO. `instance` differs from one start of this program to the next. `now` in ns, of a clock that never goes back. */
void run_link_open(struct run_link *link, const struct run_link_operations *operations, void *context, uint64_t instance, uint64_t now);

/* Bytes that the device has received. */
void run_link_take(struct run_link *link, const void *bytes, size_t count, uint64_t now);

/* Bytes of a stream. Returns how many were taken: fewer when the host lags behind, to be given again after an event. */
size_t run_link_write(struct run_link *link, enum run_stream stream, const void *bytes, size_t count);

/* Bytes of a stream that run_link_write() would take now, 0 or more. */
size_t run_link_room(const struct run_link *link, enum run_stream stream);

/* The end of a stream to the host. False: not now. */
bool run_link_end(struct run_link *link, enum run_stream stream);

/* Lets the host send so many bytes of a stream in all, since the beginning. False: not now. */
bool run_link_credit(struct run_link *link, enum run_stream stream, uint64_t bytes);

/* EXIT (u32 status) or FAILED (text). False: not now. */
bool run_link_put(struct run_link *link, enum run_kind kind, const void *bytes, size_t count);

/* Sends what can be sent. Returns when to call again if nothing happens before; UINT64_MAX: not needed. */
uint64_t run_link_work(struct run_link *link, uint64_t now);

/* Whether all that was handed over has arrived. */
static inline bool run_link_idle(const struct run_link *link)
{
	return link->acknowledged == link->end;
}
