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

static void queues_insert(struct ready_queues *queues, struct thread *thread, uint8_t level)
{
	thread->queues = queues;
	thread->level = level;
	queue_append(&queues->queue[level], thread);
	queues->occupied |= (uint64_t)1 << level;
}

/* Take a thread out of the queues that it is in. */
static void queues_remove(struct thread *thread)
{
	struct ready_queues *queues = thread->queues;

	thread->queues = NULL;
	queue_remove(&queues->queue[thread->level], thread);
	if (!queues->queue[thread->level].head)
		queues->occupied &= ~((uint64_t)1 << thread->level);
}

/* The first thread of the best queue; not all are empty. */
static struct thread *queues_first(const struct ready_queues *queues)
{
	return queues->queue[63 - __builtin_clzll(queues->occupied)].head;
}

void ready_insert(struct thread *thread)
{
	queues_insert(&this_cpu()->ready, thread, thread->core.priority);
}

void thread_ready(struct thread *thread)
{
	if (thread_can_run(thread) && !thread->queues && thread != this_cpu()->current)
		ready_insert(thread);
}

void hook_priority_changed(struct thread_core *core_thread)
{
	struct thread *thread = (struct thread *)core_thread;

	if (thread->queues != &this_cpu()->ready)
		return;
	queues_remove(thread);
	ready_insert(thread);
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
	best = queues_first(&ring_waiters);
	if (!commit_room(&best->core, best->records))
		return;
	ring_leave(best);
	thread_ready(best);
}

/* Nothing can run: finish what dead callers left undone, then wait for interrupts, without ticks. An interrupt does not return to here (entry.asm). */
static void idle(struct cpu *cpu)
{
	current_set(cpu, &cpu->idle);
	cpu->tick = NEVER;
	while (!cpu->ready.occupied) {
		timer_set();
		if (teardown_continue())
			__asm__ volatile("sti; nop; cli" : : : "memory");
		else
			__asm__ volatile("sti; hlt; cli" : : : "memory");
		ring_wake();
	}
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *current = cpu->current, *best;

	ring_wake();
	if (thread_can_run(current)) {
		if (!schedule_is_due(current))
			return;
		ready_insert(current);
	}
	if (!cpu->ready.occupied)
		idle(cpu);
	if (cpu->current == &cpu->idle) {
		cpu->tick = clock_now() + TIME_SLICE_NS;
		timer_set();
	}
	best = queues_first(&cpu->ready);
	queues_remove(best);
	thread_switch(best);
	cpu->sliced = false;
}

_Noreturn void kernel_main(void)
{
	cr3_write(this_cpu()->root);
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

/* Whoever is current, and all since the last tick were by IPC alone, have had their time: the next of the same priority runs. */
static void tick_handle(struct cpu *cpu, uint64_t now)
{
	struct thread *current = cpu->current, *next = cpu->ready.queue[current->core.priority].head;

	if (next && cpu->sliced && thread_can_run(current)) {
		queues_remove(next);
		ready_insert(current);
		thread_switch(next);
	}
	cpu->sliced = true;
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
	queues_insert(&ring_waiters, thread, thread->core.priority);
	hook_log_threshold(); /* whatever the threshold: the reader must come now */
}

void ring_leave(struct thread *thread)
{
	queues_remove(thread);
	deadline_disarm(thread);
	thread->state = THREAD_RUNNABLE;
}

void thread_stop(struct thread *thread, unsigned why)
{
	thread->stopped |= (uint8_t)why;
	if (thread->state == THREAD_COMMIT)
		ring_leave(thread);
	if (thread->queues)
		queues_remove(thread);
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
