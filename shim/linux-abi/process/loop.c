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
#include "process/charge.h"

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

/* Work that is under way besides the tasks' own: by the fiber that does it. */
static struct work {
	void (*function)(void *argument);
	void *argument;
} works[FIBERS_MAX];
static uint32_t works_count;

bool loop_provide(void)
{
	while (fibers_made < task_count + FIBERS_SPARE + works_count)
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

static void work_do(void *argument)
{
	const struct work *work = argument;

	work->function(work->argument);
	works_count--;
}

/* Never takes a fiber that the tasks may need: each of them may wait, and the loop goes on in one more. */
bool loop_work(void (*function)(void *argument), void *argument)
{
	struct fiber *fiber;
	struct work *work;

	if (fibers_made < task_count + FIBERS_SPARE + works_count)
		(void)fiber_make();
	fiber = fibers_made > task_count + works_count + 1 ? fiber_idle() : NULL;
	if (!fiber)
		return false;
	works_count++;
	work = &works[fiber - fibers];
	*work = (struct work){function, argument};
	fiber_start(fiber, work_do, work);
	return true;
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

/* A message of a task: carried out. RESULT_NONE: there is nothing to answer. */
__attribute__((always_inline)) static inline int64_t message_handle(struct task *task, const struct received *message)
{
	const uint64_t *data = message->data;

	task->fiber = fiber_self();
	if (answer_kind(message->word) != MESSAGE_SYSCALL)
		return fault_handle(task, (const uint64_t[]){data[0], data[1], data[2], data[3]});
	task->call[0] = data[0]; /* one by one: from registers */
	task->call[1] = data[1];
	task->call[2] = data[2];
	task->call[3] = data[3];
	task->call[4] = data[4];
	task->call[5] = data[5];
	task->call[6] = data[6];
	return call_handle(task);
}

/* The same, measured. The message comes by value: so it stays in registers where nothing is measured. */
__attribute__((noinline)) static int64_t message_measure(struct task *task, struct received message)
{
	int64_t result;

	charge_begin(task);
	result = message_handle(task, &message);
	charge_end();
	return result;
}

/* Receives the next message, with the answer to the one before when `word` has CALL_REPLY. */
static inline struct received message_receive(uint64_t word, int64_t result)
{
	uint64_t next = timers_next(), deadline = 0;

	if (next != NEVER && timers_run(clock_now()) != NEVER && !fibers_ready()) {
		word |= CALL_DEADLINE;
		deadline = timers_next();
	} else if (fibers_ready()) { /* a timer has woken somebody */
		word |= CALL_DEADLINE;
	}
	return reply_receive(reply, host_endpoint, word | CALL_RECEIVE, (uint64_t)result, deadline);
}

/* The task whose message this is; a null pointer when it is none of a task. */
static struct task *task_of(const struct received *message)
{
	struct host_thread *host = answer_status(message->word) == OK && answer_kind(message->word) != MESSAGE_NOTIFICATION ? host_thread_of(message->badge) : NULL;

	return host ? host->owner : NULL;
}

/* The loop, until its fiber has waited. */
static void serve(void *argument)
{
	uint64_t word = 0;
	int64_t result = 0;

	(void)argument;
	for (;;) {
		struct received message = message_receive(word, result);
		enum message_kind kind = answer_kind(message.word);
		struct task *task = task_of(&message);

		word = 0;
		if (task) {
			current = task;
			result = charge_chance() ? message_measure(task, message) : message_handle(task, &message);
			if (loop != fiber_self()) {
				if (result != RESULT_NONE)
					task->fiber = NULL;
				reply_return(kept[fiber_self() - fibers], result != RESULT_NONE, kind, result);
				return;
			}
			current = NULL;
			if (result != RESULT_NONE) {
				task->fiber = NULL;
				word = answer_word(kind == MESSAGE_SYSCALL);
			}
		} else if (kind == MESSAGE_NOTIFICATION && answer_status(message.word) == OK) {
			events_take(service_signal_take(message.data[0]));
		}
		if (!fibers_ready())
			continue;
		if (word)
			answer_send(reply, kind == MESSAGE_SYSCALL, result);
		word = 0;
		fiber_yield();
	}
}

/* The loop's fiber waits for something: what it was doing keeps its Reply. */
static void loop_hand_over(void)
{
	if (current) {
		charge_end();
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
