/* SPDX-License-Identifier: MIT */
/*
 * The event loop (process/loop.h). `reply` is armed by the next receive, and holds the host thread of `current` while its handler runs in the loop's fiber. When that fiber waits, main's fibers_run() comes back: the Reply becomes the
 * fiber's, and a new fiber takes the loop over.
 */
#include "process/loop.h"

#include "process/events.h"
#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "process/calls.h"

#define FIBERS_MAX (HOST_THREADS_MAX + 64)
#define STACKS_ADDRESS 0x300000000000 /* as FRAMES_ADDRESS */
#define STACK_PAGES 12
#define STACK_STRIDE (16 * PAGE_SIZE) /* with unmapped pages below each */
#define FIBERS_SPARE 8

static struct fiber fibers[FIBERS_MAX];
static uint32_t fibers_made, replies_made;
static handle_t replies_free[FIBERS_MAX];
static uint32_t replies_count;
static handle_t reply;
static struct task *current;
static struct fiber *loop;
static handle_t kept[FIBERS_MAX]; /* of a fiber that has been the loop and has waited: the Reply that holds its task's host thread */

static bool fiber_make(void)
{
	uint64_t stack = STACKS_ADDRESS + (uint64_t)fibers_made * STACK_STRIDE + STACK_STRIDE - STACK_PAGES * PAGE_SIZE;

	if (fibers_made == FIBERS_MAX)
		return false;
	for (uint64_t i = 0; i < STACK_PAGES; i++) {
		frame_t frame = frame_allocate(false);

		if (!frame || !frame_show(frame, stack + i * PAGE_SIZE))
			return false; /* out of memory: what was taken stays with the next attempt's stack */
	}
	fiber_create(&fibers[fibers_made++], (void *)stack, STACK_PAGES * PAGE_SIZE);
	return true;
}

static bool reply_make(void)
{
	if (replies_made == FIBERS_MAX || !host_may_change() || object_create(OBJECT_REPLY, 0, &replies_free[replies_count]) != OK)
		return false;
	replies_count++;
	replies_made++;
	return true;
}

bool loop_provide(void)
{
	while (fibers_made < task_count + FIBERS_SPARE)
		if (!fiber_make())
			return false;
	while (replies_made < task_count + FIBERS_SPARE)
		if (!reply_make())
			return false;
	return true;
}

static struct fiber *fiber_idle(void)
{
	for (uint32_t i = 0; i < fibers_made; i++)
		if (fibers[i].state == FIBER_IDLE)
			return &fibers[i];
	return NULL;
}

bool loop_work(void (*function)(void *argument), void *argument)
{
	struct fiber *fiber = fiber_idle();

	if (fiber)
		fiber_start(fiber, function, argument);
	return fiber != NULL;
}

/* The answer to the task whose handler has ended. `held` is where its host thread waits. */
static uint64_t answer_word(bool is_call)
{
	return call_word(CALL_REPLY, is_call, 0, RESUME_RESULT);
}

/* Answers a task out of turn. */
static void answer_send(handle_t held, bool is_call, int64_t result)
{
	struct kernel_call call = {.word = answer_word(is_call), .reply = held};

	call.data[0] = (uint64_t)result;
	(void)kernel_call(&call); /* the Reply is the shim's own and armed */
}

/* The end of a handler that has waited: its Reply is free, with or without an answer (who has ended, or got other registers, waits for none any more). */
static void reply_return(handle_t held, bool answers, enum message_kind kind, int64_t result)
{
	if (answers)
		answer_send(held, kind == MESSAGE_SYSCALL, result);
	replies_free[replies_count++] = held;
}

/* A message of a task: carried out, with the result in *result. False when there is nothing to answer. */
static bool message_handle(struct task *task, enum message_kind kind, const uint64_t data[8], int64_t *result)
{
	task->fiber = fiber_self();
	if (kind == MESSAGE_SYSCALL) {
		for (unsigned i = 0; i < 7; i++)
			task->call[i] = data[i];
		*result = call_handle(task);
	} else {
		*result = fault_handle(task, data);
	}
	return *result != RESULT_NONE;
}

/* Receives the next message, with the answer to the one before when there is one. */
static enum error message_receive(struct kernel_call *call)
{
	uint64_t next = timers_next();

	if (next != NEVER && timers_run(clock_now()) != NEVER && !fibers_ready()) {
		call->word |= CALL_DEADLINE;
		call->deadline = timers_next();
	} else if (fibers_ready()) { /* a timer has woken somebody */
		call->word |= CALL_DEADLINE;
		call->deadline = 0;
	}
	call->word |= CALL_RECEIVE;
	call->source = host_endpoint;
	call->reply = reply;
	return kernel_call(call);
}

/* The loop, until its fiber has waited. */
static void serve(void *argument)
{
	struct kernel_call call = {.word = 0};

	(void)argument;
	for (;;) {
		enum error error = message_receive(&call);
		enum message_kind kind = answer_kind(call.word);
		struct host_thread *host = error == OK && kind != MESSAGE_NOTIFICATION ? host_thread_of(call.target) : NULL;
		struct task *task = host ? host->owner : NULL;
		int64_t result = 0;
		bool answers = false;

		if (error == OK && kind == MESSAGE_NOTIFICATION) {
			events_take(service_signal_take(call.data[0]));
		} else if (task) {
			current = task;
			answers = message_handle(task, kind, call.data, &result);
			if (loop != fiber_self()) {
				if (answers)
					task->fiber = NULL;
				reply_return(kept[fiber_self() - fibers], answers, kind, result);
				return;
			}
			current = NULL;
			if (answers)
				task->fiber = NULL;
		}
		call.word = answers ? answer_word(kind == MESSAGE_SYSCALL) : 0;
		call.data[0] = (uint64_t)result;
		if (!fibers_ready())
			continue;
		if (answers)
			answer_send(reply, kind == MESSAGE_SYSCALL, result);
		call.word = 0;
		fiber_yield();
	}
}

/* The loop's fiber waits for something: what it was doing keeps its Reply. */
static void loop_hand_over(void)
{
	if (current) {
		kept[loop - fibers] = reply;
		assert(replies_count);
		reply = replies_free[--replies_count];
	}
	current = NULL;
	loop = fiber_idle();
	assert(loop);
	fiber_start(loop, serve, NULL);
}

_Noreturn void loop_run(void)
{
	assert(replies_count);
	reply = replies_free[--replies_count];
	for (;;) {
		loop_hand_over();
		fibers_run();
	}
}
