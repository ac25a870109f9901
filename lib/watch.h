/* SPDX-License-Identifier: MIT */
/*
 * Whether a service hangs, judged so that nothing outside of it can make it look so. Pure.
 *
 * The watcher asks for a sign of life now and then. A service that has not answered hangs when it has *used* more processor time since than it was allowed: one that gets no time, because the whole
 * machine was stopped or others compute, uses none. Between two looks at most half of that counts, however much it was: who was running while the host stood still for a minute has used a minute by the processor's counter, and nobody
 * can tell. Waiting for nothing that the question would end (a receive elsewhere than at its Endpoint) is a hang too, after a number of looks: the machine may have been stopped between two looks, never during all of them. One that waits for
 * another server's answer is not judged: the other is.
 *
 * An answer is one sign for one question. More signs than were asked for are false ones: whoever gives them does not do what its event loop does, and hangs as well. One that says by itself that it computes (service_alive) begins anew
 * with its processor time, and has answered nothing.
 */
#pragma once

#include "abi/call.h"

#define WATCH_LOOKS 20 /* looks in a row at a service that waits elsewhere */

struct watch {
	uint64_t limit; /* ns of CPU time; 0: never judged */
	uint64_t beats, computing; /* at the last look that saw a change */
	uint64_t cpu_time; /* at the last look */
	uint64_t used;     /* ns since the last sign, as far as they count */
	uint64_t questions; /* since the last answer */
	unsigned looks;
	bool asked;
};

/* What one look sees. */
struct watch_sight {
	uint64_t beats, computing; /* from its page (abi/start.h): signs of life so far, of both kinds */
	uint64_t cpu_time;         /* ns so far */
	enum thread_state state;
};

enum watch_verdict {
	WATCH_ASK = 0,  /* it lives; ask for the next sign of life now */
	WATCH_WAIT = 1, /* the question is open */
	WATCH_HUNG = 2,
};

/* Begins anew, for a new instance. */
void watch_start(struct watch *watch, uint64_t limit);

/* One look. */
enum watch_verdict watch_look(struct watch *watch, const struct watch_sight *sight);
