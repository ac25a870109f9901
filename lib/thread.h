/* SPDX-License-Identifier: MIT */
/*
 * What a native thread knows about itself, and how threads are made.
 *
 * The GS base of every native thread points to its thread block, which is the only thread-local storage of the runtime: one instruction finds it.
 * init's block lies at INIT_THREAD_ADDRESS; that of a thread made by thread_spawn lies above its stack. A struct thread belongs to the
 * thread that spawned it.
 */
#pragma once

#include "lib/call.h"

struct space;

/* Filled before the thread runs, then only read by the thread itself. */
struct thread_block {
	struct thread_block *self;
	struct message_page *page; /* the thread's message page, where it sees it */
	handle_t thread;           /* its own Thread, as a handle of its own; 0 if it was given none */
	void (*entry)(uint64_t);
	uint64_t argument;
};

/* Returns the block of the running thread. */
static inline struct thread_block *thread_self(void)
{
	struct thread_block *block;

	__asm__("mov %%gs:0, %0" : "=r"(block));
	return block;
}

/* A thread that this program made, and where the parts of it are. */
struct thread {
	handle_t thread;           /* the Thread */
	handle_t memory;           /* Region: message page, then the stack with the thread block in its last page */
	handle_t window_mapping;   /* Mapping of that Region here */
	handle_t mapping;          /* Mapping of it in the thread's space; the same as window_mapping when that is this one */
	struct message_page *page; /* its message page, as seen from here */
	struct thread_block *block; /* its block, as seen from here */
	vaddr_t page_address;      /* both, as the thread sees them */
	vaddr_t block_address;
};

/*
 * Makes a native thread in `space` and leaves it suspended with `entry(argument)` as what it will run; priority and maximum are set, its
 * CNode, VSpace and message page bound. Memory and slots are the program's own (lib/memory.h, lib/slots.h). When entry returns, the thread
 * suspends itself. On an error nothing runs, but what was already made stays until its memory is reclaimed.
 */
MUST_USE enum error thread_create(struct thread *thread, struct space *space, void (*entry)(uint64_t), uint64_t argument, uint64_t priority);

/* thread_create, and lets it run. */
MUST_USE enum error thread_spawn(struct thread *thread, struct space *space, void (*entry)(uint64_t), uint64_t argument, uint64_t priority);

/* Suspends the running thread for good. */
_Noreturn void thread_exit(void);

#define THREAD_STACK_PAGES 4
