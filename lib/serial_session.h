/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of the serial protocol (abi/protocols/serial.h): which session has the port, and its two rings. For drivers of byte devices.
 *
 * Which session it is, is one word in the driver's state Region: a new instance goes on with it, at the indexes that lie in the shared buffer.
 */
#pragma once

#include "lib/ring.h"
#include "lib/service.h"

struct serial_session {
	uint64_t *owner; /* badge of the session that has the port; 0: none */
	struct ring output, input;
	uint64_t signalled; /* output.own when the client was last signalled */
	bool received;      /* something is new in its input */
};

/* Takes up the session of the instance before, if its client still has a buffer. `owner` is the word in the state Region. */
void serial_session_open(struct serial_session *session, uint64_t *owner);

/* Serves ATTACH and DETACH; anything else is ERR_METHOD. */
void serial_session_serve(struct serial_session *session, struct request *request);

/* The next byte that the session sends; false when there is none, or no session. */
bool serial_session_take(struct serial_session *session, uint8_t *byte);

/* A byte for the session: dropped when nobody has the port, or its ring is full. */
void serial_session_give(struct serial_session *session, uint8_t byte);

/* Signals the client when there is something new for it: input, or room in its output. */
void serial_session_signal(struct serial_session *session);
