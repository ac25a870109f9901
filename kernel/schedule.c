/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: see schedule.h for the rules.
 *
 * Deadlines are kept in a leftist heap (Crane 1972) threaded through the Threads: arming, disarming and expiry take logarithmic time and no memory. The FPU is switched
 * lazily: its registers stay with the last thread that used it, and the trap bit CR0.TS is set for all others.
 */
#include "kernel/schedule.h"

#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/interrupt.h"
#include "kernel/ipc.h"

#define EXPIRE_MAX 8 /* deadlines that one timer interrupt handles; the next interrupt follows at once */

static struct ready_queues ring_waiters; /* those that wait for room in the ring */
static struct thread *deadlines;         /* root of the heap: the earliest */

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

void ready_insert(struct thread *thread, bool first)
{
	struct ready_queues *ready = &this_cpu()->ready;
	struct queue *queue = &ready->queue[thread->core.priority];

	thread->ready = true;
	queues_insert(ready, thread, thread->core.priority);
	if (first && queue->head != thread) {
		queue_remove(queue, thread);
		thread->prev = NULL;
		thread->next = queue->head;
		queue->head->prev = thread;
		queue->head = thread;
	}
}

void thread_ready(struct thread *thread)
{
	if (thread_can_run(thread) && !thread->ready && thread != this_cpu()->current)
		ready_insert(thread, false);
}

void thread_unready(struct thread *thread)
{
	if (!thread->ready)
		return;
	thread->ready = false;
	queues_remove(&this_cpu()->ready, thread);
}

/* Load what differs between the two threads' user-visible machine state. */
static void machine_switch(struct cpu *cpu, struct thread *thread)
{
	paddr_t root = vspace_root(thread->core.slot[THREAD_VSPACE].object);

	machine_set_kernel_stack(cpu->machine, (uint64_t)(&thread->frame + 1));
	if (cpu->root != root) {
		cpu->root = root;
		cr3_write(root);
	}
	if (cpu->fs_base != thread->fs_base) {
		cpu->fs_base = thread->fs_base;
		msr_write(MSR_FS_BASE, thread->fs_base);
	}
	if (cpu->gs_base != thread->gs_base) {
		cpu->gs_base = thread->gs_base;
		msr_write(MSR_KERNEL_GS_BASE, thread->gs_base); /* swapgs puts it into place */
	}
	if (cpu->fpu_trapped != (cpu->fpu_owner != thread)) {
		cpu->fpu_trapped = !cpu->fpu_trapped;
		fpu_trap_set(cpu->fpu_trapped);
	}
}

void thread_switch(struct thread *thread)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = tsc_read();

	if (cpu->current)
		cpu->current->cpu_time += now - cpu->switched_at;
	cpu->switched_at = now;
	cpu->current = thread;
	machine_switch(cpu, thread);
}

/* Set the timer to whatever comes first: the end of the slice or the earliest deadline. */
static void timer_set(void)
{
	uint64_t now = clock_now(), when = this_cpu()->slice_end;

	if (deadlines && (deadlines->deadline < when || !this_cpu()->current))
		when = deadlines->deadline;
	else if (!this_cpu()->current)
		return;
	apic_timer_arm(when > now ? when - now : 0);
}

static void slice_begin(void)
{
	this_cpu()->slice_end = clock_now() + TIME_SLICE_NS;
	timer_set();
}

/* Account for the thread that stops running, and run nobody. */
static void current_leave(struct cpu *cpu)
{
	uint64_t now = tsc_read();

	if (cpu->current)
		cpu->current->cpu_time += now - cpu->switched_at;
	cpu->switched_at = now;
	cpu->current = NULL;
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
	best->state = THREAD_RUNNABLE;
	thread_ready(best);
}

/* Nothing can run: finish what dead callers left undone, then wait for an interrupt. */
static void idle_step(void)
{
	timer_set();
	if (teardown_continue())
		interrupts_poll();
	else
		interrupts_wait();
	interrupts_handle_pending();
	ring_wake();
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *current = cpu->current, *best;

	ring_wake();
	if (current && thread_can_run(current)) {
		if (!cpu->ready.occupied || queues_best(&cpu->ready) <= current->core.priority)
			return;
		ready_insert(current, true);
	}
	if (!cpu->ready.occupied)
		current_leave(cpu);
	while (!cpu->ready.occupied)
		idle_step();
	best = cpu->ready.queue[queues_best(&cpu->ready)].head;
	thread_unready(best);
	thread_switch(best);
	slice_begin();
}

static uint32_t heap_rank(const struct thread *node)
{
	return node ? node->rank : 0;
}

/* Join two heaps. Iterative down the right spines, which have logarithmic length. */
static struct thread *heap_join(struct thread *a, struct thread *b)
{
	struct thread *root = NULL, *last = NULL;

	while (a && b) {
		struct thread *first = a->deadline <= b->deadline ? a : b;

		if (first == a)
			a = first->heap_right;
		else
			b = first->heap_right;
		first->heap_parent = last;
		if (last)
			last->heap_right = first;
		else
			root = first;
		last = first;
	}
	if (!last)
		return a ? a : b;
	last->heap_right = a ? a : b;
	if (last->heap_right)
		last->heap_right->heap_parent = last;
	return root;
}

/* Restore the leftist order and the ranks from `node` upward, as far as they change. */
static void heap_repair(struct thread *node, bool whole_spine)
{
	while (node) {
		uint32_t rank;

		if (heap_rank(node->heap_left) < heap_rank(node->heap_right)) {
			struct thread *left = node->heap_left;

			node->heap_left = node->heap_right;
			node->heap_right = left;
		}
		rank = heap_rank(node->heap_right) + 1;
		if (rank == node->rank && !whole_spine)
			return;
		node->rank = rank;
		node = node->heap_parent;
	}
}

/* The lower end of the right spine. */
static struct thread *heap_spine_end(struct thread *node)
{
	while (node && node->heap_right)
		node = node->heap_right;
	return node;
}

void deadline_arm(struct thread *thread, uint64_t deadline)
{
	thread->deadline = deadline;
	thread->timed = true;
	thread->rank = 1;
	thread->heap_left = NULL;
	thread->heap_right = NULL;
	thread->heap_parent = NULL;
	deadlines = heap_join(deadlines, thread);
	heap_repair(heap_spine_end(deadlines), true);
	if (deadlines == thread)
		timer_set();
}

void deadline_disarm(struct thread *thread)
{
	struct thread *parent = thread->heap_parent, *joined;

	if (!thread->timed)
		return;
	thread->timed = false;
	joined = heap_join(thread->heap_left, thread->heap_right);
	if (joined)
		joined->heap_parent = NULL;
	heap_repair(heap_spine_end(joined), true);
	if (joined)
		joined->heap_parent = parent;
	if (!parent)
		deadlines = joined;
	else if (parent->heap_left == thread)
		parent->heap_left = joined;
	else
		parent->heap_right = joined;
	heap_repair(parent, false);
}

void timer_handle(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = clock_now();

	for (unsigned i = 0; i < EXPIRE_MAX && deadlines && deadlines->deadline <= now; i++)
		wait_cancel(deadlines, ERR_TIMEOUT);
	if (now >= cpu->slice_end) {
		struct thread *current = cpu->current;

		if (current && thread_can_run(current) && cpu->ready.queue[current->core.priority].head) {
			struct thread *next = cpu->ready.queue[current->core.priority].head;

			thread_unready(next);
			ready_insert(current, false);
			thread_switch(next);
		}
		cpu->slice_end = now + TIME_SLICE_NS;
	}
	timer_set();
}

void ring_wait(struct thread *thread, unsigned records)
{
	thread->state = THREAD_COMMIT;
	thread->records = (uint8_t)records;
	queues_insert(&ring_waiters, thread, thread->core.reserve ? PRIORITY_LEVELS - 1 : thread->core.priority);
}

void ring_leave(struct thread *thread)
{
	queues_remove(&ring_waiters, thread);
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
