/* SPDX-License-Identifier: MIT */
/*
 * A worker: a thread that calls whatever changes authority, at random, with whatever capabilities it has at the moment.
 *
 * Its root CNode is its own; slots below WORKER_RANDOM are set up by the director (main.c) and then as mortal as all others. Most calls are refused; those that are not make,
 * copy, move, bind, send and delete, alone and across workers, in shapes that nobody thought of. A worker that ends itself or loses its CNode is made anew by
 * the director.
 */
#pragma once

#include "abi/types.h"

enum worker_slot {
	WORKER_CNODE = 1,    /* its root CNode */
	WORKER_THREAD = 2,   /* itself, the original */
	WORKER_UNTYPED = 3,  /* what it makes objects from */
	WORKER_SHARED = 4,   /* a CNode that all workers write */
	WORKER_ENDPOINT = 5, /* where they meet */
	WORKER_REPLY = 6,
	WORKER_SIGNAL = 7, /* a Notification of all */
	WORKER_PORTS = 8,
	WORKER_REGION = 9,
	WORKER_SPACE = 10,  /* a VSpace with some table memory, in the slot after it */
	WORKER_TABLES = 11,
	WORKER_RANDOM = 12,
	WORKER_SLOTS = 64,
};
#define WORKER_PATIENCE 100 /* refusals in a row after which it has nothing left to work with */
#define WORKER_CNODE_BITS 6
#define SHARED_CNODE_BITS 5

struct worker_counts {
	uint64_t calls, done;
	volatile uint64_t refused; /* since the last one that was done */
};

/* Thread entry: `argument` is the address of a struct worker_counts, whose address also seeds the choice of operations, together with `calls`. */
void worker_main(uint64_t argument);
