/* SPDX-License-Identifier: MIT */
/*
 * Whether a service hangs, judged so that nothing outside of it can make it look so. Pure.
 *
 * The watcher asks for a sign of life now and then. A service that has not answered hangs when it has *used* more processor time since than it was allowed: one that gets no time, because the whole
 * machine was stopped or others compute, uses none. Waiting for nothing that the question would end (a receive elsewhere than at its Endpoint) is a hang too, after a number of looks: the machine
 * may have been stopped between two looks, never during all of them. One that waits for another server's answer is not judged: the other is.
 */
#pragma once

#include "abi/call.h"

#define WATCH_LOOKS 20 /* looks in a row at a service that waits elsewhere */

struct watch {
	uint64_t limit; /* ns of CPU time; 0: never judged */
	uint64_t beats; /* when the question was asked */
	uint64_t cpu_time;
	unsigned looks;
	bool asked;
};

enum watch_verdict {
	WATCH_ASK = 0,  /* it lives; ask for the next sign of life now */
	WATCH_WAIT = 1, /* the question is open */
	WATCH_HUNG = 2,
};

/* Begins anew, for a new instance. */
void watch_start(struct watch *watch, uint64_t limit);

/* One look: the signs of life so far, the CPU time used so far, and what the thread does. */
enum watch_verdict watch_look(struct watch *watch, uint64_t beats, uint64_t cpu_time, enum thread_state state);
