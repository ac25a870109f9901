/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of the serial protocol (abi/protocols/serial.h): which session has the port, and its two rings. For drivers of byte devices.
 *
 * Which session it is lies in the driver's state Region, three times: a new instance goes on with what two of them say, at the indexes that lie in the shared buffer. A copy that was damaged, or not written yet, makes no difference.
 */
#pragma once

#include "lib/ring.h"
#include "lib/service.h"

#define SERIAL_OWNERS 3

/* In the state Region; zero at first. */
struct serial_memory {
	uint64_t owner[SERIAL_OWNERS]; /* badge of the session that has the port; 0: none */
};

struct serial_session {
	struct serial_memory *memory;
	uint64_t owner; /* badge of the session that has the port; 0: none */
	struct ring output, input;
	uint64_t signalled; /* output.own when the client was last signalled */
	bool received;      /* something is new in its input */
	uint32_t *gone;     /* in its buffer: what it is told of the device; of a session only */
	bool told;          /* what that is */
};

/* Takes up the session of the instance before, if its client still has a buffer. The next serial_session_signal signals it in any case. */
void serial_session_open(struct serial_session *session, struct serial_memory *memory);

/* Serves ATTACH and DETACH; anything else is ERR_METHOD. */
void serial_session_serve(struct serial_session *session, struct request *request);

/* The next byte that the session sends; false when there is none, or no session. */
bool serial_session_take(struct serial_session *session, uint8_t *byte);

/* A byte for the session. False when its ring is full: the driver drops it, or keeps it and gives it again. When nobody has the port it is dropped. */
bool serial_session_give(struct serial_session *session, uint8_t byte);

/* Tells the session whether the device is gone, or given up; the next serial_session_signal signals it when that is new. */
void serial_session_gone(struct serial_session *session, bool gone);

/* Signals the client when there is something new for it: input, room in its output, or that the device is gone. */
void serial_session_signal(struct serial_session *session);
