/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: see schedule.h for the rules.
 *
 * Deadlines are kept in a randomised meldable heap (Gambin and Malinowski 1998) threaded through the Threads: arming, disarming and expiry take no memory. The FPU is switched
 * lazily: its registers stay with the last thread that used it, and the trap bit CR0.TS is set for all others.
 */
#include "kernel/schedule.h"

#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/interrupt.h"
#include "kernel/ipc.h"

#define NEVER UINT64_MAX
#define LOTS_MULTIPLIER 6364136223846793005 /* Knuth, MMIX */
#define EXPIRE_MAX 8 /* deadlines that one timer interrupt handles; the next interrupt follows at once */

struct cpu cpus[CPU_MAX];
struct ready_queues ring_waiters;
static struct thread *deadlines;         /* root of the heap: the earliest */
static uint64_t lots;                    /* a generator of bits that user space does not know */

static void queues_insert(struct ready_queues *queues, struct thread *thread, bool first)
{
	queue_insert(&queues->queue[thread->core.priority], thread, first);
	queues->occupied |= (uint64_t)1 << thread->core.priority;
}

/* The first thread of the best queue; NULL when all are empty. */
static struct thread *queues_first(struct ready_queues *queues)
{
	while (queues->occupied) {
		unsigned best = 63 - (unsigned)__builtin_clzll(queues->occupied);

		if (queues->queue[best].head)
			return queues->queue[best].head;
		queues->occupied &= ~((uint64_t)1 << best);
	}
	return NULL;
}

void ready_insert(struct thread *thread, bool first)
{
	queues_insert(&this_cpu()->ready, thread, first);
}

void thread_ready(struct thread *thread)
{
	if (thread_can_run(thread) && !thread->queue && thread != this_cpu()->current)
		ready_insert(thread, false);
}

void hook_priority_changed(struct thread_core *core_thread)
{
	struct thread *thread = (struct thread *)core_thread;

	thread_stop(thread, 0);
	thread_start(thread, 0);
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

/* When the turn of the current thread ends, in ns, if nothing interrupts it. */
static uint64_t turn_end(const struct cpu *cpu)
{
	return clock_ticks_to_ns(cpu->switched_at - clock_scale.base - cpu->turn[cpu->current->core.priority]) + TIME_SLICE_NS;
}

/*
 * Let the best waiter for the ring try if there is room for it: did one? Asked at every scheduling decision, so no waiter can be forgotten when the one before it
 * is refused or dies.
 */
static bool ring_wake(void)
{
	struct thread *best = queues_first(&ring_waiters);

	if (!best || !commit_room(&best->core, best->records))
		return false;
	wait_retry(best);
	return true;
}

/* Nothing can run: finish what dead callers left undone, then wait for interrupts, without ticks. An interrupt does not return to here (entry.asm). */
static struct thread *idle(struct cpu *cpu)
{
	struct thread *ready;

	current_set(cpu, &cpu->idle);
	cpu->tick = NEVER;
	while (!(ready = queues_first(&cpu->ready))) {
		timer_set();
		if (ring_wake() || teardown_continue())
			__asm__ volatile("sti; nop; cli" : : : "memory");
		else
			__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
	return ready;
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *current = cpu->current, *best;

	ring_wake();
	best = queues_first(&cpu->ready);
	if (thread_can_run(current)) {
		if (!best || best->core.priority <= current->core.priority)
			return;
		ready_insert(current, true);
	}
	if (!best)
		best = idle(cpu);
	queue_remove(best);
	thread_switch(best);
	if (!thread_can_run(current))
		cpu->turn[current->core.priority] = 0; /* what it leaves of its turn is not for others */
	if (turn_end(cpu) < cpu->tick) {
		cpu->tick = turn_end(cpu);
		timer_set();
	}
}

_Noreturn void kernel_main(void)
{
	cr3_write(this_cpu()->root);
	this_cpu()->tick = NEVER;
	schedule();
	thread_resume_current();
}

/*
 * Join two heaps at `*link`: the earlier root first, then one of its children, chosen by lot, with the other heap. That takes logarithmic time whatever the
 * shape of the heaps, with overwhelming probability.
 */
static void heap_join(struct thread **link, struct thread *a, struct thread *b)
{
	while (a && b) {
		struct thread *first = a->deadline <= b->deadline ? a : b;

		lots = lots * LOTS_MULTIPLIER + tsc_read();
		b = first == a ? b : a;
		first->heap_link = link;
		*link = first;
		link = lots >> 63 ? &first->heap_left : &first->heap_right;
		a = *link;
	}
	*link = a ? a : b;
	if (*link)
		(*link)->heap_link = link;
}

void deadline_arm(struct thread *thread, uint64_t deadline)
{
	thread->deadline = deadline;
	thread->timed = true;
	thread->heap_left = NULL;
	thread->heap_right = NULL;
	heap_join(&deadlines, deadlines, thread);
	if (deadlines == thread)
		timer_set();
}

void deadline_disarm(struct thread *thread)
{
	if (!thread->timed)
		return;
	thread->timed = false;
	heap_join(thread->heap_link, thread->heap_left, thread->heap_right);
}

/* When the turn of the current thread has ended, the next of its priority runs. */
static void tick_handle(struct cpu *cpu, uint64_t now)
{
	struct thread *current = cpu->current, *next = cpu->ready.queue[current->core.priority].head;

	if (turn_end(cpu) <= now) {
		if (next) {
			queue_remove(next);
			ready_insert(current, false);
		}
		thread_switch(next ? next : current);
		cpu->turn[current->core.priority] = 0;
	}
	cpu->tick = turn_end(cpu);
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
	thread->kind = MESSAGE_SEND;
	thread->records = (uint8_t)records;
	queues_insert(&ring_waiters, thread, false);
	hook_log_threshold(); /* whatever the threshold: the reader must come now */
}

void thread_stop(struct thread *thread, unsigned why)
{
	thread->stopped |= (uint8_t)why;
	if (thread->state == THREAD_COMMIT)
		wait_retry(thread);
	if (thread->state == THREAD_RUNNABLE && thread->queue)
		queue_remove(thread);
}

void thread_start(struct thread *thread, unsigned why)
{
	thread->stopped &= (uint8_t)~why;
	thread_ready(thread);
}

void fpu_take(void)
{
	struct cpu *cpu = this_cpu();

	fpu_trap_set(false);
	cpu->fpu_trapped = false;
	if (cpu->fpu_owner)
		machine_fpu_save(&cpu->fpu_owner->fpu);
	cpu->fpu_owner = cpu->current;
	machine_fpu_restore(&cpu->current->fpu);
}

void fpu_flush(struct thread *thread)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner != thread)
		return;
	fpu_trap_set(false);
	machine_fpu_save(&thread->fpu);
	cpu->fpu_owner = NULL;
	fpu_trap_set(cpu->fpu_trapped);
}
