/* SPDX-License-Identifier: MIT */
/*
 * What goes out of the port, byte by byte: the terminal session's output, and between its lines what services have written to their text rings, each line behind the service's name.
 *
 * A byte counts as consumed in its ring when it was handed out here, that is, when it is in the port's FIFO: a new instance of the driver goes on behind it. Rings are memory that others write: an index is believed only within the ring's bounds, a byte is
 * read once. Pure.
 */
#pragma once

#include "abi/start.h"
#include "lib/ring.h"

#define LINES_SERVICES 48
#define LINES_PREFIX 24

struct lines_service {
	const char *name;
	struct start_text *text;
	bool foul; /* its indexes make no sense: not read any more */
};

struct lines {
	struct lines_service service[LINES_SERVICES];
	unsigned count;
	unsigned current;       /* service whose line is under way; `count`: none */
	char prefix[LINES_PREFIX]; /* what goes before its next byte */
	unsigned prefix_at, prefix_length;
	bool column;            /* the terminal's line is not at its beginning */
	struct ring *terminal;  /* output of the session; a null pointer: none */
};

/* Begins without services. */
void lines_open(struct lines *lines);

/* Adds a service; false when there are too many. */
__attribute__((warn_unused_result)) bool lines_add(struct lines *lines, const char *name, struct start_text *text);

/* The next byte to send; false when there is none now. */
bool lines_take(struct lines *lines, uint8_t *byte);
