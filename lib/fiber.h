/* SPDX-License-Identifier: MIT */
/*
 * Fibers: straight-line code that may wait without its server waiting. One thread runs them all; a fiber runs until it yields, so what it does between two yields is atomic to the others.
 *
 * States: idle (made, or its function has returned), ready (in the queue), running, waiting (until fiber_wake), locked (until it gets a lock). The server's loop is no fiber: it starts fibers, wakes those whose answers have come, and calls
 * fibers_run, which returns when no fiber is ready. A wake-up of a fiber that is not waiting yet is remembered, so none is lost. Pure but for the switch of stacks (fiber_switch.asm).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fiber_state { FIBER_IDLE = 0, FIBER_READY, FIBER_RUNNING, FIBER_WAITING, FIBER_LOCKED };

struct fiber {
	uint64_t *stack_pointer; /* while it does not run */
	struct fiber *next;      /* in the queue that it is in */
	void (*function)(void *argument);
	void *argument;
	enum fiber_state state;
	bool woken; /* a wake-up came before the wait */
	unsigned char *stack;
	size_t stack_bytes;
};

/* Gives a fiber its stack, 16-byte aligned, at least 4 KiB. Below the stack the caller should leave a page unmapped. Idle afterwards. */
void fiber_create(struct fiber *fiber, void *stack, size_t bytes);

/* Makes an idle fiber ready to run function(argument). */
void fiber_start(struct fiber *fiber, void (*function)(void *argument), void *argument);

/* Runs ready fibers until there is none. Not from a fiber. */
void fibers_run(void);

/* What lib/fiber.c keeps: who runs, and the queue of those who could. */
struct fibers {
	struct fiber *running, *ready_first, *ready_last;
	uint64_t switches; /* how often a fiber has begun to run or gone on */
};
extern struct fibers fibers_now;

/* Whether there is a fiber that could run now, besides the running one. */
static inline bool fibers_ready(void)
{
	return fibers_now.ready_first != NULL;
}

/* The running fiber; a null pointer in the server's loop. */
static inline struct fiber *fiber_self(void)
{
	return fibers_now.running;
}

/* Lets the other ready fibers run first. */
void fiber_yield(void);

/* Waits for fiber_wake; returns at once if one came since the last wait. */
void fiber_wait(void);

/* Ends the wait of a fiber, or the next one that it begins. */
void fiber_wake(struct fiber *fiber);

/* At most one fiber holds a lock; those that wait get it in the order in which they came. Zero is unlocked. */
struct fiber_lock {
	struct fiber *holder, *first, *last;
};

void fiber_lock(struct fiber_lock *lock);
void fiber_unlock(struct fiber_lock *lock);
