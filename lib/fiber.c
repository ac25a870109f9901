/* SPDX-License-Identifier: MIT */
/*
 * Fibers (lib/fiber.h). The queue of ready fibers is first in, first out. A lock is handed over by the one who releases it: nobody can overtake a fiber that waits for it.
 */
#include "lib/fiber.h"

#include "lib/assert.h"

/* Saves the callee-saved registers on this stack, leaves its pointer in *from, and goes on where `to` was saved. */
void fiber_switch(uint64_t **from, uint64_t *to);

/* Where a fiber's first switch leads: calls fiber_body on the new stack. */
void fiber_entry(void);

_Noreturn void fiber_body(void);

#define SAVED_REGISTERS 6 /* rbp rbx r12 r13 r14 r15 */

struct fibers fibers_now;
static uint64_t *loop_stack_pointer;

static void make_ready(struct fiber *fiber)
{
	fiber->state = FIBER_READY;
	fiber->next = NULL;
	if (fibers_now.ready_first)
		fibers_now.ready_last->next = fiber;
	else
		fibers_now.ready_first = fiber;
	fibers_now.ready_last = fiber;
}

/* Back to fibers_run. */
static void leave(enum fiber_state state)
{
	struct fiber *self = fibers_now.running;

	self->state = state;
	fiber_switch(&self->stack_pointer, loop_stack_pointer);
}

/* The loop of a fiber: runs what it was started for, then is idle until it is started again. */
_Noreturn void fiber_body(void)
{
	for (;;) {
		struct fiber *self = fibers_now.running;

		self->function(self->argument);
		leave(FIBER_IDLE);
	}
}

void fiber_create(struct fiber *fiber, void *stack, size_t bytes)
{
	uint64_t *top = (uint64_t *)((unsigned char *)stack + (bytes & ~(size_t)15));

	*fiber = (struct fiber){.stack = stack, .stack_bytes = bytes};
	*--top = 0;
	*--top = 0; /* two words, so that fiber_entry finds the stack aligned */
	*--top = (uint64_t)fiber_entry;
	for (int i = 0; i < SAVED_REGISTERS; i++)
		*--top = 0;
	fiber->stack_pointer = top;
}

void fiber_start(struct fiber *fiber, void (*function)(void *argument), void *argument)
{
	assert(fiber->state == FIBER_IDLE);
	fiber->function = function;
	fiber->argument = argument;
	fiber->woken = false;
	make_ready(fiber);
}

void fibers_run(void)
{
	assert(!fibers_now.running);
	while (fibers_now.ready_first) {
		fibers_now.running = fibers_now.ready_first;
		fibers_now.ready_first = fibers_now.running->next;
		fibers_now.running->state = FIBER_RUNNING;
		fibers_now.switches++;
		fiber_switch(&loop_stack_pointer, fibers_now.running->stack_pointer);
		fibers_now.running = NULL;
	}
}

void fiber_yield(void)
{
	make_ready(fibers_now.running);
	fiber_switch(&fibers_now.running->stack_pointer, loop_stack_pointer);
}

void fiber_wait(void)
{
	assert(fibers_now.running);
	if (!fibers_now.running->woken)
		leave(FIBER_WAITING);
	fibers_now.running->woken = false;
}

void fiber_wake(struct fiber *fiber)
{
	if (fiber->woken || fiber->state == FIBER_IDLE)
		return;
	fiber->woken = true;
	if (fiber->state == FIBER_WAITING)
		make_ready(fiber);
}

void fiber_lock(struct fiber_lock *lock)
{
	struct fiber *self = fibers_now.running;

	assert(self && lock->holder != self);
	if (!lock->holder) {
		lock->holder = self;
		return;
	}
	self->next = NULL;
	if (lock->first)
		lock->last->next = self;
	else
		lock->first = self;
	lock->last = self;
	leave(FIBER_LOCKED);
}

void fiber_unlock(struct fiber_lock *lock)
{
	struct fiber *next = lock->first;

	assert(lock->holder == fibers_now.running);
	lock->holder = next;
	if (next) {
		lock->first = next->next;
		make_ready(next);
	}
}
