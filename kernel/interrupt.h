/* SPDX-License-Identifier: MIT */
/*
 * Interrupts in kernel mode, and entries from user mode that are not native kernel calls.
 *
 * The kernel runs with interrupts off. At preemption points it opens a window of one instruction (interrupts_poll); what arrives there is only noted in struct cpu,
 * and handled after the running operation has returned, as if it had arrived from user mode.
 */
#ifndef KOZO_INTERRUPT_H
#define KOZO_INTERRUPT_H

#include "kernel/thread.h"

/* Let interrupts in for one instruction; is any noted now? */
bool interrupts_poll(void);

/* Wait until one arrives. */
void interrupts_wait(void);

/* Handle all that are noted. May make threads ready; does not switch. */
void interrupts_handle_pending(void);

/* From entry.asm: the current thread trapped (fault or interrupt); its frame is complete. */
_Noreturn void trap_handle(struct thread *self);

/* In entry.asm: go on in user mode with the current thread. */
_Noreturn void thread_resume_current(void);

/* From entry.asm: a trap in kernel mode that is no interrupt, or one on a stack of its own (NMI, double fault, machine check). */
_Noreturn void trap_fatal(const struct frame *frame);

#endif
