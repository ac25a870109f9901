/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: see schedule.h for the rules.
 *
 * Deadlines are kept in a randomised meldable heap (Gambin and Malinowski 1998) threaded through the Threads: arming, disarming and expiry take no memory. The FPU is switched
 * lazily: its registers stay with the last thread that used it, and the trap bit CR0.TS is set for all others.
 */
#include "kernel/schedule.h"

#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/interrupt.h"
#include "kernel/ipc.h"

#define NEVER UINT64_MAX
#define LOTS_MULTIPLIER 6364136223846793005 /* Knuth, MMIX */
#define EXPIRE_MAX 8 /* deadlines that one timer interrupt handles; the next interrupt follows at once */

struct ready_queues ring_waiters;
static struct thread *deadlines;         /* root of the heap: the earliest */
static uint64_t lots;                    /* a generator of bits that user space does not know */

static void queues_insert(struct ready_queues *queues, struct thread *thread, uint8_t level)
{
	thread->level = level;
	queue_append(&queues->queue[level], thread);
	queues->occupied |= (uint64_t)1 << level;
}

static void queues_remove(struct ready_queues *queues, struct thread *thread)
{
	struct queue *queue = &queues->queue[thread->level];

	queue_remove(queue, thread);
	if (!queue->head)
		queues->occupied &= ~((uint64_t)1 << thread->level);
}

static unsigned queues_best(const struct ready_queues *queues)
{
	return 63 - (unsigned)__builtin_clzll(queues->occupied);
}

void ready_insert(struct thread *thread)
{
	thread->ready = true;
	queues_insert(&this_cpu()->ready, thread, thread->core.priority);
}

void thread_ready(struct thread *thread)
{
	if (thread_can_run(thread) && !thread->ready && thread != this_cpu()->current)
		ready_insert(thread);
}

void thread_unready(struct thread *thread)
{
	if (!thread->ready)
		return;
	thread->ready = false;
	queues_remove(&this_cpu()->ready, thread);
}

/* Set the timer to whatever comes first: the next tick or the earliest deadline. */
static void timer_set(void)
{
	uint64_t now = clock_now(), when = this_cpu()->tick;

	if (deadlines && deadlines->deadline < when)
		when = deadlines->deadline;
	if (when != NEVER)
		apic_timer_arm(when > now ? when - now : 0);
}

/*
 * Let the best waiter for the ring try if there is room for it. Asked at every scheduling decision, so no waiter can be forgotten when the one before it
 * is refused or dies.
 */
static void ring_wake(void)
{
	struct thread *best;

	if (!ring_waiters.occupied)
		return;
	best = ring_waiters.queue[queues_best(&ring_waiters)].head;
	if (!commit_room(&best->core, best->records))
		return;
	ring_leave(best);
	thread_ready(best);
}

/* Nothing can run: finish what dead callers left undone, then wait for interrupts, without ticks. */
static void idle(void)
{
	struct cpu *cpu = this_cpu();

	current_set(cpu, &cpu->idle);
	cpu->tick = NEVER;
	while (!cpu->ready.occupied) {
		timer_set();
		if (teardown_continue())
			interrupts_poll();
		else
			interrupts_wait();
		interrupts_handle_pending();
		ring_wake();
	}
	cpu->tick = clock_now() + TIME_SLICE_NS;
	timer_set();
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *current = cpu->current, *best;

	ring_wake();
	if (thread_can_run(current)) {
		if (!cpu->ready.occupied || queues_best(&cpu->ready) <= current->core.priority)
			return;
		ready_insert(current);
	}
	if (!cpu->ready.occupied)
		idle();
	best = cpu->ready.queue[queues_best(&cpu->ready)].head;
	thread_unready(best);
	thread_switch(best);
	cpu->sliced = NULL;
}

/*
 * Join two heaps: the earlier root first, then one of its children, chosen by lot, with the other heap. That takes logarithmic time whatever the
 * shape of the heaps, with overwhelming probability. `parent` is where the result will hang.
 */
static struct thread *heap_join(struct thread *a, struct thread *b, struct thread *parent)
{
	struct thread *root = NULL, **link = &root;

	while (a && b) {
		struct thread *first = a->deadline <= b->deadline ? a : b;

		lots = lots * LOTS_MULTIPLIER + tsc_read();
		b = first == a ? b : a;
		first->heap_parent = parent;
		*link = first;
		link = lots >> 63 ? &first->heap_left : &first->heap_right;
		a = *link;
		parent = first;
	}
	*link = a ? a : b;
	if (*link)
		(*link)->heap_parent = parent;
	return root;
}

void deadline_arm(struct thread *thread, uint64_t deadline)
{
	thread->deadline = deadline;
	thread->timed = true;
	thread->heap_left = NULL;
	thread->heap_right = NULL;
	deadlines = heap_join(deadlines, thread, NULL);
	if (deadlines == thread)
		timer_set();
}

void deadline_disarm(struct thread *thread)
{
	struct thread *parent = thread->heap_parent;
	struct thread *joined;

	if (!thread->timed)
		return;
	thread->timed = false;
	joined = heap_join(thread->heap_left, thread->heap_right, parent);
	if (!parent)
		deadlines = joined;
	else if (parent->heap_left == thread)
		parent->heap_left = joined;
	else
		parent->heap_right = joined;
}

/* A thread that was current at the last tick and never left since has had its time: the next of its priority runs. */
static void tick_handle(struct cpu *cpu, uint64_t now)
{
	struct thread *current = cpu->current, *next = cpu->ready.queue[current->core.priority].head;

	if (next && current == cpu->sliced && thread_can_run(current)) {
		thread_unready(next);
		ready_insert(current);
		thread_switch(next);
	}
	cpu->sliced = cpu->current;
	cpu->tick = now + TIME_SLICE_NS;
	teardown_continue();
}

void timer_handle(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = clock_now();

	for (unsigned i = 0; i < EXPIRE_MAX && deadlines && deadlines->deadline <= now; i++)
		wait_cancel(deadlines, ERR_TIMEOUT);
	if (now >= cpu->tick)
		tick_handle(cpu, now);
	timer_set();
}

void ring_wait(struct thread *thread, unsigned records)
{
	thread->state = THREAD_COMMIT;
	thread->records = (uint8_t)records;
	queues_insert(&ring_waiters, thread, thread->core.reserve ? PRIORITY_LEVELS - 1 : thread->core.priority);
	hook_log_threshold(); /* whatever the threshold: the reader must come now */
}

void ring_leave(struct thread *thread)
{
	queues_remove(&ring_waiters, thread);
	deadline_disarm(thread);
	thread->state = THREAD_RUNNABLE;
}

void thread_stop(struct thread *thread, unsigned why)
{
	thread->stopped |= (uint8_t)why;
	thread_unready(thread);
	if (thread->state == THREAD_COMMIT)
		ring_leave(thread);
}

void fpu_take(void)
{
	struct cpu *cpu = this_cpu();

	fpu_trap_set(false);
	cpu->fpu_trapped = false;
	if (cpu->fpu_owner)
		machine_fpu_save(cpu->fpu_owner->fpu);
	cpu->fpu_owner = cpu->current;
	machine_fpu_restore(cpu->current->fpu);
}

void fpu_flush(struct thread *thread, bool forget)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner != thread)
		return;
	fpu_trap_set(false);
	machine_fpu_save(thread->fpu);
	if (forget)
		cpu->fpu_owner = NULL;
	fpu_trap_set(cpu->fpu_trapped);
}
