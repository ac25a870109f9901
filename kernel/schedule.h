/* SPDX-License-Identifier: MIT */
/*
 * Who runs: ready queues by priority, the switch between threads, deadlines and time slices.
 *
 * The current thread is in no ready queue. The threads of one priority take turns of TIME_SLICE_NS: a turn is the time that this priority has the CPU, whoever interrupts it, so
 * a thread that a better one preempts stays the first of its queue and goes on with the rest of its turn. A turn ends when it is used up (tick_handle) or its
 * thread waits; not by an IPC switch, so the rest of a time slice travels with the call.
 */
#pragma once

#include "kernel/cpu.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"

#define TIME_SLICE_NS 5000000

/* Put a thread that can run and is not ready at the end of its ready queue, or make it the first there: its turn has not ended. */
void ready_insert(struct thread *thread, bool first);

/* Let a thread that may have become able to run do so, in its turn. No effect when it cannot run, or is ready or current already. */
void thread_ready(struct thread *thread);

/* Load what differs between the two threads' user-visible machine state. */
static inline void machine_switch(struct cpu *cpu, struct thread *thread)
{
	paddr_t root = vspace_root(thread->core.slot[THREAD_VSPACE].object);

	cpu->rsp0 = (uint64_t)(&thread->frame + 1);
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
	if (cpu->fpu_owner == thread || !cpu->fpu_trapped) {
		cpu->fpu_trapped = cpu->fpu_owner != thread;
		fpu_trap_set(cpu->fpu_trapped);
	}
}

/* Account for the time since the last switch; `thread` is current from now on. */
static inline void current_set(struct cpu *cpu, struct thread *thread)
{
	uint64_t now = tsc_read(), passed = now - cpu->switched_at;

	cpu->current->cpu_time += passed;
	cpu->turn[cpu->current->core.priority] += passed;
	cpu->switched_at = now;
	cpu->current = thread;
}

/* Make `thread` the current one: stack, address space, FS and GS base, FPU trap. */
static inline void thread_switch(struct thread *thread)
{
	struct cpu *cpu = this_cpu();

	current_set(cpu, thread);
	machine_switch(cpu, thread);
}

/* Threads that wait for room in the ring. */
extern struct ready_queues ring_waiters;

/* May a thread be ready that is better than `thread`? Then schedule() knows. */
static inline bool schedule_is_due(const struct thread *thread)
{
	return this_cpu()->ready.occupied >> thread->core.priority >> 1;
}

/* The kernel's entry: leave the loader and its page tables for good, and run the best thread. */
_Noreturn void kernel_main(void);

/* Run the best ready thread if the current one cannot go on or a better one is ready; wait for interrupts when there is none. */
void schedule(void);

/* Arm the deadline of a waiting thread, in ns; it may have passed already. */
void deadline_arm(struct thread *thread, uint64_t deadline);

/* Disarm it, if armed. */
void deadline_disarm(struct thread *thread);

/* The timer fired: wake those whose deadline has passed (a bounded number), share time at a tick, set the timer again. */
void timer_handle(void);

/* Let a thread that is in no queue wait for room for `records` in the ring, in order of priority; its call (frame.rax) is executed again afterwards. */
void ring_wait(struct thread *thread, unsigned records);

/* No thread that is stopped (STOPPED_*) runs, is ready, or waits for the ring, where it would keep others waiting: it executes its call again when it goes on. */
void thread_stop(struct thread *thread, unsigned why);

/* The reason to be stopped is gone. */
void thread_start(struct thread *thread, unsigned why);

/* Give the FPU to the current thread (it used an FPU instruction while another one owned it). */
void fpu_take(void);

/* Make the FPU image of a thread that does not run current in memory: the registers are not its own any more. */
void fpu_flush(struct thread *thread);
